"""The images that networks are trained on: a set that is drawn by formulas, and CIFAR-10 from your own copy. Given; nothing to write.

    from ps2.images import PRESETS, World, draw_images
    world = World(7)
    images, labels = draw_images(PRESETS["small"], world, 1000, seed=1)     # (1000, 3, 16, 16) float32, (1000,) int64

An image of the drawn set shows three coloured gratings of its class, each jittered, in a round window at a random place, on a smooth random
background, under noise. A *world* mixes the colours by a random rotation, turns or mirrors the images and renames the classes: every world
is as hard as every other, and what was learned in one is worth nothing in another.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

CLASSES = 10
GRATINGS = 3
DEFINITIONS = 2026  # the seed of what the classes look like; thresholds were measured for it


@dataclass(frozen=True)
class Preset:
    """size: pixels a side. train, validation, test: numbers of images. noise: its standard deviation; a grating's is about 0.5."""

    size: int
    train: int
    validation: int
    test: int
    noise: float


PRESETS = {
    "small": Preset(size=16, train=20_000, validation=1_000, test=4_000, noise=0.6),
    "large": Preset(size=32, train=50_000, validation=5_000, test=10_000, noise=0.8),
}


class World:
    """One of many equally hard versions of the set. seed: a whole number; RandomState, because its numbers never change with numpy.

    mixing: (3, 3) orthogonal. turn: 0 to 7, quarter turns and whether mirrored. names: (10,), what each class is called.
    """

    def __init__(self, seed: int) -> None:
        random = np.random.RandomState(seed % 2**32)
        q, r = np.linalg.qr(random.normal(size=(3, 3)))
        self.mixing = q * np.sign(np.diag(r))
        self.turn = int(random.randint(8))
        self.names = random.permutation(CLASSES)


def definitions() -> dict[str, ndarray]:
    """What the classes look like, each (10, 3 gratings …): waves across the image, angle, colour."""
    random = np.random.RandomState(DEFINITIONS)
    colour = random.normal(size=(CLASSES, GRATINGS, 3))
    return {
        "waves": random.uniform(1.5, 4.5, (CLASSES, GRATINGS)),
        "angle": random.uniform(0, np.pi, (CLASSES, GRATINGS)),
        "colour": colour / np.linalg.norm(colour, axis=2, keepdims=True),
    }


def draw_images(preset: Preset, world: World, count: int, seed: int) -> tuple[ndarray, ndarray]:
    """`count` images (count, 3, size, size) float32, about standardised, and their labels (count,) int64, every class equally often."""
    rng = np.random.default_rng(seed)
    kinds = rng.permutation(np.arange(count) % CLASSES)
    images = np.empty((count, 3, preset.size, preset.size), np.float32)
    for start in range(0, count, 2_000):
        part = kinds[start : start + 2_000]
        block = images[start : start + 2_000]
        rng.standard_normal(out=block, dtype=np.float32)
        block *= preset.noise
        block += turned(clean(rng, part, preset.size, world.mixing), world.turn)
    return images, world.names[kinds].astype(np.int64)


