"""Goroutines that nobody is left to wake: what shows it, and all that counts against it."""

import pytest
from support.goroutines import plain, said

from goleak_lsp.features.words import reasoning
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.model import Frame, Profile, Sample

MAIN = Frame("main.main", "/x/main.go", 1)


def body(*lines: str, before: str = "") -> str:
    """A file whose function f holds ``lines``."""
    return f'import "sync"\n\nvar _ sync.Mutex\n{before}\nfunc f(fail bool) {{\n' + "\n".join(lines) + "\n}\n"


def orphans_of(app, profiles) -> list[tuple[str, int]]:
    return [(e, n) for e, n, _ in said(app.check(*profiles)) if e == "orphaned"]


def orphans(app, *samples, **more) -> list[tuple[str, int]]:
    return orphans_of(app, [plain(*samples, **more)])


ALONE = {
    "a channel that only the function knows": ("ch := make(chan int)", "<-ch //@at"),
    "a send on one": ("ch := make(chan int)", "ch <- 1 //@at"),
    "a range over one": ("ch := make(chan int)", "for range ch { //@at", "}"),
    "as a variable": ("var ch = make(chan int)", "<-ch //@at"),
    "a buffer changes nothing": ("ch := make(chan int, 9)", "<-ch //@at"),
    "its length may be asked for": ("ch := make(chan int)", "_ = len(ch)", "<-ch //@at"),
    "compared with nil": ("ch := make(chan int)", "if ch != nil {", "<-ch //@at", "}"),
    "all cases of a select": (
        "a, b := 1, 2", "x := make(chan int)", "y := make(chan int)", "_, _ = a, b",
        "select { //@at", "case <-x:", "case v, ok := <-y:", "_, _ = v, ok", "}",
    ),
    "one case of a select": ("x := make(chan int)", "select {", "case <-x: //@at", "}"),
    "a group of its own": ("var wg sync.WaitGroup", "wg.Add(1)", "wg.Wait() //@at"),
    "a group behind a pointer": ("wg := &sync.WaitGroup{}", "wg.Add(1)", "wg.Wait() //@at"),
    "a group that is copied": ("var wg sync.WaitGroup", "wg.Add(1)", "go byValue(wg)", "wg.Wait() //@at"),
}  # fmt: skip
STATES = {"wg.Wait": "wait", "select": "select", "ch <-": "send"}
HELPERS = """
var kept chan int
var list []chan int
type box struct{ ch chan int }

func (b *box) talk() { b.ch <- 1 }
func byValue(wg sync.WaitGroup) { wg.Done() }
func store(ch chan int) { kept = ch }
func talk(ch chan int) { ch <- 1 }
func grow(args ...any) {}
"""


def state_of(lines) -> str:
    text = next(line for line in lines if line.endswith("//@at"))
    return next((state for word, state in STATES.items() if text.startswith(word)), "receive")


@pytest.mark.parametrize("case", ALONE)
def test_nobody_else_knows_it(go, case):
    app = go(body(*ALONE[case], before=HELPERS))
    assert orphans(app, app.sample(3, state_of(ALONE[case]), ("f", "at"))) == [("orphaned", 3)]


ESCAPES = {
    "returned by a closure": ("ch := make(chan int)", "_ = func() chan int { return ch }", "<-ch //@at"),
    "stored": ("ch := make(chan int)", "kept = ch", "<-ch //@at"),
    "under another name": ("ch := make(chan int)", "other := ch", "_ = other", "<-ch //@at"),
    "in a slice": ("ch := make(chan int)", "list = append(list, ch)", "<-ch //@at"),
    "in a struct": ("ch := make(chan int)", "_ = box{ch: ch}", "<-ch //@at"),
    "on another channel": ("ch := make(chan int)", "all := make(chan chan int, 1)", "all <- ch", "<-ch //@at"),
    "handed to an unknown function": ("ch := make(chan int)", "reflect.ValueOf(ch)", "<-ch //@at"),
    "handed to a variadic one": ("ch := make(chan int)", "grow(ch)", "<-ch //@at"),
    "handed to one that stores it": ("ch := make(chan int)", "store(ch)", "<-ch //@at"),
    "in a closure that is handed on": ("ch := make(chan int)", "time.AfterFunc(1, func() { ch <- 1 })", "<-ch //@at"),
    "in a closure that is stored": ("ch := make(chan int)", "hook = func() { ch <- 1 }", "<-ch //@at"),
    "in a closure under a name that is handed on": (
        "ch := make(chan int)", "send := func() { ch <- 1 }", "grow(send)", "<-ch //@at",
    ),
    "its address": ("ch := make(chan int)", "p := &ch", "_ = p", "<-ch //@at"),
    "made anew under the same name": ("ch := make(chan int)", "ch = kept", "<-ch //@at"),
    "in a field": ("b := box{make(chan int)}", "<-b.ch //@at"),
    "in a field of another": ("ch := make(chan int)", "b := &box{ch}", "go b.talk()", "<-ch //@at"),
    "through an interface": ("ch := make(chan int)", "var any interface{} = ch", "_ = any", "<-ch //@at"),
    "on a channel that is local too": (
        "ch := make(chan int)", "all := make(chan chan int)", "go func() { c := <-all; c <- 1 }()", "all <- ch",
        "<-ch //@at",
    ),
    "a package variable": ("<-kept //@at",),
    "a method value": ("var wg sync.WaitGroup", "done := wg.Done", "_ = done", "wg.Wait() //@at"),
    "one case of several": ("x := make(chan int)", "select { //@at", "case <-x:", "case <-kept:", "}"),
    "a timer": ("x := make(chan int)", "select { //@at", "case <-x:", "case <-time.After(1):", "}"),
}  # fmt: skip


