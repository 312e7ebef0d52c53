"""Virtio devices on the VMC board with Linux's drivers: block, network, serial ports, entropy, on each interface.

SPDX-License-Identifier: MIT
"""

import hashlib
import re
import socket
import subprocess
import threading

import pytest

import sysemu as library
from conftest import more
from qmp import Qmp
from test_vmc_network import Guest, Server, some_bytes

INTERFACES = {
    "transitional": "",
    "legacy": ",disable-modern=on",
    "modern": ",disable-legacy=on",
    "packed": ",disable-legacy=on,packed=on",
    "in-order": ",disable-legacy=on,in_order=on",
    "plain": ",indirect_desc=off,event_idx=off",
}
USUAL = ("transitional", "packed")
each_interface = pytest.mark.parametrize("options", [
    pytest.param(options, id=name) if name in USUAL else more(options, id=name) for name, options in INTERFACES.items()])


@pytest.fixture
def start(sysemu, guest_image):
    guests = []

    def begin(*args):
        guests.append(Guest(sysemu, guest_image, "-d", "guest_errors", *args))
        return guests[-1]

    yield begin
    for guest in guests:
        try:
            guest.emulator.errors.seek(0)
            errors = guest.emulator.errors.read().decode()
        except ValueError:
            errors = ""  # the test has closed it
        guest.close()
        assert "virtio" not in errors, errors


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk.img"
    path.write_bytes(b"")
    with path.open("r+b") as image:
        image.truncate(64 << 20)
    return path


def features(guest):
    """The numbers of the accepted feature bits."""
    said = guest.must("cat /sys/bus/virtio/devices/virtio0/features").strip()
    return {bit for bit, value in enumerate(said) if value == "1"}


def check_features(guest, options):
    bits = features(guest)
    assert (32 in bits) == ("disable-modern" not in options)
    assert (34 in bits) == ("packed" in options)
    assert (28 in bits) == (29 in bits) == ("event_idx=off" not in options)


