"""A communication in a ``default`` becomes a case of its select.

A select that looks whether the context is done, and in its ``default`` sends or receives,
waits for the context only between two communications: the one in the ``default`` blocks
alone. As a case it is waited for together with the others.

Example

Before:

```go
func produce(ctx context.Context, out chan<- int) {
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		default:
			out <- i
		}
	}
}
```

After:

```go
func produce(ctx context.Context, out chan<- int) {
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case out <- i:
		}
	}
}
```

Not offered unless the communication is the first statement of the ``default``, and all other
cases leave the loop or the function.

Preferred when what is sent is computed without a call: a case computes it every time before
the select waits.
"""

from __future__ import annotations

from typing import NamedTuple

from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import ends_in_leaving
from goleak_lsp.fixes.statement import ASSIGN, BARE, DEFINE, SEND, Statement, statement_of, walk
from goleak_lsp.fixes.wrapping import line_end
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "default-to-case"


class Evidence(NamedTuple):
    """The statement and the ``default`` that it is the first of."""

    found: Statement
    default: Node


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    edit = _edit(target.file, evidence) if evidence is not None else None
    if edit is None:
        return None
    calls = any(n.type == "call_expression" for n in walk(evidence.found.node))
    title = "Wait for this and the other cases together"
    title += " (what is called here is called before the wait)" if calls else ""
    return Offer(NAME, title, target.path, (edit,), safe=not calls)


def detect(target: Target) -> Evidence | None:
    """The statement, if it is the first of a ``default`` whose other cases all leave."""
    found = statement_of(target.file, target.operation)
    if found is None or found.form not in (SEND, BARE, DEFINE, ASSIGN):
        return None
    block = found.node.parent
    default = block.parent if block.type == "statement_list" else block
    if default.type != "default_case" or block.named_children[0] != found.node:
        return None
    cases = [c for c in default.parent.named_children if c.type == "communication_case"]
    return Evidence(found, default) if cases and all(map(ends_in_leaving, cases)) else None


def _edit(file: GoFile, evidence: Evidence) -> Edit | None:
    default, node = evidence.default, evidence.found.node
    between = file.data[default.start_byte + len("default:") : node.start_byte]
    if between.strip() or b"\n" not in between:
        return None
    end = line_end(file, node.end_byte)
    behind = file.data[node.end_byte : end].decode("utf-8", "replace")
    return Edit(default.start_byte, end, f"case {file.text(node)}:{behind}")