@pytest.mark.parametrize("case", ESCAPES)
def test_whoever_else_may_know_it_keeps_it_silent(go, case):
    app = go(body(*ESCAPES[case], before=HELPERS))
    assert orphans(app, app.sample(3, state_of(ESCAPES[case]), ("f", "at"))) == []


PAIR = body(
    "ch := make(chan int)",
    "go func() {",
    "ch <- compute() //@send",
    "}()",
    "if fail { //@failing",
    "other() //@elsewhere",
    "return",
    "}",
    "<-ch //@recv",
)


def test_a_sender_whose_receiver_has_left(go):
    app = go(PAIR)
    [finding] = app.check(plain(app.sample(7, "send", ("f.func1", "send"))))
    assert (finding.evidence, finding.count) == ("orphaned", 7)
    assert "belongs to one call of f" in reasoning(finding)
    assert "No goroutine that could still receive is alive" in reasoning(finding)


def test_only_the_number_beyond_the_living_is_orphaned(go):
    app = go(PAIR)
    living = app.sample(2, "running", ("f", "failing"))
    assert orphans(app, app.sample(7, "send", ("f.func1", "send")), living) == [("orphaned", 5)]


def test_one_who_has_passed_the_last_receive_is_no_receiver(go):
    app = go(body("ch := make(chan int)", "go func() { ch <- 1 }() //@send", "<-ch //@recv", "time.Sleep(1) //@after"))
    senders = app.sample(3, "send", ("f.func1", "send"))
    assert orphans(app, senders, app.sample(3, "sleep", ("f", "after"))) == [("orphaned", 3)]
    assert orphans(app, senders, app.sample(3, "runnable", ("f", "recv"))) == []


@pytest.mark.parametrize("send", ["ch <- compute() //@send", "ch <- <-kept //@send"])
def test_one_who_computes_what_it_will_send_is_a_sender(go, send):
    app = go(body("ch := make(chan int)", "go func() {", send, "}()", "<-ch //@recv", before=HELPERS))
    receivers = app.sample(3, "receive", ("f", "recv"))
    assert orphans(app, receivers) == [("orphaned", 3)]
    inside = Frame("main.compute", "/x/other.go", 3)
    computing = app.sample(1, "sleep", ("f.func1", "send"))
    computing = computing._replace(stack=(inside, *computing.stack[1:]), count=3)
    assert orphans(app, receivers, computing) == []


def test_a_lock_that_its_taker_kept(go):
    app = go(body("var mu sync.Mutex", "mu.Lock()", "go func() {", "mu.Lock() //@lock", "mu.Unlock()", "}()"))
    waiting = app.sample(3, "lock", ("f.func1", "lock"))
    assert orphans(app, waiting) == [("orphaned", 3)]


def test_those_who_wait_for_each_other_wake_nobody(go):
    app = go(
        body(
            "ch := make(chan int)",
            "var wg sync.WaitGroup",
            "wg.Add(1)",
            "go func() {",
            "defer wg.Done()",
            "ch <- 1 //@send",
            "}()",
            "wg.Wait() //@wait",
            "<-ch",
        )
    )
    found = orphans(app, app.sample(4, "send", ("f.func1", "send")), app.sample(4, "wait", ("f", "wait")))
    assert found == [("orphaned", 4), ("orphaned", 4)]


def test_several_goroutines_an_activation_need_all_of_them_gone(go):
    app = go(body("ch := make(chan int)", "for range 9 {", "go func() { ch <- 1 }() //@send", "}", "<-ch //@recv"))
    senders = app.sample(20, "send", ("f.func1", "send"))
    assert orphans(app, senders) == [("orphaned", 20)]
    assert orphans(app, senders, app.sample(1, "runnable", ("f", "recv"))) == []


