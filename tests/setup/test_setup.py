"""scripts/setup.py: which Python it takes, when it has nothing to do, and the one sentence that each failure becomes.

Nothing is installed here; interpreters are two-line shell scripts, and the outputs of failed tools are quoted from real runs."""

from __future__ import annotations

import ast
import importlib.util
import re
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("ps2_setup", ROOT / "scripts" / "setup.py")
setup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup)

PYTHONS = ("3.10", "3.11", "3.12", "3.13")


@pytest.fixture
def path(tmp_path, monkeypatch):
    """An empty PATH, and a function that puts a fake interpreter on it."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(setup, "CANDIDATES", setup.CANDIDATES[:-1])  # without the Python that runs this test

    def fake(name, version=None):
        (folder / name).write_text(f"#!/bin/sh\necho {version.replace('.', ' ')}\n" if version else "#!/bin/sh\nexit 127\n")
        (folder / name).chmod(0o755)

    return fake


@pytest.fixture
def venv(tmp_path):
    """An environment as far as setup can tell, stamped as complete."""
    made = tmp_path / "venv"
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").touch()
    (made / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    setup.stamp_of(made).write_text(setup.digest((3, 11, 7), without_torch=False))
    return made


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of what setup reads, so that main() leaves this checkout alone."""
    for name in ("pyproject.toml", "constraints/py311.txt"):
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "checkout" / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(setup, "ROOT", tmp_path / "checkout")
    for name in ("PYTHON", "PS2_VENV", "PS2_WITHOUT_TORCH"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "checkout"


# --- which Python ---


def test_the_first_supported_candidate_is_taken(path):
    path("python3.11")  # a shim whose Python is not there
    path("python3.12", "3.12.1")
    path("python3.10", "3.10.13")
    assert setup.choose_python(None) == ("python3.12", (3, 12, 1))


def test_plain_python3_is_taken_when_it_is_new_enough(path):
    path("python3", "3.13.0")
    assert setup.choose_python(None) == ("python3", (3, 13, 0))


def test_PYTHON_goes_before_the_candidates(path):
    path("python3.11", "3.11.7")
    path("mine", "3.10.1")
    assert setup.choose_python("mine") == ("mine", (3, 10, 1))


@pytest.mark.parametrize("version", ["2.7.18", "3.9.18", "3.14.0"])
def test_an_unsupported_PYTHON_is_named_with_its_version(path, version):
    path("mine", version)
    with pytest.raises(setup.Problem, match=rf"3\.10 to 3\.13, and PYTHON=mine is {version}: set PYTHON"):
        setup.choose_python("mine")


def test_a_PYTHON_that_does_not_run_is_said(path):
    with pytest.raises(setup.Problem, match="PYTHON=nonesuch cannot be run: set PYTHON"):
        setup.choose_python("nonesuch")


def test_no_supported_python_says_what_was_found_and_what_to_install(path):
    path("python3", "3.8.18")
    with pytest.raises(setup.Problem, match=r"none was found \(python3 is 3\.8\.18\): install one .*apt-get install python3\.11"):
        setup.choose_python(None)


def test_setup_itself_is_readable_to_python_3_8():
    ast.parse((ROOT / "scripts" / "setup.py").read_text(), feature_version=(3, 8))


# --- nothing to do ---


def test_an_unchanged_environment_is_up_to_date(venv):
    assert setup.version_in(venv) == (3, 11, 7)
    assert setup.up_to_date(venv, (3, 11, 7), without_torch=False)


def test_a_changed_pyproject_constraint_or_torch_choice_is_not_up_to_date(checkout, venv):
    setup.stamp_of(venv).write_text(setup.digest((3, 11, 7), False))
    assert not setup.up_to_date(venv, (3, 11, 7), without_torch=True)
    for name in ("pyproject.toml", "constraints/py311.txt"):
        before = (checkout / name).read_text()
        (checkout / name).write_text(before + "# changed\n")
        assert not setup.up_to_date(venv, (3, 11, 7), False)
        (checkout / name).write_text(before)
    assert setup.up_to_date(venv, (3, 11, 7), False)


def test_an_environment_whose_python_is_gone_is_made_anew(venv):
    (venv / "bin" / "python").unlink()
    assert setup.version_in(venv) is None


def test_a_repeated_setup_starts_no_process(checkout, venv, monkeypatch, capsys):
    setup.stamp_of(venv).write_text(setup.digest((3, 11, 7), False))
    monkeypatch.setenv("PS2_VENV", str(venv))
    monkeypatch.setattr(subprocess, "Popen", None)
    assert setup.main() == 0
    assert "is up to date" in capsys.readouterr().out


# --- failures are sentences ---

FAILURES = {
    "no network, uv": (
        "error: Failed to fetch: `https://pypi.org/simple/scipy/`\n  cause: dns error\n  cause: Temporary failure in name resolution",
        "the packages could not be fetched: check the network, the proxy",
    ),
    "no network, pip": (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': [Errno -3] Temporary failure in name "
        "resolution')'\nERROR: No matching distribution found for torch==2.13.0",
        "the packages could not be fetched",
    ),
    "no venv": (
        "The virtual environment was not created successfully because ensurepip is not\navailable.".replace("\n", " "),
        "python3.11 comes without venv or ensurepip: install them (Debian, Ubuntu: apt-get install python3.11-venv)",
    ),
    "no ensurepip": ("/usr/bin/python3.11: No module named ensurepip", "apt-get install python3.11-venv"),
    "no compiler": (
        "building 'msgspec._core' extension\nerror: command 'gcc' failed: No such file or directory",
        "its build lacked a compiler or Python's headers: install them (Debian, Ubuntu: apt-get install build-essential python3.11-dev)",
    ),
    "no headers": ("_core.c:1:10: fatal error: Python.h: No such file or directory", "python3.11-dev"),
    "no compiler, meson": ("ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]", "build-essential"),
    "disk full": ("error: failed to copy file\n  cause: No space left on device (os error 28)", "the disk filled up: free 3 GB at /here"),
    "not ours": ("error: failed to create directory: Permission denied (os error 13)", "/here cannot be written: make it yours"),
    "no torch, pip": ("ERROR: No matching distribution found for torch==2.13.0", "no torch fits Python 3.11 on this machine"),
    "no torch, uv": ("Because there is no version of torch==2.13.0 and you require it", "leave torch out with PS2_WITHOUT_TORCH=1"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_tools_failure_becomes_a_sentence_with_its_remedy(name):
    output, sentence = FAILURES[name]
    assert sentence in setup.explain(output, what="the packages", where="/here", python="python3.11", minor="3.11")


def test_an_unknown_failure_quotes_the_last_line_and_names_the_log(tmp_path):
    plan = setup.Setup(tmp_path, "python3.11", (3, 11, 7), without_torch=False)
    with pytest.raises(setup.Problem, match=r"`sh` failed \(odd thing\) \(all it said: .*ps2-setup\.log\)\.$"):
        plan.command("/bin/sh", "-c", "echo first; echo odd thing; exit 3")


def test_too_little_disk_says_where_and_how_much(tmp_path, monkeypatch):
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda place: namedtuple("Usage", "free")(0.5e9))
    with pytest.raises(setup.Problem, match=rf"^{re.escape(str(tmp_path))} has 0\.5 GB free and PS2 needs 3 GB: free some"):
        setup.check_disk(tmp_path / "not" / "yet")


def test_a_folder_that_is_no_environment_is_never_deleted(checkout, tmp_path, monkeypatch, capsys):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    monkeypatch.setenv("PS2_VENV", str(tmp_path / "thesis"))
    assert setup.main() == 1
    assert "thesis is in the way and is no Python environment" in capsys.readouterr().err
    assert (tmp_path / "thesis" / "chapter.tex").exists()


def test_a_failed_setup_prints_one_line_without_a_trace(checkout, path, tmp_path, monkeypatch, capsys):
    path("python3.11", "3.11.7")  # says its version and makes no environment: the next step finds no python
    monkeypatch.setenv("PS2_VENV", str(tmp_path / "fresh"))
    monkeypatch.setattr(setup.Setup, "get_uv", lambda plan: plan.command("/bin/sh", "-c", "echo dns error; exit 1"))
    assert setup.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("setup: the packages could not be fetched")
    assert not setup.stamp_of(tmp_path / "fresh").exists()


def test_a_half_made_environment_is_started_afresh(path, tmp_path):
    script = '#!/bin/sh\necho "version = 3.11.7" > "$3/pyvenv.cfg"\necho ensurepip is not available\nexit 1\n'
    (tmp_path / "path" / "broken").write_text(script)
    (tmp_path / "path" / "broken").chmod(0o755)
    with pytest.raises(setup.Problem, match="without venv or ensurepip"):
        setup.Setup(tmp_path / "venv", "broken", (3, 11, 7), without_torch=False).make_venv()
    assert setup.version_in(tmp_path / "venv") is None
    setup.check_replaceable(tmp_path / "venv")


@pytest.mark.skipif(sys.platform != "linux", reason="libseccomp is Linux's")
def test_a_missing_libseccomp_is_a_note_and_no_failure(monkeypatch, capsys):
    monkeypatch.setattr(setup.ctypes.util, "find_library", lambda name: None)
    setup.warn_without_libseccomp()
    assert "apt-get install libseccomp2" in capsys.readouterr().out


# --- torch ---


def test_a_local_wheel_that_fits_spares_the_index(tmp_path):
    machine = setup.platform.machine()
    (tmp_path / f"torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_{machine}.whl").touch()
    env = {"UV_FIND_LINKS": str(tmp_path)}
    assert setup.torch_index(env, "2.13.0", (3, 11, 7), False) is None
    assert setup.local_torch(f"/none,file://{tmp_path}", "2.13.0", (3, 11, 7))
    assert not setup.local_torch(str(tmp_path), "2.13.0", (3, 12, 1))
    assert not setup.local_torch(str(tmp_path), "2.12.0", (3, 11, 7))


def test_linux_takes_torch_from_the_cpu_index_unless_told_otherwise(monkeypatch):
    monkeypatch.setattr(setup.sys, "platform", "linux")
    assert setup.torch_index({}, "2.13.0", (3, 12, 1), False) == setup.CPU_INDEX
    assert setup.torch_index({"PS2_TORCH_INDEX": "file:///mine"}, "2.13.0", (3, 12, 1), False) == "file:///mine"
    assert setup.torch_index({}, "2.13.0", (3, 12, 1), without_torch=True) is None
    monkeypatch.setattr(setup.sys, "platform", "darwin")
    assert setup.torch_index({}, "2.13.0", (3, 12, 1), False) is None


# --- the secret ---


def test_the_secret_is_64_hex_digits_that_only_its_owner_reads_and_is_never_replaced(tmp_path):
    secret = tmp_path / "assignment" / "secret"
    setup.make_secret(secret)
    first = secret.read_text()
    assert re.fullmatch(r"[0-9a-f]{64}\n", first)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    setup.make_secret(secret)
    assert secret.read_text() == first


def test_git_ignores_the_secret():
    assert "/assignment/secret*" in (ROOT / ".gitignore").read_text().splitlines()


# --- constraints ---


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_are_exact_pins_without_hosts_and_without_cuda(python):
    lines = setup.constraints_for(tuple(map(int, python.split(".")))).read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.]*", pin)] == []
    assert [pin for pin in pins if re.match("cuda|nvidia|triton", pin)] == []
    assert not any("//" in line for line in lines)


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_pin_every_dependency_of_pyproject(python):
    version = tuple(map(int, python.split(".")))
    pinned = {line.split("==")[0] for line in setup.constraints_for(version).read_text().splitlines()}
    names = set(re.findall(r'^    "([a-z-]+)', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)) | {"torch", "matplotlib"}
    assert names - pinned <= (set() if version < (3, 11) else {"tomli"})


def test_torch_is_the_same_on_every_python():
    assert len({setup.torch_pin(setup.constraints_for(tuple(map(int, python.split("."))))) for python in PYTHONS}) == 1
