"""A full disk, a read-only file system, a damaged file: clear errors, nothing acknowledged is lost, no crash."""
import contextlib
import json
import os
import subprocess

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


def fill_until_refused(client, most):
    """Names of the acknowledged items, and the error."""
    acknowledged = []
    for n in range(most):
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


@pytest.mark.parametrize("durability", ["sync", "relaxed"])
def test_full_disk(tmp_path, durability):
    folder = tmp_path / "disk"
    folder.mkdir()
    with file_system(folder, 96) as enter:
        server = Server(folder / "data", "--durability", durability)
        server.log = tmp_path / "log"
        server.prefix = enter
        server.start()
        try:
            client = server.client("dynamodb", config=NO_RETRIES)
            create_table(client)
            acknowledged, error = fill_until_refused(client, 600)
            assert error is not None, "the disk was never full"
            assert error.response["Error"]["Code"] == "InternalServerError"
            assert len(acknowledged) > 50
            assert json.loads(server.get("/_brume/health")), "the server must go on answering"
            assert_all_there(client, acknowledged)  # reads go on
            assert "store_write_failed" in server.log.read_text()
            server.kill()
            subprocess.run([*enter, "mount", "-o", "remount,size=400m", "tmpfs", folder], check=True)
            server.start()
            client = server.client("dynamodb", config=NO_RETRIES)
            assert_all_there(client, acknowledged)
            client.put_item(TableName="disk", Item={"id": {"S": "again"}, "filler": {"B": b"x"}})
            assert server.stop() == 0
            subprocess.run([*enter, BRUME, "store", "check", server.folder], check=True, capture_output=True)
        finally:
            if server.process.poll() is None:
                server.kill()


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
