"""What the user is told of sources that fail: a few messages a session, everything in the log."""

from __future__ import annotations

import time

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.words import goroutines
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.server.feeds import Feed
from goleak_lsp.text import printable

MAX_SHOWN = 3
"""Messages of a session that may come up in front of the user."""


class Notices:
    """Says each thing once: a target that comes and goes is not a message each time."""

    def __init__(self, client: LanguageServer) -> None:
        self.client = client
        self.shown = 0
        self._states: dict[str, str] = {}

    def state_of(self, feed: Feed) -> None:
        """Logs how a source fares when that has changed; shows it when it never gave anything."""
        state = "; ".join([feed.state, *feed.problems])
        before = self._states.get(feed.spec)
        if state == before or (before is None and state == "ok"):
            self._states[feed.spec] = state
            return
        self._states[feed.spec] = state
        text = printable(f"goleak: {feed.name}: {state}")
        if before is None and feed.state.startswith("never answered"):
            self.show(text)
        else:
            self.log(text, lsp.MessageType.Info if state == "ok" else lsp.MessageType.Warning)

    def drained(self, finding: Finding, tree: SourceTree) -> None:
        """Logs that no goroutine is left where a finding was."""
        placement = finding.placement
        where = f"{tree.relative(placement.path)}:{placement.line} {placement.anchor.function}"
        text = f"goleak: {where}: {goroutines(finding.count)} gone since {time.strftime('%H:%M')}"
        self.log(printable(text), lsp.MessageType.Info)

    def show(self, text: str) -> None:
        """A warning in front of the user, or in the log once there were enough of them."""
        if self.shown >= MAX_SHOWN:
            self.log(text, lsp.MessageType.Warning)
            return
        self.shown += 1
        self.client.window_show_message(lsp.ShowMessageParams(type=lsp.MessageType.Warning, message=text))

    def log(self, text: str, level: lsp.MessageType) -> None:
        """A line of the editor's log of this server."""
        self.client.window_log_message(lsp.LogMessageParams(type=level, message=text))
