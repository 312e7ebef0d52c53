"""The `isapc` board: its memory map, what SeaBIOS starts on it, and Debian's i386 kernel with its disk and network card.

SPDX-License-Identifier: MIT
"""

import hashlib
import pathlib
import random
import re

import pytest

from sysemu import PATIENT_LINUX, run
from test_pc_disks import cd_image, disk_image

SEABIOS = pathlib.Path("/usr/share/seabios/bios.bin")
SHELL = "/ # "

if not SEABIOS.exists():
    pytest.skip(f"{SEABIOS} is not there (scripts/install-deps installs it)", allow_module_level=True)

MEMORY = """
    0000000000000000-0000000007ffffff (prio 0, ram): alias ram-below-4g @pc.ram 0000000000000000-0000000007ffffff
    00000000000a0000-00000000000bffff (prio 1, i/o): vga-lowmem
    00000000000c0000-00000000000dffff (prio 1, ram): pc.rom
    00000000000e0000-00000000000fffff (prio 1, ram): alias isa-bios @pc.bios 0000000000000000-000000000001ffff
    00000000e0000000-00000000e07fffff (prio 0, ram): vga.vram
    00000000fffe0000-00000000ffffffff (prio 0, ram): pc.bios
"""
PORTS = """
    00000000000001ce-00000000000001d1 (prio 0, i/o): vbe
    00000000000001f0-00000000000001f7 (prio 0, i/o): ide
    0000000000000170-0000000000000177 (prio 0, i/o): ide
    0000000000000300-000000000000031f (prio 0, i/o): ne2000
    0000000000000376-0000000000000376 (prio 0, i/o): ide
    0000000000000378-000000000000037f (prio 0, i/o): parallel
    00000000000003f1-00000000000003f5 (prio 0, i/o): fdc
    00000000000003f6-00000000000003f6 (prio 0, i/o): ide
    00000000000003f8-00000000000003ff (prio 0, i/o): serial
    0000000000000514-000000000000051b (prio 0, i/o): fwcfg.dma
"""


def space(tree, name):
    return tree.split(f"address-space: {name}", 1)[1].split("\n\n", 1)[0].split("\n")


def test_the_map_is_laid_out_as_on_qemus_board(start):
    emulator = start("-machine", "isapc", "-vga", "std", "-S")
    tree = emulator.monitor.command("info mtree").replace("\r", "")
    assert [line for line in space(tree, "memory") if line.startswith("    ")] == MEMORY.strip("\n").split("\n")
    assert [line for line in PORTS.strip("\n").split("\n") if line not in space(tree, "I/O")] == []
    assert "hpet" not in tree and "ioapic" not in tree and "pci" not in tree


def test_a_cirrus_card_is_there_by_default(start):
    emulator = start("-machine", "isapc", "-S")
    tree = emulator.monitor.command("info mtree").replace("\r", "")
    for line in ("00000000000a0000-00000000000bffff (prio 0, i/o): cirrus-low-memory",
                 "00000000000003b0-00000000000003df (prio 0, i/o): cirrus-io"):
        assert line in tree
    assert "vbe" not in tree


def test_there_are_isa_cards_only(start):
    emulator = start("-machine", "isapc", "-S", "-nic", "user", "-nic", "user")
    tree = emulator.monitor.command("info qtree")
    assert re.findall(r"dev: (isa-ide|ne2k_isa|isa-fdc|isa-vga|isa-serial|isa-parallel|i8042)", tree).count("ne2k_isa") == 2
    assert [int(base) for base in re.findall(r"dev: ne2k_isa.*?iobase = (\d+)", tree, re.S)] in ([0x300, 0x320], [0x320, 0x300])
    assert "dev: isabus-bridge" in tree and "bus: pci" not in tree
    assert "486-" in emulator.monitor.command("info qom-tree")


@pytest.mark.parametrize("args,message", [
    (["-smp", "2"], "Invalid SMP CPUs 2"),
    (["-vga", "virtio"], "virtio"),
    (["-device", "e1000"], "e1000"),
])
def test_what_cant_be_is_refused(sysemu, args, message):
    done = run(sysemu, "-machine", "isapc", *args, "-display", "none", "-monitor", "none", "-serial", "null", "-S")
    assert done.returncode == 1 and message in done.stdout


def floppy_image(text):
    """Prints its text to the serial port."""
    code = (b"\x31\xc0\x8e\xd8\xfc\xba\xf8\x03\xbe\x40\x7c"      # xor ax, ax; mov ds, ax; cld; mov dx, 3f8h; mov si, 7c40h
            b"\xac\x84\xc0\x74\x03\xee\xeb\xf8\xf4\xeb\xfd")      # next: lodsb; test al, al; jz end; out dx, al; jmp next; end: hlt
    return ((code.ljust(0x40, b"\0") + text.encode()).ljust(510, b"\0") + b"\x55\xaa").ljust(1440 << 10, b"\0")


@pytest.mark.parametrize("drive,found", [
    ("if=floppy,format=raw,file={floppy}", "FROM-THE-FLOPPY"),
    ("if=ide,index=0,format=raw,file={disk}", "FROM-THE-DISK"),
    ("if=ide,index=2,media=cdrom,format=raw,file={cd}", "FROM-THE-CD"),
])
def test_firmware_starts_what_there_is(start, tmp_path, drive, found):
    images = {"floppy": floppy_image("FROM-THE-FLOPPY\n"), "disk": disk_image("FROM-THE-DISK\n"), "cd": cd_image("FROM-THE-CD\n")}
    for name, contents in images.items():
        (tmp_path / name).write_bytes(contents)
    paths = {name: tmp_path / name for name in images}
    emulator = start("-machine", "isapc", "-net", "none", "-drive", drive.format_map(paths), timeout=240)
    assert "!" not in emulator.serial[0].expect(found)
    emulator.monitor.command("system_reset")  # the firmware, which lies in RAM, is as at the start
    emulator.serial[0].expect(found)
    assert emulator.quit() == 0


@pytest.mark.takes_long
def test_linux_has_disk_and_network(start, guest_image, tmp_path):
    """Debian's 32-bit kernel needs PAE, which a 486 hasn't. SeaBIOS speaks of an I/O APIC wherever there are local ones."""
    contents = random.Random(7).randbytes(4 << 20)
    disk = tmp_path / "disk"
    disk.write_bytes(contents)
    emulator = start("-machine", "isapc", "-cpu", "pentium3,apic=off", "-m", "256", "-nic", "user", "-kernel", guest_image("i386/vmlinuz"),
                     "-initrd", guest_image("i386/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                     "-drive", f"if=ide,index=0,format=raw,file={disk}", timeout=900)
    serial = emulator.serial[0]
    serial.expect("I386-GUEST-UP")
    serial.expect(SHELL)

    def said(command):
        serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
        return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]

    said("modprobe pata_legacy all=1; modprobe sd_mod; modprobe ne io=0x300 irq=9; modprobe af_packet")
    said("while [ ! -e /dev/sda ]; do sleep 1; done")
    assert hashlib.md5(contents).hexdigest() in said("md5sum /dev/sda")
    said("ip link set eth0 up")
    assert "10.0.2.15" in said("udhcpc -i eth0 -n -q")
    assert re.search(r"ne2k|eth0|NE2000", said("cat /proc/interrupts"))
    assert emulator.quit() == 0
