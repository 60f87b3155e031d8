"""The fork server: for each candidate edit a child of this process runs the wanted tests with the
edit in place, without writing a file.

`hot` forks after the tests were collected and swaps the code of live functions, which takes
less than a millisecond. `cold` forks before the program's first line and serves the edited source
to the import system, which sees every edit. A child may hang, crash, fork, close its files or eat
memory; its group is killed.
"""

import gc
import importlib
import json
import os
import pathlib
import resource
import select
import signal
import sys
import time
from importlib import machinery

import whimbrel_edits as edits
import whimbrel_probe
from whimbrel_edits import Verdict
from whimbrel_probe import ROOT, recorder

# Address space a child may take on top of the server's.
CHILD_BYTES_MAX = 1024 * 1024 * 1024
# A file a child writes.
CHILD_FILE_BYTES_MAX = 64 * 1024 * 1024
# A candidate may wait, for others' turns on a busy machine too, this many times longer than it may
# compute, and so many seconds more.
WALL_PER_CPU = 4
WALL_SECONDS = 3
# Of one test's own time, what is taken at least where a limit is made of it.
TEST_SECONDS_MIN = 0.01
# Answers that come within such a time are read together: to be woken for each takes a child's
# processor away from it, which costs more than the trying of a candidate.
GATHER_SECONDS = 0.003

# Candidates that one hot child tries, one after the other, as long as none leaves a trace.
HOT_CHUNK = 64
# Where looking for traces takes longer than this, each candidate gets a child of its own.
TRACES_SECONDS_MAX = 0.002
# How a child ends that wants another to go on with what it has left.
USED_UP = 77

# None | "server" | "child"
role = None
# "hot" | "cold" | "behaviour"
mode = None
batch = None
child = None


class Child:
    """What a child knows of itself: where to report, and how the tests of a candidate go."""

    def __init__(self, report_fd, candidate):
        self.report_fd = report_fd
        self.pid = os.getpid()
        self.stop = None
        self.take_up(candidate)

    def take_up(self, candidate):
        self.candidate = candidate
        self.passed = set()
        self.failed = 0
        self.seconds = {}
        self.code = ""
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        self.allow(batch["start_seconds"])

    def allow(self, seconds):
        """Processor time, so that a busy machine doesn't make a candidate fail. Its signal kills."""
        signal.setitimer(signal.ITIMER_PROF, seconds)

    def started(self, test):
        self.began = time.process_time()
        if test in batch["wanted"]:
            self.allow(batch["patience"] * max(batch["seconds_of"][test], TEST_SECONDS_MIN))

    def note(self, record):
        test = record.get("test")
        if "outcome" not in record or test not in batch["wanted"]:
            return
        self.seconds[test] = time.process_time() - self.began
        # What comes between tests, like a fixture of a class, has the time of all.
        self.allow(batch["start_seconds"])
        self.ended(test, record["outcome"])

    def ended(self, test, outcome):
        self.failed += outcome == "failed"
        if outcome == "passed":
            self.passed.add(batch["wanted"][test])
        if enough() and self.stop is not None:
            self.stop()

    def verdict(self):
        all_pass = self.failed == 0 and len(self.passed) == len(batch["wanted"])
        return "passed" if all_pass else "failed"

    def answer(self, verdict):
        if os.getpid() != self.pid:
            # Something that a test forked and forgot came back as if it were the child.
            os._exit(0)
        answer = {"id": self.candidate["id"], "verdict": verdict, "passed": sorted(self.passed),
                  "code": self.code}
        if self.candidate["id"] == 0:
            answer["seconds"] = self.seconds
        os.write(self.report_fd, json.dumps(answer).encode() + b"\n")


def begin(wanted_mode):
    """Serves if this is the process that ran the tests when they were recorded."""
    global mode, role, batch
    with open(os.environ["WHIMBREL_BATCH"], encoding="utf-8") as file:
        read = json.load(file)
    if whimbrel_probe.command_line() != read["process"]:
        return
    read["wanted"] = {test: index for index, test in enumerate(read["tests"])}
    read["known"] = _known() if read["dedupe"] else set()
    mode, role, batch = wanted_mode, "server", read
    # What the tests start in turn is no server.
    os.environ.pop("WHIMBREL_PROBE")
    if mode == "cold":
        _warm()
        try:
            _serve(_run_cold)
        except _GoOn:
            pass


def _known_path():
    return os.path.join(os.path.dirname(os.environ["WHIMBREL_BATCH"]), "known")


def _known():
    """Digests of the code that earlier batches of the same search tried."""
    try:
        with open(_known_path(), encoding="utf-8") as file:
            return set(file.read().split())
    except OSError:
        return set()


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
    live = edits.Live({candidate["path"] for candidate in batch["candidates"]})
    for path in live.functions:
        edits.file(path)
    if mode == "behaviour":
        import whimbrel_behaviour

        whimbrel_behaviour.serve(sys.modules[__name__], live, run)
    _serve(lambda chunk: _run_hot(chunk, live, run))


def wanted_files():
    """The test files that a cold child needs, where it doesn't need all."""
    if role != "child" or mode != "cold" or not batch["few"]:
        return None
    paths = {ROOT + test.split("::")[0] for test in batch["tests"]}
    return {os.path.realpath(path) for path in paths}


def uncollected(test):
    if role == "child":
        child.failed += 1


