"""The guest's own breakpoints and watchpoints: tests/guest/aarch64/debug.c, a bare program at each level, compared with the
installed QEMU; and through ptrace of Debian's kernels, for AArch64 and AArch32.

SPDX-License-Identifier: MIT
"""

import gzip
import re
import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT, has_libc, more, packed
from sysemu import PATIENT_LINUX, run

SOURCE = ROOT / "tests" / "guest" / "aarch64" / "debug.c"
PROGRAM = ROOT / "tests" / "guest" / "linux-arm" / "breakpoints.c"
CROSS = {"arm64": "aarch64-linux-gnu-", "armhf": "arm-linux-gnueabihf-"}
BARE = ["-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only", "-march=armv8-a", "-Wall",
        "-Wextra", "-Wno-missing-field-initializers", "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,_start"]
BOARD = ["-machine", "virt,secure=on,virtualization=on,gic-version=3", "-display", "none", "-monitor", "none", "-serial", "stdio",
         "-serial", "null"]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    if not shutil.which(CROSS["arm64"] + "gcc"):
        pytest.skip("no aarch64-linux-gnu-gcc (gcc-aarch64-linux-gnu)")
    folder = tmp_path_factory.mktemp("debug")
    subprocess.run([CROSS["arm64"] + "gcc", *BARE, SOURCE, "-o", folder / "debug.elf"], check=True)
    subprocess.run([CROSS["arm64"] + "objcopy", "-O", "binary", folder / "debug.elf", folder / "debug.bin"], check=True)
    return folder / "debug.bin"


def output(emulator, image, *args, cpu="cortex-a57"):
    """Its lines, each behind the heading that it stands below."""
    result = run(emulator, *args, *BOARD, "-cpu", cpu, "-bios", image, timeout=120)
    lines = result.stdout.replace("\r", "").splitlines()
    assert result.returncode == 0 and lines[-1] == "end" and len(lines) > 900, result.stdout[-2000:]
    found, heading = [], ""
    for line in lines:
        if ":" not in line:
            heading = line
        found.append(f"{heading.strip()} | {line.strip()}")
    return found


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced"])
def test_ways_to_run_it_agree(sysemu, image, accel):
    assert output(sysemu, image, cpu="max") == output(sysemu, image, "-accel", accel, cpu="max")


def is_reserved(line):
    """Whether these states are a reserved combination, which is disabled here, and there not."""
    state = re.match(r"state ([0-9a-f]+)", line)
    ssc, hmc, pmc = (int(state[1], 16) >> shift & mask for shift, mask in ((0, 3), (2, 1), (3, 3))) if state else (0, 0, 1)
    return not hmc and ssc == 3 or hmc and (ssc < 2 and not pmc & 1 or ssc == 2 and pmc == 2 or ssc == 3 and pmc)


# What the reference doesn't know: the OS lock (D2.4), breakpoints on contexts alone (D2.8); that reserved bits are zero. Ours takes
# LDTR without translation for what the level does.
DEPARTURES = ("OS lock |", "contexts |", "registers ", "ldtr:")


@pytest.mark.parametrize("cpu", ["cortex-a57", "neoverse-n1"])
def test_the_reference_agrees(sysemu, image, cpu):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    ours, theirs = ([line for line in output(emulator, image, cpu=cpu)
                     if not is_reserved(line) and not any(departure in line for departure in DEPARTURES)]
                    for emulator in (sysemu, reference))
    assert len(ours) > 500 and ours == theirs


def test_what_the_reference_lacks(sysemu, image):
    lines = output(sysemu, image)
    assert "registers 10305000 ffe1e6 1f1ffffe 7fffffffffc 1e0 | registers 10305000 ffe1e6 1f1ffffe 7fffffffffc 1e0" in lines
    assert "OS lock | EL1 breakpoint: ok 3" in lines and "OS lock | EL1 watchpoint: ok 0" in lines
    assert "contexts | EL1 same: to EL1 4 c6000022 0 0 1c5" in lines and "contexts | EL1 other: ok 3" in lines
    assert "contexts | EL0 both: to EL1 8 c2000022 0 0 1c0" in lines and "contexts | EL0 only VMID: to EL1 8 2000000 0 c 1c0" in lines
    assert "state 1b | EL1 breakpoint: ok 3" in lines # SSC = 3, HMC = 0


@pytest.mark.parametrize("arch,cpu,flavour,programs", [
    ("arm64", "cortex-a57", "", ["arm64"]),
    more("arm64", "max", "", ["arm64", "armhf", "armhf -marm"]),
    ("armhf", "cortex-a15", "-lpae", ["armhf", "armhf -marm"]),
    more("armhf", "cortex-a7", "", ["armhf", "armhf -marm"]),
])
def test_ptrace(start, guest_image, tmp_path, arch, cpu, flavour, programs):
    files, folder = [], tmp_path / "add" / "bin"
    folder.mkdir(parents=True)
    for n, program in enumerate(programs):
        name, *options = program.split()
        if not has_libc(CROSS[name] + "gcc") or not shutil.which("cpio"):
            pytest.skip(f"no cpio, or {CROSS[name]}gcc can't link statically")
        subprocess.run([CROSS[name] + "gcc", "-O1", "-static", "-Wall", "-Wextra", "-Werror", *options, PROGRAM, "-o",
                        folder / f"breakpoints{n}"], check=True)
        files.append(f"bin/breakpoints{n}")
    kernel, first = ("arm64/Image", "arm64/initramfs") if arch == "arm64" else (f"armhf/zImage{flavour}", f"armhf/initramfs{flavour}")
    archive = tmp_path / "initramfs"
    archive.write_bytes(guest_image(f"{first}.cpio.gz").read_bytes() + gzip.compress(packed(tmp_path / "add", "bin", *files)))
    emulator = start("-machine", "virt", "-display", "none", "-cpu", cpu, "-smp", "2", "-m", "256", "-kernel", guest_image(kernel),
                     "-initrd", archive, "-append", f"console=ttyAMA0 nokaslr {PATIENT_LINUX}", timeout=240)
    serial = emulator.serial[0]
    assert re.search(r"hw-breakpoint: found [56].* and 4 watchpoint registers", serial.expect("GUEST-UP"))
    serial.expect("/ # ")
    for n in range(len(programs)):
        serial.send(f"breakpoints{n}; echo DONE-$((40 + 2))\n")
        said = serial.expect("DONE-42")
        assert "not ok" not in said and len(re.findall(r"^ok ", said, re.M)) == 6, said
