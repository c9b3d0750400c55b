"""The envelope "1 validation error detected: ": which errors of DynamoDB AWS puts into it, and which stay bare. Measured on AWS in
the summer of 2026 by two other implementations' test suites."""
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ENVELOPE = "1 validation error detected: "
KEY = {"id": {"S": "a"}}
X = {":x": {"S": "x"}}
LONG = "a" * 4200
INVALID = "One or more parameter values were invalid: "


@pytest.fixture(scope="module")
def dynamodb(server):
    client = server.client("dynamodb", config=Config(parameter_validation=False))
    for name, more in (("plain", []), ("indexed", [{"AttributeName": "g", "AttributeType": "N"}])):
        indexes = {"GlobalSecondaryIndexes": [{"IndexName": "byG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                                               "Projection": {"ProjectionType": "ALL"}}]} if more else {}
        client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, *more], **indexes)
        client.get_waiter("table_exists").wait(TableName=name)
    yield client
    for name in ("plain", "indexed"):
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name)


def put(**members):
    return "put_item", {"Item": KEY, **members}


def update(**members):
    return "update_item", {"Key": KEY, **members}


def delete(**members):
    return "delete_item", {"Key": KEY, **members}


def query(**members):
    return "query", {"KeyConditionExpression": "id=:i", "ExpressionAttributeValues": {":i": {"S": "a"}}, **members}


def scan(**members):
    return "scan", members


def transact(**action):
    return "transact_write_items", {"TransactItems": [{kind: {"TableName": "plain", **members} for kind, members in action.items()}]}


