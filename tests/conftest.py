"""Starts the real server on a free port with a temporary data folder for the integration tests."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.request

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parent.parent
BRUME = pathlib.Path(os.environ.get("BRUME_BINARY", ROOT / "build" / "brume"))
# Debian's package first: an `aws` earlier in PATH may be of another major version. AWS_CLI names yet another one.
AWS_CLI = os.environ.get("AWS_CLI") or shutil.which("aws", path="/usr/bin") or shutil.which("aws") or "aws"

# The node that setup/install.sh may have brought.
os.environ["PATH"] = str(ROOT / ".deps" / "bin") + os.pathsep + os.environ["PATH"]

# The tests' own environment must not decide how the clients behave.
for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1",
                  AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


class Server:
    """One `brume serve` process; the folder outlives it, so that it can be started again."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.options = options
        self.prefix = []  # a command that runs the server's, nsenter say
        self.process = None
        self.endpoint = None
        self.log = self.folder.parent / (self.folder.name + ".log")

    def start(self):
        listen = [] if "--listen" in self.options else ["--listen", "127.0.0.1:0"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, BRUME, "serve", *listen, "--data", self.folder, *self.options],
                stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("brume ready "):
            self.process.wait(10)
            raise RuntimeError(f"the server did not start: {line!r}\n{self.log.read_text()[-4000:]}")
        self.endpoint = line.removeprefix("brume ready ").strip()
        return self

    @property
    def port(self):
        return int(self.endpoint.rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.process.stdout.close()
        return status

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()

    def client(self, service, **options):
        return boto3.client(service, endpoint_url=self.endpoint, **options)

    def resource(self, service, **options):
        return boto3.resource(service, endpoint_url=self.endpoint, **options)

    def get(self, path):
        with urllib.request.urlopen(self.endpoint + path, timeout=10) as answer:
            return answer.read().decode()


def skip_without_sandbox(reason):
    """On a host that allows no namespaces: skips, or fails where BRUME_REQUIRE_SANDBOX is set, as ./test does."""
    if os.environ.get("BRUME_REQUIRE_SANDBOX"):
        pytest.fail(reason)
    pytest.skip(reason)


NO_RETRIES = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="session")
def server():
    """A server shared by the tests that leave it as they found it."""
    folder = tempfile.mkdtemp(prefix="brume-test-")
    running = Server(pathlib.Path(folder) / "data").start()
    yield running
    status = running.stop()
    log = running.log.read_text()
    shutil.rmtree(folder)
    assert status == 0, f"the server ended with {status}:\n{log[-4000:]}"


@pytest.fixture
def new_server(tmp_path):
    """Makes servers of one test's own: new_server('--auth', 'sigv4'). What still runs at the end is killed."""
    servers = []

    def make(*options, folder=None):
        made = Server(folder or tmp_path / f"data{len(servers)}", *options)
        servers.append(made)
        return made.start()

    yield make
    for made in servers:
        if made.process and made.process.poll() is None:
            made.kill()


@pytest.fixture
def aws(server):
    """Runs the aws command line against the shared server: aws('logs', 'tail', GROUP) → what it printed."""

    def run(*arguments):
        done = subprocess.run([AWS_CLI, "--endpoint-url", server.endpoint, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
