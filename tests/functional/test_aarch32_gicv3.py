"""A GICv3 below CPUs without AArch64: its CPU interface by coprocessor registers (tests/guest/arm/gicv3.c), here and on the installed
QEMU, and what ICH_HCR has trapped of it; and Debian's armhf kernel with it.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT, more
from sysemu import PATIENT_LINUX, run

GCC = "arm-linux-gnueabihf-gcc"
COMPILE = [GCC, "-O1", "-marm", "-march=armv7ve", "-mfloat-abi=soft", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-Wall",
           "-Wextra", "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,start"]

LINES = 204


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which(GCC):
        pytest.skip(f"{GCC} is not installed (gcc-arm-linux-gnueabihf)")
    elf = tmp_path_factory.mktemp("gicv3") / "gicv3.elf"
    subprocess.run([*COMPILE, ROOT / "tests" / "guest" / "arm" / "gicv3.c", "-o", elf], check=True)
    return elf


def output(emulator, program, *args):
    result = run(emulator, "-machine", "virt,virtualization=on,gic-version=3", "-cpu", "cortex-a15", "-nographic", "-monitor", "none", *args,
                 "-kernel", program, timeout=60)
    assert result.returncode == 0, result.stdout[-1000:]
    lines = result.stdout.replace("\r", "").splitlines()
    assert lines[-1] == "end" and len(lines) == LINES
    return lines


def test_interrupts(sysemu, program):
    """In Hyp mode, in Supervisor mode, and there a virtual one, whose sender's register traps to Hyp mode."""
    lines = output(sysemu, program)
    assert lines == output(sysemu, program, "-accel", "tcg,backend=interp")
    assert lines.count("acknowledged 00000005") == 3 and lines.count("running 000000a0") == 3
    assert lines.count("spurious 000003ff") == 3
    assert lines[lines.index("of virtual interrupts"):].count("trap 13e00c58") == 2
    assert lines[-4:-1] == ["lr0 00000005", "lrc0 10a00000", "elrsr 0000000f"]


# How many bits there are: of numbers (CTLR, list registers), priorities in PMR, VMCR and list registers; the binary points' and
# whether HPPIR1 tells of a group that isn't enabled.
DEPARTURES = ("pmr ones", "ctlr", "vmcr", "lr0 ones", "lrc0 ones", "lr3 ones", "lrc3 ones", "bpr0 ones", "bpr1 ones", "hppir1")


def test_the_reference_agrees(sysemu, program):
    reference = installedqemu.find("qemu-system-arm")
    if not reference:
        pytest.skip("qemu-system-arm is not installed")
    ours, theirs = output(sysemu, program), output(reference, program)
    assert [line for line in ours if not line.startswith(DEPARTURES)] == [line for line in theirs if not line.startswith(DEPARTURES)]


@pytest.mark.parametrize("properties,cpu", [("", "cortex-a15"), more(",virtualization=on", "cortex-a7"), more(",secure=on", "cortex-a15")])
def test_a_kernel_on_two_cpus(start, guest_image, properties, cpu):
    emulator = start("-machine", f"virt,gic-version=3{properties}", "-cpu", cpu, "-smp", "2", "-m", "256M", "-display", "none",
                     "-kernel", guest_image("armhf/zImage"), "-initrd", guest_image("armhf/initramfs.cpio.gz"),
                     "-append", f"console=ttyAMA0 quiet {PATIENT_LINUX}", timeout=240)
    serial = emulator.serial[0]
    serial.expect("ARMHF-GUEST-UP")
    serial.expect("/ # ")
    serial.send("echo found $(dmesg | grep -c 'GICv3: CPU.: found') cpus $(nproc) of $(grep -c GICv3 /proc/interrupts); echo DONE-$((40 + 2))\n")
    said = serial.expect("DONE-42\r\n")
    assert int(re.search(r"found 2 cpus 2 of (\d+)", said)[1]) > 0, said
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
