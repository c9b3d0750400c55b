"""A full disk, a read-only file system, a damaged file: clear errors, nothing acknowledged is lost, no crash."""
import contextlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import botocore.exceptions
import pytest
from botocore.config import Config

from conftest import BRUME, NO_RETRIES, Server, skip_without_sandbox

KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": "id", "AttributeType": "S"}]
MIB = 1024 * 1024


@contextlib.contextmanager
def file_system(folder, size):
    """A file system of `size` MiB at `folder`, in a mount namespace of its own; gives the command that enters it."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--user", "--map-root-user"]
    holder = subprocess.Popen([*unshare, "sh", "-c", 'mount -t tmpfs -o size="$2"m tmpfs "$1" && echo ready && exec sleep 600',
                               "sh", folder, str(size)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if holder.stdout.readline() != "ready\n":
            skip_without_sandbox("this host allows no mount namespaces: " + holder.stderr.read().strip())
        enter = ["nsenter", "--mount", "--target", str(holder.pid)]
        yield enter if os.geteuid() == 0 else [*enter, "--user", "--preserve-credentials"]
    finally:
        holder.kill()
        holder.communicate()


def create_table(client):
    client.create_table(TableName="disk", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=ATTRIBUTES, KeySchema=KEY)
    client.get_waiter("table_exists").wait(TableName="disk", WaiterConfig={"Delay": 1})


def fill_until_refused(client, most, first=0):
    """Names of the acknowledged items, and the error."""
    acknowledged = []
    for n in range(first, first + most):
        name = f"item-{n}"
        try:
            client.put_item(TableName="disk", Item={"id": {"S": name}, "filler": {"B": os.urandom(300_000)}})
        except botocore.exceptions.ClientError as error:
            return acknowledged, error
        acknowledged.append(name)
    return acknowledged, None


def assert_all_there(client, names):
    for name in names:
        item = client.get_item(TableName="disk", Key={"id": {"S": name}}, ConsistentRead=True).get("Item")
        assert item and len(item["filler"]["B"]) == 300_000, name


def health(server, path="/_brume/health/ready"):
    """Status and reasons."""
    try:
        with urllib.request.urlopen(server.endpoint + path, timeout=10) as answer:
            return answer.status, json.load(answer).get("reasons", [])
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["reasons"]


def metric(server, name):
    lines = [line for line in server.get("/_brume/metrics").splitlines() if line.startswith(name + " ")]
    return float(lines[0].split()[1])


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def check_store(enter, server):
    done = subprocess.run([*enter, BRUME, "store", "check", server.folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def resize(enter, folder, megabytes):
    subprocess.run([*enter, "mount", "-o", f"remount,size={megabytes}m", "tmpfs", folder], check=True)


@contextlib.contextmanager
def server_on(tmp_path, megabytes, *options):
    """A server with its data on a file system of its own, the command that enters it, and its folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with file_system(folder, megabytes) as enter:
        server = Server(folder / "data", *options)
        server.log = tmp_path / "log"
        server.prefix = enter
        server.start()
        try:
            yield server, enter, folder
        finally:
            if server.process.poll() is None:
                server.kill()


class Filler:
    """A file that takes all room but a given rest, as the server counts it."""

    def __init__(self, server, enter, folder):
        self.server, self.enter, self.path, self.size = server, enter, folder / "filler", 0

    def leave(self, megabytes, level):
        """Waits until the server has settled at `level`: what it holds in memory may become files meanwhile."""
        calm = 0

        def settled():
            nonlocal calm
            free = metric(self.server, "brume_disk_free_bytes")
            if abs(free - megabytes * MIB) > 2 * MIB:
                self.size = max(0, self.size + int(free) - megabytes * MIB)
                subprocess.run([*self.enter, "truncate", "-s", str(self.size), self.path], check=True)
                if self.size:
                    subprocess.run([*self.enter, "fallocate", "-l", str(self.size), self.path], check=True)
                time.sleep(0.5)  # the server looks five times a second
            calm = calm + 1 if metric(self.server, "brume_disk_level") == level else 0
            return calm >= 10
        wait_until(settled)

    def remove(self):
        self.size = 0
        subprocess.run([*self.enter, "rm", self.path], check=True)