def clean(rng: np.random.Generator, kinds: ndarray, size: int, mixing: ndarray) -> ndarray:
    """(N, 3, size, size) without noise.

    A grating is cos(u·y + v·x + φ) = cos(u·y + φ)·cos(v·x) − sin(u·y + φ)·sin(v·x), and window and background are products of a function of
    y and one of x as well: so an image is one matrix product (size, 10) · (10, size) for each colour.
    """
    n, grid = len(kinds), np.linspace(-0.5, 0.5, size)
    look = {key: value[kinds] for key, value in definitions().items()}
    waves = look["waves"] * rng.uniform(0.9, 1.1, (n, GRATINGS))
    angle = look["angle"] + rng.normal(0, 0.12, (n, GRATINGS))
    strength = rng.uniform(0.7, 1.5, (n, GRATINGS, 1))
    colour = (look["colour"] + rng.normal(0, 0.4, look["colour"].shape)) * strength @ mixing
    rows = 2 * np.pi * (waves * np.sin(angle))[..., None] * grid + rng.uniform(0, 2 * np.pi, (n, GRATINGS, 1))
    columns = 2 * np.pi * (waves * np.cos(angle))[..., None] * grid
    place, width = rng.uniform(-0.2, 0.2, (2, n, 1)), rng.uniform(0.22, 0.34, (2, n, 1))
    window = np.exp(-(((grid - place) / width) ** 2) / 2)
    left = np.concatenate([np.cos(rows), -np.sin(rows)], axis=1) * window[0][:, None]  # (N, 6, size)
    right = np.concatenate([np.cos(columns), np.sin(columns)], axis=1) * window[1][:, None]
    left = np.einsum("nkc,nks->ncsk", np.concatenate([colour, colour], axis=1), left)  # (N, 3, size, 6)
    smooth = hats(size, 4)  # (size, 4): a field of 4 × 4 random numbers, interpolated
    field = np.matmul(smooth, rng.normal(0, 1.0, (n, 3, 4, 4)))
    right = np.concatenate([right, np.broadcast_to(smooth.T, (n, 4, size))], axis=1)
    left = np.concatenate([left, field], axis=3)
    return np.matmul(left.reshape(n, 3 * size, 10).astype(np.float32), right.astype(np.float32)).reshape(n, 3, size, size)


def hats(size: int, knots: int) -> ndarray:
    """(size, knots): linear interpolation from `knots` numbers to `size`."""
    places = np.linspace(0, knots - 1, size)[:, None]
    return np.maximum(0.0, 1.0 - np.abs(places - np.arange(knots)))


def turned(images: ndarray, turn: int) -> ndarray:
    """One of the eight quarter turns and mirrorings of a square."""
    images = np.rot90(images, turn % 4, axes=(2, 3))
    return images[..., ::-1] if turn >= 4 else images


def standardize(train: ndarray, *others: ndarray) -> list[ndarray]:
    """All arrays (N, 3, H, W) as float32, with the mean and standard deviation of each channel of `train` taken out."""
    mean = train.mean(axis=(0, 2, 3), dtype=np.float64)
    std = np.sqrt(np.square(train, dtype=np.float32).mean(axis=(0, 2, 3), dtype=np.float64) - mean**2)
    shift, scale = (v.astype(np.float32)[:, None, None] for v in (mean, std))
    return [(images - shift) / scale for images in (train, *others)]


# ---- CIFAR-10 (Krizhevsky 2009), from your own copy of either version: a folder, or the .tar.gz as it was downloaded

