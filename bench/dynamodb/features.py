#!/usr/bin/env python3
"""What features cost: PutItem of 1 KiB items on tables with indexes, a stream, time to live, each beside a plain table in the same run.

    bench/dynamodb/features.py [--seconds 1] [--rounds 7] [--keys 10000] [--connections 64] [--peers]

A round is a second of plain puts and a second with the feature; the cost is the median of the rounds' ratios, the rates are the median
rounds'. With --peers, Query of a 10-item partition is measured beside dynalite too.
"""
import argparse
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402
import peers  # noqa: E402

SCRIPT = HERE / "features.lua"


def make(client, name, indexes=0, sort_key=False, **more):
    attributes = [("id", "S"), *((f"g{n + 1}", "S") for n in range(indexes))]
    keys = [("id", "HASH")]
    if sort_key:
        attributes, keys = [("pk", "S"), ("sk", "N")], [("pk", "HASH"), ("sk", "RANGE")]
    if indexes:
        more["GlobalSecondaryIndexes"] = [{"IndexName": f"index{n + 1}", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
            {"AttributeName": f"g{n + 1}", "KeyType": "HASH"}]} for n in range(indexes)]
    client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": a, "AttributeType": t} for a, t in attributes],
                        KeySchema=[{"AttributeName": a, "KeyType": t} for a, t in keys], **more)
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.05)


def fill(client, name, keys):
    filler = "0123456789abcdef" * 54
    for begin in range(0, keys, 25):
        client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": {
            "id": {"S": f"key-{n:08d}"}, **{f"g{i}": {"S": f"g-{n + i:05d}"} for i in range(1, 6)}, "filler": {"S": filler}}}}
            for n in range(begin, min(begin + 25, keys))]})


def fill_partitions(client, name, keys):
    filler = "0123456789abcdef" * 60
    for partition in range(keys // 10):
        client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": {
            "pk": {"S": f"p-{partition:06d}"}, "sk": {"N": str(n)}, "filler": {"S": filler}}}} for n in range(10)]})


def query_rate(client, endpoint, options):
    make(client, "partitions", sort_key=True)
    fill_partitions(client, "partitions", options.keys)
    return harness.wrk(endpoint, SCRIPT, options.connections, 3 * options.seconds, "query", "partitions", options.keys)


STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
TABLES = [("plain", {}), ("gsi1", {"indexes": 1}), ("gsi5", {"indexes": 5}), ("stream", STREAM), ("ttl", {})]
GOALS = {"gsi1": 1.6, "gsi5": 4, "stream": 1.3, "ttl": 1.2, "condition": 1.2, "transact": 6}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    harness.need("wrk", "taskset")
    rates = {}
    with harness.BenchServer("--durability", "relaxed") as server:
        client = server.client("dynamodb")
        for name, settings in TABLES:
            make(client, name, **settings)
            if name == "ttl":
                client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
            fill(client, name, options.keys)

        def measure(mode, table):
            return harness.wrk(server.endpoint, SCRIPT, options.connections, options.seconds, mode, table, options.keys)["rps"]

        def compare(mode, table):
            rounds = [(measure("put", "plain"), measure(mode, table)) for _ in range(options.rounds)]
            plain, rate = (statistics.median(column) for column in zip(*rounds))
            return plain, rate, statistics.median(plain / rate for plain, rate in rounds)
        for name, _ in TABLES[1:]:
            rates[name] = compare("put", name)
        for mode in ("condition", "transact"):
            rates[mode] = compare(mode, "plain")
        query = query_rate(client, server.endpoint, options)
    harness.table(["PutItem, 64 connections", "plain/s", "with it/s", "cost", "goal"],
                  [[name, round(plain), round(rate), f"{cost:.2f}", f"<= {GOALS[name]}"] for name, (plain, rate, cost) in rates.items()])
    print(f"\nQuery of 10 items: {query['rps']:.0f}/s, p50 {query['p50']} µs, p99 {query['p99']} µs")
    for name, start in peers.PEERS.items() if options.peers else ():
        if (peer := start()) is None:
            continue
        with peer as endpoint:
            rate = query_rate(peers.client(endpoint), endpoint, options)["rps"]
        print(f"{name}: {rate:.0f}/s; Brume / {name}: {query['rps'] / rate:.1f}")


if __name__ == "__main__":
    main()
