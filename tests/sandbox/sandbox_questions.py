"""Tiny questions for the tests of the sandbox: each asks the student's `activations.py` for one function, between two items."""

from autograder.check import question


def ask(id, name):
    @question.question(id, name, stub=f"activations.{name}")
    def probe(ps2, draw):
        """Calls one function on a small random array."""
        x = draw.normal((3, 4))
        yield "before", x
        function = getattr(ps2, name)
        yield "value", lambda: function(x)
        yield "after", x


for number, name in enumerate(("double", "attack", "many"), start=1):
    ask(f"9.{number}", name)
