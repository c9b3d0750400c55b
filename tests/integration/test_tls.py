"""Certificates change under a running server."""
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest


def make_pair(folder, name):
    """A new self-signed certificate; its PEM text."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "new-key.pem", "-out", folder / "new-cert.pem",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return (folder / "new-cert.pem").read_text()


def put_in_place(folder):
    for name in ("cert.pem", "key.pem"):
        (folder / f"new-{name}").rename(folder / name)


@pytest.fixture
def secure(new_server, tmp_path):
    first = make_pair(tmp_path, "first")
    put_in_place(tmp_path)
    server = new_server("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    server.first = first
    return server


def served(server):
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def log_has(server, event):
    return event in server.log.read_text()


def metric(server, name):
    unchecked = ssl._create_unverified_context()
    with urllib.request.urlopen(server.endpoint + "/_brume/metrics", timeout=10, context=unchecked) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + " "))


def standing_connection(server):
    context = ssl.create_default_context(cadata=server.first)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=10), server_hostname="127.0.0.1")


def answers(connection):
    connection.sendall(b"GET /_brume/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection.recv(65536).startswith(b"HTTP/1.1 200")


def same(one, other):
    return one.strip() == other.strip()


def test_changed_files_are_loaded_and_connections_go_on(secure, tmp_path):
    assert same(served(secure), secure.first)
    with standing_connection(secure) as standing:
        assert answers(standing)
        second = make_pair(tmp_path, "second")
        put_in_place(tmp_path)
        until(lambda: same(served(secure), second))
        assert answers(standing)
    assert secure.stop() == 0


def test_hangup_loads_at_once_and_a_broken_pair_changes_nothing(secure, tmp_path):
    key = (tmp_path / "key.pem").read_text()
    second = make_pair(tmp_path, "second")
    (tmp_path / "new-cert.pem").rename(tmp_path / "cert.pem")  # the key is still the first one's
    secure.process.send_signal(signal.SIGHUP)
    until(lambda: log_has(secure, "tls_certificate_refused"))
    assert "does not belong to the certificate" in secure.log.read_text()
    assert same(served(secure), secure.first)
    assert metric(secure, "brume_tls_certificate_refused") == 1
    assert (tmp_path / "key.pem").read_text() == key
    (tmp_path / "new-key.pem").rename(tmp_path / "key.pem")
    secure.process.send_signal(signal.SIGHUP)
    until(lambda: same(served(secure), second))
    assert metric(secure, "brume_tls_certificate_refused") == 0
    assert metric(secure, "brume_tls_certificate_expires") > time.time() + 86400
    assert secure.stop() == 0


def make_named_pair(folder, name):
    """A self-signed certificate for a host name, its own authority; the paths of its files."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    return folder / f"{name}.pem", folder / f"{name}.key"


@pytest.fixture
def two_names(new_server, tmp_path):
    options = []
    for name in ("a.test", "b.test"):
        certificate, key = make_named_pair(tmp_path, name)
        options += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    return new_server(*options)


def connect_as(server, trusted, name, **more):
    context = ssl.create_default_context(cafile=trusted)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=10), server_hostname=name, **more)


def test_each_name_has_its_certificate(two_names, tmp_path):
    for name in ("a.test", "b.test"):
        with connect_as(two_names, tmp_path / f"{name}.pem", name) as connection:
            assert answers(connection)
    with pytest.raises(ssl.SSLCertVerificationError):
        connect_as(two_names, tmp_path / "b.test.pem", "a.test")
    assert two_names.stop() == 0


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_s_client_resumes_its_session(two_names, tmp_path, version):
    def handshake(*options):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{two_names.port}", "-servername", "b.test", version, *options]
        request = b"GET /_brume/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return subprocess.run(command + ["-ign_eof"], input=request, capture_output=True, timeout=20).stdout.decode()

    first = handshake("-sess_out", str(tmp_path / "session.pem"))
    assert "New, " in first and "HTTP/1.1 200" in first, first
    again = handshake("-sess_in", str(tmp_path / "session.pem"))
    assert "Reused, " in again and "HTTP/1.1 200" in again, again


def test_python_resumes_its_session_also_after_a_hangup(two_names, tmp_path):
    context = ssl.create_default_context(cafile=tmp_path / "a.test.pem")

    def connect(session):
        plain = socket.create_connection(("127.0.0.1", two_names.port), timeout=10)
        with context.wrap_socket(plain, server_hostname="a.test", session=session) as connection:
            assert answers(connection)  # its tickets come with that
            return connection.session, connection.session_reused

    session, reused = connect(None)
    assert not reused
    session, reused = connect(session)
    assert reused
    two_names.process.send_signal(signal.SIGHUP)
    until(lambda: log_has(two_names, "tls_certificate_loaded"))
    assert connect(session)[1]
