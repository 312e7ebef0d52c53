"""Regions follow indirect branches to where they went, and notice where these lead elsewhere.

SPDX-License-Identifier: MIT
"""

import re

import pytest

from test_guest_programs import CHECKSTOP, CODE, elf, executed, immediate, load, mtspr, wait_for_checkstop, words
from test_regions import BLR, CTR, branch, register

TABLE = CODE + 0x3000
HANDLERS = CODE + 0x2000    # on another page than the loop
BCTR = 0x4e800420
TURNS = 20_000_000
FIRST = [1, 2, 7, 3]        # what the handlers add to r6 …
SECOND = [1, 5, 7, 10]      # … and after the change of one's code and of another one's place in the table
LOOP = [
    0x54000000 | 6 << 21 | 10 << 16 | 2 << 11 | 28 << 6 | 29 << 1,  # rlwinm r10,r6,2,28,29
    0x7c00002e | 10 << 21 | 11 << 16 | 10 << 11,                    # lwzx r10,r11,r10
    mtspr(CTR, 10),
    BCTR,
    0x3529ffff,                                                     # addic. r9,r9,-1
    0x40820000 | -20 & 0xfffc,                                      # bne to the start
]


def handler(n):
    return HANDLERS + 8 * n


def store(address, value):
    return [*load(4, address), *load(5, value), immediate(36, 5, 4, 0)]


CHANGE = [*store(handler(1), immediate(14, 6, 6, SECOND[1])), 0x7c0027ac, 0x7c0004ac, 0x4c00012c,  # icbi 0,r4; sync; isync
          *store(TABLE + 12, handler(4))]


def program(turns, link):
    """`turns` times, the handler that r6's two lowest bits name adds to r6; and again after the change."""
    code = [immediate(14, 6, 0, 0), immediate(14, 12, 0, 1), *load(11, TABLE)]
    start = CODE + 4 * len(code)
    code += [*load(9, turns), *LOOP]
    code[-3] |= link
    back = CODE + 4 * (len(code) - 2)
    code += [0x2c0c0000, 0x41820000 | 4 * (len(CHANGE) + 3), immediate(14, 12, 0, 0), *CHANGE]  # cmpwi r12,0; beq to the end
    code += [branch(CODE + 4 * len(code), start), *CHECKSTOP]
    added = [word for n, by in enumerate([*FIRST, SECOND[3]])
             for word in (immediate(14, 6, 6, by), BLR if link else branch(handler(n) + 4, back))]
    return elf({CODE: words(code), HANDLERS: words(added), TABLE: words([handler(n) for n in range(4)])}, CODE)


EXECUTED_ONCE = 4 + 2 * 2 + 2 * 2 + 1 + len(CHANGE) + 1 + len(CHECKSTOP) - 1


def expected(turns):
    """r6 at the end. What a turn adds depends on two bits, so turns come again in no time."""
    r6 = 0
    for added in (FIRST, SECOND):
        sums = [r6]
        for _ in range(8):
            sums.append(sums[-1] + added[sums[-1] & 3])
        period = next(n for n in (1, 2, 3, 4) if sums[4] & 3 == sums[4 + n] & 3)
        times, rest = divmod(turns - 4, period)
        r6 = sums[4 + rest] + times * (sums[4 + period] - sums[4])
    return r6 & 0xffffffff


@pytest.fixture
def run(start, tmp_path):
    def run_program(accel, turns, link):
        path = tmp_path / "program"
        path.write_bytes(program(turns, link))
        return start("-machine", "VMC", "-m", "64", "-accel", accel, "-kernel", path)
    return run_program


@pytest.mark.parametrize("link", [False, True], ids=["jump", "call"])
@pytest.mark.parametrize("accel, turns", [("tcg", TURNS), ("tcg,inline-caches=off", TURNS), ("tcg,regions=forced", 1000),
                                          ("tcg,regions=forced,tb-size=1", 1000), ("tcg,regions=forced,backend=interp", 1000),
                                          ("tcg,one-insn-per-tb=on", 1000)])
def test_a_branch_through_a_table_goes_right_also_when_code_and_table_change(run, accel, turns, link):
    vm = run(accel, turns, link)
    wait_for_checkstop(vm)
    assert register(vm, "r6") == expected(turns)
    assert executed(vm) == EXECUTED_ONCE + 2 * turns * (len(LOOP) + 2)
    caches = int(re.search(r"indirect branches with inline caches +(\d+)", vm.monitor.command("info jit"))[1])
    assert (caches > 0) == ("caches=off" not in accel and "one-insn" not in accel)
    assert vm.quit() == 0
