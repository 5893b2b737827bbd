"""Keeps the session's sources as settings and commands want them, and polls each in its own rhythm."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from goleak_lsp.errors import GoleakError, RequestError
from goleak_lsp.server.feeds import Feed, feed_of, key_of
from goleak_lsp.server.notices import Notices
from goleak_lsp.server.protocol import in_background
from goleak_lsp.server.session import Session
from goleak_lsp.sources.watched import WatchedFiles


class Poller:
    """One task a source, so that a slow one delays no other; none where nothing is to be polled.

    ``changed`` shows what there is after a snapshot that is other than the one before.
    """

    def __init__(self, session: Session, notices: Notices, changed: Callable[[], Awaitable[None]]) -> None:
        self.session, self.notices, self.changed = session, notices, changed
        self._listed: dict[str, object] = {}
        self._tasks: dict[str, asyncio.Task] = {}

    def follow_settings(self) -> bool:
        """Takes the sources that the settings list, and drops those that they list no more.

        Whether the sources are others than before. What commands attached stays.
        """
        session, wanted = self.session, {key_of(entry): entry for entry in self.session.settings.sources}
        gone = [key for key, entry in self._listed.items() if wanted.get(key) != entry]
        for key in gone:
            session.feeds.pop(key, None)
        new = [key for key in wanted if key not in session.feeds]
        self._listed = wanted
        for key in new:
            try:
                session.feeds[key] = feed_of(wanted[key], session.tree.root, session.readers)
            except GoleakError as error:
                self.notices.show(f"goleak: {key or 'a source'}: {error}")
        self.schedule()
        return bool(gone or new)

    def schedule(self) -> None:
        """Starts a task for every feed that lacks one, and ends those that are not wanted any more."""
        session = self.session
        wanted = session.feeds if not session.paused and session.settings.poll.interval > 0 else {}
        for key in [key for key in self._tasks if key not in wanted]:
            self._tasks.pop(key).cancel()
        for key, feed in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = in_background(self._poll(feed))

    async def _poll(self, feed: Feed) -> None:
        while True:
            await asyncio.sleep(self.session.settings.poll.interval)
            await self.ask(feed, refresh=False)

    async def ask(self, feed: Feed, refresh: bool = True) -> None:
        """Asks one source now, and shows what it says."""
        changed = await feed.poll(time.monotonic(), refresh=refresh)
        self.notices.state_of(feed)
        if changed:
            await self.changed()

    async def refresh(self) -> None:
        """Asks every source now, all at once, and looks at the files of the workspace anew."""
        self.session.surveyor.forget()
        await asyncio.gather(*(self.ask(feed) for feed in list(self.session.feeds.values())))

    async def look_at_files(self) -> None:
        """Reads the files that have changed, between two polls."""
        files = [feed for feed in self.session.feeds.values() if isinstance(feed, WatchedFiles)]
        await asyncio.gather(*(self.ask(feed, refresh=False) for feed in files))

    async def attach(self, entry: object) -> None:
        """Reads a source that a command names; raises RequestError when it gives nothing."""
        session, key = self.session, key_of(entry)
        feed = session.feeds.get(key) or feed_of(entry, session.tree.root, session.readers)
        changed = await feed.poll(time.monotonic(), refresh=True)
        if not feed.shots() or feed.state != "ok":
            raise RequestError(f"{feed.name} {feed.state}"[:600])
        session.feeds[key] = feed
        self.schedule()
        if changed:
            await self.changed()

    async def detach(self, key: str | None) -> None:
        """Forgets one source, or all; raises RequestError when there is none of that name."""
        feeds = self.session.feeds
        if key is not None and key not in feeds:
            raise RequestError(f"{key} is not attached")
        for name in [key] if key else list(feeds):
            del feeds[name]
        self.schedule()
        await self.changed()
