"""What Brume is not: services that it does not have, and a page for who comes with a browser."""
import time
import urllib.request

import boto3
import botocore.exceptions
import pytest
from conftest import NO_RETRIES

CALLS = {
    "cloudformation": lambda c: c.create_stack(StackName="s", TemplateBody="{}"),
    "sns": lambda c: c.list_topics(),
    "sqs": lambda c: c.create_queue(QueueName="q"),
    "ssm": lambda c: c.get_parameter(Name="p"),
    "events": lambda c: c.list_rules(),
    "stepfunctions": lambda c: c.list_state_machines(),
    "cloudwatch": lambda c: c.list_metrics(),
    "kinesis": lambda c: c.list_streams(),
    "ec2": lambda c: c.describe_instances(),
    "s3": lambda c: c.list_buckets(),
    "route53": lambda c: c.list_hosted_zones(),
    "cloudfront": lambda c: c.list_distributions(),
    "apigatewayv2": lambda c: c.create_api(Name="a", ProtocolType="HTTP"),
    "secretsmanager": lambda c: c.list_secrets(),
    "kms": lambda c: c.list_keys(),
    "xray": lambda c: c.get_groups(),
    "efs": lambda c: c.describe_file_systems(),
}


@pytest.mark.parametrize("service", CALLS)
def test_services_that_brume_lacks_are_named(server, service):
    client = boto3.client(service, endpoint_url=server.endpoint, config=NO_RETRIES)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        CALLS[service](client)
    error = refused.value.response["Error"]
    assert error["Code"] == "UnsupportedOperationException"
    assert error["Message"].startswith("Brume does not have the service ")
    name = service if service == "apigatewayv2" else client.meta.service_model.signing_name
    assert f" {name} " in error["Message"]


def ask(server, path="/", **headers):
    with urllib.request.urlopen(urllib.request.Request(server.endpoint + path, headers=headers), timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_a_browser_sees_what_this_is(server):
    kind, page = ask(server, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert kind == "text/html; charset=utf-8"
    assert "<h1>Brume 0." in page
    for link in ("/_brume/compatibility", "/_brume/health", "/_brume/metrics"):
        assert f'href="{link}"' in page
        assert ask(server, link)[1]
    assert "## DynamoDB (2012-08-10)" in ask(server, "/_brume/compatibility")[1]


def test_arns_are_of_the_regions_partition(server):
    for region, partition in (("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso"), ("eu-west-1", "aws")):
        client = lambda name: server.client(name, region_name=region)
        assert client("sts").get_caller_identity()["Arn"] == f"arn:{partition}:iam::000000000000:root"
        iam = client("iam")
        role = iam.create_role(RoleName=f"in-{region}", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}'.replace(
            "[]", '[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]'))["Role"]["Arn"]
        assert role == f"arn:{partition}:iam::000000000000:role/in-{region}"
        session = client("sts").assume_role(RoleArn=role, RoleSessionName="me")
        assert session["AssumedRoleUser"]["Arn"] == f"arn:{partition}:sts::000000000000:assumed-role/in-{region}/me"
        iam.delete_role(RoleName=f"in-{region}")
        tables = client("dynamodb")
        table = tables.create_table(TableName="tab", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
                                    AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}])["TableDescription"]["TableArn"]
        assert table == f"arn:{partition}:dynamodb:{region}:000000000000:table/tab"
        tables.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
        tables.delete_table(TableName=table)
        logs = client("logs")
        logs.create_log_group(logGroupName="g")
        group = logs.describe_log_groups(logGroupNamePrefix="g")["logGroups"][0]["logGroupArn"]
        assert group == f"arn:{partition}:logs:{region}:000000000000:log-group:g"
        logs.delete_log_group(logGroupName="g")


def test_open_mode_gives_sessions_of_roles_that_nobody_made(server):
    sts = server.client("sts")
    role = "arn:aws:iam::000000000000:role/some/path/deployer"
    answers = [sts.assume_role(RoleArn=role, RoleSessionName="ci") for _ in range(2)]
    assert answers[0]["AssumedRoleUser"]["Arn"] == "arn:aws:sts::000000000000:assumed-role/deployer/ci"
    assert answers[0]["AssumedRoleUser"]["AssumedRoleId"] == answers[1]["AssumedRoleUser"]["AssumedRoleId"]
    keys = answers[0]["Credentials"]
    session = server.client("sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                            aws_session_token=keys["SessionToken"])
    assert session.get_caller_identity()["Arn"] == answers[0]["AssumedRoleUser"]["Arn"]
    warnings = lambda: [line for line in server.log.read_text().splitlines() if "event=role_missing" in line and role in line]
    deadline = time.time() + 5
    while not warnings() and time.time() < deadline:  # the log has a thread of its own
        time.sleep(0.05)
    assert len(warnings()) == 1
    for arn in ("arn:aws:iam::999999999999:role/x", "arn:aws:iam::000000000000:user/x"):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            sts.assume_role(RoleArn=arn, RoleSessionName="ci")
        assert refused.value.response["Error"]["Code"] == "AccessDenied", arn


def test_with_signatures_roles_must_exist(new_server):
    from test_auth import client_of, create_key
    server = new_server("--auth", "sigv4")
    key = create_key(server)
    sts = client_of(server, "sts", key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"])
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/nobody", RoleSessionName="ci")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
