"""Follows an operation from the old text of a file into today's files.

Functions are found by name and receiver, else by what is in them; literals by what is in
them and around them, never by number alone. Where the old operation is not surely one of
the new, that is the answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Protocol

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.alignment import Alignment, likeness
from goleak_lsp.golang.statements import Statement, statements, words
from goleak_lsp.golang.syntax import Function, GoFile, Operation

SAME, GONE, UNSURE = "same", "gone", "unsure"

_LIKE, _MARGIN = 0.6, 0.15
_TELLING = 12
"""Characters of a statement that is hardly written twice by chance."""

_MAX_STATEMENTS = 4_000


class Place(Frozen):
    """An operation of one of today's files."""

    path: Path
    function: Function
    operation: Operation


class Followed(Frozen):
    """What became of an old operation.

    ``same`` has one place. ``unsure`` has those that come into question, and in ``function``
    the function that the old one became, if that is known.
    """

    status: str
    places: tuple[Place, ...] = ()
    function: tuple[Path, Function] | None = None


class Text:
    """One text of a Go file, its functions and their statements."""

    def __init__(self, file: GoFile, path: Path) -> None:
        self.file, self.path = file, path
        self._statements: dict[int, list[Statement]] = {}

    @cached_property
    def roots(self) -> dict[str, Function]:
        """Declared functions by name; literals of package variables have no name that lasts."""
        return {f.name: f for f in self.file.functions if f.outer is None and not _is_nameless(f)}

    @cached_property
    def all_roots(self) -> list[Function]:
        """Declared functions and the literals of package variables."""
        return [f for f in self.file.functions if f.outer is None]

    def root(self, function: Function) -> Function:
        """The function that is or holds ``function`` and lies in no other."""
        while function.outer is not None:
            function = self.file.functions[function.outer]
        return function

    def statements(self, root: Function) -> list[Statement]:
        """The statements of a root, its head first."""
        if root.index not in self._statements:
            self._statements[root.index] = statements(self.file.data, root.start, root.end)
        return self._statements[root.index]

    def texts(self, root: Function) -> list[str]:
        """The texts of a root's statements."""
        return [s.text for s in self.statements(root)]

    def slice(self, function: Function) -> bytes:
        """The bytes of a function."""
        return self.file.data[function.start : function.end]

    @cached_property
    def words(self) -> dict[str, int]:
        """How often every name stands in the file."""
        found: dict[str, int] = {}
        for statement in statements(self.file.data, 0, len(self.file.data)):
            for word in words(statement.text):
                found[word] = found.get(word, 0) + 1
        return found


class Around(Protocol):
    """Where further texts of today come from, in which what left its file may be found."""

    def declaring(self, name: str, near: Path) -> list[Text] | None:
        """Texts that declare a function of this runtime name; None where not all could be found."""

    def mentioning(self, needle: str, near: Path) -> list[Text]:
        """Texts of the package that hold a piece of source."""


