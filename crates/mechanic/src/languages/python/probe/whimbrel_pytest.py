"""PYTEST_DONT_REWRITE

The probe's pytest plugin: tells the recorder of each test, and hands the run to the server where
one serves.
"""

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
    server.tests_are_here(items, lambda tests: _run([items[test] for test in tests]))
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


def _run(items):
    server = _server()
    for item, following in zip(items, items[1:] + [None]):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if server.enough():
            return
