"""USB controllers and devices, with Linux's drivers on the `virt` board; what the options refuse.

SPDX-License-Identifier: MIT
"""

import hashlib
import re
import socket

import pytest

from sysemu import run
from test_virt_board import VIRT, image, initrd, initrd_modules, linux, power_off, said  # noqa: F401 (fixtures)

# For each kind: the controllers, with ports for everything in "u.0", one of them for a hub; Linux's drivers; the speed of a disk.
CONTROLLERS = {
    "xhci": (["qemu-xhci,id=u"], "xhci_hcd", "5000"),
    "nec": (["nec-usb-xhci,id=u"], "xhci_hcd", "5000"),
    "ohci": (["pci-ohci,id=u,num-ports=4"], "ohci-pci", "12"),
    "ehci": (["usb-ehci,id=u", "pci-ohci,masterbus=u.0,num-ports=6"], "ehci-pci", "480"),
    "split": (["usb-ehci,id=u"], "ehci-pci", "480"),  # what has no high speed is behind a hub that translates
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


def load_drivers(emulator):
    """Init loads those of what is there when it looks; devices may come just behind it."""
    said(emulator, "modprobe -a usb-storage usbhid hid-generic ftdi_sio sd_mod evdev vfat nls_cp437 nls_ascii")


def wait_for(emulator, condition):
    return said(emulator, f"until {condition}; do sleep 0.1; done")


def sysfs_products(emulator):
    return said(emulator, "cat /sys/bus/usb/devices/*/product")


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_linux_uses_all_devices(request, linux, initrd_modules, disk, line, kind):  # noqa: F811
    """With EHCI and its companion in each run; the others are a minute more: scripts/check --full."""
    if kind not in request.config.getoption("--usb-controllers").split(","):
        pytest.skip("not one of --usb-controllers")
    controllers, driver, speed = CONTROLLERS[kind]
    hub, below = ("usb2-hub", "480") if kind == "split" else ("usb-hub", "12")
    option, server = line
    emulator = linux(*devices(*controllers, f"{hub},bus=u.0,port=1", "usb-kbd,bus=u.0,port=1.2", "usb-mouse,bus=u.0,port=1.3"),
                     "-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "usb-storage,bus=u.0,drive=disk,serial=ABC123",
                     "-device", "usb-tablet,bus=u.0", "-chardev", option, "-device", "usb-serial,bus=u.0,chardev=line",
                     archive=initrd_modules)
    connection, _ = server.accept()
    connection.settimeout(60)
    load_drivers(emulator)
    wait_for(emulator, "[ -b /dev/sda -a -c /dev/ttyUSB0 -a $(grep -l 'QEMU USB' /sys/class/input/event*/device/name | wc -l) = 3 "
                       "-a $(ls /dev/input/event* | wc -l) -ge 3 ] 2>/dev/null")
    products = sysfs_products(emulator)
    for name in ("Hub", "Keyboard", "Mouse", "Tablet", "HARDDRIVE", "SERIAL"):
        assert f"QEMU USB {name}" in products, products
    assert driver in said(emulator, "dmesg | grep 'new .*USB device number'")
    info = emulator.monitor.command("info usb")
    assert re.search(rf"Device \d\.[1-9]\d*, Port 1\.2, Speed {below} Mb/s, Product QEMU USB Keyboard", info), info
    assert re.search(r"Port [1-9.]+, Speed 12 Mb/s, Product QEMU USB SERIAL", info), info
    assert f"Speed {speed} Mb/s, Product QEMU USB HARDDRIVE" in info
    assert "ABC123" in said(emulator, "cat /sys/bus/usb/devices/*/serial")

    # The disk: a file system, and data that the host finds where they were written.
    said(emulator, "mkdosfs /dev/sda >/dev/null; mkdir -p /mnt; "
                   "mount -t vfat -o iocharset=ascii /dev/sda /mnt")
    assert "/mnt vfat" in said(emulator, "cat /proc/mounts")
    written = said(emulator, "dd if=/dev/urandom of=/mnt/f bs=64k count=48 2>/dev/null; sha256sum </mnt/f").split()[0]
    said(emulator, "umount /mnt; echo 3 >/proc/sys/vm/drop_caches; mount -t vfat -o iocharset=ascii /dev/sda /mnt")
    assert said(emulator, "sha256sum </mnt/f").split()[0] == written
    said(emulator, f"dd if=/mnt/f of=/dev/sda bs=1M seek=42 conv=fsync 2>/dev/null; umount /mnt; sync")
    assert hashlib.sha256(disk.read_bytes()[42 * MIB:45 * MIB]).hexdigest() == written

    # The serial adapter, both ways.
    said(emulator, "stty -F /dev/ttyUSB0 115200 raw -echo; (head -c 6000 /dev/ttyUSB0 | md5sum >/tmp/sum) & true")
    wait_for(emulator, "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q /dev/ttyUSB0")  # the first to open it discards what is there
    said(emulator, "seq 1 500 >/dev/ttyUSB0")
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
    wait_for(emulator, "[ $(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c /dev/input/event) -ge $(ls /dev/input/event* | wc -l) ]")
    emulator.monitor.command("sendkey shift-a")
    emulator.monitor.command("mouse_button 1")
    emulator.monitor.command("mouse_button 0")
    dump = """hexdump -v -e '12/2 "%04x " "\\n"' /tmp/got-event*"""
    wait_for(emulator, f"{dump} | grep -q ' 0001 001e 0000 ' && {dump} | grep -q ' 0001 0110 0000 '")
    events = said(emulator, dump)
    for key in ("002a", "001e", "0110"):
        assert f" 0001 {key} 0001 " in events and f" 0001 {key} 0000 " in events, events
    assert not re.search("not responding|HC died|WARNING", said(emulator, "dmesg")), \
        said(emulator, "dmesg")
    power_off(emulator)


@pytest.mark.takes_long
def test_sticks_come_and_go_while_they_are_used(linux, initrd_modules, disk):  # noqa: F811
    emulator = linux(*devices("qemu-xhci,id=u", "usb-hub,bus=u.0,port=1"), "-drive", f"if=none,id=disk,format=raw,file={disk}",
                     archive=initrd_modules)
    load_drivers(emulator)
    said(emulator, "dmesg -n 1")
    for place in ("port=3", "port=1.5"):
        assert not emulator.monitor.command(f"device_add usb-storage,id=stick,bus=u.0,drive=disk,{place}").strip()
        wait_for(emulator, "[ -b /dev/sd[a-z] ] 2>/dev/null")
        node = said(emulator, "echo /dev/sd[a-z]").strip()
        # Not by the disk's name: when that is gone, dd would make a file of it.
        said(emulator, f"(exec 3<{node}; while dd if=/dev/zero of=/proc/self/fd/3 bs=64k count=100 conv=fsync; do :; done 2>/dev/null; "
                       "exec 3<&-; echo >/tmp/over) & true")
        said(emulator, f"until set -- $(cat /sys/block/{node[5:]}/stat) && [ $5 -gt 0 ]; do sleep 0.1; done")
        emulator.monitor.command("device_del stick")
        wait_for(emulator, f"[ ! -e {node} -a -e /tmp/over ]")
        said(emulator, "rm /tmp/over")
        assert "stick" not in emulator.monitor.command("info usb")
    # The hub goes with what is in it.
    emulator.monitor.command("device_add usb-hub,id=hub,bus=u.0,port=2")
    emulator.monitor.command("device_add usb-kbd,id=keys,bus=u.0,port=2.4")
    wait_for(emulator, "[ -e /sys/bus/usb/devices/1-2.4 ]")
    emulator.monitor.command("device_del hub")
    wait_for(emulator, "[ ! -e /sys/bus/usb/devices/1-2 ]")
    assert "keys" not in emulator.monitor.command("info usb")
    assert not re.search("not responding|HC died|WARNING", said(emulator, "dmesg"))
    power_off(emulator)


@pytest.mark.parametrize("more, reason", [
    (["usb-kbd"], "No 'usb-bus' bus found for device 'usb-kbd'"),
    (["qemu-xhci", "usb-kbd,port=9"], "port=9: bus 'usb-bus.0' has no such port"),
    (["qemu-xhci", "usb-kbd,port=2", "usb-hub,port=2"], "port=2: that port of bus 'usb-bus.0' is in use by 'usb-kbd'"),
    (["usb-ehci", "usb-hub,port=1"], "port=1: device 'usb-hub' works at full speed, that port of bus 'usb-bus.0' at high"),
    (["usb-ehci", "usb-hub"], "bus 'usb-bus.0' has no free port for 'usb-hub'"),
    (["qemu-xhci,p2=0"], "p2=0, p3=4: expected 1 to 15 USB 2 ports and 0 to 15 USB 3 ports"),
    (["pci-ohci,num-ports=16"], "num-ports=16: expected 1 to 15"),
    (["pci-ohci,masterbus=none"], "masterbus=none: there is no USB bus of that name"),
    (["qemu-xhci,id=x", "pci-ohci,masterbus=x.0"], "masterbus=x.0: its controller, a 'qemu-xhci', has no companions"),
    (["usb-ehci,id=x", "pci-ohci,masterbus=x.0,firstport=6"], "firstport=6: bus 'x.0' has ports 0 to 5"),
    (["usb-ehci,id=x", "pci-ohci,masterbus=x.0", "pci-ohci,masterbus=x.0,firstport=2"],
     "firstport=2: port 2 of bus 'x.0' has a companion already"),
    (["qemu-xhci", "usb-storage"], "drive: a usb-storage needs one"),
    (["qemu-xhci", "usb-storage,drive=d"], "'d'"),
    (["qemu-xhci", "usb-serial"], "chardev: a usb-serial needs one"),
    (["qemu-xhci", "usb-hub,ports=9"], "ports=9: expected 1 to 8"),
    (["qemu-xhci", *("usb-hub,port=1" + n * ".1" for n in range(6))],
     "port=1.1.1.1.1.1: at most 5 hubs can be between a device and the controller"),
])
def test_what_cannot_be_is_refused(sysemu, more, reason):
    said = run(sysemu, *VIRT, *devices(*more))
    assert said.returncode == 1 and reason in said.stdout, said.stdout


def test_options(start, sysemu):
    for options in (["-usb"], ["-machine", "usb=on"]):
        emulator = start(*VIRT, "-S", *options, serials=0)
        assert "qemu-xhci" in emulator.monitor.command("info qtree")
        assert not emulator.monitor.command("info usb").strip()
    emulator = start(*VIRT, "-S", "-usbdevice", "tablet", "-usbdevice", "keyboard", serials=0)
    info = emulator.monitor.command("info usb")
    assert "Port 1, Speed 480 Mb/s, Product QEMU USB Tablet" in info and "Port 2, Speed 480 Mb/s, Product QEMU USB Keyboard" in info
    assert emulator.monitor.command("info qtree").count("dev: qemu-xhci") == 1
    said = run(sysemu, *VIRT, "-usbdevice", "printer")
    assert said.returncode == 1 and "-usbdevice printer: expected keyboard, mouse or tablet" in said.stdout
    emulator = start(*VIRT, "-S", serials=0)
    assert "USB support not enabled" in emulator.monitor.command("info usb")
