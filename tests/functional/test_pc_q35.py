"""The `q35` board: what is where, the disks on its AHCI ports, and Linux on it.

SPDX-License-Identifier: MIT
"""

import hashlib
import pathlib
import random
import re

import pytest

from sysemu import PATIENT_LINUX
from test_pc_disks import cd_image, disk_image

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")
SHELL = "/ # "

if not SEABIOS.exists():
    pytest.skip(f"{SEABIOS} is not there (scripts/install-deps installs it)", allow_module_level=True)


# ---- What is there ----


MAP = """
    0000000000000000-ffffffffffffffff (prio -1, i/o): pci
    00000000000a0000-00000000000bffff (prio 1, i/o): alias smram-region @pci 00000000000a0000-00000000000bffff
    00000000000f0000-00000000000fffff (prio 1, i/o): alias pam-pci @pci 00000000000f0000-00000000000fffff
    00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic
    00000000fed00000-00000000fed003ff (prio 0, i/o): hpet
    00000000000000b2-00000000000000b3 (prio 0, i/o): apm-io
    0000000000000cc0-0000000000000cd7 (prio 0, i/o): acpi-pci-hotplug
    0000000000000cd8-0000000000000cf7 (prio 0, i/o): acpi-cpu-hotplug
    0000000000000cf8-0000000000000cfb (prio 0, i/o): pci-conf-idx
    0000000000000cf9-0000000000000cf9 (prio 1, i/o): lpc-reset-control
"""


@pytest.mark.parametrize("megabytes,below,above", [(512, 512, 0), (2815, 2815, 0), (2816, 2048, 768), (6144, 2048, 4096)])
def test_the_map_is_laid_out_as_on_qemus_board(start, megabytes, below, above):
    emulator = start("-machine", "q35", "-m", megabytes, "-S")
    tree = emulator.monitor.command("info mtree")
    assert [line for line in MAP.strip("\n").split("\n") if line not in tree.split("\n")] == []
    assert f"0000000000000000-{(below << 20) - 1:016x} (prio 0, ram): alias ram-below-4g @pc.ram" in tree
    high = f"0000000100000000-{0x100000000 + (above << 20) - 1:016x} (prio 0, ram): alias ram-above-4g @pc.ram {below << 20:016x}-"
    assert (high in tree) == (above > 0)


def test_devices_are_where_guests_expect_them(start):
    emulator = start("-machine", "q35", "-usb", "-S")
    found = re.findall(r"Bus +0, device +(\d+), function (\d+):\n +([^:]+): PCI device ([0-9a-f:]+)", emulator.monitor.command("info pci"))
    assert found == [
        ("0", "0", "Host bridge", "8086:29c0"), ("1", "0", "VGA controller", "1234:1111"), ("2", "0", "Ethernet controller", "8086:10d3"),
        ("29", "0", "USB controller", "8086:2934"), ("29", "1", "USB controller", "8086:2935"), ("29", "2", "USB controller", "8086:2936"),
        ("29", "7", "USB controller", "8086:293a"), ("31", "0", "ISA bridge", "8086:2918"), ("31", "2", "SATA controller", "8086:2922"),
        ("31", "3", "SMBus", "8086:2930"),
    ]
    tree = emulator.monitor.command("info qtree")
    assert [f"bus: ide.{n}" in tree for n in range(7)] == [True] * 6 + [False]


def test_drives_go_to_the_ports(start, tmp_path):
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    emulator = start("-machine", "q35", "-drive", f"if=ide,index=4,format=raw,file={image}", "-S")
    tree = emulator.monitor.command("info qtree")
    disk, cd = tree.index("dev: ide-hd"), tree.index("dev: ide-cd")
    assert tree[:disk].rsplit("bus: ", 1)[1].startswith("ide.4")
    assert tree[:cd].rsplit("bus: ", 1)[1].startswith("ide.2")


# ---- Firmware ----


@pytest.mark.parametrize("args,found", [
    (["-drive", "if=ide,index=1,format=raw,file={disk}"], "FROM-THE-DISK"),
    (["-drive", "if=none,id=d,format=raw,file={disk}", "-device", "ide-hd,drive=d,bus=ide.5",
      "-drive", "if=none,id=c,media=cdrom,format=raw,file={cd}", "-device", "ide-cd,drive=c,bus=ide.0,bootindex=1"], "FROM-THE-CD"),
])
def test_firmware_starts_from_the_ports(start, tmp_path, args, found):
    paths = {"disk": tmp_path / "disk", "cd": tmp_path / "cd"}
    paths["disk"].write_bytes(disk_image("FROM-THE-DISK\n"))
    paths["cd"].write_bytes(cd_image("FROM-THE-CD\n"))
    emulator = start("-machine", "q35", "-net", "none", "-vga", "none", *(arg.format_map(paths) for arg in args), timeout=120)
    assert "!" not in emulator.serial[0].expect(found)
    mapped = emulator.monitor.command("info mtree -f")
    assert "00000000b0000000-00000000bfffffff (prio 0, i/o): pcie-mmcfg-mmio" in mapped  # as firmware has chosen
    assert "00000000fed1c000-00000000fed1ffff (prio 1, i/o): lpc-rcrb-mmio" in mapped
    assert emulator.quit() == 0


# ---- Linux ----


@pytest.mark.takes_long
@pytest.mark.parametrize("arch,cpus", [("amd64", 2), ("i386", 4)])
def test_linux_reads_and_writes(start, guest_image, tmp_path, arch, cpus):
    contents = random.Random(6).randbytes(8 << 20)
    disk, cd = tmp_path / "data", tmp_path / "cd"
    disk.write_bytes(contents)
    cd.write_bytes(contents[:2 << 20])
    emulator = start("-machine", "q35", "-smp", cpus, "-m", "256", "-net", "none", "-kernel", guest_image(f"{arch}/vmlinuz"),
                     "-initrd", guest_image(f"{arch}/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                     "-drive", f"if=ide,index=0,format=raw,file={disk}", "-drive", f"if=ide,index=2,media=cdrom,format=raw,file={cd}",
                     "-device", "pcie-root-port,id=port", "-drive", f"if=none,id=v,format=raw,readonly=on,file={cd}",
                     "-device", "virtio-blk-pci,drive=v,bus=port", timeout=240)
    serial = emulator.serial[0]
    serial.expect(f"{arch.upper()}-GUEST-UP")
    serial.expect(SHELL)

    def said(command):
        serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
        return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]

    said("for m in ahci sd_mod sr_mod virtio_pci virtio_blk; do modprobe $m; done")
    said("while [ ! -e /dev/sda ] || [ ! -e /dev/sr0 ] || [ ! -e /dev/vda ]; do sleep 1; done")
    assert hashlib.md5(contents).hexdigest() in said("md5sum /dev/sda")
    assert said("md5sum /dev/sr0 /dev/vda").count(hashlib.md5(contents[:2 << 20]).hexdigest()) == 2
    said("dd if=/dev/sda of=/dev/sda bs=64k count=16 seek=64 conv=fsync")
    assert "NCQ (depth 32)" in said("dmesg | grep NCQ")
    complaints = said("dmesg | grep -E 'exception Emask|failed command|I/O error|not using MMCONFIG'")
    assert "ata" not in complaints and "MMCONFIG" not in complaints, complaints
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
    written = bytearray(contents)
    written[4 << 20:5 << 20] = contents[:1 << 20]
    assert disk.read_bytes() == written
