"""Making a wrong class or function out of a right one by changing its text, as the student who wrote it would have."""

from __future__ import annotations

import inspect
import sys
import textwrap
from typing import Any


def edited(right: Any, *changes: tuple[str, str]) -> Any:
    """`right`, compiled anew in its own module with every occurrence of each old text replaced by the new one.

    Raises ValueError where an old text is not there: then the reference was rewritten and the mistake must be too.
    """
    module = sys.modules[right.__module__]
    source = textwrap.dedent(inspect.getsource(right))
    for old, new in changes:
        if old not in source:
            raise ValueError(f"{right.__name__} does not contain {old!r} any more")
        source = source.replace(old, new)
    made: dict[str, Any] = {}
    code = compile("from __future__ import annotations\n" + source, module.__file__ or "<edited>", "exec")
    exec(code, vars(module), made)
    return made[right.__name__]
