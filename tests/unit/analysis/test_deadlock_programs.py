"""Real programs in deadlocks that the runtime cannot prove, and healthy ones that look like them.

Their profiles were taken by `tests/evidence/run_deadlocks.py --save`.
"""

import pytest
from evidence.run_deadlocks import HERE, SAVED, judge

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
