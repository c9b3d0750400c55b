#!/usr/bin/env python3
"""Latency of item operations at a constant rate, half of the peak, while the store flushes and compacts.

    bench/dynamodb/open_loop.py [--seconds 300] [--items 1000000] [--part 0.5] [--rate N]

Each request counts from the moment it was meant to be sent (bench/common/open_loop.cpp), so a stall of the server shows
in full. The table has a million items of 1 KiB. For each durability: the peak in a closed loop of 64 connections, then
half of it; `null` is the endpoint that does nothing, at the same rate, on the same server: what the machine itself does.
The server runs one event loop on core 0, the load on core 1.
"""
import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402
import run  # noqa: E402


def longest_stall(server):
    found = re.search(r"^brume_loop_stall_max_seconds (\S+)", server.get("/_brume/metrics"), re.M)
    return f"{float(found.group(1)) * 1000:.1f}" if found else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--part", type=float, default=0.5, help="of the peak")
    parser.add_argument("--rate", type=float, default=0, help="requests a second, instead of a part of the peak")
    parser.add_argument("--durability", choices=("relaxed", "sync"), action="append")
    options = parser.parse_args()
    harness.need("taskset")
    rows = []
    for durability in options.durability or ("relaxed", "sync"):
        with harness.BenchServer("--durability", durability) as server:
            run.make_table(server.client("dynamodb"), options.items)
            harness.open_loop(server.port, "load", options.items, 0, 0)
            size = run.answer_bytes(server.endpoint, "GetItem", '{"TableName":"bench","Key":{"id":{"S":"key-00000000"}}}')
            for name, operation, null in (("GetItem", "get", f"null-get:{size}"), ("PutItem", "put", "null-put:2")):
                rate = options.rate
                if not rate:
                    rate = options.part * harness.open_loop(server.port, operation, options.items, 0, 5)["rps"]
                for label, what in ((f"{name} {durability}", operation), (f"null, as {name}", null)):
                    before = harness.cpu_seconds(server.process.pid)
                    result = harness.open_loop(server.port, what, options.items, rate, options.seconds)
                    cpu = (harness.cpu_seconds(server.process.pid) - before) * 1e6 / result["requests"]
                    rows.append([label, round(rate), *(round(result[part]) for part in ("p50", "p99", "p999", "p9999", "max")), round(cpu, 1)])
                    print(rows[-1], file=sys.stderr, flush=True)
            print(f"longest stretch without a turn of the loop, {durability}: {longest_stall(server)} ms")
    harness.table(["operation", "requests/s", "p50 µs", "p99 µs", "p99.9 µs", "p99.99 µs", "max µs", "CPU µs"], rows)


if __name__ == "__main__":
    main()
