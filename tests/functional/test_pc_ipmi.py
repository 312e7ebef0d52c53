"""IPMI: software's side of both interfaces by ports, the controller's commands, what firmware is told; and Debian's drivers and ipmitool.

SPDX-License-Identifier: MIT
"""

import struct
import subprocess
import sys

import pytest

from conftest import ROOT
from sysemu import PATIENT_LINUX, run
from test_pc_board import Ports
from test_pc_boot import fw_cfg_file, smbios_tables

GUID = "00112233-4455-6677-8899-aabbccddeeff"
BMC = ["-device", f"ipmi-bmc-sim,id=b,guid={GUID}"]
CHASSIS, SENSOR, APP, STORAGE = 0, 4, 6, 10
OBF, ATTENTION = 1, 4


class Kcs:
    """IPMI 2.0, figure 9-6: bytes go one by one, and each is followed by a look at the state."""

    def __init__(self, ports, base=0xca2):
        self.ports, self.data, self.status = ports, base, base + 1

    def state(self):
        return self.ports.read(self.status) >> 6

    def put(self, port, value, state):
        self.ports.write(port, value)
        assert self.state() == state
        self.ports.read(self.data)

    def ask(self, function, command, *data):
        """(completion code, data)"""
        request = [function << 2, command, *data]
        self.put(self.status, 0x61, 2)
        for byte in request[:-1]:
            self.put(self.data, byte, 2)
        self.put(self.status, 0x62, 2)
        self.ports.write(self.data, request[-1])
        response = []
        while self.state() == 1:
            response.append(self.ports.read(self.data))
            self.ports.write(self.data, 0x68)
        assert self.state() == 0 and self.ports.read(self.status) & OBF
        self.ports.read(self.data)
        assert not self.ports.read(self.status) & OBF
        assert response[:2] == [function << 2 | 4, command]
        return response[2], bytes(response[3:])


class Bt:
    """IPMI 2.0, chapter 11: a message as a whole, with its length and a number."""

    def __init__(self, ports, base=0xe4):
        self.ports, self.base, self.number = ports, base, 0

    def ask(self, function, command, *data):
        self.number += 1
        self.ports.write(self.base, 1)
        for byte in (3 + len(data), function << 2, self.number, command, *data):
            self.ports.write(self.base + 1, byte)
        self.ports.write(self.base, 4)
        assert self.ports.read(self.base) & 8
        self.ports.write(self.base, 0x40)
        self.ports.write(self.base, 8)
        self.ports.write(self.base, 2)
        response = [self.ports.read(self.base + 1) for _ in range(self.ports.read(self.base + 1))]
        self.ports.write(self.base, 0x40)
        assert self.ports.read(self.base) == 0
        assert response[:3] == [function << 2 | 4, self.number, command]
        return response[3], bytes(response[4:])


@pytest.fixture
def bmc(start):
    def begin(device="isa-ipmi-kcs", *args):
        emulator = start("-machine", "pc", "-S", *BMC, "-device", f"{device},bmc=b", *args)
        return emulator, (Bt if "bt" in device else Kcs)(Ports(emulator))
    return begin


@pytest.mark.parametrize("device", ["isa-ipmi-kcs", "isa-ipmi-bt"])
def test_the_controller_answers(bmc, device):
    _, interface = bmc(device)
    assert interface.ask(APP, 1) == (0, bytes.fromhex("20 00 00 00 02 07 000000 0000"))
    assert interface.ask(APP, 0x37) == (0, bytes.fromhex(GUID.replace("-", "")))
    assert interface.ask(APP, 0x42, 0xe)[1][:3] == bytes([15, 12, 8 if "bt" in device else 5])
    assert interface.ask(APP, 0x36) == ((0, bytes([1, 255, 255, 1, 0])) if "bt" in device else (0xc1, b""))
    assert interface.ask(APP, 0x99) == (0xc1, b"")
    assert interface.ask(0x2e, 1, 2, 3) == (0xc1, b"")
    assert interface.ask(APP, 0x24, 1) == (0xc7, b"")
    assert interface.ask(APP, 0x33) == (0x80, b"")


