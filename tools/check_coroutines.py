#!/usr/bin/env python3
"""Refuses what GCC 12 compiles wrongly in coroutines: a lambda that captures by value inside a co_await expression.

The closure is a temporary of the awaiting coroutine's frame; GCC 12 destroys such temporaries twice, so that a captured
string or pointer is freed twice (GCC bug 98401). Bind the lambda to a name before:

    auto body = [key = std::move(key)](store::Reader& reader) { … };
    co_await store.read(body);

Captures by reference and of `this` need no destruction and are let through. A lambda in the full expression is found
wherever it stands: as an argument, nested in another call, and inside other lambdas' captures. Bodies of lambdas are
expressions of their own. Prints each offending line and exits 1 if there is any; --self-test checks planted cases.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPEN, CLOSE = "([{", ")]}"


def without_comments_and_texts(source: str) -> str:
    """The same length and lines, with comments and the insides of literals blanked."""

    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    pattern = (r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'')
    return re.sub(pattern, blank, source, flags=re.S)


def matching(text: str, at: int) -> int:
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] in OPEN:
            depth += 1
        elif text[i] in CLOSE:
            depth -= 1
            if depth == 0:
                return i
    return len(text) - 1


def captures_of(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in OPEN:
            depth += 1
        elif c in CLOSE:
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def by_value(capture: str) -> bool:
    return capture != "this" and not capture.startswith("&")


def starts_lambda(text: str, at: int) -> bool:
    """Whether the '[' at `at` opens a lambda: it stands where an operand may stand, and parameters or a body follow."""
    before = text[:at].rstrip()
    if not before or text.startswith("[[", at) or before.endswith("["):
        return False
    word = re.search(r"[A-Za-z_]\w*$", before)
    operand_before = before[-1] in ")]" or (word and word.group() not in ("return", "co_return", "co_await", "co_yield"))
    if operand_before:
        return False
    after = text[matching(text, at) + 1 :].lstrip()
    return after[:1] in ("(", "{", "<") or after.startswith(("mutable", "->"))


def offences(source: str) -> list[int]:
    text = without_comments_and_texts(source)
    lines = []
    for match in re.finditer(r"\bco_await\b", text):
        i = match.end()
        while i < len(text):
            c = text[i]
            if c in ";," or c in CLOSE:  # the end of the awaited operand's expression
                break
            if c == "[" and starts_lambda(text, i):
                i = check_lambda(text, i, lines)
            elif c in "([{":
                i = check_inside(text, i, lines)
            else:
                i += 1
    return sorted({source.count("\n", 0, at) + 1 for at in lines})


def check_inside(text: str, at: int, lines: list[int]) -> int:
    end = matching(text, at)
    i = at + 1
    while i < end:
        if text[i] == "[" and starts_lambda(text, i):
            i = check_lambda(text, i, lines)
        else:
            i += 1
    return end + 1


def check_lambda(text: str, at: int, lines: list[int]) -> int:
    """Notes the lambda at `at` if it captures by value; returns the place behind its body."""
    end = matching(text, at)
    inside = text[at + 1 : end]
    if any(by_value(capture) for capture in captures_of(inside)):
        lines.append(at)
    check_inside(text, at, lines)
    i = end + 1
    while i < len(text) and text[i] not in "{;":
        i = matching(text, i) + 1 if text[i] == "(" else i + 1
    return matching(text, i) + 1 if i < len(text) and text[i] == "{" else i


PLANTED = [  # source, number of offending lines
    ("co_await run([x] { return x; });", 1),
    ("co_await run([x = std::move(x)](Reader& r) { return x; });", 1),
    ("co_await run([=] { return x; });", 1),
    ("co_await run([&y, x]() mutable { return x; });", 1),
    ("co_await run([*this] { return x; });", 1),
    ("auto v = co_await outer(inner(1, [p]() -> int { return *p; }), 2);", 1),
    ("return co_await(run([x] {}));", 1),
    ("co_await run(Options{.done = [x] {}});", 1),
    ("co_await run([&] { return [x] {}; });", 0),  # inside the body of another: no temporary of the coroutine
    ("co_await run(\n    // a word\n    [x] {\n  return 1;\n});", 1),
    ("co_await run([&] { return x; });", 0),
    ("co_await run([this, &x] { return x; });", 0),
    ("co_await run([] { return 1; });", 0),
    ("auto body = [x] { return x; };\nco_await run(body);", 0),
    ("co_await run(list[x], map[key](1));", 0),
    ("co_await first(1); run([x] {});", 0),
    ('co_await run("[x] {}"); // co_await run([x] {})', 0),
    ("co_await run(1'000'000, [x] {});", 1),
    ("spawn([x]() -> Task<> { co_await run(x); });", 0),
]


def self_test() -> int:
    wrong = 0
    for source, wanted in PLANTED:
        found = len(offences(source))
        if found != wanted:
            print(f"check_coroutines: {found} found, {wanted} planted in: {source}")
            wrong += 1
    print(f"coroutines: {len(PLANTED)} planted cases, {wrong} judged wrongly")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = files = 0
    for folder in ("src", "bench", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            files += 1
            for line in offences(path.read_text()):
                print(f"{path.relative_to(ROOT)}:{line}: a lambda that captures by value inside a co_await expression")
                found += 1
    print(f"coroutines: {files} files, {found} offences")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(self_test() or main() if sys.argv[1:] == [] else main())
