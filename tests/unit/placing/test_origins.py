"""The commit that a profile was built from, by evidence alone, and from repositories that mean harm."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from goleak_lsp.placing import checkout, history, objects, origins, surroundings
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, FUNCTION, MOVED, NONE, Placement, place
from goleak_lsp.placing.sightings import OPERATION, Lines, Sighting
from goleak_lsp.profile.model import Frame, Profile, Sample

SOURCE = """package shop

func Serve(jobs, done chan int) {
	first(jobs)
	<-jobs
	<-done
}

func first(jobs chan int) {
	jobs <- 1
}
"""
CHANGED = SOURCE.replace("\t<-jobs\n", "\tprintln()\n\t<-jobs\n\tprintln()\n")


def git(root: Path, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True, env=os.environ | identity | clean
    )
    return done.stdout.strip()


def commit(root: Path, message: str, files: dict[str, str]) -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path) -> Path:
    """A history whose second commit the profile was built from, and changes on top of it."""
    root = tmp_path / "ws"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, "one", {"go.mod": "module example.com/shop\n", "serve.go": "package shop\n\n// Nothing yet.\n"})
    commit(root, "two", {"serve.go": SOURCE})
    git(root, "tag", "v1.2.0")
    commit(root, "three", {"serve.go": CHANGED})
    return root


def frame(line: int, function: str = "Serve", file: str = "/ci/shop/serve.go") -> Frame:
    return Frame(f"example.com/shop.{function}", file, line)


def placed(root: Path, *frames: Frame, **more) -> list[Placement]:
    """The placements of goroutines of a dump that receive at the frames, beside one that sends."""
    seen = [Sample((f,), 5, state="chan receive", **more) for f in frames]
    sender = Sample((frame(10, "first"), frame(4)), 1, state="chan send")
    answers = place(Profile("goroutine", (*seen, sender), 6), SourceTree(root))
    return [answers[sample.stack] for sample in seen]


def test_a_dump_of_an_older_commit_is_placed_by_its_source(repository):
    jobs, done = placed(repository, frame(5), frame(6))
    assert (jobs.confidence, jobs.line, done.confidence, done.line) == (MOVED, 6, MOVED, 8)
    assert jobs.commit == "v1.2.0"


def test_a_line_that_looks_right_and_is_another_is_not_believed(repository):
    """Line 6 holds a receive today too: the other one."""
    [done] = placed(repository, frame(6))
    assert (done.line, done.confidence) == (8, MOVED)


def test_changes_that_are_not_committed_are_changes_too(repository):
    (repository / "serve.go").write_text(CHANGED.replace("package shop\n", "package shop\n\n// More.\n"))
    [done] = placed(repository, frame(6))
    assert (done.line, done.confidence) == (10, MOVED)


def test_an_operation_that_was_deleted_is_said_to_be_gone(repository):
    (repository / "serve.go").write_text(SOURCE.replace("\t<-done\n", ""))
    [done] = placed(repository, frame(6))
    assert (done.confidence, done.path, done.line) == (NONE, None, 0)
    assert done.reason == "gone since v1.2.0"


def test_a_file_and_a_function_that_moved_are_found(repository):
    git(repository, "rm", "-q", "serve.go")
    (repository / "other").mkdir()
    (repository / "other" / "moved.go").write_text("package other\n\n" + SOURCE.partition("\n\n")[2])
    jobs, done = placed(repository, frame(5), frame(6))
    assert (jobs.path.name, jobs.line, done.line) == ("moved.go", 5, 6)
    assert jobs.confidence == done.confidence == MOVED


def test_what_moves_to_another_file_while_the_server_runs_is_followed_there(repository):
    """The two files are saved one after the other."""
    seen = Sample((frame(6),), 5, state="chan receive")
    sender = Sample((frame(10, "first"), frame(4)), 1, state="chan send")
    profile, tree = Profile("goroutine", (seen, sender), 6), SourceTree(repository)
    head, _, body = SOURCE.partition("\n\n")
    assert place(profile, tree)[seen.stack].line == 8
    (repository / "serve.go").write_text(head + "\n")
    assert place(profile, tree)[seen.stack].confidence == NONE
    (repository / "moved.go").write_text(f"{head}\n\n{body}")
    assert (place(profile, tree)[seen.stack].path.name, place(profile, tree)[seen.stack].line) == ("moved.go", 6)
    (repository / "moved.go").write_text(f"{head}\n\n\n\n{body}")
    assert place(profile, tree)[seen.stack].line == 8


def test_a_label_tells_the_commit(repository):
    """Two commits explain one line equally well; the database that kept the profile knows which."""
    both = SOURCE.replace("<-done", "<-jobs")
    wanted = commit(repository, "four", {"serve.go": both})
    commit(repository, "five", {"serve.go": CHANGED})
    unsure, sure = placed(repository, frame(6)), placed(repository, frame(6), labels=(("vcs.revision", wanted),))
    assert unsure[0].confidence == FUNCTION
    assert sure[0].confidence != EXACT


@pytest.mark.parametrize("way", ["packed", "worktree", "detached", "dates", "sha256"])
def test_every_shape_of_a_repository_is_read(repository, tmp_path, way):
    root = repository
    if way == "packed":
        git(root, "pack-refs", "--all")
        git(root, "gc", "-q")
    elif way == "worktree":
        root = tmp_path / "linked"
        git(repository, "worktree", "add", "-q", str(root))
    elif way == "detached":
        git(root, "checkout", "-q", "--detach")
    elif way == "dates":
        git(root, "commit", "-q", "--allow-empty", "--amend", "--date=1990-01-01", "-m", "old")
    else:
        shutil.rmtree(root)
        root.mkdir()
        git(root, "init", "-q", "-b", "main", "--object-format=sha256")
        commit(root, "two", {"go.mod": "module example.com/shop\n", "serve.go": SOURCE})
        commit(root, "three", {"serve.go": CHANGED})
    assert [p.line for p in placed(root, frame(5), frame(6))] == [6, 8]


def test_nothing_that_a_repository_configures_is_run(repository, tmp_path):
    """Whatever git would start for its owner, it must not start for a visitor."""
    ran, script = tmp_path / "ran", tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{ran}'\n")
    script.chmod(0o755)
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        shutil.copy(script, repository / ".git" / "hooks" / hook)
    for key in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "core.editor", "diff.external",
        "gpg.program", "credential.helper", "filter.x.smudge", "filter.x.clean", "diff.x.textconv", "alias.log",
        "alias.cat-file", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
    ):  # fmt: skip
        git(repository, "config", key, str(script))
    for key, value in (
        ("log.showSignature", "true"), ("extensions.partialClone", "origin"), ("core.repositoryformatversion", "1"),
        ("remote.origin.url", f"ext::{script}"), ("remote.origin.promisor", "true"), ("protocol.ext.allow", "always"),
        ("include.path", str(tmp_path / "more")),
    ):  # fmt: skip
        git(repository, "config", key, value)
    (repository / ".gitattributes").write_text("*.go filter=x diff=x\n")
    blob = git(repository, "rev-parse", "HEAD:go.mod")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert [p.line for p in placed(repository, frame(5), frame(6))] == [6, 8]
    assert not ran.exists()


@pytest.mark.parametrize("way", ["no objects", "torn", "not a repository", "shallow", "garbage in HEAD", "link loop"])
def test_a_broken_repository_leaves_what_today_tells(repository, tmp_path, way):
    root, folder = repository, repository / ".git"
    if way == "no objects":
        shutil.rmtree(folder / "objects")
    elif way == "torn":
        for path in (p for p in (folder / "objects").rglob("*") if p.is_file()):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:7])
    elif way == "not a repository":
        shutil.rmtree(folder)
        folder.write_text("gitdir: /dev/zero\n")
    elif way == "shallow":
        root = tmp_path / "shallow"
        git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", str(root))
    elif way == "garbage in HEAD":
        (folder / "HEAD").write_bytes(b"ref: refs/../../../etc/passwd\n")
        shutil.rmtree(folder / "refs")
    else:
        shutil.rmtree(folder)
        folder.symlink_to(folder)
    [answer] = placed(root, frame(5))
    assert answer.confidence == FUNCTION
    assert answer.line == 3 and set(answer.candidates) == {6, 8}


def test_without_git_today_is_all_there_is(repository, monkeypatch):
    monkeypatch.setattr(objects, "_program", lambda: None)
    [answer] = placed(repository, frame(5))
    assert answer.confidence == FUNCTION


def test_a_git_that_a_workspace_brings_is_never_started(repository, tmp_path, monkeypatch):
    """A relative entry of PATH names the working folder, which belongs to whoever wrote the code."""
    monkeypatch.chdir(repository)
    (repository / "git").write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    (repository / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    objects._program.cache_clear()
    placed(repository, frame(5))
    assert not (tmp_path / "ran").exists()


def test_the_module_cache_has_the_source_of_a_version(tmp_path, monkeypatch):
    cache, root = tmp_path / "cache", tmp_path / "ws"
    (cache / "example.com" / "!big" / "shop@v1.2.0").mkdir(parents=True)
    (cache / "example.com" / "!big" / "shop@v1.2.0" / "serve.go").write_text(SOURCE)
    root.mkdir()
    (root / "go.mod").write_text("module example.com/Big/shop\n")
    (root / "serve.go").write_text(CHANGED)
    monkeypatch.setenv("GOMODCACHE", str(cache))
    for file in ("example.com/Big/shop@v1.2.0/serve.go", "/x/pkg/mod/example.com/!big/shop@v1.2.0/serve.go"):
        there = Frame("example.com/Big/shop.Serve", file, 6)
        answers = place(Profile("goroutine", (Sample((there,), 1, state="chan receive"),), 1), SourceTree(root))
        assert (answers[there,].line, answers[there,].commit) == (8, "v1.2.0")


def test_what_took_the_very_place_of_an_operation_is_not_taken_for_it(repository):
    """Every line of today agrees with the profile; the file is not the commit's, and its old text tells."""
    commit(repository, "four", {"serve.go": SOURCE})
    (repository / "serve.go").write_text(SOURCE.replace("\t<-jobs\n", "\t<-elsewhere\n"))
    jobs, done = placed(repository, frame(5), frame(6))
    assert (jobs.confidence, jobs.line, jobs.candidates) == (FUNCTION, 3, (5,))
    assert (done.confidence, done.line) == (EXACT, 6)


