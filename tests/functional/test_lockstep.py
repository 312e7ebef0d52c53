"""Host code against the interpreter, piece by piece: differences are found where there are some, and nowhere else.

SPDX-License-Identifier: MIT
"""

import re

import pytest

from sysemu import run as sysemu_run
from test_guest_programs import CODE, elf, wait_for_checkstop, words
from test_regions import BLR, FUNCTION, expected, immediate, program, register

TURNS = 10_000


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "program"
    path.write_bytes(elf({CODE: words(program(TURNS)), FUNCTION: words([immediate(14, 6, 6, 3), BLR])}, CODE))
    return path


def count(vm, what):
    return int(re.search(rf"lockstep: {what} +(\d+)", vm.monitor.command("info jit"))[1])


@pytest.mark.parametrize("regions", ["on", "off", "forced"])
def test_a_program_is_compared_and_nothing_differs(start, image, regions):
    vm = start("-machine", "VMC", "-m", "64", "-accel", f"tcg,lockstep=on,regions={regions}", "-kernel", image)
    wait_for_checkstop(vm)
    r6, r8 = expected(TURNS)
    assert (register(vm, "r6"), register(vm, "r8")) == (r6, r8)
    if regions == "off":
        assert count(vm, "pieces compared") >= 2 * TURNS
    assert (count(vm, "regions among them") > 0) >= (regions == "forced")
    for what in "pieces too long", "pieces disturbed", "changes to host flags":
        assert count(vm, what) == 0
    assert vm.quit() == 0


@pytest.mark.parametrize("regions", ["off", "forced"])
@pytest.mark.parametrize("fault, says", [
    ("register", r"  r\d+: host code 0x[0-9a-f]{8}, interpreter 0x[0-9a-f]{8}\n"),
    ("store", r"  memory, 0x102000 of vmc.ram: host code 00 00 00 5a, interpreter 38 c6 00 05, before 38 c6 00 03\n"),
    ("branch", r"  nip: host code 0x[0-9a-f]{8}, interpreter 0x[0-9a-f]{8}\n"),
])
def test_code_that_is_wrong_on_purpose_is_found(sysemu, image, fault, says, regions):
    result = sysemu_run(sysemu, "-machine", "VMC", "-m", "64", "-accel", f"tcg,lockstep=fault-{fault},regions={regions}",
                        "-kernel", image, timeout=60)
    assert result.returncode == 1
    assert re.search(r"lockstep: host code and interpreter differ in the (block|region) at 0x10", result.stdout)
    assert re.search(says, result.stdout), result.stdout
    assert "for its code: -d in_asm,op,op_opt,out_asm -dfilter 0x10" in result.stdout


def test_linux_runs_in_lockstep(start, guest_image):
    vm = start("-machine", "VMC", "-m", "64", "-nic", "none", "-accel", "tcg,lockstep=on",
               "-kernel", guest_image("ppc/vmlinux-mvme5100"), "-append", "console=ttyS0", timeout=300)
    vm.serial[0].expect("Dentry cache hash table entries")
    assert count(vm, "pieces compared") > 100_000
    assert vm.quit() == 0


@pytest.mark.parametrize("options, says", [
    (["-machine", "VMC", "-accel", "tcg,lockstep=sometimes"], "Parameter 'lockstep' expects 'on' or 'off'"),
    (["-machine", "VMC", "-accel", "tcg,lockstep=on,backend=interp"], "not with backend=interp"),
    (["-machine", "virt", "-smp", "2", "-accel", "tcg,lockstep=on"], "follows one processor: not with -smp 2"),
])
def test_what_cannot_be_compared_is_refused(sysemu, options, says):
    result = sysemu_run(sysemu, *options, "-display", "none")
    assert result.returncode == 1
    assert says in result.stdout
