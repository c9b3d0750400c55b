"""Accounts are apart: every operation that Brume claims is called with another account's names and ARNs, and refuses.

The operations come from `brume compatibility`, their inputs from botocore's models: an operation that is added is called
here without further ado if its members have known names, and fails test_every_operation_is_covered until it is classified
if they have not.
"""
import io
import json
import re
import subprocess
import urllib.error
import urllib.request
import zipfile

import boto3
import botocore.exceptions
import botocore.session
import pytest
from botocore.config import Config
from conftest import BRUME, Server

OWNER, STRANGER = "111111111111", "222222222222"
REGION = "us-east-1"
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}'
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}'
CODE = """
import os
def handler(event, context):
    if isinstance(event, dict) and event.get("who"):
        return {key: os.environ[key] for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    return {"statusCode": 200, "body": "mine"}
"""
NO_CHECKS = Config(retries={"total_max_attempts": 1}, parameter_validation=False, connect_timeout=10, read_timeout=60)
MODELS = {"DynamoDB": "dynamodb", "DynamoDB Streams": "dynamodbstreams", "Lambda": "lambda", "API Gateway": "apigateway",
          "IAM": "iam", "STS": "sts", "CloudWatch Logs": "logs"}


def zip_of(text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("index.py")
        entry.create_system, entry.external_attr = 3, 0o100644 << 16
        archive.writestr(entry, text)
    return data.getvalue()


def key_of(server, account):
    done = subprocess.run([BRUME, "keys", "create", "--data", server.folder, "--account", account, "--user", "admin"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    values = dict(line.removeprefix("export ").split("=", 1) for line in done.stdout.splitlines())
    return {"aws_access_key_id": values["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"]}


class World:
    """A server on which OWNER has one of everything."""

    def __init__(self, server):
        self.server = server
        self.keys = {account: key_of(server, account) for account in (OWNER, STRANGER)}
        self.clients = {}
        iam, table = self.owner("iam"), self.owner("dynamodb")
        self.role = iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=TRUST % "lambda.amazonaws.com")["Role"]["Arn"]
        iam.put_role_policy(RoleName="theirs", PolicyName="inline", PolicyDocument=POLICY)
        iam.create_user(UserName="theirs")
        iam.put_user_policy(UserName="theirs", PolicyName="inline", PolicyDocument=POLICY)
        self.user_key = iam.create_access_key(UserName="theirs")["AccessKey"]["AccessKeyId"]
        self.policy = iam.create_policy(PolicyName="theirs", PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="theirs", PolicyArn=self.policy)
        made = table.create_table(TableName="theirs", BillingMode="PAY_PER_REQUEST", StreamSpecification={
            "StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])["TableDescription"]
        self.table, self.stream = made["TableArn"], made["LatestStreamArn"]
        table.get_waiter("table_exists").wait(TableName="theirs", WaiterConfig={"Delay": 1})
        table.put_item(TableName="theirs", Item={"pk": {"S": "a"}, "v": {"S": "secret"}})
        streams = self.owner("dynamodbstreams")
        self.shard = streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"][0]["ShardId"]
        self.iterator = streams.get_shard_iterator(StreamArn=self.stream, ShardId=self.shard,
                                                   ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        self.function = self.owner("lambda").create_function(
            FunctionName="theirs", Runtime="python3.11", Handler="index.handler", Role=self.role, Timeout=20,
            Environment={"Variables": {"SECRET": "s"}}, Code={"ZipFile": zip_of(CODE)})["FunctionArn"]
        logs = self.owner("logs")
        logs.create_log_group(logGroupName="theirs")
        logs.create_log_stream(logGroupName="theirs", logStreamName="stream")
        self.group = f"arn:aws:logs:{REGION}:{OWNER}:log-group:theirs"
        gateway = self.owner("apigateway")
        self.api, self.root = self.new_api(gateway, self.function)
        self.deployment = gateway.get_deployments(restApiId=self.api)["items"][0]["id"]
        self.owner("lambda").add_permission(
            FunctionName="theirs", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{OWNER}:{self.api}/*")

    @staticmethod
    def new_api(gateway, function, **integration):
        made = gateway.create_rest_api(name="theirs", tags={"a": "b"})
        api, root = made["id"], made["rootResourceId"]
        gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
        gateway.put_method_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200")
        gateway.put_integration(
            restApiId=api, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations", **integration)
        gateway.put_integration_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200")
        gateway.create_deployment(restApiId=api, stageName="prod")
        return api, root

    def client(self, service, **credentials):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name=REGION, config=NO_CHECKS, **credentials)

    def of(self, account, service):
        if (account, service) not in self.clients:
            self.clients[account, service] = self.client(service, **self.keys[account])
        return self.clients[account, service]

    def owner(self, service):
        return self.of(OWNER, service)

    def stranger(self, service):
        return self.of(STRANGER, service)

    def state(self):
        """All that OWNER has, as its own calls show it."""
        iam, gateway, functions, logs = (self.owner(name) for name in ("iam", "apigateway", "lambda", "logs"))
        shown = [
            iam.list_users(), iam.list_roles(), iam.list_policies(Scope="Local"), iam.list_access_keys(UserName="theirs"),
            iam.list_user_policies(UserName="theirs"), iam.list_role_policies(RoleName="theirs"),
            iam.list_attached_role_policies(RoleName="theirs"), iam.list_policy_versions(PolicyArn=self.policy),
            iam.list_role_tags(RoleName="theirs"), iam.list_user_tags(UserName="theirs"),
            iam.list_policy_tags(PolicyArn=self.policy), iam.list_access_keys(UserName="admin"),
            functions.list_functions(), functions.get_policy(FunctionName="theirs"), functions.list_tags(Resource=self.function),
            functions.get_function_concurrency(FunctionName="theirs"),
            logs.describe_log_groups(), logs.describe_log_streams(logGroupName="theirs"),
            gateway.get_rest_apis(), gateway.get_resources(restApiId=self.api, embed=["methods"]),
            gateway.get_stages(restApiId=self.api), gateway.get_deployments(restApiId=self.api), gateway.get_account(),
            self.owner("dynamodb").list_tables(), self.owner("dynamodb").describe_table(TableName="theirs"),
            self.owner("dynamodb").scan(TableName="theirs", ConsistentRead=True),
            self.owner("dynamodb").list_tags_of_resource(ResourceArn=self.table),
            self.owner("dynamodb").describe_time_to_live(TableName="theirs")]
        for answer in shown:
            answer.pop("ResponseMetadata")
        return json.dumps(shown, default=str, sort_keys=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("accounts") / "data", "--auth", "sigv4").start()
    yield World(server)
    assert server.stop() == 0


# --- Every operation ---

def claimed():
    page = subprocess.run([BRUME, "compatibility"], capture_output=True, text=True, timeout=30, check=True).stdout
    service, out = None, []
    for line in page.splitlines():
        if heading := re.match(r"## (.*) \(", line):
            service = MODELS[heading[1]]
        elif row := re.match(r"\| ([A-Z]\w+) \| (?:yes|partly) ", line):
            out.append((service, row[1]))
    return out


CLAIMED = claimed()


def identities(world, service):
    """What names something of OWNER, by member; one dictionary for each way to name it."""
    function = [world.function, f"{OWNER}:function:theirs", f"{OWNER}:theirs", f"{REGION}:{OWNER}:function:theirs",
                world.function + ":$LATEST"]
    return {
        "dynamodb": [{"TableName": world.table, "ResourceArn": world.table, "TableArn": world.table}],
        "dynamodbstreams": [{"StreamArn": world.stream, "ShardIterator": world.iterator, "TableName": "theirs",
                             "ExclusiveStartStreamArn": world.stream}],
        "lambda": [{"FunctionName": name, "Resource": world.function} for name in function],
        "apigateway": [{"restApiId": world.api, "cloneFrom": world.api,
                        "resourceArn": f"arn:aws:apigateway:{REGION}::/restapis/{world.api}{stage}"}
                       for stage in ("", "/stages/prod")],
        "iam": [{"UserName": "theirs", "RoleName": "theirs", "PolicyArn": world.policy, "AccessKeyId": world.user_key}],
        "sts": [{"RoleArn": world.role, "AccessKeyId": world.user_key}],
        "logs": [{"logGroupName": "theirs"}, {"logGroupIdentifier": world.group}],
    }[service]


def details(world, service):
    """Values of further members, for inputs that are not refused for another reason first."""
    statement = {"Statement": f'SELECT * FROM "{world.table}"'}
    key, item = {"pk": {"S": "a"}}, {"pk": {"S": "stranger"}}
    return {
        "dynamodb": {
            "Key": key, "Item": item, "KeyConditionExpression": None, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"},
            "Tags": [{"Key": "k", "Value": "v"}], "TagKeys": ["k"],
            "Statement": statement["Statement"], "Statements": [statement], "TransactStatements": [statement]},
        "dynamodbstreams": {"ShardId": world.shard, "ShardIteratorType": "TRIM_HORIZON"},
        "lambda": {"Role": world.role, "Runtime": "python3.11", "Handler": "index.handler", "Code": {"ZipFile": zip_of(CODE)},
                   "ZipFile": zip_of("def handler(e, c): return 'stolen'"), "StatementId": "api",
                   "Action": "lambda:InvokeFunction", "Principal": STRANGER, "ReservedConcurrentExecutions": 1,
                   "Tags": {"k": "v"}, "TagKeys": ["k"]},
        "apigateway": {"name": "clone", "resourceId": world.root, "parentId": world.root, "pathPart": "x",
                       "httpMethod": "GET", "stageName": "prod", "deploymentId": world.deployment, "statusCode": "200",
                       "authorizationType": "NONE", "type": "MOCK", "tags": {"k": "v"}, "tagKeys": ["a"],
                       "patchOperations": [{"op": "replace", "path": "/description", "value": "stolen"}]},
        "iam": {"PolicyName": "inline", "PolicyDocument": POLICY, "AssumeRolePolicyDocument": TRUST % "lambda.amazonaws.com",
                "VersionId": "v1", "Status": "Inactive", "Tags": [{"Key": "k", "Value": "v"}], "TagKeys": ["k"]},
        "sts": {"RoleSessionName": "session"},
        "logs": {"logStreamName": "stream", "retentionInDays": 1, "logEvents": [{"timestamp": 1, "message": "x"}]},
    }[service]


def nested(world, operation):
    """Inputs whose table names lie deeper."""
    key = {"pk": {"S": "a"}}
    return {
        "BatchGetItem": {"RequestItems": {world.table: {"Keys": [key]}}},
        "BatchWriteItem": {"RequestItems": {world.table: [{"DeleteRequest": {"Key": key}}]}},
        "TransactGetItems": {"TransactItems": [{"Get": {"TableName": world.table, "Key": key}}]},
        "TransactWriteItems": {"TransactItems": [{"Delete": {"TableName": world.table, "Key": key}}]},
        "Query": {"TableName": world.table, "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}},
        "UpdateTable": {"TableName": world.table, "DeletionProtectionEnabled": True},
    }.get(operation)


STATEMENTS = {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}

# Names nothing that could be another account's: the answer is the caller's own.
NAMELESS = {
    "dynamodb": {"DescribeEndpoints", "DescribeLimits", "ListGlobalTables", "ListTables"},
    "lambda": {"GetAccountSettings", "ListFunctions"},
    "apigateway": {"GetAccount", "GetRestApis", "UpdateAccount"},
    "iam": {"CreatePolicy", "ListPolicies", "ListRoles", "ListUsers"},
    "sts": {"GetCallerIdentity", "GetSessionToken"},
    "logs": {"DescribeLogGroups"},
}
# A name that the caller has not used yet: makes something of the caller's own.
MAKES = {("iam", "CreateUser"), ("iam", "CreateRole"), ("logs", "CreateLogGroup")}
# A filter: lists the caller's own, of which there is none. Or, of GetAccessKeyInfo, tells what AWS tells everybody.
TELLS = {
    ("dynamodb", "ListBackups"): lambda answer: answer["BackupSummaries"] == [],
    ("dynamodb", "ListContributorInsights"): lambda answer: answer["ContributorInsightsSummaries"] == [],
    ("dynamodb", "ListExports"): lambda answer: answer["ExportSummaries"] == [],
    ("dynamodb", "ListImports"): lambda answer: answer["ImportSummaryList"] == [],
    ("dynamodb", "BatchExecuteStatement"): lambda answer: answer["Responses"][0]["Error"]["Code"] == "AccessDenied",
    ("dynamodbstreams", "ListStreams"): lambda answer: answer["Streams"] == [],
    ("sts", "GetAccessKeyInfo"): lambda answer: answer["Account"] == OWNER,
}
REFUSALS = {
    "dynamodb": {"AccessDeniedException"},
    "dynamodbstreams": {"AccessDeniedException"},
    "lambda": {"AccessDeniedException"},
    "apigateway": {"NotFoundException"},
    "iam": {"NoSuchEntity", "AccessDenied"},
    "sts": {"AccessDenied"},
    "logs": {"ResourceNotFoundException", "AccessDeniedException"},
}

SESSION = botocore.session.Session()


def shape_of(service, operation):
    return SESSION.get_service_model(service).operation_model(operation).input_shape


def some(shape):
    """Any value that fits: for required members that do not matter here."""
    if shape.type_name == "structure":
        return {name: some(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [some(shape.member)]
    if shape.type_name == "map":
        return {"k": some(shape.value)}
    if shape.type_name == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, shape.metadata.get("min", 1))
    return {"boolean": True, "blob": b"x", "timestamp": 1}.get(shape.type_name, 1)


def inputs(world, service, operation):
    """Every way in which the operation can name something of OWNER; none if it has no member for that."""
    shape = shape_of(service, operation)
    if service == "dynamodb" and nested(world, operation):
        return [nested(world, operation)]
    if shape is None:
        return []
    out = []
    for names in identities(world, service):
        given = {member: value for member, value in names.items() if member in shape.members}
        if service == "dynamodb" and operation in STATEMENTS:
            given = {member: details(world, service)[member] for member in shape.required_members}
        if not given:
            continue
        for member, value in details(world, service).items():
            if member in shape.members and member not in given and value is not None and (
                    member in shape.required_members or member in ("patchOperations", "Action", "ZipFile", "BillingMode")):
                given[member] = value
        for member in shape.required_members:
            given.setdefault(member, some(shape.members[member]))
        if given not in out:
            out.append(given)
    return out


def invoke(client, operation, arguments):
    method = {api: name for name, api in client.meta.method_to_api_mapping.items()}[operation]
    return getattr(client, method)(**arguments)


def test_every_operation_is_covered(world):
    unnamed = {(service, operation) for service, operation in CLAIMED if not inputs(world, service, operation)}
    assert unnamed == {(service, operation) for service, all_ in NAMELESS.items() for operation in all_}, \
        "an operation that names nothing of an account is listed in NAMELESS; one that does, has its members in identities()"
    assert MAKES | set(TELLS) <= set(CLAIMED)


@pytest.mark.parametrize("service, operation", CLAIMED)
def test_what_is_anothers_is_refused(world, service, operation):
    if (service, operation) in MAKES:
        return
    before = world.state()
    for arguments in inputs(world, service, operation):
        if check := TELLS.get((service, operation)):
            assert check(invoke(world.stranger(service), operation, arguments)), arguments
            continue
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            invoke(world.stranger(service), operation, arguments)
        error = caught.value.response["Error"]
        assert error["Code"] in REFUSALS[service], (arguments, error)
        assert "secret" not in json.dumps(caught.value.response, default=str)
    assert world.state() == before


def test_same_names_in_two_accounts_are_two_things(world):
    before = world.state()
    iam, logs = world.stranger("iam"), world.stranger("logs")
    try:
        for service, operation in sorted(MAKES):
            for arguments in inputs(world, service, operation):
                invoke(world.stranger(service), operation, arguments)
        iam.create_policy(PolicyName="theirs", PolicyDocument=POLICY)
        assert iam.get_role(RoleName="theirs")["Role"]["Arn"] == f"arn:aws:iam::{STRANGER}:role/theirs"
        assert iam.get_user(UserName="theirs")["User"]["Arn"] == f"arn:aws:iam::{STRANGER}:user/theirs"
    finally:
        for remove, arguments in ((iam.delete_role, {"RoleName": "theirs"}), (iam.delete_user, {"UserName": "theirs"}),
                                  (iam.delete_policy, {"PolicyArn": f"arn:aws:iam::{STRANGER}:policy/theirs"}),
                                  (logs.delete_log_group, {"logGroupName": "theirs"})):
            try:
                remove(**arguments)
            except botocore.exceptions.ClientError:
                pass
    assert world.state() == before


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return f'{response["ResponseMetadata"]["HTTPStatusCode"]} {response["Error"]["Code"]}: {response["Error"]["Message"]}'


def test_the_refusal_is_the_services_own(world):
    functions, me = world.stranger("lambda"), f"arn:aws:iam::{STRANGER}:user/admin"
    assert refused(functions.get_function, FunctionName=world.function) == (
        f"403 AccessDeniedException: User: {me} is not authorized to perform: lambda:GetFunction on resource: {world.function} "
        "because no resource-based policy allows the lambda:GetFunction action")
    nothing = f"arn:aws:lambda:{REGION}:{OWNER}:function:none"
    assert refused(functions.get_function, FunctionName=nothing) == (
        f"403 AccessDeniedException: User: {me} is not authorized to perform: lambda:GetFunction on resource: {nothing} "
        "because no resource-based policy allows the lambda:GetFunction action"), "nor is told what there is"
    assert refused(functions.get_function, FunctionName=f"arn:aws:lambda:eu-west-1:{STRANGER}:function:x") == (
        "404 ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
    assert refused(world.stranger("dynamodb").get_item, TableName=world.table, Key={"pk": {"S": "a"}}) == (
        f"400 AccessDeniedException: User: {me} is not authorized to perform: dynamodb:GetItem on resource: {world.table} "
        "because no resource-based policy allows the dynamodb:GetItem action")
    iam = world.stranger("iam")
    iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST % "lambda.amazonaws.com")
    assert refused(iam.attach_role_policy, RoleName="mine", PolicyArn=world.policy).startswith("404 NoSuchEntity")
    iam.delete_role(RoleName="mine")
    assert refused(world.stranger("apigateway").update_account, patchOperations=[
        {"op": "replace", "path": "/cloudwatchRoleArn", "value": world.role}]) == (
        "403 AccessDeniedException: Cross-account pass role is not allowed.")


# --- What may cross, and how ---

def test_invokes_cross_by_the_functions_policy_alone(world):
    owner, stranger = world.owner("lambda"), world.stranger("lambda")
    kinds = ("RequestResponse", "Event", "DryRun")
    for kind in kinds:
        assert "lambda:InvokeFunction" in refused(stranger.invoke, FunctionName=world.function, InvocationType=kind)
    for principal in (STRANGER, f"arn:aws:iam::{STRANGER}:user/admin"):
        owner.add_permission(FunctionName="theirs", StatementId="them", Action="lambda:InvokeFunction", Principal=principal)
        for name in (world.function, f"{OWNER}:function:theirs"):
            statuses = [stranger.invoke(FunctionName=name, InvocationType=kind)["StatusCode"] for kind in kinds]
            assert statuses == [200, 202, 204]
        assert refused(stranger.invoke, FunctionName=world.function, LogType="Tail") == (
            "403 AccessDeniedException: Cross-account log access is not allowed.")
        assert "403 AccessDeniedException" in refused(stranger.get_function, FunctionName=world.function)
        owner.remove_permission(FunctionName="theirs", StatementId="them")
        assert "403 AccessDeniedException" in refused(stranger.invoke, FunctionName=world.function)
    owner.add_permission(FunctionName="theirs", StatementId="them", Action="lambda:GetFunction", Principal=STRANGER)
    assert stranger.get_function(FunctionName=world.function)["Configuration"]["FunctionArn"] == world.function
    assert "403 AccessDeniedException" in refused(stranger.invoke, FunctionName=world.function)
    owner.remove_permission(FunctionName="theirs", StatementId="them")


def test_roles_are_not_passed_between_accounts(world):
    functions, iam = world.stranger("lambda"), world.stranger("iam")
    base = dict(Runtime="python3.11", Handler="index.handler", Code={"ZipFile": zip_of(CODE)})
    refusal = "403 AccessDeniedException: Cross-account pass role is not allowed."
    assert refused(functions.create_function, FunctionName="own", Role=world.role, **base) == refusal
    mine = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST % "lambda.amazonaws.com")["Role"]["Arn"]
    functions.create_function(FunctionName="own", Role=mine, **base)
    assert refused(functions.update_function_configuration, FunctionName="own", Role=world.role) == refusal
    assert functions.get_function_configuration(FunctionName="own")["Role"] == mine
    functions.delete_function(FunctionName="own")
    iam.delete_role(RoleName="runs")


def test_roles_are_assumed_between_accounts_by_their_trust_alone(world):
    owner, sts = world.owner("iam"), world.stranger("sts")
    role = owner.create_role(RoleName="shared", AssumeRolePolicyDocument=TRUST.replace('"Service":"%s"', '"AWS":"%s"') % OWNER)["Role"]["Arn"]
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="session").startswith("403 AccessDenied")
    owner.update_assume_role_policy(RoleName="shared", PolicyDocument=TRUST.replace('"Service":"%s"', '"AWS":"%s"') % STRANGER)
    made = sts.assume_role(RoleArn=role, RoleSessionName="session")
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OWNER}:assumed-role/shared/session"
    for narrowed in ({"Policy": POLICY}, {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}):
        assert "session policies" in refused(sts.assume_role, RoleArn=role, RoleSessionName="session", **narrowed)
    owner.delete_role(RoleName="shared")


def called(world, api):
    request = urllib.request.Request(f"{world.server.endpoint}/_aws/execute-api/{api}/prod/")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_integrations_cross_by_the_functions_policy_alone(world):
    gateway, iam, owner = world.stranger("apigateway"), world.stranger("iam"), world.owner("lambda")
    assert called(world, world.api) == (200, "mine")
    api, root = world.new_api(gateway, world.function)
    assert called(world, api)[0] == 500
    owner.add_permission(FunctionName="theirs", StatementId="them", Action="lambda:InvokeFunction",
                         Principal="apigateway.amazonaws.com", SourceArn=f"arn:aws:execute-api:{REGION}:{STRANGER}:{api}/*")
    assert called(world, api) == (200, "mine")
    owner.remove_permission(FunctionName="theirs", StatementId="them")
    assert called(world, api)[0] == 500

    def use(credentials):
        gateway.update_integration(restApiId=api, resourceId=root, httpMethod="GET", patchOperations=[
            {"op": "replace", "path": "/credentials", "value": credentials}])
        gateway.create_deployment(restApiId=api, stageName="prod")
        return called(world, api)

    mine = f"arn:aws:iam::{STRANGER}:role/calls"
    assert use(mine)[0] == 500, "no such role"
    iam.create_role(RoleName="calls", AssumeRolePolicyDocument=TRUST % "lambda.amazonaws.com")
    assert use(mine)[0] == 500, "a role that does not trust the gateway"
    iam.update_assume_role_policy(RoleName="calls", PolicyDocument=TRUST % "apigateway.amazonaws.com")
    assert use(mine)[0] == 500, "a role that the function's policy does not name"
    owner.add_permission(FunctionName="theirs", StatementId="them", Action="lambda:InvokeFunction", Principal=mine)
    assert use(mine) == (200, "mine")
    owner.remove_permission(FunctionName="theirs", StatementId="them")
    for bad in (world.role, "x", "arn:aws:iam::*:user/*"):
        assert refused(gateway.update_integration, restApiId=api, resourceId=root, httpMethod="GET", patchOperations=[
            {"op": "replace", "path": "/credentials", "value": bad}])[:3] in ("400", "403")
    gateway.delete_rest_api(restApiId=api)
    iam.delete_role(RoleName="calls")


def test_open_mode_takes_an_unknown_role_of_the_own_account_at_its_word(new_server):
    server = new_server()
    make = lambda name: server.client(name, aws_access_key_id=OWNER, aws_secret_access_key="any")
    iam, functions, gateway = make("iam"), make("lambda"), make("apigateway")
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST % "lambda.amazonaws.com")["Role"]["Arn"]
    function = functions.create_function(FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role,
                                         Timeout=20, Code={"ZipFile": zip_of(CODE)})["FunctionArn"]
    api, _ = World.new_api(gateway, function, credentials=f"arn:aws:iam::{OWNER}:role/nobody-made-it")
    world = type("Open", (), {"server": server})
    assert called(world, api) == (200, "mine")
    assert called(world, api) == (200, "mine")
    assert server.log.read_text().count("event=role_missing") == 1
    distrusting, _ = World.new_api(gateway, function, credentials=role)
    assert called(world, distrusting)[0] == 500, "a role that exists is judged"
    with pytest.raises(botocore.exceptions.ClientError, match="Cross-account pass role"):
        World.new_api(gateway, function, credentials=f"arn:aws:iam::{STRANGER}:role/x")


def test_functions_do_not_change_identities_or_functions(world):
    answer = world.owner("lambda").invoke(FunctionName="theirs", Payload=b'{"who": true}')
    got = json.loads(answer["Payload"].read())
    session = dict(aws_access_key_id=got["AWS_ACCESS_KEY_ID"], aws_secret_access_key=got["AWS_SECRET_ACCESS_KEY"],
                   aws_session_token=got["AWS_SESSION_TOKEN"])
    who = world.client("sts", **session).get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{OWNER}:assumed-role/theirs/theirs"
    before = world.state()
    model = SESSION.get_service_model
    read = re.compile("^(Get|List|Simulate)")
    for service in ("iam", "lambda"):
        client = world.client(service, **session)
        changing = [name for claimed_service, name in CLAIMED
                    if claimed_service == service and name != "Invoke" and not read.match(name)]
        assert changing and all(name in model(service).operation_names for name in changing)
        for operation in changing:
            for arguments in inputs(world, service, operation)[:1]:
                text = refused(lambda **a: invoke(client, operation, a), **arguments)
                assert f"is not authorized to perform: {service}:{operation} on resource" in text, text
                assert text.startswith("403 AccessDenied"), text
    assert world.state() == before
    assert world.client("iam", **session).get_role(RoleName="theirs")["Role"]["Arn"] == world.role
    assert world.client("dynamodb", **session).get_item(TableName="theirs", Key={"pk": {"S": "a"}})["Item"]
    # Nor by way of a further role.
    owner = world.owner("iam")
    role = owner.create_role(RoleName="next", AssumeRolePolicyDocument=TRUST.replace('"Service":"%s"', '"AWS":"%s"') % OWNER)["Role"]["Arn"]
    made = world.client("sts", **session).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    chained = world.client("iam", aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"],
                           aws_session_token=made["SessionToken"])
    assert refused(chained.create_user, UserName="x").startswith("403 AccessDenied: User: arn:aws:sts::111111111111:assumed-role/next/session")
    owner.delete_role(RoleName="next")


def test_packages_are_not_to_be_guessed(world):
    location = world.owner("lambda").get_function(FunctionName="theirs")["Code"]["Location"]
    with urllib.request.urlopen(location, timeout=10) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).namelist() == ["index.py"]
    token = location.rsplit("/", 1)[1]
    assert len(token) >= 40
    for other in ("", "x", token[:-1] + ("a" if token[-1] != "a" else "b"), "../functions", token + "/.."):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(location[: -len(token)] + other, timeout=10)
        assert caught.value.code in (403, 404), other
