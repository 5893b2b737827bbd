"""Settings are a person's, so anything may stand where a table belongs."""

import pytest

from goleak_lsp.settings import Settings, parse


@pytest.mark.parametrize("value", [[1, 2], "fast", 15, True])
def test_what_is_no_table_leaves_a_section_as_it_was(value):
    settings, problems = parse({"poll": value, "trace": "verbose"})
    assert settings == Settings(trace="verbose")
    assert problems == [f"goleak.poll cannot be {value!r}"]