def refusal(call, **arguments):
    """Code, status and text of the error that `call` ends with."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**arguments)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_three_marks(tmp_path):
    """First logs are refused, then writes but not what frees space, then everything but reads; each goes on when it can."""
    with server_on(tmp_path, 500, "--disk-reserve-mb", "60") as (server, enter, folder):
        client, logs, iam = (server.client(service, config=NO_RETRIES) for service in ("dynamodb", "logs", "iam"))
        filler = Filler(server, enter, folder)
        create_table(client)
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")

        def put(name):
            client.put_item(TableName="disk", Item={"id": {"S": name}, "filler": {"B": b"x" * 300}})

        def put_events():
            now = int(time.time() * 1000)
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now, "message": "m"}])

        def delete(name):
            client.delete_item(TableName="disk", Key={"id": {"S": name}})

        def there(name):
            return "Item" in client.get_item(TableName="disk", Key={"id": {"S": name}}, ConsistentRead=True)

        for name in ("a", "b"):
            put(name)
        put_events()
        assert health(server) == (200, []) and metric(server, "brume_disk_level") == 0

        filler.leave(90, level=1)
        code, status, text = refusal(put_events)
        assert (code, status) == ("ServiceUnavailableException", 500) and "getting full" in text
        put("c")
        assert there("c") and health(server) == (200, [])

        filler.leave(38, level=2)
        refused = metric(server, "brume_disk_refused_writes")
        code, status, text = refusal(put, name="d")
        assert (code, status) == ("InternalServerError", 500) and "almost full" in text
        assert refusal(iam.create_user, UserName="u")[:2] == ("ServiceFailure", 500)
        assert metric(server, "brume_disk_refused_writes") >= refused + 2 and metric(server, "brume_store_writable") == 1
        assert health(server) == (503, ["disk_space_critical"])
        assert health(server, "/_brume/health/live") == (200, [])
        delete("a")  # what frees space goes on
        assert not there("a") and there("b") and not there("d")
        lines = server.log.read_text().count("\n")
        for _ in range(50):
            refusal(put, name="d")
        assert server.log.read_text().count("\n") - lines < 20, "a refused write writes no log line"

        filler.leave(8, level=3)
        assert refusal(delete, name="b")[:2] == ("InternalServerError", 500)
        assert there("b") and health(server) == (503, ["disk_space_critical"])

        filler.leave(38, level=2)
        delete("b")
        filler.remove()
        wait_until(lambda: health(server) == (200, []) and metric(server, "brume_disk_level") == 0)
        put("d")
        put_events()
        iam.create_user(UserName="u")
        assert there("d") and not there("b")
        log = server.log.read_text()
        assert "store_write_failed" not in log and "level=error" not in log
        assert server.stop() == 0
        check_store(enter, server)


@pytest.mark.parametrize("durability", ["sync", "relaxed"])
def test_writes_are_refused_before_the_disk_is_full_and_go_on_when_there_is_room(tmp_path, durability):
    """The server's own writes fill the disk as fast as they can: its log never meets a full one."""
    with server_on(tmp_path, 400, "--durability", durability, "--disk-reserve-mb", "60") as (server, enter, folder):
        client = server.client("dynamodb", config=NO_RETRIES)
        create_table(client)
        acknowledged = []
        end = time.monotonic() + 8
        refused = 0
        while time.monotonic() < end:  # what was in memory and in the log becomes a file: that makes room for some more
            more, error = fill_until_refused(client, 2000, len(acknowledged))
            acknowledged += more
            if error is not None:
                assert error.response["Error"]["Code"] == "InternalServerError"
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
                assert "almost full" in error.response["Error"]["Message"]
                refused += 1
                time.sleep(0.1)
        assert refused >= 1 and len(acknowledged) > 300
        assert metric(server, "brume_store_writable") == 1
        assert_all_there(client, acknowledged)  # reads go on
        log = server.log.read_text()
        assert "store_write_failed" not in log, "the store's log never met a full disk"
        assert "level=error" not in log and log.count("store_compaction_waits") <= 2

        resize(enter, folder, 900)
        wait_until(lambda: health(server) == (200, []))
        client.put_item(TableName="disk", Item={"id": {"S": "again"}, "filler": {"B": os.urandom(300_000)}})
        acknowledged.append("again")
        server.kill()
        server.start()
        assert_all_there(server.client("dynamodb", config=NO_RETRIES), acknowledged)
        assert server.stop() == 0
        check_store(enter, server)


