"""The judged training run: a student's network is really trained, and the accuracy that counts is measured where no student code runs.

`images` makes the data, `worker` is the confined process that trains, `run` watches it, `measuring` computes the hidden accuracy,
`profiles` and `thresholds` say what is asked of which machine, `store` keeps results. check/trainer.py is the run itself.
"""
