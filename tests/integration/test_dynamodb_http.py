"""The edges of HTTP at the DynamoDB endpoint: encodings of requests and replies, limits, paths, what AWS says without being asked."""
import gzip
import http.client
import json
import zlib

import pytest

MIB = 1024 * 1024
SCOPE = "20260101/us-east-1/dynamodb/aws4_request"
LONG = "x" * 4096


@pytest.fixture(scope="module")
def table(server):
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="edges", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    dynamodb.get_waiter("table_exists").wait(TableName="edges")
    dynamodb.put_item(TableName="edges", Item={"id": {"S": "long"}, "v": {"S": LONG}})
    dynamodb.put_item(TableName="edges", Item={"id": {"S": "short"}, "v": {"S": LONG[:-60]}})
    yield dynamodb
    dynamodb.delete_table(TableName="edges")


def send(server, method="POST", path="/", body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply, content


def call(server, operation, body, headers=None, path="/"):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return send(server, "POST", path, body, {
        "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=test/{SCOPE}, SignedHeaders=host, Signature=00", **(headers or {})})


def put(name):
    return json.dumps({"TableName": "edges", "Item": {"id": {"S": name}}}).encode()


def is_there(table, name):
    return "Item" in table.get_item(TableName="edges", Key={"id": {"S": name}}, ConsistentRead=True)


@pytest.mark.parametrize("name, encoding, encode", [
    ("gzip", "gzip", gzip.compress), ("capitals", "GZIP", gzip.compress), ("zlib", "deflate", zlib.compress),
    ("members", "gzip", lambda body: gzip.compress(body[:10]) + gzip.compress(body[10:]))])
def test_requests_come_compressed(server, table, name, encoding, encode):
    reply, content = call(server, "PutItem", encode(put(name)), {"Content-Encoding": encoding})
    assert (reply.status, content) == (200, b"{}")
    assert is_there(table, name)


@pytest.mark.parametrize("name, encoding, body", [
    ("unknown", "garbage", put("unknown")), ("brotli", "br", put("brotli")), ("plain", "gzip", put("plain")), ("plain-zlib", "deflate", put("plain-zlib")),
    ("cut", "gzip", gzip.compress(put("cut"))[:-1]), ("junk", "gzip", gzip.compress(put("junk")) + b"junk"), ("none", "gzip", b""),
    ("two", "deflate", zlib.compress(put("two")[:9]) + zlib.compress(put("two")[9:]))])
def test_what_cannot_be_inflated_is_an_internal_error(server, table, name, encoding, body):
    reply, content = call(server, "PutItem", body, {"Content-Encoding": encoding})
    assert reply.status == 500
    assert json.loads(content)["__type"].endswith("#InternalServerError")
    assert not is_there(table, name)


def test_sixteen_megabytes_are_the_limit_also_after_inflating(server, table):
    padded = put("padded")[:-1] + b" " * (16 * MIB - len(put("padded"))) + b"}"
    assert len(padded) == 16 * MIB
    assert call(server, "PutItem", padded)[0].status == 200
    for body, headers in ((padded[:-1] + b" }", {}), (gzip.compress(padded[:-1] + b" }"), {"Content-Encoding": "gzip"})):
        reply, content = call(server, "PutItem", body, headers)
        assert reply.status == 413
        assert json.loads(content)["__type"].endswith("#RequestEntityTooLargeException")


@pytest.mark.parametrize("accepted, coding", [("gzip", "gzip"), ("deflate", "deflate"), ("*, deflate;q=0.5", "gzip"),
                                              ("br, identity, deflate, gzip", "deflate"), ("gzip;q=0", None), ("br", None), (None, None)])
def test_long_replies_are_compressed_as_the_client_prefers(server, table, accepted, coding):
    headers = {"Accept-Encoding": accepted} if accepted else {}
    reply, content = call(server, "GetItem", {"TableName": "edges", "Key": {"id": {"S": "long"}}}, headers)
    assert reply.getheader("Content-Encoding") == coding
    assert int(reply.getheader("x-amz-crc32")) == zlib.crc32(content)
    if coding:
        content = {"gzip": gzip.decompress, "deflate": zlib.decompress}[coding](content)
    assert json.loads(content)["Item"]["v"]["S"] == LONG
    reply, content = call(server, "GetItem", {"TableName": "edges", "Key": {"id": {"S": "short"}}}, headers)
    assert len(content) < 4096 and reply.getheader("Content-Encoding") is None


def test_long_heads_are_bad_requests(server, table):
    assert call(server, "PutItem", put("head"), {"Header1": "x" * 7000, "Header2": "y" * 7000})[0].status == 200
    assert call(server, "PutItem", put("long-head"), {"Header1": "x" * 8192, "Header2": "y" * 8192})[0].status == 400
    assert call(server, "PutItem", put("longest-head"), {f"H{n}": "x" * 8192 for n in range(9)})[0].status == 400
    assert call(server, "PutItem", put("long-line"), path="/" + "x" * 17_000)[0].status == 400
    assert is_there(table, "head") and not is_there(table, "long-head") and not is_there(table, "long-line")


def test_operations_are_called_at_the_root_alone(server, table):
    reply, content = call(server, "PutItem", put("elsewhere"), path="/garbage")
    assert reply.status == 404
    assert json.loads(content)["__type"].endswith("#UnknownOperationException")
    assert not is_there(table, "elsewhere")


def test_a_get_without_credentials_tells_of_health(server):
    reply, content = send(server, "GET")
    assert (reply.status, content.decode()) == (200, f"healthy: 127.0.0.1:{server.port}")
    for path in ("/abc", "/-", "/index.htm"):
        assert send(server, "GET", path)[0].status == 404


def test_every_reply_names_a_server(server, table):
    assert call(server, "GetItem", {"TableName": "edges", "Key": {"id": {"S": "long"}}})[0].getheader("Server") == "Server"
    assert call(server, "DescribeTable", {"TableName": "nobody"})[0].getheader("Server") == "Server"


def test_a_preflight_echoes_what_is_asked_for(server):
    origin = "http://localhost:3000"
    asked = {"Origin": origin, "Access-Control-Request-Method": "DOG", "Access-Control-Request-Headers": "cat, meerkat"}
    reply, _ = send(server, "OPTIONS", headers=asked)
    assert reply.getheader("Access-Control-Allow-Origin") == origin
    assert reply.getheader("Access-Control-Allow-Methods") == "DOG"
    assert reply.getheader("Access-Control-Allow-Headers") == "cat, meerkat"
    assert "x-amzn-RequestId" in reply.getheader("Access-Control-Expose-Headers")
    assert reply.getheader("Access-Control-Max-Age")
    reply, _ = call(server, "ListTables", {}, asked)
    assert reply.getheader("Access-Control-Allow-Origin") == origin and reply.getheader("Access-Control-Allow-Methods") is None
