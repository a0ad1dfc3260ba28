"""Renderings of one result: terminal, Gradescope. They read `grading.result` and decide nothing."""
