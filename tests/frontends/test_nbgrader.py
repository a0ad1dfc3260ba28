"""nbgrader's real commands, from the release to the feedback, with one student; what each of its traps becomes here."""

import csv
import json
import os
import pwd
import re
import shutil
from pathlib import Path

import msgspec
import nbformat
import pytest

from autograder.course import this_course
from autograder.grading.grade import grade
from autograder.grading.result import encode
from autograder.publish.leaks import Scanner
from autograder.publish.written import written

pytest.importorskip("nbgrader")
STUDENT = pwd.getpwuid(os.getuid()).pw_name
EXAMPLE = this_course().root / "assignment" / "examples" / "half_done" / "ps2" / "activations.py"
AGAIN = f"autograder nbgrader import {STUDENT} --results results"
TRACE = "RAN-WHEN-IT-MUST-NOT"


def gradebook(course):
    from nbgrader.api import Gradebook

    os.environ["PATH"] = f"{os.environ['PATH']}{os.pathsep}{Path(os.sys.executable).parent}"
    return Gradebook(f"sqlite:///{course}/gradebook.db")


def scores(course, student=STUDENT):
    """Cell → (auto_score, manual_score, needs_manual_grade)."""
    with gradebook(course) as gb:
        grades = gb.find_submission_notebook("ps2", "ps2", student).grades
        return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in grades}


def rewrite(path, change):
    """Change the cells of a notebook, found by their names."""
    notebook = nbformat.read(path, as_version=4)
    change(notebook, {c.metadata.get("nbgrader", {}).get("grade_id", c.id): c for c in notebook.cells})
    nbformat.write(notebook, path)


def forged(notebook, cells):
    """What a student might write into the file: outputs of full marks, more points, an answer."""
    outputs = {"check-1-3": "2.0", "check-1-4": "np.float64(1.5)", "check-1-5": ""}
    for name, text in outputs.items():
        cells[name].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": text})] if text else []
        cells[name].metadata["nbgrader"]["points"] = 100
        cells[name].source = "2.0"
    cells["answer-vanishing"].source = "Each layer multiplies by $\\sqrt{300} \\cdot 0.01$.\n\nSo it shrinks."


@pytest.fixture(scope="module")
def week(commands):
    """Monday to Friday: up to the collected submission, which is half right, has forged outputs, and leaves a trace where it is run."""
    run, student = commands, commands.student
    build = run("autograder nbgrader build course", run.root)
    (run.course / "nbgrader_local.py").write_text(f"c = get_config()\nc.Exchange.root = {str(run.root / 'exchange')!r}\n")
    run("nbgrader generate_assignment ps2 --force")
    run("nbgrader release_assignment ps2")
    run("nbgrader fetch_assignment ps2", student)
    starter = run("nbgrader validate ps2/ps2.ipynb", student)
    trace = f"\ntry:\n    open({str(run.root / TRACE)!r}, 'w').close()\nexcept OSError:\n    pass\n"
    (student / "ps2/ps2/activations.py").write_text(EXAMPLE.read_text(encoding="utf-8") + trace, encoding="utf-8")
    rewrite(student / "ps2/ps2.ipynb", forged)
    run("nbgrader submit ps2", student)
    run("nbgrader collect ps2")
    return {"build": build, "starter": starter}


@pytest.fixture(scope="module")
def awaiting(week, commands):
    """nbgrader's own autograde, without the import; what it left and what the commands that tell scores say then."""
    commands("nbgrader autograde ps2")
    return {
        "scores": scores(commands.course),
        "ran": (commands.root / TRACE).exists(),
        "export": commands("nbgrader export", fails=True),
        "feedback": commands("nbgrader generate_feedback ps2", fails=True),
        "csv": (commands.course / "grades.csv").exists(),
    }


@pytest.fixture(scope="module")
def imported(awaiting, commands):
    return commands("autograder nbgrader import")


@pytest.fixture(scope="module")
def result(week, commands):
    """What the grader itself says about the very files."""
    return grade(commands.course / "submitted" / STUDENT / "ps2", commands.asked)


