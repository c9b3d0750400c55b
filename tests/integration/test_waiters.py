"""SDKs' waiters look once and then sleep for many seconds: none may have to sleep here."""
import time

import pytest

KEYS = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST"}
INDEX = {"IndexName": "byG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
LONGEST = 3  # seconds; a waiter that sleeps takes twenty


def seconds(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def test_tables_come_and_go_at_the_first_look(server):
    dynamodb = server.client("dynamodb")
    assert dynamodb.create_table(TableName="waited", **KEYS)["TableDescription"]["TableStatus"] == "CREATING"
    assert seconds(lambda: dynamodb.get_waiter("table_exists").wait(TableName="waited")) < LONGEST
    dynamodb.put_item(TableName="waited", Item={"id": {"S": "a"}})
    assert dynamodb.delete_table(TableName="waited")["TableDescription"]["TableStatus"] == "DELETING"
    assert seconds(lambda: dynamodb.get_waiter("table_not_exists").wait(TableName="waited")) < LONGEST
    assert "waited" not in dynamodb.list_tables()["TableNames"]


def test_the_command_line_waits_as_little(server, aws):
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="waited-cli", **KEYS)
    assert seconds(lambda: aws("dynamodb", "wait", "table-exists", "--table-name", "waited-cli")) < LONGEST + 3
    dynamodb.delete_table(TableName="waited-cli")
    assert seconds(lambda: aws("dynamodb", "wait", "table-not-exists", "--table-name", "waited-cli")) < LONGEST + 3


def test_indexes_streams_and_time_to_live_are_settled_when_described(server):
    dynamodb, streams = server.client("dynamodb"), server.client("dynamodbstreams")
    dynamodb.create_table(TableName="settled", **KEYS)
    dynamodb.get_waiter("table_exists").wait(TableName="settled")
    dynamodb.put_item(TableName="settled", Item={"id": {"S": "a"}, "g": {"S": "x"}})

    def described():
        return dynamodb.describe_table(TableName="settled")["Table"]

    updated = dynamodb.update_table(TableName="settled", GlobalSecondaryIndexUpdates=[{"Create": INDEX}], AttributeDefinitions=[
        *KEYS["AttributeDefinitions"], {"AttributeName": "g", "AttributeType": "S"}])["TableDescription"]
    assert (updated["TableStatus"], updated["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("UPDATING", "CREATING")
    table = described()
    assert (table["TableStatus"], table["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("ACTIVE", "ACTIVE")
    dynamodb.update_table(TableName="settled", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byG"}}])
    assert "GlobalSecondaryIndexes" not in described()

    dynamodb.update_table(TableName="settled", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    arn = described()["LatestStreamArn"]
    assert streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "ENABLED"
    dynamodb.update_table(TableName="settled", StreamSpecification={"StreamEnabled": False})
    assert streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"

    for enabled, status in ((True, "ENABLED"), (False, "DISABLED")):
        dynamodb.update_time_to_live(TableName="settled", TimeToLiveSpecification={"AttributeName": "t", "Enabled": enabled})
        assert dynamodb.describe_time_to_live(TableName="settled")["TimeToLiveDescription"]["TimeToLiveStatus"] == status
    dynamodb.delete_table(TableName="settled")
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        described()


def test_a_delay_that_was_asked_for_is_shown(new_server):
    dynamodb = new_server("--table-delay", "1500").client("dynamodb")
    dynamodb.create_table(TableName="slow", **KEYS)
    assert dynamodb.describe_table(TableName="slow")["Table"]["TableStatus"] == "CREATING"
    time.sleep(1.6)
    assert dynamodb.describe_table(TableName="slow")["Table"]["TableStatus"] == "ACTIVE"
    dynamodb.delete_table(TableName="slow")
    assert dynamodb.describe_table(TableName="slow")["Table"]["TableStatus"] == "DELETING"
