"""The history of a live process: what is asked, when, and what is kept."""

import asyncio
import time

from support.pprof_server import INDEX, pprof, send, serving

from goleak_lsp.sources import live
from goleak_lsp.sources.live import LiveSource

PLAIN, LEAK = "/debug/pprof/goroutine", "/debug/pprof/goroutineleak"


def mount(plain: int = 5, leaked: int = 3, taken_at: int = 10**18) -> dict:
    return {
        "/debug/pprof/": INDEX,
        PLAIN: pprof("goroutine", {"main.f": plain, "main.g": 1}, taken_at),
        LEAK: pprof("goroutineleak", {"main.f": leaked}),
    }


def poll(source: LiveSource, now: float, **how) -> bool:
    return asyncio.run(source.poll(now, **how))


def slow(body: bytes):
    def answer(handler):
        time.sleep(0.1)
        send(handler, body)

    return answer


def test_the_proof_is_asked_on_attach_on_refresh_and_seldom_otherwise():
    answers = mount()
    answers[LEAK] = slow(answers[LEAK])
    with serving(answers) as server:
        source = LiveSource(server.address)
        assert source.state == "never answered"
        assert poll(source, 0)
        assert server.asked == ["/debug/pprof/", PLAIN, LEAK]
        server.asked.clear()
        assert not poll(source, 5)
        assert server.asked == [PLAIN]
        poll(source, 6, refresh=True)
        assert server.asked[1:] == [PLAIN, LEAK]
        server.asked.clear()
        poll(source, 600)
        assert server.asked == [PLAIN, LEAK]
    assert [e.profile.total for e in source.history] == [6, 6, 6, 6]
    assert source.proof.profile.total == 3
    assert len(source.shots()) == 5


def test_the_address_of_a_proof_alone_is_spared_too():
    answers = mount()
    answers[LEAK] = slow(answers[LEAK])
    with serving(answers) as server:
        source = LiveSource(server.address + LEAK)
        assert poll(source, 0)
        assert not poll(source, 5)
        assert server.asked == [LEAK]
        del answers[LEAK]
        poll(source, 600)
        assert source.state == "failed: answers 404 Not Found"
    assert source.proof.profile.total == 3


def test_only_other_counts_are_a_change():
    with serving(mount()) as server:
        source = LiveSource(server.address)
        assert [poll(source, 0), poll(source, 1)] == [True, False]
        server.answers[PLAIN] = pprof("goroutine", {"main.g": 1, "main.f": 5}, 10**18 + 5)
        assert not poll(source, 2)
        server.answers.update(mount(plain=7))
        assert [poll(source, 3), poll(source, 4)] == [True, False]
    # Snapshots that say the same are made of the same values.
    assert source.history[0].profile.samples is source.history[2].profile.samples


def test_last_results_survive_failed_polls_and_tell_their_age():
    with serving(mount()) as server:
        source = LiveSource(server.address)
        poll(source, 10)
        server.answers.clear()
        assert not poll(source, 25)
    assert source.state == "failed: has no pprof mount that is found: /debug/pprof/ answers 404 Not Found" or (
        source.state == "failed: answers 404 Not Found"
    )
    assert source.age(30) == 20
    assert source.history[-1].profile.total == 6


def test_a_target_that_never_answered_says_why():
    source = LiveSource("http://127.0.0.1:1")
    assert not poll(source, 0)
    assert source.state == "never answered: cannot be reached: connection refused"
    assert source.age(5) is None


def test_a_restarted_process_begins_a_new_history():
    with serving(mount(plain=50)) as server:
        source = LiveSource(server.address)
        poll(source, 0)
        poll(source, 1)
        port = server.server_address[1]
    assert not poll(source, 2)
    with serving(mount(plain=2, leaked=1, taken_at=10**18 + 9), port):
        assert poll(source, 3)
    assert [e.profile.total for e in source.history] == [3]
    assert source.proof.profile.total == 1


def test_a_drop_without_a_restart_keeps_the_history():
    with serving(mount(plain=50)) as server:
        source = LiveSource(server.address)
        poll(source, 0)
        server.answers.update(mount(plain=2, taken_at=10**18 + 9))
        poll(source, 1)
        assert [e.profile.total for e in source.history] == [51, 3]
        server.answers.update(mount(plain=2, taken_at=10**17))
        poll(source, 2)
    assert [e.profile.total for e in source.history] == [3]


def test_a_long_history_is_thinned_and_keeps_its_ends(monkeypatch):
    monkeypatch.setattr(live, "MAX_ENTRIES", 8)
    with serving(mount()) as server:
        source = LiveSource(server.address)
        for now in range(30):
            poll(source, now)
    times = [entry.at for entry in source.history]
    assert len(times) <= 8
    assert times[0] == 0
    assert times[-3:] == [27, 28, 29]
    assert times == sorted(times)
