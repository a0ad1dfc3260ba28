"""PS2's autograder: what is asked (check), who is kept out (sandbox), how a submission becomes a result (grading), and how it looks."""

__version__ = "0.1.0"
