"""Other servers of DynamoDB's API that the benchmarks run beside Brume: dynalite (npm), in memory, which is faster for it than its
disk. Each runs on the server's core."""
import contextlib
import pathlib
import socket
import subprocess
import sys
import time

import boto3

import harness

HERE = pathlib.Path(__file__).resolve().parent


def wait_until_it_listens(name, port):
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    sys.exit(f"bench: {name} did not start")


@contextlib.contextmanager
def running(name, port, command):
    process = subprocess.Popen(["taskset", "-c", harness.SERVER_CORE, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_listens(name, port)
        yield endpoint
    finally:
        process.kill()
        process.wait()


def dynalite():
    """A context manager that gives the endpoint, or None where it is not installed."""
    program = HERE / "node_modules" / "dynalite" / "cli.js"
    if not program.exists():
        print("dynalite is not installed: npm ci --prefix bench/dynamodb", file=sys.stderr)
        return None
    return running("dynalite", 14567, ["node", program, "--port", "14567", "--createTableMs", "0"])


PEERS = {"dynalite": dynalite}


def client(endpoint):
    return boto3.client("dynamodb", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
