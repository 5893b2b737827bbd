"""Which waits follow the load, which ought to end, and which loops never wait at all."""

import pytest
from support.goroutines import plain, said

from goleak_lsp.profile.model import Frame, Sample

SOURCE = """
import "sync"

var jobs = make(chan int)

type peer struct{ out chan int }

func worker() {
	for j := range jobs { //@pool
		_ = j
	}
}

func (p *peer) write() {
	for {
		select { //@fed
		case <-p.out:
		case <-jobs:
		}
	}
}

func handle(ch, done chan int) {
	select { //@handler
	case <-ch:
	case <-done:
	}
}

func answer(ch chan int, done chan struct{}) int {
	<-done //@signal
	mu.Lock() //@held
	ch <- 1 //@send
	return <-ch //@answer
}

func lock() {
	mu.Lock() //@lock
}

func read() {
	net.Read() //@read
}

func run(handle func()) {
	handle() //@handed
}

func rerun(handle func()) {
	for {
		handle() //@again
	}
}

func spin() {
	n := 0
	for {
		n++ //@spin
	}
}

func poll(ready func() bool) {
	for {
		if ready() { //@poll
			return
		}
	}
}

func compute() {
	for {
		n := <-jobs
		work(n) //@compute
	}
}

func drop(ch chan int) {
	for {
		select {
		case v := <-ch:
			_ = v
			break
		default: //@default
		}
	}
}

func nap() {
	time.Sleep(1) //@nap
}
"""
SERVE = Frame("net/http.(*conn).serve", "net/http/server.go", 2000)


@pytest.fixture
def app(go):
    return go(SOURCE)


def served(sample: Sample) -> Sample:
    """The same goroutines below a server's request."""
    return sample._replace(stack=(*sample.stack, SERVE))


def clients(count: int) -> Sample:
    """What reads ahead while a request is served and its client is there."""
    names = ("internal/poll.(*FD).Read", "net/http.(*connReader).backgroundRead")
    return Sample(tuple(Frame(name, "net/net.go", 1) for name in names), count, state="IO wait")


def growth(app, *samples):
    """What is said about goroutines that were not there in an idle baseline."""
    return said(app.check(plain(*samples), base=[plain(app.sample(1, "io", ("read", "read")))]))


def test_a_pool_of_one_queue_fills_and_stays(app):
    assert growth(app, app.sample(50, "receive", ("worker", "pool"))) == []


def test_a_pool_that_only_ever_rises_is_growing(app):
    series = [plain(app.sample(n, "receive", ("worker", "pool")), minute=n) for n in (10, 20, 30)]
    assert said(app.check(*series)) == [("growing", 30, 0)]


def test_one_goroutine_a_connection_follows_the_connections(app):
    writers = app.sample(40, "select", ("(*peer).write", "fed"))
    assert growth(app, writers, app.sample(41, "io", ("read", "read"))) == []
    assert growth(app, writers, app.sample(2, "io", ("read", "read"))) == [("growing", 40, 0)]


def test_what_a_request_waits_for_follows_the_load_if_it_ends_by_itself(app):
    waiting = app.sample(40, "select", ("handle", "handler"))
    assert growth(app, served(waiting), clients(40)) == []
    assert growth(app, served(app.sample(40, "receive", ("answer", "answer"))), clients(40)) == []
    assert growth(app, waiting) == [("growing", 40, 0)]
    assert growth(app, served(app.sample(40, "send", ("answer", "send"))), clients(40)) == [("growing", 40, 0)]


def test_a_request_whose_client_has_gone_is_no_load(app):
    waiting = served(app.sample(40, "receive", ("answer", "answer")))
    assert growth(app, waiting, clients(4)) == [("growing", 40, 0)]
    assert growth(app, waiting, clients(40)) == []


def test_a_request_may_wait_before_its_body_is_read(app):
    assert growth(app, served(app.sample(40, "lock", ("lock", "lock")))) == []
    assert growth(app, served(app.sample(40, "select", ("handle", "handler")))) == []


