"""Who is kept out: student code runs in a confined process of its own, and what comes back is hostile until decoded.

`client` is the grader's side (`Zygote.ask`), `simple` the plain substitute for platforms without the layers. `zygote` and `worker` run
on the other side of the boundary, `wire` is what crosses it. Nothing here knows mathematics or points.
"""
