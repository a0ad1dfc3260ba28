"""Text from strangers made fit for a browser and for a platform with a size limit: printable, bounded, repetitions counted."""

from __future__ import annotations

import re
import unicodedata

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
MACHINE = re.compile(r"(?:/[^\s/:]+)*/ps2-submission-\w+/")
LONGEST_CYCLE = 6  # lines; mutual recursion shows two lines a function
FEWEST = 4  # repetitions worth one line instead


def plain(text: str) -> str:
    """Without colours, control and invisible characters; what no encoding can hold is gone too."""
    bare = ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in bare if c in "\n\t" or unicodedata.category(c)[0] != "C")


def without_machine(text: str) -> str:
    """A student's file by its own name, without the grader's temporary folder before it."""
    return MACHINE.sub("", text)


def collapsed(text: str) -> str:
    """A run of lines that repeats at once is shown once, with its count: a recursion's trace is one entry."""
    lines, kept, at = text.split("\n"), [], 0
    while at < len(lines):
        size, times = cycle(lines, at)
        kept += lines[at : at + size]
        if times > 1:
            kept.append(f"… repeated {times} times …")
        at += size * times
    return "\n".join(kept)


def cycle(lines: list[str], at: int) -> tuple[int, int]:
    """The shortest run of lines from `at` that repeats often enough, and how often; else one line, once."""
    for size in range(1, LONGEST_CYCLE + 1):
        block, times = lines[at : at + size], 1
        while lines[at + times * size : at + (times + 1) * size] == block:
            times += 1
        if times >= FEWEST and any(block):
            return size, times
    return 1, 1


def capped(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8: two thirds from the head, the rest from the tail, and between them what is left out."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    gap = f"\n… {len(data)} bytes in all, the middle is left out …\n"
    room = limit - len(gap.encode())
    if room <= 0:
        return data[: max(limit, 0)].decode("utf-8", "ignore")
    head, tail = data[: room * 2 // 3], data[len(data) - room // 3 :]
    return head.decode("utf-8", "ignore") + gap + tail.decode("utf-8", "ignore")
