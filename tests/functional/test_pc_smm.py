"""System management mode of `q35` as firmware sets it up: what it agrees on with the machine by fw_cfg, the first handler's memory, CPUs that come and go.

SPDX-License-Identifier: MIT
"""

import shutil
import struct

import pytest

from gdbremote import Remote
from sysemu import PATIENT_LINUX, run
from test_pc_board import SHELL, Ports, said
from test_pc_firmware import SECURE_CODE, SECURE_VARIABLES, pflash
from test_pc_hotplug import a_cpu_comes_and_goes, add_cpu

CPUS = 0xcd8
FW_CFG_DIRECTORY = 0x19
BROADCAST, ARRIVALS, REMOVALS = 1, 2, 4


@pytest.fixture
def firmware(start, tmp_path):
    """firmware(*args): q35 before its first instruction, as its firmware sees it."""
    class Firmware(Ports):
        def __init__(self, *args):
            super().__init__(start("-machine", "q35", "-S", "-cpu", "qemu64", "-smp", "1,maxcpus=3", "-gdb", f"unix:{tmp_path}/gdb", *args))
            self.gdb = Remote(f"{tmp_path}/gdb")
            self.gdb.no_ack()

        def keys(self):
            count, = struct.unpack(">I", self.fw_cfg(FW_CFG_DIRECTORY, 4))
            files = {}
            for _ in range(count):
                size, key = struct.unpack(">IHxx", bytes(self.read(0x511) for _ in range(8)))
                name = bytes(self.read(0x511) for _ in range(56)).rstrip(b"\0").decode()
                files[name] = key
            return files

        def asks(self, key, features):
            """A DMA request that writes the item: its address, first the upper half, is written to two registers."""
            self.gdb.write_memory(0x1000, struct.pack(">IIQ", key << 16 | 0x18, 8, 0x1010) + struct.pack("<Q", features))
            self.write(0x514, 0, 4)
            self.write(0x518, int.from_bytes((0x1000).to_bytes(4, "big"), "little"), 4)
    return Firmware


def test_firmware_agrees_on_features(firmware):
    ports = firmware()
    keys = ports.keys()
    supported, requested, ok = (keys[f"etc/smi/{name}"] for name in ("supported-features", "requested-features", "features-ok"))
    assert ports.fw_cfg(supported, 8) == bytes([BROADCAST | ARRIVALS | REMOVALS, 0, 0, 0, 0, 0, 0, 0])
    for wanted in (8, ARRIVALS, BROADCAST | REMOVALS, 1 << 63):
        ports.asks(requested, wanted)
        assert ports.fw_cfg(ok, 1) == b"\0"
    assert ports.read(CPUS + 12) == 0
    ports.asks(requested, BROADCAST | ARRIVALS)
    assert ports.read(CPUS + 12) == 0  # not before it has read whether that can be
    assert ports.fw_cfg(ok, 1) == b"\1"
    assert ports.read(CPUS + 12) == 0b01
    ports.asks(requested, BROADCAST | ARRIVALS | REMOVALS)  # too late
    assert ports.fw_cfg(ok, 1) == b"\1"
    assert ports.fw_cfg(requested, 1) == bytes([BROADCAST | ARRIVALS])
    assert ports.read(CPUS + 12) == 0b01
    assert add_cpu(ports.emulator, "id=c,apic-id=1") == ""
    assert "no CPU can be removed: the firmware has SMIs sent to all CPUs" in ports.emulator.monitor.command("device_del c")

    ports.emulator.monitor.command("system_reset")
    assert ports.read(CPUS + 12) == 0
    ports.asks(requested, BROADCAST)
    assert ports.fw_cfg(ok, 1) == b"\1"
    assert "no CPU can be added: the firmware has SMIs sent to all CPUs" in add_cpu(ports.emulator, "id=d,apic-id=2")


def test_features_that_the_user_takes_away(firmware, sysemu):
    ports = firmware("-global", "ICH9-LPC.x-smi-cpu-hotunplug=off")
    assert ports.fw_cfg(ports.keys()["etc/smi/supported-features"], 1) == bytes([BROADCAST | ARRIVALS])
    result = run(sysemu, "-machine", "q35", "-display", "none", "-S", "-global", "ICH9-LPC.x-smi-cpu-hotplug=off")
    assert result.returncode == 1 and "x-smi-cpu-hotunplug=on needs x-smi-cpu-hotplug=on" in result.stdout


