"""`brume clock`: what takes hours is tried in seconds, on an open server alone."""
import datetime
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from conftest import BRUME, NO_RETRIES, Server


def clock(server, *arguments):
    return subprocess.run([BRUME, "clock", "--endpoint", server.endpoint, *arguments], capture_output=True, text=True, timeout=20)


def ahead(server):
    done = clock(server, "show")
    assert done.returncode == 0, done.stderr
    when, seconds = re.fullmatch(r"(\S+)Z \((\d+) s ahead\)\n", done.stdout).groups()
    real = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    difference = (datetime.datetime.fromisoformat(when) - real).total_seconds()
    assert abs(difference - int(seconds)) < 5
    return int(seconds)


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "data").start()
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0


def test_items_expire_when_the_clock_passes_their_time(server):
    client = server.client("dynamodb")
    client.create_table(TableName="items", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    client.get_waiter("table_exists").wait(TableName="items")
    client.update_time_to_live(TableName="items", TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    now = int(time.time())
    for name, hours in (("soon", 1), ("late", 5)):
        client.put_item(TableName="items", Item={"id": {"S": name}, "end": {"N": str(now + hours * 3600)}})
    assert clock(server, "advance", "30m").returncode == 0
    assert len(client.scan(TableName="items")["Items"]) == 2
    assert clock(server, "advance", "1h").returncode == 0
    until(lambda: [item["id"]["S"] for item in client.scan(TableName="items")["Items"]] == ["late"])


def test_sessions_end_and_new_ones_begin(server):
    sts = server.client("sts", config=NO_RETRIES)
    role = "arn:aws:iam::000000000000:role/r"
    given = sts.assume_role(RoleArn=role, RoleSessionName="ses", DurationSeconds=3600)["Credentials"]
    assert clock(server, "advance", "2h").returncode == 0
    again = sts.assume_role(RoleArn=role, RoleSessionName="ses", DurationSeconds=3600)["Credentials"]
    assert again["Expiration"] - given["Expiration"] > datetime.timedelta(minutes=119)


def test_logs_are_kept_as_long_as_was_said_and_no_longer(server):
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}])
    assert len(logs.filter_log_events(logGroupName="g")["events"]) == 1
    assert clock(server, "advance", "2d").returncode == 0
    until(lambda: not logs.filter_log_events(logGroupName="g")["events"])


def test_it_stays_ahead_after_a_kill_and_never_goes_back(server):
    assert ahead(server) == 0
    assert clock(server, "advance", "90s").stdout.endswith("(90 s ahead)\n")
    assert clock(server, "advance", "1.5h").stdout.endswith("(5490 s ahead)\n")
    server.kill()
    server.start()
    assert ahead(server) == 5490
    assert "event=clock_ahead" in server.log.read_text()


@pytest.mark.parametrize("duration", ["", "2", "2y", "-2h", "0s", "h", "2h3m", "1e3s", "nan", "inf", "99999999d", "0.1ms", "٣h"])
def test_what_is_no_duration_is_refused(server, duration):
    done = clock(server, "advance", "--", duration)
    assert done.returncode != 0 and done.stderr
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(urllib.request.Request(server.endpoint + "/_brume/clock?advance=" + urllib.request.quote(duration), method="POST"))
    assert raised.value.code == 400 and "must be a duration" in json.load(raised.value)["message"]
    assert ahead(server) == 0


def test_a_century_is_the_most(server):
    assert clock(server, "advance", "36499d").returncode == 0
    done = clock(server, "advance", "2d")
    assert done.returncode == 1 and "more than a hundred years" in done.stderr
    assert ahead(server) == 36499 * 86400


def test_with_signatures_it_is_refused_and_they_are_checked_against_the_worlds_time(tmp_path):
    server = Server(tmp_path / "data").start()
    assert clock(server, "advance", "2h").returncode == 0
    assert server.stop() == 0
    made = subprocess.run([BRUME, "keys", "create", "--data", server.folder], capture_output=True, text=True, check=True).stdout
    keys = dict(re.findall(r"export AWS_(\w+)=(\S+)", made))
    server.options = ("--auth", "sigv4")
    server.start()
    try:
        signed = {"aws_access_key_id": keys["ACCESS_KEY_ID"], "aws_secret_access_key": keys["SECRET_ACCESS_KEY"], "config": NO_RETRIES}
        assert server.client("dynamodb", **signed).list_tables()["TableNames"] == []
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(urllib.request.Request(server.endpoint + "/_brume/clock?advance=2h", method="POST"))
        assert raised.value.code == 403
        done = subprocess.run(["curl", "-s", "--unix-socket", server.folder / "admin.sock", "-X", "POST", "http://localhost/_brume/clock?advance=2h"],
                              capture_output=True, text=True)
        assert "--auth open alone" in done.stdout
    finally:
        assert server.stop() == 0
