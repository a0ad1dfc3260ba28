"""The command line: one function a command; what a command does lives in its own room and is imported when it is asked for."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from . import adopt

app = typer.Typer(
    help="PS2: a deep-learning problem set that grades itself.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def main_options(
    course: Annotated[Optional[Path], typer.Option(metavar="DIR", help="A course's own folder instead of PS2.")] = None,  # noqa: UP045
) -> None:
    if course is not None:
        if not (course / "assignment" / "assignment.toml").is_file():
            raise CommandError(f"{course} is no course: it has no assignment/assignment.toml (see docs/make-your-own.md).")
        adopt(course)


JsonFile = Annotated[Optional[Path], typer.Option("--json", metavar="FILE", help="Write the result as JSON.")]  # noqa: UP045


@app.command()
def grade(
    submission: Annotated[Path, typer.Argument(help="A zip, or a folder such as `solutions` or `starter_code`.")],
    json: JsonFile = None,
    question: Annotated[Optional[list[str]], typer.Option("--question", "-q", help="Only this question (may be repeated).")] = None,  # noqa: UP045
    require: Annotated[Optional[list[str]], typer.Option(help="A confinement layer to refuse to grade without (may be repeated).")] = None,  # noqa: UP045
    simple: Annotated[bool, typer.Option("--simple", help="Without confinement; for submissions that you trust.")] = False,
    junit: Annotated[Optional[Path], typer.Option(metavar="FILE", help="Write the result as JUnit XML, for CI.")] = None,  # noqa: UP045
    markdown: Annotated[Optional[Path], typer.Option(metavar="FILE", help="Write the result as Markdown.")] = None,  # noqa: UP045
    below: Annotated[Optional[float], typer.Option(metavar="PERCENT", help="Exit with 1 below this share of the points.")] = None,  # noqa: UP045
) -> None:
    """Grade one submission: a table, the sentences a student reads, and the result as JSON, JUnit or Markdown."""
    from .course import this_course
    from .frontends import junit as as_junit
    from .frontends import markdown as as_markdown
    from .frontends import terminal
    from .grading.grade import grade as grade_one
    from .grading.result import encode, write_atomically
    from .sandbox.footing import Footing
    from .training.question import ID as TRAINING

    course = this_course()
    only = chosen(question, [q.id for q in course.assignment.asked()] + ([TRAINING] if course.assignment.training.on else []))
    footing = Footing(simple, require or ())
    result = grade_one(submission, course, None if json is None else lambda r: write_atomically(json, encode(r)), only, footing=footing)
    for file, render in ((junit, as_junit.render), (markdown, as_markdown.render)):
        if file is not None:
            write_atomically(file, render(result))
    terminal.show(result, terminal.console())
    if json is not None:
        write_atomically(json, encode(result))  # again: where the disk was full, this says so
    if below is not None and 100 * result.total < below * result.max_total:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say which layers of confinement are active here, what each stops, and what to do about the missing ones."""
    from .frontends.doctor import doctor_command

    raise typer.Exit(doctor_command())


def chosen(wanted: list[str] | None, known: list[str]) -> set[str] | None:
    """The ids asked for; an unknown one is a sentence."""
    unknown = [w for w in wanted or [] if w not in known]
    if unknown:
        raise CommandError(f"There is no question {', '.join(unknown)}; the questions are {', '.join(known)}.")
    return set(wanted) if wanted else None


@app.command()
def emulate(
    zip: Annotated[Path, typer.Argument(help="The autograder zip that `autograder gradescope` built.")],
    submission: Annotated[Path, typer.Argument(help="A submission: a zip or a folder.")],
    memory: Annotated[Optional[int], typer.Option(help="Megabytes, as the container's.")] = None,  # noqa: UP045
    timeout: Annotated[Optional[float], typer.Option(help="Minutes, as the assignment's.")] = None,  # noqa: UP045
    cpus: Annotated[Optional[float], typer.Option(help="Share of a CPU, as the container's; 0.5 is Gradescope's default.")] = None,  # noqa: UP045
) -> None:
    """Run a Gradescope zip on a submission in Gradescope's directory layout, and validate its results.json."""
    from .frontends.emulate import emulate_command

    raise typer.Exit(emulate_command(zip, submission, memory, timeout, cpus))


@app.command()
def gradescope(
    out: Annotated[Path, typer.Option(help="Where to write the zip.")] = Path("dist/ps2-gradescope.zip"),
    training: Annotated[Optional[Path], typer.Option(metavar="DIR", help="Results of `autograder train` to pack.")] = None,  # noqa: UP045
) -> None:
    """Build the zip to upload to Gradescope."""
    from .publish.gradescope_zip import gradescope_command

    raise typer.Exit(gradescope_command(out, training))


@app.command()
def regenerate(check: Annotated[bool, typer.Option("--check", help="Write nothing; name each stale file.")] = False) -> None:
    """Rebuild everything generated: starter kit, golden recordings, handout, documents."""
    from .publish.regenerate import regenerate as rebuild

    raise typer.Exit(rebuild(check))


