"""Goroutines that nobody is left to wake, shown by one snapshot and the source.

Here the plainest case: a function blocked on a channel that only it knows. Whatever is not
understood about the channel counts as an escape, and then nothing is said.
"""

from __future__ import annotations

from goleak_lsp.golang.scope import channel_info
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, MOVED, Placement


def is_orphaned(placement: Placement, tree: SourceTree) -> bool:
    """Whether the place is sure and its channel is known to the blocked activation alone."""
    operation = placement.operation
    if placement.confidence not in (EXACT, MOVED) or operation is None or placement.path is None:
        return False
    if operation.kind not in ("chan-send", "chan-receive", "chan-range") or operation.in_select:
        return False
    file = tree.read(placement.path)
    if file is None:
        return False
    function = file.functions[operation.function]
    channel = channel_info(file, function, operation.operand, operation.start)
    if channel is None or channel.scope != function.index or channel.escapes:
        return False
    # Uses by closures are uses by other activations, which may still be alive.
    return all(use.function == function.index for use in channel.uses)
