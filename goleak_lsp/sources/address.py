"""Network SOURCE strings taken apart, and their secrets blanked, without an HTTP client."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from goleak_lsp.errors import SourceError
from goleak_lsp.frozen import Frozen

PREFIXES = ("http://", "https://", "unix:")

_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
# Compiled when a text has a query: it takes 3 ms.
_SECRET = r"(?i)([?&;][^=&;#]*(?:token|key|secret|passw|auth|sig|session|credential)[^=&;#]*=)[^&;#]+"
_FILE = re.compile(r"\.(?:gz|pb|pprof|prof|txt|goroutines?|dump|out|zst)$", re.IGNORECASE)


class Address(Frozen):
    """One network SOURCE.

    ``name`` is the spelling given, its secrets blanked, fit to be shown. ``url`` has no user
    information, which is in ``user``. ``socket`` is the path of a Unix socket. ``single`` is
    the full address of one profile. Addresses of one ``process`` are never added up.
    """

    name: str
    url: str
    process: str
    single: bool
    user: tuple[str, str] | None = None
    socket: str | None = None


def is_address(spec: str) -> bool:
    """Whether a SOURCE is asked for over the network or a Unix socket."""
    return spec.lower().startswith(PREFIXES)


def redact(text: str) -> str:
    """``text`` with the user information and the secret-looking query values of addresses blanked."""
    text = _USERINFO.sub("***@", text)
    return re.sub(_SECRET, r"\1***", text) if "=" in text else text


def parse(spec: str) -> Address:
    """The parts of a network SOURCE; raises SourceError, its message a predicate."""
    if spec[:5].lower() == "unix:":
        return _unix(spec)
    try:
        parts = urlsplit(spec)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SourceError("is no valid address") from None
    if not host or not spec.isprintable() or " " in spec:
        raise SourceError("is no valid address")
    host = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{host}:{port or (443 if parts.scheme == 'https' else 80)}"
    query = f"?{parts.query}" if parts.query else ""
    user = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
    single = _is_single(parts)
    return Address(redact(spec), origin + parts.path + query, redact(_process(origin, parts)), single, user)


def _unix(spec: str) -> Address:
    path = spec[5:].removeprefix("//")
    if not path or "\0" in path:
        raise SourceError("names no socket: write unix:/path/to/socket")
    return Address(spec, "http://localhost/", f"unix:{path}", False, socket=path)


def _is_single(parts: SplitResult) -> bool:
    segments = parts.path.rstrip("/").split("/")
    known = segments[-1] in ("goroutine", "goroutineleak") or "pprof" in segments[-2:-1]
    return bool(parts.query) or known or bool(_FILE.search(parts.path))


def _process(origin: str, parts: SplitResult) -> str:
    """The two profiles of one mount, asked for one by one, are still one process."""
    path = parts.path.rstrip("/")
    for end in ("/goroutine", "/goroutineleak", "/pprof", "/debug"):
        path = path.removesuffix(end)
    return f"{origin}{path}?{parts.query}" if parts.query else origin + path
