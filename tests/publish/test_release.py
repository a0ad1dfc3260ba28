"""A release is proven before it is there, by the way a student and Gradescope would go; where a proof fails nothing is released."""

import hashlib
import shutil
import stat
import zipfile

import pytest

from autograder.course import Course, this_course
from autograder.publish import proofs, release
from autograder.publish.proofs import Proof


@pytest.fixture(scope="module", autouse=True)
def plain_documents():
    """Pandoc and Typst have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "handout_html", lambda course: release.solution_files(course)["handout.md"])
        patch.setattr(release, "handout_pdf", lambda course: b"%PDF-1.7")
        yield


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "dist"
    assert release.release_command(this_course(), out, locks=False) == 0
    return out


@pytest.mark.slow
def test_every_proof_holds_and_everything_is_there(dist):
    assert {path.name for path in dist.iterdir()} == {
        *release.STUDENTS,
        *release.STAFF,
        release.SUMS,
        release.NOTEBOOK,
        "starter.zip.manifest",
        "autograder.zip.manifest",
        "solution.zip.manifest",
    }


@pytest.mark.slow
def test_the_digests_are_those_of_the_files(dist):
    for line in (dist / release.SUMS).read_text().splitlines():
        wanted, name = line.split("  ")
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == wanted
    with zipfile.ZipFile(dist / "starter.zip") as archive:
        listed = [line.split("  ") for line in (dist / "starter.zip.manifest").read_text().splitlines()]
        assert [name for _, name in listed] == sorted(archive.namelist())
        assert all(hashlib.sha256(archive.read(name)).hexdigest() == wanted for wanted, name in listed)


@pytest.mark.slow
def test_what_holds_solutions_or_the_secret_is_private(dist):
    assert all(stat.S_IMODE((dist / name).stat().st_mode) == 0o600 for name in [*release.STAFF, release.NOTEBOOK])


@pytest.mark.slow
def test_the_solution_pack_has_every_known_mistake_of_what_is_asked_and_no_markers(dist):
    with zipfile.ZipFile(dist / "solution.zip") as archive:
        words = archive.read("ps2-solution/known-mistakes.md").decode()
        assert "SOLUTION" not in archive.read("ps2-solution/ps2/activations.py").decode()
    assert all(f"## {q.id} {q.title}" in words for q in this_course().assignment.asked())


@pytest.fixture
def course(tmp_path):
    for folder in ("assignment", "solutions", "starter_code"):
        shutil.copytree(
            this_course().root / folder, tmp_path / "course" / folder, ignore=shutil.ignore_patterns("__pycache__", "submission.zip")
        )
    return Course(tmp_path / "course")


def test_a_leak_in_the_handout_stops_the_release(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(release, "has_story", lambda course: False)  # the notebook would run for nothing
    monkeypatch.setattr(proofs, "graded", lambda *_: iter(()))
    with (course.root / "assignment/handout/1-activations.md").open("a", encoding="utf-8") as page:
        page.write("\n    self.derivative = np.where(x > 0, 1.0, negative + self.alpha)\n")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/starter.zip").write_bytes(b"last time's")
    assert release.release_command(course, tmp_path / "dist", locks=False) == 1
    said = capsys.readouterr().out
    assert "handout.html holds a line of the solution in activations.py" in said and "starter.zip: ps2-starter/handout.md holds" in said
    assert (tmp_path / "dist/starter.zip").read_bytes() == b"last time's" and len(list((tmp_path / "dist").iterdir())) == 1


def test_a_failed_proof_of_any_kind_stops_the_release(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(release, "has_story", lambda course: False)
    monkeypatch.setattr(release, "proofs", lambda *_: iter([Proof("one holds"), Proof("another fails", ("because.",))]))
    assert release.release_command(course, tmp_path / "dist", locks=False) == 1
    assert "fails  another fails" in capsys.readouterr().out and not list((tmp_path / "dist").iterdir())
