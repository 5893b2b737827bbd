"""A real Neovim, driven over its socket: every step is Lua that runs inside the editor."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from support.tools import EDITORS, environment, program

# gopls is what a Go user has already; its configuration is the one of nvim-lspconfig in short.
INIT = """
vim.opt.runtimepath:prepend({plugin})
vim.lsp.config('gopls', {{ cmd = {{ 'gopls' }}, filetypes = {{ 'go', 'gomod' }}, root_markers = {{ 'go.mod' }} }})
vim.lsp.config('goleak', {{ settings = {{ goleak = vim.json.decode({settings}) }} }})
vim.lsp.enable({{ 'gopls', 'goleak' }})
vim.api.nvim_create_autocmd('VimEnter', {{ callback = function() io.stdout:write('ready\\n'):flush() end }})
function Run(code)
  local ran, result = xpcall(assert(loadstring(code)), debug.traceback)
  return vim.json.encode({{ ran = ran, result = result }})
end
"""
SECONDS = 30


class Neovim:
    """One editor without a screen; ``name`` is the program."""

    def __init__(self, home: Path, settings: dict, name: str = "nvim") -> None:
        self.program = program(name)
        # The path of a socket must be short.
        self.folder = tempfile.TemporaryDirectory(prefix="nvim")
        self.socket = str(Path(self.folder.name) / "s")
        init = Path(self.folder.name) / "init.lua"
        init.write_text(INIT.format(plugin=_quoted(EDITORS / "neovim"), settings=_quoted(json.dumps(settings))))
        self.env = environment(home)
        command = [self.program, "--clean", "--headless", "--listen", self.socket, "-u", str(init)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=pipe, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self) -> Neovim:
        return self

    def __exit__(self, *failure) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        self.folder.cleanup()

    def lua(self, code: str):
        """Runs Lua in the editor; the result of its `return`."""
        expression = "luaeval('Run(_A)', '{}')".format(code.replace("'", "''"))
        command = [self.program, "--clean", "--server", self.socket, "--remote-expr", expression]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=SECONDS + 10)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["ran"], answer["result"]
        return answer.get("result")

    def until(self, condition: str):
        """Waits in the editor until the Lua block returns something true, and returns it."""
        result = self.lua(f"""
            local seen
            vim.wait({SECONDS * 1000}, function() seen = (function() {condition} end)() return seen end, 20)
            return seen""")
        assert result, f"never came: {condition}\n{self.log()}"
        return result

    def log(self) -> str:
        """The end of the editor's log of its servers."""
        path = Path(self.env["XDG_STATE_HOME"]) / "nvim" / "lsp.log"
        return path.read_text()[-3000:] if path.exists() else "no log"

    def open(self, path: Path) -> None:
        """Opens a file and waits for both servers."""
        self.lua(f"vim.cmd.edit({_quoted(path)})")
        self.until("""
            local clients = vim.lsp.get_clients({ bufnr = 0 })
            return #vim.tbl_filter(function(client) return client.initialized end, clients) == 2""")

    def cursor(self, line: int, column: int) -> None:
        """Puts the cursor on a line and a column from 0."""
        self.lua(f"vim.api.nvim_win_set_cursor(0, {{ {line + 1}, {column} }})")

    def float(self) -> str:
        """Waits for a floating window, closes it and returns its text."""
        return self.until("""
            for _, window in ipairs(vim.api.nvim_list_wins()) do
              if vim.api.nvim_win_get_config(window).relative ~= '' then
                local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
                vim.api.nvim_win_close(window, true)
                return table.concat(lines, '\\n')
              end
            end""")


def _quoted(text: object) -> str:
    """A Lua string."""
    text = str(text).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{text}'"