class Follower:
    """Follows operations of one old text; ``here`` is the same file today, if there is one.

    ``before`` gives the text that another file had when this one was old.
    """

    def __init__(self, old: Text, here: Text | None, around: Around, before: Callable[[Path], Text | None]) -> None:
        self.old, self.here, self.around, self._before = old, here, around, before
        self._alignments: dict[tuple[int, int, Path], Alignment] = {}
        self._unsearched = False

    def _declaring(self, root: Function) -> list[Text]:
        """Other texts of today that declare the function and did not when the old text was new."""
        texts = self.around.declaring(root.name, self.old.path)
        self._unsearched = texts is None
        found = [text for text in self._others(texts or []) if root.name in text.roots]
        return [text for text in found if root.name not in self._old_roots(text)]

    def _mentioning(self, operation: Operation) -> list[Text]:
        needle = operation.operand.partition("\n")[0] or "select"
        return self._others(self.around.mentioning(needle, self.old.path))

    def _others(self, texts: list[Text]) -> list[Text]:
        return [text for text in texts if self.here is None or text.path != self.here.path]

    def follow(self, function: Function, operation: Operation) -> Followed:
        """What became of an operation of ``function``."""
        root = self.old.root(function)
        named = self._named(root)
        answer = self._within(root, *named, operation) if named else None
        if answer and answer.status == SAME:
            return answer
        if named is None or likeness(self.old.texts(root)[1:], named[0].texts(named[1])[1:]) < _LIKE:
            other = self._alike(root, operation)
            if other and (found := self._within(root, *other, operation)).status == SAME:
                return found
            if answer is None and other:
                answer = found
        return self._elsewhere(root, operation, answer)

    def _named(self, root: Function) -> tuple[Text, Function] | None:
        if _is_nameless(root):
            return self._declared_alike(root)
        if self.here and root.name in self.here.roots:
            return self.here, self.here.roots[root.name]
        # A name in another file of the package is the same function; elsewhere it must be alike.
        found = [
            (text, text.roots[root.name]) for text in self._declaring(root)
            if text.path.parent == self.old.path.parent
            or likeness(self.old.texts(root)[1:], text.texts(text.roots[root.name])[1:]) >= _LIKE
        ]  # fmt: skip
        if len(found) > 1:
            near = [item for item in found if item[0].path.parent == self.old.path.parent]
            found = near or [item for item in found if item[0].path.name == self.old.path.name]
        return found[0] if len(found) == 1 else None

    def _declared_alike(self, root: Function) -> tuple[Text, Function] | None:
        """The literal that the same line declares: ``var later = func() {``."""
        if self.here is None:
            return None
        line = self.old.file.lines.text(root.line)
        ours = [f for f in self.old.all_roots if self.old.file.lines.text(f.line) == line]
        theirs = [f for f in self.here.all_roots if self.here.file.lines.text(f.line) == line]
        return (self.here, theirs[0]) if len(ours) == len(theirs) == 1 else None

    def _fresh(self, text: Text) -> list[Function]:
        """Functions of a text of today that the old text did not have under their name."""
        old = self._old_roots(text)
        return [f for f in text.all_roots if _is_nameless(f) or f.name not in old]

    def _old_roots(self, text: Text) -> dict[str, Function]:
        """The functions that a text of today had when the old text was new."""
        before = self.old if text is self.here else self._before(text.path)
        return before.roots if before else {}

    def _alike(self, root: Function, operation: Operation) -> tuple[Text, Function] | None:
        """The one function that is much like the old one and has taken another name."""
        body = self.old.texts(root)[1:]
        for texts in ([self.here] if self.here else [], self._mentioning(operation)):
            ranked = sorted(
                ((likeness(body, text.texts(f)[1:]), i, text, f) for i, (text, f) in enumerate(self._fresh_of(texts))),
                key=lambda row: (-row[0], row[1]),
            )
            if ranked and ranked[0][0] >= _LIKE and (len(ranked) == 1 or ranked[1][0] <= ranked[0][0] - _MARGIN):
                return ranked[0][2], ranked[0][3]
        return None

    def _fresh_of(self, texts: list[Text]) -> list[tuple[Text, Function]]:
        return [(text, function) for text in texts for function in self._fresh(text)]

    def _within(self, root: Function, text: Text, today: Function, operation: Operation) -> Followed:
        """What became of the operation if its function became ``today``."""
        if self.old.slice(root) == text.slice(today):
            shift = today.start - root.start
            place = _place_at(text, operation, operation.start + shift, operation.end + shift)
            return Followed(SAME, (place,)) if place else Followed(UNSURE, function=(text.path, today))
        old, new = self.old.statements(root), text.statements(today)
        at = _holding(old, operation.start)
        if len(old) > _MAX_STATEMENTS or len(new) > _MAX_STATEMENTS:
            return Followed(UNSURE, function=(text.path, today))
        if at is None:
            return self._end(root, text, today, operation)
        alignment = self._aligned(root, text, today)
        if at in alignment.pairs:
            other = new[alignment.pairs[at]]
            number = _number(self.old.file, operation, old[at])
            here = _like(text, operation, other, alignment.renamed)
            if number < len(here):
                return Followed(SAME, (here[number],))
        return self._changed(alignment, root, text, today, at, operation)

    def _end(self, root: Function, text: Text, today: Function, operation: Operation) -> Followed:
        """Closing braces are no statements: that of the declared function is its own."""
        function = self.old.file.functions[operation.function]
        if function.index != root.index or operation.line != root.end_line:
            return Followed(UNSURE, function=(text.path, today))
        start = today.end - 1
        place = Operation(operation.kind, today.index, today.end_line, start, today.end)
        return Followed(SAME, (Place(text.path, today, place),))

    def _aligned(self, root: Function, text: Text, today: Function) -> Alignment:
        key = (root.index, today.index, text.path)
        if key not in self._alignments:
            self._alignments[key] = Alignment(self.old.texts(root), text.texts(today))
        return self._alignments[key]

    def _changed(
        self, alignment: Alignment, root: Function, text: Text, today: Function, at: int, operation: Operation
    ) -> Followed:
        """An operation whose statement was changed, or repeats with something added or taken."""
        old, new = self.old.statements(root), text.statements(today)
        equal = [b for b in alignment.open_new(range(len(new))) if alignment.new[b] == alignment.old[at]]
        if equal:
            places = [p for b in equal for p in _like(text, operation, new[b], alignment.renamed)]
            return Followed(UNSURE, tuple(places), (text.path, today))
        before, after = alignment.gap(at)
        mine = alignment.open_old(before)
        other = alignment.open_new(after)
        rivals = [a for a in mine for _ in _own(self.old, operation, old[a], operation.operand)]
        renamed = alignment.renamed | self._renamed_in_file(text, operation.operand)
        heirs = [p for b in other for p in _like(text, operation, new[b], renamed)]
        if operation.kind == "select":
            return self._select(alignment, text, today, at, [b for b in other if new[b].text.startswith("select{")])
        if len(heirs) == 1 and len(rivals) == 1 and operation.kind != "line":
            return Followed(SAME, (heirs[0],))
        kin = [p for b in other for p in _of_kind(text, operation, new[b])]
        if heirs or kin:
            return Followed(UNSURE, tuple(heirs or kin), (text.path, today))
        return Followed(GONE, function=(text.path, today))

    def _select(self, alignment: Alignment, text: Text, today: Function, at: int, others: list[int]) -> Followed:
        """A select whose cases changed: the only one there, if it kept a case."""
        new = text.statements(today)
        mine = [a for a in alignment.open_old(alignment.gap(at)[0]) if alignment.old[a].startswith("select{")]
        places = [p for b in others for p in _of_kind(text, _SELECT, new[b])]
        kept = set(_cases(alignment.old[at])) & set(_cases(alignment.new[others[0]])) if others else set()
        if len(mine) == 1 and len(others) == 1 and len(places) == 1 and kept:
            return Followed(SAME, tuple(places))
        if places:
            return Followed(UNSURE, tuple(places), (text.path, today))
        return Followed(GONE, function=(text.path, today))

    def _renamed_in_file(self, text: Text, operand: str) -> dict[str, str]:
        """The name that a field or package variable took: fresh in the file, and not there once only."""
        gone = [w for w in words(operand) if w in self.old.words and w not in text.words and self.old.words[w] > 1]
        if len(gone) != 1:
            return {}
        fresh = [w for w, n in text.words.items() if w not in self.old.words and n == self.old.words[gone[0]]]
        return {gone[0]: fresh[0]} if len(fresh) == 1 else {}

    def _elsewhere(self, root: Function, operation: Operation, answer: Followed | None) -> Followed:
        """An operation that left its function: put into one of its own, or into its caller."""
        if answer and answer.status == UNSURE and answer.places:
            return answer
        old = self.old.statements(root)
        at = _holding(old, operation.start)
        if at is None or operation.kind == "line":
            return answer if answer and answer.function else Followed(UNSURE if answer else self._nowhere)
        texts = [*([self.here] if self.here else []), *self._mentioning(operation)]
        found = [place for text in texts for place in self._strays(text, old, at, operation)]
        if len(found) == 1 and self._calls(root, at, found[0][0].function):
            return Followed(SAME, (found[0][0],))
        if len(found) == 1:
            place, telling = found[0]
            return Followed(SAME, (place,)) if telling else Followed(UNSURE, (place,), answer and answer.function)
        if found:
            return Followed(UNSURE, tuple(place for place, _ in found), answer and answer.function)
        return answer or Followed(self._nowhere)

    @property
    def _nowhere(self) -> str:
        """What is known of an operation that was not found."""
        return UNSURE if self._unsearched else GONE

    def _calls(self, root: Function, at: int, other: Function) -> bool:
        """Whether the function of today calls another where the operation was."""
        named = self._named(root)
        if named is None or other.outer is not None:
            return False
        alignment = self._aligned(root, *named)
        name = re.compile(rf"\b{re.escape(other.name.removesuffix('[...]').rpartition('.')[2])}\(")
        return any(name.search(alignment.new[b]) for b in alignment.open_new(alignment.gap(at)[1]))

    def _strays(self, text: Text, old: list[Statement], at: int, operation: Operation) -> list[tuple[Place, bool]]:
        """Places of the same statement in functions that did not have it, and whether they tell enough."""
        found = []
        needle = operation.operand.split("\n")[0].encode()
        if needle not in text.file.data:
            return []
        before = self.old if text is self.here else self._before(text.path)
        known_roots = before.roots if before else {}
        for function in text.all_roots:
            new = text.statements(function)
            had = before.texts(known).count(old[at].text) if before and (known := known_roots.get(function.name)) else 0
            spots = [b for b, s in enumerate(new) if s.text == old[at].text]
            if len(spots) <= had:
                continue
            for b in spots:
                near = _text(old, at - 1) == _text(new, b - 1) or _text(old, at + 1) == _text(new, b + 1) != ""
                telling = near or (len(old[at].text) >= _TELLING and had == 0)
                found += [(place, telling and had == 0) for place in _like(text, operation, new[b], {})[:1]]
        return found


