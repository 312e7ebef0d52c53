"""Guest programs that make no sense: whatever the guest does, the emulator answers its monitor and ends when told to.

SPDX-License-Identifier: MIT
"""

import pathlib
import random
import re
import struct
import sys
import time

import pytest

from sysemu import run as sysemu_run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "differential"))
import rows  # noqa: E402

ROWS = rows.load()
LOW = 0x2000      # bytes of exception vectors
CODE = 0x100000
JUMPS = ("b", "bc", "bclr", "bcctr", "rfi", "mtmsr")
# Registers, flash, PCI configuration and memory, interrupt controller, RAM
DEVICES = [0xfef80000, 0xfef88000, 0xfef88200, 0xfef88080, 0xfef880c8, 0xfeff0000, 0xfe000000,
           0xfe000cf8, 0xf4000000, 0xff800000, 0xf3f80000, 0xf3fa0000, 0x80000000, 0x2000000]
MSR_FP_ME = 0x3000


def spr(opcode, rt, number):
    return 31 << 26 | rt << 21 | (number & 31) << 16 | number >> 5 << 11 | opcode << 1


def mfspr(rt, number):
    return spr(339, rt, number)


def mtspr(number, rt):
    return spr(467, rt, number)


def immediate(opcode, rt, ra, value):
    return opcode << 26 | rt << 21 | ra << 16 | value & 0xffff


def load(rt, value):
    return [immediate(15, rt, 0, value >> 16), immediate(24, rt, rt, value)]


MTMSR_R0 = 0x7c000124
BRANCH_SELF = 0x48000000
HOLE = 0xfefff000
# MSR[ME] = 0, then a load from nowhere: nothing is executed any more
CHECKSTOP = [immediate(14, 0, 0, 0), MTMSR_R0, *load(4, HOLE), immediate(32, 5, 4, 0)]


def repeated(times, code):
    """Straight-line code so often, then a checkstop; and how many instructions that is."""
    back = [0x42400008, 0x48000000 | -4 * (len(code) + 1) & 0x03fffffc]  # bdz .+8; b start
    program = [*load(31, times), mtspr(9, 31), *code, *back, *CHECKSTOP]
    return program, 3 + times * (len(code) + 2) - 1 + len(CHECKSTOP) - 1


def words(code):
    return struct.pack(f">{len(code)}I", *code)


def vectors():
    """Each goes on behind the instruction, with floating point and machine checks enabled."""
    handler = words([mfspr(29, 26), immediate(14, 29, 29, 4), mtspr(26, 29), mfspr(29, 27),
                     immediate(24, 29, 29, MSR_FP_ME), mtspr(27, 29), 0x4c000064])
    low = bytearray(LOW)
    for vector in range(0x100, 0x1800, 0x100):
        low[vector:vector + len(handler)] = handler
    return bytes(low)


def random_program(rng, length):
    """Any instructions; often an address of a device in some register, seldom a jump."""
    code = load(3, MSR_FP_ME) + [31 << 26 | 3 << 21 | 146 << 1]
    while len(code) < length:
        name = rng.choice(list(ROWS))
        if rng.random() < 0.12:
            offset = rng.choice((0, rng.randrange(0x100), rng.randrange(0x1000)))
            code += load(rng.randrange(29), rng.choice(DEVICES) + offset)
        elif name not in JUMPS or rng.random() < 0.05:
            word = ROWS[name].random(rng)
            if "d" in ROWS[name].fields and rng.random() < 0.7:
                word = ROWS[name].put(word, d=rng.randrange(0x200))
            code.append(word)
    return code + [0x48000000 | -4 * len(code) & 0x03fffffc]


def elf(parts, entry):
    """{address: bytes} as an executable for PowerPC."""
    offset = 52 + 32 * len(parts)
    head = b"\x7fELF\1\2\1" + bytes(9) + struct.pack(
        ">HHIIIIIHHHHHH", 2, 20, 1, entry, 52, 0, 0, 52, 32, len(parts), 0, 0, 0)
    body = b""
    for address, data in parts.items():
        head += struct.pack(">8I", 1, offset + len(body), address, address, len(data), len(data), 7, 4)
        body += data
    return head + body


