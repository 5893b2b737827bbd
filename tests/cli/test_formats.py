"""`check --format sarif` and `github`: valid, placed, stable, and silent about what is private."""

import gzip
import json
import re

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Schema
from support.commands import FIXTURES, LEAK, LEAKY, PLAIN, report, run
from support.workspace import Workspace

from goleak_lsp.profile import profile_pb2

PROGRAMS = sorted(path.parent for path in FIXTURES.glob("*/profiles"))


def sarif(*arguments, **more) -> dict:
    """The log, held against the schema."""
    log = json.loads(run("check", *arguments, "--format", "sarif", **more).stdout)
    Schema.model_validate(log)
    return log["runs"][0]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
@pytest.mark.parametrize("form", ["goroutineleak.pb.gz", "goroutine.debug1.txt"])
def test_every_fixture_gives_a_valid_log(program, form):
    profile = program / "profiles" / f"go1.27-{form}"
    results = sarif(profile, "--root", program)["results"]
    findings = report(profile, "--root", program)["findings"]
    assert [r["partialFingerprints"]["goleakFinding/v1"] for r in results] == [f["id"] for f in findings]
    for result, finding in zip(results, findings, strict=True):
        assert (result["ruleId"], result["message"]["text"]) == (finding["kind"], finding["message"])
        assert result["properties"]["count"] == finding["count"]


def test_a_result_stands_on_its_line_with_its_stack():
    run_ = sarif(LEAK)
    [result] = run_["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "main.go", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == Workspace(LEAKY).line + 1
    [flow] = result["codeFlows"]
    last = flow["threadFlows"][0]["locations"][-1]["location"]
    assert last["physicalLocation"] == place
    frames = [f["location"]["logicalLocations"][0]["fullyQualifiedName"] for f in result["stacks"][0]["frames"]]
    assert frames[-1] == "main.myLeakyFunction" and "runtime.gopark" in frames
    assert run_["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_fingerprints_outlive_moved_lines_and_other_forms(tmp_path):
    for name in ("go.mod", "main.go"):
        (tmp_path / name).write_bytes((LEAKY / name).read_bytes())
    before = sarif(LEAK, cwd=tmp_path)["results"][0]
    main = tmp_path / "main.go"
    main.write_text(main.read_text().replace("package main\n", "package main\n" + "\n" * 30))
    after = sarif(PLAIN, cwd=tmp_path)["results"][0]
    assert after["partialFingerprints"] == before["partialFingerprints"]
    assert after["locations"] != before["locations"]


def test_levels_are_those_of_the_settings(tmp_path):
    (tmp_path / "c.toml").write_text('[severity]\nleaked = "error"\norphaned = "hint"\n')
    config = ("--config", tmp_path / "c.toml")
    assert [r["level"] for r in sarif(LEAK, *config)["results"]] == ["error"]
    assert [r["level"] for r in sarif(PLAIN, *config)["results"]] == ["note"]
    assert run("check", LEAK, "--format", "github", *config).stdout.startswith("::error ")
    assert run("check", PLAIN, "--format", "github", *config).stdout.startswith("::notice ")


def test_what_is_accepted_or_ignored_is_suppressed_with_its_reason(tmp_path):
    (tmp_path / "c.toml").write_text('[[ignore]]\nfunction = "main.*"\nreason = "known"\n')
    [result] = sarif(LEAK, "--config", tmp_path / "c.toml")["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "known"}]
    run("check", LEAK, "--write-accepted", tmp_path / "known")
    [result] = sarif(LEAK, "--accepted", tmp_path / "known")["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "accepted"}]


def test_a_finding_without_a_place_stands_at_the_module(tmp_path):
    assert "physicalLocation" not in sarif(LEAK, cwd=tmp_path)["results"][0]["locations"][0]
    (tmp_path / "go.mod").write_text("module example.com/other\n")
    place = sarif(LEAK, cwd=tmp_path)["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("go.mod", 1)


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_paths_of_machines_stay_at_home(form, tmp_path):
    (tmp_path / "bad").write_bytes(b"no profile")
    done = run("check", LEAK, tmp_path / "bad", "--format", form)
    assert "bad is no goroutine profile" in done.stdout
    for folder in ("/src/", str(tmp_path), str(FIXTURES), "/home/", "/root/"):
        assert folder not in done.stdout


def labelled(path, *labels: str, function: str = "main.myLeakyFunction"):
    """The leak profile with labels and a name of its own choice."""
    message = profile_pb2.Profile.FromString(gzip.decompress(LEAK.read_bytes()))
    strings = message.string_table
    for text in labels:
        strings.extend(["user", text])
        for sample in message.sample:
            sample.label.add(key=len(strings) - 2, str=len(strings) - 1)
    strings[list(strings).index("main.myLeakyFunction")] = function
    path.write_bytes(message.SerializeToString())
    return path


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_labels_only_when_asked(form, tmp_path):
    profile = labelled(tmp_path / "p", "jane@example.com")
    assert "jane" not in run("check", profile, "--format", form).stdout
    assert "user=jane@example.com" in run("check", profile, "--format", form, "--labels").stdout


def test_names_become_no_workflow_commands(tmp_path):
    evil = "main.x\n::set-output name=a::b%0A::error::\r,line=1:\u202e\x1b[31m"
    profile = labelled(tmp_path / "p", f"a\n::stop-commands::{evil}", function=evil)
    done = run("check", profile, "--format", "github", "--labels", "--root", tmp_path)
    [line] = done.stdout.splitlines()
    head, text = re.match(r"::warning title=([^:,]*)::(.*)$", line).groups()
    assert "%3A%3Aset-output" in head and "%250A" in head
    assert line.isprintable() and "\u202e" not in line
    assert "blocked" in text


def test_annotations_are_placed_below_the_checkout(tmp_path):
    checkout = {"GITHUB_WORKSPACE": str(FIXTURES.parent)}
    line = Workspace(LEAKY).line + 1
    annotation = run("check", LEAK, "--format", "github", env=checkout).stdout
    assert f"::warning file=fixtures/leaky/main.go,line={line}," in annotation
    uri = sarif(LEAK, env=checkout)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "fixtures/leaky/main.go"
    assert "file=main.go," in run("check", LEAK, "--format", "github", env={"GITHUB_WORKSPACE": str(tmp_path)}).stdout


def test_no_findings_are_a_valid_log_too(tmp_path):
    assert sarif(tmp_path / "none")["results"] == []
