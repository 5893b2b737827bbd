"""A stopped timer is emptied without waiting for it.

``if !timer.Stop() { <-timer.C }`` waits for ever where the value was received already, and from
Go 1.23 on always: no old value can be received behind ``Stop``. With a ``default`` it takes what
is there and goes on.

Example

Before:

```go
func watch(resets <-chan time.Duration, timer *time.Timer) {
	for d := range resets {
		if !timer.Stop() {
			<-timer.C
		}
		timer.Reset(d)
	}
}
```

After:

```go
func watch(resets <-chan time.Duration, timer *time.Timer) {
	for d := range resets {
		if !timer.Stop() {
			select {
			case <-timer.C:
			default:
			}
		}
		timer.Reset(d)
	}
}
```

Not offered unless the receive is all that its branch does, and the branch is that of a ``Stop``
of the same timer that came too late.

Preferred: nothing is done differently but the waiting.
"""

from __future__ import annotations

from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import is_timer
from goleak_lsp.fixes.wrapping import begins_line, ends_line, indent_at, newline_of
from goleak_lsp.golang.package import statements_of
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "drain-timer"


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    statement = detect(target)
    if statement is None:
        return None
    file, channel = target.file, target.file.text(target.channel)
    separator = newline_of(file) + indent_at(file, statement.start_byte)
    text = separator.join(("select {", f"case <-{channel}:", "default:", "}"))
    edit = Edit(statement.start_byte, statement.end_byte, text)
    return Offer(NAME, f"Empty {channel} without waiting", target.path, (edit,), True)


def detect(target: Target) -> Node | None:
    """The bare receive from a timer, if it is the branch of a ``Stop`` that came too late."""
    file, channel = target.file, target.channel
    statement = target.node.parent if channel is not None else None
    if statement is None or statement.type != "expression_statement" or not is_timer(file, channel):
        return None
    block = statement.parent.parent
    branch = block.parent if block is not None and block.type == "block" else None
    if branch is None or branch.type != "if_statement" or branch.child_by_field_name("consequence") != block:
        return None
    timer = file.text(channel).removesuffix(".C")
    condition = "".join(file.text(branch.child_by_field_name("condition")).split())
    if condition != f"!{timer}.Stop()" or statements_of(block) != [statement]:
        return None
    alone = begins_line(file, statement.start_byte) and ends_line(file, statement.end_byte)
    return statement if alone else None
