"""Random A64 instructions (tests/guest/aarch64/random-insns.py): the host back end against the interpreter, and both against the
installed QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import sys

import pytest

import installedqemu
from conftest import ROOT, more
from sysemu import run

SCRIPT = ROOT / "tests" / "guest" / "aarch64" / "random-insns.py"
BOARD = ["-machine", "virt", "-nographic", "-monitor", "none", "-cpu"]
A57 = ["cortex-a57"]
MAX = ["max"]


def compare(one, other, *args, cpu=A57):
    if not shutil.which("aarch64-linux-gnu-gcc"):
        pytest.skip("aarch64-linux-gnu-gcc is not installed (gcc-aarch64-linux-gnu)")
    result = run(sys.executable, SCRIPT, *args, "--", *one, *BOARD, *cpu, "--", *other, *BOARD, *cpu,
                 timeout=900)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("kind", ["integer", "branch", "memory", "simd", "fp"])
def test_back_ends_agree(sysemu, kind):
    compare([sysemu], [sysemu, "-accel", "tcg,backend=interp"], "--class", kind, "--cases", "2000", "--seed", "1")


@pytest.mark.parametrize("kind", ["integer", "branch", "memory", "simd", "fp"])
def test_the_reference_agrees(sysemu, kind):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    compare([sysemu], [reference], "--class", kind, "--cases", "4000", "--seed", "2")


@pytest.mark.parametrize("other", ["reference", "interpreter"])
def test_floats(sysemu, other):
    """Numbers whose sums, products and quotients lie around denormal ones, infinities and halves."""
    reference = installedqemu.find("qemu-system-aarch64")
    if other == "reference" and not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    command = [reference] if other == "reference" else [sysemu, "-accel", "tcg,backend=interp"]
    compare([sysemu], command, "--class", "fp", "--floats", "--cases", "6000", "--seed", "4")


# QEMU 7.2 doesn't have FEAT_LSE2: misaligned ones fault there, also within 16 bytes (test_aarch64_lse2.py).
WITHOUT_LSE2 = ["ldapur", "ldapursw", "ldapursx", "stlur"]


@pytest.mark.parametrize("kind", ["integer", "memory", "simd", "fp"])
def test_extensions(sysemu, kind):
    """Rows that an extension has added, on `max`. FJCVTZS of what FZ makes zero isn't exact (DDI 0487, FPToFixedJS): QEMU 7.2 says
    that it is."""
    reference = installedqemu.find("qemu-system-aarch64")
    options = ["--class", kind, "--extensions", "--not-row", "fjcvtzs", "--cases", "2500", "--seed", "3"]
    options += [option for row in WITHOUT_LSE2 for option in ("--not-row", row)]
    compare([sysemu], [reference] if reference else [sysemu, "-accel", "tcg,backend=interp"], *options, cpu=MAX)


# Rows that QEMU 7.2 has otherwise than the manual (docs/devel/arm-cpu.md).
SVE_DEPARTURES = ["ldnf1_i", "ldff1_o", "whilewr", "fmmla_d", "uzp1_q", "uzp2_q"]


@pytest.mark.parametrize("kind", [[], ["--extensions"], ["--extensions", "--floats"]], ids=["all", "sve2", "sve2-floats"])
@pytest.mark.parametrize("quadwords", [1, more(2), 3, more(4)])
def test_sve(sysemu, quadwords, kind):
    """With vectors of that length. What departs is left out here, and compared with the interpreter below."""
    reference = installedqemu.find("qemu-system-aarch64")
    options = ["--sve", quadwords, *kind, "--cases", "2500", "--seed", "5"]
    options += [option for row in SVE_DEPARTURES for option in ("--not-row", row)]
    compare([sysemu], [reference] if reference else [sysemu, "-accel", "tcg,backend=interp"], *options, cpu=MAX)


TAGGED = ["-machine", "mte=on"]


def rival():
    """The newest QEMU, where tests/bench/get-rival has put it."""
    program = ROOT / "build" / "rival" / "qemu-system-aarch64"
    if not program.exists():
        pytest.skip(f"{program} isn't there (tests/bench/get-rival)")
    return program


@pytest.mark.parametrize("mode", ["synchronous", "asynchronous", "asymmetric"])
@pytest.mark.parametrize("options", [["--class", "memory"], ["--sve", "2", "--class", "memory"]], ids=["a64", "sve"])
def test_back_ends_agree_on_tags(sysemu, mode, options):
    """Accesses of tagged memory, and instructions on tags. (Debian's QEMU 7.2 keeps the tags of a page's first two granules only.)"""
    compare([sysemu, *TAGGED], [sysemu, *TAGGED, "-accel", "tcg,backend=interp"], "--tags", mode, *options, "--cases", "2000",
            "--seed", "8", cpu=MAX)


# What the newest QEMU has otherwise: LSE2, and bits that should be one
NEWER = ["ldar", "ldlar", "stlr", "stllr", "ldapur", "ldapursw", "ldapursx", "stlur"]


@pytest.mark.parametrize("mode", ["synchronous", "asynchronous", "asymmetric"])
def test_the_newest_reference_agrees_on_tags(sysemu, mode):
    reference = rival()
    options = [option for row in NEWER for option in ("--not-row", row)]
    compare([sysemu, *TAGGED], [reference, *TAGGED], "--tags", mode, "--class", "memory", *options, "--cases", "4000", "--seed", "9",
            cpu=MAX)
    rows = [option for row in ("addg", "subg", "irg", "gmi", "subp", "subps") for option in ("--row", row)]
    compare([sysemu, *TAGGED], [reference, *TAGGED], "--tags", mode, *rows, "--cases", "2000", "--seed", "9", cpu=MAX)


@pytest.mark.parametrize("quadwords", [1, 4])
def test_back_ends_agree_on_sve(sysemu, quadwords):
    compare([sysemu], [sysemu, "-accel", "tcg,backend=interp"], "--sve", quadwords, "--cases", "1500", "--seed", "6", cpu=MAX)


def test_a_difference_is_found(sysemu):
    """One checksum that was falsified on the way."""
    if not shutil.which("aarch64-linux-gnu-gcc"):
        pytest.skip("aarch64-linux-gnu-gcc is not installed (gcc-aarch64-linux-gnu)")
    lies = ["sh", "-c", f'"{sysemu}" "$@" | sed "100s/[0-7]/9/g"', "sh"]
    result = run(sys.executable, SCRIPT, "--class", "integer", "--cases", "200", "--show", "0", "--", sysemu, *BOARD,
                 *A57, "--", *lies, *BOARD, *A57, timeout=300)
    assert result.returncode == 1
    assert "200 cases, 1 differ" in result.stdout
