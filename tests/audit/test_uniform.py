"""The p-values of random items: sound ones pass, planted ones that are too small, or not uniform, are found and shown."""

import json

import numpy as np
import pytest
from scipy import special

from autograder.audit import report, run
from autograder.audit.page import page
from autograder.audit.report import REFERENCE
from autograder.audit.right import audit_right_thoroughly
from autograder.audit.runs import forget
from autograder.check import distribution
from autograder.check.question import REGISTRY, question
from autograder.check.verdict import Judge, Tail, Verdict

SEEDS = 150


@pytest.fixture
def planted():
    """Makes 99.1, whose id it returns: the mean of ten normal numbers, judged with the tail probability tail(z); exact: as it claims."""
    run.prepare()
    before = dict(REGISTRY)

    def plant(tail, exact=True):
        def probe(ps2, draw):
            """Planted."""
            seed = draw.seeds(1)[0]
            judge = Judge(
                lambda got, _: Verdict(True), alone=True, chance=True, tails=lambda got: {"mean": Tail(tail(float(got[""])), exact)}
            )
            yield "forward", lambda: np.mean(np.random.default_rng(seed).normal(size=10)) * np.sqrt(10), judge
            yield "forward, of a student", lambda: ps2.ReLU().forward(draw.normal((2, 2)))

        question("99.1", "Planted", stub="activations.ReLU")(probe)
        return "99.1"

    yield plant
    REGISTRY.clear()
    REGISTRY.update(before)
    forget()


def of_reference(id, seeds=SEEDS):
    return audit_right_thoroughly(id, {REFERENCE: {}}, seeds)


def of_another(id):
    return audit_right_thoroughly(id, {"variant x": {"ReLU": lambda right: right}}, SEEDS)


def two_sided(z):
    return 2 * special.ndtr(-abs(z))


def kinds(audit):
    return [f.kind for f in audit.findings]


def test_exact_p_values_are_uniform(planted):
    audit = of_reference(planted(two_sided))
    assert kinds(audit) == []
    [row] = audit.p_values
    assert (row.item, row.statistic, row.seeds, row.exact) == ("forward", "mean", SEEDS, True)
    assert 0 < row.least < 0.1


@pytest.mark.parametrize("tail", [lambda z: two_sided(1.7 * z), lambda z: two_sided(z) ** 0.5], ids=["too small", "too large"])
def test_an_exact_p_value_of_the_wrong_law_is_found(planted, tail):
    audit = of_reference(planted(tail))
    assert kinds(audit) == ["not uniform"]
    assert not audit.clean


def test_a_bound_may_be_too_large_but_not_too_small(planted):
    assert kinds(of_reference(planted(lambda z: two_sided(z) ** 0.5, exact=False))) == []
    assert kinds(of_reference(planted(lambda z: two_sided(1.7 * z), exact=False))) == ["not uniform"]


def test_of_another_right_answer_only_too_small_p_values_count(planted):
    """It may draw uniform numbers, whose deviations scatter less."""
    assert kinds(of_another(planted(lambda z: two_sided(z) ** 0.5))) == []
    assert kinds(of_another(planted(lambda z: two_sided(1.7 * z)))) == ["not uniform"]


@pytest.mark.parametrize("id", ["3.2", "3.3", "3.4", "3.5", "3.6", "6.1"])
def test_every_random_item_of_the_reference_has_sound_p_values(id):
    run.prepare()
    audit = of_reference(id, 20)
    assert kinds(audit) == []
    assert audit.p_values


def test_questions_without_random_items_have_no_p_values():
    run.prepare()
    assert of_reference("1.3", 5).p_values == ()


def test_a_thorough_audit_shows_them_in_table_file_and_page(planted, monkeypatch, tmp_path, capsys):
    planted(lambda z: two_sided(1.7 * z))
    monkeypatch.setattr(run, "THOROUGH", SEEDS)
    monkeypatch.setattr(run, "variants", lambda: {})
    audit = run.run_audit(99, 1, workers=0, thorough=True, sample=0)
    assert "not uniform" in kinds(audit)
    report.write_json(audit, tmp_path / "audit.json")
    assert json.loads((tmp_path / "audit.json").read_text())["p_values"][0]["statistic"] == "mean"
    report.show(audit, report.Console())
    assert "p-values of random items" in capsys.readouterr().out
    assert "statistics with sound p-values" in page(audit) and "p-values of random items" in page(audit)


@pytest.mark.parametrize("cut", [0.4, 0.75, 1.25, 1.75, 2.3])
def test_numbers_cut_anywhere_are_near_an_allowed_distribution(cut):
    """Between two members of a coarse family they would be 0.01 away, half of what chance explains."""
    ordered = cut_normal(np.linspace(0, 1, 16_386)[1:-1], cut)
    assert distribution.nearest(ordered) < 2e-4


def cut_normal(u, cut):
    low = special.ndtr(-cut)
    inside = 1 - 2 * low
    return special.ndtri(low + inside * u) / np.sqrt(1 - 2 * cut * np.exp(-cut * cut / 2) / np.sqrt(2 * np.pi) / inside)
