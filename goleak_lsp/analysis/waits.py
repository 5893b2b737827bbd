"""What a wait depends on: whether its number may follow the load of a healthy program.

Told by the stack alone. The names are those of the standard library and of what is used
nearly everywhere; a goroutine that is not known here is judged by its numbers.
"""

from __future__ import annotations

from goleak_lsp.profile.model import Stack

CONNECTION = "connection"
"""Lives as long as a connection does: its number follows the peers, so growth is no sign."""
REQUEST = "request"
"""Serves a request of a peer, and so ends when the request does, unless it waits for ever."""
OTHER = "other"

_CONNECTION_INNER = {
    "net/http.(*persistConn).writeLoop",
    "net/http.(*connReader).backgroundRead",
    "net/http.(*http2serverConn).serve",
    "net/http.(*http2serverConn).readFrames",
    "net/http.(*http2clientConnReadLoop).run",
    "golang.org/x/net/http2.(*serverConn).serve",
    "golang.org/x/net/http2.(*serverConn).readFrames",
}
"""Goroutines of a connection that do not wait in its read or write themselves."""

_SERVERS = {
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
    "google.golang.org/grpc.(*Server).serveStreams.func2.1",
    "google.golang.org/grpc.(*Server).handleStream",
    "net/rpc.(*service).call",
    "github.com/valyala/fasthttp.(*Server).serveConn",
}
"""Functions below which a handler runs, one goroutine a request."""


def depends_on(stack: Stack, kind: str) -> str:
    """What the number of goroutines with this stack follows in a healthy program."""
    if kind == "io-wait" or any(frame.function in _CONNECTION_INNER for frame in stack):
        return CONNECTION
    # The entry of a deep stack may be cut off, so the handler's caller is looked for anywhere.
    return REQUEST if any(frame.function in _SERVERS for frame in stack) else OTHER
