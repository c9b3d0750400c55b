"""What a function can take of the host's and of the server's by its connections, and that nothing of it is left behind."""
import os
import pathlib
import re
import socket
import time

import pytest
from network_functions import children, make_function, name_of, serve, wait_until  # noqa: F401


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
