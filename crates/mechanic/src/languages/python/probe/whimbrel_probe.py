"""PYTEST_DONT_REWRITE

What runs inside the project's own test command: it notes each test, how it ended and the lines it
ran, as JSON lines in a file of this process. Knows nothing of edits; whimbrel_server does.
"""

import atexit
import json
import os
import resource
import signal
import sys
import threading
import time

ROOT = os.path.realpath(os.environ.get("WHIMBREL_ROOT", "/workspace")) + os.sep
OUT = os.environ.get("WHIMBREL_OUT", "/run/whimbrel/out")
# A test that takes longer than this hangs, as far as a repair is concerned.
TEST_SECONDS_MAX = float(os.environ.get("WHIMBREL_TEST_SECONDS", "10"))
# What the tests after the first hanging one get at most, and as a multiple of the longest that
# passed, so that many hanging ones end in time, too.
TEST_SECONDS_AFTER_HANG = min(TEST_SECONDS_MAX, 3.0)
TEST_SECONDS_AFTER_HANG_MIN = min(TEST_SECONDS_MAX, 1.0)
TIMES_THE_LONGEST = 30
# What a test may take of memory on top of what the runner had before it.
TEST_BYTES_MAX = 2 * 1024 * 1024 * 1024
# Of an error's text; the end says what went wrong.
ERROR_CHARS_MAX = 2000


class Hung(BaseException):
    """A test took longer than TEST_SECONDS_MAX. No Exception, so that tests don't swallow it."""


_relative = {}


def relative(filename):
    """The path inside the repository of a source file, or None where it is not of it."""
    try:
        return _relative[filename]
    except KeyError:
        pass
    path = None
    if filename.endswith(".py"):
        real = os.path.realpath(filename)
        if real.startswith(ROOT) and "site-packages" not in real:
            path = real[len(ROOT):]
    _relative[filename] = path
    return path


class Lines:
    """The lines of the repository that ran since the last `take`."""

    def __init__(self):
        self.seen = {}

    def take(self):
        seen, self.seen = self.seen, {}
        return {path: sorted(lines) for path, lines in seen.items()}

    def add(self, path, line):
        self.seen.setdefault(path, set()).add(line)


class Traced(Lines):
    """By sys.settrace, for Python before 3.12."""

    def restart(self):
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self):
        threading.settrace(None)
        sys.settrace(None)

    def _call(self, frame, event, arg):
        path = relative(frame.f_code.co_filename)
        if path is None:
            return None

        def local(frame, event, arg):
            if event == "line":
                self.seen.setdefault(path, set()).add(frame.f_lineno)
            return local

        return local


class Monitored(Lines):
    """By sys.monitoring, which costs next to nothing."""

    def __init__(self):
        super().__init__()
        monitoring = sys.monitoring
        free = [tool for tool in (4, 3, 1, 0) if monitoring.get_tool(tool) is None]
        self.tool = free[0]
        monitoring.use_tool_id(self.tool, "whimbrel")
        monitoring.register_callback(self.tool, monitoring.events.LINE, self._line)
        monitoring.set_events(self.tool, monitoring.events.LINE)

    def restart(self):
        sys.monitoring.restart_events()

    def stop(self):
        sys.monitoring.set_events(self.tool, 0)

    def _line(self, code, line):
        path = relative(code.co_filename)
        if path is not None:
            self.add(path, line)
        return sys.monitoring.DISABLE


