"""HTTP/2 through curl (nghttp2): what clients see of it over TLS and in clear, on the services and on deployed APIs."""
import json
import subprocess
import urllib.request

import pytest

DYNAMODB = ["-H", "Content-Type: application/x-amz-json-1.0",
            "-H", "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"]


def curl(*arguments, body=None):
    """(version, status, body) of one call."""
    done = subprocess.run(["curl", "-sS", "--max-time", "30", "-w", "\n%{http_version} %{http_code}", *arguments],
                          input=body, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, done.stderr
    body, _, facts = done.stdout.rpartition("\n")
    version, status = facts.split()
    return version, int(status), body


def call(endpoint, operation, body, *options):
    return curl(*options, *DYNAMODB, "-H", f"X-Amz-Target: DynamoDB_20120810.{operation}", "--data-binary", "@-",
                endpoint + "/", body=json.dumps(body))


@pytest.fixture(scope="module", params=["clear", "tls"])
def endpoint(request, tmp_path_factory):
    from conftest import Server
    folder = tmp_path_factory.mktemp("http2")
    options, flags = [], ["--http2-prior-knowledge"]
    if request.param == "tls":
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        options = ["--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")]
        flags = ["-k", "--http2"]
    server = Server(folder / "data", *options).start()
    yield server.endpoint, flags
    assert server.stop() == 0


def test_dynamodb(endpoint):
    url, flags = endpoint
    table = {"TableName": "http2", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
             "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}]}
    assert call(url, "CreateTable", table, *flags)[:2] == ("2", 200)
    subprocess.run(["sleep", "0.3"])
    long = "x" * 300_000  # many frames each way
    assert call(url, "PutItem", {"TableName": "http2", "Item": {"k": {"S": "a"}, "v": {"S": long}}}, *flags)[:2] == ("2", 200)
    version, status, body = call(url, "GetItem", {"TableName": "http2", "Key": {"k": {"S": "a"}}}, *flags)
    assert (version, status) == ("2", 200)
    assert json.loads(body)["Item"]["v"]["S"] == long
    version, status, body = call(url, "GetItem", {"TableName": "absent", "Key": {"k": {"S": "a"}}}, *flags)
    assert (version, status) == ("2", 400) and "ResourceNotFoundException" in body


def test_older_clients_are_served_beside(endpoint):
    url, flags = endpoint
    assert curl(*flags, url + "/_brume/health")[:2] == ("2", 200)
    assert curl("-k", "--http1.1", url + "/_brume/health")[:2] == ("1.1", 200)


def test_many_at_once(endpoint):
    url, flags = endpoint
    if url.startswith("http:"):
        return  # Debian's curl uses a connection in clear for one call (its own framing error); net/http2/http2_test.cpp has this
    done = subprocess.run(["curl", "-sS", "--max-time", "30", *flags, "--parallel", "--parallel-max", "50",
                           *[f"{url}/_brume/health?{n}" for n in range(200)]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"ok"') == 200


def test_a_package_is_the_file(server, tmp_path):
    import io
    import os
    import zipfile
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context):\n  return 1\n")
        archive.writestr("filler", os.urandom(3_000_000))
    functions, iam = server.client("lambda"), server.client("iam")
    role = iam.create_role(RoleName="streamed", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    try:
        functions.create_function(FunctionName="streamed", Runtime="python3.12", Handler="handler.handle",
                                  Role=role["Role"]["Arn"], Code={"ZipFile": packed.getvalue()})
        link = functions.get_function(FunctionName="streamed")["Code"]["Location"]
        with urllib.request.urlopen(link, timeout=30) as answer:
            assert answer.headers["Content-Length"] == str(len(packed.getvalue()))
            assert answer.read() == packed.getvalue()
        functions.delete_function(FunctionName="streamed")
    finally:
        iam.delete_role(RoleName="streamed")
