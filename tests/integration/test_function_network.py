"""How far functions' connections go: --function-network none, brume, open and host, each from inside a sandbox; what a function can
do to the server through its Runtime API; and that nothing is left behind."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest
from conftest import BRUME, Server, skip_without_sandbox
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


@pytest.mark.parametrize("network", ["none", "brume"])
def test_the_hosts_network_is_not_there(serve, listener, network):
    server = serve(network)
    assert f"network={network}" in server.log.read_text()
    invoke = make_function(server)
    targets = [["127.0.0.1", listener], ["169.254.169.254", 80], ["192.0.2.1", 80], ["host.brume.internal", listener]]
    for outcome in invoke("connect", targets=targets):
        assert outcome != "connected" and "timed out" not in outcome, outcome
    names = invoke("read", paths=["/proc/net/tcp", "/proc/net/tcp6", "/proc/net/unix", "/proc/net/dev", "/proc/net/route",
                                  "/proc/net/arp", "/proc/net/fib_trie", "/etc/hosts"])
    listening = {int(port, 16) for port in re.findall(r"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A", names["/proc/net/tcp"],
                                                      re.MULTILINE)}
    assert listening == ({9001} if network == "none" else {9001, server.port})
    assert f":{listener:04X}" not in names["/proc/net/tcp"]
    assert "@" not in names["/proc/net/unix"] and "/" not in names["/proc/net/unix"].replace("Path", "")
    interfaces = re.findall(r"^ *(\S+):", names["/proc/net/dev"], re.MULTILINE)
    assert "eth0" not in interfaces and "lo" in interfaces
    assert len(names["/proc/net/route"].splitlines()) <= 1 or "169" not in names["/proc/net/route"]
    assert "host.brume.internal" in names["/etc/hosts"]


def test_abstract_sockets_of_the_host_are_not_there(serve):
    with socket.socket(socket.AF_UNIX) as service:
        service.bind("\0brume-test-abstract")
        service.listen()
        assert make_function(serve("brume"))("abstract", name="brume-test-abstract") == "ConnectionRefusedError"


def test_sdk_calls_reach_brume_and_nothing_else(serve):
    server = serve("brume")
    server.client("dynamodb").create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    invoke = make_function(server)
    assert invoke("tables") == ["things"]
    assert invoke("env")["AWS_ENDPOINT_URL"] == server.endpoint
    assert invoke("env")["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9001"
    assert invoke("connect", targets=[["host.brume.internal", server.port]]) == ["connected"]


def test_sdk_calls_do_not_leave_none(serve):
    assert make_function(serve("none"))("tables") == "EndpointConnectionError"


def test_sdk_calls_reach_an_endpoint_with_tls(serve, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out",
                    tmp_path / "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    server = serve("brume", "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    certificate = (tmp_path / "cert.pem").read_text()
    client = server.client("lambda", verify=str(tmp_path / "cert.pem"))
    role = server.client("iam", verify=str(tmp_path / "cert.pem")).create_role(
        RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client.create_function(FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=60, MemorySize=256,
                           Code={"ZipFile": zip_of({"index.py": BODY, "ca.pem": certificate})},
                           Environment={"Variables": {"AWS_CA_BUNDLE": "/var/task/ca.pem"}})
    answer = client.invoke(FunctionName="f", Payload=json.dumps({"do": "tables"}))
    assert json.loads(answer["Payload"].read()) == []


def test_an_endpoint_on_an_address_of_the_hosts(new_server):
    """The address is the sandbox's own there: nothing else of the host's answers at it."""
    address = host_address()
    if address is None:
        pytest.skip("this host has no other address than the loopback's")
    with socket.create_server((address, 0)) as other:
        server = new_server("--function-network", "brume", "--listen", f"{address}:0", "--insecure")
        invoke = make_function(server)
        assert invoke("tables") == []
        assert "Refused" in invoke("connect", targets=[[address, other.getsockname()[1]]])[0]


def test_another_environments_runtime_api_is_out_of_reach(serve):
    server = serve("brume")
    first, second = make_function(server, "first"), make_function(server, "second")
    assert first("env")["AWS_LAMBDA_RUNTIME_API"] == second("env")["AWS_LAMBDA_RUNTIME_API"]
    # Each finds its own there, which is in the middle of an invocation.
    assert first("next", api="127.0.0.1:9001") == "403"
    # Nor is there one on the host.
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 9001), 1)


def test_a_server_on_the_runtime_apis_port(new_server):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 9001))
        except OSError:
            pytest.skip("port 9001 is taken")
    server = new_server("--function-network", "brume", "--listen", "127.0.0.1:9001")
    invoke = make_function(server)
    assert invoke("env")["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9002" and invoke("tables") == []


def test_host_shares_the_network_and_says_so(serve, listener):
    server = serve("host")
    log = server.log.read_text()
    assert "network=host" in log and "not isolated" in log
    invoke = make_function(server)
    assert invoke("connect", targets=[["127.0.0.1", listener]]) == ["connected"]
    assert invoke("tables") == []


def host_address():
    """One that is not the loopback's, or None."""
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return next((a for a in addresses if "." in a and not a.startswith("127.")), None)


