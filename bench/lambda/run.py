#!/usr/bin/env python3
"""Warm and cold invokes through the API socket, beside the same work without Brume.

    bench/lambda/run.py [--seconds 5] [--cold 15]

Warm: one connection invoking an echo function, beside the same handler behind a bare HTTP server in the same
runtime (native: the C++ HTTP server of bench/http). Cold: from the first byte asked to the answer of a function
that has no environment yet, beside the bare start of its interpreter. Times are medians.
"""
import argparse
import http.client
import io
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
import harness  # noqa: E402

SOURCES = {
    "node": ("nodejs20.x", {"index.mjs": "export const handler = async (event) => event;\n"}),
    "python": ("python3.11", {"index.py": "def handler(event, context):\n    return event\n"}),
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100755 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def bare_command(kind, port):
    if kind == "native":
        return [harness.ROOT / "build" / "bench_http_server", "1", str(port)]
    if kind == "node":
        return ["node", HERE / "bare_node.mjs", str(port)]
    return [sys.executable, HERE / "bare_python.py", str(port)]


def bare(kind, seconds):
    port = free_port()
    command = ["taskset", "-c", harness.SERVER_CORE, *bare_command(kind, port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.7)
        return harness.wrk(f"http://127.0.0.1:{port}", HERE / "invoke.lua", 1, seconds, "/")
    finally:
        process.kill()
        process.wait()


def start_of(kind, binary):
    commands = {"node": ["node", "-e", "0"], "python": [sys.executable, "-c", "0"], "native": [binary, "--version"]}
    command = commands[kind]
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000


def cold(server, client, kind, role, zipped, count, baseline):
    """Milliseconds of first invokes, each of a new function, and of bare starts in between."""
    runtime = SOURCES[kind][0] if kind in SOURCES else "provided.al2023"
    times, starts = [], []
    for number in range(count):
        name = f"cold-{kind}-{number}"
        client.create_function(FunctionName=name, Runtime=runtime, Handler="index.handler", Role=role,
                               Code={"ZipFile": zipped}, MemorySize=1769)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.connect()
        begin = time.perf_counter()
        connection.request("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - begin) * 1000)
        assert answer.status == 200 and body == b"{}", body
        connection.close()
        starts.append(start_of(kind, baseline))
        client.delete_function(FunctionName=name)
    return statistics.median(times), statistics.median(starts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--cold", type=int, default=15)
    options = parser.parse_args()
    harness.need("wrk", "taskset", "g++", "node")
    work = pathlib.Path(tempfile.mkdtemp(prefix="brume-bench-"))
    binary = work / "bootstrap"
    source = harness.ROOT / "runtimes" / "cpp" / "echo.cpp"
    subprocess.run(["g++", "-std=c++20", "-O2", "-static", "-o", binary, source], check=True)
    zips = {kind: zip_of(files) for kind, (_, files) in SOURCES.items()}
    zips["native"] = zip_of({"bootstrap": binary.read_bytes()})
    warm_rows, cold_rows = [], []
    with harness.BenchServer() as server:
        client = server.client("lambda")
        role = server.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        for kind, zipped in zips.items():
            runtime = SOURCES[kind][0] if kind in SOURCES else "provided.al2023"
            client.create_function(FunctionName=kind, Runtime=runtime, Handler="index.handler", Role=role,
                                   Code={"ZipFile": zipped}, MemorySize=1769)
            client.invoke(FunctionName=kind, Payload=b"{}")
            path = f"/2015-03-31/functions/{kind}/invocations"
            ours = harness.wrk(server.endpoint, HERE / "invoke.lua", 1, options.seconds, path)
            theirs = bare(kind, options.seconds)
            warm_rows.append([kind, ours["p50"], ours["p99"], theirs["p50"], ours["p50"] - theirs["p50"],
                              f"{ours['p50'] / theirs['p50']:.2f}"])
        for kind, zipped in zips.items():
            ours, start = cold(server, client, kind, role, zipped, options.cold, binary)
            cold_rows.append([kind, f"{ours:.1f}", f"{start:.1f}", f"{ours - start:.1f}", f"{ours / start:.2f}"])
    shutil.rmtree(work)
    harness.table(["warm invoke", "p50 µs", "p99 µs", "bare p50 µs", "overhead µs", "ratio"], warm_rows)
    print()
    harness.table(["cold start", "ms", "bare start ms", "above it ms", "ratio"], cold_rows)


if __name__ == "__main__":
    main()
