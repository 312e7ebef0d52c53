"""Accesses within 16 bytes (FEAT_LSE2): tests/guest/aarch64/lse2.c, which of them have to be aligned, and what another CPU sees of them.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess

import pytest

from conftest import ROOT
from sysemu import run

GCC = "aarch64-linux-gnu-gcc"
COMPILE = [GCC, "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only", "-mstrict-align",
           "-march=armv8.4-a", "-Wall", "-Wextra", "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,start"]

# Bytes, and whether the syndrome says that it writes.
ATOMIC = {"ldxr": (4, False), "ldaxr x": (8, False), "ldxp": (8, False), "ldxp x": (16, False), "ldadd": (8, True), "ldaddh": (2, True),
          "swp": (4, True), "cas": (8, True), "casp": (8, True), "casp x": (16, True)}
ORDERED = {"ldarh": (2, False), "ldar": (8, False), "stlr": (8, True), "stlr w": (4, True), "ldapr": (8, False), "ldapur": (4, False)}
PLAIN = {"ldp": (8, False), "ldp w": (4, False), "ldpsw": (4, False), "stp": (8, True), "stp w": (4, True), "ldr": (8, False)}
EXCLUSIVE = ("ldxr", "ldaxr x", "ldxp", "ldxp x")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which(GCC):
        pytest.skip(f"{GCC} is not installed (gcc-aarch64-linux-gnu)")
    elf = tmp_path_factory.mktemp("lse2") / "lse2.elf"
    subprocess.run([*COMPILE, ROOT / "tests" / "guest" / "aarch64" / "lse2.c", "-o", elf], check=True)
    return elf


def output(emulator, program, *args, cpus=2):
    result = run(emulator, "-machine", "virt", "-cpu", "max", "-smp", str(cpus), "-m", "128", "-nographic", "-monitor", "none", *args,
                 "-kernel", program, timeout=60)
    assert result.returncode == 0, result.stdout[-1000:]
    return result.stdout.replace("\r", "").splitlines()


def results(lines):
    """By SCTLR's bits and piece: a word for each offset. A failed load's store exclusive may fault, too, or only fail."""
    found, part = {}, None
    for line in lines:
        if line in ("plain", "nAA", "A"):
            part = line
        elif ": " in line and not line.startswith("torn"):
            name, words = line.split(": ")
            found[part, name] = [word.replace("96000061", "96000021") if name in EXCLUSIVE else word for word in words.split()]
    return found


def faults(part, name, offset):
    size = {**ATOMIC, **ORDERED, **PLAIN}[name][0]
    at = offset + (4 if name == "ldapur" else 0)
    if at % size == 0:
        return False
    if part == "A":
        return True
    leaves = at % 16 + size > 16
    return leaves and (name in ATOMIC or (name in ORDERED and part == "plain"))


@pytest.mark.parametrize("cpus,accel", [(2, "tcg"), (1, "tcg"), (2, "tcg,backend=interp"), (2, "tcg,slots=off")])
def test_what_has_to_be_aligned(sysemu, program, cpus, accel):
    lines = output(sysemu, program, "-accel", accel, cpus=cpus)
    found, alone = results(lines), results(output(sysemu, program, cpus=1))
    assert found == alone # values, too: pairs are one access only where there is somebody to see it
    assert len(found) == 3 * len({**ATOMIC, **ORDERED, **PLAIN})
    for (part, name), words in found.items():
        writes = {**ATOMIC, **ORDERED, **PLAIN}[name][1]
        for offset, word in enumerate(words):
            assert (word == ("96000061" if writes else "96000021")) == faults(part, name, offset), (part, name, offset, word)


@pytest.mark.parametrize("accel", ["tcg", "tcg,regions=forced", "tcg,backend=interp"])
def test_nothing_is_torn(sysemu, program, accel):
    assert "torn: 00000000 00000000 00000000 " in output(sysemu, program, "-accel", accel)


def test_the_newest_reference_agrees(sysemu, program):
    """Not Debian's 7.2, which doesn't have it."""
    reference = ROOT / "build" / "rival" / "qemu-system-aarch64"
    if not reference.exists():
        pytest.skip(f"{reference} isn't there (tests/bench/get-rival)")
    assert results(output(sysemu, program)) == results(output(reference, program))
