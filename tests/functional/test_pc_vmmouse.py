"""vmmouse with Linux's driver (CONFIG_MOUSE_PS2_VMMOUSE of Debian's kernel): positions, buttons and the wheel arrive as they are sent.

The driver asks for VMware's port only where it is told that this is VMware: without CPUID's hypervisor bit, by a serial number.

SPDX-License-Identifier: MIT
"""

import re
import struct

import pytest

import installedqemu
from conftest import more
from qmp import Qmp
from sysemu import PATIENT_LINUX

EV_KEY, EV_REL, EV_ABS = 1, 2, 3
LEFT, RIGHT, MIDDLE, WHEEL = 272, 273, 274, 8


def said(serial, command):
    """What the guest prints for a command."""
    serial.send(f"{command}; echo SAID-$((40 + 1))\n")
    return serial.expect("SAID-41\r\n")


def absolute(x, y):
    return [{"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in (("x", x), ("y", y))]


def press(button, down):
    return [{"type": "btn", "data": {"button": button, "down": down}}]


class Reader:
    """The guest's reading of its event devices: what comes, one step after another."""

    def __init__(self, serial, qmp):
        self.serial, self.qmp, self.seen = serial, qmp, 0
        said(serial, "for e in /dev/input/event*; do (cat $e >>/events &) ; done")
        said(serial, "until [ $(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c /dev/input/event) -ge $(ls /dev/input/event* | wc -l) ]; do :; done")

    def after(self, events):
        """The events that the guest has for these, without the ends of reports."""
        self.qmp("input-send-event", events=events)
        said(self.serial, f"until [ $(wc -c </events) -gt {self.seen} ]; do :; done; usleep 200000")
        text = said(self.serial, f"dd if=/events bs=24 skip={self.seen // 24} 2>/dev/null | hexdump -v -e '24/1 \"%02x\" \"!\\n\"'")
        found = [struct.unpack("<16xHHi", bytes.fromhex(line)) for line in re.findall(r"([0-9a-f]{48})!", text)]
        self.seen += 24 * len(found)
        return sorted(event for event in found if event[0])


@pytest.mark.parametrize("which", ["ours", more("reference")])
def test_linux_gets_positions(start, guest_image, tmp_path, sysemu, which):
    program = installedqemu.find("qemu-system-x86_64") if which == "reference" else sysemu.parent / "qemu-system-x86_64"
    if not program:
        pytest.skip("qemu-system-x86_64 is not installed")
    path = tmp_path / "qmp"
    emulator = start("-machine", "pc", "-cpu", "max,-hypervisor", "-smbios", "type=1,serial=VMware-1", "-m", "512", "-net", "none",
                     "-qmp", f"unix:{path},server=on,wait=off", "-kernel", guest_image("amd64/vmlinuz"),
                     "-initrd", guest_image("amd64/initramfs.cpio"), "-append",
                     f"console=ttyS0 quiet nokaslr no_timer_check {PATIENT_LINUX}", program=program, timeout=300)
    qmp, serial = Qmp(str(path), timeout=300), emulator.serial[0]
    serial.expect("/ # ")
    assert not any(mouse["absolute"] for mouse in qmp("query-mice"))
    said(serial, "modprobe psmouse; modprobe evdev; until grep -q VMMouse /proc/bus/input/devices && [ -e /dev/input/event2 ]; do sleep 0.1; done")
    assert [mouse["name"] for mouse in qmp("query-mice") if mouse["absolute"] and mouse["current"]] == ["vmmouse"]
    reader = Reader(serial, qmp)
    assert reader.after(absolute(0x1000, 0x2000)) == [(EV_ABS, 0, 0x2000), (EV_ABS, 1, 0x4000)]
    assert reader.after(press("left", True)) == [(EV_KEY, LEFT, 1)]
    assert reader.after(absolute(0x4321, 0)) == [(EV_ABS, 0, 0x8642), (EV_ABS, 1, 0)]
    assert reader.after(press("left", False)) == [(EV_KEY, LEFT, 0)]
    for button, code in (("right", RIGHT), ("middle", MIDDLE)):
        assert [reader.after(press(button, down)) for down in (True, False)] == [[(EV_KEY, code, 1)], [(EV_KEY, code, 0)]]
    assert reader.after(press("wheel-up", True)) == [(EV_REL, WHEEL, 1)]
    assert reader.after(press("wheel-down", True)) == [(EV_REL, WHEEL, -1)]
