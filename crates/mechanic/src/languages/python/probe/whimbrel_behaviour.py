"""Tells candidates apart that pass the same tests: each is called with the arguments that the tests
gave to the edited functions, and with some that are a little different, in a child of its own. What
comes out is compared as text. Knows nothing of verdicts.
"""

import copy
import hashlib
import inspect
import itertools
import json
import os
import re
import select
import signal
import sys
import time
import types

import whimbrel_edits as edits
import whimbrel_probe
from whimbrel_probe import relative

# Calls that are seen of one function, and inputs that are made of them.
SEEN_MAX = 24
INPUTS_MAX = 120
# Of one result's text.
RESULT_CHARS_MAX = 400
# Of what a function yields.
YIELDED_MAX = 50
# Processor seconds of all inputs of one candidate, and of one input.
CANDIDATE_SECONDS = 2.0
CALL_SECONDS = 0.1
# Seconds by the clock that a child of this process may take.
CHILD_WALL_SECONDS = 20.0
_ADDRESS = re.compile(r"0x[0-9a-f]{4,}")


class _TooLong(BaseException):
    """One call took too long."""


def serve(server, live, run):
    """Writes what each candidate does, and never returns."""
    batch = server.batch
    functions = _edited_functions(batch, live)
    inputs = _made_of(_seen(functions, run, batch["tests"]))
    with open(os.path.join(whimbrel_probe.OUT, "behaviour.jsonl"), "w") as file:
        file.write(json.dumps({"inputs": sum(len(each) for _, each in inputs)}) + "\n")
        end = time.monotonic() + batch["seconds"]
        for candidate in batch["candidates"]:
            if candidate["id"] == 0 or time.monotonic() > end:
                continue
            text = _in_a_child(server, lambda: _digest(candidate, live, inputs))
            file.write(json.dumps({"id": candidate["id"], "does": text or None}) + "\n")
            file.flush()
    os._exit(0)


def _edited_functions(batch, live):
    """The live functions whose code any candidate differs in, by their place."""
    found = {}
    for candidate in batch["candidates"]:
        if candidate["id"] == 0:
            continue
        swapped = []
        try:
            swapped = live.swap(candidate["path"], *edits.file(candidate["path"]).pair(candidate))
        except edits.Verdict:
            pass
        edits.restore(swapped)
        for function, code in swapped:
            key = (code.co_filename, code.co_firstlineno, code.co_name)
            found.setdefault(key, function)
    return found


def _seen(functions, run, tests):
    """What the tests call the functions with. It is copied when a call begins, as calls change
    what they get; what can't be copied is left out."""
    seen = {key: [] for key in functions}

    def note(frame, event, arg):
        code = frame.f_code
        if event != "call" or relative(code.co_filename) is None:
            return
        calls = seen.get((code.co_filename, code.co_firstlineno, code.co_name))
        if calls is None or len(calls) >= SEEN_MAX:
            return
        sys.setprofile(None)
        try:
            calls.append(copy.deepcopy(_arguments(frame)))
        except Exception:
            pass
        finally:
            sys.setprofile(note)

    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, 10 * CANDIDATE_SECONDS)
    sys.setprofile(note)
    try:
        run(tests)
    except BaseException:
        pass
    finally:
        sys.setprofile(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
    return [(functions[key], calls) for key, calls in seen.items()]


def _arguments(frame):
    code, values = frame.f_code, frame.f_locals
    count = code.co_argcount
    names = code.co_varnames
    positional = [values[name] for name in names[:count]]
    keywords = {name: values[name] for name in names[count:count + code.co_kwonlyargcount]}
    at = count + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        positional += values[names[at]]
        at += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords.update(values[names[at]])
    return positional, keywords


def _made_of(seen):
    """The calls themselves, each text of them once, and those with one argument a bit different."""
    made = []
    for function, calls in seen:
        known, inputs = set(), []
        near = itertools.chain(calls, *zip(*[_near(call) for call in calls])) if calls else []
        for call in near:
            text = _shown_call(call)
            if text not in known and len(inputs) < INPUTS_MAX:
                known.add(text)
                inputs.append(call)
        made.append((function, inputs))
    return made


def _near(call):
    """As many for each call, so that none takes all the room."""
    positional, keywords = call
    near = []
    for index, value in enumerate(positional):
        for other in _others(value):
            near.append((positional[:index] + [other] + positional[index + 1:], keywords))
    for name, value in keywords.items():
        for other in _others(value):
            near.append((positional, dict(keywords, **{name: other})))
    return (near * 12)[:12] if near else [call] * 12


def _others(value):
    if value is True or value is False:
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1, value - 1, 0, -value, value * 2]
    if isinstance(value, str):
        return [value[1:], value[:-1], "", value + value[:1], value.swapcase(), value[::-1]]
    if isinstance(value, (list, tuple)):
        return [value[1:], value[:-1], value[:0], value + value[:1], value[::-1]]
    if isinstance(value, dict):
        return [dict(list(value.items())[1:]), {}]
    if isinstance(value, set):
        return [set(list(sorted(value, key=repr))[1:]), set()]
    return []


def _digest(candidate, live, inputs):
    old, new = edits.file(candidate["path"]).pair(candidate)
    live.swap(candidate["path"], old, new)
    signal.signal(signal.SIGPROF, _too_long)
    end = time.process_time() + CANDIDATE_SECONDS
    did = hashlib.blake2b(digest_size=12)
    for function, calls in inputs:
        for call in calls:
            if time.process_time() > end:
                return ""
            live.forget()
            did.update(_outcome(function, call).encode("utf-8", "replace") + b"\0")
    return did.hexdigest()


def _outcome(function, call):
    """What the call gives or raises, and what it leaves of its arguments."""
    try:
        positional, keywords = copy.deepcopy(call)
        signal.setitimer(signal.ITIMER_PROF, CALL_SECONDS)
        result = function(*positional, **keywords)
        if isinstance(result, types.GeneratorType):
            result = list(itertools.islice(result, YIELDED_MAX))
        text = _shown(result)
    except _TooLong:
        return "too long"
    except (Exception, SystemExit) as error:
        text = "raises " + type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return text + " " + _shown_call((positional, keywords))


def _shown(value):
    """As text, without where in memory things are; an object without a text by what it holds."""
    try:
        plain = type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__")
        text = type(value).__name__ + repr(vars(value)) if plain else repr(value)
    except Exception as error:
        text = "no text: " + type(error).__name__
    return _ADDRESS.sub("", text[:RESULT_CHARS_MAX])


def _shown_call(call):
    positional, keywords = call
    return ", ".join(map(_shown, positional)) + _shown(keywords)


def _too_long(signum, frame):
    raise _TooLong


def _in_a_child(server, work):
    """What `work` gives, of a child that may crash or hang; an empty text where it does."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reader)
            server.confine()
            os.write(writer, work().encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    ready, _, _ = select.select([reader], [], [], CHILD_WALL_SECONDS)
    text = os.read(reader, 100).decode("ascii", "replace") if ready else ""
    os.close(reader)
    server.kill(pid)
    return text
