"""What must not be done more often than needed: counted, since times depend on the machine.

`make bench` measures the times.
"""

import random

from support.goroutines import plain, write

from goleak_lsp import text
from goleak_lsp.analysis import analyse, orphans, stacks
from goleak_lsp.analysis.analyse import Surveyor
from goleak_lsp.analysis.observation import Series
from goleak_lsp.fixes import defer_unlock, registry
from goleak_lsp.fixes.verify import Result, Verdict
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.server import rounds
from goleak_lsp.server.documents import Document
from goleak_lsp.server.session import Session
from goleak_lsp.settings import Evidence
from goleak_lsp.text import LineIndex

LINES = 5000
PROGRAM = """
import "sync"

func f() {
	ch := make(chan int)
	<-ch //@here
}

var mu sync.Mutex

func locked() {
	mu.Lock() //@lock
}

func main() {
	f() //@main
	locked() //@other
}
"""


def test_an_index_of_lines_that_follows_edits_is_that_of_the_new_text():
    rng, data = random.Random(1), b"one\ntwo\r\n\nfour"
    lines = LineIndex(data)
    for _ in range(2000):
        start = rng.randint(0, len(data))
        end = min(len(data), start + rng.choice((0, 0, 1, 2, 7)))
        new = b"".join(rng.choice((b"\n", b"x", b"\r\n", "é".encode())) for _ in range(rng.randint(0, 4)))
        data, lines = data[:start] + new + data[end:], lines.edited(start, end, new)
        assert (lines.data, lines.starts) == (data, LineIndex(data).starts)


def test_a_keystroke_looks_for_line_breaks_in_what_was_typed_only(monkeypatch, tmp_path):
    looked_at = []
    look = text._line_starts
    monkeypatch.setattr(text, "_line_starts", lambda data, begin: looked_at.append(len(data)) or look(data, begin))
    document = Document("file:///a.go", tmp_path / "a.go", 1, "package main\n" * LINES)
    document.change(700, 700, "ab\n")
    document.change(700, 701, "")
    assert looked_at == [LINES * len("package main\n"), 3, 0]


def test_a_snapshot_of_known_stacks_asks_the_source_nothing(monkeypatch, tmp_path):
    go = write(tmp_path, PROGRAM)
    asked = []
    for module, name in ((orphans, "shared_objects"), (stacks, "function_of_frame"), (stacks, "Declarations")):
        function = getattr(module, name)
        counted = lambda *given, function=function, name=name: asked.append(name) or function(*given)  # noqa: E731
        monkeypatch.setattr(module, name, counted)
    surveyor = Surveyor(SourceTree(tmp_path))
    # Who waits for a lock has it looked up who holds it.
    lock = go.sample(1, "lock", ("locked", "lock"), ("main", "other"))
    sample = go.sample(3, "receive", ("f", "here"), ("main", "main"))
    first = surveyor.survey([("p", plain(sample, lock))], [], Evidence())
    assert first.findings and set(asked) == {"shared_objects", "function_of_frame", "Declarations"}
    asked.clear()
    more = go.sample(9, "receive", ("f", "here"), ("main", "main"))
    again = surveyor.survey([("p", plain(more, lock))], [], Evidence())
    assert [f.count for f in again.findings] == [9] and asked == []
    go.root.joinpath("main.go").write_text(go.text.replace("f()", "f( )"))
    surveyor.survey([("p", plain(sample))], [], Evidence())
    assert "shared_objects" in asked


def test_a_snapshot_that_repeats_the_one_before_is_not_grouped_again(monkeypatch, tmp_path):
    go = write(tmp_path, PROGRAM)
    grouped = []
    observe = analyse.observe
    monkeypatch.setattr(analyse, "observe", lambda *given: grouped.append(given) or observe(*given))
    profile = plain(go.sample(3, "receive", ("f", "here"), ("main", "main")))
    shots = [("p", profile._replace(taken_at=time)) for time in range(1, 4)]
    surveyor = Surveyor(SourceTree(go.root))
    [finding] = surveyor.survey(shots, [], Evidence()).findings
    assert (finding.count, finding.series, len(grouped)) == (3, (3, 3, 3), 1)
    other = plain(go.sample(4, "receive", ("f", "here"), ("main", "main")))._replace(taken_at=9)
    [finding] = surveyor.survey([*shots, ("p", other)], [], Evidence()).findings
    assert (finding.count, finding.series, len(grouped)) == (4, (3, 3, 3, 4), 2)


