"""Bad input gets AWS's error: never a crash, never a hang, and nothing is lost."""
import gzip
import http.client
import json
import random
import socket

import pytest

TABLE = "bad-input"
TARGET = "DynamoDB_20120810."


@pytest.fixture(scope="module", autouse=True)
def table(server):
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "witness"}, "n": {"N": "7"}})
    yield
    assert dynamodb.get_item(TableName=TABLE, Key={"id": {"S": "witness"}})["Item"]["n"] == {"N": "7"}
    dynamodb.delete_table(TableName=TABLE)


def post(server, target, body, headers=None, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", path, body if isinstance(body, bytes) else body.encode(),
                           {"Content-Type": "application/x-amz-json-1.0", **({"X-Amz-Target": target} if target else {}), **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def error_of(server, target, body, headers=None):
    status, answer = post(server, target, body, headers)
    parsed = json.loads(answer)
    return status, parsed["__type"].split("#")[1], parsed.get("message", parsed.get("Message"))


@pytest.mark.parametrize("body", ['{"TableName":', "[]", "nonsense", "\x00", '{"TableName": "x"} trailing', '"text"'])
def test_what_is_not_a_json_object(server, body):
    for operation in ("GetItem", "DescribeTable"):
        status, code, _ = error_of(server, TARGET + operation, body)
        assert (status, code) == (400, "SerializationException")


def test_wrong_types(server):
    assert error_of(server, TARGET + "DescribeTable", '{"TableName": 7}')[:2] == (400, "SerializationException")
    assert error_of(server, TARGET + "GetItem", '{"TableName": 7}')[:2] == (400, "SerializationException")
    assert error_of(server, TARGET + "PutItem", json.dumps({"TableName": TABLE, "Item": {"id": {"S": 5}}}))[:2] == (400, "SerializationException")
    assert error_of(server, TARGET + "PutItem", json.dumps({"TableName": TABLE, "Item": {"id": {"N": "x"}}}))[:2] == (400, "ValidationException")


def test_unknown_operation_and_service(server):
    assert error_of(server, TARGET + "Nonsense", "{}")[:2] == (400, "UnknownOperationException")
    assert error_of(server, "Nobody_20200101.Anything", "{}")[:2] == (400, "UnknownOperationException")
    assert error_of(server, None, "{}") == (404, "UnknownOperationException", "Unable to determine service/operation name to be authorized")


def test_an_operation_that_brume_lacks_is_named(server):
    status, code, message = error_of(server, TARGET + "SearchVectors", "{}")
    assert (status, code) == (400, "UnsupportedOperationException")
    assert "SearchVectors" in message


def test_table_name_constraints_have_aws_texts(server):
    status, code, message = error_of(server, TARGET + "CreateTable", json.dumps({
        "TableName": "a b", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}))
    assert (status, code) == (400, "ValidationException")
    assert "failed to satisfy constraint" in message or "TableName must be" in message


def test_deep_nesting(server):
    depth = 100_000
    assert error_of(server, TARGET + "PutItem", '{"a":' * depth)[0] == 400
    nested = '{"L":[' * 200 + ']}' * 200
    body = '{"TableName":"%s","Item":{"id":{"S":"deep"},"x":%s}}' % (TABLE, nested)
    assert error_of(server, TARGET + "PutItem", body)[0] == 400
    assert error_of(server, TARGET + "CreateTable", '{"TableName":' + "[" * depth)[:2] == (400, "SerializationException")


def test_item_over_400_kb(server):
    body = json.dumps({"TableName": TABLE, "Item": {"id": {"S": "big"}, "x": {"S": "y" * (400 * 1024)}}})
    status, code, message = error_of(server, TARGET + "PutItem", body)
    assert (status, code, message) == (400, "ValidationException", "Item size has exceeded the maximum allowed size")


def test_oversized_body_is_refused_without_reading_it(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_gzip_bodies(server):
    body = gzip.compress(json.dumps({"TableName": TABLE}).encode())
    status, answer = post(server, TARGET + "DescribeTable", body, {"Content-Encoding": "gzip"})
    assert status == 200 and json.loads(answer)["Table"]["TableName"] == TABLE
    assert error_of(server, TARGET + "DescribeTable", body[:-9], {"Content-Encoding": "gzip"})[:2] == (500, "InternalServerError")
    bomb = gzip.compress(b"0" * (80 * 1024 * 1024))
    assert error_of(server, TARGET + "DescribeTable", bomb, {"Content-Encoding": "gzip"})[0] == 413


VALID = [
    ("PutItem", {"TableName": TABLE, "Item": {"id": {"S": "m"}, "l": {"L": [{"N": "1.5e3"}, {"BOOL": True}]}, "s": {"SS": ["a", "b"]}},
                 "ConditionExpression": "attribute_not_exists(#x) OR size(l) BETWEEN :a AND :b", "ReturnValues": "ALL_OLD",
                 "ExpressionAttributeNames": {"#x": "id"}, "ExpressionAttributeValues": {":a": {"N": "0"}, ":b": {"N": "9"}}}),
    ("UpdateItem", {"TableName": TABLE, "Key": {"id": {"S": "m"}}, "UpdateExpression": "SET a.b[1] = if_not_exists(c, :v) + :v REMOVE d ADD n :v",
                    "ExpressionAttributeValues": {":v": {"N": "1"}}, "ReturnValues": "UPDATED_NEW"}),
    ("Query", {"TableName": TABLE, "KeyConditionExpression": "id = :k", "FilterExpression": "contains(l, :k) AND NOT n IN (:k, :k)",
               "ExpressionAttributeValues": {":k": {"S": "m"}}, "Limit": 5}),
    ("Scan", {"TableName": TABLE, "ProjectionExpression": "id, l[0]", "Segment": 0, "TotalSegments": 2}),
    ("CreateTable", {"TableName": "mutant", "BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                     "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
    ("DeleteItem", {"TableName": TABLE, "Key": {"id": {"S": "m"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
]


def mutate(text, generator):
    data = bytearray(text.encode())
    for _ in range(generator.randrange(1, 6)):
        kind = generator.randrange(5)
        at = generator.randrange(len(data)) if data else 0
        if kind == 0 and data:
            data[at] = generator.randrange(256)
        elif kind == 1 and data:
            del data[at:at + generator.randrange(1, 12)]
        elif kind == 2:
            data[at:at] = bytes(generator.randrange(32, 127) for _ in range(generator.randrange(1, 6)))
        elif kind == 3 and data:
            end = at + generator.randrange(1, 30)
            data[at:at] = data[at:end]
        elif kind == 4 and data:
            data = data[:generator.randrange(len(data))]
    return bytes(data)


@pytest.mark.timeout(300)
def test_10000_mutations_of_valid_requests_are_all_answered(server):
    seed = random.SystemRandom().randrange(2**32)
    generator = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    counts = {}
    for number in range(10_000):
        operation, valid = generator.choice(VALID)
        body = mutate(json.dumps(valid), generator)
        connection.request("POST", "/", body, {"X-Amz-Target": TARGET + operation, "Content-Type": "application/x-amz-json-1.0"})
        answer = connection.getresponse()
        text = answer.read()
        note = f"seed {seed}, request {number}: {operation} {body!r} → {answer.status} {text!r}"
        assert answer.status in (200, 400), note
        parsed = json.loads(text)
        if answer.status == 400:
            assert "#" in parsed["__type"], note
        counts[answer.status] = counts.get(answer.status, 0) + 1
        if answer.status == 200 and operation == "CreateTable":
            post(server, TARGET + "DeleteTable", json.dumps({"TableName": parsed["TableDescription"]["TableName"]}))
    assert counts.get(400, 0) > 1000, counts
