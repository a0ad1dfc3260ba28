"""The zygote's process as the grader holds it: started by exec with a clean environment, told and heard over a socket, ended for sure."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TypeVar

from . import control, launch

START_SECONDS = 180.0  # importing torch on a slow disk

M = TypeVar("M", bound=control.Message)


class ZygoteLost(Exception):
    """The zygote died or does not answer."""


class Process:
    """One zygote process. Raises ZygoteLost where it cannot start, and from every method but `stop` when it is gone."""

    def __init__(self, setup: control.Setup, temporary: Path, python: str | None) -> None:
        self.end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `stop`)
        # the signal comes when the *thread* that starts it ends; from another thread, the closed socket alone has to do
        with_us = threading.current_thread() is threading.main_thread()
        with theirs:
            self._process = subprocess.Popen(
                launch.command(python, f"from autograder.sandbox import zygote; zygote.main({theirs.fileno()}, {with_us})"),
                env=launch.environment(temporary),
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                start_new_session=True,  # Ctrl-C is the grader's to handle
            )
        try:
            self.tell(setup)
            self.expect(control.Done, START_SECONDS)
        except ZygoteLost as lost:
            raise ZygoteLost(self.stop() or str(lost)) from None
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, message: control.Message, descriptors: tuple[int, ...] = ()) -> None:
        try:
            control.send(self.end, message, descriptors)
        except OSError:
            raise ZygoteLost("it is gone") from None

    def expect(self, kind: type[M], seconds: float) -> M:
        """The next message, which must be of this kind."""
        if not control.wait([self.end.fileno()], seconds):
            raise ZygoteLost(f"no answer in {seconds:g} s")
        message = self.hear()
        if not isinstance(message, kind):
            raise ZygoteLost(f"an unexpected {type(message).__name__}")
        return message

    def hear(self) -> control.Message:
        """The message that is there."""
        message, _ = control.receive(self.end)
        if message is None:
            raise ZygoteLost("it is gone")
        return message

    def stop(self) -> str:
        """End it, and with it every worker and oracle. The last line that it printed, for whoever has to find out why."""
        if self._said.closed:
            return ""
        self.end.close()
        self._process.kill()
        self._process.wait()
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - 2000))
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        self._said.close()
        return lines[-1][:300] if lines else ""