_SELECT = Operation("select", 0, 0, 0, 0)


def _is_nameless(function: Function) -> bool:
    return function.name.startswith("init.")


def _text(found: list[Statement], at: int) -> str:
    return found[at].text if 0 < at < len(found) else ""


def _cases(select: str) -> list[str]:
    return re.split(r"(?<=:)(?=case|default)", select[len("select{") : -1])


def _holding(found: list[Statement], offset: int) -> int | None:
    """The index of the statement that holds an offset."""
    at = bisect_right(found, offset, key=lambda s: s.start) - 1
    return at if at >= 0 and offset < found[at].end else None


def _number(file: GoFile, operation: Operation, statement: Statement) -> int:
    """Which of the like operations of its statement an operation is."""
    like = [op.start for op in _in(file, operation.kind, statement) if op.operand == operation.operand]
    return like.index(operation.start) if operation.start in like else 0


def _in(file: GoFile, kind: str, statement: Statement) -> list[Operation]:
    """The operations of a kind that begin in a statement."""
    if kind == "call":
        first, last = file.lines.line_of(statement.start), file.lines.line_of(max(statement.start, statement.end - 1))
        calls = (op for line in range(first, last + 1) for op in file.calls_on_line(line))
        found = [op for op in calls if statement.start <= op.start < statement.end]
    else:
        begin = bisect_right(file.operations, statement.start - 1, key=lambda op: op.start)
        found = []
        for op in file.operations[begin:]:
            if op.start >= statement.end:
                break
            if op.kind == kind:
                found.append(op)
    return sorted(found, key=lambda op: op.start)


