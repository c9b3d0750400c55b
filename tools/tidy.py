#!/usr/bin/env python3
"""Runs clang-tidy with the checks of .clang-tidy over C++ files, two at a time.

    tools/tidy.py BUILD [--all | --at-most N | FILE…]

BUILD is a folder that clang configured (build-sanitize). Without files: those that the last commit or the working tree
changes, with --at-most N of them drawn at random if they are more; a header by way of the source that is named like it.
Exits 1 if there is any finding.
"""
import concurrent.futures
import json
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def changed() -> list[str]:
    names = output("git", "diff", "--name-only", "HEAD").splitlines()
    if len(output("git", "rev-list", "--parents", "-n", "1", "HEAD").split()) > 1:  # not the first, and not a shallow clone
        names += output("git", "diff", "--name-only", "HEAD~1", "HEAD").splitlines()
    return names


def commands(build: pathlib.Path) -> dict[pathlib.Path, dict]:
    """How each source is compiled, without the precompiled header, whose place in the build clang-tidy doesn't know."""
    found = {}
    for entry in json.loads(output("ninja", "-C", str(build), "-t", "compdb")):
        words = shlex.split(entry["command"])
        if "-c" not in words or not entry["file"].endswith(".cpp"):
            continue
        compiler = next(i for i, word in enumerate(words) if pathlib.Path(word).name.startswith("clang++"))
        words = words[compiler:]
        kept = []
        while words:
            if words[:1] == ["-Xclang"] and words[1] in ("-include-pch", "-include"):
                words = words[4:]
            else:
                kept.append(words.pop(0))
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        found[source] = {"directory": entry["directory"], "file": str(source), "arguments": kept}
    return found


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    build, names = (ROOT / sys.argv[1]).resolve(), sys.argv[2:]
    at_most = sys.maxsize
    if names[:1] == ["--at-most"]:
        at_most, names = int(names[1]), names[2:]
    known = commands(build)
    if names == ["--all"]:
        files = sorted(known)
    else:
        paths = [(ROOT / name).resolve() for name in names or changed()]
        files = sorted({path.with_suffix(".cpp") for path in paths if path.suffix in (".h", ".cpp")} & set(known))
    files = random.sample(files, min(len(files), at_most))
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps([known[file] for file in files]))
        runs = pool.map(lambda file: subprocess.run(["clang-tidy-16", "--quiet", "-p", folder, str(file)],
                                                    capture_output=True, text=True), files)
        failed = 0
        for file, run in zip(files, runs):
            if run.returncode:
                failed += 1
                print(f"{run.stdout}{run.stderr}", end="")
    print(f"tidy: {len(files)} files, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
