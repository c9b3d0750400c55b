"""What the benchmarks share: the server on core 0, the load on core 1, wrk's figures."""
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from conftest import BRUME, Server  # noqa: E402,F401

SERVER_CORE, LOAD_CORE = "0", "1"
SEEDS = itertools.count(42)  # each run of wrk asks for other keys than the one before, the same ones in each benchmark
REPORT = pathlib.Path(__file__).resolve().parent / "report.lua"


def pin(process_id, core):
    """All threads of a running process onto one core."""
    subprocess.run(["taskset", "-a", "-cp", core, str(process_id)], check=True, capture_output=True)


def need(*commands):
    missing = [command for command in commands if not shutil.which(command)]
    if missing:
        sys.exit(f"bench: {', '.join(missing)} missing; setup/install.sh bench installs them")


class BenchServer(Server):
    """A server in a temporary folder that goes with it: of one loop on core 0, or of several on all cores."""

    def __init__(self, *options, loops=1):
        self.temporary = tempfile.mkdtemp(prefix="brume-bench-")
        self.loops = loops
        super().__init__(pathlib.Path(self.temporary) / "data", "--loops", str(loops), "--log-level", "warn", *options)

    def __enter__(self):
        self.start()
        if self.loops == 1:
            pin(self.process.pid, SERVER_CORE)
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.temporary)


def cpu_seconds(process_id):
    """What all threads of a process have used."""
    tasks = pathlib.Path(f"/proc/{process_id}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def open_loop(port, operation, keys, rate, seconds, connections=64, core=LOAD_CORE):
    """Runs build/open_loop on core 1; its figures (bench/common/open_loop.cpp)."""
    program = ROOT / "build" / "open_loop"
    if not program.exists():
        sys.exit("bench: build/open_loop is missing: cmake --build build --target open_loop")
    done = subprocess.run(["taskset", "-c", core, program, *map(str, (port, operation, keys, rate, seconds, connections, next(SEEDS)))],
                          capture_output=True, text=True)
    found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if not found:
        sys.exit(f"bench: open_loop failed: {done.stdout}{done.stderr}")
    result = json.loads(found.group(1))
    if result["failed"]:
        sys.exit(f"bench: {result['failed']} of {result['requests']} requests failed ({operation})")
    return result


def wrk(url, script, connections, seconds, *arguments, core=LOAD_CORE, **environment):
    """Runs wrk on core 1; returns requests per second, latencies in microseconds and failed answers."""
    done = subprocess.run(
        ["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, url, "--", *map(str, arguments)],
        capture_output=True, text=True, timeout=seconds + 60, env={**os.environ, "REPORT": str(REPORT), "SEED": str(next(SEEDS)), **environment})
    found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if not found:
        sys.exit(f"bench: wrk failed: {done.stdout}{done.stderr}")
    result = json.loads(found.group(1))
    if result["failed"]:
        sys.exit(f"bench: {result['failed']} of {result['requests']} requests failed ({url}, {script})")
    return result


def table(header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