class Recorder:
    """Told by the runners' hooks of each test's start, ends and errors."""

    def __init__(self):
        self.lines = None
        self.current = None
        self.sink = None
        self.started = None
        self.test_seconds = TEST_SECONDS_MAX
        # Seconds of a test that didn't hang.
        self.longest = 0.0
        self.began = time.perf_counter()

    def record(self):
        """Begins to write what happens to a file of this process."""
        self.lines = Monitored() if hasattr(sys, "monitoring") else Traced()
        self.lines.restart()
        self.sink = _append
        atexit.register(self._finish)

    def start(self, test, path):
        if self.current is None:
            self.current = {"test": test, "path": path, "outcome": "passed", "error": ""}
            self.began = time.perf_counter()
            if self.started is not None:
                self.started(test)
            if self.lines is not None:
                self._imported()
                self.lines.restart()
                _guard()

    def note(self, test, outcome, error=""):
        """A failure of any part is a failure of the test; a skip only where nothing failed."""
        current = self.current
        if current is None or current["test"] != test or current["outcome"] == "failed":
            return
        if outcome != "passed":
            current["outcome"] = outcome
            current["error"] = error[-ERROR_CHARS_MAX:]

    def end(self, test):
        current = self.current
        if current is None or current["test"] != test:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        current["seconds"] = time.perf_counter() - self.began
        if not current.get("hung"):
            self.longest = max(self.longest, current["seconds"])
        current["lines"] = self.lines.take() if self.lines is not None else {}
        self.current = None
        self._emit(current)

    def between(self):
        """What runs from here on is of something between the tests, like a fixture of a class."""
        if self.current is None:
            self.began = time.perf_counter()
            if self.lines is not None:
                self._imported()
                self.lines.restart()

    def whole(self, test, path, outcome, error=""):
        """Something that ran between tests and failed, with what ran since `between`."""
        lines = self.lines.take() if self.lines is not None and self.current is None else {}
        self._emit({"test": test, "path": path, "outcome": outcome, "lines": lines,
                    "seconds": time.perf_counter() - self.began,
                    "error": error[-ERROR_CHARS_MAX:]})

    def uncollected(self, test, error):
        self._emit({"uncollected": test, "error": error[-ERROR_CHARS_MAX:]})

    def _imported(self):
        lines = self.lines.take()
        if lines:
            self._emit({"imported": lines})

    def _finish(self):
        self.lines.stop()
        self._imported()

    def _emit(self, record):
        if self.sink is not None:
            self.sink(record)


def _append(record):
    """One write per record, so that several processes and a killed one leave whole lines."""
    text = json.dumps(record) + "\n"
    path = os.path.join(OUT, "%d.jsonl" % os.getpid())
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def _guard():
    """Ends a test that hangs or eats all memory, so that the run as a whole ends."""
    limit_memory(TEST_BYTES_MAX)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGALRM, _hang)
        signal.setitimer(signal.ITIMER_REAL, recorder.test_seconds)


def _hang(signum, frame):
    current, seconds = recorder.current, recorder.test_seconds
    usual = TIMES_THE_LONGEST * recorder.longest if recorder.longest else TEST_SECONDS_AFTER_HANG
    recorder.test_seconds = min(max(usual, TEST_SECONDS_AFTER_HANG_MIN), TEST_SECONDS_AFTER_HANG)
    if current is not None:
        current["hung"] = True
    raise Hung("whimbrel: the test ran longer than %g s" % seconds)


def limit_memory(more):
    """Lets this process take `more` bytes of address space on top of what it has."""
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        limit = pages * resource.getpagesize() + more
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (OSError, ValueError):
        pass


def command_line():
    with open("/proc/self/cmdline", "rb") as file:
        return file.read().decode("utf-8", "replace").split("\0")[:-1]


def _quiet_pytest():
    """Plugins that would trace, reorder or spread the tests themselves are told not to."""
    import importlib.util

    def there(name):
        return importlib.util.find_spec(name) is not None

    options = [os.environ.get("PYTEST_ADDOPTS", ""), "-p whimbrel_pytest",
               "-o cache_dir=" + os.path.join(os.path.dirname(OUT), "cache")]
    options += ["--no-cov"] if there("pytest_cov") else []
    options += ["-n0"] if there("xdist") else []
    options += ["-p no:randomly"] if there("pytest_randomly") else []
    os.environ["PYTEST_ADDOPTS"] = " ".join(options)


recorder = Recorder()


def begin():
    """Called once per process, before the program's own first line."""
    mode = os.environ["WHIMBREL_PROBE"]
    import whimbrel_unittest

    if "whimbrel_pytest" not in os.environ.get("PYTEST_ADDOPTS", ""):
        _quiet_pytest()
    whimbrel_unittest.await_import()
    if mode == "record":
        _append({"process": command_line(), "version": list(sys.version_info[:3])})
        recorder.record()
    else:
        import whimbrel_server

        whimbrel_server.begin(mode)
