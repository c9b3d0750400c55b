"""The sample app, deployed by its own script with the aws command line, and used with plain HTTP."""
import json
import os
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import AWS_CLI, BRUME, ROOT


def http(method, url, body=None, headers=None):
    request = urllib.request.Request(url, method=method, data=body.encode() if body is not None else None, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def deploy(server):
    path = os.path.dirname(AWS_CLI) + os.pathsep + os.environ["PATH"]
    done = subprocess.run([ROOT / "examples/notes/deploy.sh"], capture_output=True, text=True, timeout=100,
                          env={**os.environ, "AWS_ENDPOINT_URL": server.endpoint, "PATH": path})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def notes(server):
    return deploy(server)


def test_create_read_update_delete(notes):
    status, body = http("POST", notes, json.dumps({"text": "hällo"}))
    assert status == 201, body
    note = json.loads(body)
    assert json.loads(http("GET", f"{notes}/{note['id']}")[1]) == note
    assert note in json.loads(http("GET", notes)[1])
    status, body = http("PUT", f"{notes}/{note['id']}", json.dumps({"text": "bye"}))
    assert (status, json.loads(body)["revision"], json.loads(body)["text"]) == (200, 2, "bye")
    assert http("DELETE", f"{notes}/{note['id']}")[0] == 200
    assert http("GET", f"{notes}/{note['id']}")[0] == 404


def test_bad_requests_reach_the_function(notes):
    assert http("POST", notes, "not json")[0] == 400
    assert http("PATCH", notes, "{}")[0] == 405


def test_host_name_style(server, notes):
    api = notes.split("/execute-api/")[1].split("/")[0]
    status, body = http("GET", server.endpoint + "/dev/notes", headers={"Host": f"{api}.execute-api.us-east-1.localhost:{server.port}"})
    assert status == 200, body
    assert http("GET", f"{server.endpoint}/restapis/{api}/dev/_user_request_/notes")[0] == 200


def test_deploying_twice_keeps_api_and_data(server, notes):
    status, body = http("POST", notes, json.dumps({"text": "stays"}))
    assert status == 201
    assert deploy(server) == notes
    assert http("GET", f"{notes}/{json.loads(body)['id']}")[0] == 200


def test_logs_command_prints_the_functions_lines(server, notes):
    http("GET", notes)
    done = subprocess.run([BRUME, "logs", "notes", "--endpoint", server.endpoint], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    for part in ("START RequestId: ", "GET /notes", "REPORT RequestId: "):
        assert part in done.stdout


def test_aws_logs_tail_prints_the_functions_lines(server, notes, aws):
    if aws("--version").startswith("aws-cli/1."):
        pytest.skip("`aws logs tail` is of version 2")
    http("GET", f"{notes}/tailed-by-the-aws-command")
    printed = aws("logs", "tail", "/aws/lambda/notes", "--since", "5m")
    for part in ("START RequestId: ", "GET /notes/tailed-by-the-aws-command", "REPORT RequestId: "):
        assert part in printed
    printed = aws("logs", "tail", "/aws/lambda/notes", "--format", "short", "--filter-pattern", '"GET /notes/tailed-by"')
    assert printed and all("GET /notes/tailed-by" in line for line in printed.splitlines())
