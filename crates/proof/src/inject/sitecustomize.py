"""Appends one line of JSON for each test that unittest runs.

Python imports a module of this name at its start, from PYTHONPATH. It must never stop the
tests: whatever goes wrong here is left unsaid.
"""

import sys
from importlib.machinery import PathFinder


def _append(line):
    import os

    try:
        handle = os.open(_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, line.encode())
        os.close(handle)
    except Exception:
        pass


def _report(test, outcome):
    import json

    try:
        name = test.id()
        for prefix in ("unittest.loader._FailedTest.", "unittest.loader.ModuleImportFailure."):
            if name.startswith(prefix):
                name, outcome = name[len(prefix):], "unreachable"
        if name.endswith(")") and name.startswith(("setUpClass (", "setUpModule (")):
            name, outcome = name[name.index("(") + 1 : -1], "unreachable"
        _append(json.dumps({"id": name, "outcome": outcome}) + "\n")
    except Exception:
        pass


def _wrap(result, method, outcome):
    original = getattr(result, method)

    def wrapped(self, test, *args, **kwargs):
        _report(test, outcome)
        return original(self, test, *args, **kwargs)

    setattr(result, method, wrapped)


def _wrap_subtest(result):
    original = result.addSubTest

    def wrapped(self, test, subtest, err):
        if err is not None:
            _report(test, "failed")
        return original(self, test, subtest, err)

    result.addSubTest = wrapped


def _wrap_start(result):
    original = result.startTestRun

    def wrapped(self):
        _append("")
        return original(self)

    result.startTestRun = wrapped


def _patch(module):
    result = module.TestResult
    _wrap_start(result)
    for method, outcome in (
        ("addSuccess", "passed"),
        ("addFailure", "failed"),
        ("addError", "failed"),
        ("addSkip", "skipped"),
        ("addExpectedFailure", "passed"),
        ("addUnexpectedSuccess", "failed"),
    ):
        _wrap(result, method, outcome)
    _wrap_subtest(result)


class _Watch:
    """Waits for unittest, so that programs that don't use it start as fast as ever."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "unittest.result":
            return None
        sys.meta_path.remove(_Watch)
        spec = PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _claim()
            _patch(module)

        spec.loader.exec_module = exec_module
        return spec


def _claim():
    """Programs that the tests start don't report: their tests aren't the project's."""
    import os

    os.environ.pop("WHIMBREL_REPORT", None)


def _chain():
    """Runs the sitecustomize that would have been imported without this one."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)


try:
    import os as _os

    _path = _os.environ.get("WHIMBREL_REPORT")
    if _path:
        sys.meta_path.insert(0, _Watch)
except Exception:
    pass
_chain()
