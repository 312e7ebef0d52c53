"""Random instructions in real mode (tests/guest/x86/random16.py): the host back end against the interpreter, and against the installed
QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess
import sys

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

SCRIPT = ROOT / "tests" / "guest" / "x86" / "random16.py"
BOARD = ["-machine", "pc", "-m", "16", "-cpu", "qemu32"]


def compare(one, other, *args):
    if not shutil.which("gcc") or subprocess.run(["gcc", "-m32", "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    result = run(sys.executable, SCRIPT, *args, "--", *one, *BOARD, "--", *other, *BOARD, timeout=900)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced"])
def test_back_ends_agree(sysemu, accel, request):
    cases = 1500 if request.config.getoption("--smp-rounds") > 1 else 120
    compare([sysemu], [sysemu, "-accel", accel], "--cases", str(cases), "--seed", "2")


def test_the_reference_agrees(sysemu):
    """Where it differs (docs/devel/x86-cpu.md) no such instructions are made; that it has no segment limits is left out."""
    reference = installedqemu.find("qemu-system-i386")
    if not reference:
        pytest.skip("qemu-system-i386 is not installed")
    compare([sysemu], [reference], "--no-limits", "--cases", "4000", "--seed", "3")
