"""sigv4 mode: keys made by the command line and by IAM; every other request is refused with AWS's errors."""
import subprocess
import time

import boto3
import botocore.exceptions
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import BRUME, NO_RETRIES

import http.client


def create_key(server):
    done = subprocess.run([BRUME, "keys", "create", "--data", server.folder], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return dict(line.removeprefix("export ").split("=", 1) for line in done.stdout.splitlines())


@pytest.fixture
def locked(new_server):
    server = new_server("--auth", "sigv4")
    server.key = create_key(server)
    return server


def client_of(server, service, key_id, secret, token=None):
    return boto3.client(service, endpoint_url=server.endpoint, aws_access_key_id=key_id, aws_secret_access_key=secret,
                        aws_session_token=token, region_name="us-east-1", config=NO_RETRIES)


def code_of(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_key_of_the_command_line_works_for_every_protocol(locked):
    key = (locked.key["AWS_ACCESS_KEY_ID"], locked.key["AWS_SECRET_ACCESS_KEY"])
    assert client_of(locked, "dynamodb", *key).list_tables()["TableNames"] == []
    assert client_of(locked, "lambda", *key).list_functions()["Functions"] == []
    assert client_of(locked, "apigateway", *key).get_rest_apis()["items"] == []
    assert client_of(locked, "iam", *key).list_roles()["Roles"] == []
    assert client_of(locked, "sts", *key).get_caller_identity()["Account"] == "000000000000"
    assert client_of(locked, "lambda", *key).get_paginator("list_functions").paginate(MaxItems=5)


def test_wrong_secret_unknown_key_and_no_key(locked):
    good = locked.key["AWS_ACCESS_KEY_ID"]
    assert code_of(client_of(locked, "dynamodb", good, "wrong").list_tables) == "InvalidSignatureException"
    assert code_of(client_of(locked, "iam", good, "wrong").list_roles) == "SignatureDoesNotMatch"
    assert code_of(client_of(locked, "dynamodb", "AKIAIOSFODNN7EXAMPLE", "x").list_tables) == "UnrecognizedClientException"
    assert code_of(client_of(locked, "sts", "AKIAIOSFODNN7EXAMPLE", "x").get_caller_identity) == "InvalidClientTokenId"
    connection = http.client.HTTPConnection("127.0.0.1", locked.port)
    connection.request("POST", "/", "{}", {"X-Amz-Target": "DynamoDB_20120810.ListTables"})
    answer = connection.getresponse()
    assert answer.status == 400 and b"MissingAuthenticationTokenException" in answer.read()


def signed(server, body, when=None):
    request = AWSRequest("POST", server.endpoint + "/", data=body, headers={
        "X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"})
    signer = SigV4Auth(Credentials(server.key["AWS_ACCESS_KEY_ID"], server.key["AWS_SECRET_ACCESS_KEY"]), "dynamodb", "us-east-1")
    if when is None:
        signer.add_auth(request)
    else:
        import datetime
        from unittest import mock
        moment = datetime.datetime.fromtimestamp(when, datetime.timezone.utc)
        with mock.patch("botocore.auth.get_current_datetime", return_value=moment.replace(tzinfo=None)):
            signer.add_auth(request)
    return dict(request.headers)


def send(server, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_altered_requests_are_refused(locked):
    headers = signed(locked, b"{}")
    assert send(locked, headers, b"{}")[0] == 200
    assert "InvalidSignatureException" in send(locked, headers, b'{"Limit": 1}')[1]
    assert "InvalidSignatureException" in send(locked, {**headers, "X-Amz-Target": "DynamoDB_20120810.DescribeLimits"}, b"{}")[1]
    assert "InvalidSignatureException" in send(locked, {**headers, "X-Amz-Extra": "1"}, b"{}")[1]


def test_old_and_future_signatures_are_refused(locked):
    old = signed(locked, b"{}", time.time() - 3600)
    assert "Signature expired" in send(locked, old, b"{}")[1]
    assert "Signature not yet current" in send(locked, signed(locked, b"{}", time.time() + 3600), b"{}")[1]


def test_temporary_credentials_of_a_role(locked):
    key = (locked.key["AWS_ACCESS_KEY_ID"], locked.key["AWS_SECRET_ACCESS_KEY"])
    iam = client_of(locked, "iam", *key)
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}'))["Role"]["Arn"]
    made = client_of(locked, "sts", *key).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    session = (made["AccessKeyId"], made["SecretAccessKey"])
    assert client_of(locked, "sts", *session, made["SessionToken"]).get_caller_identity()["Arn"] == "arn:aws:sts::000000000000:assumed-role/r/session"
    assert code_of(client_of(locked, "dynamodb", *session, "stolen").list_tables) == "UnrecognizedClientException"


def test_keys_can_be_made_while_the_server_is_stopped(new_server):
    first = new_server("--auth", "sigv4")
    assert first.stop() == 0
    key = create_key(first)
    second = new_server("--auth", "sigv4", folder=first.folder)
    assert client_of(second, "dynamodb", key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"]).list_tables()["TableNames"] == []


def test_policy_enforcement_is_not_pretended(tmp_path):
    refused = subprocess.run([BRUME, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "d", "--auth", "iam"],
                             capture_output=True, text=True, timeout=20)
    assert refused.returncode != 0 and "not supported" in refused.stderr


def ask(server, method, path, body=b"", key=None, service="brume", headers=None, token=None):
    """Status and text of one of the server's own paths, signed if there is a key."""
    request = AWSRequest(method, server.endpoint + path, data=body, headers=headers or {})
    if key:
        SigV4Auth(Credentials(*key, token), service, "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request(method, path, body, dict(request.headers))
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_paths_of_the_servers_own_are_its_owners(locked):
    owner = (locked.key["AWS_ACCESS_KEY_ID"], locked.key["AWS_SECRET_ACCESS_KEY"])
    assert ask(locked, "GET", "/_brume/health")[0] == 200
    for method, path in (("GET", "/_brume/metrics"), ("POST", "/_brume/null?bytes=3"), ("GET", "/_brume/nothing"), ("GET", "/_brume/")):
        status, text = ask(locked, method, path)
        assert status == 403 and "MissingAuthenticationTokenException" in text, path
    status, text = ask(locked, "GET", "/_brume/metrics", key=owner)
    assert status == 200 and "brume_" in text
    assert ask(locked, "POST", "/_brume/null?bytes=3", key=owner) == (200, "xxx")
    assert ask(locked, "GET", "/_brume/nothing", key=owner)[0] == 404
    status, text = ask(locked, "GET", "/_brume/metrics", key=(owner[0], "wrong"))
    assert status == 403 and "InvalidSignatureException" in text
    status, text = ask(locked, "GET", "/_brume/metrics", key=owner, service="dynamodb")
    assert status == 403 and "Credential should be scoped to correct service: 'brume'" in text


def test_other_accounts_and_sessions_are_not_the_owner(locked):
    owner = (locked.key["AWS_ACCESS_KEY_ID"], locked.key["AWS_SECRET_ACCESS_KEY"])
    done = subprocess.run([BRUME, "keys", "create", "--data", locked.folder, "--account", "111122223333"],
                          capture_output=True, text=True, timeout=20)
    tenant = tuple(line.split("=", 1)[1] for line in done.stdout.splitlines())
    status, text = ask(locked, "GET", "/_brume/metrics", key=tenant)
    assert status == 403 and "AccessDeniedException" in text and "arn:aws:iam::111122223333:user/admin" in text
    arn = client_of(locked, "iam", *owner).create_role(RoleName="watcher", AssumeRolePolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}'))["Role"]["Arn"]
    made = client_of(locked, "sts", *owner).assume_role(RoleArn=arn, RoleSessionName="shift")["Credentials"]
    status, text = ask(locked, "GET", "/_brume/metrics", key=(made["AccessKeyId"], made["SecretAccessKey"]), token=made["SessionToken"])
    assert status == 403 and "AccessDeniedException" in text


def test_who_can_open_the_admin_socket_needs_no_key(locked):
    import socket
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(locked.folder / "admin.sock"))
        client.sendall(b"GET /_brume/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200") and b"brume_" in answer


def test_a_link_to_a_package_needs_no_key(locked):
    import io
    import zipfile
    owner = (locked.key["AWS_ACCESS_KEY_ID"], locked.key["AWS_SECRET_ACCESS_KEY"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.js", "exports.handler = async () => 1")
    role = client_of(locked, "iam", *owner).create_role(RoleName="f", AssumeRolePolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'))["Role"]["Arn"]
    functions = client_of(locked, "lambda", *owner)
    functions.create_function(FunctionName="f", Runtime="nodejs20.x", Handler="index.handler", Role=role, Code={"ZipFile": packed.getvalue()})
    link = functions.get_function(FunctionName="f")["Code"]["Location"].removeprefix(locked.endpoint)
    connection = http.client.HTTPConnection("127.0.0.1", locked.port)
    connection.request("GET", link)
    assert connection.getresponse().read() == packed.getvalue()
    assert ask(locked, "GET", link[:-1] + ("0" if link[-1] != "0" else "1"))[0] == 403


def test_pages_of_foreign_origins_reach_none_of_the_servers_own_paths(server):
    for method, path in (("POST", "/_brume/null?bytes=3"), ("GET", "/_brume/metrics")):
        assert ask(server, method, path, headers={"Origin": "https://evil.example"})[0] == 403
        assert ask(server, method, path, headers={"Origin": "http://localhost:3000"})[0] == 200


def test_the_parts_of_an_authorization_stand_apart_by_commas_or_blanks(locked):
    for separator in (", ", ",", " ", "   ", " , "):
        headers = signed(locked, "{}")
        headers["Authorization"] = headers["Authorization"].replace(", ", separator)
        assert send(locked, headers, "{}") == (200, '{"TableNames":[]}'), separator
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={locked.key['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/dynamodb/aws4_request "
                                "SignedHeaders=content-type;host;x-amz-date;x-amz-target Signature=00")
    headers["X-Amz-Date"] = "20260101T000000Z"
    status, text = send(locked, headers, "{}")
    assert status == 400 and "Signature expired" in text
