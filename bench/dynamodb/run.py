#!/usr/bin/env python3
"""GetItem and PutItem of 1 KiB items, 1 and 64 connections, beside a null endpoint of the same server.

    bench/dynamodb/run.py [--seconds 5] [--keys 10000] [--peers]

The server runs one event loop on core 0, wrk on core 1. `null` is the same server reading the same request
and writing as many bytes, doing nothing in between. `RocksDB` is bare RocksDB on the same core and file system: 64
threads with a synced Put each (its group commit), and one thread writing synced batches of 64. `CPU µs` is what the
server spent on a request, which neighbours on the machine disturb less than the rate. With --peers, dynalite
(peers.py) runs beside it under the same load.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402
import peers  # noqa: E402

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


def measure(server, mode, connections, options, *more, **how):
    before = harness.cpu_seconds(server.process.pid)
    result = harness.wrk(server.endpoint, SCRIPT, connections, options.seconds, mode, options.keys, *more, **how)
    result["cpu"] = (harness.cpu_seconds(server.process.pid) - before) * 1e6 / result["requests"]
    return result


def rocksdb_group_commit(options):
    """Synced puts a second of bare RocksDB: by 64 threads, and by one in batches of 64."""
    program = harness.ROOT / "build" / "bench_store"
    if not program.exists():
        sys.exit("bench: build/bench_store is missing; ./build bench_store makes it")
    rates = {}
    for name, key in (("group", "RocksDB 64 threads"), ("sync", "RocksDB batches of 64")):
        done = subprocess.run(["taskset", "-c", harness.SERVER_CORE, program, "", str(2 * options.seconds), name],
                              capture_output=True, text=True, check=True)
        found = re.search(rf"^{name} +raw +(\d+)/s +brume +(\d+)/s", done.stdout, re.M)
        rates[key], rates[key, "store"] = float(found.group(1)), float(found.group(2))
    return rates


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
                    results["null get", connections] = measure(server, "null", connections, options, "get", size)
                    results["GetItem", connections] = measure(server, "get", connections, options)
                    results["null put", connections] = measure(server, "null", connections, options, "put", 2)
                results[f"PutItem {durability}", connections] = measure(server, "put", connections, options)
    return results


def measure_peers(options):
    results, names = {}, []
    for peer, start in peers.PEERS.items():
        if (running := start()) is None:
            continue
        names.append(peer)
        with running as endpoint:
            client = peers.client(endpoint)
            make_table(client, options.keys)
            fill(client, options.keys)
            for connections in (1, 64):
                for name, mode in (("GetItem", "get"), ("PutItem", "put")):
                    results[f"{peer} {name}", connections] = harness.wrk(endpoint, SCRIPT, connections, options.seconds, mode, options.keys)
    return results, names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    harness.need("wrk", "taskset")
    results = brume(options)
    raw = rocksdb_group_commit(options)
    names = []
    if options.peers:
        more, names = measure_peers(options)
        results |= more

    harness.table(["operation", "connections", "requests/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs"],
                  [[name, connections, round(r["rps"]), r["p50"], r["p99"], r["p999"], round(r["cpu"], 1) if "cpu" in r else ""]
                   for (name, connections), r in results.items()])
    print()
    harness.table(["synced puts of 1 KiB", "puts/s", "the store in its place"],
                  [[name, round(raw[name]), round(raw[name, "store"])] for name in ("RocksDB 64 threads", "RocksDB batches of 64")])
    print()
    ratio = lambda a, b, c: round(results[a, c]["rps"] / results[b, c]["rps"], 2)
    rows = []
    for c in (1, 64):
        rows.append(["GetItem / null", c, ratio("GetItem", "null get", c), "0.60"])
        rows.append(["PutItem relaxed / null", c, ratio("PutItem relaxed", "null put", c), "0.40"])
        for name, null, goal in (("GetItem", "null get", "0.60"), ("PutItem relaxed", "null put", "0.40")):
            by_cpu = results[null, c]["cpu"] / results[name, c]["cpu"]
            rows.append([f"{name} / null, by CPU", c, round(by_cpu, 2), goal])
        rows.append(["PutItem sync / PutItem relaxed", c, ratio("PutItem sync", "PutItem relaxed", c), ""])
        for peer in names:
            for name in ("GetItem", "PutItem relaxed", "PutItem sync"):
                rows.append([f"{name} / {peer}", c, ratio(name, f"{peer} {name.split()[0]}", c), ""])
    put = results["PutItem sync", 64]["rps"]
    rows.append(["PutItem sync / RocksDB 64 threads", 64, round(put / raw["RocksDB 64 threads"], 2), "0.70"])
    rows.append(["PutItem sync / RocksDB batches of 64", 64, round(put / raw["RocksDB batches of 64"], 2), ""])
    for name in ("RocksDB 64 threads", "RocksDB batches of 64"):
        rows.append([f"store / {name}", 64, round(raw[name, "store"] / raw[name], 2), "0.70"])
    harness.table(["ratio", "connections", "measured", "goal"], rows)


if __name__ == "__main__":
    main()
