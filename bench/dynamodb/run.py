#!/usr/bin/env python3
"""GetItem and PutItem of 1 KiB items, 1 and 64 connections, beside a null endpoint of the same server.

    bench/dynamodb/run.py [--seconds 5] [--keys 10000] [--peers]

The server runs one event loop on core 0, wrk on core 1. `null` is the same server reading the same request
and writing as many bytes, doing nothing in between. With --peers, dynalite (bench/dynamodb/package.json) runs
beside it under the same load.
"""
import argparse
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402

SCRIPT = HERE / "items.lua"


def make_table(client, keys):
    client.create_table(TableName="bench", BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    while client.describe_table(TableName="bench")["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.05)


def fill(client, keys):
    filler = "0123456789abcdef" * 60
    for n in range(keys):
        client.put_item(TableName="bench", Item={"id": {"S": f"key-{n:08d}"}, "n": {"N": str(n)}, "filler": {"S": filler}})


def answer_bytes(endpoint, operation, body):
    import urllib.request
    request = urllib.request.Request(endpoint, data=body.encode(), headers={
        "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"})
    with urllib.request.urlopen(request) as answer:
        return len(answer.read())


def measure(endpoint, mode, connections, options, *more):
    return harness.wrk(endpoint, SCRIPT, connections, options.seconds, mode, options.keys, *more)


def brume(options):
    results = {}
    for durability in ("relaxed", "sync"):
        with harness.BenchServer("--durability", durability) as server:
            client = server.client("dynamodb")
            make_table(client, options.keys)
            if durability == "relaxed":
                fill(client, options.keys)
                size = answer_bytes(server.endpoint, "GetItem", '{"TableName":"bench","Key":{"id":{"S":"key-00000000"}}}')
            for connections in (1, 64):
                if durability == "relaxed":
                    results["null get", connections] = measure(server.endpoint, "null", connections, options, "get", size)
                    results["GetItem", connections] = measure(server.endpoint, "get", connections, options)
                    results["null put", connections] = measure(server.endpoint, "null", connections, options, "put", 2)
                results[f"PutItem {durability}", connections] = measure(server.endpoint, "put", connections, options)
    return results


def dynalite(options):
    """dynalite in memory: faster than it would be with its data on disk."""
    program = HERE / "node_modules" / "dynalite" / "cli.js"
    if not program.exists():
        print("dynalite is not installed: npm ci --prefix bench/dynamodb", file=sys.stderr)
        return {}
    import boto3
    process = subprocess.Popen(["taskset", "-c", harness.SERVER_CORE, "node", program, "--port", "14567", "--createTableMs", "0"],
                               stdout=subprocess.DEVNULL)
    try:
        client = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:14567")
        time.sleep(1)
        make_table(client, options.keys)
        fill(client, options.keys)
        results = {}
        for connections in (1, 64):
            results["dynalite GetItem", connections] = measure("http://127.0.0.1:14567", "get", connections, options)
            results["dynalite PutItem", connections] = measure("http://127.0.0.1:14567", "put", connections, options)
        return results
    finally:
        process.kill()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    harness.need("wrk", "taskset")
    results = brume(options)
    if options.peers:
        results |= dynalite(options)

    harness.table(["operation", "connections", "requests/s", "p50 µs", "p99 µs", "p99.9 µs"],
                  [[name, connections, round(r["rps"]), r["p50"], r["p99"], r["p999"]]
                   for (name, connections), r in results.items()])
    print()
    ratio = lambda a, b, c: round(results[a, c]["rps"] / results[b, c]["rps"], 2)
    rows = []
    for c in (1, 64):
        rows.append(["GetItem / null", c, ratio("GetItem", "null get", c), "0.60"])
        rows.append(["PutItem relaxed / null", c, ratio("PutItem relaxed", "null put", c), "0.40"])
        rows.append(["PutItem sync / PutItem relaxed", c, ratio("PutItem sync", "PutItem relaxed", c), ""])
        if options.peers and ("dynalite GetItem", c) in results:
            rows.append(["GetItem / dynalite", c, ratio("GetItem", "dynalite GetItem", c), ""])
            rows.append(["PutItem relaxed / dynalite", c, ratio("PutItem relaxed", "dynalite PutItem", c), ""])
            rows.append(["PutItem sync / dynalite", c, ratio("PutItem sync", "dynalite PutItem", c), ""])
    harness.table(["ratio", "connections", "measured", "goal"], rows)


if __name__ == "__main__":
    main()
