"""The fork server: for each candidate edit a child of this process runs the wanted tests with the
edit in place, without writing a file.

`hot` forks after the tests were collected and swaps the code of live functions, which takes
milliseconds. `cold` forks before the program's first line and serves the edited source to the
import system, which sees every edit. A child may hang, crash or eat memory; its group is killed.
"""

import functools
import gc
import importlib
import inspect
import json
import os
import pathlib
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
# A candidate may wait, for others' turns on a busy machine too, this many times longer than it may
# compute, and so many seconds more.
WALL_PER_CPU = 4
WALL_SECONDS = 3

# Candidates that one hot child tries, one after the other, as long as none leaves a trace.
HOT_CHUNK = 16
# How a child ends that wants another to go on with what it has left.
USED_UP = 77

# None | "server" | "child"
role = None
# "hot" | "cold"
mode = None
batch = None
child = None
_original = {}
_codes_of = {}
_caches = []


class Verdict(BaseException):
    """Ends the trying of a candidate, wherever it is noticed how it ends."""


class Child:
    """What a child knows of itself: where to report, and how the tests of a candidate go."""

    def __init__(self, report_fd, candidate):
        self.report_fd = report_fd
        self.stop = None
        self.take_up(candidate)

    def take_up(self, candidate):
        self.candidate = candidate
        self.passed = []
        self.failed = 0
        # Processor time, so that a busy machine doesn't make a candidate fail. Its signal kills.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, batch["child_seconds"])

    def note(self, record):
        if "outcome" in record and record["test"] in batch["wanted"]:
            self.failed += record["outcome"] == "failed"
            if record["outcome"] == "passed":
                self.passed.append(batch["wanted"][record["test"]])
            if enough() and self.stop is not None:
                self.stop()

    def verdict(self):
        all_pass = self.failed == 0 and len(set(self.passed)) == len(batch["wanted"])
        return "passed" if all_pass else "failed"

    def answer(self, verdict):
        answer = {"id": self.candidate["id"], "verdict": verdict, "passed": sorted(set(self.passed))}
        os.write(self.report_fd, json.dumps(answer).encode() + b"\n")


def begin(wanted_mode):
    """Serves if this is the process that ran the tests when they were recorded."""
    global mode, role, batch
    with open(os.environ["WHIMBREL_BATCH"], encoding="utf-8") as file:
        read = json.load(file)
    if whimbrel_probe.command_line() != read["process"]:
        return
    read["wanted"] = {test: index for index, test in enumerate(read["tests"])}
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
        child.answer(child.verdict())
        os._exit(0)
    if missing:
        os._exit(3)
    functions = _live_functions()
    for path in functions:
        _unedited(path)
    _serve(lambda chunk: _run_hot(chunk, functions, run))


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
    """Gives the candidates to children, a few at once, until the batch or the time is over."""
    gc.collect()
    gc.freeze()
    waiting = list(reversed(batch["candidates"]))
    running = {}
    deadline = time.monotonic() + batch["seconds"]
    with open(os.path.join(whimbrel_probe.OUT, "results.jsonl"), "a") as results:
        while (waiting or running) and time.monotonic() < deadline:
            while waiting and len(running) < batch["children"]:
                _start(_chunk(waiting), running, run)
            for answer in _collect(running, waiting):
                results.write(json.dumps(answer) + "\n")
            results.flush()
        for running_child in running.values():
            _kill(running_child.pid)
    os._exit(0)


def _chunk(waiting):
    size = HOT_CHUNK if mode == "hot" else 1
    return [waiting.pop() for _ in range(min(size, len(waiting)))]


class Running:
    """A child, as the server sees it."""

    def __init__(self, pid, chunk):
        self.pid = pid
        self.chunk = chunk
        self.text = b""
        self.renew()

    def renew(self):
        self.end = time.monotonic() + batch["child_seconds"] * WALL_PER_CPU + WALL_SECONDS

    def hear(self, piece):
        """Takes in what the child wrote; gives the answers that are whole."""
        *lines, self.text = (self.text + piece).split(b"\n")
        if lines:
            self.chunk = self.chunk[len(lines):]
            self.renew()
        return [json.loads(line) for line in lines]


def _start(chunk, running, run):
    global role, child
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _confine()
        role, child = "child", Child(writer, chunk[0])
        recorder.sink = child.note
        _work(chunk, run)
    os.close(writer)
    running[reader] = Running(pid, chunk)


def _work(chunk, run):
    """Only a cold child comes back from `run`, to go on as the program itself."""
    try:
        run(chunk)
    except Verdict as verdict:
        child.answer(str(verdict))
        os._exit(0)
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


def _collect(running, waiting):
    """The answers of the children, and of those that ended, were killed or used up their time."""
    nearest = min(each.end for each in running.values())
    ready, _, _ = select.select(list(running), [], [], max(0.0, nearest - time.monotonic()))
    answers, over = [], []
    for reader in ready:
        piece = os.read(reader, 65536)
        answers += running[reader].hear(piece)
        if not piece:
            over.append(reader)
    now = time.monotonic()
    over += [each for each in running if running[each].end <= now and each not in over]
    for reader in over:
        answers += _ended(reader, running.pop(reader), waiting)
    return answers


