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
    "io": r"io: cpu0 pc=00000004: hawk-smc: read 0x00000000 at 0xfef80088",
    "trace": "",  # with names: see below
    "page": r"page: \+ 0000000000000000-0000000007ffffff vmc.ram",
    "nochain,exec": r"(Trace 0: .*00000200\] \nTrace 0: .*00000208\] \n){10}",
}


def listed_items(sysemu):
    text = run(sysemu, "-d", "help").stdout
    return {name for name in re.findall(r"^(\w+) {2,}", text, re.M) if name != "none"}


NO_REGIONS = "-accel", "tcg,regions=off" # the program's last loop gets hot


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


@pytest.mark.parametrize("items", [items for items in EXPECTED if EXPECTED[items]])
def test_every_item_writes_something(log, items):
    assert re.search(EXPECTED[items], log("-d", items))


def test_unimp_is_on_and_the_rest_is_not(log):
    assert [line.split(":")[0] for line in log().splitlines()] == ["unimp"]


def test_a_full_disk_is_told_once(start, tmp_path):
    (tmp_path / "program").write_bytes(BOTH_MISTAKES)
    vm = start("-machine", "VMC", "-kernel", tmp_path / "program", "-d", "in_asm,int", "-D", "/dev/full", serials=0)
    while vm.monitor.command("p $pc") not in ("0x200\n", "0x208\n"):
        pass
    lost = "log file '/dev/full': No space left on device: lines are lost"
    assert vm.quit() == 0
    assert vm.error_text() == f"sysemu: warning: {lost}\n"


def test_items_add_up(log):
    kinds = {line.split(":")[0] for line in log("-d", "guest_errors", "-d", "mmu").splitlines()}
    assert kinds == {"unimp", "guest_errors", "mmu"}


# lwz, stw and stb of the Hawk's first control register, lbz of the UART's line status, for ever.
DEVICES = struct.pack(">9I", 0x3c60fef8,  # lis 3,0xfef8
                      0x80830008,         # lwz 4,8(3)
                      0x90830008,         # stw 4,8(3)
                      0x98830009,         # stb 4,9(3)
                      0x38a08050, 0x54a5043e,  # li 5,0x8050, as unsigned
                      0x7cc328ae,         # lbzx 6,3,5
                      0x60000000,
                      0x4bfffff8)         # b to the lbzx

SMC_LINES = ["cpu0 pc=00000004: hawk-smc REVID/GENERAL: read 0x00010000 at 0xfef80008: REVID=1 TBEN_EN=0",
             "cpu0 pc=00000008: hawk-smc REVID/GENERAL: write 0x00010000 at 0xfef80008: REVID=1 TBEN_EN=0",
             "cpu0 pc=0000000c: hawk-smc REVID/GENERAL[1]: write 0x00 at 0xfef80009: REVID=0"]


@pytest.fixture
def io_lines(start, tmp_path):
    """io_lines(*options): what is logged of that program's accesses to devices, without the loop's count."""
    def run_program(*options):
        (tmp_path / "devices").write_bytes(DEVICES)
        vm = start("-machine", "VMC", "-kernel", tmp_path / "devices", "-D", tmp_path / "log", "-d", "none",
                   *options, serials=0)
        for _ in range(1000):
            if int(vm.monitor.command("p $pc"), 16) >= 0x18:
                break
        vm.monitor.command("stop")
        assert vm.quit() == 0
        lines = (tmp_path / "log").read_text().splitlines()
        assert len(lines) < 20
        return [line[4:] for line in lines if line.startswith("io: ") and "repeated" not in line], vm.error_text()

    return run_program


def test_io_names_device_register_fields_and_folds_the_loop(io_lines):
    lines, errors = io_lines("-d", "io")
    assert lines[:3] == SMC_LINES and errors == ""
    assert re.fullmatch(r"cpu0 pc=00000018: uart0 LSR: read 0x60 at 0xfef88050.*", lines[3])
    assert len(lines) == 4


@pytest.mark.parametrize("options,wanted", [
    (["-d", "io:hawk-smc"], [0, 1, 2]),
    (["-d", "io:*smc.REVID*"], [0, 1, 2]),
    (["-d", "io:hawk-smc.ROM_A"], []),
    (["-d", "io:uart0"], [3]),
    (["-d", "io", "-dfilter", "0xfef80000+0x9"], [0, 1]),
    (["-d", "io", "-dfilter", "0xfef88000..0xfef88fff"], [3]),
    (["-trace", "io.hawk-smc"], [0, 1, 2]),
    (["-trace", "memory_region_ops_write"], [1, 2]),
    (["-trace", "enable=io.u*"], [3]),
    (["-trace", "io*", "-trace", "-io.hawk-smc"], [3]),
    (["-d", "trace:io.uart0*"], [3]),
])
def test_accesses_are_chosen(io_lines, options, wanted):
    lines, errors = io_lines(*options)
    assert [line[:15] for line in lines] == [f"cpu0 pc=000000{pc}:"[:15] for pc in ("04", "08", "0c", "18")
                                             if ("04", "08", "0c", "18").index(pc) in wanted]
    assert errors == ""


