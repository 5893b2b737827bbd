"""Which files the go command leaves out, as it decides that itself."""

import json
import subprocess
from pathlib import Path

import pytest

from goleak_lsp.golang.constraints import constraint_of, excluding

FILES = {
    "plain.go": "package p\n",
    "x_linux.go": "package p\n",
    "x_windows.go": "package p\n",
    "x_linux_arm.go": "package p\n",
    "x_linux_amd64.go": "package p\n",
    "x_arm_linux.go": "package p\n",
    "windows.go": "package p\n",
    "x_plan9_y.go": "package p\n",
    "unix.go": "//go:build unix\n\npackage p\n",
    "ignored.go": "//go:build ignore\n\npackage p\n",
    "not.go": "// Words.\n\n//go:build !windows && (linux || darwin)\n\npackage p\n",
    "nor.go": "//go:build !(unix || wasm)\n\npackage p\n",
    "mine.go": "//go:build mine || !mine\n\npackage p\n",
    "both.go": "//go:build mine && gc\n\npackage p\n",
    "release.go": "//go:build go1.18\n\npackage p\n",
    "late.go": "package p\n\n//go:build ignore\n",
    "commented.go": "/* Words.\n//go:build ignore\n*/\n\npackage p\n",
    "behind.go": "/* Words. */\n\n//go:build ignore\n\npackage p\n",
}


@pytest.mark.parametrize(
    "settings",
    [{"GOOS": "linux", "GOARCH": "amd64"}, {"GOOS": "windows", "GOARCH": "arm64"}, {"GOFLAGS": "-v -tags=other,mine"}],
)
def test_it_is_what_go_list_says(tmp_path, monkeypatch, settings):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.22\n")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(("go", "list", "-e", "-json", "."), cwd=tmp_path, capture_output=True, check=True)
    listed = json.loads(done.stdout)
    ours = {name for name, text in FILES.items() if excluding(tmp_path / name, text.encode())}
    assert ours == set(listed["IgnoredGoFiles"])
    assert set(FILES) - ours == set(listed["GoFiles"])


@pytest.mark.parametrize(
    ("name", "head", "whole"),
    [
        ("x.go", "", ""),
        ("x_linux.go", "", "linux"),
        ("x_linux_amd64.go", "//go:build a || b\n\n", "linux && amd64 && (a || b)"),
        ("x_linux.go", "//go:build !a\n\n", "linux && !a"),
        ("x_linux_extra.go", "//go:build a || b\n\n", "a || b"),
    ],
)
def test_what_a_file_is_built_under(name, head, whole):
    assert constraint_of(Path(name), f"{head}package p\n".encode()) == whole
