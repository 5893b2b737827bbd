"""Where gopls offers the same edit, ours stays away: the two as an editor has them, side by side."""

import json
from pathlib import Path

from support import client as clients
from support import synthesis
from support.archive import Archive, module
from support.client import Client, apply
from support.tools import environment, program

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.settings import Evidence
from goleak_lsp.sources.load import load
from goleak_lsp.text import apply_edits

SOURCE = """package thumbs

import "sync"

func All(names []string, decode func(string) error) {
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Add(1)
		go func() {
			if decode(name) != nil {
				return
			}
			println(name)
			wg.Done()
		}()
	}
	wg.Wait() //@leaked(3, "sync.WaitGroup.Wait")
}
"""


def test_what_gopls_offers_is_not_offered_twice(tmp_path, monkeypatch):
    root = (tmp_path / "ws").resolve()
    archive = Archive(Path("thumbs.txtar"), "", {"thumbs.go": SOURCE})
    module(root, [archive])
    profiles = synthesis.write(root / "profiles", "protobuf", synthesis.groups([archive]))
    path = root / "thumbs" / "thumbs.go"
    tree = SourceTree(root)
    snapshots, _ = load([profiles])
    [finding] = analyse([(s.process, s.profile) for s in snapshots], [], tree, Evidence())
    ours = {offer.fix: offer for offer in offers(finding, tree)}
    assert ours["wait-group-go"].of_gopls and "defer-done" in ours
    with Client() as client:
        client.initialize(root, {"sources": [profiles]})
        client.diagnostics(client.open(path), bool)
        client.verified()
        titles = [action["title"] for action in quick_fixes(client, path, "wg.Wait()")]
        assert ours["defer-done"].title in titles and ours["wait-group-go"].title not in titles
    monkeypatch.setattr(clients, "PROGRAM", program("gopls"))
    with Client(env=environment(tmp_path)) as gopls:
        gopls.answers["workspace/configuration"] = lambda params: [{} for _ in params["items"]]
        gopls.initialize(root)
        uri = gopls.open(path)
        told = gopls.diagnostics(uri, lambda found: any("WaitGroup.Go" in d["message"] for d in found), 120)
        [action] = [a for a in quick_fixes(gopls, path, "go func", told["diagnostics"]) if "WaitGroup.Go" in a["title"]]
        if "edit" not in action:
            action = gopls.result("codeAction/resolve", action)
        theirs = apply(SOURCE, action["edit"], uri)
    assert theirs == apply_edits(SOURCE.encode(), list(ours["wait-group-go"].edits)).decode(), json.dumps(action)


def quick_fixes(client: Client, path: Path, text: str, told: list[dict] = ()) -> list[dict]:
    line = SOURCE[: SOURCE.index(text)].count("\n")
    end = len(SOURCE.split("\n")[line])
    span = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": end}}
    here = [d for d in told if d["range"]["start"]["line"] == line]
    params = {"textDocument": {"uri": path.as_uri()}, "range": span}
    return client.result("textDocument/codeAction", params | {"context": {"diagnostics": here, "only": ["quickfix"]}})
