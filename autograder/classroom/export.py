"""Gradescope's submission_metadata.yml: who handed in which folder, groups included, and when.

Only the few lines that say so are read. The file is Ruby's YAML, with the graders' whole output in it; a general reader of it takes minutes
for a class of thousands. As published files have it, an entry is `submission_409194023:` with the keys `:submitters:` (each `:name:`,
`:sid:`, `:email:`, any of which may be missing), `:created_at: 2026-04-26 17:34:00.861687000 Z`, `:score:`, `:results:` and `:history:`,
in which earlier submissions have the same keys, deeper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ..frontends.collect import EXPORT, fit
from .index import Member

BLOCK = re.compile(r"^(submission_\d+):[ ]*$", re.MULTILINE)
FIELD = re.compile(r"^([ ]*)(- )?:?(\w+):(?:[ ]+(.*))?$")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?[ ]*(Z|UTC|[+-]\d\d:?\d\d)?")


def read_export(folder: Path) -> dict[str, tuple[list[Member], str]]:
    """Folder name → its members and the time of its submission (ISO, "" where it is not said). {} where this is no export."""
    try:
        text = (folder / EXPORT).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    starts = [*BLOCK.finditer(text)]
    ends = [*(m.start() for m in starts[1:]), len(text)]
    found: dict[str, tuple[list[Member], str]] = {}
    for start, end in zip(starts, ends, strict=True):
        lines = text[start.end() : end].splitlines()
        found[start[1]] = (list(members(lines)), created(lines))
    return found


def members(lines: list[str]) -> Iterator[Member]:
    """Those below `:submitters:`, until a key that is no deeper than it."""
    said: dict[str, str] = {}
    depth: int | None = None
    for line in lines:
        match = FIELD.match(line)
        if not match:
            continue
        indent = len(match[1])
        if match[3] == "submitters" and depth is None:
            depth = indent
        elif depth is not None:
            if indent < depth or (indent == depth and not match[2]):
                break
            if match[2] and said:
                yield member(said)
                said = {}
            said[match[3]] = unquoted(match[4] or "")
    if said:
        yield member(said)


def member(said: dict[str, str]) -> Member:
    name, email, sid = said.get("name", ""), said.get("email", ""), said.get("sid", "")
    return Member(fit(sid or email.partition("@")[0] or name), name, email, sid)


def created(lines: list[str]) -> str:
    """The submission's own `created_at`; deeper ones are of its history, or what student code printed."""
    fields = [match for line in lines if (match := FIELD.match(line))]
    depth = len(fields[0][1]) if fields else 0
    return next((iso(unquoted(m[4] or "")) for m in fields if m[3] == "created_at" and len(m[1]) == depth and not m[2]), "")


def iso(text: str) -> str:
    """ "2026-11-20 23:59:59.123456789 -08:00" → "2026-11-20T23:59:59-08:00"; without a zone it is UTC; "" where it is no time."""
    match = TIME.search(text)
    if not match:
        return ""
    zone = match[4] or "Z"
    zone = "+00:00" if zone in ("Z", "UTC") else zone if ":" in zone else zone[:3] + ":" + zone[3:]
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}").isoformat()
    except ValueError:
        return ""


def unquoted(text: str) -> str:
    """A YAML scalar as far as names go."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        body = re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text[1:-1])
        return body.replace('\\"', '"').replace("\\\\", "\\")
    return "" if text in ("null", "~") else text
