"""Random A32 and T32 instructions (tests/guest/arm/random-insns.py): the host back end against the interpreter, and both against
the installed QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import sys

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

SCRIPT = ROOT / "tests" / "guest" / "arm" / "random-insns.py"
BOARD = ["-machine", "virt", "-cpu", "cortex-a15", "-nographic", "-monitor", "none"]
KINDS = ["a32", "a32-memory", "a32-branch", "t16", "t16-memory", "t16-branch", "t32", "t32-memory", "t32-branch", "vfp", "vfp-t32", "neon",
         "neon-memory", "neon-t32"]


@pytest.fixture(scope="module", autouse=True)
def compiler():
    if not shutil.which("arm-linux-gnueabihf-gcc"):
        pytest.skip("arm-linux-gnueabihf-gcc is not installed (gcc-arm-linux-gnueabihf)")


@pytest.fixture
def cases(request):
    return str(300 * request.config.getoption("--aarch32-rounds"))


def compare(one, other, *args):
    return run(sys.executable, SCRIPT, *args, "--", *one, *BOARD, "--", *other, *BOARD, timeout=900)


@pytest.mark.parametrize("kind", KINDS)
def test_back_ends_agree(sysemu, kind, cases):
    result = compare([sysemu], [sysemu, "-accel", "tcg,backend=interp"], "--class", kind, "--cases", cases, "--seed", "1")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_agrees(sysemu, kind, cases):
    reference = installedqemu.find("qemu-system-arm")
    if not reference:
        pytest.skip("qemu-system-arm is not installed")
    result = compare([sysemu], [reference], "--class", kind, "--cases", cases, "--seed", "2")
    assert result.returncode == 0, result.stdout


def test_a_difference_is_found(sysemu):
    """One checksum that was falsified on the way."""
    lies = ["sh", "-c", f'"{sysemu}" "$@" | sed "100s/[0-7]/9/g"', "sh"]
    result = compare([sysemu], lies, "--class", "t32", "--cases", "200", "--show", "0")
    assert result.returncode == 1
    assert "200 cases, 1 differ" in result.stdout
