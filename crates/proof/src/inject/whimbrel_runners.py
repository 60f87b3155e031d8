"""What `sitecustomize` puts into unittest and pytest once a program imports them.

Each test becomes lines of JSON in the file that WHIMBREL_REPORT names, with this run's nonce.
The first runner of a process claims both, before it loads anything of the project: programs that
the tests start don't report, since their tests aren't the project's.
"""

import json
import os

_patience = float(os.environ.get("WHIMBREL_TEST_SECONDS", "0"))


class _Stream:
    """One run of one runner."""

    def __init__(self, runner):
        self._path = os.environ.pop("WHIMBREL_REPORT", None) or _claimed.get("path")
        self._nonce = os.environ.pop("WHIMBREL_NONCE", None) or _claimed.get("nonce")
        self._process = os.getpid()
        self.selected = _selected()
        self.say("begin", runner=runner)

    def say(self, what, **more):
        # A fork of the tests' own has nothing to say.
        if self._path is None or os.getpid() != self._process:
            return
        line = {"nonce": self._nonce, "process": self._process, "is": what, **more}
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, (json.dumps(line) + "\n").encode())
            finally:
                os.close(handle)
        except Exception:
            pass

    def chooses(self, name):
        return self.selected is None or name in self.selected


_claimed = {}


def _claim():
    """Takes what the environment says away from it, and keeps it for this process' runners."""
    for key, name in (("path", "WHIMBREL_REPORT"), ("nonce", "WHIMBREL_NONCE")):
        value = os.environ.pop(name, None)
        if value is not None:
            _claimed[key] = value
    selection = os.environ.pop("WHIMBREL_SELECT", None)
    if selection is not None:
        _claimed["select"] = selection


def _selected():
    path = os.environ.pop("WHIMBREL_SELECT", None) or _claimed.get("select")
    if path is None:
        return None
    with open(path, encoding="utf-8") as handle:
        return set(json.load(handle))


# unittest ----------------------------------------------------------------------------------------

_LOADING = ("unittest.loader._FailedTest.", "unittest.loader.ModuleImportFailure.")
_SEVERITY = {"passed": 0, "skipped": 1, "failed": 2}


def _unittest_name(test):
    """The test's name, and whether it stands for what couldn't be loaded."""
    name = test.id()
    for prefix in _LOADING:
        if name.startswith(prefix):
            return name[len(prefix) :], True
    if name.endswith(")") and name.startswith(("setUpClass (", "setUpModule (")):
        return name[name.index("(") + 1 : -1], True
    return name, False


class _Unittest:
    """Reports for the one result object that a runner started first."""

    owner = None
    stream = None

    def __init__(self):
        self.worst = {}

    def is_owner(self, result):
        return _Unittest.owner is result

    def begin(self, result):
        if _Unittest.owner is None:
            _Unittest.owner = result
            _Unittest.stream = _Stream("unittest")

    def end(self, result):
        if self.is_owner(result):
            partial = bool(getattr(result, "shouldStop", False))
            _Unittest.stream.say("end", partial=partial)
            _Unittest.owner = None

    def start(self, result, test):
        if self.is_owner(result):
            self.worst[id(test)] = None
            _Unittest.stream.say("start", id=_unittest_name(test)[0])

    def note(self, result, test, outcome):
        if not self.is_owner(result):
            return
        name, holds = _unittest_name(test)
        if holds:
            _Unittest.stream.say("skipped" if outcome == "skipped" else "unreachable", id=name)
        if id(test) not in self.worst:
            if not holds:
                _Unittest.stream.say(outcome, id=name)
            return
        known = self.worst[id(test)]
        if known is None or _SEVERITY[outcome] > _SEVERITY[known]:
            self.worst[id(test)] = outcome

    def stop(self, result, test):
        if not self.is_owner(result):
            return
        outcome = self.worst.pop(id(test), None)
        name, holds = _unittest_name(test)
        if outcome is not None and not holds:
            _Unittest.stream.say(outcome, id=name)


def _around(result, method, before=None, after=None):
    original = getattr(result, method)

    def wrapped(self, *args, **kwargs):
        if before is not None:
            _quietly(before, self, *args)
        try:
            return original(self, *args, **kwargs)
        finally:
            if after is not None:
                _quietly(after, self, *args)

    setattr(result, method, wrapped)


def _quietly(act, *args):
    try:
        act(*args)
    except Exception:
        pass


