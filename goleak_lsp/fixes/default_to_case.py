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

A loop of nothing but a select whose ``default`` does nothing asks its channels again and again,
and burns a processor meanwhile. Without the ``default`` it waits for them.

Not offered unless the communication is the first statement of the ``default``, and all other
cases leave the loop or the function; nor where the loop does anything beside the select, for
that would wait too.

Preferred when what is sent is computed without a call: a case computes it every time before
the select waits.
"""

from __future__ import annotations

from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import ends_in_leaving
from goleak_lsp.fixes.statement import ASSIGN, BARE, DEFINE, SEND, Statement, statement_of, walk
from goleak_lsp.fixes.wrapping import begins_line, line_end
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.package import statements_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "default-to-case"


class Evidence(Frozen):
    """The statement and the ``default`` that it is the first of."""

    found: Statement
    default: Node


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    spinning = _spinning(target)
    if spinning is not None:
        edit = _without(target.file, spinning)
        title = "Wait for the cases instead of asking again and again"
        return Offer(NAME, title, target.path, (edit,), safe=True) if edit is not None else None
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


def _spinning(target: Target) -> Node | None:
    """The ``default`` without effect of a select that is all that an endless loop does."""
    select = target.node
    if select is None or select.type != "select_statement" or target.kind == "sleep":
        return None
    default = next((c for c in select.named_children if c.type == "default_case"), None)
    waits = any(c.type == "communication_case" for c in select.named_children)
    if default is None or not waits or not _is_all_of_a_loop(select):
        return None
    rest = statements_of(default)
    return default if all(s.text in (b"continue", b"runtime.Gosched()") for s in rest) else None


def _is_all_of_a_loop(select: Node) -> bool:
    body = select.parent.parent
    loop = body.parent if body is not None and body.type == "block" else None
    if loop is None or loop.type != "for_statement" or len(statements_of(body)) != 1:
        return False
    header = [c for c in loop.named_children if c.type not in ("block", "comment")]
    return not header or header[0].text == b"true"


def _without(file: GoFile, default: Node) -> Edit | None:
    """The edit that takes the clause away; None where a comment would go with it."""
    last = statements_of(default)[-1] if statements_of(default) else default
    end = last.end_byte if last is not default else default.start_byte + len("default:")
    following = default.next_named_sibling
    comments = [n for n in (*walk(default), following) if n is not None and n.type == "comment"]
    alone = begins_line(file, default.start_byte) and not file.data[end : line_end(file, end)].strip()
    if comments or not alone:
        return None
    first_line, last_line = file.lines.line_of(default.start_byte), file.lines.line_of(end)
    return Edit(file.lines.offset(first_line), file.lines.offset(last_line + 1), "")


def _edit(file: GoFile, evidence: Evidence) -> Edit | None:
    default, node = evidence.default, evidence.found.node
    between = file.data[default.start_byte + len("default:") : node.start_byte]
    if between.strip() or b"\n" not in between:
        return None
    end = line_end(file, node.end_byte)
    behind = file.data[node.end_byte : end].decode("utf-8", "replace")
    return Edit(default.start_byte, end, f"case {file.text(node)}:{behind}")
