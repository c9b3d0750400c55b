#!/usr/bin/env python3
"""What growth costs: the same load on 10,000 and on many keys; scan and backfill rates; memory under a bounded cache.

    bench/dynamodb/growth.py [--keys 10000000] [--seconds 5] [--cache-mb 256]

10 million items of 1 KiB take about 12 GB of disk and a quarter of an hour to load.
"""
import argparse
import concurrent.futures
import json
import pathlib
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402

FILLER = "0123456789abcdef" * 60


def call(endpoint, operation, body):
    request = urllib.request.Request(endpoint, data=body.encode(), headers={
        "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def batch(name, begin, end):
    items = ",".join('{"PutRequest":{"Item":{"id":{"S":"key-%08d"},"n":{"N":"%d"},"filler":{"S":"%s"}}}}' % (n, n, FILLER)
                     for n in range(begin, end))
    return '{"RequestItems":{"%s":[%s]}}' % (name, items)


def load(endpoint, name, keys):
    call(endpoint, "CreateTable", json.dumps({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}))
    time.sleep(0.2)
    begin = time.monotonic()

    def part(worker):
        for at in range(worker * 25, keys, 4 * 25):
            call(endpoint, "BatchWriteItem", batch(name, at, min(at + 25, keys)))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(part, range(4)))
    return time.monotonic() - begin


def resident(process_id):
    for line in pathlib.Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def scan_rate(endpoint, name, most_seconds):
    """MB of item bytes a second over a count-only scan, which reads and measures every item, and over one that returns them."""
    rates = []
    for select in ("COUNT", "ALL_ATTRIBUTES"):
        begin, items, start = time.monotonic(), 0, ""
        while time.monotonic() - begin < most_seconds:
            # The items stand last and are not parsed: that would measure Python.
            head = call(endpoint, "Scan", '{"TableName":"%s","Select":"%s"%s}' % (name, select, start)).partition(b',"Items":')[0]
            answer = json.loads(head if select == "COUNT" else head + b"}")
            items += answer["ScannedCount"]
            if "LastEvaluatedKey" not in answer:
                break
            start = ',"ExclusiveStartKey":' + json.dumps(answer["LastEvaluatedKey"])
        rates.append(items * 1000 / 1e6 / (time.monotonic() - begin))
    return rates


def backfill_rate(client, name, keys):
    begin = time.monotonic()
    client.update_table(TableName=name, AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "N"}],
                        GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "byN", "Projection": {"ProjectionType": "KEYS_ONLY"},
                                                                 "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]}}])
    while client.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] != "ACTIVE":
        time.sleep(0.05)
    return keys / (time.monotonic() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--cache-mb", type=int, default=256)
    options = parser.parse_args()
    harness.need("wrk", "taskset")
    rows = []
    with harness.BenchServer("--durability", "relaxed", "--cache-mb", str(options.cache_mb)) as server:
        for keys in (10_000, options.keys):
            # items.lua works on the table `bench`, so each size has it in turn.
            seconds = load(server.endpoint, "bench", keys)
            memory = resident(server.process.pid)
            rate = {(mode, connections): harness.wrk(server.endpoint, HERE / "items.lua", connections, options.seconds, mode, keys)
                    for mode in ("get", "put") for connections in (1, 64)}
            count, items = scan_rate(server.endpoint, "bench", 20)
            backfill = backfill_rate(server.client("dynamodb"), "bench", keys)
            rows.append([keys, round(keys / seconds), *(round(rate[mode, c]["rps"]) for mode in ("get", "put") for c in (1, 64)),
                         round(count), round(items), round(backfill), round(memory), round(resident(server.process.pid))])
            if keys == options.keys:
                break
            server.client("dynamodb").delete_table(TableName="bench")
            while "bench" in server.client("dynamodb").list_tables()["TableNames"]:
                time.sleep(0.1)
    harness.table(["keys", "loaded/s", "get/s 1", "get/s 64", "put/s 1", "put/s 64", "scan COUNT MB/s", "scan MB/s", "backfill items/s",
                   "MiB after load", "MiB at the end"], rows)
    print(f"\nGetItem at {options.keys} keys / at 10,000, 64 connections: {rows[1][3] / rows[0][3]:.2f} (goal 0.70)")
    print(f"resident memory after load: {rows[1][9]} MiB (goal: cache {options.cache_mb} + 300)")


if __name__ == "__main__":
    main()
