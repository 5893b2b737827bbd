"""What follows from the declarations of a package, found out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Facts:
    """A value of the source that keeps what was asked about it."""

    def __init__(self) -> None:
        self._facts: dict[tuple, object] = {}

    def fact(self, function: Callable[..., T], *arguments) -> T:
        """What ``function`` makes of this value and of ``arguments``, hashable values; asked only once."""
        key = (function, *arguments)
        if key not in self._facts:
            self._facts[key] = function(self, *arguments)
        return self._facts[key]
