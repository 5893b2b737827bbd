"""How deep the runtime's own profiles look: stacks at the limit have lost their outer end."""

from __future__ import annotations

_LIMITS = (32, 128, 129)
"""Addresses kept of a stack: 32 up to Go 1.22, then 128, and 129 in what 1.24 and later encode."""


def limit_of(deepest: int) -> int:
    """The number of addresses at which a stack is cut, told by the deepest stack of a profile; 0 if none is.

    A stack of 32 is whole where another one is deeper.
    """
    return deepest if deepest in _LIMITS else 0