def test_without_smm_there_is_nothing_to_agree_on(firmware):
    assert not [name for name in firmware("-machine", "smm=off").keys() if "smi" in name]


def test_firmware_is_asked_before_the_machine_sleeps(firmware):
    """SMI_ON_SLP_EN: SLP_EN of PM1_CNT calls firmware, and doesn't switch off."""
    base, glob, sleeps = 0x600, 1 << 0, 1 << 4
    ports = firmware()
    ports.config_write(31, 0, 0x40, base | 1, 4)
    ports.config_write(31, 0, 0x44, 0x80)
    ports.write(base + 0x30, glob | sleeps, 4)
    ports.write(base + 4, 1 << 13, 2)
    assert ports.read(base + 0x34, 4) == sleeps
    ports.write(base + 0x30, glob, 4)
    ports.gdb.close()
    ports.write(base + 4, 1 << 13, 2)
    assert ports.emulator.wait(20) == 0


def test_the_first_handlers_memory_is_locked(firmware):
    """Register 9c of the memory controller: ff asks, 2 locks."""
    ports = firmware()
    hole = "0000000000030000-000000000004ffff (prio 1, i/o): smbase-blackhole"
    ports.gdb.write_memory(0x38000, b"handler!")
    assert ports.config_read(0, 0, 0x9c) == 0
    ports.config_write(0, 0, 0x9c, 0xff)
    assert ports.config_read(0, 0, 0x9c) == 1
    assert hole not in ports.emulator.monitor.command("info mtree -f")
    ports.config_write(0, 0, 0x9c, 0x02)
    views = ports.emulator.monitor.command("info mtree -f").split("FlatView #")
    smm = next(view for view in views if '"cpu-smm"' in view)
    system = next(view for view in views if 'AS "memory"' in view)
    assert hole in system and hole not in smm
    ports.gdb.write_memory(0x38000, b"attacked")
    for value in (0xff, 0x01, 0x00):
        ports.config_write(0, 0, 0x9c, value)
        assert ports.config_read(0, 0, 0x9c) == 2
    ports.emulator.monitor.command("system_reset")
    assert ports.config_read(0, 0, 0x9c) == 0
    assert ports.gdb.read_memory(0x38000, 8) == b"handler!"


def test_memory_controllers_without_the_first_handlers_memory(firmware):
    ports = firmware("-global", "mch.smbase-smram=off")
    ports.config_write(0, 0, 0x9c, 0xff)
    assert ports.config_read(0, 0, 0x9c) == 0


@pytest.mark.takes_long
def test_linux_takes_and_gives_back_cpus_by_firmware_in_smm(start, guest_image, tmp_path):
    """OVMF meets each CPU in SMM before Linux starts it, and ejects it; in between all of them take its SMIs for variables."""
    if not SECURE_CODE.exists():
        pytest.skip(f"{SECURE_CODE} is not there: package ovmf (scripts/install-deps installs it)")
    variables = tmp_path / "variables.fd"
    shutil.copy(SECURE_VARIABLES, variables)
    emulator = start("-machine", "q35,smm=on", "-m", "512", "-cpu", "qemu64,+smap", "-smp", "1,maxcpus=3", "-display", "none", "-nic", "none",
                     "-global", "driver=cfi.pflash01,property=secure,value=on", *pflash(SECURE_CODE, "readonly=on"), *pflash(variables),
                     "-kernel", guest_image("amd64/vmlinuz"), "-initrd", guest_image("amd64/initramfs.cpio"),
                     "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}", timeout=240)
    emulator.serial[0].expect("AMD64-GUEST-UP")
    emulator.serial[0].expect(SHELL)
    assert Ports(emulator).read(CPUS + 12) == 0b11
    for _ in range(2):
        a_cpu_comes_and_goes(emulator)
    assert "ACPI Error" not in said(emulator, "dmesg")
    assert emulator.quit() == 0
