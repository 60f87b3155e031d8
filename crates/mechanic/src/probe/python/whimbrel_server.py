"""The fork server: for each candidate edit a child of this process runs the wanted tests with the
edit in place, without writing a file.

`hot` forks after the tests were collected and swaps the code of live functions, which takes
milliseconds. `cold` forks before the program's first line and serves the edited source to the
import system, which sees every edit. A child may hang, crash or eat memory; its group is killed.
"""

import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
import types
from importlib import machinery

import whimbrel_probe
from whimbrel_probe import ROOT, recorder, relative

# Address space a child may take on top of the server's.
CHILD_BYTES_MAX = 1024 * 1024 * 1024
# A file a child writes.
CHILD_FILE_BYTES_MAX = 64 * 1024 * 1024
# A child may wait for other processes this many times longer than it may compute.
WALL_PER_CPU = 4

# None | "server" | "child"
role = None
# "hot" | "cold"
mode = None
batch = None
child = None
_original = {}


class Child:
    """What a child knows of itself: where to report, and how its tests go."""

    def __init__(self, report_fd, candidate):
        self.report_fd = report_fd
        self.candidate = candidate
        self.passed = 0
        self.failed = 0
        self.stop = None

    def note(self, record):
        if "outcome" in record and record["test"] in batch["wanted"]:
            self.failed += record["outcome"] == "failed"
            self.passed += record["outcome"] == "passed"
            if enough() and self.stop is not None:
                self.stop()

    def finish(self, verdict=None):
        if verdict is None:
            all_pass = self.failed == 0 and self.passed == len(batch["wanted"])
            verdict = "passed" if all_pass else "failed"
        answer = {"id": self.candidate["id"], "verdict": verdict, "passed": self.passed}
        os.write(self.report_fd, json.dumps(answer).encode())
        os._exit(0)


def begin(wanted_mode):
    """Serves if this is the process that ran the tests when they were recorded."""
    global mode, role, batch
    with open(os.environ["WHIMBREL_BATCH"], encoding="utf-8") as file:
        read = json.load(file)
    if whimbrel_probe.command_line() != read["process"]:
        return
    read["wanted"] = set(read["tests"])
    mode, role, batch = wanted_mode, "server", read
    # What the tests start in turn is no server.
    os.environ.pop("WHIMBREL_PROBE")
    if mode == "cold":
        _warm()
        try:
            _serve(_run_cold)
        except _GoOn:
            pass


def _warm():
    """Imports the runner once for all children. Its absence is told by the program itself."""
    try:
        importlib.import_module(batch["runner"])
    except ImportError:
        pass


def tests_are_here(tests, run):
    """Called by a runner's hook when the tests are collected; never returns."""
    missing = [test for test in batch["tests"] if test not in tests]
    if role == "child":
        if not missing:
            run(batch["tests"])
        child.finish()
    if missing:
        os._exit(3)
    functions = _live_functions()
    _serve(lambda: _run_hot(functions, run))


def wanted_files():
    """The test files that a cold child needs, where it doesn't need all."""
    if role != "child" or mode != "cold" or not batch["few"]:
        return None
    paths = {ROOT + test.split("::")[0] for test in batch["tests"]}
    return {os.path.realpath(path) for path in paths}


def uncollected(test):
    if role == "child":
        child.failed += 1


def enough():
    return role == "child" and batch["stop_at_failure"] and child.failed > 0


def on_enough(stop):
    child.stop = stop


# --- the server -------------------------------------------------------------------------------


def _serve(run):
    """Gives each candidate to a child, a few at once, until the batch or the time is over."""
    gc.collect()
    gc.freeze()
    waiting = list(reversed(batch["candidates"]))
    running = {}
    deadline = time.monotonic() + batch["seconds"]
    with open(os.path.join(whimbrel_probe.OUT, "results.jsonl"), "a") as results:
        while (waiting or running) and time.monotonic() < deadline:
            while waiting and len(running) < batch["children"]:
                _start(waiting.pop(), running, run)
            for answer in _collect(running):
                results.write(json.dumps(answer) + "\n")
                results.flush()
        for _, pid, _, _ in running.values():
            _kill(pid)
    os._exit(0)


def _start(candidate, running, run):
    global role, child
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        role, child = "child", Child(writer, candidate)
        recorder.sink = child.note
        _confine()
        _work(run)
    os.close(writer)
    running[reader] = (candidate, pid, time.monotonic() + batch["child_seconds"] * WALL_PER_CPU, b"")


def _work(run):
    """Only a cold child comes back from `run`, to go on as the program itself."""
    try:
        run()
    except BaseException:
        os._exit(1)
    raise _GoOn()


