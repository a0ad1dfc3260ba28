"""How hard hypothesis tries: a few examples in the short form, the full number with PS2_ALL_SEEDS.

The short form is derandomized: CI then says the same of the same code each time, and a failure there is the failure of whoever runs it
next; new examples are what the thorough form is for. No deadline in either: how long an example takes is the machine's doing.
"""

import os

from hypothesis import HealthCheck, settings

UNSUITED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
"""The fixtures are folders that each example overwrites; the other two are about speed."""

settings.register_profile("short", max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=UNSUITED)
settings.register_profile("thorough", max_examples=300, deadline=None, print_blob=True, suppress_health_check=UNSUITED)
settings.load_profile("thorough" if os.environ.get("PS2_ALL_SEEDS") else "short")
