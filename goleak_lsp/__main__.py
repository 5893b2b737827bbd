"""``python -m goleak_lsp``: the same as the program ``goleak-lsp``."""

from goleak_lsp.cli.main import program

raise SystemExit(program())
