#!/usr/bin/env python3
"""Random reads, appends, conditional appends and transactions from many clients, with kill -9 of the server in between; the recorded
history is then checked (checker.py).

    tests/history/workload.py [--clients 16] [--seconds 10] [--kills 3] [--seed N] [--durability relaxed]

The table has an index and a stream, so that the store's own check, which runs at the end, has entries to compare.
"""
import argparse
import http.client
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import conftest  # noqa: E402
from checker import UNKNOWN, Operation, check  # noqa: E402

TABLE = "history"
ACTIVE_KEYS = 6          # few, so that clients meet
APPENDS_PER_KEY = 60     # then a fresh key takes its place: lists stay short
ACCOUNTS = 5
TOTAL = 1000


class NoAnswer(Exception):
    """The connection broke: nobody knows whether the request took effect."""


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(self, operation, body):
        """(status, answer). Raises NoAnswer."""
        try:
            self.connection.request("POST", "/", json.dumps(body), {
                "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection.close()
            raise NoAnswer from error


class Load:
    """What the clients share. Values are unique over the whole run."""

    def __init__(self, seed):
        self.lock = threading.Lock()
        self.history = []
        self.next_value = 0
        self.next_key = ACTIVE_KEYS
        self.keys = [f"k{n}" for n in range(ACTIVE_KEYS)]
        self.appended = {}
        self.problems = []
        self.seed = seed
        self.stop = threading.Event()

    def value(self):
        with self.lock:
            self.next_value += 1
            return self.next_value

    def pick(self, generator, count):
        with self.lock:
            return generator.sample(self.keys, count)

    def record(self, operation):
        with self.lock:
            self.history.append(operation)
            for key in operation.appends:
                self.appended[key] = self.appended.get(key, 0) + 1
                if self.appended[key] == APPENDS_PER_KEY and key in self.keys:
                    self.keys[self.keys.index(key)] = f"k{self.next_key}"
                    self.next_key += 1


def append_action(key, value, condition=None):
    action = {"TableName": TABLE, "Key": {"id": {"S": key}},
              "UpdateExpression": "SET l = list_append(if_not_exists(l, :none), :one), kind = :kind",
              "ExpressionAttributeValues": {":none": {"L": []}, ":one": {"L": [{"N": str(value)}]}, ":kind": {"S": f"kind{value % 3}"}}}
    if condition is not None:
        action["ConditionExpression"] = "size(l) = :size" if condition else "attribute_not_exists(l)"
        if condition:
            action["ExpressionAttributeValues"][":size"] = {"N": str(condition)}
    return action


def list_of(item):
    return [int(value["N"]) for value in item.get("l", {"L": []})["L"]]


class Worker(threading.Thread):
    def __init__(self, number, port, load):
        super().__init__(daemon=True)
        self.generator = random.Random(f"{load.seed}/{number}/{port}")
        self.client, self.load = Client(port), load

    def run(self):
        actions = [self.read, self.append, self.append, self.conditional_append, self.append_to_several, self.read_several,
                   self.transfer, self.add_up]
        try:
            while not self.load.stop.is_set():
                self.generator.choice(actions)()
        except NoAnswer:
            pass

    def expect(self, status, answer, *allowed):
        if status != 200 and answer.get("__type", "").split("#")[-1] not in allowed:
            self.load.problems.append(f"unexpected answer: {status} {answer}")

    def write(self, what, operation, body, appends, reads=None, allowed=()):
        """Records the write unless the server refused it."""
        record = Operation(time.monotonic(), UNKNOWN, appends=appends, reads={}, what=what)
        try:
            status, answer = self.client.call(operation, body)
        except NoAnswer:
            self.load.record(record)
            raise
        self.expect(status, answer, *allowed)
        if status == 200:
            record.end = time.monotonic()
            record.reads = reads or {}
            self.load.record(record)
        return status

    def read(self):
        [key] = self.load.pick(self.generator, 1)
        start = time.monotonic()
        status, answer = self.client.call("GetItem", {"TableName": TABLE, "Key": {"id": {"S": key}}, "ConsistentRead": True})
        self.expect(status, answer)
        seen = list_of(answer.get("Item", {}))
        self.load.record(Operation(start, time.monotonic(), reads={key: seen}, what="GetItem"))
        return key, seen

    def append(self):
        [key] = self.load.pick(self.generator, 1)
        value = self.load.value()
        self.write("UpdateItem", "UpdateItem", append_action(key, value), {key: value}, allowed=("TransactionConflictException",))

    def conditional_append(self):
        key, seen = self.read()
        value = self.load.value()
        self.write("UpdateItem if unchanged", "UpdateItem", append_action(key, value, len(seen)), {key: value}, {key: seen},
                   ("ConditionalCheckFailedException", "TransactionConflictException"))

    def append_to_several(self):
        appends = {key: self.load.value() for key in self.load.pick(self.generator, self.generator.randrange(2, 4))}
        body = {"TransactItems": [{"Update": append_action(key, value)} for key, value in appends.items()]}
        self.write("TransactWriteItems", "TransactWriteItems", body, appends, allowed=("TransactionCanceledException",))

    def read_several(self):
        keys = self.load.pick(self.generator, 3)
        start = time.monotonic()
        status, answer = self.client.call("TransactGetItems", {
            "TransactItems": [{"Get": {"TableName": TABLE, "Key": {"id": {"S": key}}}} for key in keys]})
        self.expect(status, answer, "TransactionCanceledException")
        if status == 200:
            reads = {key: list_of(found.get("Item", {})) for key, found in zip(keys, answer["Responses"])}
            self.load.record(Operation(start, time.monotonic(), reads=reads, what="TransactGetItems"))

    def transfer(self):
        source, target = self.generator.sample(range(ACCOUNTS), 2)
        amount = self.generator.randrange(1, 50)

        def move(account, by, **more):
            return {"Update": {"TableName": TABLE, "Key": {"id": {"S": f"account{account}"}}, "UpdateExpression": "ADD balance :by",
                               "ExpressionAttributeValues": {":by": {"N": str(by)}, **more.pop("values", {})}, **more}}
        body = {"TransactItems": [
            move(source, -amount, ConditionExpression="balance >= :least", values={":least": {"N": str(amount)}}), move(target, amount)]}
        status, answer = self.client.call("TransactWriteItems", body)
        self.expect(status, answer, "TransactionCanceledException")

    def add_up(self):
        status, answer = self.client.call("TransactGetItems", {
            "TransactItems": [{"Get": {"TableName": TABLE, "Key": {"id": {"S": f"account{n}"}}}} for n in range(ACCOUNTS)]})
        self.expect(status, answer, "TransactionCanceledException")
        if status == 200:
            total = sum(int(found["Item"]["balance"]["N"]) for found in answer["Responses"])
            if total != TOTAL * ACCOUNTS:
                self.load.problems.append(f"the accounts add up to {total}")


def prepare(server):
    client = Client(server.port)
    status, answer = client.call("CreateTable", {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "byKind", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                                    "Projection": {"ProjectionType": "ALL"}}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
    assert status == 200, answer
    while client.call("DescribeTable", {"TableName": TABLE})[1]["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.01)
    for n in range(ACCOUNTS):
        client.call("PutItem", {"TableName": TABLE, "Item": {"id": {"S": f"account{n}"}, "balance": {"N": str(TOTAL)}}})


def final_state(server):
    client = Client(server.port)
    final, request = {}, {"TableName": TABLE, "ConsistentRead": True}
    while True:
        _, answer = client.call("Scan", request)
        final |= {item["id"]["S"]: list_of(item) for item in answer["Items"] if not item["id"]["S"].startswith("account")}
        if "LastEvaluatedKey" not in answer:
            return final
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def run(folder, *, clients=16, seconds=8.0, kills=3, seed=1, durability="relaxed", binary=None):
    """Returns (problems, number of operations)."""
    if binary:
        conftest.BRUME = binary
    server = conftest.Server(pathlib.Path(folder) / "data", "--durability", durability)
    load = Load(seed)
    generator = random.Random(seed)
    try:
        for round_number in range(kills + 1):
            server.start()
            if round_number == 0:
                prepare(server)
            workers = [Worker(number, server.port, load) for number in range(clients)]
            for worker in workers:
                worker.start()
            time.sleep(seconds / (kills + 1) * generator.uniform(0.7, 1.3))
            if round_number < kills:
                server.kill()
            else:
                load.stop.set()
            for worker in workers:
                worker.join(30)
        final = final_state(server)
        if (status := server.stop()) != 0:
            load.problems.append(f"the server ended with {status}")
        done = conftest.subprocess.run([conftest.BRUME, "store", "check", server.folder], capture_output=True, text=True)
        if done.returncode != 0:
            load.problems.append(f"store check: {done.stdout}{done.stderr}")
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
    return load.problems + check(load.history, final), len(load.history)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--durability", default="relaxed")
    parser.add_argument("--binary")
    options = vars(parser.parse_args())
    folder = tempfile.mkdtemp(prefix="brume-history-")
    try:
        problems, operations = run(folder, **options)
    finally:
        shutil.rmtree(folder)
    print(f"{operations} operations, seed {options['seed']}: {len(problems)} problems")
    for problem in problems[:20]:
        print(problem[:2000])
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
