"""What exceptions say: tests/guest/aarch64/system.c, a bare program, on both back ends and on the installed QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

SOURCE = ROOT / "tests" / "guest" / "aarch64" / "system.c"
COMPILE = ["aarch64-linux-gnu-gcc", "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie",
           "-mgeneral-regs-only", "-march=armv8-a", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
           "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,_start"]
BOARD = ["-machine", "virt", "-nographic", "-monitor", "none"]

# QEMU 7.2 does nothing for these; they need the rights of a load or a store (DDI 0487, D8.14.1 and C5.3)
CACHE_OPERATIONS = ("cvac", "cvau", "civac", "ivau", "ivac")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which(COMPILE[0]):
        pytest.skip("aarch64-linux-gnu-gcc is not installed (gcc-aarch64-linux-gnu)")
    elf = tmp_path_factory.mktemp("aarch64") / "system.elf"
    subprocess.run([*COMPILE, SOURCE, "-o", elf], check=True)
    return elf


def output(emulator, program, cpu, *args):
    result = run(emulator, *args, *BOARD, "-cpu", cpu, "-kernel", program, timeout=120)
    assert result.returncode == 0, result.stdout[-2000:]
    assert result.stdout.count("\n") > 800
    return result.stdout.replace("\r", "").splitlines()


def without_departures(lines):
    """All but cache operations, which take one line, or a heading and one for each level."""
    kept, skip = [], 0
    for line in lines:
        if not line.startswith("EL"):
            skip = 2 if line.split(" ")[-1] in CACHE_OPERATIONS else 0
            kept.append(line)
        elif skip or any(line.split(":")[0].endswith(" " + name) for name in CACHE_OPERATIONS):
            skip = max(skip - 1, 0)
        else:
            kept.append(line)
    # The reference exchanges op1 and op2 in the syndrome of DAIFSet and DAIFClr (D19.2.37),
    # and doesn't check the stack pointer's alignment (D1.3.6)
    return [line for line in kept if not line.startswith(("EL0 daifset", "EL0 daifclr", "EL0 stack"))]


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced", "tcg,regions=off"])
def test_ways_to_run_it_agree(sysemu, program, accel):
    assert output(sysemu, program, "cortex-a57") == output(sysemu, program, "cortex-a57", "-accel", accel)


@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a57", "cortex-a72"])
def test_the_reference_agrees(sysemu, program, cpu):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    ours, theirs = (without_departures(output(emulator, program, cpu)) for emulator in (sysemu, reference))
    assert ours == theirs


def test_masking_at_el0_is_a_trap_that_says_which(sysemu, program):
    lines = [line for line in output(sysemu, program, "cortex-a57") if line.startswith(("EL0 daifset", "EL0 daifclr"))]
    assert all(": ok" in line for line in lines[:2])
    assert lines[2].split()[3] == "00000000620cd3e6" # op0 0, op1 3, CRn 4, CRm 3, op2 6, Rt 31, a write
    assert lines[3].split()[3] == "00000000620ed3e6"


def test_the_stack_pointer_has_to_be_aligned(sysemu, program):
    lines = [line for line in output(sysemu, program, "cortex-a57") if line.startswith("EL0 stack")]
    assert [line.split(":")[1].split()[:2] for line in lines[:2]] == 2 * [["0000000000000008", "000000009a000000"]]
    assert lines[2].startswith("EL0 stack aligned: ok")


def test_cache_operations_need_rights(sysemu, program):
    """What the reference doesn't do: EL0 has no right to a kernel's page, and EL1's `dc ivac` none to write a read-only one."""
    lines = output(sysemu, program, "cortex-a57")
    for operation in ("cvac", "cvau", "civac", "ivau"):
        at = lines.index(f"kernel rw {operation}")
        assert lines[at + 1].split()[2:5] == ["0000000000000008", "000000009200014f", "0000000080000128"]
        assert lines[at + 2].startswith("EL1  : ok")
    invalidations = [line for line in lines if line.startswith("EL1 ivac")]
    assert invalidations[0].startswith("EL1 ivac: ok")
    assert invalidations[1].split()[2:5] == ["0000000000000004", "000000009600014f", "0000000080001128"]


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_invalidating_an_address_of_a_block_forgets_all_of_it(sysemu, tmp_path, accel):
    if not shutil.which(COMPILE[0]):
        pytest.skip("aarch64-linux-gnu-gcc is not installed (gcc-aarch64-linux-gnu)")
    elf = tmp_path / "blocks.elf"
    subprocess.run([*COMPILE, SOURCE.with_name("blocks.c"), "-o", elf], check=True)
    result = run(sysemu, "-accel", accel, *BOARD, "-cpu", "cortex-a57", "-kernel", elf, timeout=120)
    assert result.stdout.split()[2:] == ["wrong", "00000000"] and int(result.stdout.split()[1], 16) > 400000


# For nop, bti, bti c, bti j, bti jc, paciasp: by br x17; by blr x18 and br x18. The syndrome, and PSTATE.BTYPE as SPSR has it.
# The last one: br x18 to paciasp without SCTLR_EL1.BT1.
BY_17, CALLED, JUMPED = "36000401", "36000802", "36000c03"
BRANCHES = [BY_17, BY_17, None, None, None, None,
            CALLED, JUMPED, CALLED, JUMPED, None, JUMPED, CALLED, None, None, None, None, JUMPED,
            None]


