"""`python -m ps2check`: the checks that will grade you, with other numbers, on your own machine."""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .kit import Asked, Kit
    from .local import Home

DESCRIPTION = """\
Checks the code in ps2/ with the checks of the grader.

  python -m ps2check                how far you are, and what to do next
  python -m ps2check relu           one question in full; also 1.3, a file
                                    (activations) or a whole part (1)
  python -m ps2check relu --size 0  the same with tiny inputs (sizes 0 to 3)
  python -m ps2check progress       a bar for each part, and the minutes left
  python -m ps2check figures        what your functions do, drawn beside the
                                    reference, in figures/; or those named
  python -m ps2check submit         look everything over, write submission.zip
  python -m ps2check train --rehearse 7   the training run, in practice world 7;
                                    with --open your own network (open track)
"""
SUBMIT = "submit"
FIGURES = "figures"
TRAIN = "train"
PROGRESS = "progress"


def main(arguments: list[str] | None = None) -> int:
    """The exit status is 0 when everything asked passed, or the zip was written."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a Windows console may lack a character
    wanting = unusable()
    if wanting:
        print(wanting, file=sys.stderr)
        return 2
    options = parser().parse_args(arguments)
    from .kit import KitError, load_kit

    try:
        if options.rehearse is not None:
            from .local import Home
            from .rehearsal import rehearse

            return rehearse(Home(load_kit()), options.rehearse, options.profile, options.open)
        return run(load_kit(), options.what, options.size)
    except KitError as error:
        print(f"ps2check: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing it at exit says nothing
        return 1
    except KeyboardInterrupt:
        print("\nps2check: stopped.", file=sys.stderr)
        return 130


def unusable() -> str:
    """What this Python lacks, with the line that mends it; "" when it will do."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < (3, 10):  # noqa: UP036  # a student may start it with an older one
        return f"ps2check: this is Python {version} ({sys.executable}), and PS2 needs 3.10 or newer; start it with a newer one."
    lacking = [name for name in ("numpy", "scipy") if importlib.util.find_spec(name) is None]
    if not lacking:
        return ""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"ps2check: {' and '.join(lacking)} must be installed first:\n    {python} -m pip install -r requirements.txt"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("python -m ps2check", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("what", nargs="*", help="questions, files or parts; or: progress, figures [NAME...], submit")
    made.add_argument("--size", type=int, choices=range(4), metavar="N", help="ask at a tiny size, 0 to 3")
    made.add_argument("--rehearse", type=int, metavar="WORLD", help="with train: the training run in this practice world")
    made.add_argument("--profile", help="with train: one of the course's profiles")
    made.add_argument("--open", action="store_true", help="with train: ps2/open_track.py, your own network")
    return made


def run(kit: Kit, what: list[str], size: int | None) -> int:
    from .local import Home

    word = what[0].lower() if len(what) == 1 else ""
    drawing = bool(what) and what[0].lower() == FIGURES
    wanted = [] if drawing or word in (SUBMIT, PROGRESS) else named(kit, what)
    home = Home(kit)
    if drawing:
        from .figures import draw_at_home

        return draw_at_home(home, what[1:])
    if word == SUBMIT:
        return submit(home)
    if word == PROGRESS:
        return progress(home)
    return one_by_one(home, wanted, size) if what or size is not None else overview(home)


def named(kit: Kit, what: list[str]) -> list[Asked]:
    """The questions that the words name; all where there are none. Raises KitError with what may have been meant."""
    from .kit import KitError

    names: dict[str, list[Asked]] = {}
    for asked in kit.questions:
        question = asked.question
        parts = (str(question.part), f"part{question.part}")
        for name in (question.id, question.title, asked.name, *question.stubs, *question.names, question.file, question.file[:-3], *parts):
            names.setdefault(name.lower(), []).append(asked)
    found: dict[str, Asked] = {}
    for word in what:
        if word.lower() not in names:
            near = difflib.get_close_matches(word.lower(), names, 3, 0.5)
            ask = f"did you mean {' or '.join(near)}?" if near else "there are " + ", ".join(a.name for a in kit.questions) + "."
            raise KitError(f"there is no question '{word}'; {ask}")
        found |= {asked.question.id: asked for asked in names[word.lower()]}
    return list(found.values()) or kit.questions


def overview(home: Home) -> int:
    from .terminal import ask_all, part_line, what_next

    print(f"{home.kit.title}\n")
    outcomes = []
    for part in home.kit.parts:
        asked = [a for a in home.kit.questions if a.question.part == part]
        outcomes += ask_all(home, asked)
        print(part_line(home, part, outcomes[-len(asked) :]), flush=True)
    for text in what_next(home, outcomes):
        print(f"\n{text}")
    return 0 if all(o.passed for o in outcomes) else 1


def progress(home: Home) -> int:
    from .terminal import ask_all, progress_lines

    outcomes = ask_all(home, home.kit.questions)
    print(home.kit.title, "", *progress_lines(home.kit, outcomes), sep="\n")
    return 0 if all(o.passed for o in outcomes) else 1


def one_by_one(home: Home, questions: list[Asked], size: int | None) -> int:
    from .local import ask
    from .terminal import detail

    passed = True
    for i, asked in enumerate(questions):
        if size is not None and not asked.question.ladder:
            print(f"{asked.name} has no small sizes.")
            continue
        outcome = ask(home, asked, size)
        print("\n" * (2 if i else 0) + detail(home, outcome), flush=True)
        passed = passed and outcome.passed
    return 0 if passed else 1


def submit(home: Home) -> int:
    from .submit import ZIP, preflight, write_zip
    from .terminal import report_preflight, wrapped

    for text in report_preflight(preflight(home)):
        print(text, end="\n\n")
    if not home.sources:
        print("There is nothing to submit, so no zip was written.")
        return 1
    try:
        path = write_zip(home)
    except OSError as error:
        says = f"{ZIP} cannot be written here ({error.strerror}); is it open in another program, or the folder not yours to write in?"
        print(wrapped(says))
        return 1
    print(f"Written: {path.name} ({len(home.sources)} files of ps2/, {path.stat().st_size / 1000:.1f} kB). Upload this file.")
    return 0


if __name__ == "__main__":
    if not __package__:  # started as a file: `python ps2check`, or an editor's Run button
        import runpy
        from pathlib import Path

        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        runpy.run_module("ps2check", run_name="__main__", alter_sys=True)
    else:
        sys.exit(main())
