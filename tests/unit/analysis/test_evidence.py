"""Which word the evidence carries: proved, grown, many, or none."""

import pytest
from support.goroutines import plain, proof, said

from goleak_lsp.profile.model import Frame, Sample

SOURCE = """
func worker(ch chan int) {
	<-ch //@recv
}

func other(ch chan int) {
	ch <- 1 //@send
}

func reader(c net.Conn) {
	c.Read(nil) //@read
}
"""
RECV, SEND, READ = ("receive", ("worker", "recv")), ("send", ("other", "send")), ("io", ("reader", "read"))


@pytest.fixture
def app(go):
    return go(SOURCE)


def series(app, *counts, what=RECV, timed=True):
    return [plain(app.sample(c, *what), minute=at if timed else None) for at, c in enumerate(counts)]


def test_healthy_goroutines_get_no_word(app):
    assert app.check(plain(app.sample(99, *RECV), app.sample(1, *SEND))) == []


def test_many_at_one_place_are_a_number_whatever_they_wait_for(app):
    found = app.check(plain(app.sample(100, *RECV), app.sample(250, *READ)))
    assert said(found) == [("crowded", 250, 0), ("crowded", 100, 0)]


def test_a_proof_and_a_plain_profile_are_counted_once(app):
    leaked = proof(app.sample(30, *RECV, leaked=True), minute=1)
    assert said(app.check(plain(app.sample(30, *RECV), minute=0), leaked)) == [("leaked", 30, 0)]
    assert said(app.check(leaked, plain(app.sample(30, *RECV), minute=2))) == [("leaked", 30, 0)]


def test_the_rest_at_a_proved_place_is_a_second_finding(app):
    leaked = proof(app.sample(30, *RECV, leaked=True), minute=0)
    found = app.check(leaked, plain(app.sample(135, *RECV), minute=1))
    assert said(found) == [("leaked", 30, 0), ("crowded", 105, 0)]
    assert len({f.id for f in found}) == 2


def test_a_dump_says_which_ones_are_leaked(app):
    dump = plain(app.sample(7, *RECV, leaked=True), app.sample(3, *RECV), minute=0)
    [finding] = app.check(dump)
    assert (finding.evidence, finding.count) == ("leaked", 7)
    assert [s.count for s in finding.samples] == [7]


def test_a_later_proof_that_misses_some_does_not_clear_them(app):
    first = proof(app.sample(30, *RECV, leaked=True), minute=0)
    second = proof(app.sample(28, *RECV, leaked=True), minute=1)
    now = plain(app.sample(30, *RECV), minute=2)
    assert said(app.check(first, second, now)) == [("leaked", 30, 0)]


def test_what_was_proved_before_a_restart_is_not_held_against_the_new_process(app):
    old = proof(app.sample(30, *RECV, leaked=True), minute=0)
    assert app.check(old, plain(app.sample(5, *RECV), app.sample(1, *SEND), minute=1)) == []


def test_goroutines_that_have_gone_are_no_finding(app):
    old = proof(app.sample(30, *RECV, leaked=True), minute=0)
    assert app.check(old, plain(app.sample(40, *SEND), minute=1)) == []


def test_counts_are_summed_over_processes(app):
    found = app.check(("a", proof(app.sample(3, *RECV, leaked=True))), ("b", proof(app.sample(4, *RECV, leaked=True))))
    assert said(found) == [("leaked", 7, 0)]


def test_growth_against_a_base(app):
    base = [plain(app.sample(10, *RECV))]
    assert said(app.check(plain(app.sample(15, *RECV)), base=base)) == [("growing", 15, 10)]
    assert app.check(plain(app.sample(14, *RECV)), base=base) == []


def test_the_base_is_summed_over_processes_too(app):
    base = [("a", plain(app.sample(10, *RECV))), ("b", plain(app.sample(10, *RECV)))]
    now = [("a", plain(app.sample(12, *RECV))), ("b", plain(app.sample(12, *RECV)))]
    assert app.check(*now, base=base) == []


def test_a_base_of_leaked_goroutines_alone_shows_no_growth_of_others(app):
    base = [proof(app.sample(10, *SEND, leaked=True))]
    assert app.check(plain(app.sample(50, *RECV)), base=base) == []


def test_the_base_of_proved_goroutines_is_theirs_first(app):
    now = [plain(app.sample(60, *RECV), minute=0), proof(app.sample(50, *RECV, leaked=True), minute=0)]
    assert said(app.check(*now, base=[plain(app.sample(57, *RECV))])) == [("leaked", 50, 57)]


def test_waits_on_connections_follow_the_load(app):
    assert app.check(plain(app.sample(60, *READ)), base=[plain(app.sample(1, *READ))]) == []
    assert app.check(*series(app, 10, 40, 90, what=READ)) == []


@pytest.mark.parametrize(
    "counts, grows",
    [
        ((10, 20, 30), True),
        ((10, 20), False),
        ((10, 12, 13), False),  # fewer than the setting asks for
        ((10, 30, 20), False),
        ((20, 20, 20), False),
        ((0, 20, 50, 50, 50, 50), False),  # a pool that has filled
        ((18, 22, 19, 21, 25), False),  # noise
        ((10, 20, 30, 30), True),  # one snapshot without more does not clear it
        ((10, 20, 30, 12, 40), True),  # nor one with less
        ((10, 20, 30, 12, 12), False),  # but they have gone
        ((10, 20, 30, 2, 12, 22), True),  # restarted, and growing anew
        ((10, 20, 30, 2, 3, 2), False),  # restarted
    ],
)
def test_growth_over_a_series(app, counts, grows):
    expected = [("growing", counts[-1], 0)] if grows else []
    assert said(app.check(*series(app, *counts))) == expected


def test_a_long_history_of_slow_growth_and_of_none(app):
    slow = [10 + at // 2 for at in range(60)]
    daily = [40 + abs(at % 24 - 12) for at in range(72)]
    assert said(app.check(*series(app, *slow))) == [("growing", 39, 0)]
    assert app.check(*series(app, *daily)) == []


def test_snapshots_are_ordered_by_time_only_if_all_have_one(app):
    a, b, c = series(app, 10, 20, 30)
    assert said(app.check(c, a, b)) == [("growing", 30, 0)]
    [late] = series(app, 30, timed=False)
    assert app.check(late, a, b) == []


def test_the_count_is_the_newest_snapshots(app):
    a, b, c = series(app, 300, 200, 100)
    assert said(app.check(c, a, b)) == [("crowded", 100, 0)]


def test_growth_has_its_pace_and_its_beginning(app):
    [finding] = app.check(*series(app, 0, 10, 20, 30)[1:], plain(app.sample(40, *RECV), minute=4))
    assert finding.rate_per_minute == 10
    assert finding.first_seen == 2 * 60 * 10**9


def test_a_finding_without_any_source_stands_nowhere(app):
    frames = (Frame("other.org/lib.(*T).run", "/go/pkg/mod/other.org/lib@v1.0.0/t.go", 5),)
    [finding] = app.check(proof(Sample(frames, 9, state="chan receive", leaked=True)))
    assert (finding.evidence, finding.count, finding.placement.confidence) == ("leaked", 9, "none")
    assert finding.placement.path is None


def test_the_id_depends_on_neither_count_nor_evidence(app):
    [leaked] = app.check(proof(app.sample(9, *RECV, leaked=True)))
    [crowded] = app.check(plain(app.sample(900, *RECV)))
    assert leaked.id == crowded.id
