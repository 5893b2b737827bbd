"""Healthy programs that look as if they leaked or were locked up: nothing is said about them.

Their profiles were taken by `tests/evidence/run_lookalikes.py --save`.
"""

import zipfile

import pytest
from evidence.run_lookalikes import FORMS, SAVED, alarms, names


def test_each_program_has_its_profiles():
    with zipfile.ZipFile(SAVED) as archive:
        assert set(archive.namelist()) == {f"{name}/{form}" for name in names() for form in FORMS}


@pytest.mark.parametrize("name", names())
def test_nothing_is_said_about_a_healthy_program(name):
    with zipfile.ZipFile(SAVED) as archive:
        assert {form: alarms(archive.read(f"{name}/{form}")) for form in FORMS} == {form: [] for form in FORMS}
