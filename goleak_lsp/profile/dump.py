"""Goroutine dumps: the text of ``debug=2``, panics, fatal errors and signals, a block a goroutine.

The text is taken in pieces. Blocks that are equal but for their numbers are counted by their
bytes; of the others only the lines with places are looked up, so that arguments, which differ
from goroutine to goroutine, are never looked at. The cost follows the number of distinct stacks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.blocks import BlockReader
from goleak_lsp.profile.halves import Half
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Profile, Sample
from goleak_lsp.profile.unread import Unread

_START = b"goroutine "
_BREAK = b"\ngoroutine "
_FIRST = re.compile(rb"^([^\n]*?)goroutine (?=\d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[)", re.MULTILINE)
# A line that begins another dump, should goroutines have come before it.
_MARK = re.compile(rb"^(?:panic: |fatal error: |SIG[A-Z]+: )", re.MULTILINE)
# With GOTRACEBACK=crash the threads print what they run once more, behind such lines.
_RELAY = b"\n-----\n"
_REGISTERS = re.compile(rb" fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+$", re.MULTILINE)
_THREAD = re.compile(rb"gp=\S+ m=\S+ (?:mp=\S+ )?(?=\[)")
_OUTERMOST = re.compile(rb"^(?:main\.main|\S+\.init(?:\.\d+)?)\(", re.MULTILINE)
_ORIGIN = re.compile(rb"^created by [^\n]+\n\t", re.MULTILINE)
_ENDED = re.compile(rb":\d+ \+0x[0-9a-f]+$")
# Every thread has a goroutine of this number to schedule from; it is none of the program's.
_SCHEDULER = b"0"
_ELIDED = re.compile(rb" frames elided\.\.\.\n(?!\t\n)")
_PROBE = 20
_LEAK_WRITER = "writeGoroutineLeak"
MAX_IDS = 2_000_000
"""Numbers of goroutines that are kept, by which the beginning of another dump is told."""
MAX_SNAPSHOTS = 1_000
MAX_BLOCK = 4 << 20
MAX_MEMO = 5_000


Pair = tuple[bytes, bytes, bytes]
"""The number of a goroutine, a space, and what follows: its header's rest and its frames."""


def looks_like(head: bytes) -> bool:
    """Whether headers of goroutines stand alone on their lines, as in no log."""
    found = [match[1] for match in islice(_FIRST.finditer(head), 100)]
    # Indented ones alone are a test's report; the message of a panic may hold them too.
    return b"" in found and not found[0].strip()


def decode(pieces: Iterable[bytes], line: int = 1) -> tuple[tuple[Profile, ...], list[str]]:
    """The snapshots in the pieces of a text, in its order, and what could not be read of it.

    Raises ProfileError when not one goroutine could be read.
    """
    dump = Dump(lambda at: at + line - 1)
    for piece in pieces:
        dump.feed(piece)
    return dump.result()


class _Known:
    """One distinct goroutine: its sample, and what its lines with functions begin with.

    ``special``: it cannot be read, has no stack, or there is other text behind it.
    """

    __slots__ = ("names", "number", "sample", "special")

    def __init__(self, number: int, sample: Sample | None, names: list[bytes], special: bool) -> None:
        self.number, self.sample, self.names, self.special = number, sample, names, special


