"""boto3's resource layer on every data operation: plain Python values, condition builders, the batch writer, collections."""
import decimal
import threading
import time
import uuid

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

D = decimal.Decimal


@pytest.fixture(scope="module")
def table(server):
    resource = server.resource("dynamodb")
    made = resource.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind}
                              for name, kind in (("customer", "S"), ("number", "N"), ("status", "S"), ("total", "N"))],
        KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        LocalSecondaryIndexes=[{"IndexName": "byTotal", "Projection": {"ProjectionType": "KEYS_ONLY"}, "KeySchema": [
            {"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "total", "KeyType": "RANGE"}]}],
        GlobalSecondaryIndexes=[{"IndexName": "byStatus", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
            {"AttributeName": "status", "KeyType": "HASH"}, {"AttributeName": "total", "KeyType": "RANGE"}]}])
    made.wait_until_exists()
    with made.batch_writer() as batch:
        for n in range(100):
            batch.put_item(Item={"customer": f"c{n % 4}", "number": n, "status": "paid" if n % 3 else "open", "total": D(n) / 4,
                                 "lines": [{"sku": f"s{n}", "count": n}], "tags": {"a", f"t{n}"}})
    yield made
    made.delete()
    made.wait_until_not_exists()


def everything(read, **arguments):
    """All pages of a query or scan."""
    items, start = [], {}
    while True:
        answer = read(**arguments, **start)
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return items
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def test_table_attributes(table):
    table.reload()
    assert table.table_status == "ACTIVE"
    assert [index["IndexName"] for index in table.global_secondary_indexes] == ["byStatus"]
    assert table.item_count == 100


def test_values_come_back_as_they_went(table):
    item = {"customer": "types", "number": D("1.5"), "text": "é\u2028", "none": None, "yes": True, "bytes": b"\x00\xff",
            "numbers": {D(1), D("2.5")}, "blobs": {b"a", b"b"}, "nested": {"list": [1, [2, {"x": set("ab")}]], "empty": {}},
            "exact": D("1234567890123456789012345678901234.5678"), "tiny": D("1E-130")}
    table.put_item(Item=item)
    found = table.get_item(Key={"customer": "types", "number": D("1.5")})["Item"]
    assert {**found, "bytes": found["bytes"].value, "blobs": {blob.value for blob in found["blobs"]}} == item
    table.delete_item(Key={"customer": "types", "number": D("1.5")})


def test_queries(table):
    assert len(everything(table.query, KeyConditionExpression=Key("customer").eq("c1"), Limit=7)) == 25
    found = everything(table.query, KeyConditionExpression=Key("customer").eq("c1") & Key("number").between(10, 40),
                       ScanIndexForward=False)
    assert [int(item["number"]) for item in found] == [37, 33, 29, 25, 21, 17, 13]
    by_total = everything(table.query, IndexName="byTotal", KeyConditionExpression=Key("customer").eq("c2") & Key("total").lt(D(5)))
    assert [set(item) for item in by_total] == [{"customer", "number", "total"}] * 5
    paid = everything(table.query, IndexName="byStatus", KeyConditionExpression=Key("status").eq("paid"), Limit=9,
                      FilterExpression=Attr("tags").contains("a") & Attr("lines[0].count").gte(50))
    assert len(paid) == sum(1 for n in range(50, 100) if n % 3)


def test_scans(table):
    assert len(everything(table.scan, Limit=13)) == 100
    assert len(everything(table.scan, IndexName="byStatus", FilterExpression=Attr("total").is_in([D(1), D(2)]))) == 2
    segments = [everything(table.scan, Segment=n, TotalSegments=5) for n in range(5)]
    assert sorted(int(item["number"]) for segment in segments for item in segment) == list(range(100))
    assert table.scan(Select="COUNT", FilterExpression=Attr("none").exists())["Count"] == 0


def test_updates_and_conditions(table):
    key = {"customer": "update", "number": 1}
    table.put_item(Item={**key, "n": 1, "list": [1, 2, 3]})
    answer = table.update_item(Key=key, UpdateExpression="SET #n = #n + :one, #l[1] = :x REMOVE #l[2] ADD tags :t",
                               ExpressionAttributeNames={"#n": "n", "#l": "list"}, ExpressionAttributeValues={":one": 1, ":x": "y", ":t": {"new"}},
                               ConditionExpression=Attr("n").eq(1) & Attr("list").size().eq(3), ReturnValues="ALL_NEW")
    assert answer["Attributes"] == {**key, "n": 2, "list": [1, "y"], "tags": {"new"}}
    with pytest.raises(ClientError) as refused:
        table.put_item(Item=key, ConditionExpression=Attr("n").not_exists())
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    table.delete_item(Key=key)


def test_batch_get_over_tables(server, table):
    resource = server.resource("dynamodb")
    answer = resource.batch_get_item(RequestItems={"orders": {"Keys": [{"customer": f"c{n % 4}", "number": n} for n in range(50)],
                                                               "ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "number"}}})
    assert sorted(int(item["number"]) for item in answer["Responses"]["orders"]) == list(range(50))
    assert answer["UnprocessedKeys"] == {}


def test_transactions_are_idempotent_by_token(server, table):
    client = server.client("dynamodb")
    request = {"ClientRequestToken": str(uuid.uuid4()), "TransactItems": [{"Update": {
        "TableName": "orders", "Key": {"customer": {"S": "tx"}, "number": {"N": "1"}}, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}}}]}
    for _ in range(3):
        client.transact_write_items(**request)
    assert table.get_item(Key={"customer": "tx", "number": 1})["Item"]["n"] == 1
    request["TransactItems"][0]["Update"]["ExpressionAttributeValues"][":one"]["N"] = "2"
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(**request)
    table.delete_item(Key={"customer": "tx", "number": 1})


def test_an_expired_item_goes_within_five_seconds_and_the_stream_says_who(server):
    client = server.client("dynamodb")
    client.create_table(TableName="sessions", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[
        {"AttributeName": "id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"})
    client.get_waiter("table_exists").wait(TableName="sessions", WaiterConfig={"Delay": 1})
    client.update_time_to_live(TableName="sessions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    client.put_item(TableName="sessions", Item={"id": {"S": "s"}, "until": {"N": str(int(time.time()) + 1)}})
    begin = time.monotonic()
    while "Item" in client.get_item(TableName="sessions", Key={"id": {"S": "s"}}):
        assert time.monotonic() - begin < 1 + 5
        time.sleep(0.05)
    streams = server.client("dynamodbstreams")
    arn = client.describe_table(TableName="sessions")["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert records[1]["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    assert records[1]["dynamodb"]["OldImage"]["id"] == {"S": "s"}
    client.delete_table(TableName="sessions")


def test_an_index_made_while_clients_write_misses_nothing(server):
    client = server.client("dynamodb")
    client.create_table(TableName="growing", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[
        {"AttributeName": "id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    client.get_waiter("table_exists").wait(TableName="growing", WaiterConfig={"Delay": 1})
    resource = server.resource("dynamodb").Table("growing")
    with resource.batch_writer() as batch:
        for n in range(1000):
            batch.put_item(Item={"id": f"old{n}", "group": f"g{n % 5}"})
    stop = threading.Event()
    written = []

    def write(worker):
        mine = boto3.session.Session().resource("dynamodb", endpoint_url=server.endpoint).Table("growing")
        n = 0
        while not stop.is_set():
            mine.put_item(Item={"id": f"new{worker}-{n}", "group": f"g{n % 5}"})
            mine.put_item(Item={"id": f"old{(worker * 100 + n) % 1000}", "group": "moved"})
            written.append(f"new{worker}-{n}")
            n += 1
    workers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    client.update_table(TableName="growing", AttributeDefinitions=[{"AttributeName": "group", "AttributeType": "S"}],
                        GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "byGroup", "Projection": {"ProjectionType": "KEYS_ONLY"},
                                                                 "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}]}}])
    for _ in range(500):
        [index] = client.describe_table(TableName="growing")["Table"]["GlobalSecondaryIndexes"]
        if index["IndexStatus"] == "ACTIVE":
            break
        time.sleep(0.02)
    stop.set()
    for worker in workers:
        worker.join()
    items = {item["id"]: item["group"] for item in everything(resource.scan)}
    indexed = {item["id"]: item["group"] for item in everything(resource.scan, IndexName="byGroup")}
    assert items == indexed and set(written) <= set(items)
    client.delete_table(TableName="growing")
