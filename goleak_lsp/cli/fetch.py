"""Save one snapshot of a running program, to be read later or elsewhere.

  goleak-lsp fetch http://localhost:6060 -o before.pb.gz
  goleak-lsp fetch http://localhost:6060/debug/pprof/goroutineleak -o leaks.pb.gz
  goleak-lsp fetch unix:/run/app.sock -o before.pb.gz

From the address of a program it takes the goroutine profile, which is cheap; the proof of leaks,
which costs the program a garbage collection, only where its own address is given.
"""

from __future__ import annotations

import argparse
import time

from goleak_lsp.cli import options, streams
from goleak_lsp.cli.configured import Configured, Requests
from goleak_lsp.cli.gather import root_of
from goleak_lsp.errors import GoleakError, SourceError, UsageError
from goleak_lsp.sources.address import is_address, redact
from goleak_lsp.sources.load import SECONDS, Request, shown_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `fetch`."""
    parser.add_argument("url", metavar="URL", help="http(s)://host:port, the address of one profile, unix:PATH, @NAME")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="where to save it; - is standard output")
    options.add_network(parser)


def run(arguments: argparse.Namespace) -> int:
    """Saves the bytes as they came, once they were seen to be a profile."""
    configured = Configured(root_of(arguments), arguments.config, arguments.trust)
    request = Requests(configured, arguments).of_source(arguments.url)
    name = shown_name(request.name or redact(request.spec))
    if not is_address(request.spec):
        raise UsageError(f"{name} is no address such as http://localhost:6060")
    try:
        data, total = _fetched(request, time.monotonic() + SECONDS)
    except GoleakError as error:
        raise SourceError(f"{name} {error}") from None
    streams.save(arguments.output, data)
    streams.complain(f"{name}: {total} goroutines, {len(data)} bytes saved")
    return 0


def _fetched(request: Request, deadline: float) -> tuple[bytes, int]:
    from goleak_lsp.profile.reader import decode_in_worker
    from goleak_lsp.sources.pprof import fetch_profiles

    [result] = fetch_profiles([(request.spec, request.options)], SECONDS - 1, proof=False)
    if isinstance(result, GoleakError):
        raise result
    data = result.answers[0].data
    profiles, _ = decode_in_worker(data, seconds=deadline - time.monotonic())
    return data, profiles[-1].total
