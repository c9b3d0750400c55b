"""Functions through the API: what they can reach, how they fail, and that nothing of theirs outlives its time."""
import base64
import io
import json
import os
import pathlib
import subprocess
import time
import zipfile

import botocore.exceptions
import pytest
from conftest import NO_RETRIES, ROOT

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def zip_of(files, modes=None):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (0o100000 | (modes or {}).get(name, 0o644)) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def role(server):
    return server.client("iam").create_role(RoleName="lambda-tests", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]


@pytest.fixture
def make(server, role):
    """make(name, files, ...) creates a function that goes with the test; returns invoke(payload)."""
    client = server.client("lambda")
    made = []

    def create(name, files, runtime="python3.11", handler="index.handler", modes=None, **more):
        client.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role=role,
                               Code={"ZipFile": zip_of(files, modes)}, **{"Timeout": 10, **more})
        made.append(name)

        def invoke(payload=None, **arguments):
            answer = client.invoke(FunctionName=name, Payload=json.dumps(payload), **arguments)
            text = answer["Payload"].read()
            return answer, json.loads(text) if text else None
        return invoke

    yield create
    for name in made:
        client.delete_function(FunctionName=name)


def python(body):
    return {"index.py": "import os, json, time\n" + body}


def test_no_view_of_brumes_data_or_of_other_processes(server, make):
    invoke = make("peek", python(f"""
def handler(event, context):
    seen = []
    for path in ({str(server.folder)!r}, {str(server.folder.parent)!r}, {str(ROOT)!r}, '/root'):
        try:
            seen.append([path, os.listdir(path)])
        except OSError as error:
            pass
    pids = [p for p in os.listdir('/proc') if p.isdigit()]
    names = [open(f'/proc/{{p}}/comm').read().strip() for p in pids]
    writable = []
    for path in ('/var/task/x', '/usr/x', '/etc/x', '/x'):
        try:
            open(path, 'w').close()
            writable.append(path)
        except OSError:
            pass
    open('/tmp/x', 'w').close()
    return dict(seen=seen, names=names, writable=writable, uid=os.getuid())
"""))
    _, found = invoke()
    assert [entry for entry in found["seen"] if entry[1]] == []
    assert not any("brume" == name for name in found["names"]) and len(found["names"]) <= 4
    assert found["writable"] == []
    assert found["uid"] != 0


def test_timeout_kills_everything_that_the_function_started(make):
    invoke = make("sleeper", python("""
import subprocess
def handler(event, context):
    subprocess.Popen(['sh', '-c', 'exec sleep 4242'])
    time.sleep(60)
"""), Timeout=1)
    begin = time.time()
    answer, body = invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in body["errorMessage"]
    assert time.time() - begin < 5
    time.sleep(0.3)
    assert subprocess.run(["pgrep", "-f", "sleep 4242"], capture_output=True).returncode == 1


def test_errors_have_aws_shapes(make):
    invoke = make("fails", python("""
def handler(event, context):
    if event == 'exit': os._exit(3)
    if event == 'raise': raise ValueError('no good')
    return 'fine'
"""))
    answer, body = invoke("raise")
    assert answer["FunctionError"] == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("ValueError", "no good")
    answer, body = invoke("exit")
    assert answer["FunctionError"] == "Unhandled"
    assert body["errorType"] == "Runtime.ExitError" and "exit status 3" in body["errorMessage"]
    assert invoke("again")[1] == "fine"


def test_crash_in_init_and_missing_handler(make):
    answer, body = make("init-crash", python("raise RuntimeError('at import')\n"))()
    assert answer["FunctionError"] == "Unhandled" and body["errorType"] == "RuntimeError"
    answer, body = make("no-module", python(""), handler="absent.handler")()
    assert body["errorType"] == "Runtime.ImportModuleError"
    answer, body = make("no-handler", python("x = 1\n"))()
    assert body["errorType"] == "Runtime.HandlerNotFound"