def test_a_history_that_took_too_long_is_said_to_have(repository, monkeypatch):
    monkeypatch.setattr(origins, "BUDGET", 0.0)
    tree = SourceTree(repository)
    sample = Sample((frame(6),), 1, state="chan receive")
    assert place(Profile("goroutine", (sample,), 1), tree)[sample.stack].confidence == FUNCTION
    [note] = tree.notes.values()
    assert note.startswith("the history of ws was not read to its end")


@pytest.mark.parametrize("version", [2, 3, 4])
def test_what_git_has_checked_out_is_read_from_its_index(repository, version):
    """Of names that end alike, each has its own; other versions of the index are left to git."""
    commit(repository, "four", {"a/serve.go": SOURCE, "b/a/serve.go": CHANGED, "x serve.go": "package shop\n"})
    git(repository, "update-index", f"--index-version={version}")
    if version == 3:
        git(repository, "update-index", "--skip-worktree", "serve.go")
    found = objects.repository_of(repository)
    paths = [repository / name for name in ("serve.go", "a/serve.go", "b/a/serve.go", "x serve.go", "none.go")]
    expected = {path: git(repository, "hash-object", str(path)) for path in paths[:4]}
    blobs = lambda: {path: oid for path, (oid, _) in found.blobs_checked_in(paths, objects.Budget(5)).items()}  # noqa: E731
    assert blobs() == expected
    for path, oid in expected.items():
        assert objects.blob_id(path.read_bytes(), 40) == oid
    (repository / ".git" / "index").write_bytes(b"DIRC\0\0\0\2" + b"serve.go\0" * 40)
    assert blobs() == expected


