#!/usr/bin/env python3
"""Time from exec to the first answer on a cleanly stopped store, and idle resident memory.

    bench/start/run.py [--runs 20] [--items 10000]

Beside it, as the baseline of the same run: exec of `brume --version` (loader and libraries alone).
"""
import argparse
import http.client
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "common"))
import harness  # noqa: E402


def resident_mebibytes(process_id):
    text = pathlib.Path(f"/proc/{process_id}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) / 1024


def start_once(server):
    begin = time.perf_counter()
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/_brume/health")
    assert connection.getresponse().read()
    return (time.perf_counter() - begin) * 1000


def version_once():
    begin = time.perf_counter()
    subprocess.run([harness.BRUME, "--version"], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--items", type=int, default=10_000)
    options = parser.parse_args()
    server = harness.BenchServer()
    with server:
        client = server.client("dynamodb")
        client.create_table(TableName="start", BillingMode="PAY_PER_REQUEST",
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
        time.sleep(0.2)
        for n in range(options.items):
            client.put_item(TableName="start", Item={"id": {"S": str(n)}, "filler": {"S": "x" * 500}})
        server.stop()
        starts, versions, memory = [], [], []
        for _ in range(options.runs):
            starts.append(start_once(server))
            time.sleep(1)
            memory.append(resident_mebibytes(server.process.pid))
            server.stop()
            versions.append(version_once())
        server.start()
    harness.table(["figure", "median", "worst", "goal"], [
        ["exec to first answer, ms", f"{statistics.median(starts):.1f}", f"{max(starts):.1f}", "50"],
        ["exec of --version, ms", f"{statistics.median(versions):.1f}", f"{max(versions):.1f}", ""],
        ["idle resident memory, MiB", f"{statistics.median(memory):.1f}", f"{max(memory):.1f}", "40"]])
    print(f"ratio start / --version: {statistics.median(starts) / statistics.median(versions):.1f}")


if __name__ == "__main__":
    main()
