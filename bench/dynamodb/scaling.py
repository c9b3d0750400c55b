#!/usr/bin/env python3
"""Item operations with one, two and more event loops.

    bench/dynamodb/scaling.py [--seconds 5] [--keys 10000] [--loops 1,2,4]

Server and load share all cores: with as many loops as cores, the load takes its part of each. So the rate cannot double on
two cores; `CPU µs`, what the server spends on a request, tells what more loops cost, and `cores` how many it kept busy.
"""
import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402
import run  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--loops", default="1,2,4")
    options = parser.parse_args()
    harness.need("wrk", "taskset")
    rows = []
    for loops in map(int, options.loops.split(",")):
        for durability in ("relaxed", "sync"):
            with harness.BenchServer("--durability", durability, loops=loops) as server:
                harness.pin(server.process.pid, "0-1023")
                run.make_table(server.client("dynamodb"), options.keys)
                harness.open_loop(server.port, "load", options.keys, 0, 0, core="0-1023")
                modes = (("null", ("null", "get", "1100")), ("GetItem", ("get",)), ("PutItem relaxed", ("put",))) if durability == "relaxed" else (("PutItem sync", ("put",)),)
                for name, (mode, *more) in modes:
                    result = run.measure(server, mode, 64, options, *more, core="0-1023")
                    rows.append([name, loops, round(result["rps"]), result["p50"], result["p99"], result["p999"], round(result["cpu"], 1),
                                 round(result["cpu"] * result["rps"] / 1e6, 2)])
                    print(rows[-1], file=sys.stderr, flush=True)
    rows.sort(key=lambda row: row[0])
    harness.table(["operation", "loops", "requests/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs", "cores"], rows)


if __name__ == "__main__":
    main()