def is_current(path: Path) -> bool:
    """Whether a file is what git has checked out, to somebody who has not asked before."""
    seen = checkout.Seen(path.name, path, [], None, set())
    return checkout.Checkout(SourceTree(path.parent), [seen]).is_current(seen)


def test_a_file_that_nobody_has_touched_is_not_read_to_be_known(repository, monkeypatch):
    """What git notes of a file tells that it is the one checked out; no change leaves all of that alone."""
    path, asked = repository / "serve.go", []
    state = path.stat()
    os.utime(repository / ".git" / "index", ns=(state.st_mtime_ns + 10**9,) * 2)
    monkeypatch.setattr(checkout, "blob_id", lambda *given: asked.append(given) or objects.blob_id(*given))
    assert is_current(path)
    assert asked == []
    path.write_text(CHANGED)
    assert is_current(path)
    path.write_text(CHANGED.replace("\t<-jobs\n", "\t<-sboj\n"))
    os.utime(path, ns=(state.st_mtime_ns,) * 2)
    assert path.stat().st_size == state.st_size
    assert not is_current(path)
    assert len(asked) == 2


def test_a_file_that_changed_as_the_index_was_written_is_read(repository):
    """Its stamp may be that of an earlier text."""
    commit(repository, "four", {"serve.go": SOURCE})
    path = repository / "serve.go"
    os.utime(repository / ".git" / "index", ns=(path.stat().st_mtime_ns,) * 2)
    found = objects.repository_of(repository).blobs_checked_in([path], objects.Budget(5))
    assert found == {path: (git(repository, "hash-object", str(path)), ())}


