"""VNC: what viewers see, what they may do, and that a slow or rude one harms nobody.

SPDX-License-Identifier: MIT
"""

import os
import socket
import struct
import subprocess
import time

import pytest

import qmp
import rfb

BOARD = ("-M", "VMC", "-S", "-device", "bochs-display,id=screen")


@pytest.fixture
def server(start, tmp_path):
    """server(*args, options=""): (emulator, address) of one that is stopped, with its VNC server at a Unix socket."""
    def begin(*args, options=""):
        path = str(tmp_path / "vnc")
        return start(*BOARD, "-vnc", f"unix:{path}{options}", *args), path

    return begin


def wait_for(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


# ---- Who gets in ----

def test_a_viewer_sees_the_screen(server):
    emulator, path = server("-name", "that one")
    viewer = rfb.Viewer(path)
    assert viewer.types == [1] and viewer.name == "sysemu (that one)"
    assert (viewer.width, viewer.height) == (640, 480)
    viewer.wait_until(lambda v: v.updates)
    assert viewer.pixel(100, 100) == 0
    assert "(unix)" in emulator.monitor.command("info vnc")


def test_a_browser_sees_the_screen(server):
    _, path = server()
    viewer = rfb.Viewer(path, websocket=True)
    viewer.wait_until(lambda v: v.updates)


def test_passwords(server):
    emulator, path = server(options=",password=on")

    def attempt(password, security=None):
        try:
            rfb.Viewer(path, password, security).close()
            return True
        except (rfb.Refused, EOFError, ConnectionError):
            return False

    assert not attempt("any")  # none is set: nobody gets in
    assert emulator.monitor.command("set_password vnc secret").strip() == ""
    assert attempt("secret") and not attempt("wrong") and not attempt("secrets")
    assert not attempt(None, security=1)  # "no authentication", though it wasn't offered
    assert emulator.monitor.command("change vnc password other").strip() == ""
    assert attempt("other") and not attempt("secret")
    assert emulator.monitor.command("expire_password vnc now").strip() == ""
    assert not attempt("other")
    assert emulator.monitor.command("expire_password vnc +100").strip() == ""
    assert attempt("other")
    assert rfb.Viewer(path, "other").types == [2]


@pytest.mark.parametrize("command,answer", [
    ("set_password vnc x", "asks for no password"),
    ("set_password spice x", "there is no 'spice' here"),
    ("set_password vnc x -d other", "there is no VNC server 'other'"),
    ("expire_password vnc never", "asks for no password"),
    ("change vnc password", "expected on the same line"),
    ("change vnc nonsense", "expected 'vnc password PASSWORD'"),
])
def test_commands_name_mistakes(server, command, answer):
    emulator, _ = server()
    assert answer in emulator.monitor.command(command)


def test_a_wrong_time_is_named(server):
    emulator, _ = server(options=",password=on")
    assert "expected now, never" in emulator.monitor.command("expire_password vnc tomorrow")


@pytest.mark.parametrize("arguments,message", [
    (["-vnc", "nonsense"], "'nonsense': expected [HOST]:N"),
    (["-vnc", ":99999"], "expected [HOST]:N"),
    (["-vnc", "unix:"], "unix:PATH: expected a path"),
    (["-vnc", "unix:/nonexistent/vnc"], "can't listen at '/nonexistent/vnc'"),
    (["-vnc", ":1,tls-creds=x"], "there is no -object tls-creds-x509 or tls-creds-anon with id 'x'"),
    (["-object", "tls-creds-anon,id=t", "-vnc", ":1,tls-creds=t"], "'t' has endpoint=client"),
    (["-object", "tls-creds-x509,id=t,endpoint=server"], "dir is missing"),
    (["-object", "tls-creds-x509,id=t,endpoint=server,dir=/nowhere"], "can't read '/nowhere/ca-cert.pem'"),
    (["-object", "tls-creds-anon,id=t,endpoint=server,priority=NOTHING"], "GnuTLS doesn't understand 'NOTHING'"),
    (["-vnc", ":1,sasl=on"], "'sasl' is not supported yet"),
    (["-vnc", ":1,reverse=on"], "'reverse' is not supported yet"),
    (["-vnc", ":1,nonsense=on"], "Invalid parameter 'nonsense'"),
    (["-vnc", ":1,share=mine"], "share=mine: expected allow-exclusive"),
    (["-vnc", ":1,to=0"], "to=0: expected 1 to"),
    (["-vnc", ":1,connections=0"], "connections=0: expected 1 to"),
    (["-vnc", ":1,display=nobody"], "no display device with this id"),
    (["-display", "vnc"], "expected vnc=[HOST]:N"),
    (["-display", "curses"], "display 'curses' is not supported yet"),
    (["-vga", "qxl"], "'qxl' is not supported yet"),
    (["-vga", "nonsense"], "unknown vga type: nonsense"),
    (["-k", "nonsense"], "no keyboard layout 'nonsense'"),
    (["-M", "none", "-vga", "std"], "No 'PCI' bus"),
])
def test_mistakes_on_the_command_line(sysemu, arguments, message):
    result = subprocess.run([sysemu, "-M", "VMC", "-display", "none", *arguments], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 1
    assert message in result.stderr and result.stderr.count("\n") <= 2


def test_a_file_is_no_old_socket(sysemu, tmp_path):
    file = tmp_path / "letters"
    file.write_text("precious")
    result = subprocess.run([sysemu, "-M", "VMC", "-display", "none", "-vnc", f"unix:{file}"], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 1 and "something else than a socket" in result.stderr
    assert file.read_text() == "precious"


@pytest.mark.parametrize("option", ["-display", "-vga", "-k"])
def test_help_lists_what_there_is(sysemu, option):
    result = subprocess.run([sysemu, option, "help"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0
    assert {"-display": "vnc", "-vga": "std", "-k": "fr(bepo)"}[option] in result.stdout


def test_servers_are_asked_about(start, tmp_path):
    path, control = str(tmp_path / "vnc"), str(tmp_path / "qmp")
    start(*BOARD, "-display", f"vnc=unix:{path}", "-vnc", f"unix:{path}2,id=two,display=screen",
          "-qmp", f"unix:{control},server=on,wait=off")
    client = qmp.Qmp(control)
    assert client("query-vnc") == {"enabled": True, "host": "", "service": path, "family": "unix", "auth": "none",
                                   "clients": []}
    assert [server["id"] for server in client("query-vnc-servers")] == ["default", "two"]
    viewer = rfb.Viewer(path)
    assert client.event("VNC_CONNECTED")["server"]["auth"] == "none"
    assert client.event("VNC_INITIALIZED")["client"]["family"] == "unix"
    assert len(client("query-vnc")["clients"]) == 1
    viewer.close()
    client.event("VNC_DISCONNECTED")
    assert client("query-vnc")["clients"] == []


def test_all_servers_of_a_machine_want_passwords_or_none(sysemu, tmp_path):
    result = subprocess.run([sysemu, *BOARD, "-vnc", f"unix:{tmp_path}/a", "-vnc", f"unix:{tmp_path}/b,id=b,password=on"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and "either all VNC servers" in result.stderr
    assert os.listdir(tmp_path) == []


def test_the_next_free_port_is_taken(start):
    emulator = start(*BOARD, "-vnc", "127.0.0.1:10,to=90", "-vnc", "127.0.0.1:10,to=90,id=two")
    ports = [int(line.split(":")[2].split()[0]) for line in emulator.monitor.command("info vnc").splitlines()
             if "Server:" in line]
    # others may take ports and give them back meanwhile: the second one needn't be the higher
    assert len(set(ports)) == 2 and all(5910 <= port <= 5990 for port in ports)
    for port in ports:
        rfb.Viewer(("127.0.0.1", port)).wait_until(lambda v: v.updates)


# ---- Text consoles ----

def test_a_monitor_on_the_screen(sysemu, tmp_path):
    path = str(tmp_path / "vnc")
    process = subprocess.Popen([sysemu, "-M", "VMC", "-S", "-vnc", f"unix:{path}", "-serial", "vc:40Cx10C"])
    try:
        viewer = rfb.Viewer(path)
        viewer.wait_until(lambda v: (v.width, v.height) == (640, 384) and any(any(row) for row in v.rows))
        for digit, size in ("2", (320, 160)), ("1", (640, 384)):  # the serial line, and back
            for down in (True, False):
                for symbol in (rfb.KEYSYMS["Control"], rfb.KEYSYMS["Alt"], ord(digit)):
                    viewer.key(symbol, down)
            viewer.wait_until(lambda v, size=size: (v.width, v.height) == size)
        viewer.type("quit\n")
        with pytest.raises((EOFError, ConnectionError)):
            viewer.wait_until(lambda v: False)  # who doesn't read isn't heard
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_a_console_that_goes_while_nobody_looks(start, tmp_path):
    path, control = str(tmp_path / "vnc"), str(tmp_path / "qmp")
    start("-M", "VMC", "-S", "-chardev", "vc,id=text,cols=40,rows=10", "-vnc", f"unix:{path}", "-qmp",
          f"unix:{control},server=on,wait=off")
    client = qmp.Qmp(control)
    viewer = rfb.Viewer(path)
    assert (viewer.width, viewer.height) == (320, 160)
    viewer.close()
    client.event("VNC_DISCONNECTED")
    client("chardev-remove", id="text")
    viewer = rfb.Viewer(path)
    viewer.wait_until(lambda v: v.updates)
    assert (viewer.width, viewer.height) == (640, 480)


# ---- Several ----

def test_who_wants_to_be_alone(server):
    _, path = server()
    first = rfb.Viewer(path)
    rfb.Viewer(path, shared=False).wait_until(lambda v: v.updates)
    with pytest.raises((EOFError, ConnectionError)):
        first.wait_until(lambda v: False)


def test_who_may_not_be_alone(server):
    _, path = server(options=",share=force-shared")
    first = rfb.Viewer(path)
    with pytest.raises((EOFError, ConnectionError)):
        rfb.Viewer(path, shared=False).wait_until(lambda v: False)
    first.wait_until(lambda v: v.updates)


def test_at_most_so_many(server):
    _, path = server(options=",connections=2")
    viewers = [rfb.Viewer(path) for _ in range(2)]
    with pytest.raises((EOFError, ConnectionError)):
        rfb.Viewer(path)
    viewers[0].close()

    def one_more():
        try:
            return rfb.Viewer(path)
        except (EOFError, ConnectionError):
            return None

    wait_for(one_more, "no place has become free")


def test_a_viewer_that_reads_nothing_holds_up_nobody(server):
    emulator, path = server()
    lazy = [rfb.Viewer(path) for _ in range(3)]
    for viewer in lazy:
        for _ in range(5):  # 6 MB of pixels: no socket takes that
            viewer.request(incremental=False)
    emulator.monitor.command("info status")
    other = rfb.Viewer(path)
    for _ in range(20):
        other.wait_until(lambda v: True)
        other.updates = 0
        other.wait_until(lambda v: v.updates)
    emulator.monitor.send("quit\r")
    assert emulator.wait(30) == 0


def test_rude_viewers(server):
    emulator, path = server()
    beginnings = [b"", b"R", b"GET ", b"GET / HTTP/1.1\r\n\r\n", b"RFB 003.008\n", b"RFB 003.003\n", b"RFB 999.999\n",
                  b"\x16\x03\x01\x02\x00", b"RFB 003.008\n\x01\x01" + b"\xff" * 100, b"RFB 003.889\n\x01",
                  b"RFB 003.008\n\x01\x01\x02\x00\xff\xff" + struct.pack(">i", -257) * 5000,
                  b"RFB 003.008\n\x01\x01\x06\0\0\0\x7f\xff\xff\xff", b"RFB 003.008\n\x01\x01\x07\x01\0\0\0\0\0\1"]
    for beginning in beginnings:
        with rfb.connect(path) as connection:
            connection.sendall(beginning)
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
    rfb.Viewer(path).wait_until(lambda v: v.updates)
    wait_for(lambda: "Client" not in emulator.monitor.command("info vnc"), "somebody is still there")
