#!/usr/bin/env python3
"""Kills the server (kill -9) at random moments of a write load and checks that nothing acknowledged is lost.

    tests/crash/kill9.py --rounds 50 [--seed N] [--connections 32]

Each connection owns its keys and writes rising revisions of them, with PutItem and UpdateItem; it notes what
it sent and what was acknowledged. After each restart every key must hold a revision between the last
acknowledged and the last sent one, whole (its checksum agrees). Then the stopped store is checked.
"""
import argparse
import hashlib
import http.client
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from conftest import BRUME, Server  # noqa: E402

TABLE = "crash"
KEYS_PER_WRITER = 8


def call(connection, operation, body):
    connection.request("POST", "/", json.dumps(body), {
        "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def item_of(key, revision, generator):
    filler = "".join(generator.choices("abcdefghij", k=generator.randrange(50, 2000)))
    digest = hashlib.sha256(f"{key}/{revision}/{filler}".encode()).hexdigest()
    return {"id": {"S": key}, "revision": {"N": str(revision)}, "filler": {"S": filler}, "digest": {"S": digest}}


class Writer(threading.Thread):
    def __init__(self, number, port, state, seed):
        super().__init__(daemon=True)
        self.number, self.port, self.state = number, port, state
        self.generator = random.Random(seed)
        self.failure = None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            while True:
                key = f"w{self.number}-{self.generator.randrange(KEYS_PER_WRITER)}"
                entry = self.state[key]
                revision = entry["sent"] + 1
                item = item_of(key, revision, self.generator)
                entry["sent"] = revision
                if self.generator.random() < 0.5:
                    status, answer = call(connection, "PutItem", {"TableName": TABLE, "Item": item})
                else:
                    status, answer = call(connection, "UpdateItem", {
                        "TableName": TABLE, "Key": {"id": item["id"]},
                        "UpdateExpression": "SET revision = :r, filler = :f, digest = :d",
                        "ExpressionAttributeValues": {":r": item["revision"], ":f": item["filler"], ":d": item["digest"]}})
                if status != 200:
                    self.failure = f"{status} {answer}"
                    return
                entry["acknowledged"] = revision
        except (OSError, http.client.HTTPException):
            pass  # the server was killed


def verify(port, state):
    """The lost or half-written keys, as sentences."""
    problems = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for key, entry in state.items():
        status, answer = call(connection, "GetItem", {"TableName": TABLE, "Key": {"id": {"S": key}}, "ConsistentRead": True})
        if status != 200:
            problems.append(f"{key}: {status} {answer}")
            continue
        item = answer.get("Item")
        if item is None:
            if entry["acknowledged"]:
                problems.append(f"{key}: revision {entry['acknowledged']} was acknowledged and the item is gone")
            continue
        revision = int(item["revision"]["N"])
        if not entry["acknowledged"] <= revision <= entry["sent"]:
            problems.append(f"{key}: holds revision {revision}, acknowledged {entry['acknowledged']}, sent {entry['sent']}")
        filler = item["filler"]["S"]
        if hashlib.sha256(f"{key}/{revision}/{filler}".encode()).hexdigest() != item["digest"]["S"]:
            problems.append(f"{key}: revision {revision} is half-written")
        entry["sent"] = max(entry["sent"], revision)
        entry["acknowledged"] = revision  # what was read must stay, too
    return problems


def main(rounds, connections, seed, quiet=False):
    """Returns the problems found over all rounds."""
    generator = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="brume-crash-")
    server = Server(pathlib.Path(folder) / "data", "--log-level", "warn")
    state = {f"w{n}-{k}": {"sent": 0, "acknowledged": 0} for n in range(connections) for k in range(KEYS_PER_WRITER)}
    problems = []
    try:
        server.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        status, answer = call(connection, "CreateTable", {
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})
        assert status == 200, answer
        while call(connection, "DescribeTable", {"TableName": TABLE})[1]["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(0.01)
        for number in range(rounds):
            writers = [Writer(n, server.port, state, generator.random()) for n in range(connections)]
            for writer in writers:
                writer.start()
            time.sleep(generator.uniform(0.05, 0.8))
            server.kill()
            for writer in writers:
                writer.join(20)
                if writer.failure:
                    problems.append(f"round {number}: writer {writer.number}: {writer.failure}")
            server.start()
            found = verify(server.port, state)
            problems += [f"round {number}: {problem}" for problem in found]
            if not quiet:
                total = sum(entry["acknowledged"] for entry in state.values())
                print(f"round {number + 1}/{rounds}: {total} revisions acknowledged so far, {len(found)} problems", flush=True)
        server.kill()
        checked = subprocess.run([BRUME, "store", "check", server.folder], capture_output=True, text=True)
        if checked.returncode != 0:
            problems.append(f"store check: {checked.stderr}")
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return problems


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    found = main(options.rounds, options.connections, options.seed)
    for problem in found:
        print(problem)
    print(f"kill9: {options.rounds} rounds, {len(found)} problems")
    sys.exit(1 if found else 0)
