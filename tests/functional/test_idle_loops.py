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


# Of a PC: each counts the timer's interrupts (18.2 in a second) in AX, which firmware's segment limits, or protected mode's, hold to a
# segment of 64 KiB. `spin` is what it waits with.
def boot_sector(spin, before=b"\xfb", protected=False):
    """Interrupts go to a handler that counts in the word at 0x2000, if `before` allows them (sti)."""
    code = bytes.fromhex("fa 31c0 8ed8 8ed0 bc0070"                      # cli; xor ax,ax; mov ds,ax; mov ss,ax; mov sp,0x7000
                         "c7062000 407c c70622000000"                    # the vector of IRQ 0 is 0:7c40
                         "c70600200000")                                 # mov word [0x2000],0
    if protected:
        code += bytes.fromhex("0f01 16 607c"                             # lgdt [0x7c60]
                              "0f20c0 6683c801 0f22c0"                   # mov eax,cr0; or eax,1; mov cr0,eax
                              "ea 387c 0800")                            # jmp 8:0x7c38
    code = code.ljust(0x38, b"\x90") if protected else code
    code += before + spin
    assert len(code) <= 0x40
    handler = bytes.fromhex("ff060020 50 b020 e620 58 cf")               # inc word [0x2000]; push ax; mov al,0x20; out 0x20,al; pop ax; iret
    tables = bytes.fromhex("0f00 667c0000" "0000000000000000" "ffff0000009b4000")  # GDTR; null, code of 32 bits, 64 KiB from 0 on
    code = (code.ljust(0x40, b"\x90") + handler).ljust(0x60, b"\x90") + tables
    return code.ljust(510, b"\0") + b"\x55\xaa"


JUMP, PAUSE_JUMP, NOP_JUMP = b"\xeb\xfe", b"\xf3\x90\xeb\xfc", b"\x90\x90\x90\xe9\xfa\xff"


def pc(start, folder, sector, *args):
    (folder / "disk").write_bytes(sector)
    return start("-machine", "pc", "-m", "16", "-net", "none", "-drive", f"file={folder / 'disk'},format=raw,if=floppy", *args)


def spent(vm):
    """Processor time, in seconds."""
    fields = open(f"/proc/{vm.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def instructions(vm):
    return int(re.search(r"guest instructions executed +(\d+)", vm.monitor.command("info jit"))[1])


@pytest.mark.parametrize("accel", ["tcg", "tcg,regions=forced", "tcg,backend=interp"])
@pytest.mark.parametrize("spin", [JUMP, PAUSE_JUMP, NOP_JUMP], ids=["jmp", "pause", "nop"])
def test_real_mode_waits_for_the_timer(start, tmp_path, spin, accel):
    vm = pc(start, tmp_path, boot_sector(spin), "-accel", accel)
    wait_for(lambda: counted(vm) & 0xffff > 5 and waits(vm) > 5)
    before, turns = spent(vm), counted(vm)
    time.sleep(1)
    assert counted(vm) > turns
    assert spent(vm) - before < 0.5


@pytest.mark.parametrize("protected", [False, True], ids=["real", "32"])
def test_interrupts_that_are_off_wake_nobody(start, tmp_path, protected):
    """Though the timer's is pending all the time."""
    vm = pc(start, tmp_path, boot_sector(PAUSE_JUMP, b"", protected))
    wait_for(lambda: waits(vm) > 5)
    assert re.search(r"EFL=........ \[.......\]", vm.monitor.command("info registers"))
    assert bool(re.search(r"CR0=.......1", vm.monitor.command("info registers"))) == protected
    before = spent(vm)
    time.sleep(1)
    assert spent(vm) - before < 0.5 and counted(vm) & 0xffff == 0
    executed = instructions(vm)
    vm.monitor.command("system_reset")
    wait_for(lambda: instructions(vm) > executed + 100000)  # firmware's


def test_a_turn_past_the_segments_end_faults(start, tmp_path):
    """The limit is still looked at: a code segment that ends behind the first byte of the jump."""
    sector = bytearray(boot_sector(JUMP, b"", protected=True))
    sector[0x6e + 0:0x6e + 2] = struct.pack("<H", 0x7c38)
    vm = pc(start, tmp_path, bytes(sector), "-no-reboot")
    assert vm.wait(60) == 0
