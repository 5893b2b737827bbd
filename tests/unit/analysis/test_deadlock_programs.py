"""Real programs in deadlocks that the runtime cannot prove, and healthy ones that look like them.

Their profiles were taken by `tests/evidence/run_deadlocks.py --save`.
"""

import pytest
from evidence.run_deadlocks import HERE, SAVED, judge

from goleak_lsp.profile.kinds import is_parked
from goleak_lsp.profile.model import Frame, Sample

PROFILES = sorted(SAVED.glob("*.gz"))
NOT_SHOWN = {
    "dead_twice_once": "a sync.Once is no lock in the source",
    "dead_twice_continue.pb": "the first turn may wait for another, and the binary form has no states",
}


def test_there_is_a_profile_of_each_form_for_each_program():
    programs = {folder.name for folder in HERE.glob("*_*")}
    assert {p.name.split(".")[0] for p in PROFILES} == programs
    assert len(PROFILES) == 2 * len(programs)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name.removesuffix(".gz"))
def test_every_goroutine_of_a_deadlock_is_named_and_no_other(profile):
    name = profile.name.split(".")[0]
    wanted, named, alarms = judge(name, profile)
    assert alarms == []
    if not any(profile.name.startswith(known) for known in NOT_SHOWN):
        assert named == wanted


def test_who_was_preempted_within_a_lock_is_not_blocked_by_it():
    called = [Frame("sync.(*Mutex).Lock", "/go/src/sync/mutex.go", 63, 60), Frame("main.f", "/src/main.go", 9, 8)]
    inner = [Frame(name, "/go/src/runtime/x.go", 2, 1) for name in ("runtime.gopark", "runtime.asyncPreempt2")]
    parked, running, spinning = (Sample((*first, *called), 1) for first in ([inner[0]], [inner[1]], []))
    assert [is_parked(sample) for sample in (parked, running, spinning)] == [True, False, False]
