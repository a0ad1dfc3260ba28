"""Automatic mutants: a fixed sample, of what students write alone; each killed, told with its diff, or entered with a reason."""

import pytest

from autograder.audit import mutants
from autograder.audit import run as running
from autograder.audit.mutants import Place, audit_mutants, cpu_limit, diff_of, is_killed, key_of, mutated, places, quotas, sample_of
from autograder.audit.page import page
from autograder.audit.report import Audit, Finding, Loss
from autograder.check.question import REGISTRY

running.prepare()
FILE = "activations.py"
PART1 = tuple(q.id for q in REGISTRY.values() if q.part == 1)


@pytest.fixture(scope="module")
def sample():
    return sample_of(FILE, 12, PART1)


def replaced(old, new):
    source = mutants.source_of(FILE)
    assert source.count(old) >= 1
    return source.replace(old, new, 1)


def test_the_sample_is_the_same_every_time_and_holds_no_mutant_twice(sample):
    assert sample == sample_of(FILE, 12, PART1)
    assert len({source for _, source in sample}) == len(sample) == 12


def test_only_what_students_write_is_changed():
    lines = mutants.source_of(FILE).splitlines()
    for place in places(FILE):
        before = [line.strip() for line in lines[: place.line]]
        assert before[::-1].index("### BEGIN SOLUTION") < [*before[::-1], "### END SOLUTION"].index("### END SOLUTION")


def test_the_files_share_the_sample_by_their_lines():
    shares = quotas(["activations.py", "layers.py"], 100)
    assert sum(shares.values()) in (99, 100, 101)
    assert all(share > 10 for share in shares.values())


def test_what_is_changed_or_missing_is_killed_and_the_reference_is_not():
    place = Place(FILE, 1, "", 0, "ReLU")
    assert is_killed(place, replaced("(1.0 - self.y)", "(2.0 - self.y)"), REGISTRY["1.1"])
    broken = mutants.source_of(FILE) + "\nraise ValueError\n"
    assert is_killed(place, broken, REGISTRY["1.3"])
    assert not is_killed(place, mutants.source_of(FILE), REGISTRY["1.3"])


def test_a_mutant_that_never_ends_is_killed(monkeypatch):
    monkeypatch.setattr(mutants, "SECONDS", 0.2)
    source = mutants.source_of(FILE)
    at = source.index("class ReLU")
    head, tail = source[:at], source[at:]
    hangs = head + tail.replace("        ### BEGIN SOLUTION", "        while True: pass", 1)
    assert is_killed(Place(FILE, 1, "", 0, "ReLU"), hangs, REGISTRY["1.3"])


def test_the_limit_is_on_cpu_and_is_lifted_afterwards():
    with pytest.raises(mutants.Overrun), cpu_limit(0.05):
        while True:
            pass
    with cpu_limit(5.0):
        pass


def test_a_survivor_is_told_with_its_diff_and_an_equivalent_one_does_not_count(monkeypatch, sample):
    monkeypatch.setattr(mutants, "is_killed", lambda *_: False)
    found = audit_mutants(FILE, 3, 0, PART1)
    assert (found.automatic_mutants, found.automatic_killed) == (len(found.findings), 0)
    assert all("loses no points" in f.says and " + " in f.says for f in found.findings)
    monkeypatch.setattr(mutants, "EQUIVALENT", {f.subject: "for a reason" for f in found.findings})
    assert audit_mutants(FILE, 3, 0, PART1) == Audit()


def test_the_key_depends_on_the_change_and_not_on_the_line_number(sample):
    place, source = sample[0]
    diff = diff_of(place, source)
    assert diff.count("\n") == 1
    assert key_of(place, diff) == key_of(Place(place.file, place.line + 7, place.operator, 3, place.name), diff)
    assert mutated(place) == source


def test_the_page_stands_alone_and_says_in_words_what_it_colours():
    losses = (Loss("relu-leaks", "1.3", 0.8), Loss("relu-leaks", "1.1", 0.5))
    made = page(Audit(misconceptions=1, killed=1, losses=losses, findings=(Finding("cascade", "1.1", "<x>", "s", "i", "loses & more"),)))
    assert "not clean" in made
    assert ">80</td>" in made and '<td class="other">50</td>' in made
    assert "&lt;x&gt;" in made and "loses &amp; more" in made
    assert "http" not in made and "<script" not in made
    assert "prefers-color-scheme: dark" in made and 'scope="col"' in made and "<caption>" in made


def test_the_page_has_a_heat_map_a_part_with_the_questions_that_its_mistakes_reach():
    made = page(Audit(losses=(Loss("relu-leaks", "1.3", 0.8), Loss("relu-leaks", "5.1", 0.0), Loss("residual-averages", "5.1", 1.0))))
    first, second = made.split("<h3>")[1:]
    assert first.startswith("Part 1") and ">1.3</th>" in first and ">5.1</th>" in first and "residual-averages" not in first
    assert second.startswith("Part 5") and ">5.1</th>" in second and ">1.3</th>" not in second
