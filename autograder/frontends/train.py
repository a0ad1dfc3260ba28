"""`autograder train`: the run by itself, on a GPU machine or as a job of a cluster; its results are what the Gradescope zip packs."""

from __future__ import annotations

import contextlib
import hashlib
import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..course import Course, this_course
from ..grading.intake import take
from ..grading.result import write_atomically
from ..sandbox.errors import GraderError
from ..training import open_track, question, store, thresholds
from ..training.judging import Judging, Submission, best, versions
from ..training.profiles import chosen, machine
from ..training.run import OnEpoch

LARGEST_WEIGHTS = 64 << 20


@dataclass(frozen=True)
class Options:
    """As the command line has them."""

    submission: Path | None
    profile: str = "auto"
    out: Path = Path("assignment/training")
    retrain: bool = False
    weights: Path | None = None
    world: int = 7
    calibrate: int | None = None
    jobs: int = 1
    simple: bool = False


def train_command(options: Options, course: Course | None = None) -> int:
    """Exit status 0 when there is an accuracy, 1 when the student's code failed, 3 when it could not be judged. Raises GraderError."""
    course = course or this_course()
    here = machine()
    name, profile = chosen(course.assignment.training, options.profile, here)
    judging = Judging(course, name, profile, here, confined=not options.simple)
    console = Console()
    if options.calibrate is not None:
        return calibrate(judging, options.calibrate, options.jobs, course.root / "benchmarks" / "training" / f"{name}.json", console)
    if options.submission is None:
        raise GraderError("name a submission (a zip or a folder), or say --calibrate N")
    with tempfile.TemporaryDirectory(prefix="ps2-submission-") as folder:
        Path(folder).chmod(0o755)
        taken = take(options.submission, Path(folder), given=course.reference, wanted=course.assignment.files())
        submission = Submission(Path(taken.folder), taken.digest)
        record = handed_in(judging, submission, options) if options.weights else trained(judging, submission, options, console)
        record = opened(judging, submission, record, options, console)
    show(course, record, console)
    return {"judged": 0, "failed": 1, "not judged": 3}[record.verdict]


def trained(judging: Judging, submission: Submission, options: Options, console: Console) -> store.Record:
    """A stored result is measured again, not trained again, unless it is stale or --retrain is said."""
    course = judging.course
    try:
        old = store.find(options.out, submission.digest, course.secret, course.assignment.training.profiles)
    except store.StoreError as refused:
        console.print(f"{refused} It is trained anew.", soft_wrap=True)
        old = None
    if old is not None and old.verdict != "not judged" and not options.retrain:
        weights = store.weights_of(options.out, old)
        if weights is None:
            console.print("The stored weights are gone, so the stored result stands as it is; --retrain trains anew.", soft_wrap=True)
            return old
        console.print("There is a result; its weights are measured again (--retrain trains anew).", soft_wrap=True)
        return store.signed(judging.again(old, weights), course.secret)
    record, weights = run(judging, submission, console)
    record = msgspec.structs.replace(record, open=old.open if old is not None else None)
    if best(old, record) is record:
        store.save(options.out, record, weights, course.secret)
        return record
    console.print("The result that was there is better, and stays.")
    assert old is not None
    return old


def opened(judging: Judging, submission: Submission, record: store.Record, options: Options, console: Console) -> store.Record:
    """The record with the open track's entry, where the submission takes part; the better of two entries stays."""
    if not open_track.entered(judging.course.assignment.training, submission.folder) or (record.open is not None and not options.retrain):
        return record
    with progress(judging, console, "open track") as tell:
        entry = open_track.run(judging, submission, tell)
    record = msgspec.structs.replace(record, open=open_track.better(record.open, entry))
    store.save(options.out, record, b"", judging.course.secret)
    return record


