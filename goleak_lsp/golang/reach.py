"""Whether code at one place of a function can still run what stands at another."""

from __future__ import annotations

from goleak_lsp.golang.declarations import Routine
from goleak_lsp.golang.scope import below
from goleak_lsp.golang.syntax import Node

_FUNCTIONS = ("function_declaration", "method_declaration", "func_literal")
_COMPOUND = (
    *_FUNCTIONS, "block", "statement_list", "if_statement", "for_statement", "expression_switch_statement",
    "type_switch_statement", "select_statement", "communication_case", "expression_case", "type_case", "default_case",
    "labeled_statement", "source_file",
)  # fmt: skip
"""Nodes whose parts run one after another as they stand."""


def can_reach(routine: Routine, here: int | None, there: int) -> bool:
    """Whether a goroutine that stands at byte ``here`` of ``routine`` may yet run byte ``there``.

    By position: what comes later, what shares a loop, what is deferred, and what the place is an
    operand of. An unknown place can reach everything, and so can any in a function that jumps to labels.
    """
    if here is None or there >= here or has_goto(routine.node):
        return True
    node = routine.file.node_at(there, there + 1)
    while node is not None and node.type not in _COMPOUND:
        if node.start_byte <= here < node.end_byte:
            # Operands are evaluated first, although they stand behind: `ch <- compute()`.
            return True
        node = node.parent
    node = routine.file.node_at(there, there + 1)
    while node is not None and node.type not in _FUNCTIONS:
        if node.type == "for_statement" and node.start_byte <= here < node.end_byte:
            return True
        if node.type == "defer_statement":
            return True
        node = node.parent
    # In a literal inside the function: it runs when it is called, which may be later.
    return node is not None and node.id != routine.node.id


def has_goto(function: Node) -> bool:
    """Whether the function holds a ``goto``."""
    return any(node.type == "goto_statement" for node in below(function))
