"""The wire: what one side sends the other reads, and whatever else arrives is refused in one way."""

import tracemalloc

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.check.verdict import Failure
from autograder.sandbox import reply, wire

RUNS = [wire.Run(None, b"a"), wire.Run(0, b"b")]
READY = wire.frame(wire.Ready([]))


def fed(*pieces):
    answer = reply.Reply(RUNS)
    for piece in pieces:
        answer.feed(piece)
    return answer


def item(run=0, name="y", value=None):
    return wire.frame(wire.to_item(run, name, {"": np.ones(3)} if value is None else value))


@pytest.mark.parametrize("dtype", sorted(wire.DTYPES))
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 1)])
def test_an_array_arrives_as_it_was_and_can_be_written_to(dtype, shape):
    sent = np.ones(shape, dtype)
    got = wire.to_array(wire.to_arrays({"": sent}, wire.LARGEST_ITEM)[""])
    assert got.dtype == sent.dtype and got.shape == shape and (got == sent).all() and got.flags.writeable


def test_nan_is_a_value_like_any_other():
    answer = fed(READY, item(value={"": np.array([np.nan, np.inf])}))
    assert not answer.malformed and np.isnan(answer.runs[0].items["y"][""][0])


def test_a_whole_reply_is_complete_whatever_pieces_it_arrives_in():
    data = READY + item(0) + wire.frame(wire.End(0)) + item(1, value=Failure("stub", "is not written yet")) + wire.frame(wire.End(1))
    answer = fed(*(data[i : i + 1] for i in range(len(data))))
    assert answer.complete and not answer.malformed
    assert answer.runs[1].items["y"] == Failure("stub", "is not written yet")


@pytest.mark.parametrize(
    "bad",
    [
        item(0, "x"),  # repeated
        item(1),  # the run after this
        item(7),
        wire.frame(wire.End(1)),
        READY,
        wire.frame(wire.Ready([], "a fault")),
        b"\xff\xff\xff\xff",
        (3).to_bytes(4, "little") + b"\xc1\xc1\xc1",
        wire.frame(wire.Item(0, "n" * 201, {})),
        wire.frame(wire.Item(0, "y", {"": wire.Array("object", [1], b"12345678")})),
        wire.frame(wire.Item(0, "y", {"": wire.Array("float64", [2], b"12345678")})),
        wire.frame(wire.Item(0, "y", {"": wire.Array("float64", [-1, -1], b"12345678")})),
        wire.frame(wire.Item(0, "y", {"": wire.Array("float64", [0, *[1 << 24] * 7], b"")})),
        wire.frame(wire.Item(0, "y", {"": wire.Array("float64", [1] * 9, b"12345678")})),
        wire.frame(wire.Item(0, "y", {str(i): wire.Array("float64", [0], b"") for i in range(101)})),
        b"".join(item(0, f"n{i}") for i in range(201)),
        (1 << 20).to_bytes(4, "little") + b"\x91" * (1 << 20),  # nested a million deep
    ],
)
def test_anything_malformed_keeps_what_arrived_and_ends_the_reply(bad):
    answer = fed(READY, item(0, "x"), bad, item(0, "later"))
    assert answer.malformed and answer.done and "x" in answer.runs[0].items and "later" not in answer.runs[0].items


@pytest.mark.parametrize("place", ["parts", "shape", "another field"])
def test_a_long_list_is_refused_before_anything_is_made_of_it(place):
    """30 MB of one-byte numbers would become a list of 240 MB, 30 MB of empty arrays half a gigabyte of objects."""
    many = b"\xdd" + (30_000_000).to_bytes(4, "big") + b"\x01" * 30_000_000
    start = b"\x84" + b"".join(map(msgspec.msgpack.encode, ["type", "item", "run", 0, "name", "y"]))
    empty = b"\xa0" + msgspec.msgpack.encode(wire.Array("float64", [], b""))
    rest = {
        "parts": msgspec.msgpack.encode("parts") + b"\xdf" + (2_000_000).to_bytes(4, "big") + empty * 2_000_000,
        "shape": msgspec.msgpack.encode("parts") + b"\x81\xa0\x93" + msgspec.msgpack.encode("float64") + many + b"\xc4\x00",
        "another field": msgspec.msgpack.encode("other") + many,
    }[place]
    tracemalloc.start()
    with pytest.raises(wire.WireError):
        wire.decode(start + rest)
    assert tracemalloc.get_traced_memory()[1] < 80 << 20  # the message itself, twice
    tracemalloc.stop()


def test_nothing_is_taken_before_the_beginning():
    assert fed(item()).malformed


def test_a_flood_of_items_ends_at_the_limit_of_the_whole_reply():
    big = item(0, "big", {"": np.zeros(3 << 20)})
    answer = fed(READY, *(big.replace(b"big", b"b%02d" % i) for i in range(4)))
    assert answer.malformed and len(answer.runs[0].items) == 2


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"": np.zeros(5 << 20)}, "40 MB"),
        ({"": np.zeros(2, np.longdouble)}, "dtype"),
        ({"g": np.zeros(2, ">f8")}, 'entry "g"'),
        ({"": np.zeros((1,) * 9)}, "9 dimensions"),
        ({str(i): np.zeros(1) for i in range(101)}, "101 entries"),
    ],
)
def test_an_honest_worker_says_in_a_sentence_what_the_wire_does_not_carry(value, says):
    fault = wire.to_item(0, "y", value).parts
    assert isinstance(fault, wire.Fault) and says in fault.says


def test_a_bool_is_true_or_false_whatever_byte_was_sent():
    got = wire.to_array(wire.Array("bool", [3], b"\x00\x01\x07"))
    assert got.tolist() == [False, True, True] and got.view(np.uint8).tolist() == [0, 1, 1]


def test_sentences_arrive_on_one_line_without_control_characters():
    text = wire.clean("a\x1b[31m\nb\u202ec\x00\ud800" + "x" * 1000)
    assert text.startswith("a[31m bcx") and len(text) == wire.LONGEST_SENTENCE


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_bytes_make_it_raise(pieces):
    fed(READY, *pieces)
    fed(READY, *(len(p).to_bytes(4, "little") + p for p in pieces))


leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5) | st.binary(max_size=16)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=8
)
shaped = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["item", "end", "ready", "x"]) | trees,
        "run": st.integers(-1, 2) | trees,
        "name": st.text(max_size=5) | trees,
        "parts": trees
        | st.dictionaries(st.text(max_size=3), st.tuples(st.sampled_from([*wire.DTYPES, "O"]), trees, st.binary(max_size=24))),
    }
)


@given(st.lists(trees | shaped, max_size=4))
def test_no_well_formed_messagepack_makes_it_raise(messages):
    data = [msgspec.msgpack.encode(m) for m in messages]
    fed(READY, *(len(d).to_bytes(4, "little") + d for d in data))


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_makes_it_raise(place, byte):
    data = bytearray(READY + item(0, "x") + item(0, "y", {"a": np.ones((2, 2), np.int32)}) + wire.frame(wire.End(0)) + item(1))
    data[place % len(data)] = byte
    fed(bytes(data))