Batches = list[tuple[ndarray, ndarray]]
Read = Callable[[str], bytes]
TRAIN = [f"data_batch_{i}" for i in range(1, 6)]
RECORD = 1 + 3072
IMAGES_A_BATCH = 10_000
MD5 = {
    "cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530",
    "cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a",
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
"""Published for the two archives and for the files of the python version; the binary version's files have none, so there sizes, labels
and the number of images of each class are checked."""


class ImagesError(ValueError):
    """A copy of CIFAR-10 that cannot be used; its text is one sentence."""


def read_cifar10(path: Path | str, checked: bool = True) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """Train images (50000, 3, 32, 32) uint8, their labels int64, test images, test labels.

    path: the folder `cifar-10-batches-bin` or `cifar-10-batches-py`, or one of the two archives. checked: compare with the published
    checksums and sizes. Raises ImagesError.
    """
    path = Path(path)
    if path.is_dir():
        binary = (path / "test_batch.bin").exists()
        batches = read_batches(lambda name: file_bytes(path / name), binary, checked)
    elif path.is_file():
        if checked:
            check_md5(path.name, path.read_bytes(), tuple(name for name in MD5 if name.endswith(".gz")))
        batches = archive_batches(path, checked)
    else:
        raise ImagesError(f"{path} does not exist; give the folder cifar-10-batches-bin or cifar-10-batches-py, or the downloaded .tar.gz.")
    images, labels = (np.concatenate(arrays) for arrays in zip(*batches[:-1], strict=True))
    test_images, test_labels = batches[-1]
    if checked and not (np.bincount(labels, minlength=CLASSES) == 5_000).all():
        raise ImagesError(f"{path} does not hold 5000 training images of each class; download it again.")
    return images, labels, test_images, test_labels


def archive_batches(path: Path, checked: bool) -> Batches:
    try:
        with tarfile.open(path, "r:*") as archive:
            members = {Path(member.name).name: member for member in archive.getmembers() if member.isfile()}

            def read(name: str) -> bytes:
                file = archive.extractfile(members[name]) if name in members else None
                if file is None:
                    raise ImagesError(f"{path.name} holds no {name}; download it again.")
                return file.read()

            return read_batches(read, "test_batch.bin" in members, checked)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ImagesError(f"{path.name} is damaged or was not downloaded completely ({type(error).__name__}); download it again.") from None


def read_batches(read: Read, binary: bool, checked: bool) -> Batches:
    """The five training batches, then the test batch."""
    names = [*TRAIN, "test_batch"]
    if binary:
        return [binary_batch(f"{name}.bin", read(f"{name}.bin"), checked) for name in names]
    batches = []
    for name in names:
        data = read(name)
        if checked:
            check_md5(name, data, (name,))
        batches.append(python_batch(name, data))
    return batches


def file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImagesError(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None


def check_md5(name: str, data: bytes, known: tuple[str, ...]) -> None:
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if digest not in {MD5[key] for key in known}:
        raise ImagesError(f"{name} is not CIFAR-10 as published (MD5 {digest}); it is damaged or another file: download it again.")


def binary_batch(name: str, data: bytes, checked: bool) -> tuple[ndarray, ndarray]:
    """Records of one byte, the label, and 3072 bytes: 32 rows of red, of green, of blue."""
    if not data or len(data) % RECORD or (checked and len(data) != RECORD * IMAGES_A_BATCH):
        expected = f"{RECORD * IMAGES_A_BATCH:,}" if checked else f"a multiple of {RECORD}"
        raise ImagesError(f"{name} has {len(data):,} bytes, expected {expected}: it is truncated or another file.")
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32).copy(), labels_of(name, records[:, 0])


def labels_of(name: str, labels: Any) -> ndarray:
    values = np.asarray(labels, np.int64)
    if values.size and (values.min() < 0 or values.max() >= CLASSES):
        raise ImagesError(f"{name} holds the label {values.max()}, expected 0 to 9: it is another file (CIFAR-100?).")
    return values


def python_batch(name: str, data: bytes) -> tuple[ndarray, ndarray]:
    """A pickle, read without running anything that it names."""
    try:
        content = Inert(io.BytesIO(data), encoding="bytes").load()
        pixels, labels = content[b"data"], content[b"labels"]
        images = np.frombuffer(pixels.data, np.uint8).reshape(len(labels), 3, 32, 32).copy()
    except ImagesError:
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise ImagesError(f"{name} is not a batch of CIFAR-10's python version ({type(error).__name__}); download it again.") from None
    return images, labels_of(name, labels)


class PickledArray:
    """Stands for a numpy array in a pickle: keeps its bytes."""

    data = b""

    def __setstate__(self, state: Any) -> None:
        self.data = next(piece for piece in reversed(state) if isinstance(piece, bytes))


class PickledType:
    """Stands for a numpy dtype in a pickle."""

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, state: Any) -> None: ...


class Inert(pickle.Unpickler):
    """Knows the three names of numpy that the published files use, each as a stand-in; any other is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return lambda *_: PickledArray()
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return PickledType
        raise ImagesError(f"the pickle asks for {module}.{name}, which CIFAR-10 as published does not; it is not read.")
