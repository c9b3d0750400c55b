"""Functions change in a moment that no waiter sleeps for, and are changed by one caller at a time."""
import json
import subprocess
import time

import botocore.exceptions
import pytest
from conftest import AWS_CLI, NO_RETRIES
from test_lambda import TRUST, python, zip_of

CODE = {"ZipFile": zip_of(python("def handler(event, context): return boto3_arn()\n"
                                 "def boto3_arn():\n    import boto3\n"
                                 "    return boto3.client('sts').get_caller_identity()['Arn']\n"))}


def create(server, name, **more):
    iam = server.client("iam")
    try:
        iam.create_role(RoleName="states", AssumeRolePolicyDocument=TRUST)
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    return server.client("lambda", config=NO_RETRIES).create_function(
        FunctionName=name, Runtime="python3.11", Handler="index.handler", Role="arn:aws:iam::000000000000:role/states",
        Code=CODE, Timeout=10, **more)


def test_no_waiter_sleeps(new_server):
    server = new_server()
    client = server.client("lambda")
    names = [name for name in client.waiter_names if name.startswith("function_")]
    assert {"function_active", "function_active_v2", "function_exists", "function_updated", "function_updated_v2"} <= set(names)
    for number, name in enumerate(names):
        function = f"f{number}"
        assert create(server, function)["State"] == "Pending"
        if "updated" in name:
            client.get_waiter("function_active_v2").wait(FunctionName=function)
            changed = client.update_function_configuration(FunctionName=function, Timeout=9)
            assert changed["LastUpdateStatus"] == "InProgress"
        begin = time.monotonic()
        client.get_waiter(name).wait(FunctionName=function)
        assert time.monotonic() - begin < 0.9, name  # the shortest sleep of a waiter is a second


@pytest.mark.parametrize("waiter", ["function-active-v2", "function-updated-v2", "function-exists"])
def test_the_command_lines_waiters_do_not_sleep(server, waiter):
    create(server, waiter)
    if "updated" in waiter:
        server.client("lambda").get_waiter("function_active_v2").wait(FunctionName=waiter)
        server.client("lambda").update_function_code(FunctionName=waiter, **CODE)
    polls = subprocess.run([AWS_CLI, "--debug", "--endpoint-url", server.endpoint, "lambda", "wait", waiter, "--function-name", waiter],
                           capture_output=True, text=True, timeout=60)
    assert polls.returncode == 0, polls.stderr[-2000:]
    assert polls.stderr.count("Event needs-retry.lambda.") == 1, "it asked once"
    server.client("lambda").delete_function(FunctionName=waiter)


def test_a_long_change_shows_and_stands_in_the_way(new_server):
    server = new_server("--function-delay", "1500")
    client = server.client("lambda", config=NO_RETRIES)
    create(server, "f")
    shown = client.get_function(FunctionName="f")["Configuration"]
    assert (shown["State"], shown["StateReasonCode"]) == ("Pending", "Creating")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.update_function_configuration(FunctionName="f", Timeout=9)
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    answer = client.invoke(FunctionName="f")
    assert "FunctionError" not in answer, "an invoke does not fail for it"
    client.get_waiter("function_active_v2").wait(FunctionName="f")
    client.update_function_configuration(FunctionName="f", Timeout=9)
    assert client.get_function_configuration(FunctionName="f")["LastUpdateStatus"] == "InProgress"
    server.stop()
    server.start()
    time.sleep(1.5)
    client = server.client("lambda")
    assert client.get_function_configuration(FunctionName="f")["LastUpdateStatus"] == "Successful"


def test_each_function_has_a_session_named_after_it(new_server):
    server = new_server()
    for name, session in (("f", "f@lambda_function"), ("fn", "fn")):
        create(server, name)
        answer = server.client("lambda").invoke(FunctionName=name)
        assert json.load(answer["Payload"]) == f"arn:aws:sts::000000000000:assumed-role/states/{session}"


def test_a_body_too_large(new_server):
    server = new_server()
    create(server, "f")
    client = server.client("lambda", config=NO_RETRIES)
    client.get_waiter("function_active_v2").wait(FunctionName="f")
    for size in (53_000_000, 64_000_000):  # beyond Lambda's limit, and beyond that of the connection
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            client.update_function_code(FunctionName="f", ZipFile=b"x" * size)
        answer = refused.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 413
        assert answer["Error"] == {"Code": "RequestEntityTooLargeException",
                                   "Message": "Request must be smaller than 70167211 bytes for the UpdateFunctionCode operation"}
