"""The command line: every option of `brume serve` refuses what it cannot use, in words that name it, and is documented."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from conftest import BRUME, Server

DOCUMENTS = pathlib.Path(__file__).resolve().parents[2]
ANYTHING = None  # every text is taken, or there is none

# What each option refuses, and what it then says.
REFUSED = {
    "--listen": [("here", "--listen: needs ADDRESS:PORT"), ("127.0.0.1:http", "--listen: port must be 0 to 65535"),
                 ("127.0.0.1:65536", "--listen: port must be 0 to 65535"), ("127.0.0.1:", "--listen: port must be 0 to 65535"),
                 ("0.0.0.0:0", "--auth open takes any credential: listening on 0.0.0.0"), ("nowhere.invalid:0", "nowhere.invalid")],
    "--data": [("/dev/null/x", "/dev/null/x")],
    "--region": [("Somewhere!", "--region Somewhere!: a region is")],
    "--account": [("12", "--account: must be 12 digits"), ("12345678901x", "--account: must be 12 digits")],
    "--auth": [("none", "--auth:"), ("iam", "enforcing IAM policies is not supported yet")],
    "--durability": [("perhaps", "--durability:")],
    "--cors-origin": [("*", "--cors-origin *: an origin is"), ("https://a.example/", "--cors-origin https://a.example/: an origin is")],
    "--loops": [("257", "--loops:"), ("-1", "--loops:")],
    "--cache-mb": [("many", "--cache-mb"), ("-1", "--cache-mb:"), ("99999999", "--cache-mb:")],
    "--body-memory-mb": [("191", "--body-memory-mb: must be 0, or at least 192"), ("x", "--body-memory-mb"), ("-1", "--body-memory-mb:")],
    "--function-memory-mb": [("x", "--function-memory-mb"), ("-1", "--function-memory-mb:"), ("99999999", "--function-memory-mb:")],
    "--function-concurrency": [("0", "--function-concurrency:"), ("1000001", "--function-concurrency:")],
    "--function-network": [("all", "--function-network:")],
    "--async-retry-seconds": [("0", "--async-retry-seconds:"), ("3601", "--async-retry-seconds:")],
    "--table-delay": [("x", "--table-delay")],
    "--function-delay": [("x", "--function-delay"), ("-1", "--function-delay")],
    "--ttl-change-interval": [("x", "--ttl-change-interval"), ("-1", "--ttl-change-interval")],
    "--stream-shard-seconds": [("0", "--stream-shard-seconds:")],
    "--disk-reserve-mb": [("x", "--disk-reserve-mb"), ("16777216", "too little to start with: make room, or give a smaller --disk-reserve-mb"), ("-1", "--disk-reserve-mb:"), ("99999999", "--disk-reserve-mb:")],
    "--log-mb-per-day": [("x", "--log-mb-per-day"), ("-1", "--log-mb-per-day:"), ("99999999", "--log-mb-per-day:")],
    "--audit-mb-per-day": [("x", "--audit-mb-per-day"), ("-1", "--audit-mb-per-day:"), ("99999999", "--audit-mb-per-day:")],
    "--log-retention-days": [("2", "--log-retention-days:")],
    "--stop-grace-seconds": [("x", "--stop-grace-seconds"), ("-1", "--stop-grace-seconds:"), ("99999999", "--stop-grace-seconds:")],
    "--tls-cert": [("cert.pem", "--tls-cert requires --tls-key")],
    "--tls-key": [("key.pem", "--tls-key requires --tls-cert")],
    "--log-level": [("loud", "--log-level:")],
    "--host-name": ANYTHING, "--runtimes": ANYTHING, "--insecure": ANYTHING, "--any-runtime-version": ANYTHING,
    "--no-any-runtime-version": ANYTHING, "--integrations-to-loopback": ANYTHING, "--integrations-to-link-local": ANYTHING,
    "--require-isolation": ANYTHING, "--help": ANYTHING,
    "--config": [("/nowhere.toml", "/nowhere.toml: cannot be read"), ("/dev", "cannot be read")],
}
NOT_SETTINGS = {"--help", "--config", "--no-any-runtime-version"}


def options():
    page = subprocess.run([BRUME, "serve", "--help"], capture_output=True, text=True, timeout=20).stdout
    return {name for line in page.splitlines() if re.match(r"\s+-", line)
            for name in re.findall(r"--[a-z][a-z-]*", line.split("  ")[1] if line.startswith("  ") else line)}


OPTIONS = options() if BRUME.exists() else set(REFUSED)


def test_each_option_is_known_here():
    """A new option needs a row above: what it refuses, or that it takes anything."""
    assert OPTIONS - set(REFUSED) == set()


@pytest.mark.parametrize("option, value, text", [(option, *row) for option, rows in REFUSED.items() if option in OPTIONS
                                                     for row in rows or []])
def test_what_an_option_cannot_use_is_refused_by_its_name(option, value, text, tmp_path):
    arguments = [] if option == "--data" else ["--data", str(tmp_path / "data")]
    if option != "--listen":
        arguments += ["--listen", "127.0.0.1:0"]
    done = subprocess.run([BRUME, "serve", *arguments, option, value], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert text in done.stderr + done.stdout
    assert "terminate" not in done.stderr and len(done.stderr.splitlines()) < 5


def variable_of(option):
    return "BRUME_" + option[2:].replace("-", "_").upper()


def serve(tmp_path, option, *, environment=None, text=None):
    """What `brume serve` says with these; it must not start."""
    arguments = [] if option == "--listen" else ["--listen", "127.0.0.1:0"]
    if option != "--data":
        arguments += ["--data", str(tmp_path / "data")]
    if text is not None:
        (tmp_path / "brume.toml").write_text(text)
        arguments += ["--config", str(tmp_path / "brume.toml")]
    done = subprocess.run([BRUME, "serve", *arguments], capture_output=True, text=True, timeout=20, env={**os.environ, **(environment or {})})
    assert done.returncode != 0
    return done.stderr + done.stdout


VALUES = [(option, *row) for option, rows in REFUSED.items() if option in OPTIONS - NOT_SETTINGS for row in rows or []]


@pytest.mark.parametrize("option, value, text", VALUES)
def test_so_it_is_in_the_environment_and_in_a_file(option, value, text, tmp_path):
    by_variable = serve(tmp_path, option, environment={variable_of(option): value})
    by_file = serve(tmp_path, option, text=f"# settings\n{option[2:]} = {json.dumps(value)}\n")
    assert text in by_variable and text in by_file
    if "--" + option[2:] + ":" in text and option != "--listen":
        assert variable_of(option) + ": " in by_variable and "brume.toml:2: " in by_file


def test_each_option_is_documented():
    page = (DOCUMENTS / "docs/SETTINGS.md").read_text()
    missing = {name for name in OPTIONS - NOT_SETTINGS if f"| `{name[2:]}` | `{variable_of(name)}` |" not in page}
    assert missing == set()


def test_the_page_of_settings_is_what_the_program_says():
    table = subprocess.run([BRUME, "config", "reference"], capture_output=True, text=True, timeout=20).stdout
    assert table and table in (DOCUMENTS / "docs/SETTINGS.md").read_text(), "brume config reference changed"


def test_a_file_is_checked_and_its_values_told(tmp_path):
    file = tmp_path / "brume.toml"
    file.write_text('cache-mb = 64\nhost-name = ["a.test", "b.test"]\n')
    done = subprocess.run([BRUME, "config", "check", file], capture_output=True, text=True, timeout=20, env={**os.environ, "BRUME_CACHE_MB": "65"})
    assert done.returncode == 0, done.stderr
    assert "cache-mb = 65  (BRUME_CACHE_MB)" in done.stdout and f"host-name = a.test,b.test  ({file}:2)" in done.stdout
    file.write_text('listen = "0.0.0.0:4566"\n')
    done = subprocess.run([BRUME, "config", "check", file], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "--auth open takes any credential" in done.stderr


def test_a_hangup_reads_the_file_again(tmp_path):
    file = tmp_path / "brume.toml"
    file.write_text('log-level = "error"\nregion = "eu-west-1"\n')
    server = Server(tmp_path / "data", "--config", str(file)).start()
    try:
        assert server.client("sts").get_caller_identity()["Account"]
        assert "level=info" not in server.log.read_text()

        def hangup(text, expected):
            file.write_text(text)
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while expected not in server.log.read_text():
                assert time.monotonic() < deadline, server.log.read_text()
                time.sleep(0.05)

        hangup('log-level = "loud"\n', "event=settings_refused")
        assert "brume.toml:1: --log-level" in server.log.read_text()
        hangup('log-level = "info"\nregion = "eu-west-2"\nloops = 1\n', "event=settings_reloaded")
        hangup('log-level = "info"\nregion = "eu-west-2"\nloops = 1\n', 'names="loops region"')
        assert server.stop() == 0
        assert "event=stopping" in server.log.read_text()
    finally:
        if server.process.poll() is None:
            server.kill()


@pytest.mark.parametrize("arguments, text", [
    ([], "subcommand"), (["fly"], "subcommand"), (["serve", "--nothing"], "--nothing"), (["serve", "extra"], "extra"), (["keys"], "subcommand"),
    (["logs"], "function"), (["logs", "f", "--since", "0"], "--since"), (["store", "check"], "folder"),
    (["config"], "subcommand"), (["config", "check"], "file"), (["config", "check", "/nowhere"], "/nowhere: cannot be read"),
    (["store", "check", "/nowhere"], "/nowhere does not exist")])
def test_other_commands_say_what_they_lack(arguments, text):
    done = subprocess.run([BRUME, *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert text in done.stderr + done.stdout
