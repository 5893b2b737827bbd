"""Edits of Go source whose result is known: every line keeps its name through them.

A file is a list of ``(name, text)``; a line that an edit adds has the name None. Where an
operation went is where its line's name is afterwards; a name that is gone was deleted.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from drift.source import Blocked, root_of

from goleak_lsp.golang.syntax import GoFile

Line = tuple[object, str]
Tree = dict[str, list[Line]]


@dataclass
class Target:
    """What is edited: an operation, its file as it was read, and all files as they are by now."""

    tree: Tree
    path: str
    one: Blocked
    file: GoFile
    rng: random.Random

    @property
    def lines(self) -> list[Line]:
        return self.tree[self.path]

    def at(self, line: int) -> int:
        """Where a line of the file as it was read is now."""
        name = (self.one.path, line)
        return next(i for i, (n, _) in enumerate(self.lines) if n == name)

    @property
    def statement(self) -> tuple[int, int] | None:
        """First and last line of the operation's statement, if it has its lines to itself."""
        node = self.file.node_at(self.one.operation.start, self.one.operation.end)
        while node is not None and node.parent is not None and node.parent.type != "statement_list":
            node = node.parent
        if node is None or node.parent is None or node.type in ("labeled_statement", "return_statement"):
            return None
        first, last = node.start_point.row + 1, node.end_point.row + 1
        own = self.file.lines.text(first)[: node.start_point.column].strip() == ""
        return (first, last) if own and last - first < 40 and self.at(last) - self.at(first) == last - first else None

    @property
    def root(self) -> tuple[int, int]:
        """First and last line of the declared function."""
        function = root_of(self.file, self.one.function)
        return function.line, function.end_line


def tree_of(files: dict[str, bytes]) -> Tree:
    """Files with named lines."""
    return {
        path: [((path, n + 1), row) for n, row in enumerate(data.decode("utf-8", "replace").split("\n"))]
        for path, data in files.items()
    }


def files_of(tree: Tree) -> dict[str, bytes]:
    """The files' bytes."""
    return {path: "\n".join(text for _, text in lines).encode() for path, lines in tree.items()}


def lines_above_function(t: Target) -> bool:
    at = t.at(t.root[0])
    t.lines[at:at] = [(None, "// A word on it.")] * t.rng.randint(1, 9)
    return True


def function_above(t: Target) -> bool:
    at = t.at(t.root[0])
    name = f"added{t.rng.randint(1000, 9999)}"
    while at > 0 and t.lines[at - 1][1].startswith("//"):
        at -= 1
    t.lines[at:at] = [(None, row) for row in (f"func {name}(c chan int) int {{", "\tv := <-c", "\treturn v", "}", "")]
    return True


def lines_before(t: Target) -> bool:
    if not (s := t.statement):
        return False
    indent = _indent(t, s[0])
    at = t.at(s[0])
    t.lines[at:at] = [(None, f"{indent}println({t.rng.randint(1, 999)})") for _ in range(t.rng.randint(1, 6))]
    return True


def blank_lines_inside(t: Target) -> bool:
    first, last = t.root
    if last - first < 3:
        return False
    at = t.at(first) + 1
    t.lines[at:at] = [(None, "\t// A remark.")] * t.rng.randint(1, 4)
    return True


def same_kind_before(t: Target) -> bool:
    """Another operation of the kind, in the place where this one was."""
    if not (s := t.statement) or t.one.kind not in ("chan-send", "chan-receive") or s[0] != s[1]:
        return False
    indent, at = _indent(t, s[0]), t.at(s[0])
    text = "<-otherSignal" if t.one.kind == "chan-receive" else "otherSink <- 1"
    t.lines[at:at] = [(None, indent + text)]
    return True


def repeated_before(t: Target) -> bool:
    """The very same statement again, above; which of the two it is nobody can say."""
    if not (s := t.statement) or s[0] != s[1] or ":=" in t.lines[t.at(s[0])][1]:
        return False
    at = t.at(s[0])
    t.lines[at:at] = [(None, t.lines[at][1]), (None, _indent(t, s[0]) + "println(1)")]
    return True


def wrapped_in_if(t: Target) -> bool:
    if not (s := t.statement) or ":=" in t.lines[t.at(s[0])][1]:
        return False
    indent, first, last = _indent(t, s[0]), t.at(s[0]), t.at(s[1])
    inner = [(name, "\t" + text if text else text) for name, text in t.lines[first : last + 1]]
    t.lines[first : last + 1] = [(None, f"{indent}if enabled() {{"), *inner, (None, indent + "}")]
    return True


def wrapped_in_closure(t: Target) -> bool:
    if not (s := t.statement) or ":=" in t.lines[t.at(s[0])][1] or "return" in "".join(_texts(t, s)):
        return False
    indent, first, last = _indent(t, s[0]), t.at(s[0]), t.at(s[1])
    inner = [(name, "\t" + text if text else text) for name, text in t.lines[first : last + 1]]
    t.lines[first : last + 1] = [(None, f"{indent}func() {{"), *inner, (None, indent + "}()")]
    return True


def closure_above(t: Target) -> bool:
    """Another literal that waits too, so that the numbers of all below it change."""
    first, last = t.root
    if last - first < 2 or t.file.lines.text(first).rstrip()[-1:] != "{":
        return False
    at = t.at(first) + 1
    rows = ("\tgo func() {", "\t\t<-otherSignal", "\t}()")
    t.lines[at:at] = [(None, row) for row in rows]
    return True


def deleted(t: Target) -> bool:
    if not (s := t.statement):
        return False
    del t.lines[t.at(s[0]) : t.at(s[1]) + 1]
    return True