@pytest.fixture(scope="module")
def verdict(result):
    return {q.id: q for q in result.questions}


@pytest.fixture(scope="module")
def told(imported, result, commands):
    """After the import: export and feedback. The result lies there for later imports, which are faster so."""
    (commands.course / "results").mkdir()
    (commands.course / "results" / f"{STUDENT}.json").write_bytes(encode(result))
    commands("nbgrader export")
    commands("nbgrader generate_feedback ps2")
    commands("nbgrader release_feedback ps2")
    with open(commands.course / "grades.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {"rows": rows, "page": (commands.course / "feedback" / STUDENT / "ps2/ps2.html").read_text(encoding="utf-8")}


# The release


def leaks(course, folder):
    return Scanner(course, written(course)).scan_path(folder)


def test_students_get_stubs_and_no_answer_no_rubric_and_no_solution(week, commands):
    release = commands.course / "release/ps2"
    assert leaks(commands.asked, release) == []
    assert "NotImplementedError" in (release / "ps2/activations.py").read_text(encoding="utf-8")
    assert "YOUR ANSWER HERE" in (release / "ps2.ipynb").read_text(encoding="utf-8")


def test_nothing_beside_the_notebook_in_source_holds_a_solution(week, commands, tmp_path):
    others = shutil.copytree(commands.course / "source/ps2", tmp_path / "ps2", ignore=shutil.ignore_patterns("*.ipynb"))
    assert leaks(commands.asked, others) == []
    assert leaks(commands.asked, commands.course / "source") != []  # the search does find what is there to find


def test_the_validator_passes_the_solution_and_fails_the_starter(week, commands):
    assert "Success! Your notebook passes all the tests" in commands("nbgrader validate solution/ps2/ps2.ipynb")
    failed = re.findall(r'failed:\n\n +(score\("1\.\d"\)|YOUR ANSWER HERE)', week["starter"])
    assert len(failed) == 6  # every check and the answer; no traceback of a stub
    assert "NotImplementedError" not in week["starter"]


# Before the import


def test_autograde_alone_runs_no_student_code_and_gives_no_point(awaiting):
    assert not awaiting["ran"]
    checks = {name: score for name, score in awaiting["scores"].items() if name.startswith("check-")}
    assert len(checks) == 5 and set(checks.values()) == {(0.0, None, True)}


def test_nothing_is_exported_before_the_import(awaiting):
    assert f"{STUDENT}: not graded yet; run `autograder nbgrader import` first." in awaiting["export"]
    assert "Traceback" not in awaiting["export"] and not awaiting["csv"]


def test_no_feedback_is_made_before_the_import(awaiting, commands):
    assert f"{STUDENT}: not graded yet" in awaiting["feedback"]


# The import


def test_the_gradebook_has_the_graders_points_exact_zeros_included(imported, verdict, commands):
    checks = {name: score for name, score in scores(commands.course).items() if name.startswith("check-")}
    assert {name: auto for name, (auto, _, _) in checks.items()} == {f"check-{id.replace('.', '-')}": q.points for id, q in verdict.items()}
    assert checks["check-1-4"] == (0.0, None, False)  # forged as np.float64(1.5): nbgrader would read full marks
    assert 0 < checks["check-1-5"][0] < 3
    assert "1 submission imported" in imported


def test_the_students_file_is_what_was_graded_and_is_in_the_copy(imported, commands):
    copy = commands.course / "autograded" / STUDENT / "ps2/ps2/activations.py"
    assert copy.read_bytes() == (commands.course / "submitted" / STUDENT / "ps2/ps2/activations.py").read_bytes()


def test_a_written_answer_awaits_a_person(imported, commands):
    assert scores(commands.course)["answer-vanishing"] == (None, None, True)


def test_graders_see_the_rubric_and_the_graders_sentences_and_no_forged_output(imported, commands):
    notebook = nbformat.read(commands.course / "autograded" / STUDENT / "ps2/ps2.ipynb", as_version=4)
    cells = {c.id: c for c in notebook.cells}
    assert "MARK SCHEME" in cells["question-vanishing"].source
    assert "1.4 LeakyReLU is not written yet" in cells["check-1-4"].outputs[0].text
    assert "float64(1.5)" not in json.dumps(notebook) and cells["check-1-3"].source == 'score("1.3")'
    assert cells["check-1-3"].metadata.nbgrader.points == 2


def test_the_export_has_the_graders_total(told, verdict):
    (row,) = [row for row in told["rows"] if row["student_id"] == STUDENT]
    assert float(row["score"]) == pytest.approx(sum(q.points for q in verdict.values()))
    assert float(row["max_score"]) == 13


def test_feedback_tells_the_graders_sentences_and_no_rubric(told):
    assert "LeakyReLU is not written yet" in told["page"]
    assert "MARK SCHEME" not in told["page"] and "Half of it for one of the two reasons" not in told["page"]


def test_a_second_import_changes_nothing(told, commands):
    before = scores(commands.course)
    commands(AGAIN)
    assert scores(commands.course) == before


def test_answers_become_a_pdf_with_a_page_a_question(told, commands):
    said = commands("autograder nbgrader answers answers")
    assert "1 PDF of 1 page in answers: page 1 vanishing" in said
    data = (commands.course / "answers" / f"{STUDENT}.pdf").read_bytes()
    commands("autograder nbgrader answers answers")
    assert data.startswith(b"%PDF") and data == (commands.course / "answers" / f"{STUDENT}.pdf").read_bytes()


# What changes later; these build on one another, in this order


def test_scores_and_comments_given_by_hand_survive_and_conflicts_are_told(told, commands):
    with gradebook(commands.course) as gb:
        by_hand = {"answer-vanishing": 1.5, "check-1-3": 1.0}
        for name, points in by_hand.items():
            row = gb.find_grade(name, "ps2", "ps2", STUDENT)
            row.manual_score, row.needs_manual_grade = points, False
        gb.find_comment("answer-vanishing", "ps2", "ps2", STUDENT).manual_comment = "Nearly."
        gb.db.commit()
    said = commands(AGAIN)
    assert "the answer has changed" not in said and re.search(
        r"check-1-3 has 1 points by hand, which count, and 0\.\d+ by the grader", said
    )
    notebook = commands.course / "submitted" / STUDENT / "ps2/ps2.ipynb"
    rewrite(notebook, lambda nb, cells: cells["answer-vanishing"].__setattr__("source", "Something else."))
    for _ in range(2):  # and it stays told until a person has read it
        said = commands(AGAIN)
        assert "answer-vanishing has 1.5 points by hand, and the answer has changed since: read it again" in said
    assert scores(commands.course)["answer-vanishing"] == (None, 1.5, True)
    with gradebook(commands.course) as gb:
        assert gb.find_comment("answer-vanishing", "ps2", "ps2", STUDENT).manual_comment == "Nearly."


def test_a_changed_submission_is_not_exported_before_it_is_graded_again(told, commands):
    (commands.course / "submitted" / STUDENT / "ps2/ps2/notes.txt").write_text("mine")
    assert "the submission has changed since it was graded" in commands("nbgrader export", fails=True)
    commands(AGAIN)
    commands("nbgrader autograde ps2 --force")
    assert "ran after the scores were imported" in commands("nbgrader export", fails=True)
    commands(AGAIN)
    commands("nbgrader export")


def broken(notebook, cells):
    """One check deleted, one copied, an answer split in two, a cell that claims to be graded."""
    notebook.cells.remove(cells["check-1-1"])
    notebook.cells.append(nbformat.from_dict(cells["check-1-2"]))
    half = nbformat.from_dict(cells["answer-vanishing"])
    half.source = "The other half."
    notebook.cells.insert(notebook.cells.index(cells["answer-vanishing"]) + 1, half)
    claim = nbformat.v4.new_code_cell("1/0")
    claim.metadata["nbgrader"] = {"grade": True, "grade_id": "check-9-9", "points": 50, "locked": False, "solution": False}
    notebook.cells.append(claim)


def test_with_cells_copied_split_and_deleted_everything_is_graded_and_staff_are_told(told, commands):
    before = {name: auto for name, (auto, _, _) in scores(commands.course).items() if name.startswith("check-")}
    rewrite(commands.course / "submitted" / STUDENT / "ps2/ps2.ipynb", broken)
    said = commands(AGAIN)
    assert {name: auto for name, (auto, _, _) in scores(commands.course).items() if name in before} == before
    assert "cell check-1-1 was deleted" in said and "cell check-1-2 is there more than once" in said
    assert "cell answer-vanishing is there more than once; its texts were joined" in said and "check-9-9 belongs to no question" in said
    notebook = nbformat.read(commands.course / "autograded" / STUDENT / "ps2/ps2.ipynb", as_version=4)
    cells = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in notebook.cells}
    assert cells["answer-vanishing"].source == "Something else.\n\nThe other half."


