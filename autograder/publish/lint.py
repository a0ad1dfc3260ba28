"""`autograder lint-assignment`: does everything that belongs to a question exist, and does it add up?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..assignment import AssignmentError
from ..check.question import REGISTRY
from ..course import ENGINE, Course, part_files
from ..misconceptions import load_catalog
from .defaults import solutions
from .figures import images_of
from .handout import HEADING, handout_text
from .starter import MarkerError, find_regions

FEWEST_MISTAKES = 3
FEWEST_VARIANTS = 1


def lint(course: Course) -> list[str]:
    """A sentence for each thing that is missing or wrong; of every question, also of those that are off."""
    found = [*about_points(course), *about_stubs(course), *about_handout(course), *about_catalog(course), *about_documents(course)]
    return [*found, *about_own_files(course)]


def about_points(course: Course) -> Iterator[str]:
    assignment = course.assignment
    if assignment.total_points is not None and assignment.total() != assignment.total_points:
        worth = f"The questions that are on are worth {assignment.total()} points together, and total_points is {assignment.total_points}"
        yield f"{worth}; set it to the sum, or change points."


def about_stubs(course: Course) -> Iterator[str]:
    """Each marked name belongs to exactly one question, and each question's names are marked. A question about several names may
    share them with others: it asks how they work together."""
    asked: dict[str, list[str]] = {}
    for question in REGISTRY.values():
        for stub in question.stubs:
            asked.setdefault(stub, []).append(question.id)
    for stub, ids in asked.items():
        if len([id for id in ids if len(REGISTRY[id].stubs) == 1]) > 1:
            yield f"{stub} is asked about by {' and '.join(ids)}; one question a stub."
    try:
        there = marked(course)
        solutions(course)
    except (MarkerError, AssignmentError) as error:
        yield str(error)
        return
    for stub, ids in asked.items():
        if stub not in there:
            yield f"Question {ids[0]} is about {stub}, which has no marked body in solutions/ps2; write it between the markers."
    used = {name for stub, node in there.items() if stub in asked for name in names_in(stub, node)}
    yield from (f"solutions/ps2 marks a body in {stub}, and no question is about it." for stub in there if stub not in {*asked, *used})


def names_in(stub: str, node: ast.stmt) -> set[str]:
    """What a definition uses of its own file: a helper that students may write as well, or not."""
    return {f"{stub.split('.')[0]}.{one.id}" for one in ast.walk(node) if isinstance(one, ast.Name)}


def parsed(name: str, source: str) -> ast.Module:
    try:
        return ast.parse(source, name)
    except SyntaxError as error:
        raise MarkerError(f"solutions/ps2/{name}, line {error.lineno}: {error.msg}.") from None


def marked(course: Course) -> dict[str, ast.stmt]:
    """ "file.Name" of every top-level definition with a marked body. Raises MarkerError."""
    found: dict[str, ast.stmt] = {}
    for path in sorted(course.reference.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        regions = find_regions(path.name, source.splitlines())
        for node in parsed(path.name, source).body:
            named = isinstance(node, ast.ClassDef | ast.FunctionDef)
            if named and any(node.lineno <= begin <= (node.end_lineno or 0) for begin, _ in regions):
                found[f"{path.stem}.{node.name}"] = node  # type: ignore[attr-defined]
    return found


def about_handout(course: Course) -> Iterator[str]:
    """Every question's section is there, whether it is on or off, and what is assembled now can be."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((course.toml.parent / "handout").glob("*.md"))]
    headings = {match[2] for text in texts for line in text.splitlines() if (match := HEADING.match(line))}
    for id, settings in course.assignment.questions.items():
        if settings.section not in headings:
            yield f'Question {id} has no section: assignment/handout/ lacks the heading "## {settings.section}".'
    try:
        images_of(course, handout_text(course))
    except AssignmentError as error:
        if "has no heading" not in str(error):
            yield str(error)


def about_catalog(course: Course) -> Iterator[str]:
    """Known mistakes and honest variants of every question, and none of a question that is not there."""
    from ..audit.run import variants

    catalog = load_catalog().values()
    for id, question in REGISTRY.items():
        count = sum(m.question == id and not m.equivalent for m in catalog)
        if count < FEWEST_MISTAKES and course.checks == ENGINE / "autograder" / "check":
            yield f"Question {id} {question.title} has {count} known mistakes; write at least {FEWEST_MISTAKES}."
        elif not count:
            yield f"Question {id} {question.title} has no known mistake; what it must catch is not proven."
        if (ENGINE / "tests").is_dir() and not any(v.question == id for v in variants().values()):
            yield f"Question {id} {question.title} has no honest variant; what it must let pass is not proven."
    for kind, entries in (("misconception", catalog), ("variant", variants().values())):
        for entry in entries:
            names = REGISTRY[entry.question].names if entry.question in REGISTRY else ()
            if entry.name not in names:
                yield f"The {kind} {entry.id} replaces {entry.name}, which question {entry.question} is not about."


def about_documents(course: Course) -> Iterator[str]:
    """Each name of the contract says what it is: the stub itself, its arguments by name, and the file."""
    try:
        there = marked(course)
    except MarkerError:
        return
    for stub, node in there.items():
        assert isinstance(node, ast.ClassDef | ast.FunctionDef)
        text = documentation(course, stub.split(".")[0], node)
        if not ast.get_docstring(node):
            yield f"{stub} has no docstring; it is all that a student reads beside the stub."
            continue
        yield from (f"The docstring of {stub} does not say what `{name}` is." for name in arguments(node) if not mentioned(name, text))


def documentation(course: Course, file: str, node: ast.ClassDef | ast.FunctionDef) -> str:
    """The docstrings that a student has before their eyes: the file's, the class's, its methods', and the signature's annotations."""
    module = ast.parse((course.reference / f"{file}.py").read_text(encoding="utf-8"))
    inner = [n for n in ast.walk(node) if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    return " ".join(filter(None, [ast.get_docstring(module), *(ast.get_docstring(n) for n in inner)]))


def arguments(node: ast.ClassDef | ast.FunctionDef) -> list[str]:
    """Of the constructor of a class, or of a function."""
    if isinstance(node, ast.ClassDef):
        node = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), node)
    if not isinstance(node, ast.FunctionDef):
        return []
    return [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs] if a.arg != "self"]


def mentioned(name: str, text: str) -> bool:
    """As a word of its own, also as part of a formula."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text) is not None


def about_own_files(course: Course) -> Iterator[str]:
    """A course's own modules come beside the engine's, in the kit and in the archive: none may take the place of one."""
    for own, engine in ((course.checks, "check"), (course.misconceptions, "misconceptions")):
        folder = ENGINE / "autograder" / engine
        taken = {path.name for path in folder.glob("*.py")} - {path.name for path in part_files(folder)}
        for path in sorted(own.glob("*.py")):
            if own != folder and path.name in taken:
                yield f"{path} has the name of a module of the engine; give it another."


def lint_command(course: Course) -> int:
    """1 and a line for each thing found, else 0 and what there is."""
    found = lint(course)
    assignment = course.assignment
    on = assignment.asked()
    print(*found, sep="\n", end="\n" if found else "")
    there = f"{len(REGISTRY)} questions, {len(on)} on, {assignment.total()} points, {len(load_catalog())} known mistakes"
    print(f"{there}: {len(found)} finding{'s' * (len(found) != 1)}.")
    return 1 if found else 0
