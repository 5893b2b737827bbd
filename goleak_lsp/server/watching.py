"""Asks the editor to tell when files change that matter: the settings of the workspace and watched profiles.

Sources are polled all the same: not every editor watches files, and none does everywhere.
"""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from goleak_lsp.settings import FILE_NAME

_ID = "goleak-watched-files"


class Watching:
    """The patterns that the client watches for us, registered anew when they change."""

    def __init__(self, client: LanguageServer) -> None:
        self.client = client
        self._patterns: tuple[str, ...] = ()

    async def watch(self, root: Path, paths: list[str]) -> None:
        """Has the settings file and the files or globs ``paths`` below ``root`` watched, if the client can."""
        workspace = self.client.client_capabilities.workspace
        able = workspace and workspace.did_change_watched_files
        patterns = (FILE_NAME, *sorted({p for path in paths if (p := _relative(root, path))}))
        if not (able and able.dynamic_registration) or patterns == self._patterns:
            return
        if self._patterns:
            old = lsp.Unregistration(id=_ID, method=lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
            await self.client.client_unregister_capability_async(lsp.UnregistrationParams(unregisterations=[old]))
        self._patterns = patterns
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(p) for p in patterns])
        new = lsp.Registration(id=_ID, method=lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, register_options=options)
        await self.client.client_register_capability_async(lsp.RegistrationParams(registrations=[new]))


def _relative(root: Path, path: str) -> str:
    """The pattern for a path below ``root``; empty for others, which only polling sees."""
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return ""
