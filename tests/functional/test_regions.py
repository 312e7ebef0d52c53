"""Hot blocks are translated together, and nobody but `info jit` notices.

SPDX-License-Identifier: MIT
"""

import re

import pytest

from sysemu import run as sysemu_run
from test_guest_programs import CHECKSTOP, CODE, elf, executed, immediate, load, mtspr, wait_for_checkstop, words

BLR = 0x4e800020
CTR = 9
FUNCTION = CODE + 0x2000   # on another page than the loop
TURNS = 20_000_000


def branch(here, there, link=False):
    return 0x48000000 | there - here & 0x03fffffc | link


LOOP_BODY = [
    0x7cc63a14,              # add r6,r6,r7
    0x70c00001,              # andi. r0,r6,1
    0x41820008,              # beq .+8
    immediate(14, 8, 8, 1),  # addi r8,r8,1
    0,                       # bl FUNCTION
    0x42000000,              # bdnz to the start
]


def loop(address, turns):
    """`turns` times: r6 += r7, r6 += what the function adds; branches around an instruction in between."""
    code = [*load(31, turns), mtspr(CTR, 31)]
    top = address + 4 * len(code)
    code += LOOP_BODY
    code[-2] = branch(address + 4 * (len(code) - 2), FUNCTION, link=True)
    code[-1] |= top - (address + 4 * (len(code) - 1)) & 0xffff
    return code


def patch():
    """The function adds 5 from now on."""
    return [*load(4, FUNCTION), *load(5, immediate(14, 6, 6, 5)), immediate(36, 5, 4, 0),
            0x7c0027ac, 0x7c0004ac, 0x4c00012c]  # icbi 0,r4; sync; isync


def program(turns):
    code = [immediate(14, n, 0, 0) for n in (6, 8)] + [immediate(14, 7, 0, 2)]
    code += loop(CODE + 4 * len(code), turns)
    code += patch()
    code += loop(CODE + 4 * len(code), turns)
    return code + CHECKSTOP


@pytest.fixture
def run(start, tmp_path):
    def run_program(accel, turns=TURNS):
        path = tmp_path / "program"
        path.write_bytes(elf({CODE: words(program(turns)), FUNCTION: words([immediate(14, 6, 6, 3), BLR])}, CODE))
        return start("-machine", "VMC", "-m", "64", "-accel", accel, "-kernel", path)
    return run_program


def regions(vm):
    return int(re.search(r"regions translated +(\d+)", vm.monitor.command("info jit"))[1])


def register(vm, name):
    return int(vm.monitor.command(f"p ${name}"), 0)


def expected(turns):
    r6 = r8 = 0
    for added in (3, 5):
        for _ in range(turns):
            r6 += 2
            r8 += r6 & 1
            r6 += added
    return r6, r8


@pytest.mark.parametrize("accel, turns", [("tcg", TURNS), ("tcg,regions=off", TURNS), ("tcg,regions=forced", 1000),
                                          ("tcg,regions=forced,backend=interp", 1000)])
def test_a_loop_with_calls_counts_right_also_when_the_function_changes(run, accel, turns):
    vm = run(accel, turns)
    wait_for_checkstop(vm)
    r6, r8 = expected(1000)
    assert register(vm, "r6") == r6 * (turns // 1000)
    assert register(vm, "r8") == r8 * (turns // 1000)
    assert (regions(vm) > 0) == ("off" not in accel)
    straight = len(program(turns)) - 2 * len(LOOP_BODY) - 1
    assert executed(vm) == straight + 2 * turns * (len(LOOP_BODY) - 1 + 2) + register(vm, "r8")
    assert vm.quit() == 0


def test_a_mode_that_does_not_exist_is_named(sysemu):
    result = sysemu_run(sysemu, "-machine", "none", "-accel", "tcg,regions=sometimes")
    assert result.returncode == 1
    assert "Parameter 'regions' expects 'on', 'off' or 'forced'" in result.stdout
