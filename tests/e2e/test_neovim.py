"""Neovim, with gopls beside the server: the whole way from a live leaking service to its end."""

import json
import subprocess

import pytest
from support.client import PROGRAM
from support.neovim import Neovim

WORDS = "135 goroutines blocked here"

# The diagnostics of one server, as (line, message).
DIAGNOSTICS = """(function(source)
  local mine = vim.tbl_filter(function(d) return d.source == source end, vim.diagnostic.get(0))
  return vim.tbl_map(function(d) return {{ d.lnum, d.message }} end, mine)
end)('{}')"""
GOLEAK, COMPILER = DIAGNOSTICS.format("goleak"), DIAGNOSTICS.format("compiler")

# Answers vim.ui.select as a user does who takes the quick fix that the server prefers.
CHOOSE = """
Offered = {}
vim.ui.select = function(items, _, choose)
  for _, item in ipairs(items) do
    table.insert(Offered, item.action.title)
    if item.action.isPreferred then choose(item) end
  end
end
vim.lsp.buf.code_action({ context = { only = { 'quickfix' } } })"""

RUN = """
local client = vim.lsp.get_clients({{ name = 'goleak' }})[1]
local answer = client:request_sync('workspace/executeCommand', {{ command = 'goleak.{}' }}, 20000)
return assert(answer and answer.result or answer and not answer.err, vim.inspect(answer))"""


def settings(source: str) -> dict:
    return {"sources": [source], "poll": {"interval": 0}, "inlayHints": {"enabled": "on"}}


def check(service) -> dict:
    command = [PROGRAM, "check", service.url, "--format", "json"]
    done = subprocess.run(command, cwd=service.folder, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def test_a_live_leak_is_seen_fixed_and_gone(tmp_path, workspace, service):
    with Neovim(tmp_path, settings(service.url)) as editor:
        editor.open(workspace.main)
        see_the_leak(editor, workspace.line)
        gopls_works(editor)
        apply_the_preferred_fix(editor, workspace)
        service.restart()
        report = check(service)
        assert report["findings"] == [] and report["problems"] == [] and report["sources"]
        # What runs was leaking until now, whatever the editor's text says.
        assert editor.lua(f"return #{GOLEAK}") == 1
        editor.lua(RUN.format("refresh"))
        editor.until(f"return #{GOLEAK} == 0")
        assert editor.lua(RUN.format("top"))["findings"] == []
        gopls_works(editor)


def see_the_leak(editor: Neovim, line: int) -> None:
    """The diagnostic, the lens and its command, the hint, and the hover beside that of gopls."""
    [(at, message)] = editor.until(f"local found = {GOLEAK} return #found > 0 and found")
    assert at == line and message.startswith(WORDS)
    editor.lua("vim.lsp.codelens.enable(true, { bufnr = 0 }) vim.lsp.inlay_hint.enable(true, { bufnr = 0 })")
    lens = editor.until("return (vim.lsp.codelens.get({ bufnr = 0 })[1] or {}).lens")
    assert lens["range"]["start"]["line"] == line and lens["command"]["title"] == WORDS
    hint = editor.until("return (vim.lsp.inlay_hint.get({ bufnr = 0 })[1] or {}).inlay_hint")
    assert hint["position"]["line"] == line and hint["label"] == WORDS
    editor.cursor(line, editor.lua(f"return vim.fn.getline({line + 1}):find('ch') - 1"))
    editor.lua("vim.lsp.codelens.run()")
    assert "main.myLeakyFunction" in editor.float()
    editor.lua("vim.lsp.buf.hover()")
    page = editor.float()
    assert WORDS in page and "main.myLeakyFunction" in page and "var ch chan int" in page


def gopls_works(editor: Neovim) -> None:
    """A mistake is reported by gopls while it stands, and no longer."""
    assert editor.lua(f"return {COMPILER}") == []
    editor.lua("vim.fn.append(vim.fn.line('$'), 'var mistake int = \"text\"')")
    assert editor.until(f"local found = {COMPILER} return #found > 0 and found")
    editor.lua("vim.cmd.undo()")
    editor.until(f"return #{COMPILER} == 0")


def apply_the_preferred_fix(editor: Neovim, workspace) -> None:
    """Takes it from the menu, and saves the file."""
    before = workspace.main.read_text()
    editor.cursor(workspace.line, 1)
    # No fix is preferred before it was built.
    while editor.lua(RUN.format("status"))["verifying"]:
        pass
    editor.lua(CHOOSE)
    editor.until("return vim.bo.modified")
    assert len(editor.lua("return Offered")) > 1
    editor.lua("vim.cmd.write()")
    assert workspace.main.read_text() != before


@pytest.mark.parametrize("name", ["nvim-0.11", "nvim"])
def test_a_saved_profile_is_shown(tmp_path, workspace, name):
    with Neovim(tmp_path, settings(workspace.leak), name) as editor:
        editor.open(workspace.main)
        [(at, message)] = editor.until(f"local found = {GOLEAK} return #found > 0 and found")
        assert at == workspace.line and message.startswith(WORDS)
        editor.cursor(workspace.line, 2)
        editor.lua("vim.cmd('Goleak showStacks')")
        assert "main.myLeakyFunction" in editor.float()
