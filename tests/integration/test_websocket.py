"""WebSockets against a client that we did not write. No route of the product speaks them yet: brume-websocket-echo does."""
import os
import pathlib
import signal
import ssl
import subprocess
import threading

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ECHO = pathlib.Path(os.environ.get("BRUME_BINARY", ROOT / "build" / "brume")).with_name("brume-websocket-echo")


def start(*arguments):
    process = subprocess.Popen([ECHO, *arguments], stdout=subprocess.PIPE, text=True)
    process.port = int(process.stdout.readline().split()[1])
    return process


@pytest.fixture(scope="module")
def echo():
    process = start()
    yield process
    process.send_signal(signal.SIGTERM)
    status = process.wait(20)
    process.stdout.close()
    assert status == 0


def url(process, path="/"):
    return f"ws://127.0.0.1:{process.port}{path}"


MESSAGES = ["", "x", "Grüße, κόσμε 🌍", "long " * 20_000, b"", bytes(range(256)) * 5, os.urandom(300_000)]


def test_messages_come_back(echo):
    with connect(url(echo), compression=None, max_size=None) as client:
        for message in MESSAGES:
            client.send(message)
            assert client.recv(timeout=20) == message
        client.send(["frag", "men", "ted"])
        assert client.recv(timeout=20) == "fragmented"
        assert client.ping(b"are you there").wait(20)
        client.close(4321, "enough")
    assert client.close_code == 4321


def test_subprotocol_is_the_first_offered(echo):
    with connect(url(echo), subprotocols=["v2.chat", "v1.chat"]) as client:
        assert client.subprotocol == "v2.chat"


@pytest.mark.parametrize("path", ["/each", "/context"])
@pytest.mark.parametrize("offer", [
    {}, {"client_max_window_bits": True}, {"client_max_window_bits": 9, "server_max_window_bits": 9},
    {"server_no_context_takeover": True}, {"client_no_context_takeover": True}], ids=str)
def test_compressed_messages_come_back(echo, path, offer):
    with connect(url(echo, path), compression=None, max_size=None, extensions=[ClientPerMessageDeflateFactory(**offer)]) as client:
        assert client.protocol.extensions, "compression was declined"
        for message in MESSAGES * 2:
            client.send(message)
            assert client.recv(timeout=20) == message


def test_no_compression_where_the_server_does_not_want_it(echo):
    with connect(url(echo), max_size=None) as client:
        assert not client.protocol.extensions
        client.send("plain")
        assert client.recv(timeout=20) == "plain"


def test_a_version_that_is_not_spoken(echo):
    with pytest.raises(InvalidStatus) as refused:
        connect(url(echo), compression=None, additional_headers={"Sec-WebSocket-Version": "12"})
    assert refused.value.response.status_code == 426


def test_over_tls(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    process = start(tmp_path / "cert.pem", tmp_path / "key.pem")
    try:
        trust = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        with connect(f"wss://localhost:{process.port}/each", ssl=trust, max_size=None) as client:
            for message in MESSAGES:
                client.send(message)
                assert client.recv(timeout=20) == message
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


def test_termination_says_going_away():
    process = start()
    clients = [connect(url(process), compression=None) for _ in range(10)]
    for client in clients:
        client.send("hello")
        assert client.recv(timeout=20) == "hello"
    codes = []

    def listen(client):
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=20)
        codes.append(client.close_code)

    listeners = [threading.Thread(target=listen, args=(client,)) for client in clients]
    for listener in listeners:
        listener.start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.stdout.close()
    for listener in listeners:
        listener.join(20)
    assert codes == [1001] * 10
