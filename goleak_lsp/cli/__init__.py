"""The command line; ``main`` is in ``goleak_lsp.cli.main``."""