def executed(vm):
    """Guest instructions so far."""
    return int(re.search(r"instructions executed +(\d+)", vm.monitor.command("info jit"))[1])


@pytest.fixture
def run(start, tmp_path):
    def run_program(code, *options):
        path = tmp_path / "program"
        path.write_bytes(elf({0: vectors(), CODE: words(code)}, CODE))
        return start("-machine", "VMC", "-m", "64", "-kernel", path, "-D", tmp_path / "log",
                     *options)
    return run_program


def pytest_generate_tests(metafunc):
    if "random_seed" in metafunc.fixturenames:
        metafunc.parametrize("random_seed", range(metafunc.config.getoption("random_programs")))


ACCELS = ["tcg", "tcg,backend=interp", "tcg,tb-size=1", "tcg,backend=interp,tb-size=1",
          "tcg,regions=forced", "tcg,regions=forced,tb-size=1"]


@pytest.mark.parametrize("accel", ACCELS)
def test_a_random_program_does_no_harm(run, random_seed, accel):
    vm = run(random_program(random.Random(random_seed), 20000), "-accel", accel)
    vm.serial[0].read_for(0.4)
    vm.monitor.command("info registers")
    vm.monitor.command("info mtree -f")
    for _ in range(600):
        if executed(vm) > 1000:
            break
        vm.serial[0].read_for(0.1)
    assert executed(vm) > 1000
    vm.monitor.command("system_reset")
    vm.monitor.command("info status")
    assert vm.quit() == 0


def wait_for_checkstop(vm):
    for _ in range(6000):
        if "checkstop" in vm.error_text():
            return
        vm.serial[0].read_for(0.02)
    raise AssertionError(vm.monitor.command("info registers"))


def test_a_checkstop_ends_execution(run):
    vm = run(CHECKSTOP + [BRANCH_SELF])
    wait_for_checkstop(vm)
    assert ("checkstop: machine check at 00100010 with MSR[ME] = 0: bus error of a load at physical address fefff000\n"
            in vm.error_text())
    before = executed(vm)
    vm.serial[0].read_for(0.2)
    assert executed(vm) == before
    assert vm.error_text().count("checkstop") == 1
    assert vm.quit() == 0


@pytest.mark.parametrize("accel", ACCELS)
def test_a_full_code_buffer_is_no_obstacle_to_device_accesses(run, accel):
    """Blocks of all sizes: the buffer is full at any distance from a device access that needs room."""
    rng = random.Random(1)
    code = load(4, 0xfef80000)
    while len(code) < 60000:
        for _ in range(rng.randrange(1, 500)):
            code.append(immediate(32, 5, 4, 0) if rng.random() < 0.9 else immediate(14, 6, 6, 1))
        code.append(0x48000004)  # b .+4: a block ends
    program, count = repeated(4, code)
    vm = run(program, "-accel", accel)
    wait_for_checkstop(vm)
    assert executed(vm) == count
    assert int(vm.monitor.command("p $r6"), 0) == 4 * code.count(immediate(14, 6, 6, 1))
    if accel == "tcg,tb-size=1":
        assert int(re.search(r"regions filled +(\d+)", vm.monitor.command("info jit"))[1]) > 20
    assert vm.quit() == 0


STMW_UNMODELLED = [*load(4, 0xfef80000), immediate(47, 29, 4, 0x88)]


@pytest.mark.parametrize("accel", ACCELS[:2])
def test_logging_does_not_disturb_the_count(run, accel):
    program, count = repeated(200, STMW_UNMODELLED + [immediate(14, 6, 6, 1)] * 20)
    vm = run(program, "-accel", accel)
    wait_for_checkstop(vm)
    assert executed(vm) == count
    assert vm.quit() == 0


@pytest.mark.parametrize("accel", ACCELS[:2])
def test_logging_does_not_silence_the_monitor(run, accel):
    code = STMW_UNMODELLED + [immediate(14, 6, 6, 1)] * 50
    vm = run([*code, 0x48000000 | -4 * len(code) & 0x03fffffc], "-accel", accel)
    counts = []
    for _ in range(5):
        counts.append(executed(vm))
        vm.serial[0].read_for(0.1)
    assert counts == sorted(counts) and 0 < counts[-1] < 1 << 40
    assert vm.quit() == 0


