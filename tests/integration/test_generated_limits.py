"""Generated from the service models: for every operation that Brume claims, one value beyond each limit (length, range, pattern,
enumeration, number of elements) of each member is refused with AWS's validation error naming it.

What is refused in other words, or later, stands in limits_elsewhere.json with the reason; an entry that is not needed any more
fails, too."""
import json
import pathlib
import re

import botocore.exceptions
import pytest
import service_models
from botocore.config import Config

ELSEWHERE = pathlib.Path(__file__).with_name("limits_elsewhere.json")
CONFIG = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
DEPTH_MAX = 5
TEXT_MAX = 300_000      # longer ones cost more than they tell
HEAD_MAX = 6000         # of what goes in the request's head
ELEMENTS_MAX = 2000

# Tried in turn for a member with a pattern, until one fits.
FITTING = ["abcd", "abc", "aa", "a", "a1b2c3", "0", "1", "123456789012", "index.handler", "us-east-1", "lambda:InvokeFunction", "s3.amazonaws.com",
           "arn:aws:iam::123456789012:role/r", "arn:aws:lambda:us-east-1:123456789012:function:f", "200", "/", "/a/", "AKIAIOSFODNN7EXAMPLE",
           "arn:aws:dynamodb:us-east-1:123456789012:table/t", "shardId-00000001", "o-1234567890", "subnet-1", "sg-1", "v1", "MyConfig",
           "arn:aws:lambda:us-east-1:123456789012:layer:l:1", "/aws/lambda/f", "arn:aws:logs:us-east-1:123456789012:log-group:g",
           "arn:aws:kms:us-east-1:123456789012:key/4ab2f5c8-0000-4000-8000-000000000000", "/mnt/a", "{}", "x" * 20,
           "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-" + "a" * 17,
           "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-" + "0" * 17, "123456", "arn:aws:s3:::b",
           "arn:aws:lambda:us-east-1:123456789012:capacity-provider:c", "arn:aws:lambda:us-east-1::runtime:" + "a" * 64,
           "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:lambda:us-east-1:123456789012:network-connector:n", "fs-12345678"]
BREAKING = ["!", " ", "a b", "\u00e9", "-", "/", "a!b", "*", "a" * 30 + "!", "x", "", "\x7f", "a" * 300, "\ud7ff"]


def matches(pattern, text):
    try:
        return re.fullmatch(pattern.replace(r"\p{L}", "a-zA-Z").replace(r"\p{Z}", " ").replace(r"\p{N}", "0-9").replace(r"\p{M}", "").replace(
            "[[", "[").replace("&&[^", "]|[^"), text) is not None
    except re.error:
        return None


def fitting(shape, depth=0):
    """A value of `shape` that the model allows; None where there is no telling."""
    limits, kind = shape.metadata, shape.type_name
    least, most = limits.get("min", 0) or 0, limits.get("max")
    if shape.name == "AttributeValue":
        return {"S": "abcd"}
    if kind == "structure":
        if depth > DEPTH_MAX:
            return None
        return {name: fitting(shape.members[name], depth + 1) for name in shape.required_members}
    if kind == "list":
        return [fitting(shape.member, depth + 1) for _ in range(int(least))]
    if kind == "map":
        return {fitting(shape.key): fitting(shape.value, depth + 1)} if least else {}
    if kind in ("integer", "long", "float", "double"):
        return max(int(least), 1) if most is None else min(max(int(least), 1), int(most))
    if kind == "boolean":
        return False
    if kind == "timestamp":
        return 1_700_000_000
    if kind == "blob":
        return b"a" * max(int(least), 1)
    if getattr(shape, "enum", None):
        return shape.enum[0]
    pattern = limits.get("pattern")
    for text in [*FITTING, "a" * int(least)]:
        if len(text) >= least and (most is None or len(text) <= most) and (not pattern or matches(pattern, text)):
            return text
    return None


def beyond(shape, place):
    """Each limit of a value of `shape`: (name, a value beyond it). `place`: where it travels."""
    limits, kind = shape.metadata, shape.type_name
    least, most = limits.get("min"), limits.get("max")
    longest = TEXT_MAX if place == "body" else HEAD_MAX
    if kind in ("integer", "long", "float", "double"):
        if most is not None:
            yield "max", int(most) + 1
        if least is not None:
            yield "min", int(least) - 1
    elif kind == "list":
        element = fitting(shape.member)
        if most is not None and most < ELEMENTS_MAX and element is not None:
            yield "max", [element] * (int(most) + 1)
        if least:
            yield "min", [element] * (int(least) - 1)
    elif kind == "map":
        key, value = fitting(shape.key), fitting(shape.value)
        if most is not None and most < ELEMENTS_MAX and key is not None:
            yield "max", {f"{key}{i}": value for i in range(int(most) + 1)}
    elif kind == "blob":
        if most is not None and most < longest:
            yield "max", b"a" * (int(most) + 1)
    elif kind == "string":
        if getattr(shape, "enum", None):
            yield "enum", "NoneOfThem"
            return
        pattern = limits.get("pattern")
        if most is not None and most < longest:
            start = fitting(shape) or "a"
            yield "max", start + start[-1] * (int(most) + 1 - len(start))
        if least and not (least == 1 and place == "uri"):
            yield "min", "a" * (int(least) - 1)
        if pattern:
            for text in BREAKING:
                fits = len(text) >= (least or 0) and (most is None or len(text) <= most) and not (place == "uri" and text in ("", "/"))
                if place != "body" and (not text.isascii() or not text.isprintable() or text != text.strip()):
                    continue
                if fits and matches(pattern, text) is False:
                    yield "pattern", text
                    break


