"""What today's text alone can decide, and what it leaves open."""

from __future__ import annotations

from pathlib import Path

import pytest

from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, FUNCTION, MOVED, Placement, place
from goleak_lsp.profile.model import Frame, Profile, Sample

SOURCE = """package main

func serve(jobs, done chan int) {
	jobs <- 1
	println("sent")
	println("and now")
	println("the answer")
	done <- 2
}

func main() {
	serve(nil, nil)
}
"""
BESIDE = SOURCE.replace("\tjobs <- 1\n", "\tother <- 1\n\tjobs <- 1\n")
"""Another send put in where the first was."""

TEXT, BINARY = 0, 3
"""Where ``serve`` began, for formats that tell."""


def placed(root: Path, source: str, *lines: int, start: int = TEXT, caller: int = 0) -> list[Placement]:
    """Goroutines that send at ``lines`` of ``serve``, which ``main`` calls on the line ``caller``."""
    (root / "go.mod").write_text("module example.com/shop\n")
    (root / "main.go").write_text(source)
    park = [Frame(f"runtime.{n}", "/go/src/runtime/chan.go", 1, 1) for n in ("gopark", "chansend1") if start]
    above = [Frame("main.main", "/ci/main.go", caller, 11 if start else 0)] if caller else []
    samples = [
        Sample((*park, Frame("main.serve", "/ci/main.go", line, start), *above), 3, state="" if start else "chan send")
        for line in lines
    ]
    answers = place(Profile("goroutine", tuple(samples), 3), SourceTree(root))
    return [answers[sample.stack] for sample in samples]


@pytest.mark.parametrize("start", [TEXT, BINARY])
def test_code_that_never_changed_is_placed_on_its_lines(tmp_path, start):
    first, second = placed(tmp_path, SOURCE, 4, 8, start=start, caller=12)
    assert [(p.confidence, p.line) for p in (first, second)] == [(EXACT, 4), (EXACT, 8)]


def test_a_start_line_and_an_offset_are_enough_where_no_other_is_near(tmp_path):
    [first] = placed(tmp_path, SOURCE, 4, start=BINARY)
    assert (first.confidence, first.line) == (EXACT, 4)


def test_a_line_alone_is_not_where_the_function_has_two(tmp_path):
    [first] = placed(tmp_path, SOURCE, 4)
    assert (first.confidence, first.line, first.candidates) == (FUNCTION, 3, (4, 8))


@pytest.mark.parametrize("start", [TEXT, BINARY])
@pytest.mark.parametrize("caller", [0, 12])
def test_what_was_put_in_the_very_place_is_not_taken_for_it(tmp_path, start, caller):
    [first] = placed(tmp_path, BESIDE, 4, start=start, caller=caller)
    assert (first.confidence, first.line) == (FUNCTION, 3)
    assert set(first.candidates) >= {4, 5}


def test_a_caller_below_that_did_not_move_shows_that_nothing_was_put_in(tmp_path):
    [first] = placed(tmp_path, BESIDE, 4, start=BINARY, caller=13)
    assert (first.confidence, first.line) == (EXACT, 4)


def test_lines_above_that_moved_what_was_seen_alike_are_believed(tmp_path):
    moved = SOURCE.replace("package main\n", "package main\n\n// More.\n")
    first, second = placed(tmp_path, moved, 4, 8, caller=12)
    assert [(p.confidence, p.line) for p in (first, second)] == [(MOVED, 6), (MOVED, 10)]


def test_the_topmost_may_have_stayed_where_lines_were_put_in_below_it(tmp_path):
    """Line 4 holds a send and so does line 5, by which all else moved."""
    doubled = SOURCE.replace("\tjobs <- 1\n", "\tjobs <- 1\n\tother <- 1\n")
    first, second = placed(tmp_path, doubled, 4, 8, caller=12)
    assert first.confidence == FUNCTION
    assert second.line in (3, 9)


def test_a_function_of_the_package_is_not_a_value_of_another_name(tmp_path):
    source = SOURCE.replace("\tserve(nil, nil)\n", "\tserve(nil, nil)\n\twait()\n") + "\nfunc wait() {}\n"
    (tmp_path / "go.mod").write_text("module example.com/shop\n")
    (tmp_path / "main.go").write_text(source)
    asleep = (Frame("example.org/lib.Sleep", "/go/lib/lib.go", 9), Frame("main.main", "/ci/main.go", 13))
    other = (Frame("example.org/lib.Go", "/go/lib/lib.go", 9), Frame("main.main", "/ci/main.go", 12))
    answers = place(Profile("goroutine", (Sample(asleep, 1), Sample(other, 1)), 2), SourceTree(tmp_path))
    assert answers[asleep].confidence == FUNCTION


def test_a_go_statement_above_holds_a_line_in_its_function(tmp_path):
    """Two locks taken in turn, with nothing else in sight but where the goroutine was started."""
    source = (
        "package main\n\nfunc main() {\n\tselect {}\n}\n\nfunc work() {\n\tgo func() {\n\t\ta.Lock()\n"
        "\t\tprintln(1)\n\t\tprintln(2)\n\t\tprintln(3)\n\t\tb.Lock()\n\t}()\n}\n"
    )
    (tmp_path / "go.mod").write_text("module example.com/shop\n")
    (tmp_path / "main.go").write_text(source)
    lock = Frame("sync.(*Mutex).Lock", "/go/src/sync/mutex.go", 9)
    for line in (9, 13):
        stack = (lock, Frame("main.work.func1", "/ci/main.go", line))
        for started, confidence in ((Frame("main.work", "/ci/main.go", 8), EXACT), (None, FUNCTION)):
            sample = Sample(stack, 1, state="sync.Mutex.Lock", created_by=started)
            answer = place(Profile("goroutine", (sample,), 1), SourceTree(tmp_path))[stack]
            assert answer.confidence == confidence


def test_what_came_into_the_place_of_a_deleted_operation_is_not_taken_for_it(tmp_path):
    """The first send is gone, and the second stands where it was; what was seen below tells."""
    source = (
        "package main\n\nfunc serve(jobs, done chan int) {\n"
        "{}\tdone <- 2\n\tprintln(1)\n\tprintln(2)\n\tdone <- 3\n}\n"
    )
    [alone] = placed(tmp_path, source.replace("{}", ""), 4, start=BINARY)
    first, below = placed(tmp_path, source.replace("{}", ""), 4, 8, start=BINARY)
    unchanged, _ = placed(tmp_path, source.replace("{}", "\tjobs <- 1\n"), 4, 8, start=BINARY)
    assert (alone.confidence, first.confidence, below.confidence) == (EXACT, FUNCTION, FUNCTION)
    assert (unchanged.confidence, unchanged.line) == (EXACT, 4)


def test_lines_that_there_was_room_to_put_in_leave_the_upper_of_two_open(tmp_path):
    """Four lines above both sends would bring the upper one to where the lower one was seen."""
    roomy = SOURCE.replace("\tjobs <- 1\n", "\tprintln(1)\n\tprintln(2)\n\tprintln(3)\n\tprintln(4)\n\tjobs <- 1\n")
    [upper] = placed(tmp_path, roomy, 8, start=BINARY)
    [lower] = placed(tmp_path, roomy, 12, start=BINARY)
    assert (upper.confidence, set(upper.candidates)) == (FUNCTION, {8, 12})
    assert (lower.confidence, lower.line) == (EXACT, 12)
    both = placed(tmp_path, roomy, 8, 12, start=BINARY)
    assert [(p.confidence, p.line) for p in both] == [(EXACT, 8), (EXACT, 12)]
