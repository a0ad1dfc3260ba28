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
def figures(names: Annotated[Optional[list[str]], typer.Argument(help="Only these, such as histogram-grid.")] = None) -> None:  # noqa: UP045
    """Draw the handout's figures anew from the reference, also where nothing they show has changed."""
    from .course import this_course
    from .publish.figures import figures_command

    raise typer.Exit(figures_command(this_course(), names or []))


@app.command()
def audit(
    part: Annotated[Optional[int], typer.Option(help="Only this part.")] = None,  # noqa: UP045
    seeds: Annotated[int, typer.Option(help="Seeds a misconception must fail on.")] = 20,
    wrong: Annotated[Optional[Path], typer.Option(help="Only DIR/NAME/ps2/: partial ones that must lose points.")] = None,  # noqa: UP045
    right: Annotated[Optional[Path], typer.Option(help="Only DIR/NAME/ps2/: partial ones that must lose none.")] = None,  # noqa: UP045
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
Paths = Optional[list[Path]]  # noqa: UP045


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


@app.command("class")
def class_run(
    submissions: Annotated[Path, typer.Argument(help="An unzipped export of Gradescope, an nbgrader tree, or a folder of zips.")],
    out: Annotated[Path, typer.Option(metavar="RESULTS", help="The folder of the results; a run goes on where it ended.")],
    workers: Annotated[int, typer.Option(help="Graders at a time on this machine; 0: one a core.")] = 0,
    question: Annotated[Ids, typer.Option("--question", "-q", metavar="ID", help="Grade only this one anew (may be repeated).")] = None,
    only_changed: Annotated[bool, typer.Option("--only-changed", help="List whose points moved since the last grader, and why.")] = False,
    never_lower: Annotated[bool, typer.Option("--never-lower", help="A question keeps the points that it had where it had more.")] = False,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="Grade on this dask scheduler instead.")] = "",
    slurm: Annotated[bool, typer.Option("--slurm", help="Grade on Slurm, by dask-jobqueue.")] = False,
    slurm_settings: Annotated[Optional[Path], typer.Option(metavar="TOML", help="Arguments of SLURMCluster.")] = None,  # noqa: UP045
    jobs: Annotated[int, typer.Option(help="Jobs to ask Slurm for.")] = 4,
    resource: Annotated[Ids, typer.Option(metavar="NAME=N", help="What each task needs of a dask worker, such as GPU=1.")] = None,
    show_job_script: Annotated[bool, typer.Option("--show-job-script", help="Only show what Slurm would be given.")] = False,
    simple: Annotated[bool, typer.Option("--simple", help="Without confinement; for submissions that you trust.")] = False,
) -> None:
    """Grade a whole class: one result a submission, groups once; stop it anywhere, start it again."""
    from .classroom import cluster
    from .classroom.command import Options, class_command
    from .course import this_course
    from .training.question import ID as TRAINING

    course = this_course()
    only = chosen(question, [q.id for q in course.assignment.asked()] + ([TRAINING] if course.assignment.training.on else [])) or set()
    where = None
    if scheduler or slurm or show_job_script:
        logs = "" if show_job_script else str(out / "slurm")
        where = cluster.Where(scheduler, cluster.slurm_settings(slurm_settings), jobs, amounts(resource or []), logs=logs)
    if where is not None and show_job_script:
        print(cluster.job_script(where), end="")
        return
    raise typer.Exit(class_command(submissions, out, course, Options(workers, where, frozenset(only), only_changed, never_lower, simple)))


@app.command()
def similar(
    submissions: Annotated[Path, typer.Argument(help="As for `autograder class`.")],
    out: Annotated[Path, typer.Option(metavar="HTML", help="The page to write.")] = Path("dist/similar.html"),
    earlier: Annotated[Paths, typer.Option(metavar="DIR", help="Submissions of an earlier term (may be repeated).")] = None,
    most: Annotated[int, typer.Option(help="Pairs to show.")] = 50,
) -> None:
    """Which submissions have unusual code in common, side by side; the kit's lines do not count (needs copydetect)."""
    from .course import this_course
    from .similar.command import similar_command

    raise typer.Exit(similar_command(submissions, out, earlier or [], most, this_course()))


@app.command()
def week(
    students: Annotated[int, typer.Option(help="How many.")] = 300,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where everything goes; what an earlier week left there is removed.")] = Path(
        "dist/week"
    ),
) -> None:
    """Show a week of a course on made-up students: release, submissions, a mended grader, regrade, extensions, export."""
    from .classroom.week import week_command

    raise typer.Exit(week_command(students, folder))


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="A folder of `autograder class`.")],
    out: Annotated[Optional[Path], typer.Option(metavar="DIR", help="Write class.html and students/ there.")] = None,  # noqa: UP045
) -> None:
    """A class in the terminal; with --out as pages: one for staff, one for each submission."""
    from .course import this_course
    from .report.command import report_command

    raise typer.Exit(report_command(results, out, this_course()))


grades = typer.Typer(help="Grades that leave the system.", no_args_is_help=True)
app.add_typer(grades, name="grades")


@grades.callback()
def grades_options() -> None:
    """Kept as a group of its own."""


@grades.command("export")
def grades_export(
    classes: Annotated[Paths, typer.Option("--class", metavar="RESULTS", help="A folder of `autograder class`.")] = None,
    gradescope: Annotated[Paths, typer.Option(metavar="CSV", help="Gradescope's grades of the assignment.")] = None,
    nbgrader: Annotated[Paths, typer.Option(metavar="COURSE", help="An nbgrader course folder.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write grades.csv and canvas.csv.")] = Path("dist/grades"),
    extensions: Annotated[Optional[Path], typer.Option(metavar="CSV", help="student, due, days, late_days.")] = None,  # noqa: UP045
    canvas: Annotated[Optional[Path], typer.Option(metavar="CSV", help="Canvas's gradebook, exported there.")] = None,  # noqa: UP045
    column: Annotated[str, typer.Option(metavar="NAME", help="The assignment's name in Canvas.")] = "",
) -> None:
    """Join every source by student, apply deadline, late days and caps of assignment.toml, and write CSV files."""
    from .course import this_course
    from .grades.command import export

    for sentence in export(this_course(), out, classes or [], gradescope or [], nbgrader or [], extensions, canvas, column):
        print(sentence)


def amounts(said: list[str]) -> dict[str, float]:
    """["GPU=1"] → {"GPU": 1.0}."""
    try:
        return {name: float(amount) for name, _, amount in (text.partition("=") for text in said)}
    except ValueError:
        raise CommandError(f"--resource takes NAME=NUMBER, such as GPU=1, not {' '.join(said)}.") from None


@app.command()
def leaks(paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, archives, notebooks or folders.")]) -> None:
    """Search what students get for solutions, markers, model answers, secrets and hidden numbers; archives and notebooks too."""
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
    from .grades.record import GradesError
    from .grading.intake import IntakeError
    from .publish.starter import MarkerError
    from .sandbox.errors import GraderError

    with_nbgrader()
    try:
        app()
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.", file=sys.stderr)
        sys.exit(2)
    except (AssignmentError, CommandError, GradesError, IntakeError, GraderError, MarkerError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except SyntaxError as error:  # of the course's own files: student code is compiled elsewhere
        print(f"{error.filename}, line {error.lineno}: {error.msg}.", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
