"""Random 16-bit code in protected and virtual-8086 mode (tests/guest/x86/random_protected.py): the host back end against the interpreter, and
against the installed QEMU; accesses near limits against the manual.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess
import sys

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

SCRIPT = ROOT / "tests" / "guest" / "x86" / "random_protected.py"
BOARD = ["-machine", "pc", "-m", "16", "-cpu"]


def compare(*args):
    if not shutil.which("gcc") or subprocess.run(["gcc", "-m32", "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    result = run(sys.executable, SCRIPT, *args, timeout=900)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("cpu, option", [("qemu32", []), ("pentium3,+vme", ["--vme"])])
@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced"])
def test_back_ends_agree(sysemu, cpu, option, accel, request):
    cases = 1500 if request.config.getoption("--smp-rounds") > 1 else 120
    compare("--cases", str(cases), "--seed", "4", *option, "--", sysemu, *BOARD, cpu, "--", sysemu, *BOARD, cpu, "-accel", accel)


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_limits_are_the_manuals(sysemu, accel, request):
    """Which the reference doesn't check."""
    cases = 20000 if request.config.getoption("--smp-rounds") > 1 else 400
    compare("--limits", "--cases", str(cases), "--seed", "5", "--", sysemu, *BOARD, "qemu32", "-accel", accel)


def test_the_reference_agrees(sysemu):
    """Where it differs (docs/devel/x86-cpu.md) no such cases are made; that it has no segment limits is left out."""
    reference = installedqemu.find("qemu-system-i386")
    if not reference:
        pytest.skip("qemu-system-i386 is not installed")
    compare("--no-limits", "--cases", "800", "--seed", "11", "--", sysemu, *BOARD, "qemu32", "--", reference, *BOARD, "qemu32")
