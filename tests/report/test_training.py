import msgspec

from autograder.course import Course, this_course
from autograder.report.class_page import class_page
from autograder.report.student import student_page
from autograder.report.training import Trained, stored_runs
from autograder.training import store
from autograder.training.grading import PACKED


def run_of(profile_name, profile, digest="d" * 64, accuracy=0.7):
    curve = [(1000 * n, 0.9 / n) for n in range(1, 9)]
    return store.Record(digest, profile_name, store.task_digest(profile), "judged", "", accuracy=accuracy, curve=curve)


def profile():
    (name, found), *_ = [(n, p) for n, p in this_course().assignment.training.profiles.items() if p.calibrated]
    return name, found


def test_a_student_sees_the_learning_curve_against_the_thresholds(made_up):
    name, found = profile()
    page = student_page(made_up(1).graded[0][1], "Ann", trained=Trained(run_of(name, found), found))
    assert "<polyline" in page and "all points" in page and "Accuracy on hidden images: 70 %" in page


def test_staff_see_the_accuracies_of_a_class_with_both_thresholds(made_up):
    name, found = profile()
    runs = [Trained(run_of(name, found, accuracy=a), found) for a in (0.1, 0.5, 0.9, None)]
    page = class_page(made_up(4), {}, trained=runs)
    assert "3 runs with an accuracy, 1 without, median 50 %" in page and page.count('class="mark"') == 2


def test_without_training_no_page_speaks_of_it(made_up):
    assert "Training runs" not in class_page(made_up(2), {})
    assert "The training run</h2>" not in student_page(made_up(1).graded[0][1])


def test_only_stored_runs_that_count_are_shown(tmp_path):
    name, found = profile()
    (tmp_path / "assignment" / PACKED).mkdir(parents=True)
    (tmp_path / "assignment" / "secret").write_text("nothing but a test, forty characters long")
    course = Course(tmp_path)
    training = msgspec.structs.replace(this_course().assignment.training, profile=name)
    course.__dict__["assignment"] = msgspec.structs.replace(this_course().assignment, training=training)
    folder = tmp_path / "assignment" / PACKED
    good = store.save(folder, run_of(name, found), b"", course.secret)
    altered = store.save(folder, run_of(name, found, digest="e" * 64), b"", course.secret)
    altered.write_bytes(altered.read_bytes().replace(b"0.7", b"0.9"))
    assert good.is_file()
    assert set(stored_runs(course, {"d" * 64, "e" * 64, "f" * 64})) == {"d" * 64}
