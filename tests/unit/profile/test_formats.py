"""Every form in which real Go programs, 1.18 to 1.27, hand out their goroutines."""

import contextlib
import gzip
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import kinds
from goleak_lsp.profile.dump import Dump
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Profile, Sample

FORMATS = Path(__file__).parents[3] / "fixtures" / "formats"
RELEASES = [f"1.{n}" for n in range(18, 28)]
FILES = sorted(p for p in FORMATS.glob("go1.*/*"))
ENDS = {"protobuf": "pb.gz", "debug=1": "debug1.txt", "debug=2": "debug2.txt"}


def one(name: str) -> Profile:
    """The only snapshot of a fixture, of which everything can be read."""
    profiles, problems = decode((FORMATS / name).read_bytes())
    assert problems == []
    [profile] = profiles
    return profile


def user_place(sample: Sample) -> str:
    """The innermost line of the program itself; empty where it has none on the stack."""
    return next((f"{f.function}:{f.line}" for f in sample.stack if f.file.startswith("/src/zoo/")), "")


def counts(profile: Profile) -> Counter[str]:
    found: Counter[str] = Counter()
    for sample in profile.samples:
        found[user_place(sample)] += sample.count
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_real_file_is_read_whole(path):
    profiles, problems = decode(path.read_bytes())
    # Before 1.23 a panic's message stands at the beginning of lines, and may look like anything.
    message = path.name == "again.txt" and int(path.parent.name[4:]) < 23
    assert problems == (["2 of 3 goroutines could not be read, first at line 2"] if message else [])
    assert len(profiles) == 1
    assert profiles[0].total >= sum(s.count for s in profiles[0].samples) > 0
    assert all(f.function and f.line > 0 for s in profiles[0].samples for f in s.stack if f.file)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("end", ["debug1.txt", "debug2.txt"])
def test_the_formats_of_one_process_agree(release, end):
    binary, text = one(f"go{release}/goroutine.pb.gz"), one(f"go{release}/goroutine.{end}")
    assert counts(binary) == counts(text)
    assert binary.total == text.total == sum(counts(binary).values())


@pytest.mark.parametrize("release", ["1.26", "1.27"])
def test_the_leak_profiles_of_one_process_agree(release):
    binary, aggregated, dump = (one(f"go{release}/goroutineleak.{end}") for end in ENDS.values())
    assert binary.kind == aggregated.kind == dump.kind == GOROUTINE_LEAK
    proved = Profile(GOROUTINE_LEAK, tuple(s for s in dump.samples if s.leaked), 0)
    assert counts(binary) == counts(aggregated) == counts(proved)
    assert counts(binary)["main.leak.func1:127"] == 3
    # The dump holds every goroutine, the others only those that leaked.
    assert dump.total == one(f"go{release}/goroutine.debug2.txt").total > binary.total == aggregated.total


WANT = {
    "main.send": "chan-send", "main.receive": "chan-receive", "main.receiveOK": "chan-receive",
    "main.ranged": "chan-receive", "main.nilSend": "nil-chan-send", "main.nilReceive": "nil-chan-receive",
    "main.nilRange": "nil-chan-receive", "main.selected": "select", "main.selectedOne": "chan-receive",
    "main.selectedNone": "select-empty", "main.lock": "mutex-lock", "main.readLock": "rwmutex-rlock",
    "main.writeLock": "rwmutex-lock", "main.heldLock": "rwmutex-lock", "main.wait": "waitgroup-wait",
    "main.condWait": "cond-wait", "main.sleep": "sleep", "main.accept": "io-wait", "main.pipeRead": "syscall",
    "main.onThread": "chan-receive", "main.(*worker).loop": "chan-receive", "main.arguments": "chan-receive",
    "main.(*pair[...]).park": "chan-receive", "main.inner": "chan-receive", "main.deep": "chan-receive",
    "main.labelled.func1": "chan-receive", "main.leak.func1": "chan-send",
}  # fmt: skip
NEWER = {"main.pulled": "coroutine", "main.bodyBlocks-range1": "chan-receive", "main.rangedOver.func1": "chan-receive"}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", ["goroutine.pb.gz", "goroutine.debug2.txt", "panic.txt", "sigquit.txt"])
def test_kinds_are_told_by_the_wait_reason_or_the_park_frames(release, name):
    profile = one(f"go{release}/{name}")
    got = {user_place(s).rpartition(":")[0]: kinds.kind_of(s) for s in profile.samples}
    want = WANT | (NEWER if release >= "1.23" else {})
    assert {function: got.get(function) for function in want} == want