def test_environment_is_reused_and_replaced_on_update(server, make):
    source = "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return [os.environ['WHO'], count]\n"
    invoke = make("warm", python(source), Environment={"Variables": {"WHO": "a"}})
    assert [invoke()[1], invoke()[1]] == [["a", 1], ["a", 2]]
    server.client("lambda").update_function_configuration(FunctionName="warm", Environment={"Variables": {"WHO": "b"}})
    assert invoke()[1] == ["b", 1]
    server.client("lambda").update_function_code(FunctionName="warm", ZipFile=zip_of(python(source.replace("count += 1", "count += 10"))))
    assert invoke()[1] == ["b", 10]


def test_log_tail_and_log_groups(server, make):
    invoke = make("talker", python("def handler(event, context):\n    print('hello from inside')\n"))
    answer, _ = invoke(LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.startswith("START RequestId: ") and "hello from inside" in tail and "REPORT RequestId: " in tail
    events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/talker", filterPattern='"hello from inside"')["events"]
    assert [event["message"].strip() for event in events] == ["hello from inside"]


def test_event_and_dry_run(server, make):
    invoke = make("later", python("def handler(event, context):\n    print('ran with', event)\n"))
    assert invoke("x", InvocationType="DryRun")[0]["StatusCode"] == 204
    assert invoke("async-payload", InvocationType="Event")[0]["StatusCode"] == 202
    deadline = time.time() + 20
    while time.time() < deadline:
        try:
            events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/later", filterPattern='"ran with"')["events"]
        except botocore.exceptions.ClientError:
            events = []
        if events:
            break
        time.sleep(0.1)
    assert [event["message"].strip() for event in events] == ["ran with async-payload"]


def test_bad_packages_and_parameters(server, role):
    client = server.client("lambda")

    def refused(text, **arguments):
        base = dict(FunctionName="bad", Runtime="python3.11", Handler="i.h", Role=role, Code={"ZipFile": zip_of({"i.py": ""})})
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            client.create_function(**{**base, **arguments})
        assert text in str(caught.value), caught.value

    refused("Could not unzip uploaded file", Code={"ZipFile": b"not a zip"})
    refused("Could not unzip uploaded file", Code={"ZipFile": zip_of({"../escape.py": ""})})
    foreign = server.client("iam").create_role(RoleName="of-another-service", AssumeRolePolicyDocument=TRUST.replace("lambda.", "ec2."))
    refused("cannot be assumed by Lambda", Role=foreign["Role"]["Arn"])
    refused("Cross-account pass role is not allowed.", Role="arn:aws:iam::999999999999:role/nobody")
    refused("reserved keys", Environment={"Variables": {"AWS_REGION": "x"}})
    refused("enum value set", Runtime="cobol85")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="bad")
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.create_function(FunctionName="json", Runtime="python3.11", Handler="i.h", Role=role, Code={"ZipFile": zip_of({"i.py": ""})})
        try:
            client.invoke(FunctionName="json", Payload=b"{not json")
        finally:
            client.delete_function(FunctionName="json")


def test_code_location_gives_the_package_back(server, make):
    import urllib.request
    files = python("def handler(event, context):\n    return 1\n")
    make("download", files)
    location = server.client("lambda").get_function(FunctionName="download")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        with zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
            assert archive.read("index.py").decode() == files["index.py"]


def test_native_function_on_provided_al2023(make, tmp_path):
    source = tmp_path / "bootstrap.cpp"
    header = ROOT / "runtimes" / "cpp" / "brume_function.h"
    example = ROOT / "runtimes" / "cpp" / "echo.cpp"
    binary = tmp_path / "bootstrap"
    subprocess.run(["g++", "-std=c++20", "-O1", "-static", f"-I{header.parent}", "-o", binary, example], check=True)
    invoke = make("native", {"bootstrap": binary.read_bytes()}, runtime="provided.al2023", handler="none", modes={"bootstrap": 0o755})
    assert invoke({"a": [1, 2]})[1] == {"a": [1, 2]}


def test_functions_survive_a_restart(new_server):
    first = new_server()
    arn = first.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    first.client("lambda").create_function(FunctionName="stays", Runtime="python3.11", Handler="index.handler", Role=arn,
                                           Code={"ZipFile": zip_of(python("def handler(event, context):\n    return event\n"))})
    first.kill()
    second = new_server(folder=first.folder)
    assert json.loads(second.client("lambda").invoke(FunctionName="stays", Payload=b"[1]")["Payload"].read()) == [1]
    assert second.stop() == 0


