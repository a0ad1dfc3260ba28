"""nbgrader's commands for tests, in a home of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import this_course

from ..courses import small_course

STUDENT_CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "ps2"\nc.Exchange.root = {exchange!r}\n'


class Commands:
    """Runs commands and remembers them. `root`: with the folders `course`, `student`, `exchange` and a home."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ran: list[str] = []
        self.course, self.student = root / "course", root / "student"
        self.asked = small_course(root / "ps2")
        for name in ("student", "exchange", "home", "tmp"):
            (root / name).mkdir()
        (root / "exchange").chmod(0o777)
        (self.student / "nbgrader_config.py").write_text(STUDENT_CONFIG.format(exchange=str(root / "exchange")))
        home = {
            name: str(root / "home" / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {
            **os.environ,
            "HOME": str(root / "home"),
            **home,
            "PATH": path,
            "PYTHONPATH": str(this_course().root),
            "PS2_TEST_COURSE": str(self.asked.root),
        }
        self.server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nbgrader_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def __call__(self, command: str, folder: Path | None = None, fails: bool = False) -> str:
        """What the command printed; it must succeed, or fail."""
        output = self.root / "tmp" / f"{len(self.ran)}.txt"
        self.ran.append(command)
        request = {"command": command.split(), "folder": str(folder or self.course), "output": str(output)}
        print(json.dumps(request), file=self.server.stdin, flush=True)
        status = int(self.server.stdout.readline())
        said = output.read_text(encoding="utf-8", errors="replace")
        assert (status != 0) == fails, f"{command} ended with {status}:\n{said}"
        return said

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait(20)


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    pytest.importorskip("nbgrader")
    made = Commands(tmp_path_factory.mktemp("nbgrader"))
    yield made
    made.close()