def test_kcs_says_what_went_wrong(bmc):
    emulator, kcs = bmc()
    ports = Ports(emulator)
    ports.write(kcs.status, 0x62)  # the end of nothing
    assert kcs.state() == 3
    ports.write(kcs.status, 0x60)
    ports.write(kcs.data, 0)
    assert kcs.state() == 1 and ports.read(kcs.data) == 0x02
    ports.write(kcs.data, 0x68)
    assert kcs.state() == 0
    ports.write(kcs.status, 0x61)
    ports.write(kcs.status, 0x60)  # given up in the middle
    ports.write(kcs.data, 0)
    assert ports.read(kcs.data) == 0x01
    ports.write(kcs.data, 0x68)
    ports.write(kcs.status, 0x61)
    for _ in range(400):
        ports.write(kcs.data, 0x55)
    assert kcs.state() == 3
    assert kcs.ask(APP, 1)[0] == 0


def test_bt_takes_no_broken_message(bmc):
    emulator, bt = bmc("isa-ipmi-bt")
    ports = Ports(emulator)
    for length in (0, 2, 200, 255):
        ports.write(0xe4, 1)
        for byte in (length, APP << 2, 1, 1):
            ports.write(0xe5, byte)
        ports.write(0xe4, 4)
        assert ports.read(0xe4) == 0, length
    for _ in range(400):
        ports.write(0xe5, 0xff)
    ports.write(0xe4, 4)
    assert ports.read(0xe4) == 8  # a request with as much as fits
    ports.write(0xe4, 8)
    assert bt.ask(APP, 1)[0] == 0


def test_the_log_keeps_events(bmc):
    _, kcs = bmc()
    assert kcs.ask(STORAGE, 0x43, 0, 0, 0, 0, 0, 0xff)[0] == 0xcb
    for number in range(3):
        assert kcs.ask(SENSOR, 2, 0x41, 4, 1, 0x30 + number, 1, 9)[0] == 0
    code, entry = kcs.ask(STORAGE, 0x43, 0, 0, 0, 0, 0, 0xff)
    assert code == 0 and entry[:5] == bytes([2, 0, 1, 0, 2]) and entry[9:] == bytes([0x41, 0, 4, 1, 0x30, 1, 9, 0xff, 0xff])
    assert kcs.ask(STORAGE, 0x43, 0, 0, 1, 0, 3, 0xff)[0] == 0xc5  # a part, and nothing is reserved
    assert kcs.ask(STORAGE, 0x46, 0, 0, 2, 0)[0] == 0xc5
    reservation = kcs.ask(STORAGE, 0x42)[1]
    assert kcs.ask(STORAGE, 0x46, *reservation, 2, 0) == (0, b"\2\0")
    assert kcs.ask(STORAGE, 0x43, 0, 0, 1, 0, 0, 2) == (0, b"\3\0\1\0")
    assert struct.unpack_from("<HH", kcs.ask(STORAGE, 0x40)[1], 1) == (2, 2016)
    kcs.ask(APP, 0x2e, 0x0c)
    kcs.ask(SENSOR, 2, 0x41, 4, 1, 0x30, 1, 9)
    assert kcs.ports.read(kcs.status) & ATTENTION and kcs.ask(APP, 0x31) == (0, b"\2")
    assert kcs.ask(APP, 0x35)[1][7:9] == b"\x41\0"
    assert not kcs.ports.read(kcs.status) & ATTENTION
    for _ in range(128 - 3):
        assert kcs.ask(STORAGE, 0x44, *bytes(16))[0] == 0
    assert kcs.ask(STORAGE, 0x44, *bytes(16))[0] == 0xc4
    assert kcs.ask(STORAGE, 0x40)[1][13] & 0x80
    reservation = kcs.ask(STORAGE, 0x42)[1]
    assert kcs.ask(STORAGE, 0x47, *reservation, *b"CLR", 0xaa) == (0, b"\1")
    assert kcs.ask(STORAGE, 0x40)[1][1:3] == b"\0\0"


