"""Makes Python's test runners report each test, and ends tests that never would.

Python imports a module of this name at its start, from PYTHONPATH. It must never stop the
tests as a whole: whatever goes wrong here is left unsaid.
"""

import sys
from importlib.machinery import PathFinder


class _Watch:
    """Waits for test runners, so that programs that use none start as fast as ever."""

    def __init__(self, watched):
        self.watched = watched

    def find_spec(self, name, path=None, target=None):
        act = self.watched.pop(name, None)
        if act is None:
            return None
        spec = PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            try:
                import whimbrel_runners

                getattr(whimbrel_runners, act)(module)
            except Exception:
                pass

        spec.loader.exec_module = exec_module
        return spec


def _chain():
    """Runs the sitecustomize that would have been imported without this one."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)


try:
    import os as _os

    _watched = {}
    if "WHIMBREL_REPORT" in _os.environ:
        _watched["unittest.result"] = "report_unittest"
        _watched["unittest.main"] = "claim_unittest"
        _watched["_pytest.config"] = "report_pytest"
    if "WHIMBREL_REPORT" in _os.environ or "WHIMBREL_TEST_SECONDS" in _os.environ:
        _watched["unittest.case"] = "limit_unittest"
        _watched["_pytest.runner"] = "limit_pytest"
    if _watched:
        sys.meta_path.insert(0, _Watch(_watched))
except Exception:
    pass
_chain()
