"""Our bootstraps beside AWS's own runtime clients, on Brume itself.

Each handler of the corpus becomes two functions of one package, one run by Brume's bootstrap and one, by way of
AWS_LAMBDA_EXEC_WRAPPER, by AWS's client (aws-lambda-ric of npm, awslambdaric of PyPI) in the same interpreter under the same
flags. Both are invoked twice; answers, errors and log lines must be equal. RUNTIMES_CORPUS=all runs every handler (some two
minutes), anything else a sample; RUNTIMES_CORPUS=node:throw-text,python:print the named ones.
"""
import concurrent.futures
import io
import json
import os
import pathlib
import re
import time
import zipfile

import corpus_node
import corpus_python
import pytest
from conftest import NO_RETRIES, ROOT

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = ROOT / ".deps" / "runtime-clients"
SAMPLE = 3  # every third
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})

# Where Brume differs from the pinned clients, and why that is right: name → (cases, reason).
ALLOWED = {
    "unsettled promise": (
        {"node:never-settles-async"},
        "AWS's client of today fails such an invoke with Runtime.NodeJsExit (its src/Runtime.js, newer than the 3.3.0 of npm; "
        "developer guide, troubleshooting of invocations)"),
    "callback warning": (
        {"node:callback"},
        "AWS's client of today warns of callbacks once at init (its src/WarningForCallbackHandlers.js, newer than the 3.3.0 of npm); "
        "the other cases with callbacks turn it off, as AWS's text says"),
    "undefined class": (
        {"node:stream-bad-mark"},
        "3.3.0 names a class in its src/UserFunction.js that it does not import; 4.0.2 answers as Brume does"),
    "interpreter's own report": (
        {"node:24-callback", "node:24-missing", "node:24-not-function", "node:24-no-dot", "node:24-dots", "node:24-no-file", "node:24-syntax",
         "node:24-init-throw", "node:24-require-missing", "node:24-rejection", "node:abort", "python:surrogate", "python:raise-base", "python:raise-keyboard",
         "python:raise-generator-exit", "python:raise-bad-str", "python:async-handler"},
        "where such an error ends the process, node and python print the lines of the bootstrap that it passed; AWS's is another "
        "program. The answers are equal, which is checked. It may be cut off: a process that reported a failed init is killed"),
    "answer above the limit": (
        {"python:too-large"},
        "AWS's python client prints of its own (C++) that the Runtime API refused the answer, and ends; the invoke's error is equal, "
        "which is checked"),
}


def write_clients(archive, language):
    """The clients into /var/task/_aws."""
    add(archive, "_aws/wrap", (HERE / "wrap").read_text(), 0o755)
    if language == "python":
        add(archive, "_aws/run.py", (HERE / "run.py").read_text())
        root = CLIENTS / "python"
        for file in sorted(root.rglob("*")):
            if file.is_file() and "dist-info" not in str(file) and "__pycache__" not in str(file):
                add(archive, f"_aws/{file.relative_to(root)}", file.read_bytes(), 0o755 if file.suffix == ".so" else 0o644)
        return
    add(archive, "_aws/package.json", "{}")
    for name in ("run.mjs", "run24.mjs", "native.cjs"):
        add(archive, "_aws/" + name, (HERE / name).read_text())
    add(archive, "_aws/3/index.mjs", (CLIENTS / "node3" / "dist" / "index.mjs").read_text())
    add(archive, "_aws/4/index.mjs", (CLIENTS / "node4" / "index.mjs").read_text())
    for version in "34":
        add(archive, f"_aws/{version}/rapid-client.node", "")


