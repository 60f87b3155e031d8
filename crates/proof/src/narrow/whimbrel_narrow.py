"""Lets pytest pass over the test files that WHIMBREL_ONLY doesn't name.

Other files, conftest.py among them, are loaded as ever.
"""

import json
import os

import pytest

_root = os.path.realpath(os.environ.get("WHIMBREL_ROOT", os.getcwd()))
_only = {os.path.join(_root, path) for path in json.loads(os.environ.get("WHIMBREL_ONLY", "[]"))}


def _is_passed_over(path):
    return bool(_only) and os.path.isfile(path) and os.path.realpath(path) not in _only or None


# Before version 7 a hook got a path of another kind, under another name.
if hasattr(pytest, "version_tuple"):

    def pytest_ignore_collect(collection_path):
        return _is_passed_over(str(collection_path))

else:

    def pytest_ignore_collect(path):
        return _is_passed_over(str(path))
