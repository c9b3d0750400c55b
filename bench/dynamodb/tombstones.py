#!/usr/bin/env python3
"""What a million deleted items cost those who ask for something else.

    bench/dynamodb/tombstones.py [--items 1000000] [--rate 5000] [--seconds 20]

One connection puts a million small items under one partition key and deletes them again; then it queries that partition
and scans that table, each time over all that was deleted. Meanwhile gets of another table come at a constant rate, each
counted from the moment it was meant to be sent; the first row is those gets alone. The server runs one event loop on core
0; the load and the deleting connection share core 1.
"""
import argparse
import http.client
import json
import os
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402
import run  # noqa: E402

KEYS = 20_000
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host, Signature=" + "0" * 64)


class Caller:
    """One connection, requests without an SDK."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, operation, body):
        self.connection.request("POST", "/", json.dumps(body), {
            "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0", "Authorization": AUTHORIZATION})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(text.decode())
        return json.loads(text)

    def write(self, count, request):
        for first in range(0, count, 25):
            left = self.call("BatchWriteItem", {"RequestItems": {"deleted": [request(n) for n in range(first, min(first + 25, count))]}})
            if left["UnprocessedItems"]:
                raise RuntimeError("unprocessed items")


def put(n):
    return {"PutRequest": {"Item": {"p": {"S": "one"}, "s": {"N": str(n)}}}}


def delete(n):
    return {"DeleteRequest": {"Key": {"p": {"S": "one"}, "s": {"N": str(n)}}}}


class Work(threading.Thread):
    """Repeats `step` until told to stop; counts."""

    def __init__(self, step):
        super().__init__()
        self.step, self.done, self.stopping, self.error = step, 0, False, None
        self.start()

    def run(self):
        try:
            while not self.stopping and self.step() is not False:
                self.done += 1
        except Exception as error:  # shown by finish()
            self.error = error

    def finish(self):
        self.stopping = True
        self.join()
        if self.error:
            raise self.error
        return self.done


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=5000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--durability", choices=("relaxed", "sync"), default="relaxed")
    options = parser.parse_args()
    harness.need("taskset")
    harness.pin(os.getpid(), harness.LOAD_CORE)
    rows = []
    with harness.BenchServer("--durability", options.durability) as server:
        client = server.client("dynamodb")
        run.make_table(client, KEYS)
        client.create_table(TableName="deleted", BillingMode="PAY_PER_REQUEST",
                            AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
                            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}])
        client.get_waiter("table_exists").wait(TableName="deleted")
        harness.open_loop(server.port, "load", KEYS, 0, 0)

        def measure(name, work=None):
            result = harness.open_loop(server.port, "get", KEYS, options.rate, options.seconds)
            rows.append([name, work.done if work else "", *(round(result[part]) for part in ("p50", "p99", "p999", "max"))])
            print(rows[-1], file=sys.stderr, flush=True)

        caller = Caller(server.port)
        measure("nothing else")
        began = time.monotonic()
        caller.write(options.items, put)
        print(f"{options.items} items put in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        at = iter(range(0, options.items, 25))

        def delete_some():
            first = next(at, None)
            if first is None:
                return False
            count = min(25, options.items - first)
            caller.call("BatchWriteItem", {"RequestItems": {"deleted": [delete(first + n) for n in range(count)]}})
            return True

        work = Work(delete_some)
        measure("items are deleted, 25 a call", work)
        work.join()
        work.finish()
        for name, operation, body in (("the empty partition is queried", "Query", {
                "TableName": "deleted", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "one"}}}),
                ("the empty table is scanned", "Scan", {"TableName": "deleted"})):
            work = Work(lambda: caller.call(operation, body)["Count"] == 0 or None)
            measure(name, work)
            work.finish()
    harness.table(["gets while", "calls", "p50 µs", "p99 µs", "p99.9 µs", "max µs"], rows)


if __name__ == "__main__":
    main()
