"""VNC over TLS: VeNCrypt with and without certificates, secure websockets, and who isn't let in.

SPDX-License-Identifier: MIT
"""

import socket
import ssl
import subprocess
import time

import pytest

import qmp
import rfb

BOARD = ("-M", "VMC", "-S", "-device", "bochs-display,id=screen")


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with an authority, a server's certificate, a client's of that authority and one that has signed itself."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost\n")
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30000", "-subj", f"/CN={name}",
                "-keyout", f"{name}-key.pem", "-out", f"{name}-cert.pem", cwd=folder)
    for name in ("server", "client"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
                f"{name}-key.pem", "-out", f"{name}.csr", cwd=folder)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca-cert.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "30000",
                "-extfile", "extensions", "-out", f"{name}-cert.pem", cwd=folder)
    return folder


def context(folder, client=None):
    tls = ssl.create_default_context(cafile=folder / "ca-cert.pem")
    if client:
        tls.load_cert_chain(folder / f"{client}-cert.pem", folder / f"{client}-key.pem")
    return tls


@pytest.fixture
def server(start, tmp_path):
    def begin(creds, options="", *args):
        path = str(tmp_path / "vnc")
        return start(*BOARD, "-object", f"{creds},id=tls,endpoint=server", "-vnc", f"unix:{path},tls-creds=tls{options}", *args), path
    return begin


def sees_the_screen(viewer):
    viewer.wait_until(lambda v: v.updates)
    assert (viewer.width, viewer.height) == (640, 480) and viewer.pixel(100, 100) == 0
    return True


def is_refused(path, **how):
    try:
        sees_the_screen(rfb.Viewer(path, **how))
    except (rfb.Refused, EOFError, OSError, AssertionError):
        return True
    return False


def test_certificates(server, certificates):
    """The viewer knows the server; nobody gets in without TLS."""
    emulator, path = server(f"tls-creds-x509,dir={certificates},verify-peer=off")
    viewer = rfb.Viewer(path, tls=context(certificates))
    assert viewer.types == [260] and sees_the_screen(viewer)
    second = rfb.Viewer(path, tls=context(certificates))
    assert sees_the_screen(second) and sees_the_screen(viewer)
    assert is_refused(path) and is_refused(path, security=1) and is_refused(path, security=2)
    assert "vencrypt" in emulator.monitor.command("info vnc")
    viewer.close()
    assert sees_the_screen(second)
    emulator.quit()


def test_viewers_need_certificates(server, certificates):
    emulator, path = server(f"tls-creds-x509,dir={certificates}")
    assert sees_the_screen(rfb.Viewer(path, tls=context(certificates, "client")))
    assert is_refused(path, tls=context(certificates))
    assert is_refused(path, tls=context(certificates, "other"))
    assert sees_the_screen(rfb.Viewer(path, tls=context(certificates, "client")))
    emulator.quit()


def test_passwords_behind_it(server, certificates):
    emulator, path = server(f"tls-creds-x509,dir={certificates},verify-peer=off", ",password=on")
    assert is_refused(path, tls=context(certificates), password="secret")
    emulator.monitor.command("set_password vnc secret")
    viewer = rfb.Viewer(path, tls=context(certificates), password="secret")
    assert viewer.types == [261] and sees_the_screen(viewer)
    assert is_refused(path, tls=context(certificates), password="wrong")
    for _ in range(20):  # what is said last arrives
        with pytest.raises(rfb.Refused, match="."):
            rfb.Viewer(path, tls=context(certificates), password="wrong")


def test_anonymous(server):
    _, path = server("tls-creds-anon")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers("aNULL:@SECLEVEL=0")
    viewer = rfb.Viewer(path, tls=tls)
    assert viewer.types == [257] and viewer.socket.cipher()[0].startswith(("AECDH", "ADH"))
    assert sees_the_screen(viewer)


def test_a_browser(start, certificates):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    emulator = start(*BOARD, "-object", f"tls-creds-x509,id=tls,endpoint=server,verify-peer=off,dir={certificates}", "-vnc",
                     f"127.0.0.1:90,to=200,websocket={port},tls-creds=tls")
    assert sees_the_screen(rfb.Viewer(("127.0.0.1", port), websocket=True, tls=context(certificates)))
    emulator.quit()


def test_rude_viewers_harm_nobody(server, certificates):
    """Who says nothing, or nonsense at any point, goes; others don't notice."""
    emulator, path = server(f"tls-creds-x509,dir={certificates},verify-peer=off")
    rude = []
    for words in (b"", b"RFB", b"RFB 003.003\n", b"GET / HTTP/1.1\r\n\r\n", b"RFB 003.008\n\x01", b"RFB 003.008\n\x13\1\1",
                  b"RFB 003.008\n\x13\0\2\0\0\1\1", b"RFB 003.008\n\x13\0\2\0\0\1\4" + b"x" * 1000):
        rude.append(rfb.connect(path))
        rude[-1].sendall(words)
    assert sees_the_screen(rfb.Viewer(path, tls=context(certificates)))
    deadline = time.monotonic() + 30
    for connection in rude:
        connection.settimeout(max(deadline - time.monotonic(), 1))
        try:
            while connection.recv(1000):
                pass
        except ConnectionError:
            pass
    # one that doesn't read what it asks for, and goes
    viewer = rfb.Viewer(path, tls=context(certificates))
    for _ in range(20):
        viewer.request(incremental=False)
    viewer.close()
    assert sees_the_screen(rfb.Viewer(path, tls=context(certificates)))
    emulator.quit()


def test_queries_say_it(server, certificates, tmp_path):
    path = str(tmp_path / "qmp")
    server(f"tls-creds-x509,dir={certificates},verify-peer=off", ",password=on", "-qmp", f"unix:{path},server=on,wait=off")
    client = qmp.Qmp(path)
    assert client("query-vnc")["auth"] == "vencrypt+x509+vnc"
    info = client("query-vnc-servers")[0]
    assert info["auth"] == "vencrypt" and info["vencrypt"] == "x509-vnc"
    assert info["server"][0]["vencrypt"] == "x509-vnc"
