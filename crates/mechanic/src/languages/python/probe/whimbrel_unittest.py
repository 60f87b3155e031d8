"""The probe's unittest hooks, put in when the program itself imports unittest."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys

from whimbrel_probe import recorder, relative


class _Awaited(importlib.abc.MetaPathFinder):
    """Finds the awaited modules as everyone else would, and adds a step after their own code."""

    def __init__(self, steps):
        self.steps = steps

    def find_spec(self, name, path=None, target=None):
        step = self.steps.pop(name, None)
        if step is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader.exec_module = _then(spec.loader.exec_module, step)
        return spec


def _then(exec_module, step):
    def both(module):
        exec_module(module)
        step(module)

    return both


def await_import():
    steps = {
        "unittest.case": _patch_case,
        "unittest.result": _patch_result,
        "unittest.runner": _patch_runner,
        "unittest.suite": _patch_suite,
    }
    sys.meta_path.insert(0, _Awaited(steps))


_BAD = ("failures", "errors", "unexpectedSuccesses")


def _count(result, names):
    return sum(len(getattr(result, name, ())) for name in names)


def _last_error(result):
    texts = [pair[1] for name in ("failures", "errors") for pair in getattr(result, name, [])]
    return str(texts[-1]) if texts else "an unexpected success"


def _patch_case(module):
    run = module.TestCase.run

    def recorded(self, result=None):
        if result is None or recorder.current is not None:
            return run(self, result)
        test = self.id()
        bad, skipped = _count(result, _BAD), _count(result, ("skipped",))
        recorder.start(test, _path_of(self))
        try:
            return run(self, result)
        finally:
            if _count(result, _BAD) > bad:
                _note_failure(self, test, result)
            elif _count(result, ("skipped",)) > skipped:
                recorder.note(test, "skipped")
            recorder.end(test)

    module.TestCase.run = recorded


def _note_failure(case, test, result):
    if type(case).__name__ == "_FailedTest":
        recorder.uncollected(test, _last_error(result))
    recorder.note(test, "failed", _last_error(result))


def _path_of(case):
    module = sys.modules.get(type(case).__module__)
    path = getattr(module, "__file__", None)
    return relative(path) if path and path.endswith(".py") else None


def _patch_result(module):
    add_error = module.TestResult.addError

    def recorded(self, test, err):
        add_error(self, test, err)
        if type(test).__name__ == "_ErrorHolder":
            recorder.whole(test.id(), None, "failed", _last_error(self))
            server = sys.modules.get("whimbrel_server")
            if server is not None:
                server.uncollected(test.id())

    module.TestResult.addError = recorded


def _patch_suite(module):
    """The fixtures of classes and modules run between tests; their lines are their own."""
    for name in ("_handleClassSetUp", "_handleModuleFixture", "_tearDownPreviousClass",
                 "_handleModuleTearDown"):
        handle = getattr(module.TestSuite, name, None)
        if handle is not None:
            setattr(module.TestSuite, name, _between(handle))


def _between(handle):
    def recorded(self, *args):
        recorder.between()
        return handle(self, *args)

    return recorded


def _patch_runner(module):
    run = module.TextTestRunner.run

    def served(self, test):
        server = sys.modules.get("whimbrel_server")
        if server is None or server.role is None:
            return run(self, test)
        cases = list(_flat(test))
        tests = {case.id(): [case] for case in cases}
        tests.update(_fixtures(server.batch["tests"], cases))
        server.tests_are_here(tests, lambda ids: _run({each: tests[each] for each in ids}))
        os._exit(0)

    module.TextTestRunner.run = served


def _flat(suite):
    try:
        parts = list(suite)
    except TypeError:
        return [suite]
    return [case for part in parts for case in _flat(part)]


_FIXTURE = re.compile(r"(?:setUp|tearDown)(?:Class|Module) \((.+)\)$")


def _fixtures(wanted, cases):
    """The tests that a fixture of a class or a module stands for, by the fixture's id."""
    found = {}
    for test in wanted:
        match = _FIXTURE.match(test)
        of = [case for case in cases if match and match.group(1) in _owners(case)]
        if of:
            found[test] = of
    return found


def _owners(case):
    kind = type(case)
    return kind.__module__, kind.__module__ + "." + kind.__qualname__


def _run(wanted):
    """Runs each test once. A fixture passes where all its tests do."""
    import unittest

    class Quick(unittest.TestResult):
        """Nobody reads why a candidate failed, so nothing is spent on telling it."""

        def _exc_info_to_string(self, err, test):
            return ""

    result = Quick()
    server = sys.modules["whimbrel_server"]
    if server.is_first_level():
        _say_no_differences(unittest.case)
    server.on_enough(result.stop)
    cases = {id(case): case for of in wanted.values() for case in of}
    unittest.TestSuite(cases.values()).run(result)
    bad = {case.id() for case, _ in result.failures + result.errors}
    for test, of in wanted.items():
        if _FIXTURE.match(test) and test not in bad:
            failed = result.shouldStop or any(case.id() in bad for case in of)
            server.child.note({"test": test, "outcome": "failed" if failed else "passed"})


def _say_no_differences(case):
    """To compare long texts and lists for a message takes a hundred times as long as a test. Only
    for a first sieve, as a test of a test could read them."""

    class Silent:
        @staticmethod
        def ndiff(*args):
            return []

        @staticmethod
        def pformat(*args):
            return ""

    case.difflib = case.pprint = Silent
