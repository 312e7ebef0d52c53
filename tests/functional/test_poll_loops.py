"""Code that does nothing but ask devices naps between its questions, unless it counts them.

SPDX-License-Identifier: MIT
"""

import re

import pytest

from test_idle_loops import wait_for

ECHO = bytes.fromhex("ba fd03 ec a801 74f8"     # 1: mov dx,0x3fd; in al,dx; test al,1; jz 1b
                     "b2f8 ec 40 ee ebf1")      # mov dl,0xf8; in al,dx; inc ax; out dx,al; jmp 1b
COUNTING_ECHO = bytes.fromhex("41 ba fd03 ec a801 74f7 b2f8 ec 40 ee ebf0")  # with inc cx


def pc(start, folder, code, *args):
    (folder / "disk").write_bytes(code.ljust(510, b"\0") + b"\x55\xaa")
    return start("-machine", "pc", "-m", "16", "-net", "none", "-drive", f"file={folder / 'disk'},format=raw,if=floppy", *args)


def count(vm, what):
    return int(re.search(rf"{what} +(\d+)", vm.monitor.command("info jit"))[1])


def naps(vm):
    return count(vm, "naps of code that polls")


def echoes(vm):
    for sent, answer in ((b"H", b"I"), (b"@", b"A")):
        vm.serial[0].send(sent)
        vm.serial[0].expect(re.compile(re.escape(answer)))


@pytest.mark.parametrize("accel", ["tcg", "tcg,regions=forced", "tcg,backend=interp", "tcg,one-insn-per-tb=on"])
def test_it_naps_and_hears(start, tmp_path, accel):
    vm = pc(start, tmp_path, ECHO, "-accel", accel)
    for _ in range(2):
        before = naps(vm)
        wait_for(lambda: naps(vm) > before + 3)  # pylint: disable=cell-var-from-loop
        echoes(vm)


@pytest.mark.parametrize("code, args", [(COUNTING_ECHO, []), (ECHO, ["-accel", "tcg,poll-loops=off"]), (ECHO, ["-icount", "shift=3,sleep=off"])],
                         ids=["counts", "off", "icount"])
def test_it_doesnt(start, tmp_path, code, args):
    vm = pc(start, tmp_path, code, *args)
    echoes(vm)
    turned = count(vm, "guest instructions executed")
    wait_for(lambda: count(vm, "guest instructions executed") > turned + 20_000_000)
    assert naps(vm) == 0
    echoes(vm)


def test_who_naps_can_be_stopped_and_reset(start, tmp_path):
    vm = pc(start, tmp_path, ECHO)
    wait_for(lambda: naps(vm) > 3)
    vm.monitor.command("stop")
    before = naps(vm)
    assert naps(vm) == before
    for command in ("cont", "system_reset"):
        before = naps(vm)
        vm.monitor.command(command)
        wait_for(lambda: naps(vm) > before + 3)  # pylint: disable=cell-var-from-loop
        echoes(vm)


def test_firmwares_prompt(start):
    vm = start("-machine", "VMC")
    vm.serial[0].expect("VMC> ")
    before = naps(vm)
    wait_for(lambda: naps(vm) > before + 10)
    vm.serial[0].send(b"help\r")
    vm.serial[0].expect("VMC> ")
