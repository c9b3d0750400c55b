"""Metric series: what CloudWatch would have of functions and deployed APIs, read back by name and dimensions."""
import json
import urllib.error
import urllib.request

import botocore.exceptions
import pytest
from conftest import NO_RETRIES
from test_lambda import TRUST, python, zip_of


def series_of(server, namespace):
    """{(name, ((dimension, value), …)): (count, sum, max)} over all minutes."""
    answer = json.loads(server.get("/_brume/series?namespace=" + namespace))
    assert answer["complete"]
    out = {}
    for series in answer["series"]:
        points = series["points"]
        out[series["name"], tuple(sorted(series["dimensions"].items()))] = (
            sum(point["count"] for point in points), sum(point["sum"] for point in points), max(point["max"] for point in points))
    return out


@pytest.fixture
def function(server):
    role = server.client("iam").create_role(RoleName="series", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client = server.client("lambda", config=NO_RETRIES)
    code = zip_of(python("def handler(event, context):\n    if (event or {}).get('fail'):\n        raise ValueError('no')\n"
                         "    return {'statusCode': int((event or {}).get('path', '/200')[-3:]), 'body': ''}\n"))
    arn = client.create_function(FunctionName="counted", Runtime="python3.11", Handler="index.handler", Role=role,
                                 Code={"ZipFile": code})["FunctionArn"]
    yield arn
    client.delete_function(FunctionName="counted")
    server.client("iam").delete_role(RoleName="series")


def test_functions_and_apis_are_counted_as_aws_counts_them(server, function):
    functions = server.client("lambda", config=NO_RETRIES)
    gateway = server.client("apigateway")
    account = function.split(":")[4]
    functions.invoke(FunctionName="counted", Payload=b"{}")
    assert "FunctionError" in functions.invoke(FunctionName="counted", Payload=b'{"fail": true}')
    functions.put_function_concurrency(FunctionName="counted", ReservedConcurrentExecutions=0)
    with pytest.raises(botocore.exceptions.ClientError, match="Rate Exceeded"):
        functions.invoke(FunctionName="counted", Payload=b"{}")
    functions.delete_function_concurrency(FunctionName="counted")

    api = gateway.create_rest_api(name="counted-api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    proxy = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    gateway.put_method(restApiId=api, resourceId=proxy, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=api, resourceId=proxy, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
                            uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations")
    gateway.create_deployment(restApiId=api, stageName="prod")

    def ask(path):
        request = urllib.request.Request(f"{server.endpoint}{path}", headers={"Host": f"{api}.execute-api.us-east-1.localhost"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert ask("/prod/200") == 500  # without permission it is no invoke
    functions.add_permission(FunctionName="counted", StatementId="api", Action="lambda:InvokeFunction",
                             Principal="apigateway.amazonaws.com", SourceArn=f"arn:aws:execute-api:us-east-1:{account}:{api}/*")
    assert [ask(f"/prod/{status}") for status in (200, 200, 404)] == [200, 200, 404]
    gateway.delete_rest_api(restApiId=api)

    of_functions = series_of(server, "AWS/Lambda")
    name = ("FunctionName", "counted")
    for dimensions in ((name,), (name, ("Resource", "counted"))):
        assert of_functions["Invocations", dimensions][:2] == (5, 5)
        assert of_functions["Errors", dimensions][:2] == (5, 1)
        assert of_functions["Throttles", dimensions][:2] == (6, 1)
        assert of_functions["ConcurrentExecutions", dimensions][2] == 1
        count, total, _ = of_functions["Duration", dimensions]
        assert count == 5 and 0 < total < 5 * 3000
    assert of_functions["Invocations", ()][1] >= 5
    of_apis = series_of(server, "AWS/ApiGateway")
    for dimensions in ((("ApiName", "counted-api"),), (("ApiName", "counted-api"), ("Stage", "prod"))):
        assert of_apis["Count", dimensions][:2] == (4, 4)
        assert of_apis["4XXError", dimensions][:2] == (4, 1)
        assert of_apis["5XXError", dimensions][:2] == (4, 1)
        assert of_apis["Latency", dimensions][0] == of_apis["IntegrationLatency", dimensions][0] == 4
