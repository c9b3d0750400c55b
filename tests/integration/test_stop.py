"""The server stops cleanly under load, with handlers that wait for slow things.

BRUME_STOP_ROUNDS says how often it is stopped; on a sanitizer build each round shows that nothing is touched after its end.
"""
import base64
import json
import os
import signal
import socket
import threading
import time

import botocore.exceptions
import pytest
from botocore.config import Config

from conftest import NO_RETRIES, Server
from test_lambda import TRUST, zip_of

ROUNDS = int(os.environ.get("BRUME_STOP_ROUNDS", "3"))
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": "id", "AttributeType": "S"}]
CLIENT = Config(retries={"total_max_attempts": 1}, read_timeout=60, connect_timeout=5, max_pool_connections=50)
ENDED = (botocore.exceptions.ClientError, botocore.exceptions.HTTPClientError, botocore.exceptions.EndpointConnectionError)
SLEEPER = {"index.py": "import time\ndef handler(event, context):\n    time.sleep(60)\n"}
QUICK = {"index.py": "def handler(event, context):\n    return 1\n"}
# Connections that nobody ends: unused ones, one that is kept alive, a half head, a half body.
OPEN_CONNECTIONS = [b"", b"GET /_brume/health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST / HTTP/1.1\r\nHo",
                    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"]


class SilentServer:
    """Takes connections and never answers."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.taken = []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                self.taken.append(self.socket.accept()[0])
            except OSError:
                return

    def close(self):
        self.socket.close()
        for one in self.taken:
            one.close()


def make_proxy(server, port):
    """A deployed API in front of 127.0.0.1:PORT; its URL."""
    client = server.client("apigateway", config=CLIENT)
    api = client.create_rest_api(name="slow")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="HTTP_PROXY",
                           integrationHttpMethod="GET", uri=f"http://127.0.0.1:{port}/")
    client.create_deployment(restApiId=api, stageName="s")
    return f"/restapis/{api}/s/_user_request_/"


def descendants(pid):
    """Processes below `pid`: sandboxes, those that are prepared too, and what gives them a network."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def still_there(pids):
    """Those of `pids` that have not ended; whoever takes over orphans may not have looked at them yet."""
    left = set()
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                    left.add(pid)
        except OSError:
            pass
    return left


class Load:
    """Callers in threads that go on until the server ends; remembers what was acknowledged."""

    def __init__(self, server):
        self.server = server
        self.acknowledged = []
        self.threads = []

    def start(self, call, *arguments):
        def run():
            try:
                call(*arguments)
            except ENDED:
                pass
        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def put(self, prefix):
        client = self.server.client("dynamodb", config=CLIENT)
        for n in range(1_000_000):
            client.put_item(TableName="load", Item={"id": {"S": f"{prefix}-{n}"}, "value": {"S": "x" * 500}})
            self.acknowledged.append(f"{prefix}-{n}")
            client.scan(TableName="load", Limit=20)

    def invoke(self, kind):
        self.server.client("lambda", config=CLIENT).invoke(FunctionName="sleeper", InvocationType=kind, Payload=b"{}")

    def create(self, package):
        self.server.client("lambda", config=CLIENT).create_function(
            FunctionName="large", Runtime="python3.11", Handler="index.handler", Role=self.role, Code={"ZipFile": package})

    def send_and_wait(self, text):
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as connection:
            connection.settimeout(60)
            try:
                connection.sendall(text)
                while connection.recv(1000):
                    pass
            except OSError:
                pass

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a caller still waits"


@pytest.fixture(scope="module")
def large_package():
    return zip_of({f"folder{n % 50}/file{n}.py": "x = 1\n" for n in range(20_000)})


def one_round(server, silent, package):
    load = Load(server)
    server.start()
    try:
        path = make_proxy(server, silent.port)
        load.role = "arn:aws:iam::000000000000:role/stop"
        try:
            server.client("iam", config=CLIENT).create_role(RoleName="stop", AssumeRolePolicyDocument=TRUST)
            for name, code in (("sleeper", SLEEPER), ("quick", QUICK)):
                server.client("lambda", config=CLIENT).create_function(
                    FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=load.role, Timeout=100,
                    Code={"ZipFile": zip_of(code)})
            server.client("dynamodb", config=CLIENT).create_table(
                TableName="load", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=ATTRIBUTES, KeySchema=KEY)
        except botocore.exceptions.ClientError:
            pass  # an earlier round made them
        server.client("dynamodb", config=CLIENT).get_waiter("table_exists").wait(TableName="load", WaiterConfig={"Delay": 1})
        for n in range(6):
            load.start(load.put, f"{time.time_ns()}-{n}")
        server.client("lambda", config=CLIENT).invoke(FunctionName="quick", Payload=b"{}")  # and is then idle: a long poll
        for kind in ("RequestResponse", "RequestResponse", "Event"):
            load.start(load.invoke, kind)
        for _ in range(3):
            load.start(load.send_and_wait, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        for text in OPEN_CONNECTIONS:
            load.start(load.send_and_wait, text)
        load.start(load.create, package)
        time.sleep(1.5)
        below = descendants(server.process.pid)
        assert len(below) >= 2, "there are sandboxes"
        server.process.send_signal(signal.SIGTERM)
        status = server.process.wait(60)
        server.process.stdout.close()
    finally:
        if server.process.poll() is None:
            server.kill()
        load.join()
    log = server.log.read_text()
    assert status == 0, f"the server ended with {status}:\n{log[-8000:]}"
    assert "Sanitizer" not in log and "runtime error" not in log, log[-8000:]
    assert "event=stop step=" not in log, log[-8000:]
    deadline = time.monotonic() + 5
    while left := still_there(below):
        assert time.monotonic() < deadline, f"processes outlive the server: {left}"
        time.sleep(0.05)
    return load.acknowledged


def test_stops_under_load_with_slow_handlers(tmp_path, large_package):
    silent = SilentServer()
    server = Server(tmp_path / "data", "--stop-grace-seconds", "1", "--loops", "2")
    try:
        acknowledged = []
        for _ in range(ROUNDS):
            acknowledged += one_round(server, silent, large_package)
    finally:
        silent.close()
    assert len(acknowledged) > 10 * ROUNDS
    server.start()
    client = server.client("dynamodb", config=NO_RETRIES)
    for name in acknowledged:
        assert "Item" in client.get_item(TableName="load", Key={"id": {"S": name}}), name
    assert server.stop() == 0


def test_connections_that_nobody_uses_do_not_hold_up_the_end(tmp_path):
    server = Server(tmp_path / "data", "--stop-grace-seconds", "60").start()
    load = Load(server)
    try:
        for text in OPEN_CONNECTIONS[:3]:  # a half body may still come: it has its pace to keep
            load.start(load.send_and_wait, text)
        time.sleep(0.5)
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 5
    finally:
        if server.process.poll() is None:
            server.kill()
        load.join()


def test_second_signal_ends_at_once(tmp_path):
    silent = SilentServer()
    server = Server(tmp_path / "data", "--stop-grace-seconds", "60")
    server.start()
    try:
        path = make_proxy(server, silent.port)
        load = Load(server)
        load.start(load.send_and_wait, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while "event=stopping" not in server.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == -signal.SIGTERM
        load.join()
    finally:
        silent.close()
        if server.process.poll() is None:
            server.kill()
