"""Edits of source files as code: compiled, compared, swapped into live functions and taken out.

Knows nothing of tests, children or verdicts' meaning.
"""

import __future__
import ast
import functools
import gc
import hashlib
import inspect
import os
import sys
import types
import warnings

from whimbrel_probe import ROOT, relative

# A container of a module with more in it is compared by its identity and size alone.
COMPARED_MAX = 500
# What Python and the runners write down for themselves with each test.
_IDLE = {"__builtins__", "__warningregistry__", "tearDown_exceptions", "_classSetupFailed",
         "_moduleSetUpFailed"}
_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag


class Verdict(BaseException):
    """Ends the trying of a candidate, wherever it is noticed how it ends."""


class File:
    """A source file as it is on the disk, and its functions, classes and methods, which compile by
    themselves: that is faster than the whole file and gives the same code."""

    def __init__(self, path):
        self.path = ROOT + path
        with open(self.path, "rb") as file:
            self.source = file.read()
        self.code = compile(self.source, self.path, "exec", dont_inherit=True)
        self.flags = self.code.co_flags & _FUTURE
        self.parts = self._parts()
        self.codes = {}

    def _parts(self):
        """Inner ones first. A method compiles within its class's header alone, which is what gives
        it its private names and its `super()`."""
        starts = [0]
        for line in self.source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        parts = []
        for node in ast.parse(self.source).body:
            if isinstance(node, ast.ClassDef):
                parts += [_part(starts, method, f"class {node.name}:\n".encode())
                          for method in node.body if isinstance(method, _FUNCTIONS)
                          and _first_line(method) > _first_line(node)]
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                parts.append(_part(starts, node, b""))
        return parts

    def part(self, candidate):
        """The smallest definition that the whole edit is in, or None."""
        for part in self.parts:
            if part[0] <= candidate["edits"][0][0] and candidate["edits"][-1][1] < part[1]:
                return part
        return None

    def edited(self, candidate, start=0, end=None):
        end = len(self.source) if end is None else end
        pieces = []
        for first, last, text in candidate["edits"]:
            pieces += [self.source[start:first], text.encode()]
            start = last
        return b"".join(pieces + [self.source[start:end]])

    def pair(self, candidate):
        """The code without and with the edit, of the smallest part that compiles by itself."""
        part = self.part(candidate)
        if part is None:
            return self.code, self._compile(self.edited(candidate), 1)
        start, end, line, header = part
        if part not in self.codes:
            self.codes[part] = self._compile(self.source[start:end], line, header)
        edited = self.edited(candidate, start, end)
        return self.codes[part], self._compile(edited, line, header)

    def _compile(self, source, line, header=b""):
        source = b"\n" * (line - 1 - bool(header)) + header + source
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return compile(source, self.path, "exec", flags=self.flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Verdict("syntax")


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _first_line(node):
    return min([node.lineno] + [each.lineno for each in node.decorator_list])


def _part(starts, node, header):
    """From the beginning of its first line to the end of its last."""
    first = _first_line(node)
    return starts[first - 1], starts[node.end_lineno], first, header


_files = {}


def file(path):
    """Read and compiled once by the server, before it forks."""
    if path not in _files:
        _files[path] = File(path)
    return _files[path]


# --- sameness -----------------------------------------------------------------------------------


def digest(path, code):
    """Equal for code that does the same in the same words, wherever on the line they stand."""
    text = repr((path, code.co_firstlineno, _signature(code)))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _signature(code):
    consts = [_signature(const) if isinstance(const, types.CodeType)
              else (type(const).__name__, repr(const)) for const in code.co_consts]
    return (code.co_name, code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars,
            code.co_cellvars, code.co_flags, code.co_argcount, code.co_kwonlyargcount,
            code.co_posonlyargcount, getattr(code, "co_exceptiontable", b""))


# --- swapping -----------------------------------------------------------------------------------


class Live:
    """Every function of some files that exists now, by file and by where it was defined."""

    def __init__(self, paths):
        self.functions = {path: {} for path in paths}
        self.caches = []
        for thing in gc.get_objects():
            if isinstance(thing, functools._lru_cache_wrapper):
                code = getattr(getattr(thing, "__wrapped__", None), "__code__", None)
                if code is not None and relative(code.co_filename) is not None:
                    self.caches.append(thing)
            elif isinstance(thing, types.FunctionType):
                self._note(thing)

    def _note(self, function):
        code = function.__code__
        path = relative(code.co_filename)
        if path in self.functions:
            key = (code.co_firstlineno, code.co_name)
            self.functions[path].setdefault(key, []).append(function)

    def swap(self, path, old, new):
        """Gives every function whose code differs its new code; what was there is given back."""
        swapped = []
        try:
            _swap(old, new, self.functions.get(path, {}), swapped)
        except Verdict:
            restore(swapped)
            raise
        return swapped

    def forget(self):
        """Empties the caches of functions, which would answer for the next candidate."""
        for cache in self.caches:
            cache.cache_clear()


def restore(swapped):
    for function, code in swapped:
        function.__code__ = code


def _codes(code):
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]


def _own(code):
    """What a code object does by itself, without what it defines."""
    consts = [const for const in code.co_consts if not isinstance(const, types.CodeType)]
    return (code.co_code, code.co_names, code.co_varnames, repr(consts))


def _swap(old, new, functions, swapped, inside=False):
    """What can't be done while the program lives is told."""
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


# --- traces that a candidate leaves -------------------------------------------------------------


class State:
    """What the repository's modules and classes hold, so that a change of it is noticed."""

    def __init__(self):
        modules = [module for module in list(sys.modules.values())
                   if isinstance(getattr(module, "__file__", None), str)
                   and relative(module.__file__) is not None]
        places = [vars(module) for module in modules]
        places += [vars(thing) for place in list(places) for thing in list(place.values())
                   if isinstance(thing, type) and thing.__module__ == place.get("__name__")]
        self.modules = len(sys.modules)
        self.folder = os.getcwd()
        self.places = [(place, _values(place)) for place in places]

    def is_as_before(self):
        try:
            if os.getcwd() != self.folder or len(sys.modules) != self.modules:
                return False
            return all(_values(place) == old for place, old in self.places)
        except Exception:
            return False


def _values(place):
    """Containers by what is in them, everything else by what it is."""
    return {name: _value(value) for name, value in list(place.items()) if name not in _IDLE}


def _value(value):
    if type(value) not in (list, dict, set):
        return id(value)
    if len(value) > COMPARED_MAX:
        return id(value), len(value)
    try:
        return repr(value)
    except Exception:
        return id(value)
