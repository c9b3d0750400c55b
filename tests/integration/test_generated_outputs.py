"""Generated from the service models: every member of every output of the operations that Brume claims is filled by some answer
below, or stands in outputs_never_filled.json with the reason why it never is. Neither list can grow or grow old unseen."""
import json
import pathlib
import re
import time

import boto3
import botocore.exceptions
import service_models
from conftest import NO_RETRIES
from test_lambda import TRUST, python, zip_of

NEVER = pathlib.Path(__file__).with_name("outputs_never_filled.json")
ACCOUNT_TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


class Witness:
    """Clients whose answers are looked through for the members that they have."""

    def __init__(self, server):
        self.server, self.filled = server, {}

    def client(self, service):
        client = self.server.client(service, config=NO_RETRIES)
        client.meta.events.register("after-call", lambda model, parsed, **_: self.note(service, model, parsed))
        return client

    def note(self, service, model, parsed):
        paths = self.filled.setdefault((service, model.name), set())
        if "Error" not in parsed:
            paths.update(service_models.filled_paths(model.output_shape, parsed))


def tables(witness):
    db, streams = witness.client("dynamodb"), witness.client("dynamodbstreams")
    key = lambda name, kind: {"AttributeName": name, "KeyType": kind}
    index = lambda name, **more: {"IndexName": name, "KeySchema": [key("a", "HASH"), key("c", "RANGE")],
                                  "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}, **more}
    rates = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    definition = dict(KeySchema=[key("a", "HASH"), key("b", "RANGE")],
                      AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in "abc"],
                      LocalSecondaryIndexes=[index("local")], StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    db.create_table(TableName="one", BillingMode="PROVISIONED", ProvisionedThroughput=rates,
                    GlobalSecondaryIndexes=[index("global", ProvisionedThroughput=rates, WarmThroughput={"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 5})],
                    WarmThroughput={"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 5},
                    TableClass="STANDARD_INFREQUENT_ACCESS", DeletionProtectionEnabled=True, **definition)
    once = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10}
    db.create_table(TableName="two", BillingMode="PAY_PER_REQUEST", OnDemandThroughput=once,
                    GlobalSecondaryIndexes=[index("global", OnDemandThroughput=once)], **definition)
    settle = lambda name: db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    for name in ("one", "two"):
        settle(name)
    item = {"a": {"S": "1"}, "b": {"S": "2"}, "c": {"S": "3"}, "x": {"S": "y"}}
    at = {"a": item["a"], "b": item["b"]}
    full = {"ReturnConsumedCapacity": "INDEXES"}
    sizes = {**full, "ReturnItemCollectionMetrics": "SIZE"}
    for _ in range(2):
        db.put_item(TableName="one", Item=item, ReturnValues="ALL_OLD", **sizes)
    db.update_item(TableName="one", Key=at, UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"S": "z"}}, ReturnValues="ALL_NEW", **sizes)
    for table in ("one", "two"):
        db.get_item(TableName=table, Key=at, **full)
    other = {**item, "b": {"S": "7"}}
    put = {"PutRequest": {"Item": other}}
    db.batch_write_item(RequestItems={"one": [put], "two": [put]}, **sizes)
    big = [{"PutRequest": {"Item": {**item, "b": {"S": f"big{i}"}, "x": {"S": "x" * 390_000}}}} for i in range(25)]
    db.batch_write_item(RequestItems={"two": big})
    db.batch_write_item(RequestItems={"two": [{"PutRequest": {"Item": {**item, "b": {"S": f"bigger{i}"}, "x": {"S": "x" * 390_000}}}} for i in range(25)]})
    keys = [{"a": item["a"], "b": {"S": f"{kind}{i}"}} for kind in ("big", "bigger") for i in range(25)]
    db.batch_get_item(RequestItems={"two": {"Keys": keys, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "x"}, "ConsistentRead": True}}, **full)
    db.batch_get_item(RequestItems={"two": {"Keys": keys, "AttributesToGet": ["x"]}})
    db.query(TableName="one", KeyConditionExpression="a = :a", ExpressionAttributeValues={":a": item["a"]}, Limit=1, **full)
    db.query(TableName="one", IndexName="global", KeyConditionExpression="a = :a", ExpressionAttributeValues={":a": item["a"]}, **full)
    db.query(TableName="one", IndexName="local", KeyConditionExpression="a = :a", ExpressionAttributeValues={":a": item["a"]}, **full)
    for name in (None, "global", "local"):
        db.scan(TableName="one", Limit=1, **({"IndexName": name} if name else {}), **full)
    db.transact_write_items(TransactItems=[{"Put": {"TableName": "one", "Item": {**item, "b": {"S": "9"}}}}], **sizes)
    db.transact_get_items(TransactItems=[{"Get": {"TableName": "one", "Key": at}}], **full)
    db.execute_statement(Statement="SELECT * FROM one WHERE a = '1'", Limit=1, **full)
    db.execute_statement(Statement="SELECT * FROM \"one\".\"global\" WHERE a = '1'", **full)
    db.execute_statement(Statement="SELECT * FROM \"one\".\"local\" WHERE a = '1'", **full)
    db.execute_statement(Statement="UPDATE one SET x = 'n' WHERE a = '1' AND b = '2' RETURNING ALL NEW *", **full)
    db.batch_execute_statement(Statements=[{"Statement": "SELECT * FROM one WHERE a = '1' AND b = '2'"}], **full)
    db.batch_execute_statement(Statements=[{"Statement": "INSERT INTO one VALUE {'a': '1', 'b': '2'}", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
                                           {"Statement": "UPDATE one SET x = 'n' WHERE a = '1' AND b = '7'"}], **full)
    db.execute_transaction(TransactStatements=[{"Statement": "SELECT * FROM one WHERE a = '1' AND b = '2'"}], **full)
    db.execute_transaction(TransactStatements=[{"Statement": "UPDATE one SET x = 'n' WHERE a = '1' AND b = '2'"}], **full)
    db.delete_item(TableName="one", Key=at, ReturnValues="ALL_OLD", **sizes)
    arn = db.describe_table(TableName="one")["Table"]["TableArn"]
    db.describe_table(TableName="two")
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(12)])
    db.list_tags_of_resource(ResourceArn=arn)
    db.untag_resource(ResourceArn=arn, TagKeys=["k0"])
    db.update_time_to_live(TableName="one", TimeToLiveSpecification={"Enabled": True, "AttributeName": "e"})
    db.describe_time_to_live(TableName="one")
    db.list_tables(Limit=1)
    db.describe_limits()
    db.describe_endpoints()
    db.describe_continuous_backups(TableName="one")
    db.describe_contributor_insights(TableName="one")
    db.describe_kinesis_streaming_destination(TableName="one")
    for empty in ("list_backups", "list_contributor_insights", "list_exports", "list_global_tables", "list_imports"):
        getattr(db, empty)()
    try:
        db.get_resource_policy(ResourceArn=arn)
    except botocore.exceptions.ClientError:
        pass
    db.update_table(TableName="two", OnDemandThroughput={"MaxReadRequestUnits": 11, "MaxWriteRequestUnits": 11})
    settle("two")
    db.update_table(TableName="two", TableClass="STANDARD_INFREQUENT_ACCESS")
    settle("two")
    db.update_table(TableName="two", BillingMode="PROVISIONED", ProvisionedThroughput=rates,
                    GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "global", "ProvisionedThroughput": rates}}])
    settle("two")
    db.update_table(TableName="two", ProvisionedThroughput={"ReadCapacityUnits": 6, "WriteCapacityUnits": 4},
                    GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "global", "ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 4}}}])
    settle("two")
    db.update_table(TableName="two", AttributeDefinitions=definition["AttributeDefinitions"],
                    GlobalSecondaryIndexUpdates=[{"Create": index("more", ProvisionedThroughput=rates)}])
    settle("two")
    db.update_table(TableName="two", WarmThroughput={"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000})
    settle("two")
    db.describe_table(TableName="two")
    db.update_table(TableName="one", DeletionProtectionEnabled=False)
    settle("one")
    stream = streams.list_streams(TableName="one", Limit=1)["Streams"][0]["StreamArn"]
    streams.list_streams(Limit=1)
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    streams.get_records(ShardIterator=iterator)
    while any(index["IndexStatus"] != "ACTIVE" or index.get("Backfilling")
              for index in db.describe_table(TableName="two")["Table"]["GlobalSecondaryIndexes"]):
        time.sleep(0.1)
    for name in ("one", "two"):
        db.delete_table(TableName=name)


def functions(witness):
    iam, functions, logs = witness.client("iam"), witness.client("lambda"), witness.client("logs")
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    more = dict(Environment={"Variables": {"AA": "1"}}, Tags={"a": "b"}, Description="d")
    arns = [functions.create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role, Timeout=10,
                                      Code={"ZipFile": zip_of(python("def handler(event, context):\n    print('hi')\n    return event['a']\n"))},
                                      **more)["FunctionArn"] for name in ("f", "g")]
    active = lambda: functions.get_waiter("function_updated_v2").wait(FunctionName="f")
    active()
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=2)
    functions.get_function_concurrency(FunctionName="f")
    functions.get_function(FunctionName="f")
    functions.get_function_configuration(FunctionName="f")
    functions.list_functions(MaxItems=1)
    functions.update_function_configuration(FunctionName="f", Timeout=9)
    active()
    functions.update_function_code(FunctionName="f", ZipFile=zip_of(python("def handler(event, context):\n    print('ho')\n    return event['a']\n")))
    active()
    for payload in (b'{"a":1}', b"{}"):
        functions.invoke(FunctionName="f", Payload=payload, LogType="Tail")
    functions.add_permission(FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="*")
    functions.get_policy(FunctionName="f")
    functions.remove_permission(FunctionName="f", StatementId="s")
    functions.tag_resource(Resource=arns[0], Tags={"c": "d"})
    functions.list_tags(Resource=arns[0])
    functions.untag_resource(Resource=arns[0], TagKeys=["c"])
    functions.get_account_settings()
    functions.delete_function_concurrency(FunctionName="f")
    logs.create_log_group(logGroupName="/other", tags={"a": "b"})
    logs.create_log_stream(logGroupName="/other", logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/other", logStreamName="s", logEvents=[{"timestamp": now, "message": "m"}, {"timestamp": now, "message": "n"}])
    day = 86_400_000
    for ago in (-1, 15):
        logs.put_log_events(logGroupName="/other", logStreamName="s", logEvents=[{"timestamp": now - ago * day, "message": "m"}])
    logs.put_retention_policy(logGroupName="/other", retentionInDays=7)
    logs.put_log_events(logGroupName="/other", logStreamName="s", logEvents=[{"timestamp": now - 8 * day, "message": "m"}])
    logs.describe_log_groups(limit=1)
    logs.describe_log_groups()
    logs.delete_retention_policy(logGroupName="/other")
    logs.create_log_stream(logGroupName="/other", logStreamName="r")
    logs.describe_log_streams(logGroupName="/other", limit=1)
    logs.describe_log_streams(logGroupName="/other")
    logs.get_log_events(logGroupName="/other", logStreamName="s")
    logs.filter_log_events(logGroupName="/other", limit=1)
    logs.delete_log_stream(logGroupName="/other", logStreamName="s")
    logs.delete_log_group(logGroupName="/other")
    for name in ("f", "g"):
        functions.delete_function(FunctionName=name)
    return arns[0]


def apis(witness, function):
    gw = witness.client("apigateway")
    api = gw.create_rest_api(name="a", description="d", version="1", binaryMediaTypes=["a/b"], tags={"a": "b"}, securityPolicy="TLS_1_2")
    gw.create_rest_api(name="b")
    where = {"restApiId": api["id"]}
    gw.get_rest_api(**where)
    gw.get_rest_apis(limit=1)
    gw.get_rest_apis()
    patch = lambda op, path, value=None: [{"op": op, "path": path, **({"value": value} if value is not None else {})}]
    gw.update_rest_api(**where, patchOperations=patch("replace", "/name", "c"))
    node = gw.create_resource(**where, parentId=api["rootResourceId"], pathPart="p")["id"]
    gw.update_resource(**where, resourceId=node, patchOperations=patch("replace", "/pathPart", "q"))
    method = {**where, "resourceId": node, "httpMethod": "POST"}
    gw.put_method(**method, authorizationType="NONE", operationName="o", requestParameters={"method.request.header.X": True}, requestModels={"application/json": "Empty"})
    gw.put_method_response(**method, statusCode="200", responseParameters={"method.response.header.X": False}, responseModels={"application/json": "Empty"})
    gw.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}, requestParameters={"integration.request.header.X": "method.request.header.X"},
                       contentHandling="CONVERT_TO_TEXT", cacheKeyParameters=["method.request.header.X"], credentials="arn:aws:iam::000000000000:role/r",
                       tlsConfig={"insecureSkipVerification": False})
    gw.put_integration_response(**method, statusCode="200", selectionPattern="", responseParameters={"method.response.header.X": "'a'"},
                                responseTemplates={"application/json": "x"}, contentHandling="CONVERT_TO_TEXT")
    gw.update_method(**method, patchOperations=patch("replace", "/operationName", "n"))
    gw.update_method_response(**method, statusCode="200", patchOperations=patch("add", "/responseParameters/method.response.header.Y", "true"))
    gw.update_integration(**method, patchOperations=patch("replace", "/timeoutInMillis", "1000"))
    gw.update_integration_response(**method, statusCode="200", patchOperations=patch("replace", "/selectionPattern", "2.."))
    root = {**where, "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    gw.put_method(**root, authorizationType="NONE")
    gw.put_integration(**root, type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://127.0.0.1:1/")
    gw.update_integration(**root, patchOperations=patch("replace", "/uri", "http://127.0.0.1:2/"))
    gw.update_method(**root, patchOperations=patch("replace", "/operationName", "n"))
    gw.get_integration(**root)
    gw.get_method(**root)
    for read in (gw.get_method, gw.get_integration):
        read(**method)
    for read in (gw.get_method_response, gw.get_integration_response):
        read(**method, statusCode="200")
    gw.get_resource(**where, resourceId=node, embed=["methods"])
    gw.get_resource(**where, resourceId=api["rootResourceId"], embed=["methods"])
    gw.get_resources(**where, embed=["methods"])
    gw.get_resources(**where, limit=1)
    gw.update_resource(**where, resourceId=node, patchOperations=patch("replace", "/pathPart", "p"))
    deployments = [gw.create_deployment(**where, description="d")["id"] for _ in range(2)]
    gw.create_stage(**where, stageName="s", deploymentId=deployments[0], description="d", variables={"a": "b"}, tags={"a": "b"})
    gw.update_stage(**where, stageName="s", patchOperations=patch("replace", "/description", "e"))
    gw.update_stage(**where, stageName="s", patchOperations=patch("replace", "/*/*/metrics/enabled", "true"))
    gw.get_stage(**where, stageName="s")
    gw.get_stages(**where)
    gw.get_deployment(**where, deploymentId=deployments[0], embed=["apisummary"])
    gw.get_deployments(**where, limit=1)
    gw.get_deployments(**where)
    gw.update_deployment(**where, deploymentId=deployments[0], patchOperations=patch("replace", "/description", "e"))
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api['id']}"
    gw.tag_resource(resourceArn=arn, tags={"c": "d"})
    gw.get_tags(resourceArn=arn)
    gw.untag_resource(resourceArn=arn, tagKeys=["c"])
    gw.get_account()
    gw.update_account(patchOperations=[])
    gw.delete_stage(**where, stageName="s")
    gw.delete_deployment(**where, deploymentId=deployments[0])
    gw.delete_integration_response(**method, statusCode="200")
    gw.delete_integration(**method)
    gw.delete_method_response(**method, statusCode="200")
    gw.delete_method(**method)
    gw.delete_resource(**where, resourceId=node)
    gw.delete_rest_api(**where)


def principals(witness):
    iam, sts = witness.client("iam"), witness.client("sts")
    tags = [{"Key": "a", "Value": "b"}]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=ACCOUNT_TRUST, Description="d", Tags=tags, MaxSessionDuration=7200)["Role"]["Arn"]
    iam.create_role(RoleName="r2", AssumeRolePolicyDocument=ACCOUNT_TRUST)
    for name in ("u", "u2"):
        iam.create_user(UserName=name, Tags=tags)
    policies = [iam.create_policy(PolicyName=name, PolicyDocument=POLICY, Description="d", Tags=tags)["Policy"]["Arn"] for name in ("p", "p2")]
    for kind, name in (("role", "r"), ("user", "u")):
        me = {f"{kind.title()}Name": name}
        call = lambda verb, **more: getattr(iam, verb)(**me, **more)
        call(f"get_{kind}")
        getattr(iam, f"list_{kind}s")(MaxItems=1)
        for policy in ("a", "b"):
            call(f"put_{kind}_policy", PolicyName=policy, PolicyDocument=POLICY)
        call(f"get_{kind}_policy", PolicyName="a")
        call(f"list_{kind}_policies", MaxItems=1)
        for policy in policies:
            call(f"attach_{kind}_policy", PolicyArn=policy)
        call(f"list_attached_{kind}_policies", MaxItems=1)
        call(f"tag_{kind}", Tags=[{"Key": "c", "Value": "d"}])
        call(f"list_{kind}_tags", MaxItems=1)
        call(f"untag_{kind}", TagKeys=["c"])
    iam.list_entities_for_policy(PolicyArn=policies[0], MaxItems=1)
    iam.list_entities_for_policy(PolicyArn=policies[0])
    iam.update_role(RoleName="r", Description="e")
    iam.update_role_description(RoleName="r", Description="f")
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=ACCOUNT_TRUST)
    iam.update_user(UserName="u2", NewUserName="u3")
    iam.get_policy(PolicyArn=policies[0])
    iam.list_policies(MaxItems=1)
    iam.list_policies(Scope="Local")
    iam.tag_policy(PolicyArn=policies[0], Tags=[{"Key": "c", "Value": "d"}])
    iam.list_policy_tags(PolicyArn=policies[0], MaxItems=1)
    iam.untag_policy(PolicyArn=policies[0], TagKeys=["c"])
    iam.create_policy_version(PolicyArn=policies[0], PolicyDocument=POLICY, SetAsDefault=False)
    iam.get_policy_version(PolicyArn=policies[0], VersionId="v2")
    iam.list_policy_versions(PolicyArn=policies[0], MaxItems=1)
    iam.set_default_policy_version(PolicyArn=policies[0], VersionId="v2")
    iam.delete_policy_version(PolicyArn=policies[0], VersionId="v1")
    keys = [iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    iam.list_access_keys(UserName="u", MaxItems=1)
    iam.get_access_key_last_used(AccessKeyId=keys[0])
    iam.update_access_key(UserName="u", AccessKeyId=keys[0], Status="Inactive")
    sts.get_caller_identity()
    sts.get_access_key_info(AccessKeyId=keys[0])
    sts.get_session_token()
    sts.assume_role(RoleArn=role, RoleSessionName="me", Tags=tags, SourceIdentity="me-myself")
    for key in keys:
        iam.delete_access_key(UserName="u", AccessKeyId=key)
    for kind, name in (("role", "r"), ("user", "u")):
        me = {f"{kind.title()}Name": name}
        for policy in ("a", "b"):
            getattr(iam, f"delete_{kind}_policy")(**me, PolicyName=policy)
        for policy in policies:
            getattr(iam, f"detach_{kind}_policy")(**me, PolicyArn=policy)
        getattr(iam, f"delete_{kind}")(**me)
    for policy in policies:
        iam.delete_policy(PolicyArn=policy)


def test_every_output_member_is_filled_or_accounted_for(new_server):
    server = new_server()
    witness = Witness(server)
    principals(witness)
    function = functions(witness)
    apis(witness, function)
    tables(witness)
    never = json.loads(NEVER.read_text())
    wrong, used, stale = [], set(), []
    for service, operation in service_models.claimed(server.get("/_brume/compatibility")):
        filled = witness.filled.get((service, operation))
        if filled is None:
            wrong.append(f"{service}.{operation} is never called here")
            continue
        missing = [p for p in service_models.output_paths(service_models.operation_model(service, operation).output_shape) if p not in filled]
        for path in missing:
            if any(path.startswith(f"{above}{mark}") for above in missing for mark in (".", "[", "{")):
                continue  # what is below a member that is never filled
            case = f"{service}.{operation}.{path}"
            rule = next((rule for rule in never if re.fullmatch(rule["members"], case)), None)
            if rule is None:
                wrong.append(case)
            else:
                used.add(rule["members"])
        stale += [f"{service}.{operation}.{path}" for path in filled for rule in never
                  if re.fullmatch(rule["members"], f"{service}.{operation}.{path}") and not rule.get("sometimes")]
    assert not wrong, "\n" + "\n".join(wrong)
    assert not stale, f"filled after all: {sorted(stale)}"
    assert not (unneeded := {rule["members"] for rule in never if not rule.get("sometimes")} - used), unneeded
    assert all(len(rule["why"]) > 10 for rule in never)
