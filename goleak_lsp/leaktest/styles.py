"""How a leak test tells that goroutines are left: in the module's own style, by its Go version."""

from __future__ import annotations

import re
from collections.abc import Sequence

from goleak_lsp.frozen import Frozen
from goleak_lsp.leaktest.scenario import Scenario

SYNCTEST, GOLEAK, PROFILE, STACKS = "synctest", "goleak", "goroutineleak", "stacks"

GOLEAK_PATH = "go.uber.org/goleak"


class Place(Frozen):
    """Where the goroutines of a finding are blocked: the runtime's name without the package, and ``file:line``."""

    function: str
    where: str


def version_of(go: str) -> tuple[int, int]:
    """``1.25.4`` as numbers to compare; an unknown version is older than all others."""
    match = re.match(r"(\d+)\.(\d+)", go)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def style_of(go: str, uses_goleak: bool, in_bubble: bool, proved: bool) -> str:
    """The style for a module: ``in_bubble`` where all that blocks belongs to the test alone,
    ``proved`` where the runtime itself has called it a leak."""
    version = version_of(go)
    if uses_goleak:
        return GOLEAK
    if in_bubble and version >= (1, 25):
        return SYNCTEST
    return PROFILE if proved and version >= (1, 27) else STACKS


def render(package: str, name: str, place: Place, scenario: Scenario, style: str, constraint: str = "") -> str:
    """The test file's text, formatted as gofmt would; it is built under ``constraint``, as what it calls is."""
    comment, imports, lines = _STYLES[style](name, place, scenario.lines)
    head = [f"//go:build {constraint}", ""] if constraint else []
    head += [f"package {package}", "", *_imports({"testing": "testing"} | imports | scenario.imports), ""]
    body = [f"func {name}(t *testing.T) {{", *_tabbed(lines, 1), "}"]
    return "\n".join([*head, *scenario.declarations, *comment, *body, ""])


def _imports(imports: dict[str, str]) -> list[str]:
    ours = sorted((path, name) for name, path in imports.items())
    standard = [_spec(*item) for item in ours if "." not in item[0].split("/")[0]]
    others = [_spec(*item) for item in ours if "." in item[0].split("/")[0]]
    specs = [*standard, *([""] if others else []), *others]
    return [f"import {specs[0]}"] if len(specs) == 1 else ["import (", *_tabbed(specs, 1), ")"]


def _spec(path: str, name: str) -> str:
    return f'"{path}"' if path.rpartition("/")[2] == name else f'{name} "{path}"'


def _tabbed(lines: Sequence[str], depth: int) -> list[str]:
    return ["\t" * depth + line if line else "" for line in lines]


def _comment(name: str, place: Place, *how: str) -> list[str]:
    return [f"// {name} fails while goroutines stay blocked in {place.function} ({place.where}).", *how]


def _scoped(lines: Sequence[str], *reserved: str) -> list[str]:
    """The lines in a function of their own, where they defer something or declare a name of the test's."""
    text = "\n".join(lines)
    names = "|".join(reserved)
    if re.search(rf"^defer\b|^[\w, ]*\b({names})\b[\w, ]*:=|^var ({names})\b", text, re.MULTILINE):
        return ["func() {", *_tabbed(lines, 1), "}()"]
    return list(lines)


def _synctest(name: str, place: Place, lines: Sequence[str]):
    how = "// synctest.Test waits for every goroutine that starts in it, and shows those that cannot end."
    # The bubble's clock stops with the function that it runs, and goroutines that sleep then cannot end.
    inner = [*_scoped(lines, "t", "time"), "time.Sleep(time.Minute) // of the bubble's clock: what only sleeps ends"]
    body = ["synctest.Test(t, func(t *testing.T) {", *_tabbed(inner, 1), "})"]
    return _comment(name, place, how), {"synctest": "testing/synctest", "time": "time"}, body


def _goleak(name: str, place: Place, lines: Sequence[str]):
    body = ["defer goleak.VerifyNone(t, goleak.IgnoreCurrent())", *_scoped(lines, "t")]
    return _comment(name, place), {"goleak": GOLEAK_PATH}, body


def _running(place: Place) -> list[str]:
    return [
        "blocked := func() int {",
        "\tvar stacks strings.Builder",
        '\tpprof.Lookup("goroutine").WriteTo(&stacks, 2)',
        f'\treturn strings.Count(stacks.String(), ".{place.function}(")',
        "}",
        "before := blocked()",
    ]


_NAMES = ("t", "blocked", "before", "leaks", "pprof", "strings", "time")

_NEEDED = {"pprof": "runtime/pprof", "strings": "strings", "time": "time"}


def _stacks(name: str, place: Place, lines: Sequence[str]):
    body = [
        *_running(place),
        *_scoped(lines, *_NAMES),
        "time.Sleep(100 * time.Millisecond)",
        "for deadline := time.Now().Add(2 * time.Second); blocked() > before; time.Sleep(10 * time.Millisecond) {",
        "\tif time.Now().After(deadline) {",
        f'\t\tt.Fatalf("%d goroutines stay blocked in {place.function} ({place.where})", blocked()-before)',
        "\t}",
        "}",
    ]
    return _comment(name, place), _NEEDED, body


def _profile(name: str, place: Place, lines: Sequence[str]):
    body = [
        *_running(place),
        *_scoped(lines, *_NAMES),
        "time.Sleep(100 * time.Millisecond)",
        "for deadline := time.Now().Add(time.Second); blocked() > before && time.Now().Before(deadline); {",
        "\ttime.Sleep(10 * time.Millisecond)",
        "}",
        "var leaks strings.Builder",
        'pprof.Lookup("goroutineleak").WriteTo(&leaks, 1)',
        f'if strings.Contains(leaks.String(), ".{place.function}+") {{',
        f'\tt.Fatalf("goroutines are leaked in {place.function} ({place.where}):\\n%s", leaks.String())',
        "}",
    ]
    return _comment(name, place, "// The runtime itself proves that nothing can wake them."), _NEEDED, body


_STYLES = {SYNCTEST: _synctest, GOLEAK: _goleak, PROFILE: _profile, STACKS: _stacks}
