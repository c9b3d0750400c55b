"""The command line: every option of `brume serve` refuses what it cannot use, in words that name it, and is documented."""
import pathlib
import re
import subprocess

import pytest
from conftest import BRUME

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
}


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


def test_each_option_is_documented():
    page = "".join((DOCUMENTS / name).read_text() for name in ("docs/OPERATIONS.md", "README.md", "docs/PERFORMANCE.md"))
    missing = {name for name in OPTIONS - {"--help", "--no-any-runtime-version"} if name not in page}
    assert missing == set()


@pytest.mark.parametrize("arguments, text", [
    ([], "subcommand"), (["fly"], "subcommand"), (["serve", "--nothing"], "--nothing"), (["serve", "extra"], "extra"), (["keys"], "subcommand"),
    (["logs"], "function"), (["logs", "f", "--since", "0"], "--since"), (["store", "check"], "folder"),
    (["store", "check", "/nowhere"], "/nowhere does not exist")])
def test_other_commands_say_what_they_lack(arguments, text):
    done = subprocess.run([BRUME, *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert text in done.stderr + done.stdout
