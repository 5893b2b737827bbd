"""The base of all frozen values: named tuples whose definition costs a start less.

``typing.NamedTuple`` compiles every annotation, which nobody reads: 5 ms for all classes of a short command.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as Frozen
else:

    class _Definition(type):
        """Makes a named tuple of a class: of its annotations the fields, of its values their defaults."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))
            for key, value in body.items():
                setattr(made, key, value)
            return made

    class Frozen(metaclass=_Definition):
        """``class Point(Frozen)`` with annotated fields, as ``typing.NamedTuple`` has it."""