def _like(text: Text, operation: Operation, statement: Statement, renamed: dict[str, str]) -> list[Place]:
    """Operations of a statement of today that are the old one's like: same kind, same operand."""
    if operation.kind == "line":
        file = text.file
        function = file.function_at(statement.start)
        line = file.lines.line_of(statement.start)
        whole = Operation("line", function.index if function else 0, line, statement.start, statement.end)
        return [Place(text.path, function, whole)] if function else []
    operand = re.sub(r"[^\W\d]\w*", lambda m: renamed.get(m[0], m[0]), operation.operand)
    return _own(text, operation, statement, operand)


def _own(text: Text, operation: Operation, statement: Statement, operand: str) -> list[Place]:
    wanted = "".join(operand.split())
    found = [op for op in _in(text.file, operation.kind, statement) if "".join(op.operand.split()) == wanted]
    if not operation.in_select:
        found = [op for op in found if not op.in_select]
    return [Place(text.path, text.file.functions[op.function], op) for op in found]


def _of_kind(text: Text, operation: Operation, statement: Statement) -> list[Place]:
    if operation.kind == "line":
        return []
    found = [op for op in _in(text.file, operation.kind, statement) if not op.in_select]
    if operation.kind == "call":
        found = [op for op in found if op.operand.rpartition(".")[2] == operation.operand.rpartition(".")[2]]
    return [Place(text.path, text.file.functions[op.function], op) for op in found]


def _place_at(text: Text, operation: Operation, start: int, end: int) -> Place | None:
    """The operation at known offsets."""
    file = text.file
    if operation.kind in ("call", "line"):
        function = file.function_at(start)
        line = file.lines.line_of(start) if operation.kind == "line" else _call_line(file, start, end)
        if function is None or not line:
            return None
        moved = Operation(operation.kind, function.index, line, start, end, operation.operand)
        return Place(text.path, function, moved)
    at = bisect_right(file.operations, start - 1, key=lambda op: op.start)
    for op in file.operations[at:]:
        if op.start != start:
            return None
        if op.kind == operation.kind and op.end == end:
            return Place(text.path, file.functions[op.function], op)
    return None


def _call_line(file: GoFile, start: int, end: int) -> int:
    lines = range(file.lines.line_of(start), file.lines.line_of(end) + 1)
    return next((op.line for line in lines for op in file.calls_on_line(line) if (op.start, op.end) == (start, end)), 0)