def receives(root: Path, tree: SourceTree | None = None) -> Placement:
    """Where ``(*Log).Close`` of ``wal/log.go`` stands, which waits on its seventh line."""
    there = Frame("example.com/shop/wal.(*Log).Close", "/ci/shop/wal/log.go", 7)
    sample = Sample((there,), 1, state="chan receive")
    return place(Profile("goroutine", (sample,), 1), tree or SourceTree(root))[there,]


CLOSE = "package wal\n\ntype Log struct{ done chan int }\n\nfunc (l *Log) Close() {\n\tprintln(1)\n\t<-l.done\n}\n"


def test_a_twin_that_was_there_before_is_not_what_moved_away(repository):
    """Both packages had the function; that one of them is gone does not make it the other's."""
    commit(repository, "four", {"wal/log.go": CLOSE, "agent/log.go": CLOSE.replace("wal", "agent")})
    git(repository, "rm", "-q", "-r", "wal")
    assert receives(repository).confidence == NONE


def test_of_build_variants_each_keeps_its_own(repository):
    commit(repository, "four", {"wal/log.go": CLOSE, "wal/log_windows.go": CLOSE})
    git(repository, "rm", "-q", "wal/log.go")
    assert receives(repository).confidence == NONE


def test_a_package_that_moved_is_found_among_many_functions_of_that_name(repository):
    others = {f"part{n:02}/log.go": f"package part{n:02}\n\nfunc (x *T) Close() {{}}\n" for n in range(40)}
    commit(repository, "four", {"wal/log.go": CLOSE, **others})
    git(repository, "mv", "wal", "zlog")
    found = receives(repository)
    assert (found.confidence, found.path, found.line) == (MOVED, repository / "zlog" / "log.go", 7)


def test_what_there_was_no_time_to_search_for_is_not_called_gone(repository, monkeypatch):
    commit(repository, "four", {"wal/log.go": CLOSE})
    git(repository, "mv", "wal", "zlog")
    monkeypatch.setattr(surroundings, "_SEARCH_SECONDS", 0.0)
    found = receives(repository)
    assert found.confidence == NONE
    assert "gone" not in found.reason


def test_a_changed_file_whose_history_could_not_be_read_is_not_sure(repository, monkeypatch):
    """Another receive stands in the very place of the first; nobody had the time to ask what was there."""
    (repository / "serve.go").write_text(CHANGED.replace("\tprintln()\n\t<-jobs\n", "\t<-other\n\t<-jobs\n"))
    monkeypatch.setattr(origins, "BUDGET", 0.0)
    [answer] = placed(repository, frame(5))
    assert (answer.confidence, answer.line, set(answer.candidates)) == (FUNCTION, 3, {5, 6, 8})


def test_a_log_that_was_cut_off_still_knows_what_is_checked_out(repository, monkeypatch):
    """The commit that wrote the file is further back than there was time for; the index has its text."""
    commit(repository, "four", {"serve.go": SOURCE})
    commit(repository, "five", {"other.go": "package shop\n"})
    monkeypatch.setattr(history, "MAX_LOG", 200)
    (repository / "serve.go").write_text(SOURCE.replace("\t<-jobs\n", "\tprintln(0)\n\t<-jobs\n"))
    answers = placed(repository, frame(5), frame(6))
    assert [(p.confidence, p.line) for p in answers] == [(MOVED, 6), (MOVED, 7)]


def test_a_text_without_functions_is_none_that_a_sighting_was_in():
    seen = Sighting("serve", 3, 3, OPERATION, "chan-send")
    assert not Lines(b"package p\n\nvar serve = func() { jobs <- 1 }\n").agrees(seen)
    assert Lines(b"package p\n\nfunc serve() { jobs <- 1 }\n").agrees(seen)
