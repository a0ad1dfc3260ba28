"""Nothing that arrives from outside makes anything raise but the one exception that its reader promises."""

from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from autograder.assignment import AssignmentError, load_assignment
from autograder.check import golden
from autograder.check.draw import LADDER, Draw
from autograder.check.recording import record
from autograder.check.verdict import Failure
from autograder.course import this_course
from autograder.frontends.gradescope import render
from autograder.frontends.gradescope_spec import validate
from autograder.frontends.terminal import console, show
from autograder.grading import oracle
from autograder.grading.result import ItemResult, QuestionResult, Result, decode, encode
from autograder.sandbox import wire

COURSE = this_course()
TOML = COURSE.toml.read_text(encoding="utf-8")
NPZ = (COURSE.root / "starter_code" / "ps2check" / "golden" / "1.3.npz").read_bytes()

texts = some.text(max_size=40)
names = some.text(some.characters(categories=["L", "N", "P"]), max_size=20)
points = some.floats(0, 10) | some.integers(0, 10)
ratios = some.none() | some.floats(allow_nan=False, allow_infinity=False)
items = some.lists(some.builds(ItemResult, texts, some.booleans(), ratios), max_size=3)
questions = some.builds(
    QuestionResult,
    id=names,
    part=some.integers(0, 9),
    title=names,
    points=points,
    max_points=some.just(10),
    status=some.sampled_from(["passed", "partial", "failed", "empty", "not reached", "fault"]),
    items=items,
    seconds=some.floats(0, 1e6),
    sentences=some.lists(texts, max_size=3),
    output=texts,
)
results = some.builds(
    Result,
    texts,
    texts,
    texts,
    texts,
    total=some.just(0.0),
    max_total=some.just(0.0),
    layers=some.dictionaries(texts, texts, max_size=3),
    questions=some.lists(questions, max_size=4, unique_by=lambda q: q.id),
    remarks=some.lists(texts, max_size=3),
    staff=some.lists(texts, max_size=3),
    assignment=texts,
    seconds=some.floats(0, 1e6),
    finished=some.booleans(),
).map(lambda r: msgspec.structs.replace(r, total=sum(q.points for q in r.questions), max_total=sum(q.max_points for q in r.questions)))


@given(results)
def test_every_result_is_written_and_read_alike_and_every_front_end_takes_it(result):
    assert decode(encode(result)) == result
    assert validate(render(result)) == []
    out = console()
    with out.capture():
        show(result, out)


@some.composite
def mangled(draw, whole):
    """`whole` (text or bytes) with a piece cut out, doubled or replaced."""
    low, high = sorted((draw(some.integers(0, len(whole))), draw(some.integers(0, len(whole)))))
    high = min(high, low + 60)
    piece = some.text(max_size=20) if isinstance(whole, str) else some.binary(max_size=20)
    return whole[:low] + draw(piece | some.just(whole[low:high] * 2)) + whole[high:]


@given(mangled(TOML))
def test_a_mangled_assignment_is_read_or_refused_in_one_sentence(tmp_path, text):
    path = tmp_path / "assignment.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        load_assignment(path)
    except AssignmentError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)


values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | texts, lambda inner: some.lists(inner, max_size=3), max_leaves=5
)


@given(some.sampled_from([line.split(" = ")[0] for line in TOML.splitlines() if " = " in line]), values)
def test_a_setting_of_the_wrong_kind_is_refused_in_one_sentence(tmp_path, key, value):
    lines = [f"{key} = {value!r}" if line.split(" = ")[0] == key else line for line in TOML.splitlines()]
    path = tmp_path / "assignment.toml"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    try:
        load_assignment(path)
    except AssignmentError as error:
        assert str(error).startswith(str(path))


@given(mangled(NPZ) | some.binary(max_size=200))
def test_a_damaged_golden_file_is_read_or_refused(data):
    try:
        golden.decode(data)
    except ValueError as error:
        assert str(error).startswith("damaged")


JUDGE = oracle.Oracle(COURSE.reference)
NUMPY = [q for q in COURSE.assignment.asked() if not q.needs_torch]
ASKED = [q for q in NUMPY if q.part == 1 or q is next(p for p in NUMPY if p.part == q.part)]
odd = some.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, np.nan, np.inf, -np.inf, 5e-324])


@some.composite
def hostile(draw, question, seed, level):
    """What a worker may have sent: each item right, absent, failed, or anything that the wire carries."""
    want = record(question, JUDGE.reference, Draw(seed, level), trusted=True)
    sent = {name: one_item(draw, parts) for name, parts in want.items.items()}
    if draw(some.booleans()):
        sent["bonus"] = {"": np.zeros(3)}
    ended = draw(some.none() | some.just(Failure("raised", "raised ValueError")))
    items = {name: wire.to_item(0, name, value).parts for name, value in sent.items() if value is not None}
    return oracle.RunData(level, seed, items, wire.to_fault(ended) if ended else None)


def one_item(draw, parts):
    how = draw(some.sampled_from(["right", "right", "right", "absent", "failed", "filled", "filled", "shape", "dtype", "names", "empty"]))
    arrays = {p: np.asarray(a) for p, a in parts.items()} or {"": np.zeros((2, 2))}
    if how in ("absent", "failed"):
        return Failure("type", "is None") if how == "failed" else None
    if how == "filled":
        return {p: np.full_like(a, draw(odd)) if a.dtype.kind == "f" else ~a for p, a in arrays.items()}
    if how == "shape":
        return {p: np.full(draw(some.sampled_from([(), (0,), (3,), (1, 1), (2, 0, 3), (700, 700)])), draw(odd)) for p in arrays}
    if how == "dtype":
        kind = draw(some.sampled_from(["float32", "float16", "int64", "uint8", "bool"]))
        return {p: np.ones(a.shape, kind) for p, a in arrays.items()}
    if how == "names":
        return {f"{p}x": a for p, a in arrays.items()}
    return {} if how == "empty" else parts


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("question", ASKED, ids=lambda q: q.id)
@settings(max_examples=settings.default.max_examples // 5)  # each asks seven runs
@given(data=some.data())
def test_whatever_a_worker_sends_is_judged(question, data):
    levels = range(len(LADDER)) if question.ladder else ()
    ask = oracle.Ask(
        question=question.id,
        reference=str(COURSE.reference),
        weights={},
        consistent="1/2",
        telling=data.draw(some.sampled_from(["cause", "symptom", "none"])),
        graded=data.draw(hostile(question, b"fuzz", None)),
        again=data.draw(hostile(question, b"again", None)),
        ladder=[data.draw(hostile(question, b"fuzz%d" % level, level)) for level in levels],
    )
    judged = JUDGE.judge(ask)
    assert not judged.fault and 0 <= Fraction(judged.share) <= 1
    assert max(map(len, judged.sentences), default=0) < 20_000
