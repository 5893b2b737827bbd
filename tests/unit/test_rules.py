"""Rules that are written into a settings file, whatever stands there."""

import tomllib

import pytest

from goleak_lsp.features.rules import as_toml, with_rule

RULE = {"function": 'main.(*T[...]).m "x"', "file": "a b/é.go", "reason": "ignored in the editor"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# A comment.\nsources = []",
        "[poll]\ninterval = 0\n",
        '[[ignore]]\nfunction = "a"\n',
        "[goleak]\nsources = []\n",
        "[goleak]\nignore = []\n[goleak.poll]\ninterval = 0\n",
        'ignore = [{ function = "a]" }]\n[poll]\ninterval = 0\n',
        'ignore = [\n  { function = "a", reason = "b" }, # why ]\n]\n',
        "ignore = []\n",
    ],
)
def test_a_rule_is_added_and_the_rest_is_kept(text):
    new = with_rule(text, RULE)
    before, after = (t.get("goleak", t) for t in (tomllib.loads(text), tomllib.loads(new)))
    assert after.pop("ignore") == [*before.pop("ignore", []), RULE]
    assert after == before
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in new.splitlines() if line.startswith("#")
    ]


@pytest.mark.parametrize("text", ["ignore = 5\n", "a = [\n", "[ignore]\nx = 1\n"])
def test_what_cannot_be_added_to_is_left(text):
    assert with_rule(text, RULE) is None


def test_the_rule_on_one_line_is_toml():
    assert tomllib.loads(f"ignore = [{as_toml(RULE)}]")["ignore"] == [RULE]
