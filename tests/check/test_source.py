"""What `examine` says of a file: the faults students meet, and the oddities that must not be faults."""

from __future__ import annotations

import codecs
import importlib.util
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.check.source import examine, printable

FINE = {
    "empty": b"",
    "plain": b"x = 1\n",
    "no newline at the end": b"x = 1",
    "CRLF": b"def f():\r\n    return 1\r\n",
    "old Mac line ends": b"x = 1\ry = 2\r",
    "byte order mark": codecs.BOM_UTF8 + b"x = 1\n",
    "byte order mark and CRLF": codecs.BOM_UTF8 + b"x = 1\r\n",
    "emoji and accents": "s = 'café 🎉'  # naïve\n".encode(),
    "declared Latin-1": b"# -*- coding: latin-1 -*-\nx = 'caf\xe9'\n",
    "declared in the second line": b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x93'\n",
    "form feed": b"x = 1\x0c\ny = 2\n",
    "no-break space in a string": "s = 'a\u00a0b'\n".encode(),
    "curly quotes in a docstring": '"""“quoted”"""\n'.encode(),
    "an invalid escape, a warning only": b"s = '\\d'\n",
    "raises when run": b"raise ValueError('not run here')\n",
    "exits when run": b"import os\nos._exit(3)\n",
}

FAULTS = {
    "Latin-1 in a comment": (b"x = 1\ny = 2\n# caf\xe9\n", 3, ["not UTF-8 (byte 0xe9)", "save the file as UTF-8"]),
    "Latin-1 in a string": (b"x = 'caf\xe9'\n", 1, ["not UTF-8 (byte 0xe9)"]),
    "Latin-1 after CRLF": (b"x = 1\r\n\r\n# \xe9", 3, ["not UTF-8"]),
    "Latin-1 declared as UTF-8": (b"# coding: utf-8\n# \xe9\n", 2, ["not UTF-8"]),
    "not what is declared": (b"# coding: ascii\nx = '\xe9'\n", 2, ["ascii, which the file declares"]),
    "a cookie too late": (b"x = 1\ny = 2\n# coding: latin-1\n# \xe9\n", 4, ["not UTF-8"]),
    "UTF-16 with mark": ("x = 1\n".encode("utf-16"), None, ["UTF-16", "save the file as UTF-8"]),
    "UTF-16 big-endian": (codecs.BOM_UTF16_BE + "x = 1\n".encode("utf-16-be"), None, ["UTF-16"]),
    "UTF-16 without mark": ("import numpy\n".encode("utf-16-le"), None, ["UTF-16"]),
    "UTF-32": ("x = 1\n".encode("utf-32"), None, ["UTF-32"]),
    "null byte": (b"x = 1\ny = 2\n\x00\n", 3, ["null byte"]),
    "unknown encoding": (b"# coding: klingon\nx = 1\n", None, ["unknown encoding", "delete the line that declares"]),
    "codec that is none for text": (b"# coding: rot13\nx = 1\n", None, ["encoding"]),
    "mark against declaration": (codecs.BOM_UTF8 + b"# coding: latin-1\nx = 1\n", None, ["encoding"]),
    "curly double quotes": ("x = 1\ns = “hello”\n".encode(), 2, ["curly quotation mark", "U+201C", 'type "']),
    "curly single quotes": ("s = ‘hello’\n".encode(), 1, ["curly quotation mark", "U+2018", "type '"]),
    "straight, then curly quote": ("s = 'hello’\n".encode(), 1, ["curly quotation mark", "U+2019"]),
    "no-break space": ("def f():\n\u00a0\u00a0\u00a0\u00a0return 1\n".encode(), 2, ["no-break space", "U+00A0", "type a space"]),
    "zero-width space": ("x\u200b = 1\n".encode(), 1, ["zero width space", "U+200B", "cannot be seen"]),
    "byte order mark inside": ("x = 1\n\ufeffy = 2\n".encode(), 2, ["U+FEFF", "cannot be seen"]),
    "control character": (b"x = 1\n\x1a\ny = 2\n", 2, ["U+001A", "cannot be seen"]),
    "minus sign": ("y = 3 − 2\n".encode(), 1, ["minus sign", "type - instead"]),
    "multiplication sign": ("y = 3 × 2\n".encode(), 1, ["type * instead"]),
    "syntax error": (b"x = 1\ndef f(:\n    pass\n", 2, ["SyntaxError", "`def f(:`", "Python 3."]),
    "indentation": (b"def f():\nreturn 1\n", 2, ["IndentationError", "indentation"]),
    "unindent": (b"if 1:\n        x = 1\n    y = 2\n", 3, ["IndentationError"]),
    "tabs and spaces": (b"if 1:\n        x = 1\n\ty = 2\n", 3, ["TabError", "spaces alone"]),
    "merge conflict": (b"x = 1\n<<<<<<< HEAD\ny = 1\n=======\n", 2, ["merge conflict"]),
    "notebook command": (b"%matplotlib inline\nx = 1\n", 1, ["notebook command"]),
    "deep parentheses": (b"x = " + b"(" * 5000 + b")" * 5000, 1, ["nested too deeply"]),
    "deep unary operators": (b"x = " + b"-" * 200_000 + b"1", None, ["nested too deeply"]),
    "a long chain": (b"x = " + b"+".join([b"a"] * 100_000), None, ["nested too deeply"]),
}


