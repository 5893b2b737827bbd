"""Healthy services of others, idle, under load and after it: nothing may be said about them.

    python tests/evidence/run_healthy.py [--toolchain go1.27.3] [--keep FOLDER] [--seconds 20]

The services are those of SERVICES, at the versions of `healthy/go.mod`: brokers, databases, clusters,
proxies and servers of many protocols. The source of each, as the module cache has it, is the source
tree. Each snapshot is judged alone, against the idle one, and all of them as a
series. A number alone (`crowded`) is no alarm.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.settings import Evidence

HERE = Path(__file__).parent / "healthy"
SERVICES = {
    "nats": "github.com/nats-io/nats-server/v2",
    "httpbin": "github.com/mccutchen/go-httpbin/v2",
    "mqtt": "github.com/mochi-mqtt/server/v2",
    "redis": "github.com/alicebob/miniredis/v2",
    "grpc": "google.golang.org/grpc",
    "dns": "github.com/miekg/dns",
    "etcd": "go.etcd.io/etcd/server/v3",
    "nsq": "github.com/nsqio/nsq",
    "centrifuge": "github.com/centrifugal/centrifuge",
    "members": "github.com/hashicorp/memberlist",
    "caddy": "github.com/caddyserver/caddy/v2",
    "s3": "github.com/johannesboyne/gofakes3",
    "ssh": "github.com/gliderlabs/ssh",
    "raft": "github.com/hashicorp/raft",
    "badger": "github.com/dgraph-io/badger/v4",
    "quic": "github.com/quic-go/quic-go",
    "smtp": "github.com/emersion/go-smtp",
    "tasks": "github.com/hibiken/asynq",
    "fiber": "github.com/gofiber/fiber/v2",
    "turn": "github.com/pion/turn/v4",
    "proxy": "github.com/elazarl/goproxy",
    "pebble": "github.com/cockroachdb/pebble",
    "watermill": "github.com/ThreeDotsLabs/watermill",
    "gocron": "github.com/go-co-op/gocron/v2",
    "gin": "github.com/gin-gonic/gin",
    "redcon": "github.com/tidwall/redcon",
    "socks": "github.com/armon/go-socks5",
    "kcp": "github.com/xtaci/kcp-go/v5",
}
FORMS = {"pb.gz": "?debug=0", "debug2.txt": "?debug=2"}


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
        return True
    except OSError:
        return False


def wait_for(*addresses: str) -> None:
    end = time.monotonic() + 30
    while not all(map(answers, addresses)):
        if time.monotonic() > end:
            raise SystemExit(f"{addresses} do not answer")
        time.sleep(0.1)


def snapshot(address: str, target: Path) -> None:
    """Saves the plain profile in both forms; a leak profile would only prove that there is none."""
    for form, query in FORMS.items():
        with urllib.request.urlopen(f"http://{address}/debug/pprof/goroutine{query}", timeout=30) as answer:
            Path(f"{target}.{form}").write_bytes(answer.read())


def capture(binary: Path, service: str, folder: Path, seconds: float) -> None:
    """Runs one service and takes two snapshots idle, three under load, and three after it."""
    address, pprof = free_address(), free_address()
    with running(binary, "serve", service, address, pprof):
        wait_for(address, pprof)
        for turn in range(2):
            time.sleep(1)
            snapshot(pprof, folder / f"{service}-0idle{turn}")
        with running(binary, "load", service, address):
            for turn in range(3):
                time.sleep(seconds / 3)
                snapshot(pprof, folder / f"{service}-1load{turn}")
        for turn in range(3):
            # NATS keeps the consumers of clients that have gone for five seconds.
            time.sleep(10 if turn == 0 else 2)
            snapshot(pprof, folder / f"{service}-2after{turn}")


class running:
    """A process that ends when it is left."""

    def __init__(self, *command) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> None:
        pass

    def __exit__(self, *failure) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def profiles(path: Path) -> list:
    return list(decode(path.read_bytes())[0])


def alarms(shots: list, base: list, tree: SourceTree) -> list[str]:
    found = analyse([("p", p) for p in shots], [("p", p) for p in base], tree, Evidence())
    return [
        f"{f.evidence} {f.kind} {f.count} (before {f.base_count}) in {f.stack[f.placement.frame or 0].function}"
        f" {f.placement.path and f.placement.path.name}:{f.placement.line}"
        for f in found
        if f.evidence != "crowded"
    ]


def judge(service: str, folder: Path, tree: SourceTree) -> tuple[int, list[str]]:
    """How many views of the service were judged, and the alarms in them."""
    judged, found = 0, []
    for form in FORMS:
        shots = [profiles(path) for path in sorted(folder.glob(f"{service}-*.{form}"))]
        views = [(each, []) for each in shots] + [(each, shots[0]) for each in shots[1:]]
        views += [([p for s in shots[:n] for p in s], []) for n in range(3, len(shots) + 1)]
        for now, base in views:
            judged += 1
            found += [f"{service} {form}: {text}" for text in alarms(now, base, tree)]
    return judged, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolchain", default="go1.27.3")
    parser.add_argument("--keep", help="a folder for the program and the profiles")
    parser.add_argument("--replay", action="store_true", help="judge the profiles that --keep holds")
    parser.add_argument("--seconds", type=float, default=20, help="how long the load lasts")
    parser.add_argument("names", nargs="*", help="services, if not all")
    options = parser.parse_args()
    environment = {**os.environ, "GOTOOLCHAIN": options.toolchain}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.keep or scratch)
        if not options.replay:
            subprocess.run(["go", "build", "-o", folder / "healthy", "."], cwd=HERE, env=environment, check=True)
        total, found = 0, []
        services = {name: SERVICES[name] for name in options.names or SERVICES}
        for service, module in services.items():
            if not options.replay:
                capture(folder / "healthy", service, folder, options.seconds)
            where = ["go", "list", "-m", "-f", "{{.Dir}}", module]
            done = subprocess.run(where, cwd=HERE, env=environment, capture_output=True, text=True, check=True)
            judged, alarms_of_it = judge(service, folder, SourceTree(Path(done.stdout.strip())))
            total, found = total + judged, found + alarms_of_it
        for text in dict.fromkeys(found):
            print(f"{found.count(text):>3}× {text}")
        print(f"healthy services: {len(services)}; views judged: {total}; alarms: {len(found)}")
        return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
