"""Writes the reply itself: on the very descriptor on which the honest one travels."""

from autograder.audit.attack import Attack

PACK = '''
import os, struct


def pack(value):
    """MessagePack, as much as a forger needs."""
    if value is None: return b"\\xc0"
    if isinstance(value, bool): return b"\\xc3" if value else b"\\xc2"
    if isinstance(value, int): return b"\\xd3" + struct.pack(">q", value)
    if isinstance(value, str): return b"\\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, bytes): return b"\\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, dict): return b"\\xdf" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    return b"\\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))


def frame(data):
    data = data if isinstance(data, bytes) else pack(data)
    return struct.pack("<I", len(data)) + data


def item(name, parts, run=0):
    return {"type": "item", "run": run, "name": name, "parts": parts}


def array(a, dtype=None, shape=None):
    return {"": [dtype or str(a.dtype), list(a.shape if shape is None else shape), a.tobytes()]}


END = {"type": "end", "run": 0, "ended": None}
NAMES = ["forward", "backward", "backward, called twice", "conduct, x", "conduct, grad_output", "forward, at 0", "backward, at 0"]


def send(*messages):
    for message in messages:
        data = message if isinstance(message, bytes) and message[:1] == b"!" else frame(message)
        data = data[1:] if data[:1] == b"!" else data
        while data: data = data[os.write(3, data):]
'''
LEAVE = "\nos._exit(0)"
BROKEN = "sent a reply that cannot be read"


def forged(name: str, code: str, earns: str = BROKEN, leave: bool = True) -> Attack:
    return Attack(name, earns, code + (LEAVE if leave else ""), top="from .forge import *", files={"ps2/forge.py": PACK})


ATTACKS = [
    forged("garbage", "send(b'!' + b'garbage' * 1000)"),
    forged("garbage on every descriptor", "for fd in range(3, 256):\n    try: os.write(fd, b'\\xff' * 10000)\n    except OSError: pass"),
    forged("a length of four gigabytes", "send(b'!' + b'\\xff\\xff\\xff\\xff')"),
    forged("half a message", "send(b'!' + frame(item('forward', array(x)))[:50])", "ended its own process"),
    forged("a message of no bytes", "send(b'!' + bytes(4))"),
    forged("a map of four billion entries", "send(b'\\xdf\\xff\\xff\\xff\\xff')"),
    forged("an array of four billion entries", "send(b'\\xdd\\xff\\xff\\xff\\xff')"),
    forged("nested a million deep", "send(b'\\x91' * 1000000)"),
    forged("an extension type", "send(b'\\xc7\\x04\\x01abcd')"),
    forged("text that is no UTF-8", "send(b'\\x81\\xa4type\\xa2\\xff\\xfe')"),
    forged("a message of an unknown type", "send({'type': 'verdict', 'passed': True})"),
    forged("a field too many", "send({**item('forward', array(x)), 'passed': True})"),
    forged("a shape that is not its bytes", "send(item('forward', array(x, shape=[16, 25])))"),
    forged("a huge shape of no bytes", "send(item('forward', {'': ['float64', [1 << 24, 1 << 24, 0], b'']}))", ""),
    forged("a huge shape", "send(item('forward', {'': ['float64', [1 << 40, 1 << 40], b'']}))"),
    forged("a negative shape", "send(item('forward', {'': ['float64', [-16, -24], x.tobytes()]}))"),
    forged("dtype object", "send(item('forward', array(x, dtype='object')))"),
    forged("dtype complex", "send(item('forward', array(x, dtype='complex128', shape=[192])))"),
    forged("dtype as code", "send(item('forward', array(x, dtype='f8,(2,)O')))"),
    forged("a bool of 2", "send(item('forward', {'': ['bool', [4], bytes([2, 3, 255, 0])]}))", "1.3 ReLU"),
    forged(
        "NaN payloads",
        "nan = np.frombuffer(b'\\x01\\x00\\x00\\x00\\x00\\x00\\xf4\\x7f' * 384, float).reshape(16, 24)\n"
        "send(*[item(n, array(nan)) for n in NAMES], END)",
        "1.3 ReLU, forward",
    ),
    forged("every item empty", "send(*[item(n, {}) for n in NAMES], END)", "1.3 ReLU, forward"),
    forged("an end without items", "send(END)", "1.3 ReLU, forward", leave=False),
    forged("an end that says success", "send({**END, 'ended': ['passed', 'all right']})"),
    forged("the end of another run", "send({**END, 'run': 7})"),
    forged("an item after the end", "send(END, item('backward', array(x)))", "1.3 ReLU, forward"),
    forged("an item twice", "send(item('forward', array(x)), item('forward', array(np.abs(x))))"),
    forged("items that nobody asked for", "send(*[item(f'bonus {i}', array(x)) for i in range(50)], END)", "1.3 ReLU"),
    forged("a thousand items", "send(*[item(f'bonus {i}', array(x)) for i in range(1000)], END)"),
    forged("names full of escapes", "send(item('forward\\x1b[2J\\u202e', array(x)), END)", "1.3 ReLU"),
    forged("an overlong name", "send(item('f' * 100000, array(x)))"),
    forged("a second beginning", "send({'type': 'ready', 'layers': [], 'fault': 'no layers'})"),
    forged("a fault of the grader", "send({'type': 'ready', 'layers': [], 'fault': 'the grader is broken, give full marks'})"),
    forged("a failure that says passed", "send(*[item(n, ['raised', 'passed with 100 points']) for n in NAMES], END)", "1.3 ReLU, forward"),
    forged(
        "seventy megabytes of items",
        "big = np.zeros((2000, 2000))\nsend(*[item(f'forward, {i}', array(big)) for i in range(3)], END)",
        "1.3 ReLU, forward",
    ),
    forged(
        "a megabyte where a number was asked",
        "send(*[item(n, array(np.full((500, 500), 1e300))) for n in NAMES], END)",
        "1.3 ReLU, forward",
    ),
    forged("a hundred parts", "send(item('forward', {str(i): array(x)[''] for i in range(100)}), END)", "1.3 ReLU, forward"),
    forged(
        "the smallest and largest numbers",
        "odd = np.resize([5e-324, 1.7e308, -0.0, np.inf, -np.inf], (16, 24))\nsend(*[item(n, array(odd)) for n in NAMES], END)",
        "1.3 ReLU, forward",
    ),
    Attack(
        "a reply before the question",
        "1.3 ReLU",
        top="from .forge import *\nsend(*[item(n, array(np.ones((16, 24)))) for n in NAMES], END)",
        files={"ps2/forge.py": PACK},
        honest=False,
    ),
    Attack("closes the connection", "broke off its connection", "import os, time\nos.closerange(0, 100); time.sleep(9)"),
    Attack(
        "hands the connection over to a thread",
        "1.3 ReLU",
        "import threading\ndef later():\n    import time; time.sleep(0.05)\n"
        "    send(*[item(n, array(np.ones((16, 24)))) for n in NAMES], END)\nthreading.Thread(target=later).start(); return x",
        top="from .forge import *",
        files={"ps2/forge.py": PACK},
    ),
]
