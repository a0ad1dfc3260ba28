"""Making a wrong class or function out of a right one by changing its text, as the student who wrote it would have."""

from __future__ import annotations

import functools
import inspect
import sys
import textwrap
from typing import Any


def edited(right: Any, *changes: tuple[str, str]) -> Any:
    """`right`, compiled anew in its own module with every occurrence of each old text replaced by the new one.

    Raises ValueError where an old text is not there: then the reference was rewritten and the mistake must be too.
    """
    module = sys.modules[right.__module__]
    source = source_of(right)
    for old, new in changes:
        if old not in source:
            raise ValueError(f"{right.__name__} does not contain {old!r} any more")
        source = source.replace(old, new)
    made: dict[str, Any] = {}
    code = compile("from __future__ import annotations\n" + source, module.__file__ or "<edited>", "exec")
    exec(code, vars(module), made)
    wrong = made[right.__name__]
    wrong.edited_source = source
    return wrong


def source_of(right: Any) -> str:
    """The text of a class or function: as it was edited before, or as it stands in its file."""
    known = vars(right).get("edited_source")
    if known is not None:
        return str(known)
    if any((base.__module__, base.__name__) == (right.__module__, right.__name__) for base in getattr(right, "__bases__", ())):
        raise ValueError(f"{right.__name__} was altered by a subclass, which has no text of its own")
    return text_in_file(right)


@functools.lru_cache(maxsize=256)
def text_in_file(right: Any) -> str:
    return textwrap.dedent(inspect.getsource(right))
