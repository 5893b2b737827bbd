"""Whose code it is, where the source is not there."""

import pytest
from support.goroutines import proof

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import Frame, Sample
from goleak_lsp.settings import Evidence

PARK = Frame("runtime.gopark", "/usr/local/go/src/runtime/proc.go", 1)
MUTEX = Frame("sync.(*Mutex).Lock", "/usr/local/go/src/sync/mutex.go", 1)
HTTP = Frame("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", 2)
LIBRARY = Frame("example.com/lib.(*T).run", "/go/pkg/mod/example.com/lib@v1.2.3/t.go", 3)
MAIN = Frame("main.main", "/src/app/cmd/app/main.go", 4)
OWN = Frame("example.com/app/store.(*S).Get", "/src/app/store/get.go", 5)
OTHER = Frame("example.com/other/x.F", "/elsewhere/x/f.go", 6)
TRIMMED_LIBRARY = Frame("example.com/lib.F", "example.com/lib@v1.2.3/t.go", 7)
TRIMMED_HTTP = Frame("net/http.Get", "net/http/client.go", 8)
TRIMMED_OWN = Frame("example.com/app/store.Get", "example.com/app/store/get.go", 9)


def named(tmp_path, *stacks) -> list[str]:
    """The functions by which the goroutines of some stacks are named, sorted."""
    samples = [Sample(stack, 3, state="chan receive", leaked=True) for stack in stacks]
    findings = analyse([("p", proof(*samples))], [], SourceTree(tmp_path), Evidence())
    assert all(f.placement.confidence == "none" and f.placement.path is None for f in findings)
    return sorted(f.stack[f.placement.frame].function for f in findings)


@pytest.mark.parametrize(
    "stacks, functions",
    [
        ([(PARK, LIBRARY, OWN, HTTP), (PARK, HTTP, MAIN)], [OWN.function, MAIN.function]),
        ([(PARK, OTHER, OWN), (PARK, MAIN)], [OWN.function, MAIN.function]),
        ([(PARK, LIBRARY, OWN)], [OWN.function]),
        ([(PARK, TRIMMED_HTTP, TRIMMED_LIBRARY, TRIMMED_OWN)], [TRIMMED_OWN.function]),
        ([(PARK, MUTEX, HTTP, LIBRARY)], [HTTP.function]),
        ([(PARK,)], [PARK.function]),
    ],
)
def test_goroutines_are_named_by_the_users_code(tmp_path, stacks, functions):
    assert named(tmp_path, *stacks) == sorted(functions)


def test_with_source_a_stack_of_libraries_is_the_libraries(go):
    app = go("func main() {\n\tselect {} //@main\n}\n")
    stack = (PARK, LIBRARY, OTHER)
    main = Sample((app.frame("main", "main"),), 1, state="running")
    [finding] = app.check(proof(main, Sample(stack, 2, state="select", leaked=True)))
    assert finding.stack[finding.placement.frame] == LIBRARY
