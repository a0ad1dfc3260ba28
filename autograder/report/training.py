"""Training runs as pictures: a learning curve against the thresholds, and a class's accuracies. Numbers stand beside each."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..course import Course
from ..training import store
from ..training.grading import PACKED
from ..training.settings import Profile
from .html import percent, table, text
from .summary import histogram

WIDTH, HEIGHT, LEFT, TOP, BASE = 640, 240, 46, 14, 196


@dataclass(frozen=True)
class Trained:
    """A stored run that counts, and the profile that it was asked by."""

    record: store.Record
    profile: Profile


def stored_runs(course: Course, digests: Collection[str]) -> dict[str, Trained]:
    """By the digest of the code. What is stale or was altered is left out; the grading says so."""
    settings, folder = course.assignment.training, course.toml.parent / PACKED
    found: dict[str, Trained] = {}
    for digest in digests if settings.on and folder.is_dir() else ():
        try:
            record = store.find(folder, digest, course.secret, settings.profiles)
        except store.StoreError:
            continue
        if record is not None:
            found[digest] = Trained(record, settings.profiles[record.profile])
    return found


def curve(trained: Trained) -> str:
    """Accuracy on the validation images after each epoch, which the student's own `evaluate` saw, and the accuracy that counts."""
    record, profile = trained.record, trained.profile
    most = record.curve[-1][0] or 1
    points = " ".join(f"{across(images / most):.1f},{up(1 - error):.1f}" for images, error in record.curve)
    drawn = [f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="2"/>', *thresholds(profile)]
    if record.accuracy is not None:
        drawn.append(f'<circle class="bar" cx="{across(1):.1f}" cy="{up(record.accuracy):.1f}" r="5"/>')
    rows = [[f"{images:,}", percent(1 - error)] for images, error in record.curve]
    counts = f"<p>Accuracy on hidden images: {percent(record.accuracy)}.</p>" if record.accuracy is not None else ""
    label = "Learning curve: accuracy after each epoch, with the thresholds as lines; its numbers are in the table below"
    return (
        f"{counts}\n{svg(label, drawn, 'images seen')}\n<details><summary>The numbers</summary>"
        f"{table('Accuracy on the validation images', ['images', 'accuracy'], rows, numbers=(0, 1))}</details>"
    )


def accuracies(runs: Sequence[Trained]) -> list[str]:
    """A histogram a profile, with the accuracies that earn nothing and everything."""
    made = []
    for name in sorted({run.record.profile for run in runs}):
        mine = [run for run in runs if run.record.profile == name]
        seen = [run.record.accuracy for run in mine if run.record.accuracy is not None]
        profile = mine[0].profile
        lost = len(mine) - len(seen)
        told = f"{len(seen)} runs with an accuracy, {lost} without" + (f", median {percent(statistics.median(seen))}" if seen else "")
        if profile.calibrated:
            told += f"; points rise from {percent(profile.zero or 0)} to {percent(profile.full or 0)}"
        made += [f"<h3>{text(name)}</h3>\n<p>{told}.</p>", *(bars(seen, profile) if seen else [])]
    return made


def bars(seen: list[float], profile: Profile) -> list[str]:
    counts = histogram(seen, 1.0)
    step = (WIDTH - LEFT - 10) / len(counts)
    drawn = []
    for index, count in enumerate(counts):
        tall = (BASE - TOP) * count / max(counts)
        drawn.append(
            f'<rect class="bar" x="{LEFT + index * step + 1:.1f}" y="{BASE - tall:.1f}" width="{step - 2:.1f}" height="{tall:.1f}"/>'
        )
    for level in (profile.zero, profile.full):
        if level is not None:
            drawn.append(f'<line class="mark" x1="{across(level):.1f}" x2="{across(level):.1f}" y1="{TOP}" y2="{BASE}"/>')
    rows = [[f"{percent(i / len(counts))} to {percent((i + 1) / len(counts))}", str(count)] for i, count in enumerate(counts) if count]
    label = "Histogram of accuracies with both thresholds as lines; its numbers are in the table below"
    numbers = table("Runs by accuracy", ["accuracy", "runs"], rows, numbers=(1,))
    return [svg(label, drawn, "accuracy", percents=True), f"<details><summary>The numbers</summary>{numbers}</details>"]


def thresholds(profile: Profile) -> list[str]:
    """Both, as lines across."""
    drawn = []
    for level, name in ((profile.zero, "no points"), (profile.full, "all points")):
        if level is not None:
            drawn.append(f'<line class="mark" x1="{LEFT}" x2="{WIDTH - 10}" y1="{up(level):.1f}" y2="{up(level):.1f}"/>')
            drawn.append(f'<text x="{LEFT + 6}" y="{up(level) - 4:.1f}">{percent(level)}: {name}</text>')
    return drawn


def svg(label: str, drawn: list[str], below: str, percents: bool = False) -> str:
    ticks = [
        f'<text x="{LEFT - 6}" y="{up(share) + 4:.1f}" text-anchor="end">{percent(share)}</text>' for share in (0, 0.5, 1) if not percents
    ]
    ticks += [f'<text x="{across(s):.1f}" y="{BASE + 16}" text-anchor="middle">{percent(s)}</text>' for s in (0, 0.5, 1) if percents]
    axis = f'<line class="axis" x1="{LEFT}" x2="{WIDTH - 10}" y1="{BASE}" y2="{BASE}"/>'
    title = f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{below}</text>'
    body = "\n".join([axis, *drawn, *ticks, title])
    return f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}" style="width: 100%; max-width: {WIDTH}px">\n{body}\n</svg>'


def across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - 10)


def up(share: float) -> float:
    return BASE - min(max(share, 0.0), 1.0) * (BASE - TOP)