def _ended(reader, ended, waiting):
    """Blames the candidate that the child was at, and gives the rest back."""
    os.close(reader)
    status = _kill(ended.pid)
    rest, answers = ended.chunk, []
    if rest and not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == USED_UP):
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGKILL)
        verdict = "timeout" if late else "crashed"
        answers = [{"id": rest[0]["id"], "verdict": verdict, "passed": []}]
        rest = rest[1:]
    waiting.extend(reversed(rest))
    return answers


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


def _unedited(path):
    """The file's code as it is, compiled once by the server."""
    if path not in _codes_of:
        _codes_of[path] = compile(_source(path), ROOT + path, "exec", dont_inherit=True)
    return _codes_of[path]


def _edited(candidate):
    source = _source(candidate["path"])
    return source[:candidate["start"]] + candidate["text"].encode() + source[candidate["end"]:]


def _compiled(candidate):
    try:
        return compile(_edited(candidate), ROOT + candidate["path"], "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        raise Verdict("syntax")


def _run_cold(chunk):
    """Puts the edited source in place of the file, for whoever imports it."""
    candidate = chunk[0]
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
    _rewrite_edited(path, edited)


def _rewrite_edited(path, edited):
    """pytest reads the files whose assertions it rewrites by itself."""
    rewrite = sys.modules.get("_pytest.assertion.rewrite")
    read_bytes, read_pyc = pathlib.Path.read_bytes, getattr(rewrite, "_read_pyc", None)
    if rewrite is None or read_pyc is None:
        return

    def edited_bytes(self):
        return edited if os.path.realpath(str(self)) == path else read_bytes(self)

    def no_pyc(source, *args, **kwargs):
        if os.path.realpath(str(source)) == path:
            return None
        return read_pyc(source, *args, **kwargs)

    pathlib.Path.read_bytes = edited_bytes
    rewrite._read_pyc = no_pyc


def _run_hot(chunk, functions, run):
    """Tries one candidate after the other, as long as nothing that lives on has changed."""
    before = _state()
    for candidate in chunk:
        child.take_up(candidate)
        swapped = []
        try:
            known = functions.get(candidate["path"], {})
            _swap(_unedited(candidate["path"]), _compiled(candidate), known, swapped)
            run(batch["tests"])
            verdict = child.verdict()
        except Verdict as early:
            verdict = str(early)
        for function, code in swapped:
            function.__code__ = code
        clean = _is_clean(before)
        child.answer(verdict)
        if not clean:
            break
    os._exit(USED_UP)


def _state():
    """What the repository's modules and classes hold, so that a change of it is noticed."""
    modules = [module for module in list(sys.modules.values())
               if isinstance(getattr(module, "__file__", None), str)
               and relative(module.__file__) is not None]
    places = [vars(module) for module in modules]
    places += [vars(thing) for place in list(places) for thing in list(place.values())
               if isinstance(thing, type) and thing.__module__ == place.get("__name__")]
    return len(sys.modules), [(place, _values(place)) for place in places]


def _values(place):
    """Containers by what is in them, everything else by what it is."""
    return {name: repr(value) if type(value) in (list, dict, set) else id(value)
            for name, value in list(place.items()) if name != "__builtins__"}


def _is_clean(before):
    """Also empties the caches of functions, which would answer for the next candidate."""
    for cache in _caches:
        cache.cache_clear()
    modules, places = before
    return modules == len(sys.modules) and all(_values(place) == old for place, old in places)


def _live_functions():
    """Every function of the repository that exists now, by file and by where it was defined."""
    paths = {candidate["path"] for candidate in batch["candidates"]}
    found = {path: {} for path in paths}
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper):
            _caches.append(thing)
        elif isinstance(thing, types.FunctionType):
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


def _swap(old, new, functions, swapped, inside=False):
    """Gives every live function whose code differs its new code; what can't be done hot is told."""
    if old == new:
        return
    inner_old, inner_new = _codes(old), _codes(new)
    if old.co_flags & inspect.CO_OPTIMIZED:  # A function, neither a module nor a class body.
        _swap_live(functions.get((old.co_firstlineno, old.co_name), []), new, swapped, inside)
        inside = True
    elif _own(old) != _own(new) or len(inner_old) != len(inner_new):
        raise Verdict("cold")
    if len(inner_old) == len(inner_new):
        for pair in zip(inner_old, inner_new):
            _swap(*pair, functions, swapped, inside)


def _swap_live(live, new, swapped, inside):
    if not live and not inside:
        # Not imported yet, perhaps.
        raise Verdict("cold")
    for function in live:
        if len(function.__code__.co_freevars) != len(new.co_freevars):
            raise Verdict("cold")
        swapped.append((function, function.__code__))
        function.__code__ = new
