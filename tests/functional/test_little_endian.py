"""The 750's little-endian mode: every view of a debugger shows memory as the CPU's program sees it.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess

import pytest

from gdbremote import Remote

CODE = 0x10000
DATA = 0x20000
PC, MSR = 32, 33
MSR_LE = 1

# stw r3,0(r4); sth r3,10(r4); stb r3,13(r4); lwz r5,0(r4); lwz r6,8(r4); lwz r7,12(r4); b .
WORDS = [0x90640000, 0xb064000a, 0x9864000d, 0x80a40000, 0x80c40008, 0x80e4000c, 0x48000000]
PROGRAM = b"".join(w.to_bytes(4, "little") for w in WORDS)


@pytest.fixture(params=["tcg", "tcg,backend=interp"])
def machine(request, start, tmp_path):
    """A CPU in little-endian mode before WORDS, r3 = 11223344, r4 = DATA; all of it put there by the debugger."""
    path = str(tmp_path / "gdb")
    vm = start("-machine", "VMC", "-S", "-gdb", f"unix:{path}", "-accel", request.param, "-d", "in_asm", "-D",
               tmp_path / "log")
    remote = Remote(path)
    remote.no_ack()
    remote.expect_ok(f"P{MSR:x}={MSR_LE:08x}")
    remote.write_memory(CODE, PROGRAM)
    remote.write_memory(DATA, bytes(16))
    for number, value in ((PC, CODE), (3, 0x11223344), (4, DATA)):
        remote.expect_ok(f"P{number:x}={value.to_bytes(4, 'little').hex()}")
    yield vm, remote, tmp_path / "log"
    remote.close()


def register(remote, number):
    return int.from_bytes(bytes.fromhex(remote.ask(f"p{number:x}")), "little")


def step(remote, count):
    for _ in range(count):
        assert remote.ask("s").startswith("T05")


def test_the_program_runs_and_its_stores_are_seen(machine):
    _, remote, _ = machine
    step(remote, 6)
    assert register(remote, PC) == CODE + 24
    assert remote.read_memory(DATA, 16).hex() == "44332211" + "0" * 12 + "4433" + "0044" + "0000"
    assert remote.read_memory(DATA + 13, 1).hex() == "44"
    assert register(remote, 5) == 0x11223344
    assert register(remote, 6) == 0x33440000
    assert register(remote, 7) == 0x00004400


def test_what_the_debugger_writes_is_what_the_program_loads(machine):
    _, remote, _ = machine
    step(remote, 3)
    remote.write_memory(DATA + 1, b"\xaa")
    remote.write_memory(DATA + 7, b"\x01\x02\x03\x04\x05\x06\x07\x08")
    step(remote, 3)
    assert register(remote, 5) == 0x1122aa44
    assert register(remote, 6) == 0x05040302
    assert register(remote, 7) == 0x00080706


def test_the_monitor_shows_what_the_cpu_sees(machine):
    vm, remote, _ = machine
    step(remote, 3)
    show = vm.monitor.command
    listing = show(f"x/3i {CODE:#x}")
    assert re.findall(r"\b(st[whb]) ", listing) == ["stw", "sth", "stb"]
    assert "0x11223344" in show(f"x/1xw {DATA:#x}")
    assert "0x22" in show(f"x/1xb {DATA + 2:#x}")
    assert "0x2233" in show(f"x/1xh {DATA + 1:#x}")


def test_physical_memory_is_as_it_is(machine):
    vm, remote, _ = machine
    step(remote, 3)
    show = vm.monitor.command
    assert "0x11223344" in show(f"xp/1xw {DATA + 4:#x}")
    assert re.findall(r"\b(st[whb]) ", show(f"xp/2i {CODE:#x}")) == ["sth", "stw"]
    assert f"gpa: {DATA + 5:#x}" in show(f"gva2gpa {DATA + 2:#x}")


def test_the_log_shows_the_code_that_was_translated(machine):
    vm, remote, log = machine
    step(remote, 6)
    vm.monitor.command("stop")
    text = log.read_text()
    assert re.findall(r"\b(st[whb]|lwz) ", text)[:6] == ["stw", "sth", "stb", "lwz", "lwz", "lwz"]


@pytest.mark.parametrize("addr,size,stop", [
    (DATA, 4, CODE), (DATA + 3, 1, CODE), (DATA + 10, 2, CODE + 4), (DATA + 13, 1, CODE + 8)])
def test_watchpoints_have_the_programs_addresses(machine, addr, size, stop):
    _, remote, _ = machine
    remote.expect_ok(f"Z2,{addr:x},{size:x}")
    assert f"watch:{addr:x};" in remote.go()
    assert register(remote, PC) == stop


# Where the bus has the bytes of the stores, but the program hasn't.
@pytest.mark.parametrize("addr,size", [(DATA + 4, 4), (DATA + 12, 1), (DATA + 8, 2)])
def test_watchpoints_dont_have_the_buses_addresses(machine, addr, size):
    _, remote, _ = machine
    remote.expect_ok(f"Z2,{addr:x},{size:x}")
    remote.expect_ok(f"Z0,{CODE + 24:x},4")
    assert "watch" not in remote.go()
    assert register(remote, PC) == CODE + 24


def test_gdb_told_of_the_byte_order_sees_all_of_it(start, tmp_path):
    program = shutil.which("gdb-multiarch")
    if not program:
        pytest.skip("gdb-multiarch is not installed")
    path = str(tmp_path / "gdb")
    start("-machine", "VMC", "-S", "-gdb", f"unix:{path}")
    commands = ["set architecture powerpc:750", "set endian big", f"target remote {path}", "set var $msr = 1",
                "set endian little", "flushregs", "p/x $msr", f"set var *(int*){CODE} = {WORDS[0]}",
                f"set var $pc = {CODE}", "set var $r3 = 0x11223344", f"set var $r4 = {DATA}", "x/i $pc", "stepi",
                f"p/x *(int*){DATA}", f"p/x *(char*){DATA}"]
    args = [program, "-nx", "-batch"]
    for command in commands:
        args += ["-ex", command]
    text = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True,
                          check=False).stdout
    assert re.findall(r"^\$\d+ = (.*)$", text, re.M) == ["0x1", "0x11223344", "0x44"]
    assert "stw     r3,0(r4)" in text


def counted(vm, what):
    return int(re.search(what + r" +(\d+)", vm.monitor.command("info jit"))[1])


def load(remote, words):
    remote.write_memory(CODE, b"".join(word.to_bytes(4, "little") for word in words))
    for number, value in ((PC, CODE), (3, 0), (11, CODE)):
        remote.expect_ok(f"P{number:x}={value.to_bytes(4, 'little').hex()}")


def test_code_is_translated_once(machine):
    """A step makes the CPU forget where its code is, so it looks for it in the cache."""
    vm, remote, _ = machine
    # addi r3,r3,1; b .+12; nop; nop; addi r4,r3,0; b .-20
    load(remote, [0x38630001, 0x4800000c, 0x60000000, 0x60000000, 0x38830000, 0x4bffffec])
    remote.expect_ok(f"Z0,{CODE + 16:x},4")
    for n in range(20):
        assert remote.go().startswith("T05")
        step(remote, 1)
        if n == 3:
            before = counted(vm, "blocks translated")
            lookups = counted(vm, "past the jump cache")
    assert register(remote, 3) == 20
    assert counted(vm, "past the jump cache") > lookups + 16
    assert counted(vm, "blocks translated") == before


def test_a_long_block(machine):
    vm, remote, _ = machine
    load(remote, [0x38630001] * 900 + [0x48000000])  # addi r3,r3,1
    remote.expect_ok(f"Z0,{CODE + 3600:x},4")
    assert remote.go().startswith("T05")
    assert register(remote, 3) == 900


@pytest.mark.parametrize("at", range(4))
def test_code_that_the_program_changes(machine, at):
    """A block of an odd number of instructions at an odd place, and one of each of its words is replaced."""
    vm, remote, _ = machine
    # bl .+16; stw r8,16(r11) ...; bl .+8; b .; 4 x addi r3,r3,1; blr
    offset = 20 + 4 * at
    load(remote, [0x48000015, 0x910b0000 | offset, 0x7c0004ac, 0x48000009, 0x48000000] + [0x38630001] * 4 + [0x4e800020])
    remote.expect_ok(f"P8={0x38630100.to_bytes(4, 'little').hex()}")  # addi r3,r3,256
    remote.expect_ok(f"Z0,{CODE + 16:x},4")
    assert remote.go().startswith("T05")
    assert register(remote, 3) == 4 + 3 + 256
