"""Which of the two is wrong when a backward fails: itself, or the forward that it belongs to?

The numerical gradient check has compared the student's backward with the student's own forward; it earns nothing, and tells this.
"""

from __future__ import annotations

from .scoring import CONDUCT, GRADIENT_CHECK, Row, groups_of

NO_GRADIENT = "backward is not the gradient of this forward"


def sentence(rows: list[Row]) -> str:
    """What the gradient check adds to a failed question, as one sentence; "" where it has nothing to say."""
    checks = [row.verdict for row in rows if row.group == GRADIENT_CHECK]
    failed = [group for group, passed in groups_of(rows).items() if not passed and group != CONDUCT]
    gradients = [group for group in failed if group.startswith(("backward", "gradient"))]
    if not checks or not gradients:
        return ""
    wrong = [verdict for verdict in checks if verdict.says.endswith(NO_GRADIENT)]
    if wrong:
        block = wrong[0].says.split(":")[0]
        return f"Your backward does not match your own forward: a numerical gradient check disagrees for {block}."
    if not all(verdict.passed for verdict in checks):
        return ""
    if "forward" in failed:
        return "Your backward is right for the forward that you have: a numerical gradient check agrees. Mend forward first."
    return "On ordinary inputs your backward is the gradient of your forward (checked numerically); look at the item that fails."
