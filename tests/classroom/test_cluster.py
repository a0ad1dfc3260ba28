import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

from autograder.classroom import cluster, synthetic
from autograder.classroom.cluster import Where
from autograder.classroom.grader import Settings
from autograder.sandbox.errors import GraderError

from .test_run import tasks_of

distributed = pytest.importorskip("distributed", reason="the extra `class` is not installed")
if importlib.util.find_spec("dask_jobqueue") is None:  # not imported here: it would take Ctrl-C away from every test that follows
    pytest.skip("the extra `class` is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def dask():
    cluster.quiet()
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "resources": {"GPU": 1}}
    with distributed.LocalCluster(**options) as made:
        yield made


def test_a_class_is_graded_on_a_dask_scheduler_and_not_twice(dask, course, tmp_path):
    folder, out = synthetic.write_class(tmp_path / "zips", course, 3), tmp_path / "out"
    tasks = tasks_of(folder, out, course)
    where = Where(scheduler=dask.scheduler_address, chunk=2, resource={"GPU": 1})
    done = list(cluster.run(tasks, Settings(str(course.root)), where))
    assert sorted(d.id for d in done) == ["s0001", "s0002", "s0003"]
    assert not any(d.trouble for d in done)
    stamps = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert len(list(cluster.run(tasks, Settings(str(course.root)), where))) == 3
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == stamps


def test_a_resource_that_no_worker_has_is_an_error_and_not_a_wait(dask, course, tmp_path):
    tasks = tasks_of(synthetic.write_class(tmp_path / "zips", course, 1), tmp_path / "out", course)
    where = Where(scheduler=dask.scheduler_address, resource={"TPU": 1})
    with pytest.raises(GraderError, match="no worker has it"):
        list(cluster.run(tasks, Settings(str(course.root)), where))


def test_an_address_where_nobody_listens_is_one_sentence(course, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    tasks = tasks_of(synthetic.write_class(tmp_path / "zips", course, 1), tmp_path / "out", course)
    with pytest.raises(GraderError, match="no dask scheduler at"):
        list(cluster.run(tasks, Settings(str(course.root)), Where(scheduler="tcp://127.0.0.1:9")))


def test_the_job_script_is_shown_without_slurm():
    text = cluster.job_script(Where(slurm={"queue": "gpu", "memory": "16GB"}, resource={"GPU": 1}))
    assert "#SBATCH -p gpu" in text and "GPU=1" in text


def test_ctrl_c_stays_a_keyboard_interrupt_once_jobqueue_is_imported():
    pytest.importorskip("distributed", reason="the extra `class` is not installed")
    code = "import signal; from autograder.classroom.cluster import *; job_script(Where()); signal.raise_signal(signal.SIGINT)"
    assert "KeyboardInterrupt" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr


def test_without_sbatch_slurm_is_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(cluster.shutil, "which", lambda name: None)
    with pytest.raises(GraderError, match="no sbatch"):
        cluster.runner(Where(), Settings("."))


def test_what_slurm_refuses_is_one_sentence_in_its_words_and_no_wait(course, tmp_path, monkeypatch):
    fake = tmp_path / "bin" / "sbatch"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: nope' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    tasks = tasks_of(synthetic.write_class(tmp_path / "zips", course, 1), tmp_path / "out", course)
    with pytest.raises(GraderError, match="refuses the job: invalid partition specified: nope; mend it with --slurm-settings"):
        list(cluster.run(tasks, Settings(str(course.root)), Where(slurm={"queue": "nope"})))


@pytest.mark.slow
def test_a_class_is_graded_on_a_real_slurm(course, tmp_path):
    if shutil.which("sinfo") is None or subprocess.run(["timeout", "5", "sinfo"], capture_output=True).returncode != 0:
        pytest.skip("no Slurm here")
    tasks = tasks_of(synthetic.write_class(tmp_path / "zips", course, 2), tmp_path / "out", course)
    done = list(cluster.run(tasks, Settings(str(course.root)), Where(jobs=1, resource={"GPU": 1}, logs=str(tmp_path / "logs"))))
    assert sorted(d.id for d in done) == ["s0001", "s0002"] and not any(d.trouble for d in done)
    assert list((tmp_path / "logs").iterdir())


def test_a_missing_package_is_one_sentence():
    with pytest.raises(GraderError, match=r"pip install -e '\.\[class\]'"):
        cluster.needs("dask_of_tomorrow", "grading on a cluster")