def handed_in(judging: Judging, submission: Submission, options: Options) -> store.Record:
    assert options.weights is not None
    try:
        weights = options.weights.read_bytes()
    except OSError as error:
        raise GraderError(f"{options.weights} cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    if len(weights) > LARGEST_WEIGHTS:
        raise GraderError(f"{options.weights} has {len(weights) >> 20} MB; the weights of this run have far fewer")
    record = judging.handed_in(submission, weights, options.world)
    store.save(options.out, record, weights, judging.course.secret)
    return record


def run(judging: Judging, submission: Submission, console: Console) -> tuple[store.Record, bytes]:
    with progress(judging, console, "training") as tell:
        return judging.run(submission, tell)


@contextlib.contextmanager
def progress(judging: Judging, console: Console, what: str) -> Iterator[OnEpoch]:
    """A bar, and what to call after each epoch."""
    epochs = judging.profile.epochs
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.fields[error]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("train", total=epochs, error="starting")
        yield lambda e: bar.update(task, completed=min(e.epoch, epochs), error=f"validation error {e.error:.3f}")


def show(course: Course, record: store.Record, console: Console) -> None:
    result, points = question.graded(course.assignment, record, [])
    about_open = [question.about_open(course.assignment.training, record.open)] if record.open is not None else []
    for sentence in [*result.sentences, *about_open]:
        console.print(sentence, soft_wrap=True, markup=False, highlight=False)
    if course.assignment.training.profiles[record.profile].calibrated:
        console.print(f"{float(points):g} of {course.assignment.training.points} points", highlight=False)


# ---- calibration


def calibrate(judging: Judging, runs: int, jobs: int, path: Path, console: Console) -> int:
    """Train the reference in `runs` worlds, write every accuracy to `path` (added to what is there), print what the rule makes of it."""
    done = previous(path, judging)
    seen = {run["run"] for run in done}
    missing = [number for number in range(runs) if number not in seen]
    with ThreadPoolExecutor(jobs) as pool:  # threads, because the work is done by processes that they wait for
        for measured in pool.map(lambda number: reference_run(judging, number), missing):
            done.append(measured)
            content = {
                "profile": judging.name,
                "task": store.task_digest(judging.profile),
                "versions": versions(judging.here),
                "runs": done,
            }
            write_atomically(path, msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
            console.print(
                f"run {len(done)} of {runs}: accuracy {measured['accuracy']:.4f} in {measured['seconds']:.0f} s, "
                f"the rate lowered {measured['lowered']} times",
                highlight=False,
            )
    accuracies = [float(str(run["accuracy"])) for run in done]
    console.print(summary(accuracies, judging.course.assignment.training.safer), soft_wrap=True, highlight=False)
    return 0


def reference_run(judging: Judging, number: int) -> dict[str, object]:
    """The reference in the world of a made-up submission. Raises GraderError where it does not finish."""
    submission = Submission(judging.course.reference.parent, hashlib.sha256(b"calibration %d" % number).hexdigest())
    record, _ = judging.run(submission)
    if record.accuracy is None:
        raise GraderError(f"the reference did not finish: {record.says}")
    lowered = thresholds.lowerings([error for _, error in record.curve], judging.profile.patience)
    return {"run": number, "accuracy": record.accuracy, "seconds": round(record.seconds, 1), "lowered": lowered, "device": record.device}


def previous(path: Path, judging: Judging) -> list[dict[str, object]]:
    """Runs of the same task that were measured before."""
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return []
    return list(content["runs"]) if content.get("task") == store.task_digest(judging.profile) else []


def summary(accuracies: list[float], safer: float) -> str:
    n = len(accuracies)
    spread = statistics.stdev(accuracies) if n > 1 else 0.0
    told = f"{n} runs: mean {statistics.fmean(accuracies):.4f}, standard deviation {spread:.4f}, lowest {min(accuracies):.4f}."
    if n < thresholds.LEAST_RUNS:
        return f"{told} Too few for a threshold: at least {thresholds.LEAST_RUNS}, better 30."
    full = thresholds.threshold(accuracies)
    return (
        f"{told} Normality on the logit scale: p = {thresholds.normality(accuracies):.2f}. Tolerance factor "
        f"{thresholds.tolerance_factor(n):.2f}: full = {full:.3f} is reached by 99.9 % of honest runs (confidence 95 %); "
        f"tell students {full + safer:.2f}."
    )


__all__ = ["Options", "train_command"]
