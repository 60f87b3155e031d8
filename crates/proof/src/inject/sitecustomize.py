"""Appends one line of JSON for each test that unittest runs, and ends tests that never would.

Python imports a module of this name at its start, from PYTHONPATH. It must never stop the
tests as a whole: whatever goes wrong here is left unsaid.
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


class _Stopped(Exception):
    """A test ran for too long."""


_SHORTEST = 3.0
_AGAIN = 1.0


def _stop(_signal, _frame):
    global _patience
    seconds, _patience = _patience, max(_patience / 3, _SHORTEST)
    raise _Stopped(f"whimbrel stopped this test after {seconds:.0f} s")


def _limited(function, *args):
    """Calls it, and raises in the middle of it when it takes too long.

    Only in the main thread, and only where nobody else uses the timer.
    """
    import signal
    import threading

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or any(signal.getitimer(signal.ITIMER_REAL)):
        return function(*args)
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, _patience, _AGAIN)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _limit_unittest(module):
    original = module.TestCase._callTestMethod

    def _callTestMethod(self, method):
        return _limited(original, self, method)

    module.TestCase._callTestMethod = _callTestMethod


def _limit_pytest(module):
    original = module.pytest_runtest_call

    # Its parameter is what pytest looks for.
    def pytest_runtest_call(item):
        return _limited(original, item)

    module.pytest_runtest_call = pytest_runtest_call


def _watch_results(module):
    _claim()
    _patch(module)


class _Watch:
    """Waits for test runners, so that programs that use none start as fast as ever."""

    def __init__(self, watched):
        self.watched = watched

    def find_spec(self, name, path=None, target=None):
        act = self.watched.pop(name, None)
        if act is None:
            return None
        spec = PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            try:
                act(module)
            except Exception:
                pass

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

    _watched = {}
    _path = _os.environ.get("WHIMBREL_REPORT")
    if _path:
        _watched["unittest.result"] = _watch_results
    _patience = float(_os.environ.get("WHIMBREL_TEST_SECONDS", "0"))
    if _patience > 0:
        _watched["unittest.case"] = _limit_unittest
        _watched["_pytest.runner"] = _limit_pytest
    if _watched:
        sys.meta_path.insert(0, _Watch(_watched))
except Exception:
    pass
_chain()
