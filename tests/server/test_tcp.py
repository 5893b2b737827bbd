"""One client on loopback, and nothing that a web page could send."""

import json
import os
import re
import socket
import subprocess
import time

import pytest
from support.client import PROGRAM


@pytest.fixture
def listening():
    """A server that listens on a free port; gives the process and the port."""
    process = subprocess.Popen([PROGRAM, "serve", "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE)
    port = int(re.search(rb"listening on 127\.0\.0\.1:(\d+)", process.stderr.readline())[1])
    yield process, port
    process.kill()
    process.wait(10)
    process.stderr.close()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def message(method: str, number: int | None = None, params: object = None) -> bytes:
    content = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})
    body = json.dumps(content).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


INITIALIZE = message("initialize", 1, {"processId": os.getpid(), "rootUri": None, "capabilities": {}})


def received(connection: socket.socket) -> bytes:
    """What comes until the connection is closed or something complete has come."""
    data = b""
    while b"}" not in data:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        data += piece
    return data


def test_a_client_is_served_and_its_exit_ends_the_server(listening):
    process, port = listening
    with connect(port) as client:
        client.sendall(INITIALIZE)
        assert b'"capabilities"' in received(client)
        client.sendall(message("shutdown", 2))
        assert b'"id": 2' in received(client) or b'"id":2' in received(client)
        client.sendall(message("exit"))
    assert process.wait(5) == 0


@pytest.mark.parametrize("head", [b"POST / HTTP/1.1\r\n", b"Origin: http://evil.example\r\n", b"Host: localhost\r\n"])
def test_a_web_page_is_not_listened_to(listening, head):
    """The request is closed unanswered, and a real client is served after it."""
    process, port = listening
    command = message("workspace/executeCommand", 9, {"command": "goleak.status", "arguments": []})
    with connect(port) as page:
        page.sendall(head + b"Content-Type: text/plain\r\n" + INITIALIZE + command)
        assert received(page) == b""
    deadline = time.monotonic() + 5
    while True:
        with connect(port) as client:
            client.sendall(INITIALIZE)
            if b'"capabilities"' in received(client):
                break
        assert time.monotonic() < deadline and process.poll() is None


def test_there_is_one_client_only(listening):
    _, port = listening
    with connect(port) as first, connect(port) as second:
        first.sendall(INITIALIZE)
        assert b'"capabilities"' in received(first)
        assert received(second) == b""


def test_the_end_of_the_connection_ends_the_server(listening):
    process, port = listening
    with connect(port) as client:
        client.sendall(INITIALIZE)
        received(client)
    assert process.wait(5) == 1


@pytest.mark.parametrize("address", ["0.0.0.0:0", "example.invalid:1", "127.0.0.1", "[::]:0", "127.0.0.1:99999"])
def test_only_loopback_is_listened_on(address):
    done = subprocess.run([PROGRAM, "serve", "--tcp", address], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and address in done.stderr