def test_counts_of_a_history_that_was_thinned_are_those_that_are_left(tmp_path):
    go, rng = write(tmp_path, PROGRAM), random.Random(3)
    places = ("here", "f"), ("main", "main"), ("other", "main")
    observer, history, series = analyse._Observer(SourceTree(go.root)), [], Series()
    for at in range(120):
        samples = [go.sample(rng.randint(1, 9), "receive", (f, line)) for line, f in places if rng.random() < 0.7]
        history.append(("p", plain(*samples)._replace(taken_at=at)))
        if len(history) > 12:
            history = history[:6:2] + history[6:] if rng.random() < 0.8 else history[-5:]
        seen = observer.observe(history)
        counts = {key: counts for key, counts in series.over(seen).items() if any(counts)}
        assert counts == Series().over(seen)


def test_a_move_of_the_cursor_computes_what_stands_where_once(monkeypatch, tmp_path):
    session, path = _session(tmp_path)
    computed = []
    marked = session.marked
    monkeypatch.setattr(session, "marked", lambda at: computed.append(at) or marked(at))
    here = session.by_file[path][0].placement.line - 1
    for line in (0, here, here, 1):
        assert len(session.marked_on(path, line, line)) == (line == here)
    assert computed == [path]
    session.documents[path].change(0, 0, "\n")
    assert [len(session.marked_on(path, line, line)) for line in (here, here + 1)] == [0, 1]
    assert computed == [path, path]


def test_the_same_fixes_are_computed_once_in_one_state_of_the_texts(monkeypatch, tmp_path):
    session, path = _session(tmp_path)
    computed = []
    offers = rounds.offers_for
    monkeypatch.setattr(rounds, "offers_for", lambda *given: computed.append(given[0].id) or offers(*given))
    [mark] = session.marked(path)
    begun = rounds.Round(session.tree, {path: session.documents[path].file}, {path: [mark]}, [mark.finding])
    first = begun.of(path, mark)
    begun.run(Verdict(Result.GOOD))
    assert begun.of(path, mark) is first and computed == [mark.finding.id]


def test_the_fix_of_a_lock_is_made_once_for_all_who_wait_for_it(monkeypatch, tmp_path):
    names = [f"take{n}" for n in range(6)]
    body = "func {0}(x int) {{\n\tmu.Lock() //@{0}\n\tif x > 0 {{\n\t\treturn\n\t}}\n\tmu.Unlock()\n}}\n"
    go = write(tmp_path, "\n".join(['import "sync"\n\nvar mu sync.Mutex\n', *map(body.format, names)]))
    made = []
    edits = defer_unlock._edits
    monkeypatch.setattr(defer_unlock, "_edits", lambda evidence: made.append(evidence) or edits(evidence))
    tree = SourceTree(tmp_path)
    waiting = plain(*(go.sample(9, "lock", (name, name)) for name in names))
    survey = Surveyor(tree).survey([("p", waiting)], [], Evidence(crowded=5))
    found = [offer for finding in survey.findings for offer in registry.offers(finding, tree)]
    assert (len(found), len(made)) == (len(names), len(names))
    words = "Unlock mu on every way out of take0, take1, take2 and 3 other functions"
    assert {offer.title for offer in found} == {words}


def _session(root):
    """A session with the program open and one finding in it."""
    go = write(root, PROGRAM)
    session, path = Session(), root.resolve() / "main.go"
    session.open_workspace(root)
    sample = go.sample(3, "receive", ("f", "here"), ("main", "main"))
    survey = Surveyor(session.tree).survey([("p", plain(sample))], [], Evidence())
    session.by_file = {path: survey.findings}
    session.documents[path] = Document(path.as_uri(), path, 1, go.text)
    return session, path