@pytest.mark.parametrize("start", ["go talk(ch)", "go func() { talk(ch) }()", "go func(c chan int) { talk(c) }(ch)"])
def test_the_channel_is_followed_into_functions_of_the_package(go, start):
    app = go(body("ch := make(chan int)", start, "if fail {", "return", "}", "<-ch //@recv", before=TALK))
    senders = app.sample(6, "send", ("talk", "send"))
    assert orphans(app, senders) == [("orphaned", 6)]
    assert orphans(app, senders, app.sample(6, "runnable", ("f", "recv"))) == []


TALK = """
func talk(ch chan int) {
	ch <- 1 //@send
}
"""


def test_a_caller_that_is_not_understood_keeps_its_callees_silent(go):
    unknown = TALK + "\nfunc g() { talk(kept) }\n\nvar kept = make(chan int)\n"
    app = go(body("ch := make(chan int)", "go talk(ch)", before=unknown))
    assert orphans(app, app.sample(6, "send", ("talk", "send"))) == []
    stored = TALK + "\nvar hook = talk\n"
    app = go(body("ch := make(chan int)", "go talk(ch)", before=stored))
    assert orphans(app, app.sample(6, "send", ("talk", "send"))) == []


def test_a_stack_that_was_cut_may_be_anybody(go):
    app = go(PAIR)
    senders = app.sample(2, "send", ("f.func1", "send"))
    deep = Sample((Frame("main.deep", "/x/other.go", 3),) * 100, 2, state="chan receive")
    assert orphans(app, senders, deep) == []
    short = Sample((Frame("main.deep", "/x/other.go", 3),), 2, state="chan receive", cut=True)
    assert orphans(app, senders, short) == []


DUMP = """goroutine 7 [chan send]:
main.f.func1()
\t{file}:{send} +0x1
created by main.f in goroutine 9
\t{file}:{go} +0x1

goroutine 9 [running]:
main.other(0x1)
\t/x/other.go:3 +0x1
main.f(0x1)
\t{file}:{elsewhere} +0x1
created by main.main in goroutine 1
\t/x/main.go:7 +0x1
"""


def test_whoever_was_cut_off_a_dump_may_be_anybody(go):
    app = go(PAIR)
    at = {name: app.line(name) for name in ("send", "elsewhere")}
    text = DUMP.format(file=app.root / "main.go", go=at["send"] - 1, **at).encode()
    end = text.index(b"\n\ngoroutine 9") + 1
    for cut in range(text.index(b"created"), len(text) + 1):
        profiles, _ = decode(text[:cut])
        # A dump may end where a goroutine does.
        assert bool(orphans_of(app, profiles)) == (cut in (end, end + 1)), text[:cut]


def test_goroutines_without_a_stack_may_be_anybody(go):
    app = go(PAIR)
    senders = app.sample(5, "send", ("f.func1", "send"))
    [finding] = app.check(Profile("goroutine", (senders,), 7))
    assert (finding.evidence, finding.count) == ("orphaned", 3)


def test_one_who_was_just_woken_is_not_blocked(go):
    app = go(PAIR)
    stack = app.sample(1, "send", ("f.func1", "send")).stack
    assert orphans(app, Sample(stack, 4, state="runnable")) == []


def test_without_states_a_runner_may_have_woken_one_just_now(go):
    app = go(body("ch := make(chan int)", "go func() { ch <- 1 }() //@send", "<-ch //@recv", "time.Now() //@after"))
    park = Frame("runtime.gopark", "runtime/proc.go", 400)
    send = Frame("runtime.chansend1", "runtime/chan.go", 160)
    senders = Sample((park, send, *app.sample(1, "send", ("f.func1", "send")).stack), 3)
    runner = Sample((Frame("time.Now", "time/time.go", 9), *app.sample(1, "running", ("f", "after")).stack), 1)
    assert orphans(app, senders) == [("orphaned", 3)]
    assert orphans(app, senders, runner) == [("orphaned", 2)]


def test_nobody_can_serve_a_nil_channel_or_wake_an_empty_select(go):
    app = go(body("var ch chan int", "<-ch //@nil", "select {} //@empty"))
    on_nil = Sample(app.sample(1, "receive", ("f", "nil")).stack, 2, state="chan receive (nil chan)")
    empty = Sample(app.sample(1, "receive", ("f", "empty")).stack, 3, state="select (no cases)")
    main = Sample((*empty.stack, MAIN), 1, state="select (no cases)")
    assert orphans(app, on_nil, empty) == [("orphaned", 3), ("orphaned", 2)]
    assert orphans(app, main) == []
