"""Networks: back ends, what connects them, and the monitor's commands. The guest is a computer in Python at one port
of a hub, so that no board and no card is needed.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest

from ethernet import BROADCAST, MAC, TCP, Host, Wire
from sysemu import run

NONE = ["-machine", "none", "-display", "none"]
ROUTER, DNS = socket.inet_aton("10.0.2.2"), socket.inet_aton("10.0.2.3")


def plugged(path, hub=0):
    """Options for a socket at `path` in a hub's port."""
    return ["-netdev", f"stream,id=wire{hub},server=off,addr.type=unix,addr.path={path}",
            "-netdev", f"hubport,id=wire{hub}port,hubid={hub},netdev=wire{hub}"]


@pytest.fixture
def lan(start, tmp_path):
    """lan("user,id=u,..."): the emulator, and a Host in the same hub as that back end."""
    open_files = []

    def make(netdev, *args, **kwargs):
        path = str(tmp_path / "wire")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        open_files.append(listener)
        name = re.search("id=([a-z0-9]+)", netdev)[1]
        vm = start("-machine", "none", "-netdev", netdev, "-netdev", f"hubport,id=port,hubid=0,netdev={name}",
                   *plugged(path), *args, serials=0, **kwargs)
        connection, _ = listener.accept()
        open_files.append(connection)
        return vm, Host(Wire(connection))

    yield make
    for f in open_files:
        f.close()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- the user network ----


def test_dhcp_gives_the_first_address(lan):
    _, host = lan("user,id=u")
    lease = host.dhcp()
    assert lease["address"] == socket.inet_aton("10.0.2.15")
    assert lease[1] == socket.inet_aton("255.255.255.0")
    assert lease[3] == ROUTER
    assert lease[6] == DNS


def test_addresses_and_names_of_the_network(lan):
    _, host = lan("user,id=u,net=192.168.76.0/24,host=192.168.76.9,dns=192.168.76.4,dhcpstart=192.168.76.100,"
                  "hostname=guest7,domainname=example.org,bootfile=kernel.img,dnssearch=a.org,dnssearch=b.org")
    lease = host.dhcp()
    assert lease["address"] == socket.inet_aton("192.168.76.100")
    assert lease[3] == socket.inet_aton("192.168.76.9")
    assert lease[6] == socket.inet_aton("192.168.76.4")
    assert lease[12] == b"guest7"
    assert lease[15] == b"example.org"
    assert lease["file"] == b"kernel.img"
    assert lease[119] == b"\1a\3org\0\1b\xc0\2"
    assert host.resolve(socket.inet_aton("192.168.76.9"))


def test_files_by_tftp(lan, tmp_path):
    contents = os.urandom(512 * 300 + 17)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "image").write_bytes(contents)
    (tmp_path / "secret").write_bytes(b"no")
    _, host = lan(f"user,id=u,tftp={tmp_path}/files")
    host.dhcp()
    assert host.tftp(ROUTER, "image") == contents
    for name in ("nothing", "../secret"):
        with pytest.raises(FileNotFoundError):
            host.tftp(ROUTER, name)


