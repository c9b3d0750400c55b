"""What the service models say of the operations that Brume claims: for tests that are generated from them."""
import re

import botocore.session

SESSION = botocore.session.get_session()
NAMES = {"DynamoDB": "dynamodb", "DynamoDB Streams": "dynamodbstreams", "Lambda": "lambda", "API Gateway": "apigateway", "IAM": "iam",
         "STS": "sts", "CloudWatch Logs": "logs"}
TITLES = {name: title for title, name in NAMES.items()}


def claimed(page):
    """The page of `brume compatibility` → (service, operation) of each that is supported."""
    service, found = None, []
    for line in page.splitlines():
        if heading := re.match(r"## (.*) \(\d{4}-\d\d-\d\d\)$", line):
            service = NAMES[heading[1]]
        elif row := re.match(r"\| (\w+) \| (yes|partly) \|", line):
            found.append((service, row[1]))
    return found


def operation_model(service, operation):
    return SESSION.get_service_model(service).operation_model(operation)


def output_paths(shape, prefix="", above=()):
    """The members of an output shape: "Table.KeySchema[].KeyType", "Tags{}"; shapes inside themselves are not repeated."""
    if shape is None or shape.name in above or shape.name == "AttributeValue":
        return
    above += (shape.name,)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from output_paths(member, path, above)
    elif shape.type_name == "list":
        yield from output_paths(shape.member, prefix + "[]", above)
    elif shape.type_name == "map":
        yield from output_paths(shape.value, prefix + "{}", above)


def filled_paths(shape, value, prefix="", above=()):
    """Those of output_paths() that `value`, a parsed answer, has."""
    if shape is None or shape.name in above or shape.name == "AttributeValue" or value is None:
        return
    above += (shape.name,)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value and value[name] is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield path
                yield from filled_paths(member, value[name], path, above)
    elif shape.type_name == "list":
        for item in value:
            yield from filled_paths(shape.member, item, prefix + "[]", above)
    elif shape.type_name == "map":
        for item in value.values():
            yield from filled_paths(shape.value, item, prefix + "{}", above)
