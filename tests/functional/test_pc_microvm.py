"""The `microvm` board: its memory map with and without ACPI, what is refused, and Debian's amd64 kernel by qboot with disk and network in virtio-mmio
slots.

SPDX-License-Identifier: MIT
"""

import hashlib
import pathlib
import random
import re

import pytest

from conftest import more
from sysemu import PATIENT_LINUX, run

QBOOT = pathlib.Path("/usr/share/qemu/qboot.rom")
SHELL = "/ # "

if not QBOOT.exists():
    pytest.skip(f"{QBOOT} is not there (scripts/install-deps installs it)", allow_module_level=True)

ALWAYS = """
    0000000000000000-0000000007ffffff (prio 0, ram): alias ram-below-4g @microvm.ram 0000000000000000-0000000007ffffff
    00000000000f0000-00000000000fffff (prio 1, ram): alias isa-bios @pc.bios 0000000000000000-000000000000ffff
    00000000feb00000-00000000feb001ff (prio 0, i/o): virtio-mmio
    00000000feb00e00-00000000feb00fff (prio 0, i/o): virtio-mmio
    00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic
    00000000fee00000-00000000feefffff (prio 4096, i/o): apic-msi
    00000000ffff0000-00000000ffffffff (prio 0, ram): pc.bios
    00000000000003f8-00000000000003ff (prio 0, i/o): serial
    0000000000000514-000000000000051b (prio 0, i/o): fwcfg.dma
""".strip("\n").split("\n")
GED = """
    00000000fea00000-00000000fea00003 (prio 0, i/o): acpi-ged
    00000000fea00200-00000000fea00202 (prio 0, i/o): acpi-ged-regs
""".strip("\n").split("\n")
SECOND = """
    00000000feb02e00-00000000feb02fff (prio 0, i/o): virtio-mmio
    00000000fec10000-00000000fec10fff (prio 0, i/o): ioapic
""".strip("\n").split("\n")
PIC = ["    0000000000000020-0000000000000021 (prio 0, i/o): pic"]
PIT = ["    0000000000000040-0000000000000043 (prio 0, i/o): pit"]
RTC = ["    0000000000000070-0000000000000071 (prio 0, i/o): rtc"]
PCIE = """
    00000000c0000000-00000000dfffffff (prio 0, i/o): alias pcie-mmio32 @gpex_mmio_window 00000000c0000000-00000000dfffffff
    00000000e0000000-00000000efffffff (prio 0, i/o): alias pcie-ecam @pcie-mmcfg-mmio 0000000000000000-000000000fffffff
    000000c000000000-000000ffffffffff (prio 0, i/o): alias pcie-mmio64 @gpex_mmio_window 000000c000000000-000000ffffffffff
""".strip("\n").split("\n")


@pytest.mark.parametrize("options,there,absent,slots", [
    ("", GED + SECOND + PIC + PIT + RTC, PCIE, 24),
    (",acpi=off", PIC + PIT + RTC, GED + SECOND + PCIE, 8),
    (",ioapic2=off", GED + PIC, SECOND, 8),
    (",pic=off,pit=off,rtc=off", GED + SECOND, PIC + PIT + RTC, 24),
    (",pcie=on", GED + SECOND + PCIE, [], 24),
])
def test_the_map_is_laid_out_as_on_qemus_board(start, options, there, absent, slots):
    emulator = start("-machine", f"microvm{options}", "-S")
    tree = [line.rstrip("\r") for line in emulator.monitor.command("info mtree").split("\n")]

    def squeezed(line):  # names of PCI Express' regions are our own
        return re.sub(r"@\S+", "@", line)
    lines = {squeezed(line) for line in tree}
    assert [line for line in ALWAYS + there if squeezed(line) not in lines] == []
    assert [line for line in absent if squeezed(line) in lines] == []
    assert sum("virtio-mmio" in line for line in tree[:tree.index("memory-region: microvm.ram")]) == slots


@pytest.mark.parametrize("megabytes,below", [(3072, 3072), (3073, 3072), (8192, 3072)])
def test_ram_goes_on_at_4_gib(start, megabytes, below):
    tree = start("-machine", "microvm", "-m", megabytes, "-S").monitor.command("info mtree")
    assert f"0000000000000000-{(below << 20) - 1:016x} (prio 0, ram): alias ram-below-4g" in tree
    assert ("ram-above-4g" in tree) == (megabytes > below)


@pytest.mark.parametrize("args,message", [
    (["-machine", "microvm,acpi=off,pcie=on"], "pcie=on needs acpi=on"),
    (["-machine", "microvm,usb=on"], "-device qemu-xhci with pcie=on"),
    (["-machine", "microvm,pic=perhaps"], "perhaps"),
    (["-machine", "microvm", "-cpu", "486"], "needs a CPU with an APIC"),
    (["-machine", "microvm", "-bios", "no-such-file"], "could not find firmware 'no-such-file'"),
    (["-machine", "microvm", "-device", "e1000"], "e1000"),
    (["-machine", "microvm", "-kernel", __file__], "is no kernel for PCs"),
])
def test_what_cant_be_is_refused(sysemu, args, message):
    done = run(sysemu, *args, "-display", "none", "-monitor", "none", "-serial", "null", "-S")
    assert done.returncode == 1 and message in done.stdout


@pytest.mark.parametrize("options,args,cpus", [
    ("", [], 1), more("", [], 2), more("", [], 4), more(",acpi=off", ["-no-reboot"], 2),
])
def test_linux_has_disk_and_network(start, guest_image, tmp_path, options, args, cpus):
    contents = random.Random(9).randbytes(4 << 20)
    disk = tmp_path / "disk"
    disk.write_bytes(contents)
    emulator = start("-machine", f"microvm{options}", "-m", "256", "-smp", cpus, *args, "-kernel", guest_image("amd64/vmlinuz"),
                     "-initrd", guest_image("amd64/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                     "-drive", f"if=none,id=d,format=raw,file={disk}", "-device", "virtio-blk-device,drive=d",
                     "-netdev", "user,id=n", "-device", "virtio-net-device,netdev=n", timeout=900)
    serial = emulator.serial[0]
    serial.expect("AMD64-GUEST-UP")
    serial.expect(SHELL)

    def said(command):
        serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
        return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]

    assert said("nproc").strip() == str(cpus)
    cmdline = said("cat /proc/cmdline")
    assert "tsc_early_khz=1000000" in cmdline and ("reboot=t" if "acpi=off" in options else "reboot=a") in cmdline
    told = re.findall(r"virtio_mmio.device=(\S+)", cmdline)
    assert told == (["512@0xfeb00e00:12", "512@0xfeb00c00:11"] if "acpi=off" in options else [])
    if "acpi=off" in options:  # Debian's kernel is built without reading virtio_mmio.device=
        serial.send("reboot -f\n")  # by a triple fault, which ends the machine
        assert emulator.wait(300) == 0
        return
    said("for m in virtio_mmio virtio_blk virtio_net af_packet; do modprobe $m; done")
    said("while [ ! -e /dev/vda ]; do sleep 1; done")
    assert hashlib.md5(contents).hexdigest() in said("md5sum /dev/vda")
    said("ip link set eth0 up")
    assert "10.0.2.15" in said("udhcpc -i eth0 -n -q")
    assert "ACPI Error" not in said("dmesg")
    said("modprobe button")
    serial.send("reboot -f\n")
    serial.expect("AMD64-GUEST-UP")
    serial.expect(SHELL)
    serial.send("poweroff -f\n")
    assert emulator.wait(120) == 0
