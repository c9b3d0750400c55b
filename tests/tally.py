#!/usr/bin/env python3
"""What the test runners reported, added up: prints each runner's totals and skips and, with --sum, the sum.

    tests/tally.py FOLDER NAME       one runner's JUnit report FOLDER/NAME.xml
    tests/tally.py FOLDER --sum      all of them: the last line is "N passed, N failed, N skipped"

A skip that tests/expected_skips.txt does not name is a failure: a suite that skips what it is there for shows nothing.
"""
import fnmatch
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected_skips.txt"


def expected_patterns() -> list[str]:
    lines = (line.split("#")[0].strip() for line in EXPECTED.read_text().splitlines())
    return [line for line in lines if line]


class Totals:
    def __init__(self, report: pathlib.Path):
        self.passed = self.failed = 0
        self.skipped: list[tuple[str, str]] = []  # name and reason
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
            elif skip is not None or case.get("status") == "notrun":
                reason = (skip.get("message") if skip is not None else "") or ""
                self.skipped.append((name, reason))
            elif case.get("status") != "disabled":  # a child's part of another test
                self.passed += 1


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    if sys.argv[2] == "--sum":
        every = [Totals(report) for report in sorted(folder.glob("*.xml"))]
        print(f"{sum(t.passed for t in every)} passed, {sum(t.failed for t in every)} failed, "
              f"{sum(len(t.skipped) for t in every)} skipped")
        return 0 if every else 1
    report = folder / f"{sys.argv[2]}.xml"
    if not report.exists():
        print(f"tally: {sys.argv[2]} left no report")
        return 1
    totals = Totals(report)
    unexpected = 0
    patterns = expected_patterns()
    for name, reason in totals.skipped:
        known = any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
        unexpected += not known
        print(f"skipped{'' if known else ' UNEXPECTEDLY'}: {name} {reason}".rstrip())
    print(f"{sys.argv[2]}: {totals.passed} passed, {totals.failed} failed, {len(totals.skipped)} skipped")
    return 1 if unexpected or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main())