def test_records_of_the_users(bmc, tmp_path):
    (tmp_path / "sdr").write_bytes(bytes([9, 9, 0x51, 0xc0, 3, 1, 2, 3]) + bytes([0, 0, 0x51, 0xc0, 1, 7]))
    (tmp_path / "fru").write_bytes(b"abc")
    _, kcs = bmc("isa-ipmi-kcs", "-global", f"ipmi-bmc-sim.sdrfile={tmp_path / 'sdr'}", "-global", f"ipmi-bmc-sim.frudatafile={tmp_path / 'fru'}",
                 "-global", "ipmi-bmc-sim.fruareasize=16")
    assert kcs.ask(STORAGE, 0x23, 0, 0, 1, 0, 0, 0xff) == (0, b"\xff\xff" + bytes([1, 0, 0x51, 0xc0, 1, 7]))
    assert kcs.ask(STORAGE, 0x23, 0, 0, 2, 0, 0, 0xff)[0] == 0xcb
    assert kcs.ask(STORAGE, 0x24, 0, 0, 0x51, 0xc0, 1, 8) == (0, b"\2\0")
    assert kcs.ask(STORAGE, 0x24, 0, 0, 0x51, 0xc0, 9, 8)[0] == 0xc7
    assert kcs.ask(STORAGE, 0x10, 0) == (0, b"\x10\0\0")
    assert kcs.ask(STORAGE, 0x12, 0, 14, 0, *b"xy") == (0, b"\2")
    assert kcs.ask(STORAGE, 0x12, 0, 15, 0, *b"xy")[0] == 0xc9
    assert kcs.ask(STORAGE, 0x11, 0, 0, 0, 3) == (0, b"\3abc")
    assert kcs.ask(STORAGE, 0x11, 0, 14, 0, 255) == (0, b"\2xy")


@pytest.mark.parametrize("action, status", [(1, 0), (2, 0)])
def test_the_watchdog_runs_out(start, action, status):
    emulator = start("-machine", "pc", "-S", "-no-reboot", *BMC, "-device", "isa-ipmi-kcs,bmc=b")
    kcs = Kcs(Ports(emulator))
    assert kcs.ask(APP, 0x22)[0] == 0x80  # it has never been set
    assert kcs.ask(APP, 0x24, 4, 0x30 | action, 0, 0, 5, 0)[0] == 0
    assert kcs.ask(APP, 0x22)[0] == 0
    assert kcs.ask(APP, 0x25)[1][:6] == bytes([0x44, 0x30 | action, 0, 0, 5, 0])
    emulator.monitor.send("cont\r")
    assert emulator.wait() == status


def test_power_is_the_machines(start):
    emulator = start("-machine", "pc", "-S", *BMC, "-device", "isa-ipmi-kcs,bmc=b")
    kcs = Kcs(Ports(emulator))
    assert kcs.ask(CHASSIS, 1)[1][0] & 1
    assert kcs.ask(CHASSIS, 2, 9)[0] == 0xcc
    for port, value in [(kcs.status, 0x61), (kcs.data, 0), (kcs.data, 2), (kcs.status, 0x62)]:
        kcs.ports.write(port, value)
    emulator.monitor.send(f"o/b {kcs.data:#x} 0\r")
    assert emulator.wait() == 0


def test_firmware_is_told(start):
    emulator = start("-machine", "q35", "-S", *BMC, "-device", "isa-ipmi-kcs,bmc=b,ioport=0xca3", "-device", "ipmi-bmc-sim,id=c", "-device",
                     "isa-ipmi-bt,bmc=c,irq=0")
    found = smbios_tables(fw_cfg_file(emulator, "etc/smbios/smbios-tables"))
    tables = {area[4]: area for area, _ in found.values() if area[0] == 38}
    assert struct.unpack_from("<BBBQBB", tables[1], 5) == (0x20, 0x20, 0, 0xca2 | 1, 0x1b, 5)
    assert struct.unpack_from("<BBBQBB", tables[3], 5) == (0x20, 0x20, 0, 0xe4 | 1, 0, 0)
    aml = fw_cfg_file(emulator, "etc/acpi/tables")
    assert aml.count(b"IPI0001") == 2
    assert bytes.fromhex("47 01 a30c a30c 01 02 22 2000 79 00") in aml and bytes.fromhex("47 01 e400 e400 01 04 22 0000 79 00") in aml


