"""A result as Markdown: for a pull request's comment, a job's summary, a mail."""

from __future__ import annotations

from ..grading.result import QuestionResult, Result
from .text import plain, without_machine

MARKS = {"passed": "✅", "partial": "🟡", "failed": "❌", "empty": "⬜", "not reached": "⏱️", "fault": "⚠️"}


def render(result: Result) -> bytes:
    """A table with a line a question, then what its student reads where points were lost."""
    lines = [f"# {words(result.assignment or 'PS2')}: {result.total:g} of {result.max_total:g} points", ""]
    lines += [f"> {words(remark)}\n" for remark in result.remarks]
    lines += ["| | question | points | |", "|:---|:---|---:|:---|"]
    lines += [row(question) for question in result.questions]
    lines += [text for question in result.questions if question.status not in ("passed", "empty") for text in details(question)]
    return "\n".join(lines).encode() + b"\n"


def row(question: QuestionResult) -> str:
    title = words(question.title).replace("|", "\\|")
    return f"| {question.id} | {title} | {question.points:g} / {question.max_points:g} | {MARKS[question.status]} {question.status} |"


def details(question: QuestionResult) -> list[str]:
    body = without_machine(plain("\n\n".join(question.sentences)))
    return ["", f"### {question.id} {words(question.title)}", "", fenced(body)] if body else []


def fenced(text: str) -> str:
    """A block in which nothing is markup, whatever a student's code has printed into it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"


def words(text: str) -> str:
    """One line, in which no HTML or Markdown of a stranger comes alive."""
    line = " ".join(without_machine(plain(text)).split())
    for sign in ("\\", "<", "`", "*", "_", "[", "]"):
        line = line.replace(sign, "\\" + sign) if sign != "<" else line.replace("<", "&lt;")
    return line
