"""What ``import`` would say of one source file, without importing it.

The same verdict is given before a submission and in the grader: text is decoded as PEP 263 says, then compiled. Nothing is executed.
Where versions of Python differ (bytes that are not UTF-8 in a comment: older ones import the file, newer ones refuse it) the strictest
decides, so that the verdict does not depend on the machine. Standard library alone; this file also runs apart from its package.
"""

from __future__ import annotations

import codecs
import re
import sys
import unicodedata
import warnings
from dataclasses import dataclass
from types import CodeType

COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BLANK = re.compile(rb"[ \t\f]*(?:#.*)?")
LINE_END = re.compile(r"\r\n|\r|\n")
BYTE_ORDER_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
LOOKALIKES = {  # what a word processor or web page puts in place of what Python reads
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛′´", "'"),
    **dict.fromkeys("–—−‐‑‒", "-"),
    "×": "*",
    "·": "*",
    "÷": "/",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}
NOTEBOOK_COMMAND = re.compile(r"\s*[%!]\s*\w")
CONFLICT = re.compile(r"<{7}|={7}|>{7}")


@dataclass(frozen=True)
class SourceFault:
    """Why a file cannot be imported: `file` as given, `line` from 1 (None: no one line), `says` one sentence that names both."""

    file: str
    line: int | None
    says: str


def examine(path: str, data: bytes) -> SourceFault | None:
    """The fault of the file `path` with content `data`; None when it decodes and compiles. Never raises."""
    found = compiled(path, data)
    return found if isinstance(found, SourceFault) else None


def compiled(path: str, data: bytes) -> CodeType | SourceFault:
    """The code of the file `path` with content `data`, or why there is none. Never raises."""
    found = _undecodable(data) or _compiled(data)
    if isinstance(found, CodeType):
        return found
    line, says = found
    where = printable(path) if line is None else f"{printable(path)}, line {line}"
    return SourceFault(path, line, f"{where}: {says}")


def printable(text: str, longest: int = 100) -> str:
    """`text` safe to show: invisible, control and undecodable characters escaped, cut in the middle when too long."""
    half = longest // 2
    if len(text) > longest:
        text = f"{text[:half]}…{text[-half:]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


# Decoding


def _undecodable(data: bytes) -> tuple[int | None, str] | None:
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return None, f"the text is saved as {name}, which Python does not read; save the file as UTF-8."
    if b"\0" in data:
        return _null_bytes(data)
    encoding = _declared(data)
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        name = "UTF-8" if encoding == "utf-8" else f"{encoding}, which the file declares"
        return _line_of(data, error.start), f"not {name} (byte 0x{data[error.start]:02x}); save the file as UTF-8."
    except Exception:  # a declared codec may be unknown, or none for text: compile() words that best
        return None
    return None


def _null_bytes(data: bytes) -> tuple[int | None, str]:
    if max(data[0::2].count(0), data[1::2].count(0)) > 0.4 * len(data) / 2:
        return None, "the text looks like UTF-16, which Python does not read; save the file as UTF-8."
    line = _line_of(data, data.index(0))
    return line, "a null byte: the file is damaged or is no text; save it again from your editor as UTF-8."


def _declared(data: bytes) -> str:
    """The encoding that the first two lines declare, as Python names it; "utf-8" when there is none."""
    for line in re.split(rb"\r\n|\r|\n", data.removeprefix(codecs.BOM_UTF8), maxsplit=2)[:2]:
        if cookie := COOKIE.match(line):
            try:
                return codecs.lookup(cookie[1].decode("ascii")).name
            except (LookupError, ValueError):
                return cookie[1].decode("ascii", "replace")
        if not BLANK.fullmatch(line):
            break
    return "utf-8"


def _line_of(data: bytes, position: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", data[:position])) + 1


# Compiling


def _compiled(data: bytes) -> CodeType | tuple[int | None, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is a warning at import too, whatever -W says here
            return compile(data, "<student>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _syntax(error, data)
    except (RecursionError, MemoryError):
        return None, "an expression or block is nested too deeply for Python to compile; split it into smaller parts."
    except Exception as error:
        reason = f"{type(error).__name__}: {printable(str(error))}"
        return None, f"Python cannot compile this file ({reason}); save it again as plain UTF-8 text."


def _syntax(error: SyntaxError, data: bytes) -> tuple[int | None, str]:
    number = error.lineno or None
    text = _text_of_line(data, number)
    message = error.msg or "invalid syntax"
    if character := _stray_character(message, text):
        return number, _about(character)
    if "too many" in message or "nested" in message:
        return number, f"nested too deeply for Python to compile ({printable(message)}); split it into smaller parts."
    version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    says = f"{type(error).__name__} ({version}): {printable(message)}"
    if text.strip():
        says += f", at `{printable(text.strip(), 80)}`"
    return number, f"{says}; {_remedy(error, text)}."


def _remedy(error: SyntaxError, text: str) -> str:
    if CONFLICT.match(text):
        return "this is a mark of a merge conflict: keep one of the two versions and delete the marks"
    if NOTEBOOK_COMMAND.match(text):
        return "this is a notebook command, not Python: delete the line"
    if isinstance(error, TabError):
        return "indent with spaces alone"
    if isinstance(error, IndentationError):
        return "correct the indentation of this line or of the one before"
    if "encoding" in (error.msg or ""):
        return "delete the line that declares an encoding and save the file as UTF-8"
    return "correct this line or the one before"


def _text_of_line(data: bytes, number: int | None) -> str:
    if number is None:
        return ""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode(_declared(data), "replace")
    except Exception:  # an unknown codec, or one that is none for text
        text = data.decode("utf-8", "replace")
    lines = LINE_END.split(text)
    return lines[number - 1] if number <= len(lines) else ""


def _stray_character(message: str, text: str) -> str | None:
    """The one character that Python stumbled over, where it was one that cannot be seen or looks like another."""
    if message.startswith("invalid") and (code := re.search(r"U\+([0-9A-F]{4,6})", message)):
        return chr(int(code[1], 16))
    if "unterminated" in message or "EOL while" in message:
        return next((c for c in text if LOOKALIKES.get(c) in ('"', "'")), None)
    if message == "invalid syntax":  # all that Python 3.10 says of a control character
        return next((c for c in text if unicodedata.category(c) == "Cc" and c not in "\t\f"), None)
    return None


def _about(character: str) -> str:
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "a control character").lower()
    category = unicodedata.category(character)
    if category == "Zs":
        return f"{name} ({code}), which looks like a space but is another character; delete it and type a space."
    if not character.isprintable():
        return f"{name} ({code}), which cannot be seen; delete it, or type the line anew."
    if instead := LOOKALIKES.get(character):
        kind = "curly quotation mark, " if instead in ('"', "'") else ""
        return f"{kind}{name} {character} ({code}), which Python does not read; type {instead} instead."
    return f"{name} {character} ({code}) outside a string or comment; delete it, or type the character that you mean."
