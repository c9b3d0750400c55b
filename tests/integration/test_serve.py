"""The binary's contract: start, readiness, health, refusals, clean stop."""
import json
import pathlib
import signal
import socket
import subprocess
import tempfile

from conftest import BRUME


def serve(*arguments):
    return subprocess.run([BRUME, "serve", *arguments], capture_output=True, text=True, timeout=20)


def test_health_answers_json(server):
    assert json.loads(server.get("/_brume/health"))["status"] == "ok"


def test_stops_with_status_0_on_sigterm_and_keeps_the_data(new_server):
    first = new_server()
    dynamodb = first.client("dynamodb")
    dynamodb.create_table(TableName="kept", BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    dynamodb.get_waiter("table_exists").wait(TableName="kept", WaiterConfig={"Delay": 1})
    dynamodb.put_item(TableName="kept", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    assert first.stop() == 0
    second = new_server(folder=first.folder)
    assert second.client("dynamodb").get_item(TableName="kept", Key={"id": {"S": "a"}})["Item"]["n"] == {"N": "1"}
    assert second.stop() == 0


def test_interrupt_is_a_clean_stop_too(new_server):
    running = new_server()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0


def test_second_process_on_the_same_folder_is_refused(new_server):
    first = new_server()
    second = serve("--listen", "127.0.0.1:0", "--data", str(first.folder))
    assert second.returncode != 0
    assert "in use" in second.stderr or "another process" in second.stderr


def test_foreign_folder_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "holiday.jpg").write_text("not ours")
        refused = serve("--listen", "127.0.0.1:0", "--data", folder)
        assert refused.returncode != 0
        assert "not a Brume store" in refused.stderr
        assert [p.name for p in pathlib.Path(folder).iterdir()] == ["holiday.jpg"]


def test_folder_that_cannot_be_made_is_refused():
    with tempfile.NamedTemporaryFile() as file:
        refused = serve("--listen", "127.0.0.1:0", "--data", file.name + "/sub")
        assert refused.returncode != 0 and refused.stderr.strip()
        assert "terminate" not in refused.stderr


def test_address_in_use_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = serve("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data", str(tmp_path / "d"))
    assert refused.returncode != 0
    assert "in use" in refused.stderr


def test_open_mode_beyond_loopback_needs_insecure(tmp_path):
    refused = serve("--listen", "0.0.0.0:0", "--data", str(tmp_path / "d"))
    assert refused.returncode != 0
    assert "--insecure" in refused.stderr


def test_signatures_beyond_loopback_need_tls_or_insecure(tmp_path):
    refused = serve("--auth", "sigv4", "--listen", "0.0.0.0:0", "--data", str(tmp_path / "d"))
    assert refused.returncode != 0
    assert "--tls-cert" in refused.stderr and "--insecure" in refused.stderr


def test_the_data_folder_is_closed_to_other_users(tmp_path):
    import os
    folder = tmp_path / "wide"
    folder.mkdir(mode=0o755)
    os.chmod(folder, 0o755)
    with socket.create_server(("127.0.0.1", 0)) as taken:  # it ends by itself
        serve("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data", str(folder))
        serve("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data", str(tmp_path / "new"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_what_the_server_makes_is_its_owners_alone(new_server, tmp_path):
    import os
    old = os.umask(0)
    try:
        running = new_server()
    finally:
        os.umask(old)
    running.client("dynamodb").list_tables()
    made = [path for path in running.folder.rglob("*") if "functions" not in path.relative_to(running.folder).parts]
    assert {"admin.sock", "CURRENT"} <= {path.name for path in made}
    assert [path for path in made if path.lstat().st_mode & 0o077] == []
    status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
    assert "Umask:\t0077" in status


def test_health_is_served_while_the_answer_to_an_unknown_admin_path_is_404(server):
    import urllib.error
    try:
        server.get("/_brume/nothing")
        raise AssertionError("an unknown admin path was answered")
    except urllib.error.HTTPError as error:
        assert error.code == 404


def test_the_host_of_an_api_has_no_paths_of_brumes_own(server):
    import urllib.error
    import urllib.request
    for path in ("/_brume/metrics", "/_brume/health"):
        request = urllib.request.Request(server.endpoint + path,
                                         headers={"Host": "abcdefghij.execute-api.us-east-1.localhost"})
        try:
            urllib.request.urlopen(request, timeout=10)
            raise AssertionError(path + " was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 403


def test_an_open_server_answers_to_its_own_names_alone(server):
    import urllib.error
    import urllib.request

    def status(host, path="/_brume/health"):
        try:
            with urllib.request.urlopen(urllib.request.Request(server.endpoint + path, headers={"Host": host}), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
    assert status("localhost:4566") == 200 and status("127.0.0.1") == 200 and status("host.brume.internal") == 200
    for path in ("/_brume/health", "/", "/_aws/execute-api/a/b/c"):
        assert status("rebound.example", path) == 403


def test_metrics_count_operations(server):
    server.client("dynamodb").list_tables()
    text = server.get("/_brume/metrics")
    line = next(l for l in text.splitlines() if "ListTables" in l and "_total" in l)
    assert float(line.rsplit(" ", 1)[1]) >= 1


def test_the_compatibility_page_is_current():
    printed = subprocess.run([BRUME, "compatibility"], capture_output=True, text=True, timeout=30)
    assert printed.returncode == 0, printed.stderr
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "COMPATIBILITY.md"
    assert printed.stdout == page.read_text(), "run: build/brume compatibility > docs/COMPATIBILITY.md"