@pytest.mark.parametrize("args, message", [
    (["-device", "isa-ipmi-kcs"], "IPMI device requires a bmc attribute to be set"),
    ([*BMC, "-device", "isa-ipmi-kcs,bmc=b", "-device", "pci-ipmi-bt,bmc=b"], "BMC is already in use"),
    ([*BMC, "-device", "isa-ipmi-kcs,bmc=b,irq=16"], "isa-ipmi-kcs: 'ioport' is 0xca2 and 'irq' 16, expected up to 0xfffe and 0 to 15"),
    ([*BMC, "-device", "isa-ipmi-bt,bmc=b,ioport=0xfffe"], "isa-ipmi-bt: 'ioport' is 0xfffe and 'irq' 5, expected up to 0xfffc and 0 to 15"),
    (["-device", "ipmi-bmc-sim,guid=1"], "ipmi-bmc-sim: 'guid' is '1', expected auto, or 32 hexadecimal digits with dashes between"),
    (["-device", "ipmi-bmc-sim,sdrfile=/dev/null/x"], "ipmi-bmc-sim: 'sdrfile': "),
    (["-device", "ipmi-bmc-sim,frudatafile=/bin/sh"], "expected at most 1024"),
    (["-device", "ipmi-bmc-sim,sdrfile=/etc/hostname"], "is no whole record"),
])
def test_mistakes_are_named(sysemu, args, message):
    result = run(sysemu, "-machine", "pc", "-display", "none", *args)
    assert result.returncode == 1 and message in result.stdout


INIT = """#!/bin/sh
export PATH=/bin:/ipmi LD_LIBRARY_PATH=/ipmi
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
for module in msghandler devintf si; do insmod /ipmi/ipmi_$module.ko; done
ipmitool mc info
ipmitool event 1
ipmitool sel list
ipmitool sdr list
insmod /ipmi/ipmi_watchdog.ko timeout=2 action=reset
echo BEGUN
echo 1 >/dev/watchdog
sleep 1000
"""


@pytest.mark.takes_long
@pytest.mark.parametrize("machine, device", [("q35", "isa-ipmi-kcs"), ("pc", "pci-ipmi-kcs"), ("pc", "isa-ipmi-bt")])
def test_linux_talks_to_the_controller(start, guest_image, tmp_path, machine, device):
    """Debian's drivers and its ipmitool; in the end the watchdog, which nobody feeds, resets the machine."""
    kernel, initrd, modules = (guest_image(f"amd64/{name}") for name in ("vmlinuz", "initramfs.cpio", "ipmi-modules.cpio"))
    init = tmp_path / "root" / "checks" / "run"
    init.parent.mkdir(parents=True)
    init.write_text(INIT)
    init.chmod(0o755)
    extra = subprocess.run([sys.executable, ROOT / "scripts" / "guests" / "make-cpio.py", tmp_path / "root"], check=True, capture_output=True).stdout
    (tmp_path / "initrd").write_bytes(initrd.read_bytes() + extra + modules.read_bytes())
    emulator = start("-machine", machine, "-m", "512", "-net", "none", "-no-reboot", *BMC, "-device", f"{device},bmc=b", "-kernel", kernel,
                     "-initrd", tmp_path / "initrd", "-append", f"console=ttyS0 quiet no_timer_check rdinit=/checks/run {PATIENT_LINUX}",
                     timeout=300)
    said = emulator.serial[0].expect("BEGUN")
    for line in ("Device ID                 : 32", "Temperature #0x30 | Upper Critical going high | Asserted", "Watchdog         | 0x00"):
        assert line in said
    assert emulator.wait() == 0
    assert "watchdog: the BMC's has run out" in emulator.error_text()
