#!/usr/bin/env python3
"""What growth costs: the same load on 10,000 and on many keys; scan and backfill rates; memory under a bounded cache;
then gets over the same keys with most of the memory as cache.

    bench/dynamodb/growth.py [--keys 10000000] [--seconds 5] [--cache-mb 256] [--large-cache-mb 3/4 OF THE MEMORY]

Takes about 20 minutes. Keys are asked for evenly: no key is hotter than another, the worst case for a cache. The items
compress well: 10 million of 1 KiB take 1 GB of disk.
"""
import argparse
import concurrent.futures
import json
import os
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


def processor_seconds(process_id):
    return sum(int(path.read_text().split()[0]) / 1e9 for path in pathlib.Path(f"/proc/{process_id}/task").glob("*/schedstat"))


def settle(process_id):
    """Waits until the store's compactions are done: the processor is idle for two seconds."""
    for _ in range(300):
        before = processor_seconds(process_id)
        time.sleep(2)
        if processor_seconds(process_id) - before < 0.05:
            return
    sys.exit("bench: the server did not come to rest in ten minutes")


def peak(process_id):
    """The most MiB that were resident since the last call."""
    status = pathlib.Path(f"/proc/{process_id}/status").read_text()
    pathlib.Path(f"/proc/{process_id}/clear_refs").write_text("5")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def memory_mb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


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


def gets(server, connections, seconds, keys):
    return harness.wrk(server.endpoint, HERE / "items.lua", connections, seconds, "get", keys)["rps"]


def warm_gets(server, seconds, keys):
    """The rate of gets at 64 connections once every key has been asked for: in the order of the disk, then one by one."""
    scan_rate(server.endpoint, "bench", 120)
    harness.wrk(server.endpoint, HERE / "items.lua", 64, keys // 25_000 + 1, "walk", keys)
    return gets(server, 64, seconds, keys)


def measured(server, keys, options):
    process = server.process.pid
    harness.pin(process, "0,1")
    seconds = load(server.endpoint, "bench", keys)
    settle(process)
    memory = peak(process)
    harness.pin(process, harness.SERVER_CORE)
    rate = {(mode, connections): harness.wrk(server.endpoint, HERE / "items.lua", connections, options.seconds, mode, keys)["rps"]
            for mode in ("get", "put") for connections in (1, 64)}
    memory_of_items = peak(process)
    count, items = scan_rate(server.endpoint, "bench", 20)
    memory_of_scans = peak(process)
    backfill = backfill_rate(server.client("dynamodb"), "bench", keys)
    return [keys, keys / seconds, *(rate[mode, c] for mode in ("get", "put") for c in (1, 64)), count, items, backfill,
            memory, memory_of_items, memory_of_scans, peak(process)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--cache-mb", type=int, default=256)
    parser.add_argument("--large-cache-mb", type=int, default=memory_mb() * 3 // 4)
    options = parser.parse_args()
    harness.need("wrk", "taskset")
    rows = []
    with harness.BenchServer("--durability", "relaxed", "--cache-mb", str(options.cache_mb)) as server:
        for keys in (10_000, options.keys):
            # items.lua works on the table `bench`, so each size has it in turn.
            rows.append(measured(server, keys, options))
            if keys == options.keys:
                break
            server.client("dynamodb").delete_table(TableName="bench")
            while "bench" in server.client("dynamodb").list_tables()["TableNames"]:
                time.sleep(0.1)
        harness.table(["keys", "loaded/s (both cores)", "get/s 1", "get/s 64", "put/s 1", "put/s 64", "scan COUNT MB/s", "scan MB/s",
                       "backfill items/s", "peak MiB of load", "of gets and puts", "of scans", "of backfill"],
                      [[round(value) for value in row] for row in rows])
        small, large = rows
        print(f"\nGetItem at {options.keys} keys / at 10,000, 64 connections, cache of {options.cache_mb} MB: {large[3] / small[3]:.2f}")
        print(f"resident memory while loading: at most {large[9]:.0f} MiB (goal: cache {options.cache_mb} + 300)", flush=True)
        server.stop()
        server.options = [*server.options[:-1], str(options.large_cache_mb)]
        server.start()
        settle(server.process.pid)
        harness.pin(server.process.pid, harness.SERVER_CORE)
        rate = warm_gets(server, options.seconds, options.keys)
        print(f"the same with a cache of {options.large_cache_mb} MB, warm: {rate:.0f}/s, {rate / small[3]:.2f} (goal 0.70), "
              f"at most {peak(server.process.pid):.0f} MiB")


if __name__ == "__main__":
    main()
