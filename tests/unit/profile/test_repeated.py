"""What readers know already is not read again, and the answer is the same as if it were."""

import gzip
import pickle
import threading
from collections import Counter
from itertools import product
from pathlib import Path
from random import Random

import pytest

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import profile_pb2, protobuf, records
from goleak_lsp.profile.dump import Dump
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.model import Frame, Profile
from goleak_lsp.profile.pieces import Pieces

FORMATS = Path(__file__).parents[3] / "fixtures" / "formats"


def frame(number: int) -> Frame:
    return Frame(f"main.f{number}", "/src/main.go", number)


def test_equal_frames_are_one_object():
    assert frame(1) is frame(1)
    assert frame(1) is pickle.loads(pickle.dumps(frame(1)))
    assert len({frame(1), frame(1), Frame("main.f1", "/src/main.go", 1, 1), frame(2)}) == 3


def test_frames_made_by_several_threads_are_one_object():
    start, made = threading.Barrier(4), []

    def make() -> None:
        start.wait()
        made.append([frame(number) for number in range(10_000, 12_000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({*map(tuple, made)}) == 1


def test_a_frame_is_frozen():
    with pytest.raises(AttributeError, match="frozen"):
        frame(1).line = 2


@pytest.mark.parametrize("batch", [1, 100, 1_000_000])
def test_pieces_have_every_frame_and_every_call(monkeypatch, batch):
    monkeypatch.setattr("goleak_lsp.profile.pieces._BATCH", batch)
    random = Random(1)
    stacks = [tuple(frame(random.randrange(30)) for _ in range(random.randrange(1, 40))) for _ in range(50)]
    begins = {frame(number) for number in range(20)}
    calls = set()
    for stack in stacks:
        begin = next((at for at, each in enumerate(stack) if each in begins), len(stack))
        calls |= set(zip(stack[begin + 1 :], stack[begin:], strict=False))
    pieces = Pieces(stacks)
    assert pieces.frames == {each for stack in stacks for each in stack}
    assert set(pieces.calls(begins)) == calls


def record(count: int, addresses: list[int], hidden: int = 0, name: str = "f", labels: str = "") -> str:
    """A record as Go writes it: two frames at each address that 3 divides, none at the last."""
    lines = [f"{count} @" + "".join(f" {address:#x}" for address in addresses)]
    lines += [f"# labels: {labels}"] if labels else []
    for address in addresses[hidden:-1]:
        for inlined in range(2 if address % 3 == 0 else 1):
            lines.append(f"#\t{address - 1:#x}\tmain.{name}{address}.{inlined}+0x1\t/src/main.go:{address + inlined}")
    return "\n".join(lines) + "\n"


def read(texts: list[str]) -> Profile:
    data = f"goroutine profile: total {len(texts)}\n" + "\n".join(texts)
    [profile], problems = records.decode([data.encode()])
    assert problems == []
    return profile


def found(profile: Profile) -> Counter:
    return Counter({sample._replace(count=0): sample.count for sample in profile.samples})


@pytest.fixture
def learning(monkeypatch):
    """No record is too early to learn from."""
    monkeypatch.setattr(records, "_MANY", 0)


def test_records_of_known_addresses_are_what_they_would_be_alone(learning):
    random = Random(2)
    addresses = [random.sample(range(0x400000, 0x400030), 3) * random.choice((1, 3, 8)) for _ in range(20)]
    # A function that calls itself has its address several times in a row.
    addresses += [[a, b, b, b, *rest, rest[0]] for a, b, *rest in product(range(0x500000, 0x500004), repeat=5)][:300]
    texts = []
    for number in range(1_500):
        several = [0x600000, 0x600001, *random.choice(addresses), *random.choice(addresses), 0x700000]
        texts.append(record(1 + number % 3, several, 2, labels='{"a":"b"}' if number % 5 == 0 else ""))
    alone: Counter = Counter()
    for text in texts:
        alone += found(read([text]))
    assert found(read(texts)) == alone
    assert len(alone) > 1_000


def test_a_record_of_known_addresses_that_lacks_a_line_is_read(learning):
    addresses = list(range(0x400000, 0x400010))
    whole, lacking = record(1, addresses), record(1, addresses).splitlines(keepends=True)
    del lacking[4]
    profile = read([whole, whole, "".join(lacking)])
    assert [(len(s.stack), s.count) for s in profile.samples] == [(20, 2), (19, 1)]


def test_addresses_of_another_profile_mean_something_else(learning):
    addresses = list(range(0x400000, 0x400020))
    text = "".join(f"goroutine profile: total 1\n{record(1, addresses, name=name)}\n" for name in "fg")
    one, other = records.decode([text.encode()])[0]
    assert one.samples[0].stack[0].function == "main.f4194304.0"
    assert other.samples[0].stack[0].function == "main.g4194304.0"


def test_dumps_that_differ_in_arguments_are_counted_and_their_lines_too():
    block = "goroutine {n} [select]:\nmain.f({n}, 0x{n})\n\t/src/main.go:{m} +0x1\ncreated by main.g in goroutine 1\n"
    block += "\t/src/main.go:9 +0x1\n\n"
    texts = [block.format(n=n, m=n % 3) for n in range(1, 1_001)]
    texts[900] = "goroutine 901 [select\n\n"
    for size in (997, 30_000):
        data = "".join(texts).encode()
        dump = Dump()
        for at in range(0, len(data), size):
            dump.feed(data[at : at + size])
        [profile], problems = dump.result()
        assert [sample.count for sample in profile.samples] == [333, 333, 333]
        assert problems == ["1 of 1,000 goroutines could not be read, first at line 5,401"]


def message() -> profile_pb2.Profile:
    data = (FORMATS / "go1.26" / "goroutine.pb.gz").read_bytes()
    return profile_pb2.Profile.FromString(gzip.decompress(data))


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


@pytest.mark.parametrize("form", ["unpacked", "parted", "other order", "large numbers"])
def test_samples_are_read_however_they_are_encoded(form):
    """Go writes the count first, and all locations packed; others need not."""
    whole = message()
    expected, _ = protobuf.decode(whole.SerializeToString())
    for location in whole.location:
        location.id += 1_000 if form == "large numbers" else 0
    samples = [profile_pb2.Sample.FromString(sample.SerializeToString()) for sample in whole.sample]
    del whole.sample[:]
    data = whole.SerializeToString()
    for sample in samples:
        ids = [number + (1_000 if form == "large numbers" else 0) for number in sample.location_id]
        rest = profile_pb2.Sample(value=sample.value, label=sample.label).SerializeToString()
        packed = profile_pb2.Sample(location_id=ids).SerializeToString()
        if form == "unpacked":
            packed = b"".join(b"\x08" + bytes([number]) for number in ids if number < 128)
            assert all(number < 128 for number in ids)
        if form == "parted":
            half = len(ids) // 2
            packed = field(1, bytes(ids[:half])) + rest + field(1, bytes(ids[half:]))
            rest = b""
        encoded = rest + packed if form == "other order" else packed + rest
        size = profile_pb2.Sample.FromString(encoded).ByteSize()
        assert size
        data += b"\x12" + (bytes([len(encoded)]) if len(encoded) < 128 else _long(len(encoded))) + encoded
    assert protobuf.decode(data)[0] == expected


def _long(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7])


def test_a_damaged_sample_is_a_clear_error():
    data = message().SerializeToString()
    endless = b"\x0a\x7f" + b"\xff" * 127
    for sample in (b"\x10", b"\x10\xff", b"\x10\x01\x0a", b"\x10\x01\x0a\x05\x01", b"\x0a\x02\x80\x80", endless):
        with pytest.raises(ProfileError, match="cut off or damaged"):
            decode(data + field(2, sample))
    assert decode(data + field(2, b""))[0][0].total == decode(data)[0][0].total


def test_a_stack_of_any_depth_is_kept_to_its_innermost_frames(monkeypatch):
    monkeypatch.setattr(protobuf, "MAX_DEPTH", 3)
    [profile], problems = protobuf.decode(message().SerializeToString())
    assert problems == []
    assert max(len(sample.stack) for sample in profile.samples) == 3
    assert all(sample.cut == (len(sample.stack) == 3) for sample in profile.samples)