# A call, and how its text goes on behind the envelope.
ENVELOPED = [
    (update(UpdateExpression="SET a=:x SET b=:x", ExpressionAttributeValues=X),
     'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
    (update(UpdateExpression="SET a=:x, a=:x", ExpressionAttributeValues=X), "Invalid UpdateExpression: Two document paths overlap"),
    (update(UpdateExpression="SET a=:x", ExpressionAttributeNames={"#c": "c"}, ExpressionAttributeValues=X),
     "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}"),
    (update(UpdateExpression="SET a=:x", ExpressionAttributeValues={**X, ":y": {"S": "y"}}),
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}"),
    (update(UpdateExpression=""), "Invalid UpdateExpression: The expression can not be empty;"),
    (update(UpdateExpression="SET a=b", ExpressionAttributeValues={}), "ExpressionAttributeValues must not be empty"),
    (update(UpdateExpression="ADD a :e", ExpressionAttributeValues={":e": {"SS": []}}), INVALID + "An string set  may not be empty"),
    (put(ConditionExpression="attribute_not_exists(b)", ExpressionAttributeNames={"#c": "c"}), "Value provided in ExpressionAttributeNames"),
    (put(Item={**KEY, "s": {"SS": []}}), INVALID + "An string set  may not be empty"),
    (put(Item={**KEY, "s": {"NS": []}}), INVALID + "An number set  may not be empty"),
    (put(Item={**KEY, "s": {"BS": []}}), INVALID + "Binary sets should not be empty"),
    (delete(ConditionExpression="attribute_not_exists(b)", ExpressionAttributeNames={"#c": "c"}), "Value provided in ExpressionAttributeNames"),
    (delete(Key={"id": {"NULL": False}}), INVALID + "Null attribute value types must have the value of true"),
    (query(Select="ALL_PROJECTED_ATTRIBUTES"), "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    (query(Select="ALL_ATTRIBUTES", ProjectionExpression="a"), "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"),
    (query(Select="COUNT", ProjectionExpression="a"), "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    (query(Select="SPECIFIC_ATTRIBUTES"), "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    (put(Item={**KEY, "s": {"SS": ["x", "x"]}}), INVALID + "Input collection [x, x] contains duplicates."),
    (update(UpdateExpression="SET t=:t", ExpressionAttributeValues={":t": {"SS": ["a", "b", "a"]}}),
     "ExpressionAttributeValues contains invalid value: " + INVALID + "Input collection [a, b, a] contains duplicates. for key :t"),
    (put(Item={**KEY, "n": {"NULL": False}}), INVALID + "Null attribute value types must have the value of true"),
    (update(UpdateExpression="SET f=:n", ExpressionAttributeValues={":n": {"NULL": False}}),
     INVALID + "Null attribute value types must have the value of true"),
    (put(ConditionExpression="foo =="), "Invalid ConditionExpression: Syntax error; "),
    (put(ConditionExpression=LONG), "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; "),
    (update(UpdateExpression="SET"), "Invalid UpdateExpression: Syntax error; "),
    (update(UpdateExpression=LONG), "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size; "),
    (put(ReturnValues="ALL_NEW"), "ReturnValues can only be ALL_OLD or NONE"),
    (delete(ReturnValues="ALL_NEW"), "ReturnValues can only be ALL_OLD or NONE"),
    (put(ExpressionAttributeValues=X),
     "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"),
    (put(ConditionExpression="((attribute_exists(a)))"), "Invalid ConditionExpression: The expression has redundant parentheses;"),
    (put(ConditionExpression="contains(a, a)"), "Invalid ConditionExpression: The first operand must be distinct"),
    (put(ConditionExpression="attribute_exists(a)", Expected={"a": {"Exists": False}}),
     "Can not use both expression and non-expression parameters in the same request: "),
    (update(UpdateExpression="SET a=:zz", ExpressionAttributeValues=X),
     "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :zz"),
    (update(AttributeUpdates={"a": {"Action": "NEVER", "Value": {"S": "x"}}}), "Value 'NEVER' at 'attributeUpdates.a.member.action' failed"),
    # A value that reads like what stays bare.
    (put(Item={**KEY, "s": {"SS": ["Supplied AttributeValue is empty"] * 2}}), INVALID + "Input collection [Supplied"),
]

BARE = [
    (scan(Select="ALL_ATTRIBUTES", ProjectionExpression="a"), "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"),
    (("get_item", {"Key": {"id": {"NULL": False}}}), INVALID + "Null attribute value types must have the value of true"),
    (put(Item={**KEY, "d": {}}), "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (put(Item={**KEY, "d": {"S": "v", "N": "1"}}), "Supplied AttributeValue has more than one datatypes set"),
    (put(Item={**KEY, "d": {"N": "one"}}), "The parameter cannot be converted to a numeric value: one"),
    (update(UpdateExpression="SET id=:x", ExpressionAttributeValues=X), INVALID + "Cannot update attribute id. This attribute is part of the key"),
    (put(Item={"id": {"N": "1"}}), INVALID + "Type mismatch for key id expected: S actual: N"),
    (("put_item", {"TableName": "indexed", "Item": {**KEY, "g": {"S": "n"}}}),
     INVALID + "Type mismatch for Index Key g Expected: N Actual: S IndexName: byG"),
    (update(UpdateExpression="SET m.a.b.c=:x", ExpressionAttributeValues=X), "The document path provided in the update expression is invalid"),
    (update(UpdateExpression="SET a=nosuch"), "The provided expression refers to an attribute that does not exist in the item"),
    (put(Item={"id": {"S": ""}}), "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty"),
    (put(Item={**KEY, "big": {"S": "x" * 410_000}}), "Item size has exceeded the maximum allowed size"),
    (("get_item", {"Key": KEY, "ProjectionExpression": "a", "ExpressionAttributeNames": {"#c": "c"}}), "Value provided in ExpressionAttributeNames"),
    (("get_item", {"Key": KEY, "ProjectionExpression": LONG}), "Invalid ProjectionExpression: Expression size has exceeded"),
    (scan(FilterExpression="attribute_exists(a)", ExpressionAttributeNames={"#c": "c"}), "Value provided in ExpressionAttributeNames"),
    (query(FilterExpression=LONG), "Invalid FilterExpression: Expression size has exceeded"),
    (transact(Put={"Item": KEY, "ConditionExpression": "attribute_not_exists(b)", "ExpressionAttributeNames": {"#c": "c"}}),
     "Value provided in ExpressionAttributeNames"),
    (transact(Update={"Key": KEY, "UpdateExpression": "SET a=:x SET b=:x", "ExpressionAttributeValues": X}), 'Invalid UpdateExpression: The "SET"'),
    (transact(Put={"Item": {**KEY, "s": {"SS": []}}}), INVALID + "An string set  may not be empty"),
    (("batch_write_item", {"RequestItems": {"plain": [{"PutRequest": {"Item": {**KEY, "s": {"SS": []}}}}]}}), INVALID + "An string set"),
]


def refusal(dynamodb, call):
    operation, members = call
    if operation not in ("transact_write_items", "batch_write_item"):
        members = {"TableName": "plain", **members}
    with pytest.raises(ClientError) as error:
        getattr(dynamodb, operation)(**members)
    assert error.value.response["Error"]["Code"] == "ValidationException"
    return error.value.response["Error"]["Message"]


@pytest.mark.parametrize("call, text", ENVELOPED, ids=lambda value: value[0] if isinstance(value, tuple) else value[:60])
def test_what_is_wrong_with_a_write_by_itself_comes_in_an_envelope(dynamodb, call, text):
    message = refusal(dynamodb, call)
    assert message.startswith(ENVELOPE + text)
    assert message.count("validation error detected") == 1


@pytest.mark.parametrize("call, text", BARE, ids=lambda value: value[0] if isinstance(value, tuple) else value[:60])
def test_all_else_stays_bare(dynamodb, call, text):
    assert refusal(dynamodb, call).startswith(text)
