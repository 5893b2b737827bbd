"""A language client for tests: the bytes of the protocol, and nothing that hides a mistake."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("goleak-lsp")
RECORDED = Path(__file__).parents[1] / "clients"


class Client:
    """Starts the installed server and speaks to it over stdio."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self.incoming: queue.Queue = queue.Queue()
        self.errors: list[bytes] = []
        self.answers = {"workspace/configuration": lambda params: [None] * len(params["items"])}
        self.seen: list[dict] = []
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._drain, daemon=True).start()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *failure) -> None:
        self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def _drain(self) -> None:
        try:
            for line in self.process.stderr:
                self.errors.append(line)
        except ValueError:
            return  # closed by __exit__

    def _read(self) -> None:
        out = self.process.stdout
        try:
            while header := out.readline():
                assert header.lower().startswith(b"content-length:"), header
                while (other := out.readline()) != b"\r\n":
                    assert other.lower().startswith(b"content-type:"), other
                self.incoming.put(json.loads(out.read(int(header.split(b":")[1]))))
        except ValueError:
            pass
        self.incoming.put(None)

    def raw(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: dict) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def notify(self, method: str, params: object = None) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: object = None) -> int:
        """Sends a request and does not wait for its answer."""
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        return self.number

    def request(self, method: str, params: object = None, timeout: float = 10) -> dict:
        """The whole answer, with its result or error."""
        number = self.ask(method, params)
        return self.until(lambda m: m.get("id") == number and "method" not in m, timeout)

    def result(self, method: str, params: object = None, timeout: float = 10):
        answer = self.request(method, params, timeout)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def until(self, wanted, timeout: float = 10) -> dict:
        """The next message that is ``wanted``; the server's own requests are answered meanwhile."""
        end = time.monotonic() + timeout
        while True:
            message = self.incoming.get(timeout=max(0.01, end - time.monotonic()))
            assert message is not None, b"".join(self.errors).decode()
            self.seen.append(message)
            if "id" in message and "method" in message:
                answer = self.answers.get(message["method"], lambda params: None)
                self.send({"id": message["id"], "result": answer(message.get("params"))})
            if wanted(message):
                return message

    def initialize(self, root: Path, options: object = None, editor: str = "vscode-1.139.1") -> dict:
        params = json.loads((RECORDED / f"{editor}.json").read_text())
        uri = root.as_uri()
        params |= {"processId": os.getpid(), "rootUri": uri, "rootPath": str(root)}
        params |= {"workspaceFolders": [{"uri": uri, "name": root.name}], "initializationOptions": options}
        result = self.result("initialize", params)
        self.notify("initialized", {})
        return result

    def open(self, path: Path, text: str | None = None, version: int = 1) -> str:
        text = path.read_text() if text is None else text
        item = {"uri": path.as_uri(), "languageId": "go", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return path.as_uri()

    def change(self, uri: str, version: int, *changes: dict) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def diagnostics(self, uri: str, wanted=lambda found: True, timeout: float = 10, since: int | None = None) -> dict:
        """The next diagnostics of a document that are ``wanted``.

        With ``since``, a number of messages seen, those count too that came after it while something
        else was waited for.
        """

        def are_wanted(message: dict) -> bool:
            told = message["params"] if message.get("method") == "textDocument/publishDiagnostics" else None
            return told is not None and told["uri"] == uri and wanted(told["diagnostics"])

        come = [] if since is None else self.seen[since:]
        return (next(filter(are_wanted, come), None) or self.until(are_wanted, timeout))["params"]

    def command(self, name: str, *arguments, timeout: float = 11) -> dict:
        return self.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)}, timeout)

    def verified(self, timeout: float = 30) -> None:
        """Waits until no fix is being verified: until then one may be withdrawn or become preferred."""
        end = time.monotonic() + timeout
        while self.command("goleak.status")["result"]["verifying"]:
            assert time.monotonic() < end, "fixes are verified without end"


def insert(line: int, character: int, text: str) -> dict:
    """A change that inserts ``text`` at a position."""
    return replace(line, character, line, character, text)


def replace(line: int, character: int, end_line: int, end_character: int, text: str) -> dict:
    start, end = {"line": line, "character": character}, {"line": end_line, "character": end_character}
    return {"range": {"start": start, "end": end}, "text": text}


def apply(text: str, edit: dict, uri: str) -> str:
    """``text`` with a workspace edit of this one document, its positions counted in UTF-16."""
    [change] = edit["documentChanges"]
    assert change["textDocument"]["uri"] == uri
    data = text.encode("utf-16-le")
    starts = [0]
    for row in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(row.encode("utf-16-le")) + 2)
    ends = [(e["range"]["start"], e["range"]["end"]) for e in change["edits"]]
    spans = [tuple(starts[p["line"]] + 2 * p["character"] for p in both) for both in ends]
    for (start, end), part in sorted(zip(spans, change["edits"], strict=True), key=lambda s: s[0], reverse=True):
        data = data[:start] + part["newText"].encode("utf-16-le") + data[end:]
    return data.decode("utf-16-le")
