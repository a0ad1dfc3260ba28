"""How tests are spread over workers, and how hard hypothesis tries: a few examples in the short form, the full number with PS2_ALL_SEEDS.

The short form is derandomized: CI then says the same of the same code each time, and a failure there is the failure of whoever runs it
next; new examples are what the thorough form is for. No deadline in either: how long an example takes is the machine's doing.
"""

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings

UNSUITED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
"""The fixtures are folders that each example overwrites; the other two are about speed."""

settings.register_profile("short", max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=UNSUITED)
settings.register_profile("thorough", max_examples=300, deadline=None, print_blob=True, suppress_health_check=UNSUITED)
settings.load_profile("thorough" if os.environ.get("PS2_ALL_SEEDS") else "short")

TOGETHER = ("tests/frontends/test_nbgrader.py", "tests/training/test_run.py", "tests/training/test_open_track.py")
"""Files whose tests live through one story, or share what is dear: each whole file goes to one worker.

Marks of pytest-xdist's own (`xdist_group`) reach its scheduler by way of a private attribute that pytest 9.2 no longer has.
"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class FilesTogether(LoadScopeScheduling):
        """Goes on after a crash. xdist 3.8 hands out again what is done, and single tests, which a worker keeps until more come."""

        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return file if file in TOGETHER else nodeid

        def remove_node(self, node):
            work = self.assigned_work.pop(node)
            left = {scope: {test: False for test, done in unit.items() if not done} for scope, unit in work.items()}
            crashed = next((test for unit in left.values() for test in unit), None)
            for scope, unit in left.items():
                unit.pop(crashed, None)
                if unit:
                    self.workqueue[scope] = unit
            for other in self.assigned_work:
                self._reschedule(other)
            return crashed

        def _assign_work_unit(self, node):
            with suppress(OSError):  # a worker that has died just now: `remove_node` hands on what it was given
                super()._assign_work_unit(node)

        def _reschedule(self, node):
            if node not in self.registered_collections:  # new, and still collecting
                return
            while self.workqueue and not node.shutting_down and self._pending_of(self.assigned_work[node]) < 3:
                self._assign_work_unit(node)
            if not self.workqueue:
                super()._reschedule(node)

    return FilesTogether(config, log)
