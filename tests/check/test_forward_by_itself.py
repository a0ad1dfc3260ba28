"""A layer whose backward is missing or raises keeps every point of its forward."""

import pytest

from autograder.check.question import load_questions
from autograder.check.scoring import groups_of
from autograder.misconceptions.altered import but
from tests.check.catalog_runs import replaced, rows_of, seed_of

LAYERS = [q for q in load_questions().values() if q.file in ("activations.py", "layers.py")]


def failing(error):
    def backward(self, *given):
        raise error

    return lambda right: but(right, backward=backward)


@pytest.mark.parametrize("error", [NotImplementedError(), ValueError("not yet")], ids=["missing", "raises"])
@pytest.mark.parametrize("question", LAYERS, ids=lambda q: q.id)
def test_forward_earns_whatever_backward_does(question, error):
    package = replaced({question.names[0]: failing(error)})
    for number in range(3):
        passed = groups_of(rows_of(question.id, package, seed_of(question, number)))
        assert passed["forward"] and not passed["backward"]
