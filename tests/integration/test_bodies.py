"""Long bodies and slow peers: limits by operation, a budget for all bodies, a pace; each refusal in its service's form."""
import http.client
import json
import socket
import threading
import time

from conftest import BRUME

KIB, MIB = 1024, 1024 * 1024


def metric(server, name):
    return next(float(line.rsplit(" ", 1)[1]) for line in server.get("/_brume/metrics").splitlines()
                if line.startswith(name + " "))


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def begin(server, length, sent, target="DynamoDB_20120810.PutItem"):
    """A connection that has sent the head of a call and a part of its body."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    client.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {target}\r\nContent-Length: {length}\r\n\r\n".encode())
    left = sent
    while left > 0:
        left -= client.send(b" " * min(left, MIB))
    return client


def answer_of(client):
    answer = http.client.HTTPResponse(client)
    answer.begin()
    return answer, answer.read()


def test_the_head_decides_how_long_a_body_may_be(server):
    for target, length, code in (("DynamoDB_20120810.PutItem", 17 * MIB, "RequestEntityTooLargeException"),
                                 ("Logs_20140328.PutLogEvents", 9 * MIB, "RequestEntityTooLargeException")):
        with begin(server, length, 0, target) as client:
            answer, body = answer_of(client)
        assert answer.status == 413 and json.loads(body)["__type"].endswith(code)


def test_a_request_for_an_api_is_refused_in_the_gateways_form(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"POST /_aws/execute-api/abc/prod/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11000000\r\n\r\n")
        answer, body = answer_of(client)
    assert answer.status == 413 and json.loads(body) == {"message": "Request Too Long"}


def test_strangers_long_bodies_are_not_taken(new_server):
    server = new_server("--auth", "sigv4")
    with begin(server, 65 * KIB, 0) as client:
        answer, body = answer_of(client)
    assert answer.status == 400 and "MissingAuthenticationTokenException" in json.loads(body)["__type"]


def test_bodies_that_find_no_room_are_told_so_and_sdks_try_again(new_server):
    server = new_server("--body-memory-mb", "192")
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="bodies", BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    pinned = [begin(server, 15 * MIB, 14 * MIB) for _ in range(6)]
    until(lambda: metric(server, "brume_bodies_request_bytes") >= 84 * MIB)
    late = begin(server, 15 * MIB, 14 * MIB)
    answer, body = answer_of(late)
    assert answer.status == 503 and answer.getheader("Retry-After") == "1"
    assert json.loads(body)["__type"] == "com.amazon.coral.service#ServiceUnavailable"
    late.close()
    assert metric(server, "brume_bodies_refused") == 1
    dynamodb.put_item(TableName="bodies", Item={"id": {"S": "short"}})  # what is short passes all the time
    more = [begin(server, 15 * MIB, 14 * MIB)]
    threading.Timer(1, lambda: [client.close() for client in pinned]).start()
    items = [{"PutRequest": {"Item": {"id": {"S": str(n)}, "x": {"S": "x" * 390_000}}}} for n in range(25)]
    assert dynamodb.batch_write_item(RequestItems={"bodies": items})["UnprocessedItems"] == {}
    for client in more:
        client.close()
    until(lambda: metric(server, "brume_bodies_request_bytes") == 0)
    assert server.stop() == 0


def test_memory_too_small_for_the_longest_body_is_refused(tmp_path):
    import subprocess
    refused = subprocess.run([BRUME, "serve", "--body-memory-mb", "100", "--data", tmp_path / "d"], capture_output=True, text=True, timeout=20)
    assert refused.returncode != 0 and "must be 0, or at least 192" in refused.stderr


def test_a_body_that_trickles_is_408(server):
    with begin(server, 100 * KIB, 0) as client:
        client.settimeout(30)
        stop = threading.Event()

        def trickle():
            while not stop.wait(0.5):
                try:
                    client.sendall(b"x")
                except OSError:
                    return
        sender = threading.Thread(target=trickle)
        sender.start()
        began = time.monotonic()
        answer, body = answer_of(client)
        stop.set()
        sender.join()
    assert answer.status == 408 and json.loads(body)["__type"].endswith("#RequestTimeoutException")
    assert 19 < time.monotonic() - began < 25
