"""APIs that call themselves: one request does not become as many as the server has connections."""
import http.client
import os
import threading
import time
import urllib.error
import urllib.request


def test_an_api_that_calls_itself(new_server):
    server = new_server()
    client = server.client("apigateway")
    api = client.create_rest_api(name="circle")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    url = f"{server.endpoint}/_aws/execute-api/{api}/s/"
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="HTTP_PROXY", integrationHttpMethod="GET", uri=url)
    client.create_deployment(restApiId=api, stageName="s")
    outcome, most = [], 0

    def call():
        try:
            outcome.append(urllib.request.urlopen(url, timeout=60).status)
        except urllib.error.HTTPError as error:
            outcome.append(error.code)
        except (OSError, http.client.HTTPException) as error:
            outcome.append(repr(error))

    thread = threading.Thread(target=call)
    before = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    thread.start()
    while thread.is_alive():
        most = max(most, len(os.listdir(f"/proc/{server.process.pid}/fd")))
        time.sleep(0.002)
    assert outcome == [500]
    assert most < before + 40
    assert "APIs call each other in a circle" in server.log.read_text()