@pytest.mark.parametrize("state, function", [("lock", "lock"), ("receive", "answer")])
def test_what_a_request_waits_for_a_minute_does_not_end_by_itself(app, state, function):
    long = app.sample(40, state, (function, function), wait_minutes=1)
    assert growth(app, served(long), clients(40)) == [("growing", 40, 0)]


@pytest.mark.parametrize("state", ["lock", "rlock", "wait"])
def test_waits_for_other_goroutines_are_growth_beyond_the_load(app, state):
    waiting = app.sample(40, state, ("lock", "lock"))
    assert growth(app, waiting) == [("growing", 40, 0)]
    assert growth(app, waiting, app.sample(36, "io", ("read", "read"))) == [("growing", 40, 0)]
    assert growth(app, waiting, app.sample(37, "io", ("read", "read"))) == []
    assert growth(app, served(waiting), clients(40)) == []


def test_who_waits_elsewhere_now_has_not_grown(app):
    before = app.sample(40, "lock", ("answer", "held"))
    now = app.sample(40, "receive", ("answer", "answer"))
    assert app.check(plain(now), base=[plain(before)]) == []
    assert said(app.check(plain(now), base=[plain(app.sample(3, "lock", ("answer", "held")))])) == [("growing", 40, 0)]
    sending = app.sample(40, "send", ("answer", "send"))
    assert said(app.check(plain(sending), base=[plain(before)])) == [("growing", 40, 0)]


def test_a_series_is_explained_by_the_load_too(app):
    def at(minute, writers, readers):
        samples = app.sample(writers, "select", ("(*peer).write", "fed")), app.sample(readers, "io", ("read", "read"))
        return plain(*samples, minute=minute)

    assert app.check(at(0, 1, 1), at(1, 20, 19), at(2, 40, 41)) == []
    assert said(app.check(at(0, 1, 1), at(1, 20, 5), at(2, 40, 4))) == [("growing", 40, 0)]


def test_the_step_with_which_load_begins_is_no_rise(app):
    def series(*counts):
        return [plain(app.sample(n, "select", ("(*peer).write", "fed")), minute=at) for at, n in enumerate(counts)]

    assert app.check(*series(1, 1, 55, 60, 58)) == []
    assert app.check(*series(1, 1, 1, 53, 60)) == []
    assert said(app.check(*series(1, 1, 30, 60, 90))) == [("growing", 90, 0)]


def test_locks_under_load_are_growth_only_if_they_rise_for_long(app):
    def series(*counts):
        waits = [(n, served(app.sample(n, "lock", ("lock", "lock")))) for n in counts]
        return [plain(wait, clients(60 if n > 2 else 1), minute=at) for at, (n, wait) in enumerate(waits)]

    assert app.check(*series(1, 1, 5, 30, 44)) == []
    assert said(app.check(*series(1, 5, 10, 15, 20, 30, 44))) == [("growing", 44, 0)]


def test_sleeps_that_only_ever_rise_are_growing(app):
    series = [plain(app.sample(n, "sleep", ("nap", "nap")), minute=n) for n in (10, 20, 30)]
    assert said(app.check(*series)) == [("growing", 30, 0)]


def test_handlers_that_take_their_time_are_no_growth_in_one_snapshot(app):
    """As in a queue of jobs under load; who calls a sleeping function again and again is another matter."""

    def below(function, line, **more):
        sample = app.sample(20, "sleep", (function, line), **more)
        stack = (sample.stack[0], Frame("x.org/h.Serve.func1", "h.go", 3), *sample.stack[1:])
        return plain(sample._replace(stack=stack))

    assert app.check(below("run", "handed"), base=[plain()]) == []
    assert said(app.check(below("run", "handed", wait_minutes=1), base=[plain()])) == [("growing", 20, 0)]
    assert said(app.check(below("rerun", "again"), base=[plain()])) == [("growing", 20, 0)]
    assert said(app.check(plain(app.sample(20, "sleep", ("nap", "nap"))), base=[plain()])) == [("growing", 20, 0)]


