"""A stub file has the contract and nothing of the solution."""

import ast

import pytest

from autograder.check.question import load_questions
from autograder.course import this_course
from autograder.publish.starter import MarkerError, starter

KIT = this_course().root / "starter_code"  # generated, and proven fresh by check-generated
FILES = {p.relative_to(KIT).as_posix(): p.read_bytes() for p in KIT.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
STUBS = [name for name in FILES if name.startswith("ps2/") and name not in ("ps2/__init__.py", "ps2/base.py", "ps2/images.py")]
GENERIC = {"with torch.no_grad():", "optimizer.step()", "self.failures = 0"}  # not worth hiding

SOURCE = '''\
"""A file."""

import numpy as np

from .base import Layer


class Kept(Layer):
    """Kept."""

    def forward(self, x):
        y = x
        if len(x):
            ### BEGIN SOLUTION
            y = secret(x)
            ### END SOLUTION
        return y

    def backward(self, g):
        ### BEGIN SOLUTION
        return g
        ### END SOLUTION


# About the next.
@decorated
class Off(Layer):
    def forward(self, x):
        ### BEGIN SOLUTION
        return x
        ### END SOLUTION


### BEGIN SOLUTION
def secret(x):
    return x
### END SOLUTION


def fan(shape):
    """Fan."""
    ### BEGIN SOLUTION
    return shape[0]
    ### END SOLUTION
'''


def made(source=SOURCE, asked=None, off=("Off",)):
    return starter("f.py", source, {"Kept": "3.1", "fan": "3.2"} if asked is None else asked, off)


def test_bodies_become_raises_with_question_and_name_at_the_right_indentation():
    assert '        if len(x):\n            raise NotImplementedError("3.1 Kept.forward")\n        return y\n' in made()
    assert '    def backward(self, g):\n        raise NotImplementedError("3.1 Kept.backward")\n' in made()
    assert '    """Fan."""\n    raise NotImplementedError("3.2 fan")\n' in made()


def test_what_is_off_disappears_with_decorator_and_comment():
    text = made()
    assert "Off" not in text and "decorated" not in text and "About the next" not in text
    assert '"3.1 Kept.backward")\n\n\n' in text


def test_private_helpers_in_markers_disappear_whole():
    assert "secret" not in made() and "SOLUTION" not in made()


def test_a_file_without_a_changed_line_keeps_its_text():
    assert made().startswith('"""A file."""\n\nimport numpy as np\n\nfrom .base import Layer\n\n\nclass Kept(Layer):\n    """Kept."""\n')


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (SOURCE.replace("### END SOLUTION", "", 1), "f.py, line 20: `### BEGIN SOLUTION` without its partner."),
        (
            SOURCE.replace("        ### BEGIN SOLUTION\n        return g\n", "        return g\n"),
            "f.py, line 21: `### END SOLUTION` without its",
        ),
        (SOURCE.rstrip().removesuffix("### END SOLUTION"), "`### BEGIN SOLUTION` is never closed."),
        (SOURCE + "# what a SOLUTION\n", "the word SOLUTION is left"),
        (SOURCE + "\n\ndef bare():\n    return 1\n", "bare has no `### BEGIN SOLUTION`; students would get its solution."),
        (SOURCE.replace("def fan(", "def fun("), "fan is asked and not defined at the top level."),
    ],
)
def test_a_mistake_in_the_markers_is_one_sentence(source, says):
    asked = {"Kept": "3.1", "fan": "3.2"} | ({"bare": "3.3"} if "bare" in source else {})
    with pytest.raises(MarkerError) as raised:
        made(source, asked)
    assert says in str(raised.value)


@pytest.mark.parametrize("name", STUBS)
def test_stubs_that_are_off_are_not_defined_in_the_kit(name):
    asked = {stub for q in this_course().assignment.asked() for stub in q.stubs}
    module = name.removeprefix("ps2/").removesuffix(".py")
    defined = {node.name for node in ast.parse(FILES[name]).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    for question in load_questions().values():
        for stub in question.stubs:
            if stub.split(".")[0] == module:
                assert (stub.split(".")[1] in defined) == (stub in asked)


def test_the_stub_file_is_tidy():
    for name in STUBS:
        text = FILES[name].decode()
        assert "\n\n\n\n" not in text and text.endswith(")\n") and "\t" not in text
