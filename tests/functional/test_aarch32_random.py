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
BOARD = ["-machine", "virt", "-nographic", "-monitor", "none", "-cpu"]
KINDS = ["a32", "a32-memory", "a32-branch", "t16", "t16-memory", "t16-branch", "t32", "t32-memory", "t32-branch", "vfp", "vfp-t32", "neon",
         "neon-memory", "neon-t32"]


@pytest.fixture(scope="module", autouse=True)
def compiler():
    if not shutil.which("arm-linux-gnueabihf-gcc"):
        pytest.skip("arm-linux-gnueabihf-gcc is not installed (gcc-arm-linux-gnueabihf)")


@pytest.fixture
def cases(request):
    return str(300 * request.config.getoption("--aarch32-rounds"))


def compare(one, other, *args, cpu="cortex-a15"):
    return run(sys.executable, SCRIPT, *args, "--", *one, *BOARD, cpu, "--", *other, *BOARD, cpu, timeout=900)


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


V8 = {"vfp": "vsel vmaxnm vminnm vrint_d vcvt_d vrintr vrintx vcvt_fh vcvt_hf",
      "neon": "vmaxnm_f vminnm_f vrintn vrintx vrinta vrintz vrintm vrintp vcvt_d aese aesd aesmc aesimc sha1h sha1su1 sha256su0 "
              "sha1c sha1p sha1m sha1su0 sha256h sha256h2 sha256su1 vmull_p"}


@pytest.mark.parametrize("kind", V8)
def test_what_armv8_added(sysemu, kind, cases):
    """`max` of qemu-system-arm, or the back ends against each other."""
    sysemu_arm = sysemu.parent / "qemu-system-arm"
    reference = installedqemu.find("qemu-system-arm")
    rows = [word for row in V8[kind].split() for word in ("--row", row)]
    other = [reference] if reference else [sysemu_arm, "-accel", "tcg,backend=interp"]
    result = compare([sysemu_arm], other, "--class", kind, *rows, "--cases", cases, "--seed", "3", cpu="max")
    assert result.returncode == 0, result.stdout


def test_a_difference_is_found(sysemu):
    """One checksum that was falsified on the way."""
    lies = ["sh", "-c", f'"{sysemu}" "$@" | sed "100s/[0-7]/9/g"', "sh"]
    result = compare([sysemu], lies, "--class", "t32", "--cases", "200", "--show", "0")
    assert result.returncode == 1
    assert "200 cases, 1 differ" in result.stdout
