"""All the figures, and `python -m ps2check figures`: a student's own functions drawn beside what was recorded of the reference."""

from __future__ import annotations

import difflib
import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .figure_canvas import Data, Figure, FiguresUnavailable, canvas, png, why
from .figure_complexity import COMPLEXITY
from .figure_data import CLOUDS, LOSS
from .figure_gradients import GRADIENTS
from .figure_initial import SAME_VALUE, TWO_WEIGHTS
from .figure_stacks import HISTOGRAMS
from .kit import GOLDEN, Kit, KitError
from .terminal import wrapped

if TYPE_CHECKING:
    from .local import Home

FIGURES = (CLOUDS, LOSS, SAME_VALUE, TWO_WEIGHTS, HISTOGRAMS, GRADIENTS, COMPLEXITY)
RECORDED = "figures.json"
FOLDER = "figures"
SECONDS = 180.0


def shown_in(kit: Kit) -> list[Figure]:
    """The figures of functions that this kit asks for."""
    return offered({stub for asked in kit.questions for stub in asked.question.stubs})


def offered(stubs: set[str]) -> list[Figure]:
    """The figures that need these functions and no others; those that need none show nothing of a student's."""
    return [figure for figure in FIGURES if figure.needs and stubs.issuperset(figure.needs)]


def draw_at_home(home: Home, names: Iterable[str]) -> int:
    """Draw the named figures, or all, into figures/; a line for each. 0 when one was drawn. Raises KitError."""
    figures = chosen(home.kit, names)
    try:
        canvas(1, 1)
    except FiguresUnavailable as error:
        raise KitError(str(error)) from None
    recorded, drawn = recordings(home.kit), 0
    for file, fault in home.faults.items():
        if any(file.removesuffix(".py") in figure.files() for figure in figures):
            print(fault)
    for figure in figures:
        says, image = draw_one(home, figure, recorded.get(figure.name))
        drawn += bool(image)
        if image:
            path = keep(home.kit.root / FOLDER / f"{figure.name}.png", image)
            says = f"{FOLDER}/{path.name}" + (f", but {says}" if says else "")
        print(wrapped(f"{figure.name}: {says}", "  ", "    "), flush=True)
    return 0 if drawn else 1


def chosen(kit: Kit, names: Iterable[str]) -> list[Figure]:
    figures = {figure.name: figure for figure in shown_in(kit)}
    if not figures:
        raise KitError("this problem set has no figures.")
    wanted = [name.lower().removesuffix(".png") for name in names]
    for name in wanted:
        if name not in figures:
            near = difflib.get_close_matches(name, figures, 1, 0.4)
            ask = f"did you mean {near[0]}?" if near else f"there are {', '.join(figures)}."
            raise KitError(f"there is no figure '{name}'; {ask}")
    return [figures[name] for name in dict.fromkeys(wanted)] or list(figures.values())


def draw_one(home: Home, figure: Figure, reference: Data | None) -> tuple[str, bytes]:
    """What is to be said, and the PNG where there is one. The student's mistakes end here as a sentence."""
    happened = None
    try:
        with home.contained(SECONDS) as happened, np.errstate(all="ignore"):
            data = figure.measure(home.ps2)
            image = png(figure.draw(data, reference))
    except KeyboardInterrupt:
        if happened is None or not happened.overran:
            raise
        return f"not drawn: it took longer than {SECONDS:.0f} s.", b""
    except Exception as error:
        return f"not drawn: {why(error)}.", b""
    problems = Counter(row["problem"] for row in data.get("rows", ()) if row["problem"])
    return "; ".join(f"{n} of its rows without histograms: {problem}" for problem, n in problems.items()), image


def keep(path: Path, image: bytes) -> Path:
    """Write it whole or not at all. Raises KitError."""
    try:
        path.parent.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(image)
        os.replace(part, path)
    except OSError as error:
        raise KitError(f"{FOLDER}/{path.name} cannot be written ({error.strerror}).") from None
    return path


def recordings(kit: Kit) -> dict[str, Data]:
    """What the reference's figures show, by name. Raises KitError."""
    try:
        found: dict[str, Data] = json.loads((kit.package / GOLDEN / RECORDED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise KitError(f"the kit's {GOLDEN}/{RECORDED} cannot be used; unzip the kit again and copy your ps2/ into it.") from None
    return found