def add(archive, name, content, mode=0o644):
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr, entry.compress_type = 3, (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


class Case:
    def __init__(self, language, name, code, how):
        self.language, self.name = language, name
        self.runtime = how.get("runtime", "nodejs22.x" if language == "node" else "python3.12")
        self.handler = how.get("handler", "index.handler" if language == "node" else "app.handler")
        self.event = json.dumps(how.get("event", {})).encode()
        self.variables = {**({"AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": "1"} if name != "callback" else {}), **how.get("env", {})}
        self.files = {how.get("file", "index.js" if language == "node" else "app.py"): code, **how.get("files", {})}

    def __str__(self):
        return f"{self.language}:{self.name}"

    def package(self, clients):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in self.files.items():
                add(archive, name, content)
            if clients:
                write_clients(archive, self.language)
        return buffer.getvalue()


def corpus():
    cases = [Case("node", name, *case) for name, case in corpus_node.CASES.items()]
    cases += [Case("python", name, *case) for name, case in corpus_python.CASES.items()]
    assert len(cases) >= 150
    wanted = os.environ.get("RUNTIMES_CORPUS", "")
    if wanted == "all":
        return cases
    if wanted:
        return [case for case in cases if str(case) in wanted.split(",")]
    return cases[::SAMPLE]


def plain(text, name):
    """Without what two runs never have in common, and with AWS's client where AWS has it."""
    text = re.sub(r"/var/task/_aws/[34]/index\.mjs", "/var/runtime/index.mjs", text)
    text = re.sub(r"/var/task/_aws/(run\.py|awslambdaric/\w+\.py)", "/var/runtime/bootstrap.py", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME", text)
    text = re.sub(r" at 0x[0-9a-f]+", " at ADDRESS", text)
    return text.replace(name, "NAME")


FOREIGN = ("/var/runtime/", "/var/task/_aws/", "node:", "<frozen importlib", "(native", "importlib/__init__.py", "<string>")


def own_frames(lines):
    """A stack without the frames of runtimes, of node and of the importer, their code and the marks below it."""
    kept, foreign, indent = [], False, 0
    for line in lines:
        text = line.lstrip("\u00a0 ")
        depth = len(line) - len(text)
        if text.startswith(("at ", "File ")):
            foreign, indent = any(part in text.split("\n")[0] for part in FOREIGN), depth
        elif depth <= indent:
            foreign = False
        if not foreign:
            kept.append(line)
    return kept


def plain_value(value):
    if isinstance(value, dict):
        return {key: own_frames(item) if key in ("trace", "stack", "stackTrace") and isinstance(item, list) else plain_value(item)
                for key, item in value.items()}
    return [plain_value(item) for item in value] if isinstance(value, list) else value


def plain_answer(payload, error, name):
    text = plain(payload.decode("utf-8", "backslashreplace"), name)
    return json.dumps(plain_value(json.loads(text))) if error else text


def plain_line(line):
    start = line.find("{")
    if start >= 0 and "\tERROR\t" in line:
        try:
            return line[:start] + json.dumps(plain_value(json.loads(line[start:])))
        except ValueError:
            pass
    return "\n".join(own_frames(line.split("\n")))


def platform(line):
    return line.startswith(("INIT_START", "INIT_REPORT", "START ", "END ", "REPORT ", "RUNTIME "))


def observe(server, role, case, clients, attempt=0):
    """What the outside sees of two invokes; and the function's name."""
    name = f"{'aws' if clients else 'own'}-{case.language}-{case.name}" + (f"-{attempt}" if attempt else "")
    functions = server.client("lambda", config=NO_RETRIES)
    variables = {**case.variables, **({"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/_aws/wrap"} if clients else {})}
    functions.create_function(FunctionName=name, Runtime=case.runtime, Handler=case.handler, Role=role, Timeout=8, MemorySize=256,
                              Code={"ZipFile": case.package(clients)}, Environment={"Variables": variables})
    seen = []
    for _ in range(2):
        answer = functions.invoke(FunctionName=name, Payload=case.event)
        error = answer.get("FunctionError")
        seen.append(f"{error or 'ok'}: {plain_answer(answer['Payload'].read(), error, name)}")
    return seen, name


def lines_of(server, name):
    lines = []
    pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/" + name)
    for page in pages:
        lines += [event["message"] for event in page["events"]]
    assert all(line.endswith("\n") and line != "\n" for line in lines)
    # Standard output and the framed channel are two pipes: between them there is no order.
    return sorted(own_frames([plain_line(plain(line, name)) for line in lines if not platform(line)]))


def environments_started(server, name):
    pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/" + name)
    return sum(event["message"].startswith("INIT_START") for page in pages for event in page["events"])


def observe_alike(server, role, case):
    """Both, with as many environments: on a busy machine the second invoke may come before the first one's is free again,
    and a second environment then says once more what a module says when it is loaded."""
    for attempt in range(3):
        (our_answers, own), (their_answers, aws) = (observe(server, role, case, clients, attempt) for clients in (False, True))
        if environments_started(server, own) == environments_started(server, aws):
            break
    return our_answers, own, their_answers, aws


def compare(server, role, case):
    """The differences, in words; None where there is none."""
    our_answers, own, their_answers, aws = observe_alike(server, role, case)
    for pause in (0, 0.5, 1.5):  # what a process prints after its answer comes late
        time.sleep(pause)
        our_lines, their_lines = lines_of(server, own), lines_of(server, aws)
        if our_lines == their_lines:
            break
    for name in (own, aws):
        server.client("lambda").delete_function(FunctionName=name)
    if any(str(case) in ALLOWED[kind][0] for kind in ("interpreter's own report", "answer above the limit")):
        assert our_answers == their_answers, (str(case), our_answers, their_answers)
    text = ""
    for kind, a, b in (("answers", our_answers, their_answers), ("log", our_lines, their_lines)):
        if a != b:
            text += "".join(f"\n  {kind} ours only: {shown(x)!r}" for x in dict.fromkeys(a) if x not in b)
            text += "".join(f"\n  {kind} AWS only:  {shown(x)!r}" for x in dict.fromkeys(b) if x not in a)
            text += f"\n  {kind}: {len(a)} and {len(b)}"
    return f"\n{case}{text}" if text else None


def allowed(case):
    return any(str(case) in names for names, _ in ALLOWED.values())


def shown(text):
    return text if len(text) < 700 else f"{text[:500]}… ({len(text)} characters)"


@pytest.mark.timeout(900)
def test_bootstraps_do_what_awss_clients_do(server):
    if not (CLIENTS / "node3").exists() or not (CLIENTS / "python").exists():
        pytest.skip("setup/runtime_clients.sh has not run")
    assert len(ALLOWED) <= 15
    role = server.client("iam").create_role(RoleName="runtimes", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    cases = corpus()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda case: compare(server, role, case), cases))
    unknown = [text for case, text in zip(cases, found) if text and not allowed(case)]
    reports = ALLOWED["interpreter's own report"][0]
    equal = [str(case) for case, text in zip(cases, found) if not text and allowed(case) and str(case) not in reports]
    assert not unknown, f"{len(unknown)} of {len(cases)} handlers differ:" + "".join(unknown)
    assert not equal, f"allowed to differ, but equal: {equal}"
