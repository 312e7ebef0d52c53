"""Addresses of 52 bits with granules of 4 and 16 KiB: tests/guest/aarch64/lpa2.c, here and on the installed QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

GCC = "aarch64-linux-gnu-gcc"
COMPILE = [GCC, "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only", "-march=armv8-a", "-Wall",
           "-Wextra", "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,start"]
BOARD = ["-machine", "virt", "-nographic", "-monitor", "none"]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which(GCC):
        pytest.skip(f"{GCC} is not installed (gcc-aarch64-linux-gnu)")
    elf = tmp_path_factory.mktemp("lpa2") / "lpa2.elf"
    subprocess.run([*COMPILE, ROOT / "tests" / "guest" / "aarch64" / "lpa2.c", "-o", elf], check=True)
    return elf


def output(emulator, program):
    result = run(emulator, *BOARD, "-cpu", "max", "-kernel", program, timeout=60)
    assert result.returncode == 0, result.stdout[-1000:]
    return result.stdout.replace("\r", "").splitlines()


def test_pages_far_away(sysemu, program):
    lines = output(sysemu, program)
    assert lines.count("far value 0000000000001234 ") == 2 and lines.count("near value 0000000000001234 ") == 2
    assert lines.count("par 0000000000000001 ") == 2
    assert [line for line in lines if line.startswith("hole")] == ["hole 000000009600002b ", "hole 0000000096000004 "]
    assert lines[-1] == "DONE"


def test_the_reference_agrees(sysemu, program):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    assert output(sysemu, program) == output(reference, program)