@pytest.mark.parametrize("release", RELEASES)
def test_where_debug_1_hides_what_tells_the_kind_comes_into_question(release):
    hides = ("chan-send", "chan-receive", "nil-chan-send", "nil-chan-receive", "select", "select-empty")
    profile = one(f"go{release}/goroutine.debug1.txt")
    by_name = {user_place(s).rpartition(":")[0]: s for s in profile.samples}
    for function, kind in WANT.items():
        sample = by_name[function]
        if kind in hides:
            assert kinds.kind_of(sample) == "other"
            assert kind in kinds.possible(sample), function
        else:
            assert kinds.kind_of(sample) == kind, function
            assert kinds.possible(sample) == frozenset()


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_busy_loop_has_no_kind_of_waiting(release, end):
    [busy] = [s for s in one(f"go{release}/busy.{end}").samples if s.stack[-1].function == "main.busy"]
    assert kinds.kind_of(busy) == "other"
    assert busy.state in ("", "runnable", "running")


@pytest.mark.parametrize(
    "name",
    ["go1.18/goroutine.pb.gz", "go1.18/goroutine.debug1.txt", "go1.26/labels.txt", "go1.27/labels.txt",
     "go1.27/goroutine.pb.gz", "go1.27/goroutine.debug1.txt"],
)  # fmt: skip
def test_labels_are_what_the_program_set(name):
    [labelled] = [s for s in one(name).samples if user_place(s).startswith("main.labelled")]
    assert labelled.labels == (("path", "/x,y}: z"), ("tenant", 'a b"c'), ("ü", "\u202e\x01"))


def test_headers_give_minutes_threads_bubbles_and_proof():
    headers = {
        "[chan receive, 5 minutes]": ("chan receive", 5, False),
        "[select, 2147 minutes, locked to thread]": ("select", 2147, False),
        "[chan send (leaked) (scan)]": ("chan send", None, True),
        "[chan receive (durable), synctest bubble 6]": ("chan receive", None, False),
        "[chan receive (synctest), synctest group 6]": ("chan receive", None, False),
        "[chan receive (nil chan), 1 minutes]": ("chan receive (nil chan)", 1, False),
        "[running, locked to thread]": ("running", None, False),
        "[sleep] {a: b}": ("sleep", None, False),
        "[syscall, 9 minutes, locked to thread] {a: b}": ("syscall", 9, False),
    }
    for header, want in headers.items():
        text = f"goroutine 7 {header}:\nmain.f(0x1)\n\t/m.go:3 +0x1\ncreated by main.g in goroutine 1\n\t/m.go:9 +0x2\n"
        (profile,), problems = decode(text.encode())
        [sample] = profile.samples
        assert (sample.state, sample.wait_minutes, sample.leaked) == want
        assert problems == []


@pytest.mark.parametrize("release", RELEASES)
def test_elided_and_cut_stacks_are_marked(release):
    for end in ENDS.values():
        for sample in one(f"go{release}/goroutine.{end}").samples:
            assert sample.cut == user_place(sample).startswith("main.deep"), end


def test_what_only_crashes_print_is_no_part_of_a_stack():
    plain, crash = one("go1.27/goroutine.debug2.txt"), one("go1.27/crash.txt")
    want = {user_place(s): s.created_by for s in plain.samples if s.stack[0].file.startswith("/src/zoo/")}
    got = {user_place(s): s.created_by for s in crash.samples}
    assert {place: got.get(place) for place in want} == want
    # The schedulers of the threads are no goroutines of the program.
    text = (FORMATS / "go1.27/crash.txt").read_bytes()
    assert crash.total == len(set(re.findall(rb"^goroutine ([1-9]\d*) ", text, re.MULTILINE)))


def test_ancestors_are_not_frames():
    plain, ancestors = one("go1.27/goroutine.debug2.txt"), one("go1.27/ancestors.txt")
    assert {s.stack for s in plain.samples} == {s.stack for s in ancestors.samples}


@pytest.mark.parametrize("name", ["goleak-1.1.txt", "goleak-1.3.txt", "goleak-1.3.jsonl", "goleak-main.txt"])
def test_reports_of_goleak(name):
    profile = one(f"others/{name}")
    got = {(s.stack[0].function, s.state, s.created_by.function.rpartition(".")[2]) for s in profile.samples}
    assert got == {
        ("example.com/leakt.leak.func1", "chan send", "leak"),
        ("example.com/leakt.(*box[...]).wait", "chan receive", "leak"),
        ("time.Sleep", "sleep", "leak"),
    }
    assert (profile.kind, profile.total) == (GOROUTINE, 3)


