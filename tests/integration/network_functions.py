"""A function that tries to get out of its sandbox, servers for it, and what is left of them."""
import json
import pathlib
import socket
import subprocess
import time

import pytest
from conftest import skip_without_sandbox
from test_lambda import TRUST, zip_of

BODY = """
import json, os, socket, struct, time, urllib.request, urllib.error, boto3

def attempt(address, port, timeout=2, family=socket.AF_INET):
    with socket.socket(family) as s:
        s.settimeout(timeout)
        try:
            s.connect((address, port))
            return 'connected'
        except OSError as error:
            return type(error).__name__ + ' ' + str(error)

def send_by_device(address, port):
    '''By sockets that are bound to the way out's device, as anybody's may be.'''
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        for family_level, option, value in ((socket.SOL_SOCKET, 25, b'tap0\\0'),  # SO_BINDTODEVICE
                                            (socket.IPPROTO_IP, 50, socket.htonl(socket.if_nametoindex('tap0'))),  # IP_UNICAST_IF
                                            (socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)):
            with socket.socket(socket.AF_INET, kind) as s:
                try:
                    s.setsockopt(family_level, option, value)
                    s.settimeout(0.3)
                    s.connect((address, port))
                    s.send(b'here')
                except OSError:
                    pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        index = socket.if_nametoindex('tap0')
        try:
            s.sendmsg([b'here'], [(socket.IPPROTO_IP, 8, struct.pack('iII', index, 0, 0))], 0, (address, port))  # IP_PKTINFO
        except OSError:
            pass

def crowd(address, port):
    '''As many connections as two processes get at once.'''
    counts = []
    for _ in range(2):
        mine, its = os.pipe()
        pid = os.fork()
        if pid == 0:
            held = []
            try:
                while len(held) < 1000:
                    held.append(socket.create_connection((address, port), 1))
            except OSError:
                pass
            os.write(its, str(len(held)).encode())
            while True:
                time.sleep(10)
        counts.append((pid, int(os.read(mine, 100))))
    for pid, _ in counts:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return sum(count for _, count in counts)

def fill_sockets(count):
    '''Sends what nobody reads, until nothing more is taken.'''
    held = []
    with socket.create_server(('127.0.0.1', 0), backlog=count) as server:
        for _ in range(count):
            s = socket.create_connection(server.getsockname())
            held.append((s, server.accept()[0]))
            s.setblocking(False)
            try:
                while True:
                    s.send(bytes(65536))
            except OSError:
                pass
    with open('/proc/net/sockstat') as file:
        return file.read()

def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError as error:
        return str(error)

def tables(event):
    client = boto3.client('dynamodb', config=boto3.session.Config(
        retries={'total_max_attempts': 1}, connect_timeout=2, read_timeout=5))
    try:
        return sorted(client.list_tables()['TableNames'])
    except Exception as error:
        return type(error).__name__

def hold(event):
    '''Raises connections to the Runtime API and says how many were answered.'''
    host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
    held, answered = [], 0
    for _ in range(event['count']):
        s = socket.create_connection((host, int(port)), 2)
        s.settimeout(2)
        try:
            s.sendall(b'GET /nothing HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
            if s.recv(100).startswith(b'HTTP/1.1 404'):
                answered += 1
        except OSError:
            pass
        held.append(s)
    return answered

def handler(event, context):
    what = event['do']
    if what == 'connect':
        return [attempt(*target) for target in event['targets']]
    if what == 'send by device':
        return send_by_device(event['address'], event['port'])
    if what == 'crowd':
        return crowd(event['address'], event['port'])
    if what == 'fill sockets':
        return fill_sockets(event['count'])
    if what == 'read':
        return {path: read(path) for path in event['paths']}
    if what == 'tables':
        return tables(event)
    if what == 'hold':
        return hold(event)
    if what == 'large':
        return 'x' * event['bytes']
    if what == 'resolve':
        try:
            return socket.gethostbyname(event['name'])
        except OSError as error:
            return type(error).__name__
    if what == 'env':
        return dict(os.environ)
    if what == 'abstract':
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect('\\0' + event['name'])
                return 'connected'
            except OSError as error:
                return type(error).__name__
    if what == 'next':
        try:
            answer = urllib.request.urlopen(f"http://{event['api']}/2018-06-01/runtime/invocation/next", timeout=2)
            return answer.read().decode()
        except urllib.error.HTTPError as error:
            return str(error.code)
        except OSError as error:
            return str(error)
    return 'done'
"""


def make_function(server, name="f", **more):
    role = server.client("iam").create_role(RoleName=f"role-{name}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client = server.client("lambda")
    client.create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role,
                           Code={"ZipFile": zip_of({"index.py": BODY})}, **{"Timeout": 60, "MemorySize": 256, **more})

    def invoke(do, **event):
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"do": do, **event}))
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer or do == "large", body
        return body

    return invoke


@pytest.fixture
def serve(new_server):
    def make(network, *options):
        server = new_server("--function-network", network, *options)
        deadline = time.time() + 30
        while "lambda_host" not in server.log.read_text() and time.time() < deadline:
            time.sleep(0.05)
        log = server.log.read_text()
        if "sandbox=unusable" in log or network == "open" and "lambda_network_reduced" in log:
            skip_without_sandbox(log)
        return server

    return make


@pytest.fixture
def listener():
    """A service of the host's on its loopback."""
    with socket.create_server(("127.0.0.1", 0)) as service:
        yield service.getsockname()[1]


def host_address():
    """One that is not the loopback's, or None."""
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return next((a for a in addresses if "." in a and not a.startswith("127.")), None)


def wait_until(condition, seconds=10):
    deadline = time.time() + seconds
    while not condition() and time.time() < deadline:
        time.sleep(0.05)
    return condition()


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(p) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid)
        for p in (task / "children").read_text().split()]
