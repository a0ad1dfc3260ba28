"""What the person who runs the grader chooses: which layers to insist on, or none at all; and what the doctor says."""

import os

import pytest

from autograder.course import this_course
from autograder.frontends import doctor as shown
from autograder.grading.grade import Grader
from autograder.sandbox import doctor, footing, landlock, layers, scratch, simple
from autograder.sandbox.errors import GraderError
from autograder.sandbox.footing import Footing
from autograder.sandbox.layers import LAYERS

COURSE = this_course()
SOLUTIONS = COURSE.root / "solutions"
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can enter another file system")


def test_the_doctor_names_every_layer_and_what_it_stops(capsys):
    findings = doctor.examine()
    assert findings.healthy and {r.layer for r in findings.rows} >= set(LAYERS) - {"landlock", "chroot"}
    shown.show(findings, shown.Console(width=200))
    printed = capsys.readouterr().out
    assert "no new process, no program start, no network" in printed and "Student code is confined here." in printed


def test_the_doctor_has_a_remedy_for_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "Zygote", lambda *a, **k: Zygote(*a, use=set(LAYERS) - {"seccomp"}, **k))
    from autograder.sandbox.client import Zygote

    assert shown.doctor_command() == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "seccomp: install libseccomp" in printed and "Grading refuses here until this is mended" in printed


def test_elsewhere_than_on_linux_the_doctor_says_that_only_simple_works(monkeypatch, capsys):
    monkeypatch.setattr(layers, "confinement_possible", lambda: False)
    assert shown.doctor_command() == 1 and "grade with --simple" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(GraderError, match=r"on Linux only.*\(--simple\)"), Grader(COURSE) as grader:
        grader.grade(SOLUTIONS, only={"1.1"})


def test_a_layer_can_be_insisted_on():
    with pytest.raises(GraderError, match='"landlock" is not available'):
        Grader(COURSE, footing=Footing(simple=True, require=["landlock"])).room("numpy")
    with pytest.raises(GraderError, match="no confinement layer 'moat'"):
        Grader(COURSE, footing=Footing(require=["moat"])).room("numpy")


def test_simple_grades_and_says_what_it_does_not_hold():
    with Grader(COURSE, footing=Footing(simple=True)) as grader:
        result = grader.grade(SOLUTIONS, only={"1.1"})
    assert result.total == 2 and result.layers["confinement"] == simple.STATEMENT
    assert any("--simple" in sentence for sentence in result.staff)


@as_root
def test_without_landlock_the_file_system_ends_at_the_submission():
    with Grader(COURSE, footing=Footing(use=set(LAYERS) - {"landlock"})) as grader:
        result = grader.grade(SOLUTIONS, only={"1.1", "1.9"})
        assert result.total == result.max_total and result.layers["chroot"] == "active"


@as_root
def test_where_nothing_hides_the_solutions_grading_refuses_with_a_remedy(tmp_path):
    chosen = Footing(use=set(LAYERS) - {"landlock", "chroot"})
    with pytest.raises(GraderError, match=r"could read /etc/hostname here.*chmod o-rwx"):
        chosen.client("numpy", ["numpy"], ["/etc/hostname"])
    (tmp_path / "secret").touch(0o600)
    chosen.client("numpy", ["numpy"], [str(tmp_path / "secret")]).close()


def test_landlock_hides_chroot_from_the_result():
    assert "chroot" not in layers.states([*LAYERS]) and layers.states(["chroot"])["landlock"].startswith("missing")
    assert footing.CONFINED.require == () and landlock.abi() >= 0


def test_what_a_dead_grader_left_is_swept_and_a_living_ones_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "YOUNG", -1.0)
    for name in ("ps2-grader-dead", "ps2-submission-dead", "somebody-elses"):
        (tmp_path / name / "deep").mkdir(parents=True)
    living = scratch.make_root()
    other = scratch.make_root(scratch.SUBMISSIONS)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([living.name, other.name, "somebody-elses"])
    scratch.remove(living), scratch.remove(other)
    assert [p.name for p in tmp_path.iterdir()] == ["somebody-elses"]
