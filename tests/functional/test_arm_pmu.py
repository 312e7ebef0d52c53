"""The performance monitors: tests/guest/aarch64/pmu.c, a bare program, and Linux's driver of them.

SPDX-License-Identifier: MIT
"""

import gzip
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, has_libc, packed
from sysemu import PATIENT_LINUX, run

GUEST = ROOT / "tests" / "guest" / "aarch64"
GCC = "aarch64-linux-gnu-gcc"
COMPILE = [GCC, "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only", "-march=armv8-a", "-Wall",
           "-Wextra", "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,start"]
BOARD = ["-machine", "virt", "-nographic", "-monitor", "none"]

# A loop of 1000 times two instructions, and MRS; at EL0 MOV and SVC around it
EXPECTED = {
    "off": 0, "on": 2001, "not EL1": 0, "not EL0": 2001, "EL0": 2002, "taken": 1, "returned": 1,
    "overflows at a fault": 0, "and behind it": 1, "software": 2, "selected": 2, "reset": 0, "overflowed": 1, "low": 0, "chained": 1,
    "cycles of 10 ms": 1, "filtered cycles": 0, "64 bits": 1, "32 bits": 1 << 31,
    "after a million instructions": 1, "after 5 ms": 2, "disabled": 2, "by software": 3,
}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which(GCC):
        pytest.skip(f"{GCC} is not installed (gcc-aarch64-linux-gnu)")
    elf = tmp_path_factory.mktemp("pmu") / "pmu.elf"
    subprocess.run([*COMPILE, GUEST / "pmu.c", "-o", elf], check=True)
    return elf


def counts(text):
    return {name: int(value, 16) for name, value in re.findall(r"^(.*?) ([0-9a-f]{16}) \r?$", text, re.M)}


@pytest.mark.parametrize("cpu,pmuver", [("cortex-a57", 1), ("max", 4)])
@pytest.mark.parametrize("args", [[], ["-accel", "tcg,backend=interp"], ["-accel", "tcg,regions=forced"], ["-icount", "shift=0"]])
def test_counts(sysemu, program, cpu, pmuver, args):
    result = run(sysemu, *BOARD, *args, "-cpu", cpu, "-kernel", program, timeout=120)
    assert result.returncode == 0 and "DONE" in result.stdout, result.stdout
    found = counts(result.stdout)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert found["PMUVer"] == pmuver
    assert found["PMCR"] >> 11 & 0x1f == 6


def test_a_cpu_without_them(start, sysemu, program, tmp_path):
    tree = tmp_path / "tree"
    run(sysemu, "-machine", f"virt,dumpdtb={tree}", "-cpu", "cortex-a57,pmu=off", "-display", "none")
    assert b"arm,armv8-pmuv3" not in tree.read_bytes()
    emulator = start(*BOARD[:2], "-display", "none", "-cpu", "cortex-a57,pmu=off", "-kernel", program, timeout=60)
    assert "0000000002000000" in emulator.serial[0].expect("at ") # PMCR is UNDEFINED


def test_linux_counts(start, guest_image, tmp_path):
    if not has_libc(GCC):
        pytest.skip(f"{GCC} can't link statically (libc6-dev-arm64-cross)")
    folder = tmp_path / "add" / "bin"
    folder.mkdir(parents=True)
    subprocess.run([GCC, "-O1", "-static", "-Wall", "-Wextra", GUEST / "perfcount.c", "-o", folder / "perfcount"], check=True)
    archive = tmp_path / "initramfs"
    archive.write_bytes(guest_image("arm64/initramfs.cpio.gz").read_bytes() + gzip.compress(packed(tmp_path / "add", "bin", "bin/perfcount")))
    emulator = start("-machine", "virt", "-display", "none", "-cpu", "cortex-a57", "-smp", "2", "-m", "256",
                     "-kernel", guest_image("arm64/Image"), "-initrd", archive,
                     "-append", f"console=ttyAMA0 nokaslr {PATIENT_LINUX}", timeout=240)
    serial = emulator.serial[0]
    assert "armv8_pmuv3 PMU driver, 7 counters available" in serial.expect("ARM64-GUEST-UP")
    serial.expect("/ # ")
    serial.send("perfcount; echo DONE-$((40 + 2))\n")
    said = serial.expect("DONE-42")
    instructions, cycles, samples = (int(re.search(rf"{name} (\d+)", said)[1]) for name in ("instructions", "cycles", "samples"))
    assert 100_000_000 <= instructions < 100_010_000
    assert cycles > 1_000_000
    assert samples == 10
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
