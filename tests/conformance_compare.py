"""Holds what failed of nubo-db/dynamodb-conformance (vitest's JSON report) against the list of assertions that AWS has left behind.
   conformance_compare.py REPORT LIST"""
import json
import pathlib
import sys

report, listed = (pathlib.Path(name).read_text() for name in sys.argv[1:3])
expected = {line for line in listed.splitlines() if line and not line.startswith("#")}
outcomes = {}
for file in json.loads(report)["testResults"]:
    for test in file["assertionResults"]:
        outcomes[f"{file['name'].split('/tests/', 1)[1]}: {test['fullName'].strip()}"] = test["status"]
failed = {name for name, status in outcomes.items() if status == "failed"}
passed = {name for name, status in outcomes.items() if status == "passed"}
for name in sorted(failed - expected):
    print("fails:", name)
for name in sorted(expected & passed):
    print("passes, though the list says that it fails:", name)
print(f"{len(passed)} of {len(outcomes)} pass, {len(failed & expected)} fail as listed, {len(failed - expected)} besides")
sys.exit(bool(failed - expected or expected & passed or not outcomes))