def is_first_level():
    """The failing tests, in a child that goes on to the next candidate: only a first sieve."""
    return mode == "hot" and batch["failing"]


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
    began = time.monotonic()
    deadline = began + batch["seconds"]
    folder = whimbrel_probe.OUT
    with open(os.path.join(folder, "results.jsonl"), "a") as results, \
            open(_known_path(), "a") as known:
        while (waiting or running) and time.monotonic() < deadline:
            while waiting and len(running) < _width():
                _start(_chunk(waiting), running, run)
            for answer in _collect(running, waiting):
                _settle(answer, known)
                results.write(json.dumps(answer) + "\n")
            results.flush()
            known.flush()
            _only_the_first_without(waiting)
        results.write(json.dumps({"served_ms": int(1000 * (time.monotonic() - began))}) + "\n")
        for running_child in running.values():
            kill(running_child.pid)
    os._exit(0)


def _width():
    """The first, which is no edit, runs alone: it says how long the tests take."""
    return batch["children"] if batch.get("measured") else 1


def _chunk(waiting):
    size = HOT_CHUNK if mode == "hot" and batch.get("measured") else 1
    if batch.get("traces_are_dear"):
        size = 1
    return [waiting.pop() for _ in range(min(size, len(waiting)))]


def _settle(answer, known):
    """What an answer says about the others: how long tests take, and which code is known."""
    if answer["id"] == 0:
        batch["measured"] = True
        batch["unsound"] = bool(answer["passed"]) or answer["verdict"] == "passed"
        if answer.get("seconds") and mode == "hot":
            batch["seconds_of"].update(answer["seconds"])
            batch["traces_are_dear"] = _traces_seconds() > TRACES_SECONDS_MAX
    code = answer.get("code")
    if code and batch["dedupe"]:
        if code in batch["known"]:
            answer["verdict"] = "same"
        else:
            batch["known"].add(code)
            known.write(code + "\n")


def _traces_seconds():
    """Of processor time; the first look reads file names that later ones remember."""
    edits.State()
    began = time.process_time()
    edits.State()
    return time.process_time() - began


def _only_the_first_without(waiting):
    """Where the tests say something else without an edit, no answer could be believed."""
    if batch.get("unsound") and batch["failing"]:
        waiting.clear()


class Running:
    """A child, as the server sees it."""

    def __init__(self, pid, chunk):
        self.pid = pid
        self.chunk = chunk
        self.text = b""
        self.renew()

    def renew(self):
        self.end = time.monotonic() + batch["wall_seconds"] * WALL_PER_CPU + WALL_SECONDS

    def hear(self, piece):
        """Takes in what the child wrote; gives the answers that are whole."""
        *lines, self.text = (self.text + piece).split(b"\n")
        answers = []
        for answer in map(_understood, lines):
            # The program under repair can write here, too; what doesn't fit isn't the child's.
            if answer is not None and self.chunk and answer["id"] == self.chunk[0]["id"]:
                answers.append(answer)
                self.chunk = self.chunk[1:]
                self.renew()
        return answers


def _understood(line):
    try:
        answer = json.loads(line)
        return answer if isinstance(answer["passed"], list) and answer["verdict"] else None
    except (ValueError, KeyError, TypeError):
        return None


def _start(chunk, running, run):
    global role, child
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        confine()
        role, child = "child", Child(writer, chunk[0])
        recorder.sink, recorder.started = child.note, child.started
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


def confine():
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
    time.sleep(GATHER_SECONDS)
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
    status = kill(ended.pid)
    rest, answers = ended.chunk, []
    if rest and not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == USED_UP):
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGKILL)
        verdict = "timeout" if late else "crashed"
        answers = [{"id": rest[0]["id"], "verdict": verdict, "passed": []}]
        rest = rest[1:]
    waiting.extend(reversed(rest))
    return answers


def kill(pid):
    """Kills the child's whole group, whatever it started, and waits for the child."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass
    return os.waitpid(pid, 0)[1]


# --- edits ------------------------------------------------------------------------------------


def _run_cold(chunk):
    """Puts the edited source in place of the file, for whoever imports it."""
    candidate = chunk[0]
    if candidate["id"] == 0:
        return
    source = edits.file(candidate["path"])
    source.pair(candidate)
    path, edited = source.path, source.edited(candidate)
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


def _run_hot(chunk, live, run):
    """Tries one candidate after the other, as long as nothing that lives on has changed."""
    before = None if len(chunk) == 1 else edits.State()
    for candidate in chunk:
        child.take_up(candidate)
        swapped = []
        try:
            swapped = _put_in(candidate, live)
            run(batch["tests"])
            verdict = child.verdict()
        except Verdict as early:
            verdict = str(early)
        child.allow(batch["start_seconds"])
        edits.restore(swapped)
        live.forget()
        clean = before is not None and before.is_as_before()
        child.answer(verdict)
        if not clean:
            break
    os._exit(USED_UP)


def _put_in(candidate, live):
    if candidate["id"] == 0:
        return []
    old, new = edits.file(candidate["path"]).pair(candidate)
    swapped = live.swap(candidate["path"], old, new)
    if batch["dedupe"]:
        code = edits.digest(candidate["path"], new)
        if code in batch["known"] or code == edits.digest(candidate["path"], old):
            edits.restore(swapped)
            raise Verdict("same")
        child.code = code
    return swapped