def test_goroutines_printed_by_delve():
    profile = one("others/delve.txt")
    assert profile.total == 52
    by_name = {f.function: s for s in profile.samples for f in s.stack}
    assert kinds.kind_of(by_name["main.selected"]) == "select"
    assert kinds.kind_of(by_name["main.nilSend"]) == "nil-chan-send"
    assert by_name["main.deep"].cut and not by_name["main.send"].cut
    assert "./main.go" in {f.file for f in by_name["main.(*pair[...]).park"].stack}


@pytest.mark.parametrize("name", ["timeout.txt", "timeout.jsonl"])
@pytest.mark.parametrize("release", RELEASES)
def test_a_test_s_time_out(release, name):
    got = {s.stack[0].function for s in one(f"go{release}/{name}").samples}
    assert {"example.com/zoo.TestHangs", "example.com/zoo.leak.func1"} <= got


@pytest.mark.parametrize("release", ["1.25", "1.26", "1.27"])
def test_goroutines_of_a_test_s_bubble(release):
    profile = one(f"go{release}/bubble.txt")
    places = {frame.line for s in profile.samples for frame in s.stack if frame.file.endswith("bubble_test.go")}
    inside = [s for s in profile.samples if s.created_by and s.created_by.file.endswith("bubble_test.go")]
    kinds_there = Counter(kinds.kind_of(s) for s in inside)
    assert places >= {17, 18, 21}
    assert kinds_there >= Counter({"chan-receive": 2, "waitgroup-wait": 1, "select": 1})


def facts(profile: Profile) -> Counter:
    """Goroutines by all that is known of them."""
    found: Counter = Counter()
    for sample in profile.samples:
        found[sample._replace(count=0, hidden=())] += sample.count
    return found


@pytest.mark.parametrize("name", ["go1.27/panic.txt", "go1.18/deadlock.txt", "go1.27/labels.txt"])
def test_a_dump_cut_at_any_byte_keeps_what_was_whole(name):
    data = (FORMATS / name).read_bytes()
    whole = facts(decode(data)[0][0])
    starts = [m.start() for m in re.finditer(rb"^goroutine \d", data, re.MULTILINE)]
    for end in range(starts[1] + 12, len(data), 29 if len(data) > 4000 else 1):
        profiles, problems = decode(data[:end])
        begun = sum(start + 12 <= end for start in starts)
        assert begun - 1 <= profiles[0].total <= begun
        assert problems == [] or problems[0].startswith("1 of ")
        # Where a goroutine ends so may the dump.
        assert profiles[0].partial == (end + 1 not in starts and end not in starts), end
        # A goroutine whose last line was cut may lack the place it was created at.
        got = facts(profiles[0])
        lost = sum(n for sample, n in (got - whole).items() if sample.created_by)
        assert lost == 0, end


def test_a_piece_may_end_anywhere():
    data = (FORMATS / "go1.27/panic.txt").read_bytes()
    cut = data.index(b"\ngoroutine ") + len(b"\ngoroutine ")
    dump = Dump()
    for piece in (data[:cut], data[cut:]):
        dump.feed(piece)
    assert dump.result() == decode(data)


