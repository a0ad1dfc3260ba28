"""The gradebook in a real PostgreSQL server: the same import, the same refusal, the same scores."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("nbgrader")
pytest.importorskip("psycopg")

EXAMPLE = Path("assignment") / "examples" / "half_done" / "ps2"
SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))


def as_postgres(*command):
    """The server refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] if os.getuid() == 0 else list(command)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    if not SERVERS:
        pytest.skip("no PostgreSQL server is installed")
    if os.getuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("this is root, and there is no setpriv to become postgres")
    folder = Path("/tmp") / tmp_path_factory.mktemp("pg").as_posix().replace("/", "-")  # its socket's name may not be long
    folder.mkdir(mode=0o755)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    bin, data = SERVERS[-1].parent, folder / "data"
    quiet = {"cwd": "/", "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run(as_postgres(f"{bin}/initdb", "-D", data, "-U", "grader", "--auth=trust", "--no-sync"), **quiet)
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        subprocess.run(as_postgres(f"{bin}/pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start"), **quiet)
        try:
            yield f"postgresql+psycopg://grader@/postgres?host={folder}"
        finally:
            subprocess.run(as_postgres(f"{bin}/pg_ctl", "-D", data, "-m", "immediate", "stop"), **quiet)
    finally:
        shutil.rmtree(folder)


def test_scores_arrive_in_postgresql_as_in_sqlite(url, commands):
    from nbgrader.api import Gradebook

    commands.course.mkdir()
    (commands.course / "nbgrader_local.py").write_text(f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n")
    commands("autograder nbgrader build course", commands.root)
    submitted = commands.course / "submitted/alice/ps2"
    shutil.copytree(commands.course / "release/ps2", submitted)
    shutil.copytree(commands.asked.root / EXAMPLE, submitted / "ps2", dirs_exist_ok=True)
    commands("nbgrader autograde ps2")
    assert "alice: not graded yet" in commands("nbgrader export", fails=True)
    commands("autograder nbgrader import")
    commands("nbgrader export")
    assert not (commands.course / "gradebook.db").exists()
    with Gradebook(url) as gradebook:
        grades = {g.name: g.auto_score for g in gradebook.find_submission_notebook("ps2", "ps2", "alice").grades}
    assert grades["check-1-2"] == 2.0 and grades["check-1-4"] == 0.0 and grades["answer-vanishing"] == 0.0
    assert "alice" in (commands.course / "grades.csv").read_text()
