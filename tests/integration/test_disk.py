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


@pytest.mark.parametrize("durability", ["sync", "relaxed"])
def test_writes_are_refused_before_the_disk_is_full_and_go_on_when_there_is_room(tmp_path, durability):
    with server_on(tmp_path, 400, "--durability", durability, "--disk-reserve-mb", "60") as (server, enter, folder):
        client = server.client("dynamodb", config=NO_RETRIES)
        create_table(client)
        assert health(server) == (200, [])
        acknowledged, error = fill_until_refused(client, 2000)
        assert error is not None, "the disk was never full"
        assert error.response["Error"]["Code"] == "InternalServerError"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert "almost full" in error.response["Error"]["Message"]
        assert len(acknowledged) > 300
        for _ in range(8):  # what was in memory and in the log becomes a file: that makes room for some more
            time.sleep(6)
            more, again = fill_until_refused(client, 2000, len(acknowledged))
            acknowledged += more
            if not more:
                break
        assert again is not None and not more
        wait_until(lambda: metric(server, "brume_disk_level") >= 2)
        assert health(server) == (503, ["disk_space_critical"])
        assert health(server, "/_brume/health/live") == (200, [])
        assert metric(server, "brume_disk_refused_writes") >= 1 and metric(server, "brume_store_writable") == 1
        assert_all_there(client, acknowledged)  # reads go on
        client.delete_item(TableName="disk", Key={"id": {"S": acknowledged[0]}})  # frees space
        assert "Item" not in client.get_item(TableName="disk", Key={"id": {"S": acknowledged.pop(0)}}, ConsistentRead=True)
        lines = server.log.read_text().count("\n")
        for _ in range(50):
            with pytest.raises(botocore.exceptions.ClientError):
                client.put_item(TableName="disk", Item={"id": {"S": "x"}, "filler": {"B": b"x" * 300_000}})
        assert server.log.read_text().count("\n") - lines < 20, "a refused write writes no log line"
        log = server.log.read_text()
        assert "store_write_failed" not in log, "the store's log never met a full disk"
        assert "level=error" not in log and log.count("store_compaction_waits") <= 2

        resize(enter, folder, 900)
        wait_until(lambda: health(server) == (200, []))
        client.put_item(TableName="disk", Item={"id": {"S": "again"}, "filler": {"B": os.urandom(300_000)}})
        assert_all_there(client, [*acknowledged, "again"])
        server.kill()
        server.start()
        assert_all_there(server.client("dynamodb", config=NO_RETRIES), [*acknowledged, "again"])
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
    file = max(server.folder.rglob("*.sst"), key=lambda path: path.stat().st_size)
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