def test_open_reaches_out_but_neither_link_local_nor_the_loopback(serve, listener):
    server = serve("open")
    assert "network=open" in server.log.read_text()
    invoke = make_function(server)
    assert invoke("tables") == []
    for target in (["127.0.0.1", listener], ["169.254.169.254", 80], ["169.254.0.1", listener]):
        outcome = invoke("connect", targets=[target])[0]
        assert outcome != "connected" and "timed out" not in outcome, (target, outcome)
    # A caller whom nobody checks may use the host's services anyway.
    assert invoke("connect", targets=[["host.brume.internal", listener], ["host.brume.internal", server.port]]) == ["connected"] * 2
    assert invoke("resolve", name="host.brume.internal") == "10.0.2.2"
    tcp = invoke("read", paths=["/proc/net/tcp", "/proc/net/route", "/etc/resolv.conf"])
    assert f":{listener:04X}" not in re.findall(r"^ *\d+: (\S+)", tcp["/proc/net/tcp"], re.MULTILINE)
    assert "0000FEA9" in tcp["/proc/net/route"].upper() or "FEA9" not in tcp["/proc/net/route"].upper()
    assert tcp["/etc/resolv.conf"] == "nameserver 10.0.2.3\n"
    if address := host_address():
        with socket.create_server((address, 0)) as other:
            assert invoke("connect", targets=[[address, other.getsockname()[1]]]) == ["connected"]


# Runs in a network of its own, where it stands for a host with an IPv6 address and a way out.
IPV6 = """
import json, pathlib, socket, subprocess, sys, threading, time
sys.path[:0] = sys.argv[2:]
from conftest import Server
from test_function_network import make_function, name_of, children
for command in ("link set lo up", "tuntap add out mode tap", "link set out up", "-6 addr add 2001:db8:1::1/128 dev lo nodad",
                "-6 addr add fd00:ec2::254/128 dev lo nodad", "-6 route add default dev out"):
    subprocess.run(["ip", *command.split()], check=True)
services = [socket.create_server((address, 7777), family=socket.AF_INET6) for address in ("2001:db8:1::1", "::1", "fd00:ec2::254")]
server = Server(pathlib.Path(sys.argv[1]) / "data").start()
try:
    invoke = make_function(server)
    targets = [[address, 7777, 2, socket.AF_INET6] for address in ("2001:db8:1::1", "::1", "fd00:ec2::254", "fe80::1")]
    give_up = time.time() + 10
    while (seen := invoke("connect", targets=targets))[0] != "connected" and time.time() < give_up:
        time.sleep(0.1)
    print(json.dumps({"log": server.log.read_text(), "seen": seen}))
finally:
    server.stop()
"""