@pytest.mark.parametrize("durability", ["sync", "relaxed"])
def test_full_disk_all_the_same(tmp_path, durability):
    """Another program takes all space faster than anybody looks: the failed write is answered so, and the store recovers."""
    with server_on(tmp_path, 300, "--durability", durability, "--disk-reserve-mb", "1") as (server, enter, folder):
        client = server.client("dynamodb", config=NO_RETRIES)
        create_table(client)
        acknowledged = []
        for n in range(3):
            filler = folder / "filler"
            subprocess.run([*enter, "sh", "-c", 'head -c 1G /dev/zero > "$1"', "sh", filler], capture_output=True)
            more, error = fill_until_refused(client, 2000)
            acknowledged += more
            assert error is not None and error.response["Error"]["Code"] == "InternalServerError"
            assert health(server)[0] == 503 and health(server, "/_brume/health/live")[0] == 200
            assert_all_there(client, more)  # reads go on
            subprocess.run([*enter, "rm", filler], check=True)
            wait_until(lambda: health(server) == (200, []))
            client.put_item(TableName="disk", Item={"id": {"S": f"again-{n}"}, "filler": {"B": os.urandom(300_000)}})
            acknowledged.append(f"again-{n}")
            assert_all_there(client, acknowledged)
        server.kill()
        server.start()
        assert_all_there(server.client("dynamodb", config=NO_RETRIES), acknowledged)
        assert server.stop() == 0
        check_store(enter, server)


def test_read_only_file_system_is_refused_at_the_start(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    with file_system(folder, 64) as enter:
        server = Server(folder / "data")
        server.log = tmp_path / "log"
        server.prefix = enter
        server.start()
        assert server.stop() == 0
        subprocess.run([*enter, "mount", "-o", "remount,ro", "tmpfs", folder], check=True)
        done = subprocess.run([*enter, BRUME, "serve", "--listen", "127.0.0.1:0", "--data", folder / "data"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1 and "read-only" in done.stderr.lower(), done.stderr


def test_damaged_file(tmp_path):
    server = Server(tmp_path / "data")
    server.start()
    client = server.client("dynamodb", config=NO_RETRIES)
    create_table(client)
    names = [f"item-{n}" for n in range(60)]
    for name in names:
        client.put_item(TableName="disk", Item={"id": {"S": name}, "filler": {"B": os.urandom(300_000)}})
    assert server.stop() == 0

    def largest():
        return max(server.folder.rglob("*.sst"), key=lambda path: path.stat().st_size)

    # A start rewrites a lone file with deleted keys in it, and a rewrite that meets the damage ends all writing: so that
    # is done before.
    for _ in range(5):
        file = largest()
        server.start()
        time.sleep(0.5)
        assert server.stop() == 0
        if largest() == file:
            break
    with open(file, "r+b") as damaged:
        damaged.seek(file.stat().st_size // 3)
        damaged.write(b"\xff" * 5000)

    checked = subprocess.run([BRUME, "store", "check", server.folder], capture_output=True, text=True)
    assert checked.returncode != 0 and "orrupt" in checked.stdout + checked.stderr

    server.start()
    try:
        client = server.client("dynamodb", config=Config(retries={"total_max_attempts": 1}, read_timeout=10))
        errors = 0
        for name in names:
            try:
                assert len(client.get_item(TableName="disk", Key={"id": {"S": name}})["Item"]["filler"]["B"]) == 300_000
            except botocore.exceptions.ClientError as error:
                assert error.response["Error"]["Code"] == "InternalServerError"
                errors += 1
        assert 0 < errors < 10, "only what lies in the damaged block is lost"
        client.put_item(TableName="disk", Item={"id": {"S": "new"}, "filler": {"S": "x"}})
        assert server.stop() == 0
    finally:
        if server.process.poll() is None:
            server.kill()