@pytest.mark.parametrize(
    "path", [*FORMATS.glob("go1.*/*"), *FORMATS.glob("others/*.*")], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_only_a_report_leaves_goroutines_out(path):
    profiles, problems = decode(path.read_bytes())
    assert {profile.partial for profile in profiles} == {path.name.startswith("goleak-") or problems != []}


def test_a_cut_record_keeps_the_others():
    data = (FORMATS / "go1.27/goroutine.debug1.txt").read_bytes()
    whole = facts(decode(data)[0][0])
    for end in range(data.index(b"\n\n") + 2, len(data), 37):
        (profile,), _ = decode(data[:end])
        assert facts(profile) <= whole
        assert profile.partial


def test_a_cut_message_is_a_clear_error():
    data = gzip.decompress((FORMATS / "go1.27/goroutine.pb.gz").read_bytes())
    for end in range(60, len(data) - 1, 17):
        try:
            decode(data[:end])
        except ProfileError as error:
            assert re.search(r"cut off or damaged|names no sample type|is a profile of", str(error))


def test_what_cannot_be_read_is_counted_and_said():
    good = "goroutine {n} [select]:\nmain.f()\n\t/m.go:1 +0x1\ncreated by main.g\n\t/m.go:2 +0x1\n"
    text = "\n".join(good.format(n=n) for n in range(1, 1202))
    text += "\n" + "\n".join(f"goroutine {n} [what is this\nmain.f()\n" for n in range(5000, 5003))
    profiles, problems = decode(text.encode())
    assert profiles[0].total == 1201
    assert problems == ["3 of 1,204 goroutines could not be read, first at line 7,207"]


@pytest.mark.parametrize("odd", ["", "goroutine 5 [select\n\n", "goroutine 6\n\tx\n\ngoroutine 7 [select\n\n"])
def test_a_damaged_number_loses_no_goroutine_and_no_line(odd):
    """Whatever else stands between the goroutines: then each is looked at by itself."""
    frames = "main.f()\n\t/m.go:3 +0x1\n\n"
    text = f"goroutine 1 [select]:\n{frames}{odd}goroutine \"2 [select]:\n{frames}goroutine 3 [select]:\n{frames}"
    (profile,), problems = decode(text.encode())
    assert profile.total == 3
    line = 5 + odd.count("\n") - 2
    assert problems == ([f"1 of 4 goroutines could not be read, first at line {line}"] if odd else [])


CORE = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x04\x00" + bytes(200)
WRONG = {
    b"": "is empty",
    b" \n\t\n": "is empty",
    CORE: "dlv core PROGRAM CORE",
    CORE.replace(b"\x04\x00", b"\x02\x00", 1): "is a program",
    b"go 1.27 trace\0\0\0" + bytes(40): "is an execution trace",
    b"heap profile: 1: 2 [3: 4] @ heap/1048576\n": "another kind of profile",
    b"<!DOCTYPE html><p>goroutine": "holds no goroutine",
    b"goroutine 1 [running]:\n": "holds no goroutine that can be read",
    b"\x28\xb5\x2f\xfd" + b"x" * 90: "damaged zstd",
    b"{}": "is no goroutine profile",
    b'{"goroutine ": [': "holds no goroutine that can be read",
    b"[" * 100_000 + b"goroutine ": "holds no goroutine that can be read",
    gzip.compress(CORE): "dlv core PROGRAM CORE",
    gzip.compress(gzip.compress(b"x")): "is gzip within gzip",
}


@pytest.mark.parametrize("data", WRONG, ids=range(len(WRONG)))
def test_what_is_no_profile_is_told_why(data):
    with pytest.raises(ProfileError, match=re.escape(WRONG[data])):
        decode(data)


BODY = b"\nmain.f()\n\t/m.go:1 +0x1\n"
SLOW = {
    "quotes": b"goroutine 1 [select] {" + b'"\\' * 200_000 + b"}:" + BODY,
    "braces": b"goroutine 1 [select labels:{" + b"}] {" * 200_000 + b"}]:" + BODY,
    "tabs": b"goroutine profile: total 1\n1 @ 0x1\n#\t0x1\t" + b"f\t" * 300_000 + b"\n",
    "headers": b"x goroutine 1 [a] " * 40_000 + b":" + BODY,
    "escaped": b"x goroutine 1 [a] {" * 40_000 + b":\\n" + BODY,
    "reports": b"x [Goroutine 1 in state a, with " * 20_000 + b" on top of the stack:" + BODY,
    "backslashes": b"x goroutine 1 [a]:" + b"\\" * 700_000 + BODY,
    "digits": b"goroutine 1 [select]:\nmain.f()\n\t/m.go:" + b"1" * 700_000 + b"\n",
    "numbers": b"goroutine " + b"1" * 700_000 + b" [select]:" + BODY,
    "colons": b"x | goroutine 1 [select]:\nx | main.f()\nx | \t" + b":1" * 300_000 + b"x\n",
    "spaces": b"x | goroutine 1 [select]:\nx | " + b" " * 700_000 + b"y\n",
    "brackets": b"goroutine 1 [select]:\nmain.f" + b"[" * 300_000 + b"()\n\t/m.go:1 +0x1\n",
    "empty": b"goroutine 1 [select]:\n" * 40_000,
}


@pytest.mark.parametrize("text", SLOW)
def test_no_text_takes_more_than_its_share_of_time(text):
    begun = time.process_time()
    with contextlib.suppress(ProfileError):
        decode(SLOW[text])
    assert time.process_time() - begun < 2
