"""Segments, far transfers, exceptions and tasks: bare programs of tests/guest/x86, on both back ends and on the installed QEMU.

SPDX-License-Identifier: MIT
"""

import functools
import re
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


@functools.cache
def output(emulator, program, cpu, *args):
    """The program's lines; it ends with a triple fault, which is a reset, which ends the emulator."""
    result = run(emulator, *args, *BOARD, "-cpu", cpu, "-bios", program, timeout=120)
    assert result.returncode == 0, result.stdout[-2000:]
    lines = [line.strip() for line in result.stdout.splitlines() if not line.startswith(("sysemu:", "qemu-system-"))]
    return lines[lines.index("selectors"):]


def attempts(lines):
    """Each attempt: its name, at which level, and what came of it. A name is for what follows, too, and stands before "@"."""
    found, name = [], None
    for line in lines:
        before, _, result = line.partition("@")
        name = before.strip() or name
        level, _, result = result.partition(" ")
        found.append((name, level, result))
    return found


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced"])
def test_ways_to_run_it_agree(sysemu, program, program64, accel):
    for rom, cpu in ((program, "pentium,+vme"), (program64, "qemu64")):
        lines = output(sysemu, rom, cpu)
        assert lines[-1] == "end" and len(lines) > 4000
        assert lines == output(sysemu, rom, cpu, "-accel", accel)


def reference(name):
    found = installedqemu.find(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def test_the_reference_agrees(sysemu, program):
    ours, theirs = ([attempt for attempt in attempts(output(emulator, program, "pentium")) if attempt[0] != "int1"]
                    for emulator in (sysemu, reference("qemu-system-i386")))
    assert len(ours) > 4000 # (INT1 is undefined there)
    assert ours == theirs


# What QEMU 7.2 lets pass, and the manual doesn't: null selectors with an RPL for SS and TR; TSSs of 16 bits; code segments
# with L and D; offsets of call gates and return addresses that aren't canonical; null SS for compatibility mode. It has
# other vectors than #SS for stacks that aren't canonical and other priorities than #GP for segments that aren't there, and
# SYSCALL loses the status flags.
DEPARTURES = re.compile(r"ss 0003|lss 0003|ltr 000[03]|(lar|lsl) 01a|.* (00d0|017[03])|iret with|iret to|int to 00f8"
                        r"|syscall|tables|end")


def test_the_reference_agrees_on_long_mode(sysemu, program64):
    theirs = attempts(output(reference("qemu-system-x86_64"), program64, "qemu64"))
    ours = attempts(output(sysemu, program64, "qemu64"))
    # It multiplies the vector in an error code by 16
    theirs = [(name, level, re.sub("^0([bd]) 0302 ", r"0\1 0182 ", result)) for name, level, result in theirs]
    ours, theirs = ([attempt for attempt in found if not DEPARTURES.match(attempt[0])] for found in (ours, theirs))
    assert len(ours) > 4000
    assert ours == theirs


@pytest.fixture(scope="module")
def long_mode(sysemu, program64):
    """The fields of what comes of each attempt, by its name and level ("2" and "3" are compatibility mode)."""
    found = {}
    for name, level, result in attempts(output(sysemu, program64, "qemu64")):
        found.setdefault((name, level), []).append(result.split())
    return found


@pytest.mark.parametrize("name, level, vector, error", [
    ("ss 0003", "0", "0d", "0000"), ("ss 0000", "0", "40", "eeee"), ("ltr 0000", "0", "0d", "0000"),
    ("lar 01a0", "0", "40", "eeee"), ("jump 00d0", "0", "0d", "00d0"), ("iret 00d0", "2", "0d", "00d0"),
    ("call 0170", "1", "0d", "0000"), ("jump64 0170", "0", "0d", "0000"), ("iret with null 00d8", "0", "0d", "0000"),
    ("iret with null 0098", "0", "40", "eeee"), ("iret with 1 0098", "0", "0d", "0000"), ("iret to", "0", "0d", "0000"),
    ("int to 00f8", "0", "0d", "00f8"), ("tables", "0", "0d", "0000"), ("tables", "1", "0d", "0000"),
])
def test_what_the_reference_lets_pass(long_mode, name, level, vector, error):
    assert long_mode[name, level][0][:2] == [vector, error]


def test_syscall_keeps_the_flags_that_its_mask_leaves(long_mode):
    unmasked, masked = long_mode["syscall", "1"]
    assert (unmasked[9], masked[9]) == ("00000000000004d7", "0000000000000002")
    assert unmasked[8] == masked[8] == "00000000000004d7" # R11


def results(lines, name):
    """Of attempts by virtual-8086 programs with each of ten EFLAGS: vector, CS, IP, EFLAGS, EAX, EDX."""
    found = [result.split() for attempt, _, result in attempts(lines) if attempt == name]
    return [(fields[4], fields[6], fields[7], fields[8], fields[11], fields[12]) for fields in found]


INT3, GP, DONE = "03", "0d", "40"
EFLAGS_0, IOPL_3, VIF, VIP = 0, 2, 4, 5


def test_vif_stands_for_if(sysemu, program):
    """CR4.VME, which the reference doesn't have (SDM volume 3, 20.3.3 and table 20-2)."""
    lines = output(sysemu, program, "pentium,+vme")
    lines = lines[lines.index("with VME"):]
    vector = [result[0] for result in results(lines, "vm sti")]
    eflags = [int(result[3], 16) for result in results(lines, "vm sti")]
    assert vector[EFLAGS_0] == INT3 and eflags[EFLAGS_0] == 0xa0002
    assert vector[IOPL_3] == INT3 and eflags[IOPL_3] == 0x23202
    assert vector[VIP] == GP
    cleared = results(lines, "vm cli")
    assert cleared[VIF][0] == INT3 and int(cleared[VIF][3], 16) == 0x20002
    pushed = [int(result[5], 16) for result in results(lines, "vm pushf")]
    assert pushed[EFLAGS_0] == 0x3002 and pushed[VIF] == 0x3202
    assert results(lines, "vm pushfl")[EFLAGS_0][0] == GP
    returned = results(lines, "vm iret") # three for each
    assert int(returned[0][3], 16) == 0xa0002 and int(returned[1][3], 16) == 0x20002
    assert returned[3 * VIP][0] == GP and returned[3 * VIP + 1][0] == INT3
    for name, eflags in (("pvi cli", 2), ("pvi sti", 0x80002)):
        result = next(result.split() for attempt, level, result in attempts(lines) if (attempt, level) == (name, "3"))
        assert result[0] == DONE and int(result[8], 16) == eflags


def test_the_redirection_map_says_who_handles_an_interrupt(sysemu, program):
    lines = output(sysemu, program, "pentium,+vme")
    redirected, other = (results(lines[lines.index("with VME"):], "vm int")[n::2] for n in (0, 1))
    # To the program's own handler, which looks at its frame: IP, FLAGS with IOPL 3 and VIF in IF's place
    assert redirected[EFLAGS_0][0] == INT3
    assert (redirected[EFLAGS_0][4], redirected[EFLAGS_0][5]) == ("00000002", "00003002")
    assert (redirected[VIF][3], redirected[VIF][5]) == ("00020002", "00003202")
    # To the monitor
    assert other[EFLAGS_0][0] == GP
