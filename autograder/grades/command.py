"""`autograder grades export`: every source joined, policies applied, files written, and what staff should look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ..course import Course
from ..grading.result import rounded, write_atomically
from . import sources, write
from .canvas import canvas as for_canvas
from .gradescope import of_gradescope
from .late import Policy, policy_of, read_extensions, zone_of
from .record import GradesError, Record, join
from .score import Grade, grade_of

SHOWN = 10


def export(
    course: Course,
    out: Path,
    classes: Sequence[Path] = (),
    gradescope: Sequence[Path] = (),
    nbgrader: Sequence[Path] = (),
    extensions: Path | None = None,
    canvas: Path | None = None,
    column: str = "",
) -> list[str]:
    """Write OUT/grades.csv and, with `canvas`, OUT/canvas.csv; sentences for staff. Raises GradesError."""
    read: list[tuple[Callable[[Path], list[Record]], Sequence[Path]]] = [
        (sources.of_class, classes),
        (of_gradescope, gradescope),
        (sources.of_nbgrader, nbgrader),
    ]
    lists = [reader(path) for reader, paths in read for path in paths]
    if not lists:
        raise GradesError("there is nothing to export; name a source: --class RESULTS, --gradescope CSV or --nbgrader COURSE.")
    records = join(lists)
    policy = policy_of(course.assignment, read_extensions(extensions, zone_of(course.assignment)) if extensions else {})
    grades = [grade_of(record, policy, course.assignment) for record in sorted(records, key=lambda r: r.member.id.casefold())]
    write_atomically(out / "grades.csv", write.generic(grades))
    says = [f"{out / 'grades.csv'}: {len(grades)} students.", *about(grades, policy)]
    if canvas is not None:
        made = for_canvas(grades, canvas, [column] if column else [course.assignment.title, course.assignment.title.partition(":")[0]])
        write_atomically(out / "canvas.csv", made.data)
        says.append(f"{out / 'canvas.csv'}: import it in Canvas (Grades, Import).")
        says += made.says
        says += named("In Canvas and without a grade here; what Canvas has stays", made.empty)
        says += named("Excused or not assigned in Canvas; that stays", made.excused)
        says += named("Not in Canvas's gradebook", made.unknown)
    return says


def about(grades: list[Grade], policy: Policy) -> list[str]:
    late = [grade for grade in grades if grade.lateness.days]
    penalized = [grade for grade in late if grade.lateness.lost]
    told = f"Late: {len(late)}, of whom {len(penalized)} lose points by it." if late else "Nobody was late."
    says = [told] if policy.due else []
    untimed = [g.record.member.id for g in grades if g.record.submitted is None and g.record.questions]
    says += named("Without a time of submission, taken as on time", untimed) if policy.due else []
    known = {name for grade in grades for name in grade.record.names}
    says += named("With an extension, and in no source", [meant(name, known) for name in policy.extensions if name not in known])
    remarks = [f"{g.record.member.id}: {remark}" for g in grades for remark in g.record.remarks]
    says += remarks[:SHOWN] + ([f"{len(remarks) - SHOWN} more remarks are in grades.csv."] if len(remarks) > SHOWN else [])
    over = [g.record.member.id for g in grades if rounded(g.score) > rounded(g.most)]
    return says + named("With more points than there are", over)


def meant(name: str, known: Collection[str]) -> str:
    """The name, and a known one that a spreadsheet would have made it from: it takes the zeros off a number."""
    found = next((other for other in sorted(known) if name.isdecimal() and other.isdecimal() and int(other) == int(name)), "")
    return f"{name} (is it {found}?)" if found else name


def named(what: str, who: list[str]) -> list[str]:
    if not who:
        return []
    more = f" and {len(who) - SHOWN} more" if len(who) > SHOWN else ""
    return [f"{what} ({len(who)}): {'; '.join(who[:SHOWN])}{more}."]