class _GoOn(BaseException):
    """Unwinds a cold child out of the server, into the program."""


def _confine():
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    whimbrel_probe.limit_memory(CHILD_BYTES_MAX)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (CHILD_FILE_BYTES_MAX, CHILD_FILE_BYTES_MAX))
    # Processor time, so that a busy machine doesn't make a candidate fail. Its signal kills.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, batch["child_seconds"])


def _collect(running):
    """The answers of the children that ended, were killed, or have used up their time."""
    nearest = min(entry[2] for entry in running.values())
    ready, _, _ = select.select(list(running), [], [], max(0.0, nearest - time.monotonic()))
    answers = []
    for reader in ready:
        candidate, pid, end, text = running[reader]
        piece = os.read(reader, 65536)
        running[reader] = (candidate, pid, end, text + piece)
        if not piece:
            answers.append(_ended(reader, running))
    late = [reader for reader, entry in running.items() if entry[2] <= time.monotonic()]
    return answers + [_ended(reader, running) for reader in late]


def _ended(reader, running):
    candidate, pid, _, text = running.pop(reader)
    os.close(reader)
    status = _kill(pid)
    if text:
        return json.loads(text)
    timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGKILL)
    return {"id": candidate["id"], "verdict": "timeout" if timed_out else "crashed", "passed": 0}


def _kill(pid):
    """Kills the child's whole group, whatever it started, and waits for the child."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass
    return os.waitpid(pid, 0)[1]


# --- edits ------------------------------------------------------------------------------------


def _source(path):
    """The file's bytes as they are on the disk, read once by the server."""
    if path not in _original:
        with open(ROOT + path, "rb") as file:
            _original[path] = file.read()
    return _original[path]


def _edited(candidate):
    source = _source(candidate["path"])
    return source[:candidate["start"]] + candidate["text"].encode() + source[candidate["end"]:]


def _compiled(candidate):
    try:
        return compile(_edited(candidate), ROOT + candidate["path"], "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        child.finish("syntax")


def _run_cold():
    """Puts the edited source in place of the file, for whoever imports it."""
    candidate = child.candidate
    if candidate["end"] > candidate["start"] or candidate["text"]:
        _compiled(candidate)
    path, edited = ROOT + candidate["path"], _edited(candidate)
    get_data = machinery.SourceFileLoader.get_data
    path_stats = machinery.SourceFileLoader.path_stats

    def edited_data(self, asked):
        return edited if os.path.realpath(asked) == path else get_data(self, asked)

    def no_stats(self, asked):
        # Without them the import system can't use a stale bytecode file.
        if os.path.realpath(asked) == path:
            raise OSError("edited")
        return path_stats(self, asked)

    machinery.SourceFileLoader.get_data = edited_data
    machinery.SourceFileLoader.path_stats = no_stats


def _run_hot(functions, run):
    candidate = child.candidate
    if candidate["end"] > candidate["start"] or candidate["text"]:
        edited = _compiled(candidate)
        path = ROOT + candidate["path"]
        original = compile(_source(candidate["path"]), path, "exec", dont_inherit=True)
        _swap(original, edited, functions.get(candidate["path"], {}))
    run(batch["tests"])
    child.finish()


def _live_functions():
    """Every function of the repository that exists now, by file and by where it was defined."""
    paths = {candidate["path"] for candidate in batch["candidates"]}
    found = {path: {} for path in paths}
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType):
            code = thing.__code__
            path = relative(code.co_filename)
            if path in paths:
                found[path].setdefault((code.co_firstlineno, code.co_name), []).append(thing)
    return found


def _codes(code):
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]


def _own(code):
    """What a code object does by itself, without what it defines."""
    consts = [const for const in code.co_consts if not isinstance(const, types.CodeType)]
    return (code.co_code, code.co_names, code.co_varnames, repr(consts))


def _swap(old, new, functions):
    """Gives every live function whose code differs its new code; what can't be done hot is told."""
    if old == new:
        return
    inner_old, inner_new = _codes(old), _codes(new)
    if old.co_flags & 1:  # CO_OPTIMIZED: a function, neither a module nor a class body.
        for function in functions.get((old.co_firstlineno, old.co_name), []):
            if len(function.__code__.co_freevars) != len(new.co_freevars):
                child.finish("cold")
            function.__code__ = new
    elif _own(old) != _own(new) or len(inner_old) != len(inner_new):
        child.finish("cold")
    if len(inner_old) == len(inner_new):
        for pair in zip(inner_old, inner_new):
            _swap(*pair, functions)
