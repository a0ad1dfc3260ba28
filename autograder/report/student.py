"""One student's report as one page without scripts: points by part, then each question that lost some, as the student reads it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from ..grading.result import QuestionResult, Result
from . import histograms
from .histograms import panels
from .html import block, number, page, table, text, with_bar
from .training import Trained, curve

STYLE = "body { max-width: 52rem; }\n.score { font-size: 1.5rem; margin: .2rem 0; }\nsection { margin-top: 1.6rem; }\n" + histograms.STYLE
LOST = ("failed", "partial", "fault", "not reached")


def student_page(result: Result, who: str = "", parts: Mapping[int, str] | None = None, trained: Trained | None = None) -> str:
    """who: its heading, beside the assignment. parts: their titles. trained: the stored training run, where there is one."""
    title = result.assignment or "Result"
    head = [f"<h1>{text(title)}</h1>", f'<p class="quiet"><bdi>{text(who)}</bdi></p>' if who else ""]
    head.append(f'<p class="score">{number(result.total)} of {number(result.max_total)} points</p>')
    head += [f"<p>{text(remark)}</p>" for remark in result.remarks]
    if not result.finished:
        head.append("<p><strong>The grading ended early; what was not reached counts nothing here.</strong></p>")
    lost = [section(question) for question in result.questions if question.status in LOST]
    blank = [q for q in result.questions if q.status == "empty"]
    body = [*head, by_part(result, parts or {})]
    body += [f"<h2>What lost points ({len(lost)})</h2>", *lost] if lost else []
    body += [f"<h2>Not written yet</h2>\n<p>{', '.join(f'{text(q.id)} {text(q.title)}' for q in blank)}</p>"] if blank else []
    if not lost and not blank:
        body.append("<p>Everything passed.</p>")
    body += ["<h2>The training run</h2>", curve(trained)] if trained and trained.record.curve else []
    body += ["<h2>Every question</h2>", questions(result)]
    return page(f"{title}: {number(result.total)} of {number(result.max_total)}", body, STYLE)


def by_part(result: Result, titles: Mapping[int, str]) -> str:
    rows = []
    for part, group in groupby(result.questions, key=lambda q: q.part):
        mine = list(group)
        earned, most = sum(q.points for q in mine), sum(q.max_points for q in mine)
        share = earned / most if most else 0.0
        title = f"Part {part}" + (f": {text(titles[part])}" if part in titles else "")
        rows.append([title, f"{number(earned)} / {number(most)}", with_bar(share)])
    return table("Points by part", ["part", "points", "share"], rows, numbers=(1,))


def section(question: QuestionResult) -> str:
    """The sentences whole: a headline, and the worked example below it as it is."""
    told = []
    for sentence in question.sentences:
        first, _, rest = block(sentence).partition("\n")
        told.append(f"<p>{first}</p>" + (f'\n<pre tabindex="0">{rest}</pre>' if rest.strip() else ""))
    told.append(panels(question.histograms))
    printed = block(question.output).strip("\n")
    if printed:
        told.append(f'<details><summary>What your code printed</summary><pre tabindex="0">{printed}</pre></details>')
    points = f"{number(question.points)} of {number(question.max_points)}"
    name = f"{text(question.id)} {text(question.title)}"
    return f'<section>\n<h3>{name}: <span class="{question.status}">{points}</span></h3>\n' + "\n".join(told) + "\n</section>"


def questions(result: Result) -> str:
    rows = [
        [
            f"{text(q.id)} {text(q.title)}",
            f"{number(q.points)} / {number(q.max_points)}",
            f'<span class="{q.status}">{q.status}</span>',
            f"{q.seconds:.2f}",
        ]
        for q in result.questions
    ]
    return table("All questions", ["question", "points", "verdict", "seconds"], rows, numbers=(1, 3))
