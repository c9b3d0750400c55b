"""How far functions' connections go: --function-network none, brume, open and host, each from inside a sandbox."""
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
from network_functions import BODY, children, host_address, listener, make_function, name_of, serve, wait_until  # noqa: F401


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
from test_lambda import TRUST, zip_of
from network_functions import make_function
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


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_required_isolation_of_a_user_without_subordinate_ids():
    """Its functions would be that user, with its groups."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="brume-test-"))
    folder.chmod(0o755)
    (folder / "data").mkdir()
    os.chown(folder / "data", 65534, 65534)
    server = Server(folder / "data", "--function-network", "brume")
    server.prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    try:
        server.start()
        assert wait_until(lambda: "lambda_host" in server.log.read_text())
        if "sandbox=unusable" in server.log.read_text():
            skip_without_sandbox(server.log.read_text())
        assert wait_until(lambda: "lambda_users_shared" in server.log.read_text())
        assert server.stop() == 0
        server.options += ("--require-isolation",)
        with pytest.raises(RuntimeError, match="--require-isolation: functions run as this server's own user"):
            server.start()
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder)


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