@pytest.mark.parametrize(
    "function, line, state, stuck",
    [
        ("answer", "answer", "receive", True),
        ("answer", "send", "send", True),
        ("answer", "signal", "receive", False),
        ("worker", "pool", "receive", False),
        ("handle", "handler", "select", False),
        ("read", "read", "io", False),
        ("nap", "nap", "sleep", False),
    ],
)
def test_only_waits_that_ought_to_end_are_stuck(app, function, line, state, stuck):
    long = plain(app.sample(2, state, (function, line), wait_minutes=10))
    short = plain(app.sample(2, state, (function, line), wait_minutes=9))
    assert said(app.check(long)) == ([("stuck", 2, 0)] if stuck else [])
    assert app.check(short) == []


def test_main_may_wait_as_long_as_it_likes(app):
    [sample] = [app.sample(1, "receive", ("answer", "answer"), wait_minutes=99)]
    main = Sample((*sample.stack, Frame("main.main", "main.go", 1)), 1, state=sample.state, wait_minutes=99)
    assert app.check(plain(main)) == []


@pytest.mark.parametrize(
    "function, line, busy",
    [("spin", "spin", True), ("drop", "default", True), ("poll", "poll", False), ("compute", "compute", False)],
)
def test_a_loop_that_nothing_ends_or_holds_up_is_busy(app, function, line, busy):
    snapshots = [plain(app.sample(1, "runnable", (function, line)), minute=at) for at in range(2)]
    found = app.check(*snapshots)
    assert [(f.evidence, f.kind) for f in found] == ([("stuck", "busy-loop")] if busy else [])
    assert app.check(snapshots[0]) == []


def test_many_in_a_busy_loop_need_no_second_snapshot(app):
    [finding] = app.check(plain(app.sample(5, "running", ("spin", "spin"))))
    assert (finding.evidence, finding.kind, finding.count) == ("stuck", "busy-loop", 5)


ACCEPT = tuple(Frame(name, "x.go", 9) for name in ("internal/poll.(*FD).Accept", "net.(*TCPListener).Accept"))


def busy_sleepers(entry: str) -> Sample:
    stack = (Frame("time.Sleep", "time.go", 9), Frame("x.org/s.handle", "s.go", 9), Frame(entry, "s.go", 5))
    return Sample(stack, 50, state="sleep")


def test_what_an_accept_loop_starts_serves_a_connection_wherever_it_waits(app):
    loop = Sample((*ACCEPT, Frame("x.org/s.(*Server).Serve", "s.go", 3)), 1, state="IO wait")
    base = plain(loop)
    assert said(app.check(plain(loop, busy_sleepers("x.org/s.(*Server).Serve.func1")), base=[base])) == []
    assert said(app.check(plain(loop, busy_sleepers("x.org/s.(*Server).ServeConn")), base=[base])) == []
    for other in ("x.org/s.other.func1", "x.org/s.(*Server).watch", "x.org/t.(*Client).serve"):
        assert said(app.check(plain(loop, busy_sleepers(other)), base=[base])) == [("growing", 50, 0)]


def test_a_wait_within_the_runtime_itself_passes(app):
    place = Frame("x.org/s.work", "s.go", 9)
    collecting = Sample((place,), 50, state="semacquire")
    waiting = Sample((Frame("sync.runtime_Semacquire", "sema.go", 71), place), 50, state="semacquire")
    other = Sample((Frame("x.org/s.other", "s.go", 1),), 1, state="sleep")
    assert said(app.check(plain(collecting, other), base=[plain(other)])) == []
    assert said(app.check(plain(waiting, other), base=[plain(other)])) == [("growing", 50, 0)]
