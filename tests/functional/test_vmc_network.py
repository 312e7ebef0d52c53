"""The VMC board's Ethernets with Linux's e100 driver: addresses, DHCP, TCP and TFTP both ways, links.

SPDX-License-Identifier: MIT
"""

import hashlib
import random
import re
import socket
import threading

import pytest

import sysemu as library



class Guest:
    """Linux with a shell on the serial line."""

    def __init__(self, program, guest_image, *args):
        kernel, initrd = guest_image("ppc/vmlinux-mvme5100"), guest_image("ppc/initramfs.cpio.gz")
        self.emulator = library.Emulator(program, "-M", "VMC", "-kernel", kernel, "-initrd", initrd,
                                         "-append", "console=ttyS0 quiet", *args, timeout=120)
        self.console = self.emulator.serial[0]
        self.monitor = self.emulator.monitor
        self.number = 0
        self.wait_for_shell()

    def wait_for_shell(self):
        self.console.expect("--- /proc/interrupts")
        self.console.expect(re.compile(rb"/ # "))
        self.console.send("stty cols 1000\n")  # what is typed is echoed without line breaks
        self.console.expect(re.compile(rb"/ # "))

    def run(self, command, timeout=120):
        """The command's output and exit status."""
        self.number += 1
        marker = f"END{self.number}"
        self.console.send(f"{command}; echo {marker}-$?-\n")
        self.console.expect(re.compile(rb"-\$\?-\r?\n"))
        said = self.console.expect(re.compile(marker.encode() + rb"-(\d+)-"), timeout)
        status = re.search(marker.encode() + rb"-(\d+)-", self.console.log) # the shell may have said a lot since
        self.console.expect(re.compile(rb"/ # "))
        return said.replace("\r\n", "\n"), int(status.group(1))

    def must(self, command, timeout=120):
        said, status = self.run(command, timeout)
        assert status == 0, f"{command}: {status}\n{said}"
        return said

    def dhcp(self, interface):
        """The address that DHCP gave."""
        self.must("printf '#!/bin/sh\\n[ \"$1\" = bound ] && ifconfig $interface $ip netmask $subnet"
                  " && route add default gw $router; true\\n' > /tmp/dhcp; chmod +x /tmp/dhcp")
        self.must(f"ifconfig {interface} up")
        self.must(f"udhcpc -i {interface} -n -q -t 10 -s /tmp/dhcp")
        said = self.must(f"ifconfig {interface}")
        return re.search(r"inet addr:(\S+)", said).group(1)

    def close(self):
        self.emulator.kill()


@pytest.fixture
def start(sysemu, guest_image):
    """start(ARGUMENTS...): a Guest; it ends with the test."""
    guests = []

    def begin(*args):
        guests.append(Guest(sysemu, guest_image, *args))
        return guests[-1]

    yield begin
    for guest in guests:
        guest.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def some_bytes(size):
    return random.Random(size).randbytes(size)


