"""The one exception of this package: something is wrong with the grader or the machine, never with the student."""


class GraderError(Exception):
    """One sentence for the person who runs the grader: what is wrong and what to do about it."""
