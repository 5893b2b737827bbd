"""The paths of every way to build, on the files of a workspace, without a setting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from goleak_lsp.golang import modules
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.profile.model import Frame, Profile, Sample

FILES = {
    "go.mod": "module example.com/shop\n\ngo 1.26\n\nreplace example.com/lib => ./third/lib\n",
    "main.go": "package main\n",
    "cmd/api/main.go": "package main\n",
    "cmd/job/main.go": "package main\n",
    "internal/cart/cart.go": "package cart\n",
    "internal/order/cart.go": "package order\n",
    "third/lib/go.mod": "module example.com/lib\n",
    "third/lib/lib.go": "package lib\n",
    "services/mail/go.mod": "module example.com/shop/mail/v2\n",
    "services/mail/send.go": "package mail\n",
    "vendor/example.com/dep/dep.go": "package dep\n",
}
CART, API, MAIL = "internal/cart/cart.go", "cmd/api/main.go", "services/mail/send.go"
LAYOUTS = [
    ("/home/ci/src/shop/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("example.com/shop/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("example.com/shop@v1.4.0/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("/root/go/pkg/mod/example.com/shop@v1.4.0/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("/w/vendor/example.com/shop/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("/home/u/go/src/example.com/shop/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("C:/Users/ci/shop/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("C:\\Users\\ci\\shop\\internal\\cart\\cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("/app/internal/order/cart.go", "example.com/shop/internal/order.Pay", "internal/order/cart.go"),
    ("internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("/proc/self/cwd/internal/cart/cart.go", "example.com/shop/internal/cart.Pay", CART),
    ("/app/cmd/api/main.go", "main.main", API),
    ("example.com/shop/cmd/api/main.go", "main.main", API),
    ("/src/main.go", "main.main", "main.go"),
    ("/build/third/lib/lib.go", "example.com/lib.Wait", "third/lib/lib.go"),
    ("example.com/lib@v0.0.0-00010101000000-000000000000/lib.go", "example.com/lib.Wait", "third/lib/lib.go"),
    ("/build/services/mail/send.go", "example.com/shop/mail/v2.Send", MAIL),
    ("example.com/shop/mail/v2/send.go", "example.com/shop/mail/v2.Send", MAIL),
    ("/app/cart.go", "example.com/shop/internal/cart.Pay", CART),
    # A closure that was inlined bears the package of its caller.
    ("/home/ci/shop/internal/cart/cart.go", "main.main.Pay.func1", CART),
    ("/usr/local/go/src/net/http/server.go", "net/http.(*conn).serve", None),
    ("net/http/server.go", "net/http.(*conn).serve", None),
    ("/root/go/pkg/mod/example.com/dep@v1.0.0/dep.go", "example.com/dep.Do", None),
    ("/w/vendor/example.com/dep/dep.go", "example.com/dep.Do", None),
    ("/w/internal/cart/cart.go", "example.org/other/internal/cart.Pay", None),
    ("/etc/passwd", "main.main", None),
    ("../outside.go", "main.main", None),
    ("/app/../../outside.go", "main.main", None),
    ("main.go\0", "main.main", None),
    ("", "main.main", None),
]


def workspace(root: Path, files: dict[str, str] = FILES) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def local(tree: SourceTree, file: str, function: str) -> str | None:
    """Where the frame is, in a profile that shows the module's own package too."""
    frame = Frame(function, file, 1)
    known = Frame("example.com/shop/internal/cart.Add", "/elsewhere/shop/internal/cart/cart.go", 1)
    path = FileMap(Profile("goroutine", (Sample((frame, known), 1),), 1), tree).local(frame)
    return tree.relative(path) if path else None


@pytest.mark.parametrize(("file", "function", "expected"), LAYOUTS)
def test_a_path_of_a_build_is_found(tmp_path, file, function, expected):
    tree = SourceTree(workspace(tmp_path / "ws"))
    assert local(tree, file, function) == expected


def test_a_workspace_of_several_modules_is_one(tmp_path):
    root = workspace(
        tmp_path,
        {
            "go.work": "go 1.26\n\nuse (\n\t./a\n\t./deep/b // the second\n)\n",
            "a/go.mod": "module example.com/a\n",
            "a/x.go": "package a\n",
            "deep/b/go.mod": "module example.com/b\n",
            "deep/b/x.go": "package b\n",
        },
    )
    tree = SourceTree(root)
    assert local(tree, "/ci/a/x.go", "example.com/a.F") == "a/x.go"
    assert local(tree, "/ci/deep/b/x.go", "example.com/b.F") == "deep/b/x.go"
    assert local(tree, "example.com/b/x.go", "example.com/b.F") == "deep/b/x.go"


def test_a_rule_of_the_user_comes_first(tmp_path):
    tree = SourceTree(workspace(tmp_path), [("/odd/place/", "cmd/api/"), ("/out/", "../")])
    assert local(tree, "/odd/place/main.go", "main.main") == API
    assert local(tree, "/out/anything.go", "main.main") is None


def test_nothing_is_read_through_a_link_out_of_the_workspace_or_from_a_pipe(tmp_path):
    root = workspace(tmp_path / "ws")
    (tmp_path / "secret.go").write_text("package secret\n")
    (root / "link.go").symlink_to(tmp_path / "secret.go")
    (root / "loop.go").symlink_to(root / "loop.go")
    (root / "folder.go").mkdir()
    names = ["link.go", "loop.go", "folder.go"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "pipe.go")
        names.append("pipe.go")
    tree = SourceTree(root)
    assert [local(tree, f"/app/{name}", "main.main") for name in names] == [None] * len(names)
    assert tree.read(root / names[-1]) is None


def test_a_workspace_is_not_searched_for_what_a_path_tells(tmp_path, monkeypatch):
    tree = SourceTree(workspace(tmp_path))
    monkeypatch.setattr(modules, "_nested", lambda root: pytest.fail("the tree was walked"))
    for file, function, expected in LAYOUTS:
        if not (expected == MAIL and file.startswith("example.com")) and "other" not in function:
            assert local(tree, file, function) == expected


def test_a_bare_name_is_no_program_of_that_name(tmp_path):
    """The program's folder is gone; the library's file of the same name is another."""
    (tmp_path / "go.mod").write_text("module example.com/shop\n")
    (tmp_path / "client.go").write_text("package shop\n\nfunc main() {}\n")
    frame = Frame("main.main", "/build/shop/examples/chat/client.go", 3)
    profile = Profile("goroutine", (Sample((frame,), 1),), 1)
    assert FileMap(profile, SourceTree(tmp_path)).local(frame) is None
    (tmp_path / "client.go").write_text("package main\n\nfunc main() {}\n")
    assert FileMap(profile, SourceTree(tmp_path)).local(frame) == tmp_path / "client.go"
