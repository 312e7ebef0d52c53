"""Segments, far transfers, exceptions and tasks: bare programs of tests/guest/x86, on both back ends and on the installed QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

SOURCES = ROOT / "tests" / "guest" / "x86"
COMPILE = ["gcc", "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie",
           "-mgeneral-regs-only", "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables",
           "-Wall", "-Wextra", "-Wno-missing-field-initializers",
           f"-Wl,--build-id=none,-T,{SOURCES}/system.lds,--no-warn-rwx-segments"]
BOARD = ["-machine", "pc", "-m", "16", "-nographic", "-monitor", "none", "-no-reboot"]


def build(folder, name, *options):
    if not shutil.which("gcc") or subprocess.run(["gcc", options[0], "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    elf, rom = folder / f"{name}.elf", folder / f"{name}.rom"
    subprocess.run([*COMPILE, *options, SOURCES / "reset.S", SOURCES / (name.replace("system", "attempt") + ".S"),
                    SOURCES / f"{name}.c", "-o", elf], check=True)
    subprocess.run(["objcopy", "-O", "binary", "--gap-fill", "0", elf, rom], check=True)
    return rom


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("x86"), "system32", "-m32", "-march=i486")


@pytest.fixture(scope="module")
def program64(tmp_path_factory):
    return build(tmp_path_factory.mktemp("x86"), "system64", "-m64", "-mno-red-zone")


def output(emulator, program, cpu, *args):
    """The program's lines; it ends with a triple fault, which is a reset, which ends the emulator."""
    result = run(emulator, *args, *BOARD, "-cpu", cpu, "-bios", program, timeout=120)
    assert result.returncode == 0, result.stdout[-2000:]
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "end" in lines or emulator != sysemu, result.stdout[-2000:]
    return lines[lines.index("selectors"):]


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced", "tcg,regions=off"])
def test_ways_to_run_it_agree(sysemu, program, accel):
    cpu = "pentium,+vme"
    assert output(sysemu, program, cpu) == output(sysemu, program, cpu, "-accel", accel)


def without_departures(lines):
    """All but INT1, which takes two lines, and is undefined for the installed QEMU."""
    kept = iter(lines)
    return [line for line in kept if not (line.startswith("int1 ") and next(kept))]


def test_the_reference_agrees(sysemu, program):
    reference = installedqemu.find("qemu-system-i386")
    if not reference:
        pytest.skip("qemu-system-i386 is not installed")
    ours, theirs = (without_departures(output(emulator, program, "pentium")) for emulator in (sysemu, reference))
    assert ours == theirs


def results(lines, name):
    """Of attempts by virtual-8086 programs with each of ten EFLAGS: vector, CS, IP, EFLAGS, EAX, EDX."""
    found = [line[len(name):].split() for line in lines if line.startswith(name)]
    return [(fields[4], fields[6], fields[7], fields[8], fields[11], fields[12]) for fields in found]


INT3, GP, EFLAGS_0, IOPL_3, VIF, VIP = "03", "0d", 0, 2, 4, 5


def test_vif_stands_for_if(sysemu, program):
    """CR4.VME, which the reference doesn't have (SDM volume 3, 20.3.3 and table 20-2)."""
    lines = output(sysemu, program, "pentium,+vme")
    lines = lines[lines.index("with VME"):]
    vector = [result[0] for result in results(lines, "vm sti ")]
    eflags = [int(result[3], 16) for result in results(lines, "vm sti ")]
    assert vector[EFLAGS_0] == INT3 and eflags[EFLAGS_0] == 0xa0002
    assert vector[IOPL_3] == INT3 and eflags[IOPL_3] == 0x23202
    assert vector[VIP] == GP
    cleared = results(lines, "vm cli ")
    assert cleared[VIF][0] == INT3 and int(cleared[VIF][3], 16) == 0x20002
    pushed = [int(result[5], 16) for result in results(lines, "vm pushf ")]
    assert pushed[EFLAGS_0] == 0x3002 and pushed[VIF] == 0x3202
    assert results(lines, "vm pushfl ")[EFLAGS_0][0] == GP
    returned = results(lines, "vm iret ") # three for each
    assert int(returned[0][3], 16) == 0xa0002 and int(returned[1][3], 16) == 0x20002
    assert returned[3 * VIP][0] == GP and returned[3 * VIP + 1][0] == INT3
    cli, sti = (lines[at + 1].split() for at in (next(i for i, line in enumerate(lines) if line.startswith(name))
                                               for name in ("pvi cli", "pvi sti")))
    assert cli[:2] == ["3", "40"] and int(cli[-4], 16) == 2
    assert sti[:2] == ["3", "40"] and int(sti[-4], 16) == 0x80002


def test_the_redirection_map_says_who_handles_an_interrupt(sysemu, program):
    lines = output(sysemu, program, "pentium,+vme")
    redirected, other = (results(lines[lines.index("with VME"):], "vm int ")[n::2] for n in (0, 1))
    # To the program's own handler, which looks at its frame: IP, FLAGS with IOPL 3 and VIF in IF's place
    assert redirected[EFLAGS_0][0] == INT3
    assert (redirected[EFLAGS_0][4], redirected[EFLAGS_0][5]) == ("00000002", "00003002")
    assert (redirected[VIF][3], redirected[VIF][5]) == ("00020002", "00003202")
    # To the monitor
    assert other[EFLAGS_0][0] == GP