def place_of(member, top):
    return {"uri": "uri", "querystring": "query", "header": "header"}.get(member.serialization.get("location"), "body") if top else "body"


def cases(shape, build, path="", place="body", above=()):
    """Of everything below `shape`: (path, limit, input with one value beyond it). `build` puts a value of `shape` into an input."""
    # Items have limits of their own kind, which the tests of wire/ and dynamodb/ have.
    if shape.name in above or len(above) > DEPTH_MAX or shape.name == "AttributeValue" or getattr(shape, "is_document_type", False):
        return
    above += (shape.name,)
    for limit, value in beyond(shape, place):
        yield path, limit, build(value)
    if shape.type_name == "structure":
        base = fitting(shape)
        for name, member in shape.members.items():
            if base is None or shape.serialization.get("payload") == name and member.type_name == "blob":
                continue
            inner = lambda value, name=name: build({**base, name: value})
            yield from cases(member, inner, f"{path}.{name}" if path else name, place_of(member, not path), above)
    elif shape.type_name == "list":
        yield from cases(shape.member, lambda value: build([value]), path + "[]", place, above)
    elif shape.type_name == "map":
        key = fitting(shape.key)
        yield from cases(shape.key, lambda value: build({value: fitting(shape.value)}), path + "<key>", place, above)
        yield from cases(shape.value, lambda value: build({key: value}), path + "{}", place, above)


def refusal(client, method, arguments):
    try:
        getattr(client, method)(**arguments)
        return None, "it was accepted"
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]


def names_member(path, message):
    """Whether AWS's validation text names the member: scalars in lists and maps stand under the name of these."""
    name = re.sub(r"(\[\]|\{\}|<key>)+$", "", path)
    last = re.sub(r"(\[\]|\{\}|<key>)", "", name.rsplit(".", 1)[-1])
    return re.search(rf"at '[^']*\b{last[:1].lower()}{re.escape(last[1:])}(\.[^']*)?' failed to satisfy constraint: ", message) is not None


def test_every_limit_of_the_models_holds(server):
    page = server.get("/_brume/compatibility")
    elsewhere = json.loads(ELSEWHERE.read_text())
    wrong, seen, count = [], set(), 0
    for service, operation in service_models.claimed(page):
        client = server.client(service, config=CONFIG)
        model = service_models.operation_model(service, operation)
        if model.input_shape is None:
            continue
        method = next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)
        for path, limit, arguments in cases(model.input_shape, lambda value: value):
            case = f"{service}.{operation}.{path} {limit}"
            code, message = refusal(client, method, arguments)
            count += 1
            validated = code in ("ValidationException", "ValidationError", "InvalidParameterException", "InvalidParameterValueException")
            if validated and names_member(path, message):
                continue
            short = re.sub(r"\s+", " ", message or "")[:160]
            rule = next((rule for rule in elsewhere if re.fullmatch(rule["case"], case) and re.search(rule["says"], f"{code}: {message}")), None)
            if rule is None:
                wrong.append(f"{case}: {code}: {short}")
            else:
                seen.add(rule["case"])
    assert count > 500, "the generator finds no limits"
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong)
    assert not (unneeded := {rule["case"] for rule in elsewhere} - seen), unneeded


def meaning_something(shape):
    """A value that is refused wherever the member is, for what it says or that it is there."""
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "list":
        return [meaning_something(shape.member)]
    if shape.type_name == "structure":  # one without members leaves nothing in a form
        return fitting(shape) or {name: fitting(member) for name, member in list(shape.members.items())[:1]}
    return fitting(shape)


def test_what_the_page_says_is_refused_is_refused(server):
    """The page is made from the tables that refuse: this shows that each of their rows does."""
    page, count = server.get("/_brume/compatibility"), 0
    for service, operation in service_models.claimed(page):
        row = re.search(rf"^\| {operation} \| partly \| (.*refused: .*) \|$", page.split(f"## {service_models.TITLES[service]} (", 1)[1].split("\n## ")[0], re.M)
        if not row:
            continue
        model = service_models.operation_model(service, operation)
        client = server.client(service, config=CONFIG)
        method = next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)
        for member, value, feature in re.findall(r"`([\w.]+)`(?: (\w+))? \((.*?)\)(?=,|$)", row[1].split("refused: ")[1]):
            arguments, shape = fitting(model.input_shape), model.input_shape
            if "type" in arguments:
                arguments["type"] = "MOCK"  # the others are refused themselves
            place = arguments
            *outer, last = member.split(".")
            for name in outer:
                shape = shape.members[name]
                place = place.setdefault(name, fitting(shape))
            shape = shape.members[last]
            place[last] = value or meaning_something(shape)
            assert place[last] is not None, (operation, member)
            code, message = refusal(client, method, arguments)
            assert message and f"{member}{' ' + value if value else ''} ({feature})" in message, (operation, member, code, message)
            count += 1
    assert count > 60