def test_open_reaches_out_by_ipv6(tmp_path):
    here = pathlib.Path(__file__).resolve().parent
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--user", "--map-root-user"]
    done = subprocess.run([*unshare, sys.executable, "-c", IPV6, tmp_path, here, here.parent], capture_output=True, text=True, timeout=60)
    if done.returncode != 0 and ("unshare failed" in done.stderr or "'ip'" in done.stderr):
        skip_without_sandbox(done.stderr)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    if "network=open" not in result["log"]:
        skip_without_sandbox(result["log"])
    assert "ipv6=yes" in result["log"]
    out, *refused = result["seen"]
    assert out == "connected"
    assert all(outcome != "connected" and "timed out" not in outcome for outcome in refused), refused


def test_a_tag_narrows_the_network_of_its_function(serve, listener):
    server = serve("open")
    targets = [["host.brume.internal", listener], ["host.brume.internal", server.port]]

    def reached(invoke):
        return [outcome == "connected" for outcome in invoke("connect", targets=targets)], invoke("tables")

    everything, own, nothing = ([True, True], []), ([False, True], []), ([False, False], "EndpointConnectionError")
    for name, tags, expected in (("wide", {}, everything), ("same", {"brume:network": "open"}, everything),
                                 ("own", {"brume:network": "brume"}, own), ("none", {"brume:network": "none"}, nothing)):
        assert reached(make_function(server, name, Tags=tags)) == expected, name
    # From its next environment on, whoever is idle.
    client, invoke = server.client("lambda"), make_function(server, "changes")
    arn = client.get_function(FunctionName="changes")["Configuration"]["FunctionArn"]
    assert reached(invoke) == everything
    client.tag_resource(Resource=arn, Tags={"brume:network": "none"})
    assert reached(invoke) == nothing
    client.untag_resource(Resource=arn, TagKeys=["brume:network"])
    assert reached(invoke) == everything
    for value in ("all", "host", "", "Open"):
        with pytest.raises(client.exceptions.InvalidParameterValueException, match="must be none, brume or open"):
            client.tag_resource(Resource=arn, Tags={"brume:network": value})
    assert reached(invoke) == everything


@pytest.mark.parametrize("network", ["none", "brume"])
def test_no_tag_widens_the_network(serve, network):
    server = serve(network)
    with pytest.raises(server.client("lambda").exceptions.InvalidParameterValueException, match=f"gives functions '{network}' at most"):
        make_function(server, Tags={"brume:network": "open"})
    assert make_function(server, "g", Tags={"brume:network": "none"})("tables") == "EndpointConnectionError"


def test_a_server_with_less_than_the_tag_gives_less(serve, new_server, listener):
    wide = serve("open")
    make_function(wide, Tags={"brume:network": "open"})
    wide.stop()
    client = new_server("--function-network", "brume", folder=wide.folder).client("lambda")
    answer = client.invoke(FunctionName="f", Payload=json.dumps({"do": "connect", "targets": [["host.brume.internal", listener]]}))
    assert json.loads(answer["Payload"].read()) != ["connected"]


def test_a_tag_isolates_a_function_where_others_share_the_hosts_network(serve, listener):
    server = serve("host")
    target = [["127.0.0.1", listener]]
    assert make_function(server)("connect", targets=target) == ["connected"]
    own = make_function(server, "own", Tags={"brume:network": "brume"})
    assert own("connect", targets=target) != ["connected"] and own("tables") == []


def test_open_gives_nobody_the_loopback_where_signatures_are_verified(serve, listener):
    server = serve("open", "--auth", "sigv4")
    keys = subprocess.run([BRUME, "keys", "create", "--data", server.folder], capture_output=True, text=True, check=True).stdout
    values = dict(line.removeprefix("export ").split("=", 1) for line in keys.splitlines())
    credentials = {"aws_access_key_id": values["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"]}
    role = server.client("iam", **credentials).create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client = server.client("lambda", **credentials)
    client.create_function(FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=60, MemorySize=256,
                           Code={"ZipFile": zip_of({"index.py": BODY})})

    def invoke(do, **event):
        return json.loads(client.invoke(FunctionName="f", Payload=json.dumps({"do": do, **event}))["Payload"].read())

    outcomes = invoke("connect", targets=[["host.brume.internal", listener], ["10.0.2.2", listener], ["10.0.2.3", listener],
                                          ["127.0.0.1", listener], ["255.255.255.255", listener]])
    assert "connected" not in outcomes, outcomes
    assert invoke("connect", targets=[["host.brume.internal", server.port]]) == ["connected"]
    assert invoke("tables") == []