class Dump:
    """Gathers the goroutines of one text, or of one of the processes of a log."""

    def __init__(self, where: Callable[[int], int] | None = None) -> None:
        self._rest = b""
        self._reader = BlockReader()
        self._known: list[_Known] = []
        self._by_block: dict[bytes, _Known] = {}
        self._by_places: dict[tuple, list[_Known]] = {}
        self._lines: dict[bytes, bytes] = {}
        self._counts: Counter[int] = Counter()
        self._ids: set[bytes] = set()
        self._relayed = False
        self._repeating = True
        self._absent: dict[bytes, int] = {}
        self._line = 1
        self._left_out = 0
        self.unread = Unread("goroutine", where)
        self.partial = False
        self.snapshots: list[Profile] = []

    def feed(self, piece: bytes) -> None:
        """Takes the next piece of the text, which may end anywhere."""
        if b"\r" in piece or self._rest.endswith(b"\r"):
            piece, self._rest = (self._rest + piece).replace(b"\r\n", b"\n"), b""
        blocks = piece.split(_BREAK)
        # What is left of the piece before ends in the first of them: only that is copied.
        blocks[:1] = (self._rest + blocks[0]).split(_BREAK)
        if len(blocks) == 1 and len(blocks[0]) < MAX_BLOCK:
            self._rest = blocks[0]
            return
        # No goroutine is larger than a block may be: what it is need not be kept.
        begun = len(blocks) > 1
        self._rest = _START + blocks.pop() if begun else b""
        self._line += self._blocks(blocks) - (not begun)

    def _blocks(self, blocks: list[bytes]) -> int:
        """Takes whole blocks; what stands before the first header is passed over. The number of lines of all."""
        passed = 0
        if blocks[0].startswith(_START):
            blocks[0] = blocks[0][len(_START) :]
        else:
            passed = blocks.pop(0).count(b"\n") + 1
        lines = None if self._repeating else self._all_by_lines(blocks)
        if lines is None:
            lines = sum([block.count(b"\n") for block in blocks]) + len(blocks)
            self._take([block.partition(b" ") for block in blocks], self._line + passed)
        return passed + lines

    def _all_by_lines(self, blocks: list[bytes]) -> int | None:
        """Takes blocks that differ from each other in their arguments; None if one needs a closer look.

        Else the number of lines.
        """
        lines, numbers, found = 0, [], []
        by_places, begins = self._by_places.get, bytes.startswith
        for block in blocks:
            row = block.split(b"\n")
            lines += len(row)
            number, _, row[0] = row[0].partition(b" ")
            numbers.append(number)
            names = row[1::2]
            for known in by_places(tuple(row[::2]), ()):
                # The last line is empty, and stands where the next name would.
                if len(known.names) + 1 == len(names) and all(map(begins, names, known.names)):
                    break
            else:
                known = self._by_lines(b"\n".join(row))
            found.append(known)
        ids = set(numbers)
        if not self._are_new(ids, len(numbers)) or any([known.special for known in found]):
            return None
        self._count(ids, Counter([known.number for known in found]))
        # Blocks may begin to repeat anywhere; trying costs little.
        first = [block.partition(b" ")[2] for block in blocks[:_PROBE]]
        self._repeating = len(set(first)) < _PROBE // 2
        return lines

    def _are_new(self, ids: set[bytes], count: int) -> bool:
        """Whether as many numbers are all different, of goroutines, and of none that was there before."""
        return len(ids) == count and _SCHEDULER not in ids and self._ids.isdisjoint(ids)

    def _count(self, ids: set[bytes], counts: Counter[int]) -> None:
        if len(self._ids) < MAX_IDS:
            self._ids |= ids
        self._counts.update(counts)

    def finish(self, taken_at: int | None = None) -> None:
        """Takes what is left, which the end of the text may have cut, and ends the snapshot."""
        self._take_rest()
        self.close(taken_at)

    def _take_rest(self) -> None:
        text, self._rest = self._rest, b""
        line, self._line = self._line, self._line + text.count(b"\n")
        if text.startswith(_START):
            pair = text[len(_START) :].partition(b" ")
            if whole := self._whole(pair, line, text.endswith(b"\n")):
                self._take([whole], line)

    def _take(self, pairs: list[Pair], line: int) -> None:
        ids = {pair[0] for pair in pairs}
        known = self._distinct([pair[2] for pair in pairs]) if self._are_new(ids, len(pairs)) else None
        if known is None or any(one.special for one, _ in known):
            self._one_by_one(pairs, line)
            return
        counts: Counter[int] = Counter()
        for one, count in known:
            counts[one.number] += count
        self._count(ids, counts)

    def _distinct(self, blocks: list[bytes]) -> list[tuple[_Known, int]]:
        """The goroutines of some blocks, counted."""
        counts = Counter(blocks)
        self._repeating = len(counts) < len(blocks) // 2 + _PROBE
        return [(self._by_block.get(block) or self._look_up(block), n) for block, n in counts.items()]

    def _one_by_one(self, pairs: list[Pair], line: int) -> None:
        """Takes what is not plain: numbers that come twice, other text between the blocks."""
        for number, _, block in pairs:
            known = self._by_block.get(block) or self._look_up(block)
            # A damaged number is still that of a goroutine, if the rest is one.
            is_one = number.isdigit() or known.sample is not None
            if is_one and number != _SCHEDULER and self._is_new(number):
                self._one(number, known, line)
            # What follows the block may tell that the dump ends there.
            if known.special:
                self._relayed |= _RELAY in block
                if not self._relayed and _MARK.search(block):
                    self.close()
            # A damaged header may have its lines in what is taken for the number.
            line += number.count(b"\n") + block.count(b"\n") + 1

    def _one(self, number: bytes, known: _Known, line: int) -> None:
        if known.sample is None:
            self.unread.add(line)
            return
        self._ids.add(number)
        self._counts[known.number] += 1
        if not known.sample.stack:
            self._absent[number] = known.number

    def _is_new(self, number: bytes) -> bool:
        """Whether the goroutine is to be counted; one that was there already begins another dump."""
        if number not in self._ids:
            return True
        if number in self._absent:
            # Its own thread prints the stack that no other thread could.
            self._counts[self._absent.pop(number)] -= 1
            return True
        if self._relayed:
            return False
        self.close()
        return True

    def _look_up(self, block: bytes) -> _Known:
        known = self._by_lines(block)
        if len(self._by_block) >= MAX_MEMO:
            # Nothing repeats often enough to be worth its memory.
            self._by_block.clear()
        self._by_block[block] = known
        return known

    def _by_lines(self, block: bytes) -> _Known:
        lines = block.rstrip(b"\n").split(b"\n")
        names, places = lines[1::2], tuple(lines[::2])
        for known in self._by_places.get(places, ()):
            if len(known.names) == len(names) and all(map(bytes.startswith, names, known.names)):
                return known
        plain = _without_registers(block)
        return self._by_lines(plain) if plain != block else self._new(lines, names, places)

    def _new(self, lines: list[bytes], names: list[bytes], places: tuple) -> _Known:
        fixed = list(map(self._reader.functions.__getitem__, names))
        sample = self._reader.read(lines, fixed)
        special = sample is None or not sample.stack or not lines[-1].startswith(b"\t") or b"" in lines
        known = _Known(len(self._known), sample, fixed, special)
        self._known.append(known)
        # Equal lines of different blocks are kept once, since most of them recur.
        intern = self._lines.setdefault
        key = tuple(map(intern, places, places))
        known.names = list(map(intern, fixed, fixed))
        self._by_places.setdefault(key, []).append(known)
        return known

    def _whole(self, pair: Pair, line: int, ended: bool) -> Pair | None:
        """The last goroutine of a text without a line that was cut; None if its stack was cut too."""
        number, _, block = pair
        usual = self._names_origins()
        trusted = ended or _ENDED.search(block) is not None
        kept = block if trusted else block[: block.rfind(b"\n") + 1]
        whole = b"\ncreated by " in block or b"\n\n" in block
        whole = whole or (trusted and (number in (_SCHEDULER, b"1") or not usual or b"stack unavailable" in block))
        self.partial |= not (ended and _is_entire(number, block))
        if whole or not (self._counts or self.snapshots):
            # What is all there is stays, since its inner frames are right.
            return number, b" ", kept
        if number.isdigit() or not trusted:
            self.unread.add(line)
        return None

    def _names_origins(self) -> bool:
        """Whether goroutines tell what created them, as they do unless they are the first."""
        return any(known.sample and known.sample.created_by for known in self._known)

    def close(self, taken_at: int | None = None) -> None:
        """Ends the snapshot; goroutines that come later belong to another."""
        if self._counts:
            self.snapshots.append(self._profile(taken_at))
        if len(self.snapshots) > MAX_SNAPSHOTS:
            del self.snapshots[0]
            self._left_out += 1
        self._counts, self._ids, self._absent = Counter(), set(), {}

    def _profile(self, taken_at: int | None) -> Profile:
        merged: dict[tuple, list] = {}
        for number, count in self._counts.items():
            sample = self._known[number].sample
            of_header = (sample.labels, sample.state, sample.wait_minutes, sample.leaked)
            key = (sample.stack, sample.created_by, sample.cut, *of_header)
            merged.setdefault(key, [sample, 0])[1] += count
        leak = any(sample.leaked or _writes_leaks(sample) for sample, _ in merged.values())
        samples = tuple(_counted(sample, n) for sample, n in merged.values() if sample.stack and n)
        total = sum(count for _, count in merged.values())
        partial = self.partial or self.unread.count > 0
        return Profile(GOROUTINE_LEAK if leak else GOROUTINE, samples, total, taken_at, partial=partial)

    def half(self, last: bool) -> Half | None:
        """What one half of a text holds, or the ``last``; None where it is not plainly of one snapshot."""
        if last:
            self._take_rest()
        else:
            self.feed(_START)  # that the next half begins with
        ends = last or self._rest == _START
        if not ends or self.snapshots or self._relayed or not self._counts or len(self._ids) >= MAX_IDS:
            return None
        # Whose number was not read may have been there before; and how such a dump ends, few goroutines do not tell.
        if last and (self.unread.count or (self.partial and not self._names_origins())):
            return None
        ids = b" ".join(self._ids)
        self.close()
        return Half(self.snapshots[0], self.unread.count, self.unread.line, ids)

    def result(self) -> tuple[tuple[Profile, ...], list[str]]:
        """All snapshots, and what is wrong; raises ProfileError when there is none."""
        self.finish()
        if not self.snapshots:
            raise ProfileError("holds no goroutine that can be read")
        problems = self.unread.problems(sum(p.total for p in self.snapshots))
        if self._left_out:
            problems.append(f"{self._left_out:,} older snapshots were left out, {MAX_SNAPSHOTS:,} kept")
        return tuple(self.snapshots), problems


def _is_entire(number: bytes, block: bytes) -> bool:
    """Whether the outermost frame of a dump's last goroutine, or what started it, is there."""
    if number in (_SCHEDULER, b"1"):
        return number == _SCHEDULER or _OUTERMOST.search(block) is not None
    return _ORIGIN.search(block) is not None


def _without_registers(block: bytes) -> bytes:
    """The block as it would be were it printed by a profile: addresses differ from goroutine to goroutine."""
    if b" fp=0x" in block or block.startswith(b"gp="):
        block = _REGISTERS.sub(b"", _THREAD.sub(b"", block, count=1))
    # With a line of its own for the place the lines of places stay the even ones.
    return block.replace(b" frames elided...\n", b" frames elided...\n\t\n") if _ELIDED.search(block) else block


def _writes_leaks(sample: Sample) -> bool:
    """Whether this goroutine writes the leak profile, which may have found none."""
    return sample.state == "running" and any(_LEAK_WRITER in frame.function for frame in sample.stack[:3])


def _counted(sample: Sample, count: int) -> Sample:
    return Sample(
        sample.stack, count, sample.labels, sample.state, sample.wait_minutes, sample.created_by, sample.leaked,
        sample.hidden, sample.cut,
    )  # fmt: skip
