"""A bounded run of the fuzzer: changed real profiles, and bytes that Hypothesis makes up."""

import sys
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from mutate import TOKENS, mutated, seeds
from run import check, fuzz

SEEDS = seeds()
QUICK = settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def test_seeds_are_read():
    assert len(SEEDS) > 300
    assert all(check(seed) for seed in SEEDS if seed.startswith((b"goroutine 1 ", b"goroutine profile")))


def test_changed_profiles_give_a_result_or_the_reader_s_own_error(tmp_path):
    assert fuzz(4_000, seed=2026, seconds=10, folder=tmp_path) == 0


@QUICK
@given(st.lists(st.sampled_from(TOKENS) | st.binary(max_size=20), max_size=30))
@example([b"goroutine 1 [select]:\n", b"created by ", b"\n\t/a.go:" + b"9" * 5_000 + b"\n"])
@example([b"[" * 5_000, b"goroutine 1 [select]:"])
def test_made_up_texts(parts):
    check(b"".join(parts))


@QUICK
@given(st.sampled_from(SEEDS), st.sampled_from(SEEDS), st.integers(0, 1 << 30))
def test_changes_that_hypothesis_can_shrink(seed, other, number):
    check(mutated(seed, other, Random(number)))