# stb of the line control register (DLAB), of the divisor; lwbrx of MPIC source 3; the clock's strobes and data, twice
NAMED = struct.pack(">20I", 0x3c60fef8, 0x60638000,          # lis 3,0xfef8; ori 3,3,0x8000
                    0x38800080, 0x98830030, 0x98830000,      # li 4,0x80; stb 4,0x30(3); stb 4,0(3)
                    0x38800003, 0x98830230, 0x98830250,      # li 4,3; stb 4,0x230(3); stb 4,0x250(3)
                    0x3ca0f3f9, 0x80c50060,                  # lis 5,0xf3f9; lwz 6,0x60(5)
                    0x388000f7, 0x988300c8, 0x3880007f, 0x988300d0, 0x88c300d8,
                    0x38800012, 0x988300c8, 0x988300d0, 0x88c300d8,
                    0x48000000)                              # b .


def test_registers_of_all_devices_have_names(start, tmp_path):
    (tmp_path / "named").write_bytes(NAMED)
    vm = start("-machine", "VMC", "-kernel", tmp_path / "named", "-D", tmp_path / "log", "-d", "io", serials=0)
    for _ in range(1000):
        if int(vm.monitor.command("p $pc"), 16) == 0x4c:
            break
    assert vm.quit() == 0
    lines = [line.split(": ", 2)[2] for line in (tmp_path / "log").read_text().splitlines() if line.startswith("io: ")]
    assert lines == ["uart0 LCR: write 0x80 at 0xfef88030", "uart0 DLL: write 0x80 at 0xfef88000",
                     "uart1 LCR: write 0x03 at 0xfef88230", "uart1 LSR: write 0x03 at 0xfef88250",
                     "hawk-mpic EXT_VP3: read 0x80000000 at 0xf3f90060",
                     "m48t37 ADDRESS_LOW: write 0xf7 at 0xfef880c8", "m48t37 ADDRESS_HIGH: write 0x7f at 0xfef880d0",
                     "m48t37 DATA: read 0x00 at 0xfef880d8: WATCHDOG",
                     "m48t37 ADDRESS_LOW: write 0x12 at 0xfef880c8", "m48t37 ADDRESS_HIGH: write 0x12 at 0xfef880d0",
                     "m48t37 DATA: read 0x00 at 0xfef880d8: NVRAM[0x1212]"]


def test_trace_points_from_a_file(io_lines, tmp_path):
    (tmp_path / "events").write_text("# what is followed\n\nio.hawk*\n-io.hawk-smc\nio.uart0.LSR\n")
    assert len(io_lines("-trace", f"events={tmp_path}/events")[0]) == 1


def test_trace_points_are_listed_and_unknown_ones_warned_about(sysemu, start):
    names = run(sysemu, "-machine", "VMC", "-display", "none", "-trace", "help").stdout.splitlines()
    assert {"io.hawk-smc.REVID/GENERAL", "io.uart0", "io.uart0.LSR", "io.uart1.DLM", "io.hawk-mpic.EXT_VP3", "io.m48t37.DATA", "memory_region_ops_read"} <= set(names)
    assert names == sorted(set(names))
    vm = start("-machine", "VMC", "-S", "-trace", "io.none", "-trace", "io.none*", serials=0)
    vm.quit()
    assert vm.error_text() == "sysemu: -trace io.none: warning: trace event 'io.none' does not exist\n"
    for option, message in (("nope=1", "Invalid parameter 'nope'"), ("events=/nope", "can't read the list of trace events")):
        result = run(sysemu, "-machine", "VMC", "-display", "none", "-trace", option)
        assert result.returncode == 1 and f"-trace {option}: {message}" in result.stdout


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
    stages = STAGES.findall(log("-d", "in_asm,op,op_opt,out_asm", *NO_REGIONS))
    assert stages == ["IN", "OP", "OP after optimization and liveness analysis", "OUT"] * (len(stages) // 4)
    assert len(stages) >= 4 * 4


@pytest.mark.parametrize("item", ["in_asm", "op", "op_opt", "out_asm"])
@pytest.mark.parametrize("ranges,blocks", [("0x200..0x2ff", 2), ("0x208+4", 1), ("0x300+0x10", 0)])
def test_dfilter_holds_for_all_that_is_logged_of_a_block(log, item, ranges, blocks):
    assert len(STAGES.findall(log("-d", item, "-dfilter", ranges, *NO_REGIONS))) == blocks
