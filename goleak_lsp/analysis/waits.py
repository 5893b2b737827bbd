"""What a wait depends on: whether its number may follow the load of a healthy program, and
whether it is one that ought to end.

Told by the stack and, where there is one, by the source. The names are those of the standard
library and of what is used nearly everywhere; a goroutine that is not known here is judged by
its numbers.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter

from goleak_lsp.golang.loops import has_exit, is_repeated
from goleak_lsp.golang.names import lookup
from goleak_lsp.golang.operands import operands
from goleak_lsp.golang.syntax import GoFile, Node, Operation
from goleak_lsp.golang.things import is_global
from goleak_lsp.placing.placement import Placement
from goleak_lsp.profile.kinds import LOCKS
from goleak_lsp.profile.model import Sample, Stack
from goleak_lsp.profile.names import is_runtime

_FUNCTION = attrgetter("function")

CONNECTION = "connection"
"""Lives as long as a connection does: its number follows the peers, so growth is no sign."""
REQUEST = "request"
"""Serves a request and waits for what ends by itself: its number follows the load."""
POOL = "pool"
"""Waits for jobs of one queue of the process: a pool fills with the load and then stays."""
FED = "fed"
"""Waits for what others send or for time, one goroutine a peer perhaps."""
STOPPABLE = "stoppable"
"""As ``FED``, and one of the cases that it waits for ends it: what is left of load is stopped later."""
OTHER = "other"

_CONNECTION_INNER = {
    "net/http.(*persistConn).writeLoop",
    "net/http.(*connReader).backgroundRead",
    "net/http.(*http2serverConn).serve",
    "net/http.(*http2serverConn).readFrames",
    "net/http.(*http2clientConnReadLoop).run",
    "golang.org/x/net/http2.(*serverConn).serve",
    "golang.org/x/net/http2.(*serverConn).readFrames",
    "google.golang.org/grpc/internal/transport.(*http2Server).keepalive",
    "google.golang.org/grpc/internal/transport.(*loopyWriter).run",
    "github.com/quic-go/quic-go.(*Conn).run",
    "github.com/quic-go/quic-go.(*sendQueue).Run",
    "github.com/quic-go/quic-go.(*incomingStreamsMap[...]).AcceptStream",
    "github.com/quic-go/quic-go.(*ReceiveStream).readImpl",
    "github.com/quic-go/quic-go.(*SendStream).write",
    "github.com/xtaci/kcp-go/v5.(*UDPSession).Read",
    "github.com/xtaci/kcp-go/v5.(*UDPSession).WriteBuffers",
    "github.com/xtaci/kcp-go/v5.(*UDPSession).postProcess",
}
"""Goroutines of a connection that do not wait in its read or write themselves, and the reads and
writes of connections that share one socket."""

SERVERS = {
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
    "google.golang.org/grpc.(*Server).serveStreams.func2.1",
    "google.golang.org/grpc.(*Server).handleStream",
    "net/rpc.(*service).call",
    "github.com/quic-go/quic-go.(*Conn).run",
    "github.com/valyala/fasthttp.(*Server).serveConn",
}
"""Functions below which a handler runs, one goroutine a request; or what each peer has one of."""

_POOLS = {
    "github.com/valyala/fasthttp.(*workerPool).workerFunc",
    "github.com/panjf2000/ants/v2.(*goWorker).run.func1",
    "google.golang.org/grpc.(*Server).serverWorker",
    "database/sql.(*DB).connectionCleaner",
}

_FOR_OTHERS = {"waitgroup-wait", *LOCKS}
"""Kinds that end once other goroutines get on, against whom the evidence is then."""
ENDING = {"chan-receive", *_FOR_OTHERS}
"""Kinds that end within a minute in a request that is served at all."""
_PASSING = {"select", "sleep", "io-wait", "syscall", "other", *ENDING}
"""Kinds that end by themselves in a program that works, so that a request may wait so."""
_FEEDING = {"select", "chan-receive", "chan-range", "cond-wait", "sleep"}
_SIGNALS = ("done", "stop", "quit", "exit", "close", "shutdown", "sig", "ready", "start", "wait")


def depends_on(
    sample: Sample, kind: str, operation: Operation | None, file: GoFile | None, servers: Collection[str] = ()
) -> str:
    """What the number of goroutines like ``sample`` follows in a healthy program.

    ``servers`` are functions that are known to serve a connection, beside the well-known ones.
    """
    names = set(map(_FUNCTION, sample.stack))
    if is_at_connection(sample, kind):
        return CONNECTION
    if names & _POOLS:
        return POOL
    if kind in _FOR_OTHERS or is_running(sample, kind):
        return REQUEST
    # The entry of a deep stack may be cut off, so the handler's caller is looked for anywhere.
    if kind in _PASSING and (names & SERVERS or entry(sample.stack) in servers):
        return REQUEST
    return _fed(kind, operation, file) if kind in _FEEDING else OTHER


def is_at_connection(sample: Sample, kind: str) -> bool:
    """Whether the goroutines live as long as a connection does."""
    return kind == "io-wait" or not _CONNECTION_INNER.isdisjoint(map(_FUNCTION, sample.stack))


def _fed(kind: str, operation: Operation | None, file: GoFile | None) -> str:
    if operation is None or file is None or operation.kind not in ("select", "chan-receive", "chan-range", "wait"):
        return FED
    if not is_repeated(file, operation):
        return OTHER if _is_answer(file, operation) else FED
    waits = operands(file, operation)
    if waits and all(_is_global(file, node) for _, node in waits):
        return POOL
    return STOPPABLE if operation.kind == "select" and has_exit(file, operation) else FED


def sleeps_elsewhere(sample: Sample, placement: Placement, file: GoFile | None) -> bool:
    """Whether goroutines sleep in a function that they call once: a handler that takes its time, say.

    That ends as far as the source tells, so that one look cannot tell how many more there will be.
    """
    if placement.kind != "sleep" or not placement.frame or placement.operation is None or file is None:
        return False
    called = sample.stack[placement.frame - 1].function
    return called != "time.Sleep" and not is_repeated(file, placement.operation)


def is_running(sample: Sample, kind: str) -> bool:
    """Whether the goroutines run or could; the text form without states does not tell."""
    if kind == "syscall":
        return True
    if kind == "semacquire" and sample.state and "emacquire" not in sample.stack[0].function:
        # The runtime itself holds it up for a moment, as where a collection begins.
        return True
    return kind == "other" and bool(sample.state or any(frame.start_line for frame in sample.stack))


def entry(stack: Stack) -> str:
    """The function that a goroutine began with."""
    for frame in reversed(stack):
        if not is_runtime(frame.function):
            return frame.function
    return ""


def _is_global(file: GoFile, node: Node) -> bool:
    if node.type != "identifier":
        return False
    declared = lookup(file, node, file.text(node))
    return declared is None or is_global(declared)


def ought_to_end(kind: str, stack: Stack, operation: Operation | None, file: GoFile | None) -> bool:
    """Whether such a wait is over soon in a program that works: not that for jobs, peers or the end."""
    if kind in LOCKS:
        return True
    if operation is None or file is None or any(frame.function == "main.main" for frame in stack):
        return False
    if kind == "chan-send":
        return not operation.in_select
    return kind == "chan-receive" and not is_repeated(file, operation) and _is_answer(file, operation)


def _is_answer(file: GoFile, operation: Operation) -> bool:
    """Whether the value that is received matters, so that the wait is for an answer and not for a signal."""
    node = file.node_at(operation.start, operation.end)
    if operation.kind != "chan-receive" or node is None or node.parent.type == "expression_statement":
        return False
    return not any(word in operation.operand.lower() for word in _SIGNALS)