@each_interface
def test_block(start, disk, options):
    guest = start("-drive", f"if=none,id=d,file={disk},format=raw", "-device",
                  f"virtio-blk-pci,drive=d,serial=S-1234{options}")
    check_features(guest, options)
    assert guest.must("cat /sys/block/vda/serial").strip() == "S-1234"
    assert guest.must("cat /sys/block/vda/size").strip() == str((64 << 20) // 512)
    guest.must("mke2fs /dev/vda > /dev/null")
    guest.must("mount -t ext2 /dev/vda /mnt")
    guest.must("dd if=/dev/urandom of=/mnt/file bs=64k count=100 2> /dev/null")
    written = guest.must("sha256sum < /mnt/file").split()[0]
    guest.must("umount /mnt")
    guest.must("echo 3 > /proc/sys/vm/drop_caches; mount -t ext2 /dev/vda /mnt")
    assert guest.must("sha256sum < /mnt/file").split()[0] == written
    guest.must("umount /mnt; sync")
    guest.close()
    check = subprocess.run(["/sbin/e2fsck", "-fn", disk], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout
    content = subprocess.run(["/sbin/debugfs", "-R", "cat /file", disk], capture_output=True)
    assert hashlib.sha256(content.stdout).hexdigest() == written


def test_block_on_an_io_thread(start, disk):
    guest = start("-object", "iothread,id=io", "-drive", f"if=none,id=d,file={disk},format=raw", "-device",
                  "virtio-blk-pci,drive=d,iothread=io,id=disk")
    assert re.search(r"^io:\n  thread_id=\d+\n  poll-max-ns=32768\n", guest.monitor.command("info iothreads"))
    assert "in use" in guest.monitor.command("object_del io")
    for how in (None, "reboot -f\n"):
        if how:
            guest.console.send(how)
            guest.wait_for_shell()
        guest.must("for i in 1 2 3; do dd if=/dev/urandom of=/dev/vda bs=64k count=20 seek=$((i * 20)) 2> /dev/null & done; wait; sync")
        written = guest.must("dd if=/dev/vda bs=64k skip=20 count=60 2> /dev/null | sha256sum").split()[0]
        guest.monitor.command("stop")
        assert hashlib.sha256(disk.read_bytes()[20 << 16:80 << 16]).hexdigest() == written
        assert re.search(r"d: rd_bytes=[1-9]", guest.monitor.command("info blockstats"))
        guest.monitor.command("cont")


def test_block_is_there_again_after_a_reset(start, disk):
    guest = start("-drive", f"if=virtio,file={disk},format=raw", "-device", "virtio-rng-pci")
    guest.must("dd if=/dev/urandom of=/dev/vda bs=64k count=20 2> /dev/null; sync")
    before = guest.must("dd if=/dev/vda bs=64k count=20 2> /dev/null | sha256sum")
    for how in ("reboot -f", None):
        if how:
            guest.console.send(f"{how}\n")
        else:
            guest.monitor.command("system_reset")
        guest.wait_for_shell()
        assert guest.must("dd if=/dev/vda bs=64k count=20 2> /dev/null | sha256sum") == before
        guest.must("dd if=/dev/hwrng of=/dev/null bs=64 count=4 2> /dev/null")


def test_block_read_only_and_resized(start, disk, tmp_path):
    other = tmp_path / "other.img"
    other.write_bytes(some_bytes(1 << 20))
    guest = start("-drive", f"if=none,id=a,file={other},format=raw,readonly=on", "-device", "virtio-blk-pci,drive=a")
    assert guest.must("cat /sys/block/vda/ro").strip() == "1"
    assert hashlib.sha256(some_bytes(1 << 20)).hexdigest() in guest.must("sha256sum /dev/vda")
    said, status = guest.run("dd if=/dev/zero of=/dev/vda bs=512 count=1 2>&1")
    assert status != 0, said


@each_interface
def test_network(start, options):
    data = some_bytes(2 << 20)
    guest = start("-netdev", "user,id=n", "-device", f"virtio-net-pci,netdev=n,mac=52:54:00:00:00:77{options}")
    check_features(guest, options)
    name = guest.must("ls /sys/bus/virtio/devices/virtio0/net").strip()
    name = re.sub(r"\x1b\[[0-9;]*m", "", name)
    assert "52:54:00:00:00:77" in guest.must(f"cat /sys/class/net/{name}/address")
    assert guest.dhcp(name) == "10.0.2.15"
    server = Server(data)
    guest.must(f"nc 10.0.2.2 {server.port} < /dev/null > /tmp/in")
    server.join()
    assert hashlib.sha256(data).hexdigest() in guest.must("sha256sum /tmp/in")
    server = Server()
    guest.must(f"nc 10.0.2.2 {server.port} < /tmp/in > /dev/null")
    assert server.join() == data
    assert re.search(r"errors:0 dropped:0", guest.must(f"ifconfig {name}"))


def test_network_with_small_buffers(start):
    """Without mergeable buffers each packet must fit into one."""
    data = some_bytes(1 << 20)
    guest = start("-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n,mrg_rxbuf=off,ctrl_vq=off")
    name = re.sub(r"\x1b\[[0-9;]*m", "", guest.must("ls /sys/bus/virtio/devices/virtio0/net").strip())
    guest.dhcp(name)
    server = Server(data)
    guest.must(f"nc 10.0.2.2 {server.port} < /dev/null > /tmp/in")
    server.join()
    assert hashlib.sha256(data).hexdigest() in guest.must("sha256sum /tmp/in")


def test_nic_model_virtio_and_its_link(start):
    guest = start("-nic", "user,model=virtio,id=v")
    name = re.sub(r"\x1b\[[0-9;]*m", "", guest.must("ls /sys/bus/virtio/devices/virtio0/net").strip())
    guest.dhcp(name)
    assert guest.must(f"cat /sys/class/net/{name}/carrier").strip() == "1"
    guest.monitor.command("set_link v off")
    guest.must(f"until [ $(cat /sys/class/net/{name}/carrier) = 0 ]; do sleep 0.1; done")
    guest.monitor.command("set_link v on")
    guest.must(f"until [ $(cat /sys/class/net/{name}/carrier) = 1 ]; do sleep 0.1; done")
    guest.must(f"ip link set {name} address 52:54:00:99:88:77")
    guest.must("ping -c 2 -W 10 10.0.2.2")


class HostEnd:
    """The host's side of a port on a Unix socket."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(120)

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(120)
        return connection


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(min(65536, size - len(data)))
        assert piece, f"closed after {len(data)} bytes of {size}"
        data += piece
    return data


@each_interface
def test_serial_port_and_console(start, tmp_path, options):
    data = some_bytes(300000)
    end = HostEnd(tmp_path / "port")
    console = tmp_path / "console"
    guest = start("-chardev", f"socket,id=p,path={tmp_path / 'port'}", "-chardev", f"file,id=c,path={console}",
                  "-device", f"virtio-serial-pci,id=vs{options}", "-device", "virtconsole,chardev=c",
                  "-device", "virtserialport,bus=vs.0,chardev=p,name=org.example.port")
    connection = end.accept()
    check_features(guest, options)
    assert guest.must("cat /sys/class/virtio-ports/vport0p1/name").strip() == "org.example.port"
    guest.must("exec 5<> /dev/vport0p1")
    sender = threading.Thread(target=connection.sendall, args=(data,), daemon=True)
    sender.start()
    guest.must("dd bs=30000 count=10 iflag=fullblock of=/tmp/in <&5 2> /dev/null")
    sender.join(120)
    assert hashlib.sha256(data).hexdigest() in guest.must("sha256sum /tmp/in")
    guest.must("(cat /tmp/in >&5 &)")
    assert read_exactly(connection, len(data)) == data
    guest.must("echo to the console > /dev/hvc0")
    assert "port 1, guest on, host on" in guest.monitor.command("info qtree")
    connection.close()
    for _ in range(100):
        if "port 1, guest on, host off" in guest.monitor.command("info qtree"):
            break
    else:
        pytest.fail("the device doesn't see that its other end is closed")
    assert b"to the console" in console.read_bytes()


def test_programs_hear_of_ports_and_failed_requests(start, tmp_path):
    for name in ("disk", "disk2"):
        (tmp_path / name).write_bytes(bytes(1 << 20))
    node = f"driver=blkdebug,node-name=bad,image.driver=file,image.filename={tmp_path}/disk"
    fails = ",inject-error.0.event=write_aio,inject-error.0.errno={},inject-error.0.sector={}"
    guest = start("-qmp", f"unix:{tmp_path}/qmp,server=on,wait=off", "-device", "virtio-serial-pci",
                  "-device", "virtserialport,id=agent,name=org.example.port", "-blockdev", node + fails.format(5, 64),
                  "-object", "iothread,id=io", "-device", "virtio-blk-pci,drive=bad,iothread=io,werror=report",
                  "-blockdev", node.replace("=bad", "=full").replace("/disk", "/disk2") + fails.format(28, 0),
                  "-device", "virtio-blk-pci,drive=full")
    qmp = Qmp(str(tmp_path / "qmp"))
    guest.must("exec 5<> /dev/$(ls /sys/class/virtio-ports)")
    assert qmp.event("VSERPORT_CHANGE") == {"id": "agent", "open": True}
    guest.must("exec 5>&-")
    assert qmp.event("VSERPORT_CHANGE") == {"id": "agent", "open": False}
    _, status = guest.run("dd if=/dev/zero of=/dev/vda bs=512 seek=64 count=1 conv=fsync 2> /dev/null")
    assert status != 0
    assert qmp.event("BLOCK_IO_ERROR") == {"device": "", "node-name": "bad", "operation": "write", "action": "report", "nospace": False,
                                           "reason": "Input/output error"}
    guest.console.send("dd if=/dev/zero of=/dev/vdb bs=512 count=1 conv=fsync\n")
    event = qmp.event("BLOCK_IO_ERROR")
    while event["node-name"] == "bad":
        event = qmp.event("BLOCK_IO_ERROR")
    assert event == {"device": "", "node-name": "full", "operation": "write", "action": "stop", "nospace": True,
                     "reason": "No space left on device"}
    qmp.event("STOP")


@each_interface
def test_entropy(start, options):
    guest = start("-device", f"virtio-rng-pci{options}")
    check_features(guest, options)
    assert guest.must("cat /sys/class/misc/hw_random/rng_current").startswith("virtio_rng")
    blocks = guest.must("for i in 1 2 3; do dd if=/dev/hwrng bs=64 count=8 2> /dev/null | sha256sum; done")
    assert len(set(blocks.split("\n")[:3])) == 3


def test_entropy_from_what_the_user_names(start):
    guest = start("-object", "rng-random,id=r,filename=/dev/zero", "-device", "virtio-rng-pci,rng=r")
    guest.must("dd if=/dev/hwrng of=/tmp/r bs=64 count=1 2> /dev/null")
    guest.must("dd if=/dev/hwrng of=/tmp/r bs=64 count=1 2> /dev/null")  # what the kernel had read before is gone
    assert "0000000" in guest.must("od -An -tx4 /tmp/r | head -1").replace(" ", "")


@pytest.mark.parametrize("options, answer", [((), "No balloon device has been activated"),
                                             (("-m", "96", "-device", "virtio-balloon"), "balloon: actual=96")])
def test_what_the_monitor_says_of_the_balloon(sysemu, options, answer):
    emulator = library.Emulator(sysemu, "-M", "VMC", "-S", *options)
    try:
        assert emulator.monitor.command("info balloon").strip() == answer
    finally:
        emulator.kill()


def test_all_behind_a_bridge(start, disk):
    guest = start("-device", "pci-bridge,id=br,chassis_nr=1", "-drive", f"if=none,id=d,file={disk},format=raw",
                  "-device", "virtio-blk-pci,bus=br,addr=2,drive=d", "-device", "virtio-rng-pci,bus=br,addr=5",
                  "-netdev", "user,id=n", "-device", "virtio-net-pci,bus=br,addr=7,netdev=n")
    guest.must("dd if=/dev/urandom of=/dev/vda bs=64k count=20 2> /dev/null; sync")
    guest.must("dd if=/dev/vda of=/dev/null bs=64k 2> /dev/null")
    guest.must("dd if=/dev/hwrng of=/dev/null bs=64 count=4 2> /dev/null")
    name = guest.must("ls /sys/bus/pci/devices/0000:01:07.0/virtio*/net")
    guest.dhcp(re.sub(r"\x1b\[[0-9;]*m", "", name).strip())
    said = guest.monitor.command("info pci")
    assert "secondary bus 1." in said
    assert re.search(r"Bus  1, device   5, function 0:\n    Class 0255: PCI device 1af4:1005", said), said


REFUSALS = [
    (["-device", "virtio-blk-pci"], "drive property not set"),
    (["-device", "virtio-blk-pci,drive=none"], "can't find value 'none'"),
    (["-device", "virtio-rng-pci,disable-legacy=on,disable-modern=on"], "nothing is left"),
    (["-device", "virtio-rng-pci,period=0"], "period=0"),
    (["-device", "virtio-rng-pci,rng=r"], "can't find value 'r'|Device 'r' not found"),
    (["-device", "virtio-rng-pci,disable-modern=on,iommu_platform=on"], "iommu_platform=on"),
    (["-device", "virtio-rng-pci,vectors=5000"], "5000 MSI-X vectors"),
    (["-device", "virtio-rng-pci,romfile=/nonexistent"], "romfile '/nonexistent' not found"),
    (["-device", "virtio-net-pci,rx_queue_size=3"], "rx_queue_size=3"),
    (["-device", "virtio-serial-pci,max_ports=0"], "max_ports=0"),
    (["-device", "virtserialport"], "No 'virtio-serial-bus' bus found"),
    (["-device", "virtio-serial-pci", "-device", "virtserialport,nr=0"], "port 0 is for a virtconsole"),
    (["-device", "virtio-serial-pci", "-device", "virtserialport,nr=99"], "ports 0 to 30"),
    (["-device", "virtio-serial-pci", "-device", "virtserialport,name=a", "-device", "virtserialport,name=a"],
     "has that name"),
    (["-device", "pcie-root-port"], "root port goes on the root bus of a PCI Express host"),
    (["-device", "virtio-balloon", "-device", "virtio-balloon"], "there is a balloon device already"),
    (["-object", "rng-random,id=r,filename=/nonexistent"], "could not open '/nonexistent'"),
    (["-object", "rng-random,id=r,filename=/etc/passwd"], "regular file"),
]


@pytest.mark.parametrize("options, message", REFUSALS, ids=[" ".join(options) for options, _ in REFUSALS])
def test_what_cannot_be_is_refused(sysemu, options, message):
    result = subprocess.run([sysemu, "-M", "VMC", "-display", "none", "-serial", "null", "-monitor", "none", *options],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) <= 3, result.stderr