def test_a_submission_without_a_notebook_or_without_code_still_gets_its_row(told, commands):
    lone = commands.course / "submitted/bob/ps2"
    (lone / "ps2").mkdir(parents=True)
    shutil.copy(EXAMPLE, lone / "ps2/activations.py")
    empty = commands.course / "submitted/carol/ps2"
    empty.mkdir(parents=True)
    shutil.copy(commands.course / "release/ps2/ps2.ipynb", empty)
    said = commands("autograder nbgrader import bob carol")
    assert "ps2.ipynb is missing" in said and "nothing could be graded: there is no folder ps2/" in said
    assert scores(commands.course, "bob")["check-1-2"][0] == 2.0 and scores(commands.course, "bob")["answer-vanishing"][0] == 0.0
    assert {auto for auto, _, _ in scores(commands.course, "carol").values()} == {0.0}


def test_points_may_change_while_submissions_are_there_and_questions_may_not(told, commands):
    toml = commands.asked.toml
    old = toml.read_text(encoding="utf-8")
    toml.write_text(old.replace("points = 3", "points = 4", 1), encoding="utf-8")
    assert "check-1-5: 3 points → 4 points" in commands("autograder nbgrader build course", commands.root)
    commands("autograder nbgrader import bob")
    assert 1 < scores(commands.course, "bob")["check-1-5"][0] < 4
    toml.write_text(old.replace('[questions."1.5"]', '[questions."1.5"]\non = false'), encoding="utf-8")
    assert "came or went, and 3 submissions are in the gradebook" in commands("autograder nbgrader build course", commands.root, fails=True)
    assert "differ in the points of check-1-5; run `autograder nbgrader build` again" in commands(AGAIN, fails=True)
    toml.write_text(old, encoding="utf-8")
    commands("autograder nbgrader build course", commands.root)


def test_a_result_made_elsewhere_counts_only_for_the_files_that_it_is_about(told, result, commands):
    folder = commands.course / "results"
    first, *others = result.questions
    better = msgspec.structs.replace(result, questions=[msgspec.structs.replace(first, points=1.25), *others])
    (folder / f"{STUDENT}.json").write_bytes(encode(better))
    (folder / "carol.json").write_bytes(encode(better))
    commands(f"autograder nbgrader import {STUDENT} carol --results results")
    assert scores(commands.course)["check-1-1"][0] == 1.25
    assert scores(commands.course, "carol")["check-1-1"][0] == 0.0


def test_every_command_of_the_document_was_run_here(told, commands):
    text = (this_course().root / "docs/nbgrader.md").read_text(encoding="utf-8")
    blocks = [body for kind, body in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if not kind]
    commands("autograder nbgrader solution ps2-solution.html")
    ran = {command.replace(" course", " ps2-course").strip() for command in commands.ran}
    wanted = {line for block in blocks for line in block.splitlines() if not line.startswith("cd ")}
    assert len(wanted) > 10
    assert wanted - ran == set()
