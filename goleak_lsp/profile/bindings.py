"""The bindings of ``profile.proto``, loaded without what protobuf's runtime imports and does not use.

Where its compiled part is installed the part in pure Python is not used, and takes 6 ms to import.
"""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def _import_when_used(package: str, name: str) -> None:
    """Has a module of a package be there at once, and imported when something of it is asked for."""
    spec = find_spec(f"{package}.{name}")
    if spec is None or spec.loader is None or spec.name in sys.modules:
        return
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    # To be looked up among modules once more would count as a use.
    setattr(sys.modules[package], name, module)


_import_when_used("google.protobuf.internal", "python_message")

from goleak_lsp.profile import profile_pb2  # noqa: E402 - what it imports must be lazy by then

__all__ = ["profile_pb2"]
