"""The language of the markers itself: what is written wrongly fails, and so does every difference."""

from dataclasses import replace

import pytest
from support.archive import Archive, read
from support.goldens import compare
from support.markers import Marker, markers
from support.seen import Seen, lenses, unmatched

LINE = b'<-ch //@leaked(2, "select", minutes=1), started, lens("2", form="dump")\n'
WANTED = b'\n<-ch //@diagnostic("select", "warning", "2 goroutines", at="<-ch")\n'
SEEN = Seen(2, "select", "warning", "2 goroutines blocked", "<-ch")


def test_a_marker_is_a_call_or_a_name_at_the_end_of_its_line():
    assert markers(b"x\n" + LINE) == [
        Marker("leaked", 2, (2, "select"), {"minutes": 1}),
        Marker("started", 2, (), {}),
        Marker("lens", 2, ("2",), {"form": "dump"}),
    ]


@pytest.mark.parametrize("wrong", [b"\t//@started\n", b"x //@a.b(1)\n", b"x //@f(y)\n", b"x //@f(\n"])
def test_what_is_written_wrongly_fails(wrong):
    with pytest.raises((ValueError, SyntaxError)):
        markers(wrong)


def test_lenses_are_of_a_form():
    assert dict(lenses(LINE, "dump")) == {(1, "2"): 1}
    assert not lenses(LINE, "protobuf")


def test_expected_and_seen_match_one_to_one():
    assert unmatched(WANTED, "dump", [SEEN]) == []
    assert len(unmatched(WANTED, "dump", [])) == 1
    assert len(unmatched(WANTED, "dump", [SEEN, SEEN])) == 1
    assert len(unmatched(b"", "dump", [SEEN])) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"line": 3},
        {"code": "sleep"},
        {"severity": "error"},
        {"message": "3"},
        {"message": "2 goroutines\n"},
        {"at": "ch"},
    ],
    ids=str,
)
def test_every_difference_counts_twice(change):
    """What was expected is missing, and what was seen is extra."""
    assert len(unmatched(WANTED, "dump", [replace(SEEN, **change)])) == 2


def test_an_update_rewrites_the_golden_results_and_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.txtar"
    path.write_text("A comment.\n-- a.go --\npackage a\n-- 1.old.diff --\n-x\n")
    written: Archive = read(path)
    with pytest.raises(AssertionError):
        compare(written, {"1.new.diff": "+y\n"})
    assert read(path) == written
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    with pytest.raises(AssertionError):
        compare(written, {"1.new.diff": "+y\n"})
    assert path.read_text() == "A comment.\n-- a.go --\npackage a\n-- 1.new.diff --\n+y\n"
    compare(read(path), {"1.new.diff": "+y\n"})
