"""No connection waits because another's request keeps an event loop busy."""
import concurrent.futures
import http.client
import json
import os
import re
import threading
import time

ITEMS = int(os.environ.get("BRUME_TOMBSTONES", "20000"))  # 1000000: five minutes


class Caller:
    """One connection."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def __call__(self, operation, **body):
        self.connection.request("POST", "/", json.dumps(body), {
            "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"})
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text[:500]
        return json.loads(text)


def make_table(server, name):
    call = Caller(server)
    call("CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
         AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
         KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
    while call("DescribeTable", TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.01)


def key(n):
    return {"pk": {"S": "queue"}, "sk": {"N": str(n)}}


def write_all(server, name, request_of, first, last, connections=8):
    """BatchWriteItem of request_of(n) for each n."""
    def write(part):
        call = Caller(server)
        numbers = range(first + part, last, connections)
        for at in range(0, len(numbers), 25):
            left = {name: [request_of(n) for n in numbers[at:at + 25]]}
            while left:
                left = call("BatchWriteItem", RequestItems=left)["UnprocessedItems"]
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(write, range(connections)))


def part_of(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Repeated:
    """Does something again and again on a thread of its own until the end of the block, and keeps how long each took."""

    def __init__(self, action):
        self.action, self.times, self.stop, self.error = action, [], threading.Event(), None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while not self.stop.is_set():
                begin = time.perf_counter()
                self.action()
                self.times.append(time.perf_counter() - begin)
        except Exception as error:  # noqa: BLE001  (shown by the test)
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        assert not self.error, self.error


def getting(server, name):
    call = Caller(server)
    return Repeated(lambda: call("GetItem", TableName=name, Key=key(0)))


def test_a_walk_over_deleted_items_holds_up_nobody(new_server):
    server = new_server("--loops", "1", "--log-level", "warn")
    make_table(server, "queue")
    make_table(server, "other")
    Caller(server)("PutItem", TableName="other", Item=key(0))
    write_all(server, "queue", lambda n: {"PutRequest": {"Item": key(n)}}, 0, ITEMS)
    write_all(server, "queue", lambda n: {"DeleteRequest": {"Key": key(n)}}, 0, ITEMS - 1)
    with getting(server, "other") as alone:
        time.sleep(2)
    query = Caller(server)
    walks = []
    with getting(server, "other") as beside:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            begin = time.perf_counter()
            found = query("Query", TableName="queue", KeyConditionExpression="pk = :p",
                          ExpressionAttributeValues={":p": {"S": "queue"}}, Limit=1)
            walks.append(time.perf_counter() - begin)
            assert found["Items"] == [key(ITEMS - 1)]
            time.sleep(0.002)
    quiet, loaded = part_of(alone.times, 0.99), part_of(beside.times, 0.99)
    print(f"walk {part_of(walks, 0.5) * 1000:.1f} ms, GetItem's p99 {loaded * 1000:.1f} ms, {quiet * 1000:.1f} ms without walks")
    # A machine that is busy with other things shows without walks, too.
    assert loaded < max(0.005, 4 * quiet), (loaded, quiet, part_of(walks, 0.5))


def stalls(server):
    """Upper bounds of the buckets of the first loop, and how many beats of its heart lie in each."""
    text = server.get("/_brume/metrics")
    found = re.findall(r'^brume_loop_stall_seconds_bucket\{loop="0",le="([^"]+)"\} (\d+)', text, re.M)
    total = 0
    buckets = []
    for bound, count in found:
        buckets.append((float(bound), int(count) - total))
        total = int(count)
    return buckets


def stall_at(before, after, part):
    counts = dict(before)
    new = [(bound, count - counts.get(bound, 0)) for bound, count in after]
    left = part * sum(count for _, count in new)
    for bound, count in new:
        left -= count
        if left <= 0:
            return bound
    return new[-1][0]


def test_loops_take_their_turns_under_load(new_server):
    """Large and small items, batches and pages, gzip; the metric says how long the loop was held."""
    server = new_server("--loops", "1", "--log-level", "warn", "--durability", "relaxed")
    make_table(server, "mixed")
    large = "x" * 300_000
    numbers = iter(range(1, 10_000_000))
    writer, reader, batches, scans = (Caller(server) for _ in range(4))
    write_all(server, "mixed", lambda n: {"PutRequest": {"Item": {**key(n), "data": {"S": large if n % 10 == 0 else "x" * 500}}}}, 0, 200)

    def page():
        scans.connection.request("POST", "/", json.dumps({"TableName": "mixed"}), {
            "X-Amz-Target": "DynamoDB_20120810.Scan", "Content-Type": "application/x-amz-json-1.0", "Accept-Encoding": "gzip"})
        assert scans.connection.getresponse().read()

    lateness = []

    def tick():  # what the machine itself does
        begin = time.perf_counter()
        time.sleep(0.002)
        lateness.append(time.perf_counter() - begin - 0.002)

    before = stalls(server)
    with (Repeated(lambda: writer("PutItem", TableName="mixed", Item={**key(1000 + next(numbers) % 1000), "data": {"S": "y" * 800}})),
          Repeated(lambda: reader("GetItem", TableName="mixed", Key=key(7))),
          Repeated(lambda: batches("BatchGetItem", RequestItems={"mixed": {"Keys": [key(n) for n in range(0, 100)]}})),
          Repeated(page), Repeated(tick)):
        time.sleep(6)
    after = stalls(server)
    beats = sum(count for _, count in after) - sum(count for _, count in before)
    worst, machine = stall_at(before, after, 0.999), part_of(lateness, 0.999)
    print(f"{beats} beats, p99.9 {worst * 1000:.1f} ms; a thread that sleeps: {machine * 1000:.1f} ms")
    assert beats > 200
    assert worst < 0.010 + 4 * machine, (worst, machine)
    assert float(re.search(r"^brume_loop_stall_max_seconds (\S+)", server.get("/_brume/metrics"), re.M).group(1)) > 0
