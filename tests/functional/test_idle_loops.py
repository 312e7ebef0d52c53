"""Code that runs on the spot waits for an interrupt, and takes no time of the host's meanwhile.

SPDX-License-Identifier: MIT
"""

import re
import struct
import time

import pytest

START, COUNTER = 0x100000, 0x2000

# Lets the decrementer's interrupts come, and runs on the spot; the handler counts, and sets it anew.
PPC_MAIN = [
    0x388003E8,  # li    r4, 1000
    0x7C9603A6,  # mtdec r4
    0x7CA000A6,  # mfmsr r5
    0x60A58000,  # ori   r5, r5, EE
    0x54A506B0,  # clear IP: vectors are at 0
    0x7CA00124,  # mtmsr r5
    0x60000000,  # nop
    0x60000000,  # nop
    0x4BFFFFFC,  # b     .-4
]
PPC_DECREMENTER = [
    0x80C02000,  # lwz   r6, COUNTER(0)
    0x38C60001,  # addi  r6, r6, 1
    0x90C02000,  # stw   r6, COUNTER(0)
    0x7C9603A6,  # mtdec r4
    0x4C000064,  # rfi
]


def put(folder, name, words, byte_order):
    path = folder / name
    path.write_bytes(struct.pack(f"{byte_order}{len(words)}I", *words))
    return path


def vmc(start, folder, *args):
    main, handler = put(folder, "main", PPC_MAIN, ">"), put(folder, "handler", PPC_DECREMENTER, ">")
    return start("-machine", "VMC", "-cpu", "755", "-m", "32", *args,
                 "-device", f"loader,file={handler},addr=0x900,force-raw=on",
                 "-device", f"loader,file={main},addr={START:#x},force-raw=on,cpu-num=0")


def waits(vm):
    return int(re.search(r"waits of code on the spot +(\d+)", vm.monitor.command("info jit"))[1])


def wait_for(what):
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def counted(vm):
    return int(re.search(r": (0x[0-9a-f]+)", vm.monitor.command(f"xp /1xw {COUNTER:#x}"))[1], 16)


@pytest.mark.parametrize("accel", ["tcg", "tcg,regions=forced", "tcg,backend=interp", "tcg,one-insn-per-tb=on"])
def test_interrupts_come_and_the_loop_goes_on(start, tmp_path, accel):
    vm = vmc(start, tmp_path, "-accel", accel)
    wait_for(lambda: counted(vm) > 100)
    if "one-insn" not in accel:  # there the loop is two blocks
        wait_for(lambda: waits(vm) > 100)
    nip = int(re.search(r"NIP ([0-9a-f]+)", vm.monitor.command("info registers"))[1], 16)
    assert START + 28 <= nip <= START + 32 or 0x900 <= nip <= 0x910


def test_without_the_technique_it_turns(start, tmp_path):
    vm = vmc(start, tmp_path, "-accel", "tcg,idle-loops=off")
    wait_for(lambda: counted(vm) > 100)
    assert waits(vm) == 0


def test_with_icount_each_turn_takes_its_time(start, tmp_path):
    vm = vmc(start, tmp_path, "-icount", "shift=3,sleep=off")
    wait_for(lambda: counted(vm) > 100)
    assert waits(vm) == 0


def test_who_waits_can_be_stopped_and_reset(start, tmp_path):
    """AArch64, whose loop has no interrupts at all."""
    loop = put(tmp_path, "loop", [0xD503201F, 0x17FFFFFF], "<")  # nop; b .-4
    vm = start("-machine", "virt", "-cpu", "cortex-a57", "-m", "64", "-kernel", loop)
    wait_for(lambda: waits(vm) > 0)
    vm.monitor.command("stop")
    before = waits(vm)
    time.sleep(0.2)
    assert waits(vm) == before
    for command in ("cont", "system_reset"):
        before = waits(vm)
        vm.monitor.command(command)
        wait_for(lambda: waits(vm) > before)  # pylint: disable=cell-var-from-loop
    wait_for(lambda: re.search(r"PC=0*4008000[04]\b", vm.monitor.command("info registers")))
