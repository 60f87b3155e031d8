"""PYTEST_DONT_REWRITE

The probe's pytest plugin: tells the recorder of each test, and hands the run to the server where
one serves.
"""

import inspect
import os

import pytest

from whimbrel_probe import recorder


def _server():
    import sys

    server = sys.modules.get("whimbrel_server")
    return server if server is not None and server.role is not None else None


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    recorder.start(item.nodeid, item.nodeid.split("::")[0])
    yield
    recorder.end(item.nodeid)


def pytest_runtest_logreport(report):
    recorder.note(report.nodeid, report.outcome, str(report.longrepr or ""))


def pytest_collectreport(report):
    if report.failed:
        recorder.uncollected(report.nodeid, str(report.longrepr))
        if _server():
            _server().uncollected(report.nodeid)


def _ignored(path):
    server = _server()
    wanted = server.wanted_files() if server else None
    if wanted is None or not str(path).endswith(".py") or os.path.isdir(str(path)):
        return None
    return None if os.path.realpath(str(path)) in wanted else True


if int(pytest.__version__.split(".")[0]) >= 7:
    def pytest_ignore_collect(collection_path, config):
        return _ignored(collection_path)
else:
    def pytest_ignore_collect(path, config):
        return _ignored(path)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    server = _server()
    if server is None:
        return None
    _make_cheap(session)
    items = {item.nodeid: item for item in session.items}
    plain = _plain(session)
    server.tests_are_here(items, lambda tests: _run([items[test] for test in tests], plain))
    return True


def _make_cheap(session):
    """Nobody reads why a candidate failed, so nothing is spent on telling it."""
    manager = session.config.pluginmanager
    for name in ("assertion", "terminalreporter", "junitxml", "faulthandler"):
        plugin = manager.get_plugin(name)
        if plugin is not None:
            manager.unregister(plugin)
    for item in session.items:
        item.repr_failure = lambda *args, **kwargs: ""


# Plugins that do nothing with a test that has no mark and no fixture of theirs.
_HARMLESS = {"_pytest", "whimbrel_pytest", "anyio", "pytest_asyncio", "pytest_cov", "pytest_mock",
             "pytest_timeout", "pytest_randomly", "xdist", "_hypothesis_pytestplugin"}
_HOOKS = ("pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call",
          "pytest_runtest_teardown", "pytest_pyfunc_call")


def _plain(session):
    """The calls of those tests that are nothing but a call of a function, by id. It takes a
    hundredth of what pytest takes for one, so the failing tests are first tried so."""
    config = session.config
    if config.getini("filterwarnings") or config.getoption("pythonwarnings", None):
        return {}
    for name in _HOOKS:
        for hook in getattr(config.hook, name).get_hookimpls():
            module = getattr(hook.function, "__module__", None) or ""
            if module.split(".")[0] not in _HARMLESS:
                return {}
    found = {item.nodeid: _plain_call(item) for item in session.items}
    return {test: call for test, call in found.items() if call is not None}


def _plain_call(item):
    function = getattr(item, "function", None)
    if type(item) is not pytest.Function or inspect.iscoroutinefunction(function):
        return None
    if inspect.isgeneratorfunction(function) or hasattr(function, "hypothesis"):
        return None
    arguments = _arguments(item)
    marks = {mark.name for mark in item.iter_markers()} - {"parametrize"}
    if arguments is None or marks or set(item.fixturenames) - set(arguments):
        return None
    if item.cls is None:
        return lambda: function(**arguments)
    return lambda: function(item.cls(), **arguments)


def _arguments(item):
    """What a test gets by its parameters alone; None where a fixture has a part in it."""
    spec = getattr(item, "callspec", None)
    if spec is None:
        return {}
    if hasattr(spec, "funcargs"):  # pytest before 8
        return dict(spec.funcargs) if not spec.params else None
    known = item._fixtureinfo.name2fixturedefs
    for name in spec.params:
        for definition in known.get(name, ()):
            if definition.func.__name__ != "get_direct_param_fixture_func":
                return None
    return dict(spec.params)


def _run(items, plain):
    server = _server()
    for item, following in zip(items, items[1:] + [None]):
        call = plain.get(item.nodeid) if server.is_first_level() else None
        if call is not None:
            _run_plain(item, call)
        else:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if server.enough():
            return


def _run_plain(item, call):
    recorder.start(item.nodeid, None)
    try:
        call()
    except pytest.skip.Exception:
        recorder.note(item.nodeid, "skipped")
    except (Exception, pytest.fail.Exception, SystemExit, KeyboardInterrupt):
        recorder.note(item.nodeid, "failed")
    recorder.end(item.nodeid)
