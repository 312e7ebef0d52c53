"""USB controllers and devices, with Linux's drivers on the `virt` board; what the options refuse.

SPDX-License-Identifier: MIT
"""

import hashlib
import re
import socket

import pytest

from sysemu import run
from test_virt_board import VIRT, image, initrd, initrd_modules, linux, power_off, said  # noqa: F401 (fixtures)

# For each kind: the controllers, with ports for everything in "u.0"; Linux's drivers; the speed of a disk.
CONTROLLERS = {
    "xhci": (["qemu-xhci,id=u"], "xhci_hcd", "5000"),
    "nec": (["nec-usb-xhci,id=u"], "xhci_hcd", "5000"),
    "ohci": (["pci-ohci,id=u,num-ports=4"], "ohci-pci", "12"),
    "ehci": (["usb-ehci,id=u", "pci-ohci,masterbus=u.0,num-ports=6"], "ehci-pci", "480"),
}
MIB = 1 << 20


def devices(*names):
    return [word for name in names for word in ("-device", name)]


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.truncate(48 * MIB)
    return path


@pytest.fixture
def line(tmp_path):
    """The other end of a serial line: the option that makes it, and what takes the connection."""
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(60)
    server.bind(str(tmp_path / "line"))
    server.listen(1)
    yield f"socket,id=line,path={tmp_path / 'line'}", server
    server.close()


def wait_for(emulator, condition):
    return said(emulator, f"until {condition}; do sleep 0.1; done")


def sysfs_products(emulator):
    return said(emulator, "cat /sys/bus/usb/devices/*/product")


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_linux_uses_all_devices(linux, initrd_modules, disk, line, kind):  # noqa: F811
    controllers, driver, speed = CONTROLLERS[kind]
    option, server = line
    emulator = linux(*devices(*controllers, "usb-hub,bus=u.0,port=1", "usb-kbd,bus=u.0,port=1.2", "usb-mouse,bus=u.0,port=1.3"),
                     "-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "usb-storage,bus=u.0,drive=disk,serial=ABC123",
                     "-device", "usb-tablet,bus=u.0", "-chardev", option, "-device", "usb-serial,bus=u.0,chardev=line",
                     archive=initrd_modules)
    connection, _ = server.accept()
    connection.settimeout(60)
    wait_for(emulator, "[ -b /dev/sda -a -c /dev/ttyUSB0 -a $(ls /dev/input/event* | wc -l) -ge 3 ] 2>/dev/null")
    products = sysfs_products(emulator)
    for name in ("Hub", "Keyboard", "Mouse", "Tablet", "HARDDRIVE", "SERIAL"):
        assert f"QEMU USB {name}" in products, products
    assert driver in said(emulator, "dmesg | grep 'new .*USB device number'")
    info = emulator.monitor.command("info usb")
    assert re.search(r"Device \d\.[1-9]\d*, Port 1\.2, Speed 12 Mb/s, Product QEMU USB Keyboard", info), info
    assert f"Speed {speed} Mb/s, Product QEMU USB HARDDRIVE" in info
    assert "ABC123" in said(emulator, "cat /sys/bus/usb/devices/*/serial")

    # The disk: a file system, and data that the host finds where they were written.
    said(emulator, "modprobe -a vfat nls_cp437 nls_ascii; mkdosfs /dev/sda >/dev/null; mkdir -p /mnt; "
                   "mount -t vfat -o iocharset=ascii /dev/sda /mnt")
    assert "/mnt vfat" in said(emulator, "cat /proc/mounts")
    written = said(emulator, "dd if=/dev/urandom of=/mnt/f bs=64k count=48 2>/dev/null; sha256sum </mnt/f").split()[0]
    said(emulator, "umount /mnt; echo 3 >/proc/sys/vm/drop_caches; mount -t vfat -o iocharset=ascii /dev/sda /mnt")
    assert said(emulator, "sha256sum </mnt/f").split()[0] == written
    said(emulator, f"dd if=/mnt/f of=/dev/sda bs=1M seek=42 conv=fsync 2>/dev/null; umount /mnt; sync")
    assert hashlib.sha256(disk.read_bytes()[42 * MIB:45 * MIB]).hexdigest() == written

    # The serial adapter, both ways.
    said(emulator, "stty -F /dev/ttyUSB0 115200 raw -echo; (head -c 6000 /dev/ttyUSB0 | md5sum >/tmp/sum) & sleep 0.1; "
                   "seq 1 500 >/dev/ttyUSB0")
    expected = "".join(f"{n}\n" for n in range(1, 501)).encode()
    got = b""
    while len(got) < len(expected):
        got += connection.recv(4096)
    assert got == expected
    sent = bytes(range(256)) * 24
    connection.sendall(sent[:6000])
    wait_for(emulator, "[ -s /tmp/sum ]")
    assert hashlib.md5(sent[:6000]).hexdigest() in said(emulator, "cat /tmp/sum")

    # Keys and buttons. An event is 16 bytes of time, 2 of type, 2 of code, 4 of value.
    said(emulator, "for e in /dev/input/event*; do (cat $e >/tmp/got-${e##*/} &); done")
    wait_for(emulator, "[ $(ls -l /proc/[0-9]*/fd | grep -c /dev/input/event) -ge 3 ]")
    emulator.monitor.command("sendkey shift-a")
    emulator.monitor.command("mouse_button 1")
    emulator.monitor.command("mouse_button 0")
    dump = """hexdump -v -e '12/2 "%04x " "\\n"' /tmp/got-event*"""
    wait_for(emulator, f"{dump} | grep -q ' 0001 001e 0000 ' && {dump} | grep -q ' 0001 0110 0000 '")
    events = said(emulator, dump)
    for key in ("002a", "001e", "0110"):
        assert f" 0001 {key} 0001 " in events and f" 0001 {key} 0000 " in events, events
    assert not re.search("xHCI host controller not responding|HC died|WARNING|error -", said(emulator, "dmesg")), \
        said(emulator, "dmesg")
    power_off(emulator)
