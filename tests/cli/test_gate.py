"""What a gate needs: settings of several files, findings that are accepted, rules, named sources."""

import shutil
from datetime import date, timedelta

import pytest
from support.commands import LEAK, LEAKY, PLAIN, report, run, total_of
from support.pprof_server import pprof, serving


@pytest.fixture
def service(tmp_path):
    """A copy of the leaking service without its profiles."""
    for name in ("main.go", "go.mod"):
        shutil.copy(LEAKY / name, tmp_path / name)
    return tmp_path


def test_what_is_accepted_is_reported_apart_and_does_not_fail(service):
    args = (PLAIN, "--root", service)
    assert run("check", *args, "--write-accepted", "known.txt", cwd=service).returncode == 1
    done = run("check", *args, "--accepted", "known.txt", cwd=service)
    assert done.returncode == 0
    assert "accepted:" in done.stdout and "135 goroutines blocked here" in done.stdout
    whole = report(*args, "--accepted", "known.txt", cwd=service, status=0)
    assert (whole["findings"], whole["accepted"][0]["count"], whole["accepted"][0]["until"]) == ([], 135, None)


def test_the_moved_leak_is_still_accepted_but_stronger_evidence_elsewhere_is_not(service):
    run("check", PLAIN, "--write-accepted", "known.txt", cwd=service)
    main = service / "main.go"
    main.write_text(main.read_text().replace("package main\n", "package main\n" + "\n" * 30))
    whole = report(LEAK, "--accepted", "known.txt", cwd=service, status=0)
    assert [f["evidence"] for f in whole["accepted"]] == ["leaked"]


@pytest.mark.parametrize(("days", "status"), [(-1, 1), (0, 0), (1, 0)])
def test_acceptance_ends_after_its_day(service, days, status):
    run("check", PLAIN, "--write-accepted", "known.txt", cwd=service)
    known = service / "known.txt"
    day = date.today() + timedelta(days)
    known.write_text(known.read_text().replace("  # main.go", f" {day}  # main.go"))
    done = run("check", PLAIN, "--accepted", "known.txt", cwd=service)
    assert done.returncode == status, done.stdout
    assert ("whose day is past" in done.stderr) == (days < 0)
    run("check", PLAIN, "--accepted", "known.txt", "--write-accepted", "known.txt", cwd=service)
    assert str(day) in known.read_text()


def test_entries_that_match_nothing_are_named(service):
    (service / "known.txt").write_text("# comment\n\ndeadbeef 2999-01-01 # gone\nnot an entry\n")
    done = run("check", PLAIN, "--accepted", "known.txt", cwd=service)
    assert done.returncode == 1
    assert "that match no finding: deadbeef" in done.stderr
    assert "line 4 is no" in done.stderr
    assert report(PLAIN, "--accepted", "known.txt", cwd=service)["accepted_unmatched"] == ["deadbeef"]


@pytest.mark.parametrize("name", [".", "none.txt"])
def test_an_accepted_file_that_cannot_be_read_is_bad_usage(name, service):
    done = run("check", PLAIN, "--accepted", name, cwd=service)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert run("check", PLAIN, "--write-accepted", "none/x", cwd=service).returncode == 2


def test_rules_and_comments_silence_and_are_counted(service):
    rule = '[[ignore]]\nfunction = "main.my*"\nreason = "known"\n'
    (service / "gate.toml").write_text(rule)
    whole = report(PLAIN, "--config", "gate.toml", cwd=service, status=0)
    assert (whole["findings"], whole["ignored"]) == ([], 1)
    assert whole["ignored_findings"][0]["reason"] == "known"
    main = service / "main.go"
    main.write_text(main.read_text().replace("\t<-ch", "\t//goleak:ignore for ever\n\t<-ch"))
    done = run("check", PLAIN, cwd=service)
    assert done.returncode == 0
    assert "ignored: 1, 135 goroutines" in done.stdout


def test_settings_are_those_of_the_root_and_later_files_win(service):
    (service / ".goleak.toml").write_text("[evidence]\ncrowded = 1000\n[severity]\norphaned = 'off'\n")
    whole = report(PLAIN, cwd=service, status=0)
    assert whole["ignored_findings"][0]["reason"] == "the setting severity.orphaned is off"
    (service / "ci.toml").write_text("[goleak.severity]\norphaned = 'error'\n")
    assert len(report(PLAIN, "--config", "ci.toml", cwd=service, status=1)["findings"]) == 1


def test_settings_that_cannot_be_used_are_said(service):
    (service / ".goleak.toml").write_text("[evidence]\ngrowing = 'many'\n[[ignore]]\nreason = 'all'\n")
    whole = report(PLAIN, cwd=service)
    messages = " ".join(p["message"] for p in whole["problems"])
    assert "evidence.growing cannot be" in messages and "goleak.ignore" in messages
    (service / ".goleak.toml").write_text("[[[")
    assert run("check", PLAIN, cwd=service).returncode == 1


def test_sources_of_the_settings_are_used_when_none_is_named(service):
    shutil.copy(PLAIN, service / "p.pb.gz")
    (service / ".goleak.toml").write_text('sources = ["*.pb.gz"]\n')
    assert report("--root", service)["sources"][0]["total"] == total_of(PLAIN)
    assert "name a file" in run("check", cwd=LEAKY).stderr


def test_network_sources_of_a_workspace_are_asked_only_when_named_or_trusted(service):
    with serving({"/debug/pprof/goroutine": pprof("goroutine", {"main.f": 3})}) as server:
        prod = f'[[sources]]\nname = "prod"\nurl = "{server.address}"\nheaders = {{X-Key = "k1"}}\n'
        (service / ".goleak.toml").write_text(f'baseline = "{server.address}"\n{prod}')
        assert "only when named" in run("check", cwd=service).stderr
        assert report(PLAIN, cwd=service)["problems"] == []
        assert server.asked == []
        assert report("@prod", cwd=service)["sources"][0]["source"] == "@prod"
        assert {h.get("X-Key") for h in server.headers} == {"k1"}
        assert report("--trust", cwd=service)["sources"][0]["total"] == 3
        (service / ".goleak.toml").write_text("")
        (service / "mine.toml").write_text(prod)
        assert report("--config", "mine.toml", cwd=service)["sources"][0]["total"] == 3
    assert "named there: @prod" in run("check", "@prd", "--config", "mine.toml", cwd=service).stderr


def test_headers_go_to_network_sources_and_are_never_shown():
    with serving({}) as server:
        done = run("check", server.address, "--header", "Authorization: Bearer hunter2", "--header", "X-A: b")
    assert {(h.get("Authorization"), h.get("X-A")) for h in server.headers} == {("Bearer hunter2", "b")}
    assert done.returncode == 2 and "hunter2" not in done.stdout + done.stderr
    bad = run("check", server.address, "--header", "Authorization hunter2\n")
    assert bad.returncode == 2 and "hunter2" not in bad.stderr
