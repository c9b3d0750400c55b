#!/usr/bin/env python3
"""What idle WebSockets cost: bytes of memory of the server for each of many that say nothing.

    bench/websocket/idle.py [--connections 18000] [--tls] [--server build/brume-websocket-echo]

Each connection has echoed one message first, so that every buffer that a used connection needs has been there. Prints the
resident memory of the server by connection, and how long the close of all at SIGTERM took. The clients are bare sockets.
"""
import argparse
import asyncio
import os
import pathlib
import resource
import signal
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REQUEST = (b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: bench\r\n\r\n")
MESSAGE = b"\x81\x85\0\0\0\0hello"
ECHO = b"\x81\x05hello"
CLOSE = b"\x88\x82\0\0\0\0\x03\xe9"


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


async def open_one(port, context):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, limit=4096)
    writer.write(REQUEST)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(MESSAGE)
    assert await reader.readexactly(len(ECHO)) == ECHO
    return reader, writer


async def run(port, pid, wanted, context, stop):
    async def many(count):
        made = []
        for at in range(0, count, 50):
            made += await asyncio.gather(*(open_one(port, context) for _ in range(min(50, count - at))))
        return made

    clients = await many(min(200, wanted // 10))  # what is needed once is there after these
    few, before = len(clients), resident(pid)
    start = time.monotonic()
    clients += await many(wanted - few)
    print(f"{len(clients)} connections, {len(clients) / (time.monotonic() - start):.0f} a second")
    await asyncio.sleep(2)
    print(f"idle: {(resident(pid) - before) / (len(clients) - few):.0f} bytes a connection, {resident(pid) / 2**20:.1f} MiB in all")

    async def leave(reader, writer):
        frame = await reader.readexactly(2)
        assert frame[0] == 0x88, frame
        writer.write(CLOSE)
        await reader.read(200)
        writer.close()

    start = time.monotonic()
    stop()
    await asyncio.gather(*(leave(*client) for client in clients))
    print(f"closed with 1001 in {time.monotonic() - start:.2f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=18000)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--server", default=str(ROOT / "build" / "brume-websocket-echo"))
    given = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    wanted = min(given.connections, limit - 200)
    if wanted < given.connections:
        print(f"the limit of open files allows {wanted}")
    with tempfile.TemporaryDirectory() as folder:
        files, context = [], None
        if given.tls:
            files = [f"{folder}/cert.pem", f"{folder}/key.pem"]
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files[1],
                            "-out", files[0], "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
            context = ssl._create_unverified_context()
        server = subprocess.Popen([given.server, *files], stdout=subprocess.PIPE, text=True, env={**os.environ, "MALLOC_ARENA_MAX": "1"})
        port = int(server.stdout.readline().split()[1])
        try:
            asyncio.run(run(port, server.pid, wanted, context, lambda: server.send_signal(signal.SIGTERM)))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


if __name__ == "__main__":
    main()