@app.command()
def audit(
    part: Annotated[Optional[int], typer.Option(help="Only this part.")] = None,  # noqa: UP045
    seeds: Annotated[int, typer.Option(help="Seeds a misconception must fail on.")] = 20,
    wrong: Annotated[Optional[Path], typer.Option(help="Folders of partial ps2/ that must lose points.")] = None,  # noqa: UP045
    right: Annotated[Optional[Path], typer.Option(help="Folders of partial ps2/ that must lose none.")] = None,  # noqa: UP045
    attacks: Annotated[bool, typer.Option("--attacks", help="The corpus of hostile submissions instead.")] = False,
    each_layer: Annotated[bool, typer.Option("--each-layer", help="With --attacks: again with each layer off in turn, as root.")] = False,
    json: JsonFile = None,
    html: Annotated[Optional[Path], typer.Option("--html", metavar="FILE", help="Write the result as a page.")] = None,  # noqa: UP045
    thorough: Annotated[bool, typer.Option("--thorough", help="Hours: right answers on 2,000 seeds, other questions on 20.")] = False,
) -> None:
    """Prove the verdicts: every known mistake fails its question and no other, right answers pass, lazy ones earn nothing."""
    from .audit.attacks_command import attacks_command
    from .audit.command import audit_command

    if attacks:
        raise typer.Exit(attacks_command(each_layer, json))
    raise typer.Exit(audit_command(part, seeds, wrong, right, json, html, thorough))


@app.command()
def train(
    submission: Annotated[Optional[Path], typer.Argument(help="A zip or a folder; none with --calibrate.")] = None,  # noqa: UP045
    profile: Annotated[str, typer.Option(help="A profile of assignment.toml, or auto: what this machine can.")] = "auto",
    out: Annotated[Path, typer.Option(help="The folder of results.")] = Path("assignment/training"),
    retrain: Annotated[bool, typer.Option("--retrain", help="Train although there is a result; the better one stays.")] = False,
    weights: Annotated[Optional[Path], typer.Option(help="Judge these weights.safetensors instead of training.")] = None,  # noqa: UP045
    world: Annotated[int, typer.Option(help="The practice world that the weights were trained in.")] = 7,
    calibrate: Annotated[Optional[int], typer.Option(metavar="N", help="Train the reference N times and print thresholds.")] = None,  # noqa: UP045
    jobs: Annotated[int, typer.Option(help="With --calibrate: so many runs at once.")] = 1,
    simple: Annotated[bool, typer.Option("--simple", help="Without confinement, for submissions that you trust.")] = False,
) -> None:
    """Train a submission's ResNet and measure it on hidden images: the judged training run by itself."""
    from .frontends.train import Options, train_command

    raise typer.Exit(train_command(Options(submission, profile, out, retrain, weights, world, calibrate, jobs, simple)))


@app.command()
def demo() -> None:
    """Show the main job on four submissions, through the Gradescope path."""
    from .frontends.demo import demo_command

    raise typer.Exit(demo_command())


new = typer.Typer(help="Begin anew: a term.", no_args_is_help=True)
app.add_typer(new, name="new")
Ids = Optional[list[str]]  # noqa: UP045


@new.command()
def term(
    name: Annotated[str, typer.Argument(help="Such as 2027-spring.")],
    on: Annotated[Ids, typer.Option(metavar="ID", help="A question (2.3) or part (2) to switch on; may be repeated.")] = None,
    off: Annotated[Ids, typer.Option(metavar="ID", help="A question or part to switch off; may be repeated.")] = None,
) -> None:
    """A new secret, a fresh public seed, other default arguments: last term's answers do not pass unread."""
    from .course import this_course
    from .publish.term import new_term_command

    raise typer.Exit(new_term_command(this_course(), name, on or [], off or []))


@app.command()
def package(
    submissions: Annotated[Path, typer.Argument(help="A folder of folders, zips or loose files; an nbgrader tree; an unzipped export.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to put a zip for each student.")],
) -> None:
    """Normalise submissions: one deterministic zip a student, what the intake says of each, one summary. No student code runs."""
    from .course import this_course
    from .frontends.package import package_command

    raise typer.Exit(package_command(submissions, out, this_course()))


@app.command()
def release(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to put it.")] = Path("dist"),
    locks: Annotated[bool, typer.Option(help="Ask the package index whether the locked packages can be had.")] = True,
) -> None:
    """Build the archives and documents for students, Gradescope and staff; they appear only if every proof holds."""
    from .course import this_course
    from .publish.release import release_command

    raise typer.Exit(release_command(this_course(), out, locks))


@app.command()
def locks(check: Annotated[bool, typer.Option("--check", help="Write nothing; do they still resolve?")] = False) -> None:
    """Write the hashed lock files of the grader's packages, one for each Python version (needs uv)."""
    from .publish.locks import locks_command

    raise typer.Exit(locks_command(check))


@app.command("lint-assignment")
def lint_assignment() -> None:
    """Does everything that belongs to a question exist (stub, section, mistakes, variants, docstring), and do the points add up?"""
    from .course import this_course
    from .publish.lint import lint_command

    raise typer.Exit(lint_command(this_course()))


@app.command()
def leaks(paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, archives, notebooks or folders.")]) -> None:
    """Search what students get for solutions, markers and the secret."""
    from .course import this_course
    from .publish.leaks import leaks_command

    raise typer.Exit(leaks_command(this_course(), paths))


class CommandError(ValueError):
    """What a person asked for cannot be done; its text is the one sentence they read."""


def main() -> None:
    """Run a command; what people cause is one sentence and exit status 2, never a stack trace."""
    try:
        run()
    except ModuleNotFoundError as error:
        print(f"The Python package {error.name} is missing here: run `make setup`, and use the .venv that it makes.", file=sys.stderr)
        sys.exit(2)


@functools.cache
def with_nbgrader() -> None:
    """Its commands, added when a command is run: importing this file needs no package but typer."""
    from .frontends.nbgrader.commands import app as commands

    app.add_typer(commands, name="nbgrader")


def run() -> None:
    from .assignment import AssignmentError
    from .grading.intake import IntakeError
    from .sandbox.errors import GraderError

    with_nbgrader()
    try:
        app()
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.", file=sys.stderr)
        sys.exit(2)
    except (AssignmentError, CommandError, IntakeError, GraderError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
