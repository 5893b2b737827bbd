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
    senders = Sample((park, send, *app.sample(1, "send", ("f.func1", "send")).stack), 9)
    runner = Sample((Frame("time.Now", "time/time.go", 9), *app.sample(1, "running", ("f", "after")).stack), 1)
    assert orphans(app, senders) == [("orphaned", 9)]
    assert orphans(app, senders, runner) == [("orphaned", 8)]
    assert orphans(app, senders._replace(count=3)) == [("orphaned", 3)]
    assert orphans(app, senders._replace(count=3), runner) == []  # all may have been woken by some who have gone


def test_nobody_can_serve_a_nil_channel_or_wake_an_empty_select(go):
    app = go(body("var ch chan int", "<-ch //@nil", "select {} //@empty"))
    on_nil = Sample(app.sample(1, "receive", ("f", "nil")).stack, 2, state="chan receive (nil chan)")
    empty = Sample(app.sample(1, "receive", ("f", "empty")).stack, 3, state="select (no cases)")
    main = Sample((*empty.stack, MAIN), 1, state="select (no cases)")
    assert orphans(app, on_nil, empty) == [("orphaned", 3), ("orphaned", 2)]
    assert orphans(app, main) == []


def group_go(function: str) -> str:
    lines = ("var wg sync.WaitGroup", f"wg.Go({function})", "wg.Wait() //@at")
    return body(*lines, before="type box struct{}\nfunc (box) run() {}\nfunc compute() {\nhook() //@work\n}")


def test_a_group_is_done_with_what_it_runs(go):
    app = go(group_go("compute"))
    waiting, working = app.sample(1, "wait", ("f", "at")), app.sample(1, "running", ("compute", "work"))
    assert orphans(app, waiting, working) == []
    assert orphans(app, waiting) == [("orphaned", 1)]


def test_a_group_waits_for_what_has_not_begun(go):
    app = go(group_go("compute"))
    entry = Sample((Frame("sync.(*WaitGroup).Go.func1", "sync/waitgroup.go", 238),), 1, state="runnable")
    assert orphans(app, app.sample(1, "wait", ("f", "at")), entry) == []


@pytest.mark.parametrize("function", ["box{}.run", "pick()", "func() { compute() }"])
def test_a_group_whose_function_is_not_known_or_still_runs(go, function):
    app = go(group_go(function))
    working = app.sample(1, "running", ("compute", "work"), ("f.func1", "at"))
    assert orphans(app, app.sample(1, "wait", ("f", "at")), working) == []


SEVERAL_OBJECTS = {
    "a closure under a name is deferred": ("stop := func() { close(ch) }", "defer stop()"),
    "a literal is deferred": ("defer func() { close(ch) }()",),
    "a function is deferred": ("defer talk(ch)",),
}


@pytest.mark.parametrize("case", SEVERAL_OBJECTS)
def test_what_a_loop_defers_serves_every_turn_of_it(go, case):
    loop = ("for range 8 {", "ch := make(chan int)", *SEVERAL_OBJECTS[case], "go func() {", "<-ch //@at", "}()", "}")
    app = go(body(*loop, "other() //@later", before=HELPERS))
    waiting = app.sample(8, "receive", (next(f for f in ("f.func2", "f.func1") if _holds(app, f, "at")), "at"))
    assert orphans(app, waiting, app.sample(1, "sleep", ("f", "later"))) == []
    assert orphans(app, waiting) == [("orphaned", 8)]


def _holds(app, function: str, name: str) -> bool:
    return app.frame(function, name).start_line > 0


def test_a_jump_back_is_a_loop(go):
    start = ("ch := make(chan int)", "again:", "go func() { ch <- 1 }() //@send")
    app = go(body(*start, "if fail {", "goto again", "}", "<-ch //@recv"))
    senders, owner = app.sample(8, "send", ("f.func1", "send")), app.sample(1, "sleep", ("f", "recv"))
    assert orphans(app, senders, owner) == []


def test_literals_of_another_file_are_not_those_of_the_owner(go, tmp_path):
    (tmp_path / "other.go").write_text("package main\n\nfunc later(ch chan int) {\n\tgo func() { ch <- 1 }()\n}\n")
    app = go('\nfunc f() {\nch := make(chan int)\nfor range 8 {\nlater(ch)\n}\nwork() //@work\n<-ch\n}\n')
    frame = Frame("main.later.func1", str(tmp_path / "other.go"), 4, 4)
    senders = Sample((frame,), 8, state="chan send")
    assert orphans(app, senders, app.sample(1, "sleep", ("f", "work"))) == []
    assert orphans(app, senders) == [("orphaned", 8)]


def test_a_function_that_two_files_declare_is_not_known(go, tmp_path):
    for system, line in (("linux", "kept = ch"), ("windows", "<-ch")):
        (tmp_path / f"other_{system}.go").write_text(f"package main\n\nfunc hand(ch chan int) {{ {line} }}\n")
    app = go(body("ch := make(chan int)", "hand(ch)", "ch <- 1 //@at", before=HELPERS))
    assert orphans(app, app.sample(3, "send", ("f", "at"))) == []


@pytest.mark.parametrize(("path", "count"), [("golang.org/x/sync/errgroup", 1), ("other.org/errgroup", 0)])
def test_only_groups_that_start_at_once_are_seen_through(go, path, count):
    lines = ("ch := make(chan int)", "var g errgroup.Group", "g.Go(func() error { ch <- 1; return nil })", "<-ch //@at")
    text = f'import "{path}"\n\nfunc f() {{\n' + "\n".join(lines) + "\n}\n"
    app = go(text)
    assert orphans(app, app.sample(1, "receive", ("f", "at"))) == [("orphaned", 1)][:count]


def test_callers_in_test_files_count(go, tmp_path):
    (tmp_path / "main_test.go").write_text("package main\n\nfunc helper(ch chan int) { wait(ch) }\n")
    app = go("\nfunc f() {\nch := make(chan int)\nwait(ch)\n}\n\nfunc wait(ch chan int) {\n<-ch //@at\n}\n")
    waiting = app.sample(1, "receive", ("wait", "at"))
    assert orphans(app, waiting) == [("orphaned", 1)]
    test = Sample((Frame("testing.(*T).Run", "testing/testing.go", 9),), 1, state="chan receive")
    assert orphans(app, waiting, test) == []