def echo_server(transform, connections=1):
    """A TCP server of this host that answers what it gets, transformed, until the client's end; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener:
            for _ in range(connections):
                connection, _ = listener.accept()
                with connection:
                    data = b""
                    while piece := connection.recv(65536):
                        data += piece
                    connection.sendall(transform(data))

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def test_guest_connects_to_this_host(lan):
    port = echo_server(lambda data: data[::-1])
    _, host = lan("user,id=u")
    host.dhcp()
    tcp = TCP.connect(host, ROUTER, port)
    tcp.send(b"0123456789" * 1000)
    tcp.close()
    assert tcp.receive(20000) == b"9876543210" * 1000


def test_restricted_guest_gets_nowhere(lan):
    port = echo_server(lambda data: data)
    _, host = lan("user,id=u,restrict=on")
    host.dhcp()
    assert TCP.connect(host, ROUTER, port) is None


def test_hostfwd_leads_to_the_guest(lan):
    port, udp = free_port(), free_port()
    vm, host = lan(f"user,id=u,hostfwd=tcp:127.0.0.1:{port}-:22,hostfwd=udp:127.0.0.1:{udp}-10.0.2.15:53")
    host.dhcp()
    with socket.create_connection(("127.0.0.1", port)) as client:
        tcp = TCP.accept(host, 22)
        client.sendall(b"hello")
        assert tcp.receive(5) == b"hello"
        tcp.send(b"SSH-2.0")
        client.settimeout(20)
        assert client.recv(100) == b"SSH-2.0"
        assert re.search(r"TCP\[ESTABLISHED\] +\d+ +127.0.0.1 +" + str(port), vm.monitor.command("info usernet"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.sendto(b"question", ("127.0.0.1", udp))
        address, source_port, data = host.receive_udp(53)
        assert data == b"question"
        host.send_udp(address, source_port, 53, b"answer")
        assert client.recv(100) == b"answer"


def test_hostfwd_by_the_monitor(lan):
    port = free_port()
    vm, host = lan("user,id=u")
    host.dhcp()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert vm.monitor.command(f"hostfwd_add u tcp:127.0.0.1:{port}-:80") == ""
    with socket.create_connection(("127.0.0.1", port)):
        TCP.accept(host, 80)
    rule = f"tcp:127.0.0.1:{port}"
    assert "Address already in use" in vm.monitor.command(f"hostfwd_add {rule}-:80")
    assert vm.monitor.command(f"hostfwd_remove {rule}") == f"host forwarding rule for {rule} removed\n"
    assert vm.monitor.command(f"hostfwd_remove u {rule}") == f"host forwarding rule for {rule} not found\n"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert vm.monitor.command("hostfwd_add x tcp::1-:1") == "Error: unrecognized netdev id 'x'\n"
    assert "Invalid host forwarding rule 'tcp::1'" in vm.monitor.command("hostfwd_add u tcp::1")


def test_guestfwd_leads_to_a_command_and_a_device(lan, tmp_path):
    path = str(tmp_path / "device")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    _, host = lan("user,id=u,guestfwd=tcp:10.0.2.100:80-cmd:tr a-z A-Z,guestfwd=tcp:10.0.2.101:81-chardev:dev",
                  "-chardev", f"socket,id=dev,path={path}")
    host.dhcp()
    tcp = TCP.connect(host, socket.inet_aton("10.0.2.100"), 80)
    tcp.send(b"shout")
    tcp.close()
    assert tcp.receive(5) == b"SHOUT"
    device, _ = listener.accept()
    tcp = TCP.connect(host, socket.inet_aton("10.0.2.101"), 81, port=3001)
    tcp.send(b"to the device" * 500)
    device.settimeout(20)
    got = b""
    while len(got) < 6500:
        got += device.recv(65536)
    assert got == b"to the device" * 500
    device.sendall(b"to the guest" * 1000)
    assert tcp.receive(12000) == b"to the guest" * 1000
    device.close()
    listener.close()


def test_options_in_json(start):
    """As libvirt writes them."""
    port = free_port()
    vm = start("-machine", "none", "-netdev",
               '{"type":"user","id":"hostnet0","restrict":true,"ipv6-prefixlen":60,"dnssearch":[{"str":"a.org"},{"str":"b.org"}],'
               f'"hostfwd":[{{"str":"tcp:127.0.0.1:{port}-:22"}}]}}',
               "-netdev",
               f'{{"type":"stream","id":"s","server":true,"addr":{{"type":"unix","path":"test-{port}","abstract":true}}}}',
               serials=0)
    text = vm.monitor.command("info network")
    assert "hostnet0: index=0,type=user,net=10.0.2.0,restrict=on" in text
    assert f"s: index=0,type=stream,disconnected:unix:test-{port},server=on" in text
    assert re.search(f"127.0.0.1 +{port} +10.0.2.15 +22", vm.monitor.command("info usernet"))


def test_a_stopped_machine_has_no_time_for_timeouts(lan):
    """Without an answer to ARP libslirp drops what waits for it; not while the guest stands still."""
    vm, host = lan("user,id=u")
    host.dhcp()
    vm.monitor.command("stop")
    assert host.resolve(ROUTER)  # back ends go on
    vm.monitor.command("cont")
    assert host.dhcp()["address"] == socket.inet_aton("10.0.2.15")


# ---- options ----


@pytest.mark.parametrize("args,message", [
    (["-netdev", "user"], "-netdev user: Parameter 'id' is missing"),
    (["-netdev", "id=x"], "Parameter 'type' is missing"),
    (["-netdev", "foo,id=x"], "Parameter 'type' does not accept value 'foo'"),
    (["-netdev", "vde,id=x"], "network back end 'vde' is not supported yet"),
    (["-netdev", "passt,id=x"], "Start passt yourself"),
    (["-netdev", "user,id=1x"], "Parameter 'id' expects an identifier"),
    (["-netdev", "user,id=x", "-netdev", "user,id=x"], "Duplicate ID 'x' for netdev"),
    (["-netdev", "user,id=x,foo=bar"], "Invalid parameter 'foo'"),
    (["-netdev", '{"type":"user","id":"x"'], "JSON parse error"),
    (["-netdev", '{"type":"user","id":1}'], "Invalid parameter type for 'id'"),
    (["-netdev", '{"type":"user","id":"x","net":null}'], "Invalid parameter type for 'net'"),
    (["-netdev", '{"type":"user","id":"x","net":1.5}'], "Invalid parameter type for 'net'"),
    (["-netdev", '{"type":"user","id":"x","dnssearch":[[]]}'], "expected texts in its array"),
    (["-netdev", '{"type":"user","id":"x","addr":{"foo":1}}'], "Invalid parameter 'addr.foo'"),
    (["-netdev", '{"type":"user","id":"1x"}'], "Parameter 'id' expects an identifier"),
    (["-nic", "foo"], "Parameter 'type' does not accept value 'foo'"),
    (["-nic", "user,mac=zz"], "invalid syntax for ethernet address 'zz'"),
    (["-nic", "user,mac=01:00:00:00:00:01"], "NIC cannot have multicast MAC address"),
    (["-nic", "user,vectors=3"], "Invalid parameter 'vectors'"),
    (["-nic", "user"] * 9, "no more on-board/default NIC slots available"),
    (["-net", "foo"], "Parameter 'type' does not accept value 'foo'"),
    (["-net", "hubport,hubid=0"], "-net is hub 0 itself"),
    (["-net", "nic,netdev=foo"], "netdev 'foo' not found"),
    (["-net", "nic,vectors=x"], "Parameter 'vectors' expects a number"),
    (["-netdev", "hubport,id=p"], "Parameter 'hubid' is missing"),
    (["-netdev", "hubport,id=p,hubid=1,netdev=u"], "netdev 'u' not found"),
    (["-netdev", "hubport,id=p,hubid=1", "-netdev", "hubport,id=q,hubid=2,netdev=p"], "hubs can't be plugged together"),
    (["-netdev", "user,id=u", "-netdev", "hubport,id=p,hubid=1,netdev=u", "-netdev", "hubport,id=q,hubid=2,netdev=u"],
     "netdev 'u' is in use"),
    (["-netdev", "user,id=u,net=foo"], "Failed to parse 'net=foo'"),
    (["-netdev", "user,id=u,net=10.0.0.0/31"], "expected 4 to 30 bits"),
    (["-netdev", "user,id=u,net=10.0.0.0/255.0.255.0"], "no network has that one"),
    (["-netdev", "user,id=u,host=10.0.3.1"], "Host doesn't belong to network"),
    (["-netdev", "user,id=u,dhcpstart=1.2.3.4"], "DHCP doesn't belong to network"),
    (["-netdev", "user,id=u,dns=10.0.2.2"], "DNS must be different from host"),
    (["-netdev", "user,id=u,restrict=foo"], "Parameter 'restrict' expects 'on' or 'off'"),
    (["-netdev", "user,id=u,ipv4=off,ipv6=off"], "IPv4 and IPv6 disabled"),
    (["-netdev", "user,id=u,ipv6-prefix=x"], "expected an IPv6 address"),
    (["-netdev", "user,id=u,ipv6-prefixlen=127"], "expects a number from 4 to 126"),
    (["-netdev", "user,id=u,smb=/tmp"], "'smb' is not supported"),
    (["-netdev", "user,id=u,tftp=/nonexistent"], "'tftp=/nonexistent' is no directory"),
    (["-netdev", "user,id=u,hostname=" + "x" * 33], "Parameter 'hostname' expects at most 32 characters"),
    (["-netdev", "user,id=u,bootfile=" + "x" * 128], "Parameter 'bootfile' expects at most 127 characters"),
    (["-netdev", "user,id=u,dnssearch=a..b"], "Parameter 'dnssearch' expects a domain name, not 'a..b'"),
    (["-netdev", "user,id=u,hostfwd=foo"], "Invalid host forwarding rule 'foo'"),
    (["-netdev", "user,id=u,hostfwd=tcp::99999-:22"], "Bad host port"),
    (["-netdev", "user,id=u,hostfwd=tcp::22-:0"], "Bad guest port"),
    (["-netdev", "user,id=u,hostfwd=tcp:1.2.3:22-:22"], "Bad host address"),
    (["-netdev", "user,id=u,hostfwd=tcp::22-1.2.3.4.5:22"], "Bad guest address"),
    (["-netdev", "user,id=u,hostfwd=sctp::22-:22"], "Bad form"),
    (["-netdev", "user,id=u,guestfwd=tcp:10.0.2.100:80"], "Invalid guest forwarding rule"),
    (["-netdev", "user,id=u,guestfwd=tcp:10.0.2.2:80-cmd:cat"], "Conflicting/invalid host:port in guest forwarding rule"),
    (["-netdev", "user,id=u,guestfwd=tcp:10.0.2.9:80-nonsense"], "is not a valid char driver"),
    (["-netdev", "user,id=u,guestfwd=tcp:10.0.2.9:80-none"], "there is no such device"),
    (["-netdev", "socket,id=s"], "exactly one of listen=, connect=, mcast=, udp= or fd= is required"),
    (["-netdev", "socket,id=s,listen=:1,connect=:2"], "exactly one of listen="),
    (["-netdev", "socket,id=s,listen=foo"], "host address 'foo' doesn't contain ':' separating host from port"),
    (["-netdev", "socket,id=s,listen=:x"], "port number 'x' of 'listen' is invalid"),
    (["-netdev", "socket,id=s,udp=127.0.0.1:1"], "localaddr= is mandatory with udp="),
    (["-netdev", "socket,id=s,mcast=127.0.0.1:1"], "is not a multicast address"),
    (["-netdev", "socket,id=s,connect=:1,localaddr=x"], "localaddr= is only valid with mcast= or udp="),
    (["-netdev", "socket,id=s,fd=99"], "Can't use file descriptor 99: Bad file descriptor"),
    (["-netdev", "socket,id=s,fd=1"], "Can't use file descriptor 1"),
    (["-netdev", "stream,id=s"], "Parameter 'addr' is missing"),
    (["-netdev", "stream,id=s,addr.type=foo"], "Parameter 'addr.type' does not accept value 'foo'"),
    (["-netdev", "stream,id=s,addr.host=foo"], "Parameter 'addr.type' is missing"),
    (["-netdev", "stream,id=s,addr.type=inet,addr.host=foo"], "Parameter 'addr.port' is missing"),
    (["-netdev", "stream,id=s,addr.type=unix"], "Parameter 'addr.path' is missing"),
    (["-netdev", "stream,id=s,addr.type=unix,addr.path=" + "x" * 108], "Parameter 'addr.path' expects 1 to 107 characters"),
    (["-netdev", "stream,id=s,server=on,reconnect=1,addr.type=unix,addr.path=x"], "incompatible with socket in server mode"),
    (["-netdev", "stream,id=s,server=on,addr.type=unix,addr.path=/nonexistent/x"], "Failed to bind socket"),
    (["-netdev", "stream,id=s,addr.type=unix,addr.path=x,reconnect=99999"], "expects at most 3600 s"),
    (["-netdev", "dgram,id=s"], "dgram requires local= parameter"),
    (["-netdev", "dgram,id=s,local.type=unix,local.path=/x"], "requires remote= parameter"),
    (["-netdev", "dgram,id=s,remote.type=inet,remote.host=127.0.0.1,remote.port=1"], "dgram requires local= parameter"),
    (["-netdev", "dgram,id=s,remote.type=unix,remote.path=/x,local.type=inet,local.host=127.0.0.1,local.port=0"],
     "different families"),
    (["-netdev", "dgram,id=s,remote.type=inet,remote.host=230.0.0.1,remote.port=1234,local.type=unix,local.path=/x"],
     "different families"),
])
def test_mistakes_are_named(sysemu, args, message):
    result = run(sysemu, *NONE, "-monitor", "none", *args)
    assert result.returncode == 1
    assert message in result.stdout
    assert args[0] in result.stdout


def test_help_lists_what_there_is(sysemu):
    for args in (["-netdev", "help"], ["-nic", "help"], ["-net", "?"]):
        lines = run(sysemu, *args).stdout.splitlines()
        assert lines[0] == "Available netdev backend types:"
        assert {"user", "socket", "stream", "dgram", "hubport"} <= set(lines[1:])
    assert run(sysemu, "-nic", "user,model=help").stdout.startswith("Available NIC models:\n")


@pytest.mark.parametrize("args,message", [
    (["-net", "user"], "warning: hub 0 with no nics"),
    (["-net", "nic"], "was not created (not supported by this machine?)"),
    (["-nic", "user,model=foo"], "warning: requested NIC (anonymous, model foo) was not created"),
    (["-netdev", "user,id=n0"], "warning: netdev n0 has no peer"),
    (["-nic", "none"], None), (["-net", "none"], None), ([], None),
])
def test_what_is_not_connected_is_said(start, args, message):
    vm = start("-machine", "none", *args, serials=0)
    vm.monitor.command("info status")
    if message:
        assert message in vm.error_text()
    else:
        assert vm.error_text() == ""
        assert vm.monitor.command("info network") == ""
    vm.quit()


def test_info_network(start):
    vm = start("-machine", "none", "-netdev", "user,id=a,net=10.1.0.0/16", "-netdev", "user,id=b,restrict=on",
               "-netdev", "hubport,id=p1,hubid=3,netdev=a", "-netdev", "hubport,id=p2,hubid=3", "-net", "user", serials=0)
    assert vm.monitor.command("info network") == (
        "hub 0\n"
        " \\ hub0port0: #net000: index=0,type=user,net=10.0.2.0,restrict=off\n"
        "hub 3\n"
        " \\ p2\n"
        " \\ p1: a: index=0,type=user,net=10.1.0.0,restrict=off\n"
        "b: index=0,type=user,net=10.0.2.0,restrict=on\n")
    assert vm.monitor.command("netdev_del b") == ""
    assert vm.monitor.command("netdev_del b") == "Error: Device 'b' not found\n"
    assert vm.monitor.command("netdev_del hub0port0") == "Error: Device 'hub0port0' is not a netdev\n"
    assert vm.monitor.command("netdev_add user,id=c") == ""
    assert vm.monitor.command("netdev_add user,id=c") == "Error: Duplicate ID 'c' for netdev\n"
    assert vm.monitor.command("netdev_add user") == "Error: Parameter 'id' is missing\n"
    assert vm.monitor.command("set_link nobody off") == "Error: Device 'nobody' not found\n"
    assert vm.monitor.command("netdev_del a") == ""
    assert " \\ p1\n" in vm.monitor.command("info network")
    assert vm.quit() == 0


def test_set_link(lan):
    vm, host = lan("user,id=u")
    assert host.resolve(ROUTER)
    vm.monitor.command("set_link u off")
    host.send_arp(1, bytes(6), ROUTER)
    assert host.wire.receive(0.5) is None
    vm.monitor.command("set_link u on")
    host.send_arp(1, bytes(6), ROUTER)
    assert host.wire.receive()


@pytest.mark.parametrize("line,completed", [
    ("netdev_add us", "netdev_add user"), ("netdev_del n", "netdev_del net7"), ("set_link n", "set_link net7"),
    ("hostfwd_add n", "hostfwd_add net7"), ("info usern", "info usernet"),
])
def test_completion(start, line, completed):
    vm = start("-machine", "none", "-netdev", "user,id=net7", serials=0)
    vm.monitor.send(line + "\t")
    vm.monitor.expect(completed)


# ---- sockets ----


def frame(text):
    return (BROADCAST + MAC + b"\x88\xb5" + text.encode()).ljust(60, b"\0")


def two_wires(start, tmp_path, first, second, *args):
    """An emulator whose hub has these two back ends."""
    return start("-machine", "none", "-netdev", first + ",id=a", "-netdev", "hubport,id=pa,hubid=0,netdev=a",
                 "-netdev", second + ",id=b", "-netdev", "hubport,id=pb,hubid=0,netdev=b", *args, serials=0)


def wire_at(listener):
    listener.settimeout(20)
    connection, _ = listener.accept()
    return Wire(connection)


def connect(address):
    deadline = time.monotonic() + 20
    while True:
        s = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        try:
            s.connect(address)
            return Wire(s)
        except OSError:
            s.close()
            assert time.monotonic() < deadline
            time.sleep(0.05)


def settle(vm):
    """Waits until the emulator has noticed its connections: what comes before for who isn't there is lost."""
    deadline = time.monotonic() + 20
    while "disconnected" in vm.monitor.command("info network"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def exchange(one, other):
    for n, (sender, receiver) in enumerate(((one, other), (other, one)) * 3):
        sender.send(frame(f"packet {n}"))
        assert receiver.receive() == frame(f"packet {n}")


@pytest.mark.parametrize("kind", ["socket", "stream"])
def test_listen_and_connect(start, tmp_path, kind):
    port = free_port()
    listener = socket.create_server(("127.0.0.1", 0))
    there = listener.getsockname()[1]
    if kind == "socket":
        first, second = f"socket,listen=127.0.0.1:{port}", f"socket,connect=127.0.0.1:{there}"
    else:
        first = f"stream,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port={port}"
        second = f"stream,server=off,addr.type=inet,addr.host=127.0.0.1,addr.port={there}"
    vm = two_wires(start, tmp_path, first, second)
    b, a = wire_at(listener), connect(("127.0.0.1", port))
    settle(vm)
    exchange(a, b)
    assert re.search(rf"pa: a: index=0,type={kind},tcp:127.0.0.1:{port},server=on <-> 127.0.0.1:\d+\n",
                     vm.monitor.command("info network"))

    a.connection.close()  # the next client comes into its place
    a = connect(("127.0.0.1", port))
    a.send(frame("knock"))
    assert b.receive() == frame("knock")
    exchange(a, b)

    b.connection.close()
    deadline = time.monotonic() + 20
    while f"disconnected:tcp:127.0.0.1:{there}" not in vm.monitor.command("info network"):
        assert time.monotonic() < deadline
    a.send(frame("into the void"))
    assert vm.quit() == 0


def test_stream_connects_again(start, tmp_path):
    path = str(tmp_path / "late")
    vm = two_wires(start, tmp_path, f"stream,addr.type=unix,addr.path={path},reconnect-ms=100",
                   f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
    b = connect(str(tmp_path / "b"))
    for _ in range(3):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            a = wire_at(listener)
        settle(vm)
        exchange(a, b)
        a.connection.close()
    text = vm.error_text()
    assert text.count("can't connect") >= 1 and "trying again" in text
    assert vm.quit() == 0
    assert not (tmp_path / "b").exists()


def test_an_inherited_descriptor(sysemu, tmp_path):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen([str(sysemu), *NONE, "-monitor", "none", "-netdev", f"socket,id=a,fd={theirs.fileno()}",
                                    "-netdev", "hubport,id=pa,hubid=0,netdev=a", "-netdev", "user,id=u",
                                    "-netdev", "hubport,id=pu,hubid=0,netdev=u"],
                                   pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL)
        try:
            assert Host(Wire(ours)).dhcp()["address"] == socket.inet_aton("10.0.2.15")
        finally:
            process.kill()
            process.wait()


def test_datagrams(start, tmp_path):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    ports = [free_port(), free_port()]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
        s.settimeout(20)
    one, other = [s.getsockname()[1] for s in sockets]
    two_wires(start, tmp_path, f"socket,udp=127.0.0.1:{one},localaddr=127.0.0.1:{ports[0]}",
              f"dgram,local.type=inet,local.host=127.0.0.1,local.port={ports[1]},"
              f"remote.type=inet,remote.host=127.0.0.1,remote.port={other}")
    for n in range(3):
        sockets[0].sendto(frame(f"{n}"), ("127.0.0.1", ports[0]))
        assert sockets[1].recvfrom(2000) == (frame(f"{n}"), ("127.0.0.1", ports[1]))
        sockets[1].sendto(frame(f"-{n}"), ("127.0.0.1", ports[1]))
        assert sockets[0].recvfrom(2000) == (frame(f"-{n}"), ("127.0.0.1", ports[0]))
    for s in sockets:
        s.close()


def test_unix_datagrams(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(tmp_path / "ours"))
        s.settimeout(20)
        vm = two_wires(start, tmp_path, f"dgram,local.type=unix,local.path={tmp_path}/theirs,"
                       f"remote.type=unix,remote.path={tmp_path}/ours",
                       f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
        b = connect(str(tmp_path / "b"))
        settle(vm)
        s.sendto(frame("in"), str(tmp_path / "theirs"))
        assert b.receive() == frame("in")
        b.send(frame("out"))
        assert s.recv(2000) == frame("out")
        assert vm.quit() == 0
    assert not (tmp_path / "theirs").exists()


def test_multicast_joins_emulators_and_nobody_hears_itself(start, tmp_path):
    port = free_port()
    wires = []
    for n in range(2):
        path = tmp_path / f"wire{n}"
        vm = two_wires(start, tmp_path, f"socket,mcast=239.255.7.7:{port},localaddr=127.0.0.1",
                       f"stream,server=on,addr.type=unix,addr.path={path}")
        wires.append(connect(str(path)))
        settle(vm)
    exchange(*wires)
    wires[0].send(frame("once"))
    assert wires[1].receive() == frame("once")
    assert wires[0].receive(0.5) is None
    assert wires[1].receive(0.2) is None


@pytest.mark.parametrize("garbage", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n",
                                     struct.pack(">I", 4096 + 65536 + 1)])
def test_garbage_ends_the_connection_and_nothing_else(start, tmp_path, garbage):
    vm = two_wires(start, tmp_path, f"stream,server=on,addr.type=unix,addr.path={tmp_path}/a",
                   f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
    a, b = connect(str(tmp_path / "a")), connect(str(tmp_path / "b"))
    settle(vm)
    a.send(frame("fine"))
    assert b.receive() == frame("fine")
    a.connection.sendall(garbage)
    assert a.is_closed()
    assert "sends something else than packets" in vm.error_text()
    a = connect(str(tmp_path / "a"))
    settle(vm)
    exchange(a, b)


def test_half_a_packet_waits_for_the_other_half(start, tmp_path):
    vm = two_wires(start, tmp_path, f"stream,server=on,addr.type=unix,addr.path={tmp_path}/a",
                   f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
    a, b = connect(str(tmp_path / "a")), connect(str(tmp_path / "b"))
    settle(vm)
    stream = b"".join(struct.pack(">I", len(f)) + f for f in (frame("one"), frame("two")))
    for at in range(0, len(stream), 7):
        a.connection.sendall(stream[at:at + 7])
        time.sleep(0.002)
    assert b.receive() == frame("one")
    assert b.receive() == frame("two")
    a.connection.sendall(b"\0\0\0\x3cab")  # and then it goes
    a.connection.close()
    a = connect(str(tmp_path / "a"))
    a.send(frame("knock"))
    assert b.receive() == frame("knock")
    exchange(a, b)


def test_a_slow_reader_loses_nothing_that_it_is_waited_for(start, tmp_path):
    """More than sockets and queues hold: the sender is made to wait."""
    vm = two_wires(start, tmp_path, f"stream,server=on,addr.type=unix,addr.path={tmp_path}/a",
                   f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
    a, b = connect(str(tmp_path / "a")), connect(str(tmp_path / "b"))
    settle(vm)
    size = 60000
    count = 500

    def send():
        for n in range(count):
            a.send(struct.pack(">I", n).ljust(size, b"x"))

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(0.3)
    got = [struct.unpack_from(">I", b.receive())[0] for _ in range(count)]
    thread.join(20)
    assert got == list(range(count))


@pytest.mark.skipif(not shutil.which("passt"), reason="passt is not installed")
def test_passt_through_its_socket(start, tmp_path, request):
    # Started by root it becomes nobody, who may not enter every TMPDIR.
    folder = tempfile.mkdtemp(prefix="sysemu-passt-", dir="/tmp")
    request.addfinalizer(lambda: shutil.rmtree(folder))
    os.chmod(folder, 0o777)
    path = folder + "/socket"
    passt = subprocess.Popen(["passt", "--foreground", "--socket", path, "--address", "10.9.8.7", "--netmask", "24",
                              "--gateway", "10.9.8.1", "--no-map-gw"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 20
        while not os.path.exists(path):
            if passt.poll() is not None:
                pytest.skip("passt doesn't run here: " + passt.stdout.read()[-200:])
            assert time.monotonic() < deadline
            time.sleep(0.05)
        vm = two_wires(start, tmp_path, f"stream,server=off,addr.type=unix,addr.path={path}",
                       f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
        host = Host(connect(str(tmp_path / "b")))
        settle(vm)
        assert host.dhcp()["address"] == socket.inet_aton("10.9.8.7")
    finally:
        passt.kill()
        passt.wait()


@pytest.mark.parametrize("ours,theirs", [
    ("stream,server=on,addr.type=unix,addr.path={dir}/cable", "stream,server=off,addr.type=unix,addr.path={dir}/cable"),
    ("socket,listen=127.0.0.1:{port}", "socket,connect=127.0.0.1:{port}"),
    ("socket,mcast=239.255.7.9:{port},localaddr=127.0.0.1", "socket,mcast=239.255.7.9:{port},localaddr=127.0.0.1"),
    ("socket,udp=127.0.0.1:{other},localaddr=127.0.0.1:{port}", "socket,udp=127.0.0.1:{port},localaddr=127.0.0.1:{other}"),
    ("dgram,local.type=unix,local.path={dir}/a,remote.type=unix,remote.path={dir}/b",
     "dgram,local.type=unix,local.path={dir}/b,remote.type=unix,remote.path={dir}/a"),
])
def test_cables_to_the_installed_qemu(start, tmp_path, reference, ours, theirs):
    """The guest in Python at our hub, the user network at theirs."""
    names = {"dir": tmp_path, "port": free_port(), "other": free_port()}
    vm = two_wires(start, tmp_path, ours.format(**names), f"stream,server=on,addr.type=unix,addr.path={tmp_path}/wire")
    host = Host(connect(str(tmp_path / "wire")))
    qemu = subprocess.Popen([reference, "-M", "none", "-display", "none", "-monitor", "none", "-serial", "none",
                             "-netdev", theirs.format(**names) + ",id=c", "-netdev", "hubport,id=pc,hubid=0,netdev=c",
                             "-netdev", "user,id=u", "-netdev", "hubport,id=pu,hubid=0,netdev=u"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if "mcast" not in ours and "udp" not in ours and "dgram" not in ours:
            settle(vm)
        assert host.resolve(ROUTER)
        assert host.dhcp()["address"] == socket.inet_aton("10.0.2.15")
    finally:
        qemu.kill()
        qemu.wait()


# ---- tap ----


@pytest.fixture
def may_make_taps():
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
        pytest.skip("needs root, /dev/net/tun and iproute2")


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def raw_socket(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
    s.bind((interface, 0x88b5))
    s.settimeout(20)
    return s


@pytest.mark.parametrize("header", ["on", "off"])
def test_tap_with_scripts(start, tmp_path, may_make_taps, header):
    up = script(tmp_path / "up", f"echo up $1 >>{tmp_path}/log; ip link set $1 up")
    down = script(tmp_path / "down", f"echo down $1 >>{tmp_path}/log")
    vm = two_wires(start, tmp_path, f"tap,ifname=sysemut0,script={up},downscript={down},vnet_hdr={header}",
                   f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
    b = connect(str(tmp_path / "b"))
    settle(vm)
    assert (f" \\ pa: a: index=0,type=tap,ifname=sysemut0,script={up},downscript={down}\n"
            in vm.monitor.command("info network"))
    with raw_socket("sysemut0") as s:
        for n in range(3):
            s.send(frame(f"in {n}"))
            while (got := b.receive())[12:14] != b"\x88\xb5":
                pass  # the host's own chatter, such as IPv6's router solicitations
            assert got == frame(f"in {n}")
            b.send(frame(f"out {n}"))
            while (got := s.recv(2000)) != frame(f"out {n}"):
                assert got == frame(f"in {n}")
    assert vm.quit() == 0
    assert (tmp_path / "log").read_text() == "up sysemut0\ndown sysemut0\n"


def test_tap_by_a_helper(start, tmp_path, may_make_taps):
    """The helper gets a socket's number and a bridge's name, and passes an opened interface."""
    helper = tmp_path / "helper"
    helper.write_text(f"""#!/usr/bin/python3
import array, fcntl, os, re, socket, struct, subprocess, sys
fd = int(re.search("--fd=([0-9]+)", " ".join(sys.argv))[1])
open("{tmp_path}/log", "w").write(" ".join(a for a in sys.argv[1:] if "fd" not in a))
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH", b"sysemut1", 0x5002))
subprocess.check_call(["ip", "link", "set", "sysemut1", "up"])
s = socket.socket(fileno=fd)
s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [tap]))])
""")
    helper.chmod(0o755)
    vm = two_wires(start, tmp_path, f"tap,helper={helper},br=br7",
                   f"stream,server=on,addr.type=unix,addr.path={tmp_path}/b")
    b = connect(str(tmp_path / "b"))
    settle(vm)
    with raw_socket("sysemut1") as s:
        s.send(frame("in"))
        while (got := b.receive())[12:14] != b"\x88\xb5":
            pass
        assert got == frame("in")
    assert (tmp_path / "log").read_text() == "--use-vnet --br=br7"
    assert vm.quit() == 0


@pytest.mark.parametrize("options,message", [
    ("tap,id=t,fd=99", "Can't use file descriptor 99: Bad file descriptor"),
    ("tap,id=t,fd=1", "It must be an opened tap interface"),
    ("tap,id=t,helper=/bin/false", "bridge helper failed: /bin/false"),
    ("tap,id=t,helper=/nonexistent", "bridge helper failed: /nonexistent"),
    ("bridge,id=t,helper=/bin/true", "bridge helper failed: /bin/true"),
    ("tap,id=t,fd=3,script=no", "'script' is invalid with 'fd'"),
    ("tap,id=t,helper=/bin/false,ifname=x", "'ifname' is invalid with 'helper'"),
    ("tap,id=t,br=br0", "'br' needs 'helper'"),
    ("tap,id=t,vhost=on", "'vhost' is not supported yet"),
    ("tap,id=t,queues=0", "Parameter 'queues' expects 1 to 64"),
    ("tap,id=t,queues=65", "Parameter 'queues' expects 1 to 64"),
    ("tap,id=t,fd=3,queues=2", "'queues' is invalid with 'fd'"),
    ("tap,id=t,fds=3:4,ifname=x", "'ifname' is invalid with 'fds'"),
    ("tap,id=t,fds=99:98", "Can't use file descriptor 99: Bad file descriptor"),
    ("tap,id=t,fds=3,fd=4", "'fds' is invalid with 'fd'"),
    ("tap,id=t,script=no,ifname=0123456789abcdef", "Parameter 'ifname' expects 1 to 15 characters"),
])
def test_mistakes_about_taps_are_named(sysemu, options, message):
    result = run(sysemu, *NONE, "-monitor", "none", "-netdev", options)
    assert result.returncode == 1
    assert f"-netdev {options}" in result.stdout
    assert message in result.stdout


def test_tap_without_rights_says_what_to_do(sysemu):
    if os.geteuid() == 0:
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv")
    else:
        prefix = []
    result = run(*prefix, sysemu, *NONE, "-monitor", "none", "-netdev", "tap,id=t,script=no,downscript=no")
    assert result.returncode == 1
    assert re.search(r"could not (open|configure) /dev/net/tun", result.stdout)
    assert "ip tuntap add mode tap user" in result.stdout


def test_a_mistake_elsewhere_takes_the_tap_down(sysemu, tmp_path, may_make_taps):
    down = script(tmp_path / "down", f"echo down $1 >{tmp_path}/log")
    result = run(sysemu, *NONE, "-monitor", "none", "-netdev", f"tap,id=t,ifname=sysemut3,script=no,downscript={down}",
                 "-netdev", f"stream,id=s,server=on,addr.type=unix,addr.path={tmp_path}/s", "-device", "nonexistent")
    assert result.returncode == 1
    assert (tmp_path / "log").read_text() == "down sysemut3\n"
    assert not (tmp_path / "s").exists()


def test_a_failing_script_leaves_nothing(sysemu, tmp_path, may_make_taps):
    up = script(tmp_path / "up", "exit 3")
    result = run(sysemu, *NONE, "-monitor", "none", "-netdev", f"tap,id=t,ifname=sysemut2,script={up},downscript=no")
    assert result.returncode == 1
    assert f"network script {up} failed" in result.stdout
    assert not os.path.exists("/sys/class/net/sysemut2")


# ---- filters ----


def read_pcap(path):
    """The packets of a capture: (time in microseconds, size on the cable, bytes)."""
    data = path.read_bytes()
    magic, major, minor, _, _, longest, link_type = struct.unpack_from("=IHHIIII", data)
    assert (magic, major, minor, link_type) == (0xa1b2c3d4, 2, 4, 1)
    packets, at = [], 24
    while at < len(data):
        seconds, microseconds, kept, size = struct.unpack_from("=IIII", data, at)
        assert kept == min(size, longest) and microseconds < 1000000
        packets.append((seconds * 1000000 + microseconds, size, data[at + 16:at + 16 + kept]))
        at += 16 + kept
    assert at == len(data)
    return packets


def test_filter_dump(lan, tmp_path):
    before = time.time() - 1
    vm, host = lan("user,id=u", "-object", f"filter-dump,id=all,netdev=u,file={tmp_path}/all.pcap",
                   "-object", f"filter-dump,id=rx,netdev=u,file={tmp_path}/rx.pcap,queue=rx,maxlen=20",
                   "-object", f"filter-dump,id=off,netdev=u,file={tmp_path}/off.pcap,status=off,position=head")
    assert host.dhcp()
    assert vm.monitor.command("info network").splitlines()[1:] == [
        " \\ wire0port: wire0: " + vm.monitor.command("info network").splitlines()[1].split(": ", 2)[2],
        " \\ port: u: index=0,type=user,net=10.0.2.0,restrict=off", "filters:",
        f"  - off: type=filter-dump,file={tmp_path}/off.pcap,maxlen=65536,position=head,status=off,insert=behind,"
        "netdev=u,queue=all",
        f"  - all: type=filter-dump,file={tmp_path}/all.pcap,maxlen=65536,position=tail,status=on,insert=behind,"
        "netdev=u,queue=all",
        f"  - rx: type=filter-dump,file={tmp_path}/rx.pcap,maxlen=20,position=tail,status=on,insert=behind,"
        "netdev=u,queue=rx"]
    vm.quit()
    packets = read_pcap(tmp_path / "all.pcap")
    senders = [p[2][6:12] for p in packets]
    assert senders.count(MAC) == 2 and len(packets) >= 4
    assert all(before < p[0] / 1e6 < time.time() + 1 for p in packets)
    assert [p[2] for p in read_pcap(tmp_path / "rx.pcap")] == [p[2][:20] for p in packets if p[2][6:12] == MAC]
    assert read_pcap(tmp_path / "off.pcap") == []
    if shutil.which("tcpdump"):
        text = run("tcpdump", "-n", "-v", "-r", tmp_path / "all.pcap").stdout
        assert "DHCP-Message (53), length 1: ACK" in text
        assert "bad" not in text


def test_a_filter_on_a_cards_own_back_end(start, tmp_path):
    vm = start("-machine", "none", "-object", f"filter-dump,id=f,netdev=n0,file={tmp_path}/f", "-nic", "user,id=n0",
               "-object", f"filter-dump,id=g,netdev=n1,file={tmp_path}/g", "-net", "user,id=n1", serials=0)
    text = vm.monitor.command("info network")
    assert "- f: type=filter-dump" in text and "- g: type=filter-dump" in text


def test_a_full_disk_ends_the_capture_alone(lan):
    vm, host = lan("user,id=u")
    assert "can't write to '/dev/full'" in vm.monitor.command("object_add filter-dump,id=f,netdev=u,file=/dev/full")
    assert host.dhcp()


def test_filter_buffer_holds_packets_until_it_is_switched_off(lan):
    vm, host = lan("user,id=u", "-object", "filter-buffer,id=f,netdev=u,interval=4000000000")
    host.send_arp(1, bytes(6), ROUTER)
    assert host.wire.receive(0.5) is None
    vm.monitor.command("qom-set /objects/f status off")
    assert host.wire.receive()  # both the request and its answer went on
    host.send_arp(1, bytes(6), DNS)
    assert host.wire.receive()


def test_filter_buffer_releases_packets_each_interval(lan):
    _, host = lan("user,id=u", "-object", "filter-buffer,id=f,netdev=u,interval=20000")
    assert host.dhcp()


def listen_at(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    return listener


def test_filter_mirror_and_redirector(lan, tmp_path):
    devices = {name: listen_at(tmp_path / name) for name in ("mirror", "out", "in")}
    options = [word for name in devices for word in ("-chardev", f"socket,id={name},path={tmp_path / name}")]
    vm, host = lan("user,id=u", *options, "-object", "filter-mirror,id=m,netdev=u,outdev=mirror")
    mirror, out, inside = (wire_at(devices[name]) for name in ("mirror", "out", "in"))
    assert host.resolve(ROUTER)
    assert mirror.receive()[6:12] == MAC
    assert mirror.receive()[6:12] == host.neighbours[ROUTER]

    # What the guest sends goes to one device, and what comes from the other is the guest's.
    vm.monitor.command("object_add filter-redirector,id=r,netdev=u,queue=rx,outdev=out,position=id=m,insert=before")
    vm.monitor.command("object_add filter-redirector,id=q,netdev=u,queue=tx,indev=in")
    host.send_arp(1, bytes(6), DNS)
    assert out.receive()[6:12] == MAC
    assert mirror.receive()[6:12] == MAC  # which comes first on this way
    assert host.wire.receive(0.3) is None
    inside.send(frame("hello guest"))
    assert host.wire.receive() == frame("hello guest")
    inside.connection.sendall(b"\xff" * 100)
    inside.send(frame("dropped with the garbage or not"))
    assert vm.monitor.command("info status") == "VM status: running\n"

    vm.monitor.command("object_del r")
    host.send_arp(1, bytes(6), DNS)
    assert host.wire.receive()
    out.connection.close()
    mirror.connection.close()
    assert vm.monitor.command("netdev_del u") == ""
    assert "Error" in vm.monitor.command("object_del m")
    assert vm.quit() == 0
    for listener in devices.values():
        listener.close()


@pytest.mark.parametrize("filter_options,message", [
    ("filter-dump,id=f,netdev=x,file=/dev/null", "Parameter 'netdev' expects a network backend id"),
    ("filter-dump,id=f,netdev=u", "Parameter 'file' is missing"),
    ("filter-dump,id=f,file=/dev/null", "Parameter 'netdev' is missing"),
    ("filter-dump,id=f,netdev=u,file=/nonexistent/x", "can't open '/nonexistent/x' for packets"),
    ("filter-dump,id=f,netdev=u,file=/dev/null,maxlen=0", "maxlen"),
    ("filter-dump,id=f,netdev=u,file=/dev/null,queue=both", "does not accept value 'both'"),
    ("filter-dump,id=f,netdev=u,file=/dev/null,status=maybe", "should be 'on' or 'off'"),
    ("filter-dump,id=f,netdev=u,file=/dev/null,position=first", "Parameter 'position' expects"),
    ("filter-dump,id=f,netdev=u,file=/dev/null,position=id=nope", "filter 'nope' not found"),
    ("filter-dump,id=f,netdev=u,file=/dev/null,insert=here", "Parameter 'insert' expects"),
    ("filter-buffer,id=f,netdev=u", "Parameter 'interval' is missing"),
    ("filter-mirror,id=f,netdev=u", "Parameter 'outdev' is missing"),
    ("filter-mirror,id=f,netdev=u,outdev=x", "Device 'x' not found"),
    ("filter-redirector,id=f,netdev=u", "needs 'indev' or 'outdev'"),
    ("filter-redirector,id=f,netdev=u,indev=n,outdev=n", "could not be same"),
    ("filter-channel,id=f,netdev=u", "does not accept value 'filter-channel'"),
    ("filter-foo,id=f,netdev=u", "does not accept value 'filter-foo'"),
])
def test_mistakes_about_filters_are_named(sysemu, filter_options, message):
    result = run(sysemu, *NONE, "-monitor", "none", "-chardev", "null,id=n", "-object", filter_options,
                 "-netdev", "user,id=u")
    assert result.returncode == 1
    assert f"-object {filter_options}" in result.stdout
    assert message in result.stdout
