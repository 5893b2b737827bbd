"""Speak the language server protocol over standard input and output, or to one local client.

goleak-lsp serve
goleak-lsp serve --tcp 127.0.0.1:4389
"""

from __future__ import annotations

import argparse
import gc


def add_arguments(parser: argparse.ArgumentParser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--stdio", action="store_true", help="standard input and output (the default)")
    way.add_argument("--tcp", metavar="HOST:PORT", help="listen for one client, on loopback only")


def run(arguments: argparse.Namespace) -> int:
    # pygls and lsprotocol take half a second to import, so only this command does.
    # Their 90,000 objects never die: looking at them for garbage would hold up answers by 50 ms at a time.
    gc.disable()
    from goleak_lsp.server.app import serve

    gc.freeze()
    gc.enable()
    return serve(getattr(arguments, "tcp", None))