def test_files_that_the_zip_keeps_from_others_cannot_be_read(make):
    """A package built with umask 077, whose every file says 0600."""
    source = python("def handler(event, context):\n    return open('data.txt').read()\n")
    _, error = make("closed-data", {**source, "data.txt": "x"}, modes={"data.txt": 0o600})()
    assert (error["errorType"], error["errorMessage"]) == ("PermissionError", "[Errno 13] Permission denied: 'data.txt'")
    _, error = make("closed", {"index.js": "exports.handler = async () => 1"}, runtime="nodejs20.x", modes={"index.js": 0o600})()
    assert error["errorMessage"].startswith("EACCES: permission denied, open '/var/task/index.js'")
    assert make("open", {**source, "data.txt": "x"}, modes={"data.txt": 0o604})()[1] == "x"


def test_runtimes_newer_than_the_hosts_interpreters(new_server):
    """Refused unless asked for, which open mode does."""
    server = new_server("--no-any-runtime-version")
    client = server.client("lambda", config=NO_RETRIES)
    role = server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code = {"ZipFile": zip_of(python("def handler(event, context):\n    return 1\n"))}
    client.create_function(FunctionName="newer", Runtime="python3.14", Handler="index.handler", Role=role, Code=code)
    client.create_function(FunctionName="older", Runtime="python3.8", Handler="index.handler", Role=role, Code=code)
    asked = subprocess.run([os.environ.get("BRUME_PYTHON", "python3"), "-c", "import sys; print(sys.version_info[1])"],
                           capture_output=True, text=True)
    if not 8 < int(asked.stdout) < 14:
        pytest.skip("python 3." + asked.stdout)
    with pytest.raises(botocore.exceptions.ClientError, match="this host has no interpreter for python3.14, only python 3."):
        client.invoke(FunctionName="newer", Payload=b"{}")
    tail = client.invoke(FunctionName="older", Payload=b"{}", LogType="Tail")
    assert tail["Payload"].read() == b"1"
    events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/older")["events"]
    assert any(event["message"].startswith("RUNTIME python3.8 is run by python 3.") for event in events)


def gauges(server):
    return {name.removeprefix("brume_"): float(value) for name, value in
            (line.split(" ") for line in server.get("/_brume/metrics").splitlines()
             if line.startswith(("brume_environments_", "brume_async_")))}


def wait_for(server, **expected):
    give_up = time.monotonic() + 20
    while any((seen := gauges(server))[name] != value for name, value in expected.items()):
        assert time.monotonic() < give_up, seen
        time.sleep(0.05)


def test_metrics_show_environments_and_the_queue(new_server):
    server = new_server("--function-memory-mb", "256", "--async-retry-seconds", "1")
    role = server.client("iam").create_role(RoleName="metrics", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client = server.client("lambda", config=NO_RETRIES)
    code = zip_of(python("def handler(event, context):\n    time.sleep(event['sleep'])\n    return 1 / event['divisor']\n"))
    for name, megabytes in (("a", 128), ("b", 128), ("c", 128), ("huge", 512)):
        client.create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role,
                               Code={"ZipFile": code}, Timeout=20, MemorySize=megabytes)

    def invoke(name, kind="RequestResponse", sleep=0.0, divisor=1):
        return client.invoke(FunctionName=name, InvocationType=kind, Payload=json.dumps({"sleep": sleep, "divisor": divisor}))

    wait_for(server, environments_idle=0, environments_memory_mb=0, environments_memory_max_mb=256, async_queued=0)
    for name in "abc":
        assert "FunctionError" not in invoke(name)
    wait_for(server, environments_idle=2, environments_memory_mb=256, environments_evicted=1, environments_refused=0)
    with pytest.raises(botocore.exceptions.ClientError):
        invoke("huge")
    wait_for(server, environments_refused=1)
    invoke("b", "Event", sleep=2)
    wait_for(server, async_queued=1, async_running=1, environments_busy=1, environments_idle=1)
    wait_for(server, async_queued=0, async_running=0, async_attempts=1, environments_busy=0)
    invoke("b", "Event", divisor=0)
    wait_for(server, async_queued=0, async_attempts=4, async_dropped_errors=1)
    assert gauges(server)["environments_prepared"] >= 1