def replaced(t: Target) -> bool:
    """Another operation in the place of this one."""
    if not (s := t.statement) or t.one.kind not in ("chan-send", "chan-receive") or s[0] != s[1]:
        return False
    text = "<-otherSignal" if t.one.kind == "chan-receive" else "otherSink <- 1"
    t.lines[t.at(s[0])] = (None, _indent(t, s[0]) + text)
    return True


def function_deleted(t: Target) -> bool:
    del t.lines[t.at(t.root[0]) : t.at(t.root[1]) + 1]
    return True


def function_renamed(t: Target) -> bool:
    at = t.at(t.root[0])
    name, text = t.lines[at]
    match = re.match(r"(func (?:\([^)]*\) )?)([A-Za-z_]\w*)(.*)", text)
    if not match or match[2] in ("main", "init"):
        return False
    t.lines[at] = (name, f"{match[1]}{match[2]}Renamed{match[3]}")
    return True


def function_moved(t: Target) -> bool:
    """To the end of its file."""
    rows = _cut(t)
    t.lines.extend([(None, ""), *rows])
    return True


def function_to_other_file(t: Target) -> bool:
    folder = t.path.rpartition("/")[0]
    target = f"{folder}/moved_{t.rng.randint(100, 999)}.go".lstrip("/")
    rows = _cut(t)
    head = next(text for _, text in t.lines if text.startswith("package "))
    t.tree.setdefault(target, [(None, head), (None, "")]).extend([(None, ""), *rows])
    return True


def extracted(t: Target) -> bool:
    """The statement becomes a function of its own."""
    s = t.statement
    if not s or ":=" in t.lines[t.at(s[0])][1] or re.search(r"\b(return|break|continue)\b", "".join(_texts(t, s))):
        return False
    indent, first, last = _indent(t, s[0]), t.at(s[0]), t.at(s[1])
    name = f"waitFor{t.rng.randint(1000, 9999)}"
    body = [(n, "\t" + text[len(indent) :] if text else text) for n, text in t.lines[first : last + 1]]
    t.lines[first : last + 1] = [(None, f"{indent}{name}()")]
    t.lines.extend([(None, ""), (None, f"func {name}() {{"), *body, (None, "}")])
    return True


def channel_renamed(t: Target) -> bool:
    """A variable of the function takes another name wherever it stands in it."""
    operand = t.one.operation.operand
    first, last = t.at(t.root[0]), t.at(t.root[1])
    if not re.fullmatch(r"[a-z]\w+", operand) or t.one.callee:
        return False
    pattern = re.compile(rf"(?<![\w.]){operand}\b(?!:)")
    if sum(len(pattern.findall(text)) for _, text in t.lines[first : last + 1]) < 2:
        return False
    for i in range(first, last + 1):
        t.lines[i] = (t.lines[i][0], pattern.sub(operand + "Renamed", t.lines[i][1]))
    return True


def receiver_renamed(t: Target) -> bool:
    first, last = t.at(t.root[0]), t.at(t.root[1])
    match = re.match(r"func \((\w+) ", t.lines[first][1])
    if not match or match[1] == "_":
        return False
    pattern = re.compile(rf"(?<![\w.]){match[1]}\b(?!:)")
    for i in range(first, last + 1):
        t.lines[i] = (t.lines[i][0], pattern.sub(match[1] + "x", t.lines[i][1]))
    return True


def lines_joined_anew(t: Target) -> bool:
    """What a formatter or a longer comment does: trailing remarks, empty lines, none of it code."""
    first, last = t.at(t.root[0]), t.at(t.root[1])
    for i in range(last, first, -1):
        if t.rng.random() < 0.3 and t.lines[i][1].rstrip().endswith(("{", "}", ")")) and "`" not in t.lines[i][1]:
            t.lines[i + 1 : i + 1] = [(None, "")]
    return True


def functions_swapped(t: Target) -> bool:
    rows = _cut(t)
    heads = [i for i, (_, text) in enumerate(t.lines) if text.startswith("func ")]
    if not heads:
        return False
    at = t.rng.choice(heads)
    while at > 0 and t.lines[at - 1][1].startswith("//"):
        at -= 1
    t.lines[at:at] = [*rows, (None, "")]
    return True


def file_renamed(t: Target) -> bool:
    folder, _, name = t.path.rpartition("/")
    new = f"{folder}/renamed_{name}".lstrip("/")
    t.tree[new] = t.tree.pop(t.path)
    return True


def package_moved(t: Target) -> bool:
    folder, _, _ = t.path.rpartition("/")
    if not folder:
        return False
    for path in [p for p in t.tree if p.rpartition("/")[0] == folder]:
        t.tree[f"{folder}new/{path.rpartition('/')[2]}"] = t.tree.pop(path)
    return True


def unchanged(t: Target) -> bool:
    return True


EDITS: tuple[Callable[[Target], bool], ...] = (
    unchanged, lines_above_function, function_above, lines_before, blank_lines_inside, same_kind_before,
    repeated_before, wrapped_in_if, wrapped_in_closure, closure_above, deleted, replaced, function_deleted,
    function_renamed, function_moved, function_to_other_file, extracted, channel_renamed, receiver_renamed,
    lines_joined_anew, functions_swapped, file_renamed, package_moved,
)  # fmt: skip


def _indent(t: Target, line: int) -> str:
    return re.match(r"\s*", t.lines[t.at(line)][1])[0]


def _texts(t: Target, span: tuple[int, int]) -> list[str]:
    return [text for _, text in t.lines[t.at(span[0]) : t.at(span[1]) + 1]]


def _cut(t: Target) -> list[Line]:
    first, last = t.at(t.root[0]), t.at(t.root[1])
    rows = t.lines[first : last + 1]
    del t.lines[first : last + 1]
    return rows
