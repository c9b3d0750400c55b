#!/usr/bin/env python3
"""Kills the server (kill -9) at random moments while it takes and runs asynchronous invokes.

    tests/crash/async_kill9.py --kills 10 [--seed N]

What was answered 202 runs at least once; nothing runs for ever. An event whose function fails is tried three times in all,
however often the server dies between the attempts; only an attempt that was under way when it died is made again.
The function notes each of its runs in a table of the same server, so that what ran before a kill is known after it.
"""
import argparse
import http.client
import io
import json
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from conftest import Server  # noqa: E402
from kill9 import call  # noqa: E402

ATTEMPTS_MAX = 3  # AWS: a function error is tried again twice
RUNNING_MAX = 100  # of the queue at once: so many may be under way at a kill
CODE = '''
import http.client, json, os, random, time
def handler(event, context):
    where = os.environ["AWS_ENDPOINT_URL"].split("//")[1]
    connection = http.client.HTTPConnection(where, timeout=10)
    connection.request("POST", "/", json.dumps({"TableName": "runs", "Key": {"id": {"S": event["id"]}},
        "UpdateExpression": "ADD runs :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}),
        {"X-Amz-Target": "DynamoDB_20120810.UpdateItem", "Content-Type": "application/x-amz-json-1.0"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    time.sleep(random.random() * 0.02)
    if event["fail"]:
        raise ValueError("as told")
'''
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


class Sender(threading.Thread):
    """Sends events until the server dies; `accepted` are those answered 202, `sent` all that were begun."""

    def __init__(self, name, port, functions, seed):
        super().__init__(daemon=True)
        self.name, self.port, self.functions = name, port, functions
        self.generator = random.Random(seed)
        self.sent, self.accepted, self.failure = {}, set(), None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            for number in range(100_000):
                event = {"id": f"{self.name}-{number}", "fail": self.generator.random() < 0.2}
                self.sent[event["id"]] = event["fail"]
                connection.request("POST", f"/2015-03-31/functions/{self.generator.choice(self.functions)}/invocations",
                                   json.dumps(event), {"X-Amz-Invocation-Type": "Event"})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 202:
                    self.failure = f"{event['id']}: {answer.status}"
                    return
                self.accepted.add(event["id"])
                time.sleep(self.generator.random() * 0.02)
        except (OSError, http.client.HTTPException):
            pass  # the server was killed


def gauge(server, name):
    return float(re.search(rf"^brume_async_{name} (\S+)$", server.get("/_brume/metrics"), re.M).group(1))


def runs_of(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    found, start = {}, {}
    while True:
        status, answer = call(connection, "Scan", {"TableName": "runs", "ConsistentRead": True, **start})
        assert status == 200, answer
        found.update({item["id"]["S"]: int(item["runs"]["N"]) for item in answer["Items"]})
        if "LastEvaluatedKey" not in answer:
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def set_up(server):
    client = server.client("dynamodb")
    client.create_table(TableName="runs", BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    client.get_waiter("table_exists").wait(TableName="runs", WaiterConfig={"Delay": 1})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("index.py")
        entry.external_attr = 0o100644 << 16
        archive.writestr(entry, CODE)
    role = server.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    functions = ["first", "second"]
    for name in functions:
        server.client("lambda").create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role,
                                                Timeout=30, Code={"ZipFile": packed.getvalue()})
    return functions


def judge(accepted, sent, runs, kills):
    problems = [f"{event} was accepted and never ran" for event in accepted if event not in runs]
    problems += [f"{event} ran and was never sent" for event in runs if event not in sent]
    repeated = 0
    for event, times in runs.items():
        should = ATTEMPTS_MAX if sent.get(event) else 1
        if times > should + kills:
            problems.append(f"{event} ran {times} times")
        if times < should and event in accepted:
            problems.append(f"{event} ran {times} times rather than {should}")
        repeated += max(0, times - should)
    if repeated > RUNNING_MAX * kills:
        problems.append(f"{repeated} runs too many: more than can have been under way at {kills} kills")
    return problems, repeated


def main(kills, seed, quiet=False):
    """Returns the problems found."""
    generator = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="brume-async-crash-")
    server = Server(pathlib.Path(folder) / "data", "--log-level", "warn", "--async-retry-seconds", "1")
    accepted, sent, problems = set(), {}, []
    try:
        functions = set_up(server.start())
        for number in range(kills):
            senders = [Sender(f"k{number}-s{n}", server.port, functions, generator.random()) for n in range(4)]
            for sender in senders:
                sender.start()
            time.sleep(generator.uniform(0.3, 2.5))
            server.kill()
            for sender in senders:
                sender.join(20)
                accepted |= sender.accepted
                sent.update(sender.sent)
                if sender.failure:
                    problems.append(f"kill {number}: {sender.failure}")
            server.start()
        give_up = time.monotonic() + 120
        while (left := gauge(server, "queued")) > 0 and time.monotonic() < give_up:
            time.sleep(0.2)
        if left:
            problems.append(f"{left:g} events are not done with")
        attempts = gauge(server, "attempts")
        time.sleep(2.5)  # longer than the longest pause between attempts
        if gauge(server, "attempts") != attempts:
            problems.append("something still runs, though nothing is queued")
        for name in ("set_aside", "unrecorded", "dropped_age", "dropped_gone"):
            if gauge(server, name):
                problems.append(f"{name}: {gauge(server, name):g}")
        runs = runs_of(server.port)
        found, repeated = judge(accepted, sent, runs, kills)
        problems += found
        if not quiet:
            print(f"{len(accepted)} accepted, {sum(runs.values())} runs, {repeated} of them again after a kill")
        if len(accepted) < 10 * kills:
            problems.append(f"only {len(accepted)} events were accepted: nothing was tried")
        if server.stop() != 0:
            problems.append("the server did not stop cleanly")
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return problems


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    found = main(options.kills, options.seed)
    for problem in found[:50]:
        print(problem)
    print(f"async_kill9: {options.kills} kills, {len(found)} problems")
    sys.exit(1 if found else 0)
