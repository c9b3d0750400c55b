#!/usr/bin/env python3
"""Refuses an #include that points up or sideways in the house.

src/CMakeLists.txt says which parts each part may include (brume_part(NAME DEPENDS ...)); what these
depend on in turn is allowed too. Prints each offending line and exits 1 if there is any.
"""
import pathlib
import re
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "src"


def allowed_parts() -> dict[str, set[str]]:
    text = (SOURCES / "CMakeLists.txt").read_text()
    direct: dict[str, set[str]] = {}
    for arguments in re.findall(r"brume_part\(([^)]*)\)", text):
        words = arguments.split()
        depends: set[str] = set()
        keyword = ""
        for word in words[1:]:
            if word in ("DEPENDS", "LIBRARIES"):
                keyword = word
            elif keyword == "DEPENDS":
                if word not in direct:
                    sys.exit(f"src/CMakeLists.txt: {words[0]} depends on {word}, which does not stand before it")
                depends.add(word)
        direct[words[0]] = depends
    closed: dict[str, set[str]] = {}
    for part, depends in direct.items():  # in order, so what it depends on is closed already
        closed[part] = {part} | depends | set().union(*(closed[d] for d in depends)) if depends else {part}
    return closed


def main() -> int:
    allowed = allowed_parts()
    offences = 0
    files = 0
    for path in sorted(SOURCES.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        files += 1
        part = path.relative_to(SOURCES).parts[0]
        if part not in allowed:  # a main program of its own may include every part
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            target = match.group(1).split("/")[0]
            if target in allowed and target not in allowed[part]:
                print(f"{path}:{number}: {part}/ may not include {match.group(1)}")
                offences += 1
    print(f"layers: {files} files, {offences} offences")
    return 1 if offences or not files else 0


if __name__ == "__main__":
    sys.exit(main())
