"""The other side of a finding, and the user's line behind stacks of libraries alone."""

import pytest
from support.goroutines import plain, proof

from goleak_lsp.features.words import message, reasoning
from goleak_lsp.profile.model import Frame, Sample

SEND = """
func serve() {
	results := make(chan int) //@made
	go func() { //@started
		results <- 1 //@send
	}()
	if len(results) > 0 {
		return
	}
	<-results //@received
}
"""


def places(app, finding) -> dict[str, set[str]]:
    """The texts of the related places by the name of their line."""
    named = {i: t.rpartition("//@")[2] for i, t in enumerate(app.text.split("\n"), 1) if "//@" in t}
    found: dict[str, set[str]] = {}
    for each in finding.related:
        assert app.text.encode()[slice(*each.span)], "the span holds something"
        found.setdefault(named.get(each.line, ""), set()).add(each.text)
    return found


def test_the_other_side_of_a_channel(go):
    app = go(SEND)
    [finding] = app.check(plain(app.sample(9, "send", ("serve.func1", "send"))))
    assert places(app, finding) == {
        "made": {"results is made here"},
        "started": {"started here"},
        "received": {"results: received here"},
    }


FIELD = """
type Hub struct{ events chan int }

func NewHub() *Hub {
	return &Hub{events: make(chan int)} //@made
}

func (h *Hub) Close() {
	close(h.events) //@closed
}

func (h *Hub) loop() {
	for range h.events { //@range
	}
}

func main() {
	go NewHub().loop() //@started
}
"""


def test_the_other_side_of_a_field(go):
    app = go(FIELD)
    [finding] = app.check(proof(app.sample(9, "receive", ("(*Hub).loop", "range"), leaked=True)))
    assert places(app, finding) == {
        "made": {"h.events is made here"},
        "started": {"started here"},
        "closed": {"h.events: closed here"},
    }


LOCKS = """
import "sync"

var users, groups sync.Mutex

func join() {
	users.Lock() //@users
	defer users.Unlock()
	groups.Lock() //@join
}

func leave() {
	groups.Lock() //@groups
	users.Lock() //@leave
	users.Unlock()
	groups.Unlock()
}

func list() {
	users.Lock() //@list
	defer users.Unlock()
}

func slow() {
	users.Lock() //@held
	time.Sleep(1) //@asleep
	users.Unlock()
}
"""


@pytest.fixture
def jam(go):
    app = go(LOCKS)
    waiting = [app.sample(1, "lock", ("join", "join")), app.sample(1, "lock", ("leave", "leave"))]
    return app, app.check(plain(*waiting, app.sample(50, "lock", ("list", "list"))))


def test_the_root_of_a_jam_is_ranked_before_its_victims(jam):
    app, found = jam
    assert [(f.evidence, f.count) for f in found] == [("deadlock", 1), ("deadlock", 1), ("deadlock", 50)]
    assert found[2].placement.line == app.line("list")


def test_a_ring_is_told_with_who_holds_and_who_waits(jam):
    app, found = jam
    join = next(f for f in found if f.placement.line == app.line("join"))
    assert "holds users and waits for groups, which leave holds" in message(join)
    assert "join holds users and waits for groups" in reasoning(join)
    assert "leave holds groups and waits for users" in reasoning(join)
    assert {"users", "join", "groups", "leave"} <= set(places(app, join))


def test_a_victim_is_told_where_the_root_is(jam):
    app, found = jam
    assert "users is held by join, which is deadlocked itself" in message(found[2])
    assert "users" in places(app, found[2])


def test_who_holds_a_lock_is_told_without_a_deadlock_too(go):
    app = go(LOCKS)
    asleep = app.sample(1, "sleep", ("slow", "asleep"))
    [finding] = app.check(plain(asleep, app.sample(120, "lock", ("list", "list"))))
    assert finding.evidence == "crowded"
    assert places(app, finding)["held"] == {"users was taken here by slow"}


PERSIST = "net/http.(*persistConn).readLoop", "net/http/transport.go"
BODY = """
import (
	"io"
	"net/http"
)

func closed(url string) {
	resp, err := http.Get(url)
	if err != nil {
		return
	}
	defer resp.Body.Close()
}

func returned(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	return resp, err
}

func forgotten(url string) int {
	resp, err := http.Get(url) //@body
	if err != nil {
		return 0
	}
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
"""
DATABASE = """
import "database/sql"

func main() {
	db, _ := sql.Open("x", "y")
	db.Ping()
}

func query() {
	db, err := sql.Open("x", "y") //@open
	if err == nil {
		db.Query("select")
	}
}
"""
CANCEL = """
import "context"

func kept(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
}

func dropped(ctx context.Context) {
	ctx, _ = context.WithCancel(ctx) //@dropped
}
"""
CLIENT = """
import "google.golang.org/grpc"

func call() {
	conn, err := grpc.NewClient("x") //@dial
	if err != nil {
		return
	}
	pb.NewThingClient(conn).Do()
}
"""


@pytest.mark.parametrize(
    "source, function, file, name, line, why",
    [
        (BODY, *PERSIST, "main.forgotten", "body", "a response body that is not closed"),
        (
            DATABASE, "database/sql.(*DB).connectionOpener", "database/sql/sql.go", "main.query", "open",
            "a sql.DB that is not closed",
        ),
        (
            CANCEL, "context.(*cancelCtx).propagateCancel.func2", "context/context.go", "main.dropped", "dropped",
            "a context that is never cancelled",
        ),
        (
            CLIENT, "google.golang.org/grpc/internal/resolver.(*x).watcher",
            "google.golang.org/grpc@v1.60.0/r.go", "main.call", "dial", "a grpc.ClientConn that is not closed",
        ),
    ],
)  # fmt: skip
def test_the_likely_cause_of_stacks_of_libraries(go, source, function, file, name, line, why):
    app = go(source)
    [finding] = app.check(proof(Sample((Frame(function, file, 9),), 12, state="select", leaked=True)))
    assert finding.placement.confidence == "none"
    assert (finding.cause.function, finding.cause.line) == (name, app.line(line))
    assert f"likely cause: {why}" in message(finding)


def test_no_cause_is_named_that_the_source_does_not_show(go):
    app = go(SEND)
    [finding] = app.check(proof(Sample((Frame(*PERSIST, 9),), 12, state="select", leaked=True)))
    assert finding.cause is None
    assert "cause" not in message(finding)