@pytest.mark.parametrize("name", FINE)
def test_what_import_accepts_is_no_fault(name: str) -> None:
    assert examine("activations.py", FINE[name]) is None


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_one_sentence_with_file_line_and_remedy(name: str) -> None:
    data, line, words = FAULTS[name]
    fault = examine("activations.py", data)
    assert fault is not None
    assert fault.file == "activations.py"
    if line is not None:
        assert fault.line == line
    assert fault.says.startswith("activations.py" + (f", line {fault.line}: " if fault.line else ": "))
    for word in words:
        assert word in fault.says
    assert "\n" not in fault.says and fault.says.endswith(".") and len(fault.says) < 400


def imports(data: bytes, folder: Path) -> bool:
    path = folder / "candidate.py"
    path.write_bytes(data)
    spec = importlib.util.spec_from_file_location("candidate", path)
    assert spec is not None and spec.loader is not None
    try:
        spec.loader.get_code("candidate")  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    finally:
        cached = importlib.util.cache_from_source(str(path))
        if os.path.exists(cached):
            os.unlink(cached)
    return True


@pytest.mark.parametrize("name", [*FINE, *FAULTS])
def test_verdict_is_that_of_the_import_system(name: str, tmp_path: Path) -> None:
    data = FINE[name] if name in FINE else FAULTS[name][0]
    if name in {"Latin-1 in a comment", "Latin-1 after CRLF", "Latin-1 declared as UTF-8", "a cookie too late"}:
        pytest.skip("import of older versions of Python takes these; the strictest decides")
    assert imports(data, tmp_path) == (examine("candidate.py", data) is None)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda s: s.encode("utf-8", "surrogatepass")))
def test_any_bytes_get_a_verdict_that_can_be_printed(data: bytes) -> None:
    fault = examine("activations.py", data)
    if fault is not None:
        assert fault.says.isprintable()
        fault.says.encode("utf-8")


def test_a_hostile_line_is_shown_without_its_control_characters() -> None:
    fault = examine("a.py", b"x = = '\x1b[2J' " + b"y" * 5000)
    assert fault is not None and "\x1b" not in fault.says and len(fault.says) < 300


def test_warnings_as_errors_do_not_change_the_verdict() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert examine("a.py", b"s = '\\d'\n") is None


def test_names_are_shown_without_invisible_or_undecodable_characters() -> None:
    assert printable("a\u202eb\udce9\n") == "a\\u202eb\\udce9\\n"
    assert len(printable("x" * 1000)) <= 101


def test_source_needs_the_standard_library_alone() -> None:
    import autograder.check.layout as layout
    import autograder.check.source as source

    for module in (layout, source):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        names = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
        assert names - {"", "__future__"} <= set(sys.stdlib_module_names)