def test_no_socket_option_leads_to_the_loopback(serve, listener):
    invoke = make_function(serve("open"))
    with socket.create_server(("127.0.0.1", 0)) as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(stream.getsockname())
        stream.settimeout(0.3)
        datagrams.settimeout(0.3)
        # Where it may come, it does: host.brume.internal.
        invoke("send by device", address="10.0.2.2", port=stream.getsockname()[1])
        assert datagrams.recv(10) == b"here"
        stream.accept()[0].close()
        while came(stream.accept) or came(datagrams.recv, 10):
            pass
        for address in ("127.0.0.1", "127.1.2.3", "0.0.0.0"):
            invoke("send by device", address=address, port=stream.getsockname()[1])
            assert not came(datagrams.recv, 10) and not came(stream.accept), address


def came(take, *arguments):
    try:
        take(*arguments)
        return True
    except TimeoutError:
        return False


def test_a_crowd_of_connections_beyond(serve):
    """Their buffers are the host's memory: the way out takes no more than a process of AWS's may open."""
    server = serve("open")
    invoke = make_function(server)
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as service:
        count = invoke("crowd", address="10.0.2.2", port=service.getsockname()[1])
        assert 500 < count < 1024
    # They were held by a peer that never closed its ends. When it has, there is room again.
    with socket.create_server(("127.0.0.1", 0)) as service:
        assert wait_until(lambda: invoke("connect", targets=[["10.0.2.2", service.getsockname()[1]]]) == ["connected"])


def test_open_without_slirp4netns_is_brume_and_says_so(new_server, listener, monkeypatch):
    monkeypatch.setenv("BRUME_PYTHON", "/usr/bin/python3")
    monkeypatch.setenv("PATH", "/nowhere")
    server = new_server("--require-isolation")
    invoke = make_function(server)
    log = server.log.read_text()
    assert "lambda_network_reduced" in log and "no slirp4netns in PATH" in log and "network=brume" in log
    assert invoke("tables") == []
    assert "connected" not in invoke("connect", targets=[["host.brume.internal", listener], ["10.0.2.2", listener]])


