#!/usr/bin/env python3
"""Refuses an #include that points up or sideways in the house.

src/CMakeLists.txt says which parts each part may include (brume_part(NAME DEPENDS ...)); what these
depend on in turn is allowed too. Within the parts that WITHOUT_CIRCLES names, the folders may not include each other
in a circle either; tests, fuzz targets and their support may include what they like. Prints each offending line and
exits 1 if there is any.
"""
import pathlib
import re
import sys

WITHOUT_CIRCLES = {"base", "cluster", "dynamodb", "front", "net", "server", "service", "store", "wire"}
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


def is_for_tests(path: pathlib.Path) -> bool:
    return path.stem.endswith(("_test", "_fuzz")) or "test_" in path.name


class Folders:
    """Which folder of a part includes which, and where."""

    def __init__(self) -> None:
        self.edges: dict[str, dict[str, str]] = {}

    def add(self, path: pathlib.Path, number: int, target: str) -> None:
        source = path.relative_to(SOURCES)
        here, there = str(source.parent), str(pathlib.PurePath(target).parent)
        if source.parts[0] in WITHOUT_CIRCLES and there.split("/")[0] == source.parts[0] and here != there:
            self.edges.setdefault(here, {}).setdefault(there, f"{path}:{number}: {target}")

    def reached_from(self, folder: str) -> set[str]:
        seen: set[str] = set()
        waiting = [folder]
        while waiting:
            for target in self.edges.get(waiting.pop(), {}):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return seen

    def print_circles(self) -> int:
        found = 0
        for here, targets in sorted(self.edges.items()):
            for there, where in sorted(targets.items()):
                if here in self.reached_from(there):
                    print(f"{where} is part of a circle: {there}/ comes to {here}/ too")
                    found += 1
        return found


def main() -> int:
    folders = Folders()
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
            if not is_for_tests(path):
                folders.add(path, number, match.group(1))
            target = match.group(1).split("/")[0]
            if target in allowed and target not in allowed[part]:
                print(f"{path}:{number}: {part}/ may not include {match.group(1)}")
                offences += 1
    offences += folders.print_circles()
    print(f"layers: {files} files, {offences} offences")
    return 1 if offences or not files else 0


if __name__ == "__main__":
    sys.exit(main())
