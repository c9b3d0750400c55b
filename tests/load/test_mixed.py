"""Clients of every kind at once: items, transactions, queries, tables that come and go, functions, APIs.

BRUME_LOAD_SECONDS (5) bounds it. What it is for is the sanitizer builds: BRUME_BINARY names one, and every report of
theirs fails the test.
"""
import io
import itertools
import os
import random
import threading
import time
import urllib.request
import zipfile

import botocore.exceptions
from botocore.config import Config

from conftest import Server

SECONDS = float(os.environ.get("BRUME_LOAD_SECONDS", "5"))
CALLS_MAX = 20_000  # of each client
KEY = [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]
ATTRIBUTES = [{"AttributeName": name, "AttributeType": "S"} for name in ("p", "s", "i")]
INDEX = [{"IndexName": "by-i", "KeySchema": [{"AttributeName": "i", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
# What concurrent clients may do to each other.
EXPECTED = {"TransactionCanceledException", "TransactionConflictException", "TransactionInProgressException",
            "ConditionalCheckFailedException", "ResourceInUseException", "ResourceNotFoundException", "LimitExceededException",
            "ResourceConflictException"}


def create_table(client, name):
    client.create_table(TableName=name, KeySchema=KEY, AttributeDefinitions=ATTRIBUTES, BillingMode="PAY_PER_REQUEST",
                        GlobalSecondaryIndexes=INDEX, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def function_zip():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("index.py")
        entry.external_attr = 0o100644 << 16
        archive.writestr(entry, "def handler(event, context):\n    print(event)\n    return event\n")
    return packed.getvalue()


class Clients:
    def __init__(self, server):
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        self.dynamodb = server.client("dynamodb", config=config)
        self.streams = server.client("dynamodbstreams", config=config)
        self.functions = server.client("lambda", config=config)
        self.logs = server.client("logs", config=config)
        self.server = server


def key(randomness):
    return {"p": {"S": f"p{randomness.randrange(20)}"}, "s": {"S": f"s{randomness.randrange(50)}"}}


def items(clients, randomness, number):
    k, n = key(randomness), {"S": f"i{randomness.randrange(5)}"}
    call = randomness.randrange(8)
    db = clients.dynamodb
    if call == 0:
        db.put_item(TableName="mixed", Item={**k, "i": n, "x": {"S": "x" * randomness.randrange(2000)}})
    elif call == 1:
        db.get_item(TableName="mixed", Key=k, ConsistentRead=True)
    elif call == 2:
        db.update_item(TableName="mixed", Key=k, UpdateExpression="ADD c :one SET i = :i",
                       ExpressionAttributeValues={":one": {"N": "1"}, ":i": n})
    elif call == 3:
        db.delete_item(TableName="mixed", Key=k)
    elif call == 4:
        db.query(TableName="mixed", IndexName="by-i", KeyConditionExpression="i = :i", ExpressionAttributeValues={":i": n}, Limit=20)
    elif call == 5:
        db.scan(TableName="mixed", Limit=50)
    elif call == 6:
        db.batch_write_item(RequestItems={"mixed": [{"PutRequest": {"Item": {**k, "i": n}}}]})
    else:
        db.transact_write_items(TransactItems=[
            {"Put": {"TableName": "mixed", "Item": {**k, "i": n}}},
            {"ConditionCheck": {"TableName": "mixed", "Key": {**k, "s": {"S": "other"}}, "ConditionExpression": "attribute_not_exists(p)"}}])


def tables(clients, randomness, number):
    name = f"passing-{number % 3}"
    create_table(clients.dynamodb, name)
    for _ in range(20):
        clients.dynamodb.put_item(TableName=name, Item={**key(randomness), "i": {"S": "x"}})
    clients.dynamodb.delete_table(TableName=name)


def streams(clients, randomness, number):
    arn = clients.dynamodb.describe_table(TableName="mixed")["Table"]["LatestStreamArn"]
    for shard in clients.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][-2:]:
        iterator = clients.streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        clients.streams.get_records(ShardIterator=iterator["ShardIterator"], Limit=100)


def functions(clients, randomness, number):
    kind = "Event" if number % 4 == 0 else "RequestResponse"
    answer = clients.functions.invoke(FunctionName="mixed", Payload=b'{"n": 1}', InvocationType=kind)
    assert "FunctionError" not in answer, answer["Payload"].read()
    if number % 10 == 0:
        clients.logs.filter_log_events(logGroupName="/aws/lambda/mixed", limit=20)


def watcher(clients, randomness, number):
    for path in ("/_brume/health", "/_brume/metrics"):
        urllib.request.urlopen(clients.server.endpoint + path, timeout=30).read()
    time.sleep(0.05)


def test_mixed_load(tmp_path):
    server = Server(tmp_path / "data", "--loops", "3").start()
    unexpected, counts = [], {}
    try:
        setup = Clients(server)
        create_table(setup.dynamodb, "mixed")
        role = server.client("iam").create_role(RoleName="mixed", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        setup.functions.create_function(FunctionName="mixed", Runtime="python3.11", Handler="index.handler", Role=role,
                                        Timeout=60, Code={"ZipFile": function_zip()})
        setup.functions.invoke(FunctionName="mixed", Payload=b"{}")
        until = time.monotonic() + SECONDS

        def work(kind, seed):
            clients, randomness = Clients(server), random.Random(seed)
            for number in itertools.count():
                if time.monotonic() > until or number == CALLS_MAX or unexpected:
                    return
                try:
                    kind(clients, randomness, number)
                    counts[kind.__name__] = counts.get(kind.__name__, 0) + 1
                except botocore.exceptions.ClientError as error:
                    if error.response["Error"]["Code"] not in EXPECTED:
                        unexpected.append(f"{kind.__name__}: {error}")
                except Exception as error:  # a thread's exception would be lost
                    unexpected.append(f"{kind.__name__}: {error!r}")

        kinds = [items] * 6 + [tables, streams, functions, functions, watcher]
        threads = [threading.Thread(target=work, args=(kind, seed)) for seed, kind in enumerate(kinds)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 120)
        status = server.stop()
    finally:
        if server.process.poll() is None:
            server.kill()
    log = server.log.read_text()
    assert not unexpected, unexpected[:3]
    for sanitizer in ("ThreadSanitizer", "AddressSanitizer", "runtime error:"):
        assert sanitizer not in log, log[max(0, log.find(sanitizer) - 200):][:12000]
    assert status == 0, log[-4000:]
    assert all(counts.get(kind.__name__) for kind in set(kinds)), counts