def test_no_memory_is_writable_and_executable(run):
    vm = run([BRANCH_SELF])
    executed(vm)
    rights = [line.split()[1] for line in open(f"/proc/{vm.process.pid}/maps", encoding="utf-8")]
    assert any("x" in r for r in rights)
    assert not [r for r in rights if "w" in r and "x" in r]
    assert vm.quit() == 0


def store(address, value, opcode=36):
    """stw, or stb (38)"""
    return load(4, address & ~0x7fff) + load(5, value) + [immediate(opcode, 5, 4, address & 0x7fff)]


# Hawk's second watchdog: 256 us until it resets the board
WATCHDOG = store(0xfeff0068, 0x55000000) + store(0xfeff0068, 0xaa800100) + [0x48000000]


@pytest.fixture
def image(tmp_path):
    def write(code, low=b""):
        path = tmp_path / "image"
        path.write_bytes(elf({0: low or bytes(16), CODE: words(code)}, CODE))
        return path
    return write


LOOPS = [
    # An illegal instruction, and nothing at its vector
    ([0], "0700 (program) at 00000700, in the handler at 00000700: illegal instruction 00000000"),
    # A load from nowhere, whose handler has an illegal instruction
    (load(4, 0xfefff000) + [immediate(32, 5, 4, 0)],
     "0700 (program) at 00000700, in the handler at 00000700: illegal instruction 00000000"),
]


@pytest.mark.parametrize("code, message", LOOPS)
def test_handlers_that_fault_without_end_are_named_once(start, image, tmp_path, code, message):
    log = tmp_path / "log"
    vm = start("-machine", "VMC", "-kernel", image(load(3, MSR_FP_ME) + [31 << 26 | 3 << 21 | 146 << 1] + code),
               "-d", "int", "-D", log)
    deadline = time.monotonic() + 20
    while "without end" not in vm.error_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert vm.error_text() == f"sysemu: warning: CPU 0: exception handlers fault without end: {message}\n"
    assert vm.quit() == 0
    lines = log.read_text().splitlines()
    assert len(lines) < 10
    assert re.fullmatch(r"\(the line before came \d+ more times\)", lines[-1])


def test_handlers_that_get_on_are_not_complained_about(start, image):
    """A handler that skips the instruction, a thousand times."""
    code = load(3, MSR_FP_ME) + [31 << 26 | 3 << 21 | 146 << 1] + [0] * 1000
    vm = start("-machine", "VMC", "-no-reboot", "-kernel", image(code + WATCHDOG, vectors()))
    assert vm.wait() == 0
    assert "without end" not in vm.error_text()


def test_a_watchdog_says_that_it_resets_the_board(start, image):
    vm = start("-machine", "VMC", "-kernel", image(WATCHDOG))
    deadline = time.monotonic() + 20
    while vm.error_text().count("\n") < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert vm.error_text().startswith("sysemu: info: watchdog: Hawk's WDT2 has run out: reset\n" * 3)
    assert vm.quit() == 0


def test_the_end_by_no_reboot_has_a_reason(start, image):
    vm = start("-machine", "VMC", "-no-reboot", "-kernel", image(WATCHDOG))
    assert vm.wait() == 0
    assert vm.error_text() == "sysemu: info: watchdog: Hawk's WDT2 has run out: ending, as -no-reboot says\n"
    vm = start("-machine", "VMC", "-no-reboot", "-S")
    vm.monitor.send("system_reset\r")
    assert vm.wait() == 0
    assert vm.error_text() == "sysemu: info: a reset was asked for from outside: ending, as -no-reboot says\n"


def test_messages_begin_on_a_line_of_their_own(sysemu, image):
    """Also behind half a line of the guest's, where both go to the same place."""
    code = store(0xfef88000, ord("A"), 38) + WATCHDOG
    result = sysemu_run(sysemu, "-machine", "VMC", "-no-reboot", "-display", "none", "-monitor", "none",
                        "-serial", "stdio", "-kernel", image(code))
    assert re.fullmatch("A\nsysemu: info: watchdog: .*\n", result.stdout), result.stdout
