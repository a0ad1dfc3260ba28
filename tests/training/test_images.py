"""The drawn set is hard for shallow methods and its worlds differ; copies of CIFAR-10 are read, or refused with a sentence."""

import io
import pickle
import struct
import tarfile
import time

import numpy as np
import pytest

from autograder.course import this_course
from autograder.training import images as imaging

given = imaging.formulas(this_course().reference)
SMALL = given.PRESETS["small"]


def split(world, count=4_000, test=500, preset=SMALL):
    train, labels = given.draw_images(preset, given.World(world), count, 1)
    others, answers = given.draw_images(preset, given.World(world), test, 2)
    return (*given.standardize(train, others), labels, answers)


def test_every_class_is_equally_frequent_and_images_are_standardized():
    train, _, labels, _ = split(1)
    assert (np.bincount(labels) == 400).all()
    assert train.dtype == np.float32 and labels.dtype == np.int64
    assert np.abs(train.mean(axis=(0, 2, 3))).max() < 1e-4
    assert np.abs(train.std(axis=(0, 2, 3)) - 1).max() < 1e-3


@pytest.mark.parametrize("name", ["small", pytest.param("large", marks=pytest.mark.slow)])
def test_a_linear_model_and_nearest_neighbours_fail(name):
    train, test, labels, answers = split(3, preset=given.PRESETS[name])
    a, b = train.reshape(len(train), -1), test.reshape(len(test), -1)
    nearest = labels[((a**2).sum(1) - 2 * b @ a.T).argmin(1)]
    kernel = a @ a.T + 1e3 * np.eye(len(a), dtype=np.float32)  # ridge regression on the labels, in its dual form
    linear = (b @ (a.T @ np.linalg.solve(kernel, np.eye(10, dtype=np.float32)[labels]))).argmax(1)
    assert (nearest == answers).mean() < 0.40
    assert (linear == answers).mean() < 0.25


def test_the_same_seed_draws_the_same_images_and_another_does_not():
    first, again, other = (given.draw_images(SMALL, given.World(5), 50, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_worlds_are_orthogonal_mixings_turns_and_permutations():
    worlds = [given.World(seed) for seed in range(60)]
    assert all(np.allclose(w.mixing @ w.mixing.T, np.eye(3)) for w in worlds)
    assert all(sorted(w.names) == list(range(10)) for w in worlds)
    assert {w.turn for w in worlds} == set(range(8))


def test_the_eight_turns_are_different():
    image = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    assert len({given.turned(image, turn).tobytes() for turn in range(8)}) == 8


def test_practice_hidden_images_of_the_course_are_not_those_of_the_public_key():
    public = imaging.practice_source("small", 7)
    secret = imaging.Source("small", public.key, hidden_key=b"k" * 32)
    assert public.number("world") == secret.number("world")
    assert public.number("hidden") != secret.number("hidden")


@pytest.mark.slow
def test_fifty_thousand_large_images_cost_under_twenty_seconds_of_cpu():
    began = time.process_time()
    given.draw_images(given.PRESETS["large"], given.World(1), 50_000, 1)
    assert time.process_time() - began < 20  # 10 s on two cores


# ---- CIFAR-10, in tiny files of the exact format

NAMES = [*given.TRAIN, "test_batch"]


def batch(number, count=4):
    random = np.random.default_rng(number)
    return random.integers(0, 256, (count, 3072), dtype=np.uint8), random.integers(0, 10, count)


def binary_bytes(number):
    pixels, labels = batch(number)
    return np.concatenate([labels[:, None].astype(np.uint8), pixels], axis=1).tobytes()


class AsPython2(pickle._Pickler):
    """Writes strings as Python 2 did, which is what the published files hold."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012

    def save_string(self, value):
        data = value if isinstance(value, bytes) else value.encode()
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[bytes] = dispatch[str] = save_string


def python_bytes(number):
    pixels, labels = batch(number)
    out = io.BytesIO()
    AsPython2(out, protocol=2).dump({"data": pixels, "labels": labels.tolist(), "batch_label": "a batch", "filenames": ["a.png"]})
    return out.getvalue()


@pytest.fixture(params=["bin", "py"])
def folder(request, tmp_path):
    place = tmp_path / f"cifar-10-batches-{request.param}"
    place.mkdir()
    for number, name in enumerate(NAMES):
        suffix, data = (".bin", binary_bytes(number)) if request.param == "bin" else ("", python_bytes(number))
        (place / f"{name}{suffix}").write_bytes(data)
    return place


def packed(folder):
    path = folder.parent / "cifar.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname=folder.name)
    return path


def test_a_folder_and_an_archive_of_either_version_are_read(folder):
    for path in (folder, packed(folder)):
        images, labels, test_images, test_labels = given.read_cifar10(path, checked=False)
        assert images.shape == (20, 3, 32, 32) and test_images.shape == (4, 3, 32, 32)
        pixels, answers = batch(5)
        assert np.array_equal(test_images.reshape(4, -1), pixels)
        assert np.array_equal(test_labels, answers)
        assert labels.dtype == np.int64


def test_what_is_not_as_published_is_refused(folder):
    with pytest.raises(given.ImagesError, match=r"MD5|bytes, expected 30,730,000"):
        given.read_cifar10(folder)
    with pytest.raises(given.ImagesError, match="MD5"):
        given.read_cifar10(packed(folder))


def test_a_truncated_file_is_refused(folder):
    name = next(p for p in folder.iterdir() if p.name.startswith("data_batch_3"))
    name.write_bytes(name.read_bytes()[:-100])
    with pytest.raises(given.ImagesError, match=r"data_batch_3.*(truncated|download it again)"):
        given.read_cifar10(folder, checked=False)


def test_a_truncated_archive_a_missing_file_and_a_wrong_path_are_sentences(folder, tmp_path):
    path = packed(folder)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(given.ImagesError, match="damaged or was not downloaded completely"):
        given.read_cifar10(path, checked=False)
    next(folder.glob("data_batch_2*")).unlink()
    with pytest.raises(given.ImagesError, match=r"data_batch_2.*cannot be read"):
        given.read_cifar10(folder, checked=False)
    with pytest.raises(given.ImagesError, match="does not exist"):
        given.read_cifar10(tmp_path / "nowhere")


def test_labels_of_another_set_are_refused(tmp_path):
    with pytest.raises(given.ImagesError, match="CIFAR-100"):
        given.labels_of("a.bin", [3, 77])


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('this ran')",))


def test_a_pickle_runs_nothing_that_it_names():
    with pytest.raises(given.ImagesError, match=r"asks for builtins\.exec"):
        given.python_batch("data_batch_1", pickle.dumps(Evil()))
    with pytest.raises(given.ImagesError, match="not a batch"):
        given.python_batch("data_batch_1", pickle.dumps({"no": "images"}))
    with pytest.raises(given.ImagesError):
        given.python_batch("data_batch_1", io.BytesIO(b"\x80\x04garbage").getvalue())
