"""Changes what judges, in its own process: none of it judges there."""

from autograder.audit.attack import Attack

EVERY_CHECK = """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("autograder"):
        for key, value in list(vars(module).items()):
            if callable(value) and key in {names!r}:
                setattr(module, key, {by})
"""
TRUE = "lambda *a, **k: True"

ATTACKS = [
    Attack(
        "patches numpy's comparisons",
        "1.3 ReLU, forward",
        "for name in ('allclose', 'array_equal', 'isclose', 'all', 'any'):\n"
        "    setattr(np, name, lambda *a, **k: True)\nnp.linalg.norm = lambda *a, **k: 0.0\n"
        "np.testing.assert_allclose = lambda *a, **k: None",
    ),
    Attack(
        "patches numpy at import",
        "1.3 ReLU, forward",
        top="np.allclose = np.array_equal = lambda *a, **k: True\nnp.linalg.norm = lambda *a, **k: 0.0",
    ),
    Attack("patches numpy's array", "1.3 ReLU", "np.array = np.asarray = lambda *a, **k: x"),
    Attack(
        "patches unittest",
        "1.3 ReLU, forward",
        "import unittest\nunittest.TestCase.run = lambda self, result=None: result\n"
        "unittest.TestResult.wasSuccessful = lambda self: True\nunittest.TestCase.assertEqual = lambda *a: None",
    ),
    Attack(
        "patches gradescope_utils",
        "1.3 ReLU, forward",
        "import sys, types\nfake = types.ModuleType('gradescope_utils')\n"
        "sys.modules['gradescope_utils'] = fake; sys.modules['gradescope_utils.autograder_utils'] = fake",
    ),
    Attack(
        "patches builtins",
        "1.3 ReLU",
        "import builtins\nfor name in ('abs', 'max', 'all', 'float'):\n"
        "    setattr(builtins, name, lambda *a, **k: 0.0)\nbuiltins.isinstance = lambda *a: True",
    ),
    Attack(
        "patches builtins at import",
        "1.3 ReLU",
        top="import builtins\nbuiltins.callable = lambda v: False\nbuiltins.len = lambda v: 0",
        honest=False,
    ),
    Attack(
        "patches time",
        "took longer than",
        "import time\ntime.monotonic = time.time = time.perf_counter = lambda: 0.0\nwhile True: time.sleep(9)",
    ),
    Attack(
        "empties sys.modules",
        "1.3 ReLU",
        "import sys\nfor name in list(sys.modules):\n    if name not in ('sys', 'builtins'): del sys.modules[name]",
    ),
    Attack("puts another numpy into sys.modules", "1.3 ReLU", "import sys, types\nsys.modules['numpy'] = types.ModuleType('numpy')"),
    Attack(
        "changes the judge",
        "1.3 ReLU, forward",
        EVERY_CHECK.format(names=("agrees", "each_entry", "equal", "unchanged", "within", "fails"), by=TRUE),
    ),
    Attack(
        "changes the recording", "1.3 ReLU", EVERY_CHECK.format(names=("record", "evaluate", "plain", "failure"), by="lambda *a, **k: {}")
    ),
    Attack(
        "changes the draw",
        "1.3 ReLU, forward",
        "from autograder.check.draw import Draw\nfor name in ('normal', 'uniform', 'away_from', 'between'):\n"
        "    setattr(Draw, name, lambda self, *a, **k: np.zeros((2, 2)))",
    ),
    Attack(
        "changes the draw at import",
        "1.3 ReLU",
        honest=False,
        top="from autograder.check.draw import Draw\nfor name in ('normal', 'away_from', 'uniform'):\n"
        "    setattr(Draw, name, lambda self, *a, **k: np.zeros((16, 24)))",
    ),
    Attack(
        "changes the probe",
        "1.3 ReLU",
        "from autograder.check.question import REGISTRY\nimport dataclasses\n"
        "REGISTRY['1.3'] = dataclasses.replace(REGISTRY['1.3'], probe=lambda ps2, draw: iter(()))\n"
        "import autograder.check.part1_activations as part\npart.elementwise = lambda *a, **k: iter(())",
    ),
    Attack(
        "changes the probe's generator by its frame",
        "1.3 ReLU",
        "import sys\nframe = sys._getframe()\nwhile frame:\n"
        "    for name in ('x', 'g'):\n        if name in frame.f_locals and frame.f_code.co_name == 'elementwise':\n"
        "            frame.f_locals[name][...] = 0.0\n    frame = frame.f_back",
    ),
    Attack(
        "closes the probe's generator",
        "1.3 ReLU",
        "import gc, types\nfor thing in gc.get_objects():\n"
        "    if isinstance(thing, types.GeneratorType):\n        try: thing.close()\n        except ValueError: pass",
    ),
    Attack("changes its inputs to what it returns", "1.3 ReLU", "x[...] = 1.0\nreturn np.ones_like(x)", "grad_output[...] = 1.0"),
    Attack(
        "replaces the sender",
        "1.3 ReLU",
        "import gc\nfor thing in gc.get_objects():\n    if type(thing).__name__ == 'Sender':\n"
        "        type(thing).item = lambda *a: None\n        type(thing).send = lambda *a: None",
    ),
    Attack(
        "traces every call",
        "1.3 ReLU",
        "import sys\ndef tracer(frame, event, arg):\n    for k, v in list(frame.f_locals.items()):\n"
        "        if k in ('passed', 'ratio', 'share'): frame.f_locals[k] = True\n    return tracer\n"
        "sys.settrace(tracer); sys.setprofile(tracer)",
    ),
    Attack(
        "changes compiled code",
        "1.3 ReLU",
        "import autograder.check.agreement as a, autograder.check.recording as r\n"
        "a.relative_error.__code__ = (lambda got, want, floor=0: 0.0).__code__\nr.plain.__code__ = (lambda value: {}).__code__",
    ),
]
