"""How Go spells function names, and what a name tells of its package."""

from __future__ import annotations

from functools import lru_cache

RUNTIME_PREFIXES = ("runtime.", "internal/runtime/")


def text_form(name: str) -> str:
    """``name`` as Go's text formats print it: type arguments become ``[...]``.

    >>> text_form("main.(*T[go.shape.string]).m")
    'main.(*T[...]).m'
    """
    start = name.find("[")
    if start < 0 or "[...]" in name:
        return name
    out, depth, begin = [], 0, 0
    for at in range(start, len(name)):
        if name[at] == "[":
            if depth == 0:
                out += (name[begin:at], "[...]")
            depth += 1
        elif name[at] == "]" and depth:
            depth -= 1
            begin = at + 1
    return "".join(out) + (name[begin:] if depth == 0 else "")


@lru_cache(maxsize=8192)
def split(name: str) -> tuple[str, str]:
    """The import path of a function's package, and its name within that package.

    >>> split("gopkg.in/yaml%2ev3.(*T).m")
    ('gopkg.in/yaml.v3', '(*T).m')
    """
    # Type arguments and method receivers may hold slashes and dots of other packages.
    end = min((i for i in (name.find("["), name.find("(")) if i >= 0), default=len(name))
    dot = name.find(".", name.rfind("/", 0, end) + 1)
    if dot < 0:
        return "", name
    return name[:dot].replace("%2e", "."), name[dot + 1 :]


def is_runtime(name: str) -> bool:
    """Whether the function belongs to the runtime itself, which text formats hide."""
    return name.startswith(RUNTIME_PREFIXES)


def is_standard(package: str) -> bool:
    """Whether an import path belongs to the standard library: its first element has no dot.

    A main module may have such a path too, so callers ask this only where no source is known.
    """
    return "." not in package.split("/", 1)[0] and package != "main"