def report_unittest(module):
    watching = _Unittest()
    result = module.TestResult
    _around(result, "startTestRun", before=watching.begin)
    _around(result, "stopTestRun", after=watching.end)
    _around(result, "startTest", before=watching.start)
    _around(result, "stopTest", after=watching.stop)
    for method, outcome in (
        ("addSuccess", "passed"),
        ("addFailure", "failed"),
        ("addError", "failed"),
        ("addSkip", "skipped"),
        # A test that is expected to fail says nothing about the code.
        ("addExpectedFailure", "skipped"),
        ("addUnexpectedSuccess", "failed"),
    ):

        def note(self, test, *_more, _outcome=outcome):
            watching.note(self, test, _outcome)

        _around(result, method, before=note)

    def subtest(self, test, _subtest, err):
        if err is not None:
            watching.note(self, test, "failed")

    _around(result, "addSubTest", before=subtest)


def claim_unittest(module):
    """Before the command line's tests are loaded."""
    original = module.TestProgram.__init__

    def __init__(self, *args, **kwargs):
        _quietly(_claim)
        original(self, *args, **kwargs)

    module.TestProgram.__init__ = __init__


# pytest ------------------------------------------------------------------------------------------

# The exception with which each test's own code ended.
_raised = {}


class _Pytest:
    """A plugin. What a test came to is told once, when its tear-down is over."""

    def __init__(self, stream):
        self._stream = stream
        self._worst = {}
        self._told = 0
        self._partial = False

    def pytest_collection_modifyitems(self, config, items):
        chosen = [item for item in items if self._stream.chooses(item.nodeid)]
        left = [item for item in items if not self._stream.chooses(item.nodeid)]
        if left:
            items[:] = chosen
            config.hook.pytest_deselected(items=left)

    def pytest_collectreport(self, report):
        if report.failed:
            self._stream.say("unreachable", id=report.nodeid)
        elif report.skipped:
            self._stream.say("skipped", id=report.nodeid)

    def pytest_runtest_logstart(self, nodeid):
        self._worst[nodeid] = None
        self._stream.say("start", id=nodeid)

    def pytest_runtest_logreport(self, report):
        outcome = report.outcome
        if outcome not in _SEVERITY or (outcome == "passed" and report.when != "call"):
            return
        if outcome == "passed" and not hasattr(report, "wasxfail"):
            self._check_truth(report)
        known = self._worst.get(report.nodeid)
        if known is None or _SEVERITY[outcome] > _SEVERITY[known]:
            self._worst[report.nodeid] = outcome

    def _check_truth(self, report):
        if _raised.get(report.nodeid):
            self._stream.say("changed", id=report.nodeid)

    def pytest_runtest_logfinish(self, nodeid):
        outcome = self._worst.pop(nodeid, None)
        if outcome is not None:
            self._told += 1
            self._stream.say(outcome, id=nodeid)

    def pytest_sessionfinish(self, session):
        stopped = bool(session.shouldstop or session.shouldfail)
        self._partial = stopped or self._told < getattr(session, "testscollected", 0)

    def pytest_unconfigure(self):
        self._stream.say("end", partial=self._partial)


def report_pytest(module):
    original = module.get_config

    def get_config(*args, **kwargs):
        config = original(*args, **kwargs)
        if "WHIMBREL_REPORT" in os.environ:
            config.pluginmanager.register(_Pytest(_Stream("pytest")), "whimbrel-reporter")
        return config

    module.get_config = get_config


# Tests that never end ----------------------------------------------------------------------------


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
    if _patience <= 0 or not is_main or any(signal.getitimer(signal.ITIMER_REAL)):
        return function(*args)
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, _patience, _AGAIN)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def limit_unittest(module):
    call, run = module.TestCase._callTestMethod, module.TestCase.run

    def _callTestMethod(self, method):
        return _limited(call, self, method)

    def chosen_run(self, result=None):
        stream = _Unittest.stream
        if stream is not None and stream.selected is not None:
            name, holds = _unittest_name(self)
            below = any(one.startswith(name + ".") for one in stream.selected)
            if not (stream.chooses(name) or (holds and below)):
                return result
        return run(self, result)

    module.TestCase._callTestMethod = _callTestMethod
    module.TestCase.run = chosen_run


def limit_pytest(module):
    original = module.pytest_runtest_call

    # Its parameter is what pytest looks for.
    def pytest_runtest_call(item):
        _raised.pop(item.nodeid, None)
        try:
            return _limited(original, item)
        except Exception:
            # Skips and expected failures aren't of this kind.
            _raised[item.nodeid] = True
            raise

    module.pytest_runtest_call = pytest_runtest_call
