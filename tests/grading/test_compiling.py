"""The process that compiles students' files: kept, replaced when it dies, and never a student's fault."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

from autograder.grading import compiling
from autograder.grading.compiling import Compiler


@pytest.fixture
def compiler():
    with Compiler() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "sub" / "bad.py").write_text("def f(:\n")
    return tmp_path


def test_one_process_serves_many_submissions(compiler, folder):
    assert compiler.examine(folder, ["good.py"]) == {}
    process = compiler._child.pid
    assert compiler.examine(folder, ["good.py"]) == {}
    assert compiler._child.pid == process


def test_a_word_against_a_file_comes_from_a_process_that_compiled_nothing_else(compiler, folder):
    compiler.examine(folder, ["good.py"])
    process = compiler._child.pid
    faults = compiler.examine(folder, ["good.py", "sub/bad.py"])
    assert list(faults) == ["sub/bad.py"] and faults["sub/bad.py"].startswith("sub/bad.py, line 1: SyntaxError")
    assert compiler._child.pid != process and compiler._files == 1


def test_a_process_is_replaced_before_what_compiling_leaves_behind_fills_it(compiler, folder, monkeypatch):
    monkeypatch.setattr(compiling, "MOST_FILES", 3)
    compiler.examine(folder, ["good.py"] * 3)
    process = compiler._child.pid
    compiler.examine(folder, ["good.py"])
    assert compiler._child.pid != process


def test_an_import_takes_the_code_that_was_compiled(compiler, folder):
    compiler.examine(folder, ["good.py", "sub/bad.py"])
    kept = Path(importlib.util.cache_from_source(str(folder / "good.py")))
    assert kept.is_file() and not (folder / "sub" / "__pycache__").exists()
    (folder / "good.py").write_text("def f(:\n")  # never read again
    spec = importlib.util.spec_from_file_location("good", folder / "good.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.x == 1 and spec.loader.get_code("good").co_filename == str(folder / "good.py")


def test_given_files_are_compiled_once_for_all_submissions(folder, monkeypatch):
    data = (folder / "good.py").read_bytes()
    compiling.given_code.cache_clear()
    for name in ("good.py", "sub/good.py"):
        compiling.place_given(folder, {name: data})
        assert Path(importlib.util.cache_from_source(str(folder / name))).is_file()
        monkeypatch.setattr(compiling, "bytecode", None)


def test_a_file_whose_code_cannot_be_kept_is_sound_all_the_same(compiler, folder):
    long = "n" * 245 + ".py"  # the name of its code would be longer than a name can be
    (folder / long).write_text("x = 1\n")
    assert compiler.examine(folder, [long]) == {} and not list((folder / "__pycache__").iterdir())


def test_a_process_that_died_is_replaced_and_costs_no_file(compiler, folder):
    compiler.examine(folder, ["good.py"])
    os.kill(compiler._child.pid, signal.SIGKILL)
    compiler._child.wait()
    assert compiler.examine(folder, ["good.py", "sub/bad.py"]).keys() == {"sub/bad.py"}


def test_a_file_that_takes_too_long_is_a_fault_of_its_own(compiler, folder, monkeypatch, tmp_path):
    child = tmp_path / "child.py"
    answers = "print(chr(34) * 2, flush=True) if 'good' in line else time.sleep(9)"
    child.write_text(f"import sys, time\nprint('ready', flush=True)\nfor line in sys.stdin:\n    {answers}\n")
    monkeypatch.setattr(compiling, "CHILD", child)
    monkeypatch.setattr(compiling, "WALL_SECONDS", 1.0)
    faults = compiler.examine(folder, ["sub/bad.py", "good.py"])
    assert faults == {"sub/bad.py": "sub/bad.py: Python crashes or hangs when it compiles this file; make it simpler."}


def test_nothing_is_left_running(folder):
    with Compiler() as compiler:
        compiler.examine(folder, ["good.py"])
        process = compiler._child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_process_that_does_not_start_is_said_to_staff(compiler, folder, monkeypatch):
    monkeypatch.setattr(compiling, "CHILD", folder / "missing.py")
    with pytest.raises(RuntimeError, match="does not start"):
        compiler.examine(folder, ["good.py"])
