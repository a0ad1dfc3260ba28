"""A class on a cluster: dask.distributed, on a scheduler that runs already or on Slurm by dask-jobqueue. Both come with the extra `class`.

Every machine must see the submissions, the results and the course under the same paths. dask's `allowed-failures` is left at 3: lowered,
one submission that kills its worker takes bystanders with it.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..sandbox.errors import GraderError
from .grader import ClassGrader, Done, Settings, Task

CHUNK = 12
"""Submissions a task: dask's own work is milliseconds a task."""
CONNECT_SECONDS = 20
WAIT_SECONDS = 600.0
"""For the first worker; a queue may be long."""
SLURM: dict[str, Any] = {"cores": 1, "processes": 1, "memory": "4GB", "walltime": "02:00:00"}


class Where(msgspec.Struct, frozen=True):
    """scheduler: the address of a running one; "" for Slurm. slurm: arguments of SLURMCluster. jobs: to ask Slurm for. resource: of dask's
    workers, that each task needs, such as {"GPU": 1}. logs: the folder of what Slurm's jobs say; "" for the current one."""

    scheduler: str = ""
    slurm: dict[str, Any] = {}
    jobs: int = 4
    resource: dict[str, float] = {}
    chunk: int = CHUNK
    logs: str = ""


def needs(package: str, what: str) -> Any:
    """The module. Raises GraderError with the remedy where it is not installed."""
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError:
        raise GraderError(f"{what} needs {package}, which is missing here: python -m pip install -e '.[class]'") from None


@contextlib.contextmanager
def interrupts_kept() -> Iterator[None]:
    """dask-jobqueue 0.9 lets Ctrl-C end the whole process by SystemExit once it is imported; nothing would be put in order any more."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set a handler
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def slurm_settings(file: Path | None) -> dict[str, Any]:
    """Arguments of dask_jobqueue.SLURMCluster from a TOML file, over ours. Raises GraderError."""
    if file is None:
        return SLURM
    try:
        return SLURM | msgspec.toml.decode(file.read_bytes(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise GraderError(f"{file} is no TOML with arguments of dask_jobqueue.SLURMCluster: {error}.") from None


def slurm_cluster(where: Where) -> Any:
    quiet()
    with interrupts_kept():
        jobqueue = needs("dask_jobqueue", "--slurm")
    extra = [f"{name}={amount:g}" for name, amount in where.resource.items()]
    arguments: dict[str, Any] = {"worker_extra_args": ["--resources", ",".join(extra)]} if extra else {}
    arguments |= {"log_directory": where.logs} if where.logs else {}
    try:
        return jobqueue.SLURMCluster(**{"scheduler_options": {"dashboard_address": ":0"}, **arguments, **SLURM, **where.slurm})
    except (TypeError, ValueError) as error:
        raise GraderError(f"SLURMCluster does not take these settings: {error}.") from None


def job_script(where: Where) -> str:
    """What sbatch would be given; no Slurm is needed to see it."""
    with slurm_cluster(where) as made:
        return str(made.job_script())


def refused(script: str) -> str:
    """Why Slurm would not take this job, in its own words; "" where it would. Asked first: dask would ask again and again."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "job.sh"
        file.write_text(script, encoding="utf-8")
        made = subprocess.run(["sbatch", "--test-only", str(file)], capture_output=True, text=True, check=False)
    lines = made.stderr.strip().splitlines() or ["no reason given"]
    return lines[0].removeprefix("sbatch: error: ").strip() if made.returncode else ""


def runner(where: Where, settings: Settings) -> Callable[[Sequence[Task]], Iterator[Done]]:
    """How to carry out tasks there. Raises GraderError where the packages or Slurm are missing."""
    needs("distributed", "grading on a cluster")
    if not where.scheduler and shutil.which("sbatch") is None:
        raise GraderError("there is no sbatch here, so no Slurm to ask; --show-job-script shows what it would be given.")
    return lambda tasks: run(tasks, settings, where)


def run(tasks: Sequence[Task], settings: Settings, where: Where) -> Iterator[Done]:
    """What came of each task, as it comes. Raises GraderError where the cluster cannot do it."""
    if not tasks:
        return
    distributed = needs("distributed", "grading on a cluster")
    quiet()
    cluster = None if where.scheduler else slurm_cluster(where)
    try:
        if cluster is not None:
            if why := refused(cluster.job_script()):
                raise GraderError(f"Slurm refuses the job: {why}; mend it with --slurm-settings, --show-job-script shows what is asked.")
            cluster.adapt(minimum_jobs=where.jobs, maximum_jobs=where.jobs)  # a job whose time is up is asked for again
        try:
            client = distributed.Client(where.scheduler or cluster, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise GraderError(f"there is no dask scheduler at {where.scheduler}: {error or 'no answer'}.") from None
        with client:
            yield from on(client, tasks, settings, where)
    finally:
        if cluster is not None:
            cluster.close()


def on(client: Any, tasks: Sequence[Task], settings: Settings, where: Where) -> Iterator[Done]:
    """In chunks; what was in a chunk whose workers died is graded again by itself, one after another, before anything is said of it."""
    distributed = needs("distributed", "grading on a cluster")
    check_resource(client, where.resource)
    chunks = {}
    for start in range(0, len(tasks), where.chunk):
        chunk = list(tasks[start : start + where.chunk])
        future = client.submit(grade_chunk, settings, chunk, pure=False, resources=where.resource or None)
        chunks[future] = chunk
    suspects: list[Task] = []
    for future in distributed.as_completed(list(chunks)):
        if isinstance(future.exception(), distributed.KilledWorker):
            suspects += [task for task in chunks[future] if not Path(task.result).is_file()]
            yield from (Done(task.id) for task in chunks[future] if Path(task.result).is_file())
        else:
            yield from future.result()
        future.release()
    for task in suspects:
        future = client.submit(grade_chunk, settings, [task], pure=False, resources=where.resource or None)
        if isinstance(future.exception(), distributed.KilledWorker):
            yield Done(task.id, "it killed the workers that graded it; grade it by itself with `autograder grade` to see why.")
        else:
            yield from future.result()


def check_resource(client: Any, wanted: dict[str, float]) -> None:
    """A resource that no worker has is waited for without end, and no worker at all too. Raises GraderError."""
    try:
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
    except TimeoutError:
        raise GraderError(f"no dask worker came up in {WAIT_SECONDS / 60:g} minutes; is the queue full, or the account wrong?") from None
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    for name, amount in wanted.items():
        most = max((worker["resources"].get(name, 0) for worker in workers), default=0)
        if most < amount:
            offer = "no worker has it" if not most else f"the most that one has is {most:g}"
            raise GraderError(f"each task needs {name}={amount:g}, and {offer}; start workers with --resources {name}={amount:g}.")


_graders: dict[Settings, ClassGrader] = {}


def grade_chunk(settings: Settings, tasks: list[Task]) -> list[Done]:
    """On a worker, which keeps its grader. What has a result by now (a task that was run again) is not graded again."""
    if settings not in _graders:
        _graders[settings] = ClassGrader(settings)
    grader = _graders[settings]
    return [Done(task.id) if Path(task.result).is_file() else grader.grade(task) for task in tasks]


def quiet() -> None:
    """At the end dask tells of closed connections with stack traces, which concern nobody."""
    dask = needs("dask", "grading on a cluster")
    dask.config.set({"logging.distributed": "critical"})
    import logging

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