class Server:
    """A TCP server on the host for one connection: sends `data`, keeps what comes."""

    def __init__(self, data=b""):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1)
        self.socket.settimeout(120)
        self.port = self.socket.getsockname()[1]
        self.data = data
        self.received = b""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(120)
            connection.sendall(self.data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                self.received += piece

    def join(self):
        self.thread.join(120)
        assert not self.thread.is_alive()
        self.socket.close()
        return self.received


def test_addresses_come_from_the_eeprom_and_nic_fills_in_order(start):
    guest = start("-nic", "user,mac=52:54:00:aa:bb:01", "-nic", "user,mac=52:54:00:aa:bb:02,net=10.9.0.0/24")
    assert "52:54:00:aa:bb:01" in guest.must("cat /sys/class/net/eth0/address")
    assert "52:54:00:aa:bb:02" in guest.must("cat /sys/class/net/eth1/address")
    assert guest.must("readlink /sys/class/net/eth0/device").strip().endswith("0000:00:0e.0")
    assert guest.must("readlink /sys/class/net/eth1/device").strip().endswith("0000:00:13.0")
    assert guest.dhcp("eth0") == "10.0.2.15"
    guest.must("ifconfig eth0 down")
    assert guest.dhcp("eth1") == "10.9.0.15"
    guest.must("ping -c 2 -W 10 10.9.0.2")


def test_further_nics_are_cards(start):
    guest = start("-nic", "user,model=i82551,mac=52:54:00:aa:bb:03", "-nic", "user", "-nic", "user", "-nic",
                  "user,mac=52:54:00:aa:bb:04")
    assert "52:54:00:aa:bb:03" in guest.must("cat /sys/bus/pci/devices/0000:00:10.0/net/*/address")
    assert "52:54:00:aa:bb:04" in guest.must("cat /sys/bus/pci/devices/0000:00:11.0/net/*/address")
    assert guest.monitor.command("info network").count("type=user") == 4


def test_tcp_carries_data_out_and_in(start):
    data = some_bytes(8 << 20)
    guest = start("-m", "256", "-nic", "user")
    guest.dhcp("eth0")
    server = Server(data)
    guest.must(f"nc 10.0.2.2 {server.port} < /dev/null > /tmp/in")
    server.join()
    said = guest.must("sha256sum /tmp/in")
    assert hashlib.sha256(data).hexdigest() in said
    server = Server()
    guest.must(f"nc 10.0.2.2 {server.port} < /tmp/in > /dev/null")
    assert server.join() == data
    assert re.search(r"errors:0 dropped:0 overruns:0", guest.must("ifconfig eth0"))


def test_the_host_connects_to_the_guest(start):
    port = free_port()
    guest = start("-nic", f"user,hostfwd=tcp:127.0.0.1:{port}-:4000")
    guest.dhcp("eth0")
    guest.must("nc -l -p 4000 < /bin/busybox > /tmp/got & while ! grep -q :0FA0 /proc/net/tcp /proc/net/tcp6; do :; done")
    data = some_bytes(1 << 20)
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.settimeout(120)
        receive = threading.Thread(target=lambda: got.append(read_all(connection)), daemon=True)
        got = []
        receive.start()
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        receive.join(120)
    sums = re.findall(r"([0-9a-f]{64})", guest.must("wait; sha256sum /tmp/got /bin/busybox"))
    assert sums[0] == hashlib.sha256(data).hexdigest()
    assert sums[1] == hashlib.sha256(got[0]).hexdigest()


def read_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def test_tftp_brings_files(start, tmp_path):
    data = some_bytes(300001)
    (tmp_path / "image").write_bytes(data)
    guest = start("-nic", f"user,tftp={tmp_path}")
    guest.dhcp("eth0")
    guest.must("tftp -g -r image -l /tmp/image 10.0.2.2")
    assert hashlib.sha256(data).hexdigest() in guest.must("sha256sum /tmp/image")


def test_both_ethernets_work_at_once(start):
    data = some_bytes(1 << 20)
    guest = start("-nic", "user", "-nic", "user,net=10.9.0.0/24,host=10.9.0.2")
    guest.dhcp("eth0")
    guest.dhcp("eth1")
    first, second = Server(data), Server(data)
    guest.must(f"nc 10.9.0.2 {second.port} < /dev/null > /tmp/b & nc 10.0.2.2 {first.port} < /dev/null > /tmp/a; wait")
    first.join()
    second.join()
    said = guest.must("sha256sum /tmp/a /tmp/b")
    assert said.count(hashlib.sha256(data).hexdigest()) == 2
    interrupts = guest.must("grep eth /proc/interrupts")
    assert re.search(r" 2 Level +eth0", interrupts) and re.search(r" 13 Level +eth1", interrupts)


def test_the_link_follows_the_monitor(start):
    guest = start("-nic", "user,id=n0")
    guest.dhcp("eth0")
    assert guest.must("cat /sys/class/net/eth0/carrier").strip() == "1"
    guest.monitor.command("set_link n0 off")
    guest.must("while [ $(cat /sys/class/net/eth0/carrier) = 1 ]; do sleep 1; done")
    assert guest.run("ping -c 1 -W 2 10.0.2.2")[1] != 0
    guest.monitor.command("set_link n0 on")
    guest.must("while [ $(cat /sys/class/net/eth0/carrier) = 0 ]; do sleep 1; done")
    guest.must("ping -c 10 -W 10 10.0.2.2")


def test_without_a_cable_there_is_no_carrier(start):
    guest = start("-nic", "none")
    guest.must("ifconfig eth0 up; sleep 3")
    assert guest.must("cat /sys/class/net/eth0/carrier").strip() == "0"


def test_the_driver_survives_a_reset_of_the_machine(start):
    guest = start("-nic", "user")
    guest.dhcp("eth0")
    guest.monitor.command("system_reset")
    guest.wait_for_shell()
    assert guest.dhcp("eth0") == "10.0.2.15"


# Without the 82557s: Linux's driver writes the one pointer that only these follow in the processor's byte order.
@pytest.mark.parametrize("model", ["i82558b", "i82559c", "i82550", "i82551", "i82562", "i82801"])
def test_the_family_works_in_a_pmc_slot(start, model):
    data = some_bytes(1 << 20)
    guest = start("-nic", "none", "-netdev", "user,id=n", "-device", f"{model},netdev=n,addr=10")
    said = guest.must("ls /sys/bus/pci/devices/0000:00:10.0/net")
    interface = re.search(r"eth\d", said).group(0)
    guest.dhcp(interface)
    server = Server(data)
    guest.must(f"nc 10.0.2.2 {server.port} < /dev/null > /tmp/in")
    server.join()
    assert hashlib.sha256(data).hexdigest() in guest.must("sha256sum /tmp/in")
    server = Server()
    guest.must(f"nc 10.0.2.2 {server.port} < /tmp/in > /dev/null")
    assert server.join() == data
    assert re.search(r"errors:0 dropped:0 overruns:0 carrier:0", guest.must(f"ifconfig {interface}"))