def test_open_with_a_slirp4netns_that_hangs_is_brume(new_server, monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "slirp4netns"
    fake.write_text("#!/bin/sh\nexec sleep 4343\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    server = new_server()
    assert make_function(server)("tables") == []
    assert "was not ready within a second" in server.log.read_text()
    assert subprocess.run(["pgrep", "-f", "sleep 4343"], capture_output=True).returncode == 1


def test_required_isolation(new_server):
    with pytest.raises(RuntimeError, match="--require-isolation: functions share the host's network"):
        new_server("--require-isolation", "--function-network", "host")
    server = new_server("--require-isolation", "--function-network", "none")
    assert server.stop() == 0


def test_required_isolation_where_there_are_no_namespaces(new_server):
    """A launcher that is not there stands for a host that forbids them."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="brume-test-"))
    try:
        shutil.copy(BRUME, folder / "brume")
        done = subprocess.run([folder / "brume", "serve", "--listen", "127.0.0.1:0", "--data", folder / "data",
                               "--require-isolation"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1
        assert "--require-isolation: sandboxes do not work here: cannot run" in done.stderr
    finally:
        shutil.rmtree(folder)


def test_buffers_of_sockets_are_bounded(serve):
    """The memory for TCP is all the host's: what one function takes nobody else has."""
    server = serve("brume")
    if "memory=watch" in server.log.read_text():
        pytest.skip("without a memory cgroup nothing counts what the kernel takes on a function's behalf")

    def buffers_mb(text):
        return int(re.search(r"^TCP: .* mem (\d+)", text, re.MULTILINE)[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    before = buffers_mb(pathlib.Path("/proc/net/sockstat").read_text())
    assert buffers_mb(make_function(server, MemorySize=256)("fill sockets", count=300)) < before + 256


def test_few_connections_to_the_runtime_api(serve):
    server = serve("brume")
    invoke = make_function(server)
    descriptors = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    answered = invoke("hold", count=64)
    assert 1 <= answered <= 7
    assert invoke("none") == "done"
    time.sleep(0.2)
    assert len(os.listdir(f"/proc/{server.process.pid}/fd")) <= descriptors + 12


def resident_mb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def test_a_long_response_is_not_kept(serve):
    server = serve("brume")
    invoke = make_function(server, MemorySize=512)
    invoke("none")
    before = resident_mb(server.process)
    body = invoke("large", bytes=30 * 1024 * 1024)
    assert body["errorType"] == "Function.ResponseSizeTooLarge"
    assert body["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert resident_mb(server.process) < before + 16
    assert invoke("none") == "done"


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


@pytest.mark.parametrize("network, count", [("brume", 30), ("open", 100)])
def test_nothing_stays_after_evictions(serve, network, count):
    server = serve(network, "--function-memory-mb", "512")
    functions = [make_function(server, f"f{n}", MemorySize=256) for n in range(4)]
    for invoke in functions:
        invoke("none")
    settled = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    for number in range(count):
        assert functions[number % 4]("none") == "done"  # two fit: each evicts another
    assert wait_until(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) <= settled + 4)
    # Two environments and at most eight prepared sandboxes, with a slirp4netns each.
    assert wait_until(lambda: len(children(server.process.pid)) <= (2 + 8) * 2)
    left = children(server.process.pid)
    if network == "open":
        assert sum(name_of(pid) == "slirp4netns" for pid in left) >= 2
    assert server.stop() == 0
    assert wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in left))


@pytest.mark.parametrize("network", ["brume", "open"])
def test_nothing_stays_after_a_kill(serve, network):
    server = serve(network)
    for number in range(3):
        make_function(server, f"f{number}")("none")
    left = children(server.process.pid)
    assert len(left) >= 3
    server.kill()
    assert wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in left))


def test_an_invocation_during_which_the_way_out_ends(serve, listener):
    server = serve("open")
    invoke = make_function(server)
    assert invoke("connect", targets=[["host.brume.internal", listener]]) == ["connected"]
    ways_out = [pid for pid in children(server.process.pid) if name_of(pid) == "slirp4netns"]
    for pid in ways_out:
        os.kill(pid, signal.SIGKILL)
    # It is cut off from outside, not from Brume; the next environment has a way out again.
    assert invoke("tables") == []
    assert invoke("connect", targets=[["host.brume.internal", listener]]) != ["connected"]
    assert make_function(server, "other")("connect", targets=[["host.brume.internal", listener]]) == ["connected"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_open_for_an_ordinary_user(listener):
    """With namespaces of its own, on a host where everybody may open /dev/net/tun, as most are."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="brume-test-"))
    folder.chmod(0o755)
    (folder / "data").mkdir()
    os.chown(folder / "data", 65534, 65534)
    script = 'mknod "$0/tun" c 10 200 && chmod 666 "$0/tun" && mount --bind "$0/tun" /dev/net/tun && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
    server = Server(folder / "data", "--function-network", "open")
    server.prefix = ["unshare", "--mount", "sh", "-c", script, folder]
    try:
        try:
            server.start()
        except RuntimeError as error:
            skip_without_sandbox(str(error))
        invoke = make_function(server)
        assert invoke("tables") == []
        log = server.log.read_text()
        assert "users=shared" in log and "network=open" in log
        assert invoke("connect", targets=[["host.brume.internal", listener]]) == ["connected"]
        for outcome in invoke("connect", targets=[["127.0.0.1", listener], ["169.254.169.254", 80]]):
            assert outcome != "connected" and "timed out" not in outcome
        left = children(server.process.pid)
        server.kill()
        assert wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in left))
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder)
