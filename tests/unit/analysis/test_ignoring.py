"""Findings silenced by rules and by comments: exactly those, each with its reason."""

import pytest
from support.goroutines import plain, write

from goleak_lsp.analysis.ignoring import rules_of, set_apart
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import Frame

PROGRAM = """
//OUTER
func start(ch chan int) {
	//GO
	go worker(ch)
	//LITERAL
	go func() {
		<-ch //@literal
	}()
	go worker(ch) //@second
}

//FUNCTION
func worker(ch chan int) {
	x := 1
	//OPERATION
	ch <- x +
		1 //@rest
	//SELECT
	select {
	//CASE
	case <-ch: //@case
	}
}
"""


def placed(tmp_path, **comments):
    """The program with the named comments put in, and its findings."""
    text = PROGRAM
    for name in ("OUTER", "GO", "LITERAL", "FUNCTION", "OPERATION", "SELECT", "CASE"):
        text = text.replace(f"//{name}\n", f"//{comments.get(name, 'plain')}\n")
    go = write(tmp_path, text)
    send = go.line("rest") - 1
    sent = Frame("main.worker", str(tmp_path / "main.go"), send)
    samples = [
        go.sample(300, "receive", ("start.func1", "literal"), created_by=go.frame("start", "literal")),
        go.sample(200, "receive", ("worker", "case"), created_by=go.frame("start", "second"), labels=(("team", "x"),)),
    ]
    samples.append(samples[1].__class__((sent,), 100, state="chan send", created_by=samples[1].created_by))
    return go.check(plain(*samples)), SourceTree(tmp_path)


def silenced(tmp_path, *rules, **comments) -> dict[int, str]:
    """The reason by the count of what was silenced."""
    findings, tree = placed(tmp_path, **comments)
    assert {f.count for f in findings} == {100, 200, 300}
    made, problems = rules_of(rules)
    assert problems == []
    kept, ignored = set_apart(findings, made, tree)
    assert len(kept) + len(ignored) == 3
    return {entry.finding.count: entry.reason for entry in ignored}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"function": "main.worker"}, {100, 200}),
        ({"function": "main.*"}, {100, 200, 300}),
        ({"function": "worker"}, set()),
        ({"function": "main.worker", "label": "team=*"}, {200}),
        ({"file": "main.go"}, {100, 200, 300}),
        ({"file": "*/main.go"}, set()),
        ({"createdBy": "main.start", "function": "main.start.func*"}, {300}),
        ({"createdBy": "main.other"}, set()),
        ({"label": "team"}, set()),
    ],
    ids=str,
)
def test_rules(rule, expected, tmp_path):
    assert set(silenced(tmp_path, rule)) == expected


def test_the_reason_is_kept(tmp_path):
    assert silenced(tmp_path, {"label": "team=x", "reason": "team x knows"}) == {200: "team x knows"}
    assert silenced(tmp_path, {"label": "team=x"}) == {200: "no reason given"}


@pytest.mark.parametrize(
    "entry", [{}, {"reason": "all"}, {"function": ""}, {"function": 3}, {"fn": "main.f"}, "main.f", None], ids=str
)
def test_what_is_no_rule_silences_nothing_and_is_said(entry):
    rules, [problem] = rules_of([entry])
    assert rules == [] and "goleak.ignore" in problem


def test_brackets_of_generic_functions_are_meant():
    from goleak_lsp.analysis.ignoring import _like

    assert _like("main.(*T[...]).m", "main.(*T[...]).m")
    assert _like("main.(*T[...]).*", "main.(*T[...]).m")
    assert not _like("main.(*T[...]).*", "main.(*T.).m")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("OPERATION", {100}),
        ("CASE", {200}),
        ("SELECT", {200}),
        ("FUNCTION", {100, 200}),
        ("LITERAL", {300}),
        ("OUTER", {300}),
        ("GO", set()),
    ],
)
def test_comments(place, expected, tmp_path):
    assert silenced(tmp_path, **{place: "goleak:ignore by design"}) == dict.fromkeys(expected, "by design")


def test_every_go_statement_must_have_the_comment(tmp_path):
    findings, tree = placed(tmp_path, GO="goleak:ignore pool")
    text = (tmp_path / "main.go").read_text()
    (tmp_path / "main.go").write_text(text.replace("go worker(ch) //@second", "go worker(ch) //goleak:ignore pool"))
    _, ignored = set_apart(findings, [], tree)
    assert {entry.finding.count: entry.reason for entry in ignored} == {100: "pool", 200: "pool"}


@pytest.mark.parametrize("comment", ["goleak:ignored", " goleak:ignore x", "x goleak:ignore"])
def test_other_comments_silence_nothing(comment, tmp_path):
    assert silenced(tmp_path, OPERATION=comment, FUNCTION=comment) == {}
