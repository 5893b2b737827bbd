"""Whether a channel may be closed: who sends on it, and what its receivers make of the end."""

from __future__ import annotations

from goleak_lsp.fixes.paths import waits
from goleak_lsp.golang.flow import Flow, Site, case_of, has_default, in_loop, starts_of
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import call_of
from goleak_lsp.golang.syntax import Node

ENDS, ONCE, SPINS = "ends", "once", "spins"
"""A receiver that ends with the channel, one that gets a zero value once, and one that gets it for ever."""


def on_close(site: Site) -> str:
    """What a receiver does when the channel is closed."""
    if site.kind == "range":
        return ENDS
    parent = site.node.parent
    statement = parent.parent if parent.type == "expression_list" else parent
    left = statement.child_by_field_name("left")
    if left is not None and len(left.named_children) == 2:
        return ENDS
    return SPINS if in_loop(site.node) else ONCE


def receivers(flow: Flow) -> set[str]:
    """What the receivers do when the channel is closed."""
    return {on_close(site) for site in flow.of("receive", "range")}


def is_plain(flow: Flow) -> bool:
    """Whether only communication and ``close`` are done with it, and nobody polls it."""
    return not flow.of("escape", "size") and not any(has_default(site) for site in flow.sites)


def waits_behind(site: Site) -> bool:
    """Whether a receiver, once its loop has ended, would block at something else."""
    statement = site.node.parent if site.kind == "range" else (case_of(site.node) or site.node)
    function = function_of(statement)
    return bool(waits(site.file, function, statement.end_byte))


def same_start(flow: Flow, sites: list[Site]) -> list[Node] | None:
    """The ``go`` statements that lead to all ``sites``, if they are the same ones for each."""
    chains = [starts_of(site, flow) for site in sites]
    if not chains or any(c is None or c != chains[0] for c in chains):
        return None
    return chains[0]


def runs_once(flow: Flow, started: Node) -> bool:
    """Whether a channel gets at most one goroutine of the ``go`` statement ``started``."""
    function = function_of(started)
    if function != function_of(flow.declaration):
        return False
    return not in_loop(started) or flow.declaration.parent == started.parent


def started_function(flow: Flow, site: Site, started: Node) -> tuple[Site, Node, str] | None:
    """The function that ``started`` runs, for the site in it: (site, function, the channel's name there).

    None where the channel was handed on further before it reached the site.
    """
    call = call_of(started)
    called = call.child_by_field_name("function")
    if called.type == "func_literal":
        if not site.calls:
            return site, called, flow.name
        return (site, called, site.name) if site.calls[-1].node == call and len(site.calls) == 1 else None
    if len(site.calls) == 1 and site.calls[0].node == call:
        return site, function_of(site.node), site.name
    return None
