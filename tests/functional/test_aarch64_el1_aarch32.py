"""AArch32 at EL1, below an EL2 that uses AArch64: tests/guest/aarch64/el1-aarch32.c with its guest, here and on the installed QEMU;
and Debian's armhf kernel below such a one.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT, more
from sysemu import PATIENT_LINUX, run

SOURCES = ROOT / "tests" / "guest" / "aarch64"
GCC, GCC32 = "aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"
LINK = ["-nostdlib", "-static", "-Wl,--build-id=none,-N,--no-warn-rwx-segments"]
COMPILE = [GCC, "-O1", "-ffreestanding", "-fno-pie", "-no-pie", "-mgeneral-regs-only", "-mstrict-align", "-Wall", "-Wextra", *LINK,
           "-Wl,-Ttext=0x40100000,-e,start"]
BOARD = ["-machine", "virt,virtualization=on", "-m", "256", "-nographic", "-monitor", "none"]
LINES = 189


def needs_compilers():
    for compiler in (GCC, GCC32):
        if not shutil.which(compiler):
            pytest.skip(f"{compiler} is not installed (gcc-aarch64-linux-gnu, gcc-arm-linux-gnueabihf)")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Without and with what QEMU doesn't take."""
    needs_compilers()
    folder = tmp_path_factory.mktemp("el1")
    subprocess.run([GCC32, *LINK, "-Wl,-Ttext=0x40200000", SOURCES / "el1-aarch32-guest.S", "-o", folder / "guest.elf"], check=True)
    subprocess.run(["arm-linux-gnueabihf-objcopy", "-O", "binary", folder / "guest.elf", folder / "guest.bin"], check=True)
    for name, options in (("plain", []), ("more", ["-DEL0_TOO"])):
        subprocess.run([*COMPILE, *options, f'-DGUEST="{folder}/guest.bin"', SOURCES / "el1-aarch32.c", "-o", folder / name], check=True)
    return folder / "plain", folder / "more"


def output(emulator, program, *args, cpu="cortex-a57"):
    result = run(emulator, *BOARD, "-cpu", cpu, *args, "-kernel", program, timeout=60)
    assert result.returncode == 0, result.stdout[-2000:]
    lines = result.stdout.replace("\r", "").splitlines()
    assert lines[-1] == "end"
    return lines


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced"])
def test_ways_to_run_it_agree(sysemu, programs, accel):
    assert output(sysemu, programs[0]) == output(sysemu, programs[0], "-accel", accel)


def test_an_illegal_return_to_aarch64_below_aarch32(sysemu, programs):
    plain, more = (output(sysemu, program) for program in programs)
    assert plain[0] == "trap 04 3a000000 00000000 001003c9 " and more.count(plain[0]) == plain.count(plain[0]) + 1
    assert [line for line in plain if line != plain[0]] == [line for line in more if line != plain[0]]


# The syndrome's SRT: QEMU 7.2 has AArch32's number of the register, which is to be AArch64's (D19.2.37, "the AArch64 view").
REGISTER = 0x1f << 16


@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a53", "cortex-a72"])
def test_the_reference_agrees(sysemu, programs, cpu):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    ours, theirs = output(sysemu, programs[0], cpu=cpu), output(reference, programs[0], cpu=cpu)
    departures = 0
    assert len(ours) == len(theirs) == LINES
    for mine, other in zip(ours, theirs):
        if mine.startswith("trap") and mine != other:
            mine, other = mine.split(), other.split()
            assert int(mine[2], 16) & ~REGISTER == int(other[2], 16) & ~REGISTER and int(mine[2], 16) >> 24 == 0x93
            mine[2] = other[2]
            departures += 1
        elif departures and mine.startswith("regs"): # by that number EL2 has written one
            continue
        assert mine == other
    assert departures == 4


@pytest.fixture(scope="module")
def stub(tmp_path_factory):
    """el2-stub.S as an arm64 Image."""
    needs_compilers()
    folder = tmp_path_factory.mktemp("stub")
    subprocess.run([GCC, *LINK, "-Wl,-Ttext=0,-e,_start", SOURCES / "el2-stub.S", "-o", folder / "stub.elf"], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", folder / "stub.elf", folder / "stub"], check=True)
    return folder / "stub"


@pytest.mark.parametrize("machine,cpu,flavour", [("virt,virtualization=on", "cortex-a57", ""),
                                                 ("virt,virtualization=on,gic-version=3", "cortex-a53", "-lpae"),
                                                 more("virt,virtualization=on,gic-version=3", "max", "")])
def test_a_kernel_below_el2(start, guest_image, stub, machine, cpu, flavour):
    """Debian's armhf kernel on two CPUs; both were started by that EL2."""
    emulator = start("-machine", machine, "-cpu", cpu, "-smp", "2", "-m", "512M", "-display", "none", "-kernel", stub,
                     "-device", f"loader,file={guest_image(f'armhf/zImage{flavour}')},addr=0x44000000,force-raw=on",
                     "-initrd", guest_image(f"armhf/initramfs{flavour}.cpio.gz"),
                     "-append", f"console=ttyAMA0 mem=480M quiet {PATIENT_LINUX}", timeout=240)
    serial = emulator.serial[0]
    serial.expect("ARMHF-GUEST-UP")
    serial.expect("/ # ")
    serial.send("nproc; (sha256sum /bin/busybox & sha256sum /bin/busybox; wait); echo DONE-$((40 + 2))\n")
    said = serial.expect("DONE-42\r\n")
    sums = re.findall(r"([0-9a-f]{64})  /bin/busybox", said)
    assert "\n2\r\n" in said and len(sums) == 2 and sums[0] == sums[1]
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