def output_of_max(sysemu, folder, name, accel):
    """The words that the bare program prints."""
    if not shutil.which(COMPILE[0]):
        pytest.skip("aarch64-linux-gnu-gcc is not installed (gcc-aarch64-linux-gnu)")
    elf = folder / "program.elf"
    subprocess.run([COMPILE[0], "-nostdlib", "-static", SOURCE.with_name(name), "-o", elf,
                    "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments"], check=True)
    return run(sysemu, "-accel", accel, *BOARD, "-cpu", "max", "-kernel", elf, timeout=60).stdout.split()


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_branches_into_guarded_pages_come_to_landing_pads(sysemu, tmp_path, accel):
    assert output_of_max(sysemu, tmp_path, "bti.S", accel) == [expected or "00000000" for expected in BRANCHES]


# First-fault register, lowest doubleword of the destination, syndrome: see sve-faults.S
ALL, NONE, SIXTEEN, LOADED, EMPTY = "f" * 16, "0" * 16, "000000000000ffff", "5a" * 8, "0" * 16
ABORT = "0000000096000010"
FAULTS = [ALL + LOADED + NONE, SIXTEEN + LOADED + NONE, SIXTEEN + LOADED + NONE, ALL + "000000000000005a" + NONE,
          ALL + EMPTY + ABORT, NONE + EMPTY + NONE, SIXTEEN + LOADED + NONE, ALL + LOADED + NONE, NONE + EMPTY + NONE,
          ALL + EMPTY + ABORT, SIXTEEN + LOADED + NONE]


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_faults_of_later_elements_are_only_noted(sysemu, tmp_path, accel):
    assert output_of_max(sysemu, tmp_path, "sve-faults.S", accel) == FAULTS


# Lines that QEMU 7.2 has otherwise: LDR of a vector that faults has written its first part; what is at the PL011's identification
# registers' other bytes.
MEMORY_DEPARTURES = (30, 58, 89, 90)


@pytest.fixture(scope="module")
def memory_by_interpreter(sysemu, tmp_path_factory):
    return output_of_max(sysemu, tmp_path_factory.mktemp("sve"), "sve-memory.S", "tcg,backend=interp")


@pytest.mark.parametrize("accel", ["tcg", "tcg,regions=forced", "tcg,tb-size=1", "tcg,slots=off"])
def test_contiguous_accesses_end_where_memory_does(sysemu, tmp_path, memory_by_interpreter, accel):
    """What generated code does itself, and where it can't: pages' ends, memory's end, devices, code that is stored to; against the
    interpreter, which makes a call of everything, and QEMU."""
    lines = output_of_max(sysemu, tmp_path, "sve-memory.S", accel)
    assert lines == memory_by_interpreter
    assert len(lines) == 98
    assert [int(line, 16) for line in lines[-6:]] == list(range(0x101, 0x107))
    reference = installedqemu.find("qemu-system-aarch64")
    if reference:
        theirs = run(reference, *BOARD, "-cpu", "max", "-kernel", tmp_path / "program.elf", timeout=60).stdout.split()
        assert [n for n, (ours, other) in enumerate(zip(lines, theirs, strict=True)) if ours != other] == list(MEMORY_DEPARTURES)


# Six doublewords of a result and the syndrome, with vectors of 384 bits and of 128; then predicates: see sve2-lengths.S
def quadwords(*numbers):
    return "".join(f"{number:016x}" for number in numbers)


UNDEFINED, THREE = 0x02000000, 0x4008000000000000
LENGTHS = [quadwords(*values, 0, 0, 0) for values in (
    (1, 2, 0x11, 0x12), (3, 4, 0x13, 0x14), (1, 2, 0x11, 0x12), (3, 4, 0x13, 0x14), (1, 2, 0x11, 0x12), (3, 4, 0x13, 0x14))]
LENGTHS += [quadwords(*[2**64 - 1] * 6, 0), quadwords(1, 2, 3, 4, 0, 0, 0)] + [quadwords(*[2**64 - 1] * 6, UNDEFINED)] * 8
LENGTHS += [quadwords(*[THREE] * 4, 0, 0, 0)]
EVERY_ELEMENT, FIRST_ELEMENT = (quadwords(predicate, 0) for predicate in (0x010101010101, 1))
LENGTHS += [EVERY_ELEMENT, EVERY_ELEMENT, FIRST_ELEMENT, FIRST_ELEMENT, EVERY_ELEMENT, FIRST_ELEMENT]


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_pairs_of_quadwords_and_elements_between_addresses(sysemu, tmp_path, accel):
    """Where QEMU 7.2 isn't a reference (docs/devel/arm-cpu.md)."""
    assert output_of_max(sysemu, tmp_path, "sve2-lengths.S", accel) == LENGTHS


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_pairs_are_swapped_in_big_endian_memory(sysemu, tmp_path, accel):
    """The pair x30 and xzr: not the stack pointer, whose number is xzr's."""
    assert output_of_max(sysemu, tmp_path, "casp.S", accel) == ["00005670", "00001234", "11112222", "33334444"] * 2
