"""The log: every item that -d help lists writes something, and -dfilter and -D have their effect.

SPDX-License-Identifier: MIT
"""

import re
import struct

import pytest

from sysemu import run

# Reads a Hawk register that isn't modelled, then where nothing is: a machine check, which ends in a loop of two blocks at 0x200.
BOTH_MISTAKES = struct.pack(">6I", 0x3c60fef8,  # lis 3,0xfef8
                            0x80830088,         # lwz 4,0x88(3)
                            0x38a01000,         # li 5,MSR_ME
                            0x7ca00124,         # mtmsr 5
                            0x3c60ff00,         # lis 3,0xff00
                            0x80830000,         # lwz 4,0(3)
                            ).ljust(0x200, b"\0") + struct.pack(">3I", 0x48000008, 0, 0x4bfffff8)  # b .+8; b .-8

EXPECTED = {
    "out_asm": r"OUT: \[size=\d+\]",
    "in_asm": r"0x00000004:  80830088  lwz +r4, 0x88\(r3\)",
    "op": r"OP:\n ---- 00000000",
    "op_opt": r"OP after optimization and liveness analysis:\n ---- 00000000",
    "int": r"CPU 0: exception 0200 \(machine check\): SRR0 00000014",
    "exec": r"Trace 0: 0x[0-9a-f]+ \[[0-9a-f]{8}/00000000\]",
    "cpu": r"NIP 00000000   LR 00000000[\s\S]*GPR00 ",
    "fpu,cpu": r"NIP 00000000   LR 00000000[\s\S]*FPR00 [\s\S]*FPSCR ",
    "mmu": r"mmu: cpu0 load ff000000 -> ff000000 rwx WIMG 3 real",
    "cpu_reset": r"CPU Reset \(CPU 0\)\nNIP ",
    "unimp": r"unimp: cpu0 pc=00000004: hawk-smc: read of 4 bytes at 0x88: no register there",
    "guest_errors": r"guest_errors: cpu0 pc=00000014: unassigned: invalid read at 0xff000000, 4 bytes",
    "page": r"page: \+ 0000000000000000-0000000007ffffff vmc.ram",
    "nochain,exec": r"(Trace 0: .*00000200\] \nTrace 0: .*00000208\] \n){10}",
}


def listed_items(sysemu):
    text = run(sysemu, "-d", "help").stdout
    return {name for name in re.findall(r"^(\w+) {2,}", text, re.M) if name != "none"}


@pytest.fixture
def log(start, tmp_path):
    """log(*options): what the log has when the program above has run."""
    def run_program(*options):
        (tmp_path / "program").write_bytes(BOTH_MISTAKES)
        vm = start("-machine", "VMC", "-kernel", tmp_path / "program", "-D", tmp_path / "log", *options,
                   serials=0)
        for _ in range(1000):
            if int(re.search(r"instructions executed +(\d+)", vm.monitor.command("info jit"))[1]) > 100:
                break
        else:
            raise AssertionError(vm.monitor.command("info registers"))
        assert vm.quit() == 0
        assert vm.error_text() == ""
        return (tmp_path / "log").read_text(errors="replace")

    return run_program


def test_every_listed_item_is_tested_here(sysemu):
    assert listed_items(sysemu) == set(",".join(EXPECTED).split(","))


@pytest.mark.parametrize("items", EXPECTED)
def test_every_item_writes_something(log, items):
    assert re.search(EXPECTED[items], log("-d", items))


def test_unimp_is_on_and_the_rest_is_not(log):
    assert [line.split(":")[0] for line in log().splitlines()] == ["unimp"]


def test_items_add_up(log):
    kinds = {line.split(":")[0] for line in log("-d", "guest_errors", "-d", "mmu").splitlines()}
    assert kinds == {"unimp", "guest_errors", "mmu"}


@pytest.mark.parametrize("ranges,addresses", [
    ("0x200..0x2ff", {"00000200", "00000208"}),
    ("0x0+0x4,0x200+4", {"00000000", "00000200"}),
    ("0x300+0x10", set()),
])
def test_dfilter_keeps_some_addresses(log, ranges, addresses):
    text = log("-d", "exec,nochain", "-dfilter", ranges)
    assert set(re.findall(r"^Trace .*/([0-9a-f]{8})\]", text, re.M)) == addresses


STAGES = re.compile(r"^(IN|OP|OP after optimization and liveness analysis|OUT):", re.M)


def test_a_block_is_logged_in_the_order_of_its_making(log):
    stages = STAGES.findall(log("-d", "in_asm,op,op_opt,out_asm"))
    assert stages == ["IN", "OP", "OP after optimization and liveness analysis", "OUT"] * (len(stages) // 4)
    assert len(stages) >= 4 * 4


@pytest.mark.parametrize("item", ["in_asm", "op", "op_opt", "out_asm"])
@pytest.mark.parametrize("ranges,blocks", [("0x200..0x2ff", 2), ("0x208+4", 1), ("0x300+0x10", 0)])
def test_dfilter_holds_for_all_that_is_logged_of_a_block(log, item, ranges, blocks):
    assert len(STAGES.findall(log("-d", item, "-dfilter", ranges))) == blocks
