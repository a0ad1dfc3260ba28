"""The checks: what is asked, and how an answer is judged. Students have this package too, as `ps2check`.

It needs numpy and scipy, imports nothing of the grader, and is a library by itself: see `gradient.check`.
"""
