"""The VMEbus: the VMC board's bridge, cards in its crate, two boards in one crate.

The guest is tests/guest/bare/vme.c.

SPDX-License-Identifier: MIT
"""

import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from test_timers import build, needs_compiler
from test_vmc_network import Guest

CARDS = ["-device", "vme-ram,space=a24,addr=0x100000,size=1M", "-device",
         "vme-interrupter,id=source,level=3,vector=0x42,slot=7"]

ADC = """[card]
space=a16
addr=0xc000
size=0x20
width=16
level=5
vector=0x99

[STATUS]
offset=0x00
reset=0x0001
w1c=0x8000
interrupt=0x8000

[CONTROL]
offset=0x02
writable=0x00ff

[CHANNEL]
offset=0x10
count=4
reset=0x0123
"""


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_windows_errors_dma_and_interrupts(start, tmp_path, accel):
    needs_compiler()
    vm = start("-machine", "VMC", "-accel", accel, "-kernel", build(tmp_path, "vme"), *CARDS)
    said = vm.serial[0].expect("INTERRUPT ME").split("\r\n")[:-1]
    vm.monitor.command("qom-set source asserted on")
    said += vm.serial[0].expect("DONE").strip().split("\r\n")
    assert said == ["bridge 000010e3", "memory 12345678", "byte 00000034",
                    "nobody ffffffff", "estat 00000001", "eaddr 90000020", "machine checks 00000000",
                    "machine checks 00000001", "v_amerr e4800000", "vaerr 00000030",
                    "dma 0000080f", "dma 0000080f", "differences 00000000", "dma 0000020f",
                    "status/ID 00000042", "other exceptions 00000000"]
    assert vm.monitor.command("qom-get source acknowledged").strip() == "1"
    assert vm.quit() == 0


def firmware(start, *args):
    vm = start("-machine", "VMC", *args)
    vm.serial[0].expect("VMC> ")
    return vm


def ask(vm, command):
    """A command to the firmware."""
    vm.serial[0].send(command + "\r")
    vm.serial[0].expect("\n")
    return vm.serial[0].expect("VMC> ").strip()


def word(vm, addr):
    return int(ask(vm, f"md {addr:x} 1").split()[1], 16)


def halfword(vm, addr):
    return int(ask(vm, f"md.w {addr:x} 1").split()[1], 16)


def swapped(value):
    return int.from_bytes(value.to_bytes(4, "little"), "big")


def window(vm, ctl, vme=0, n=1):
    """PCI target image n at 90000000."""
    csr = next(int(line.split("0x")[1].split()[0], 16) for line in vm.monitor.command("info pci").split("10e3:0000")[1]
               .split("\n") if "memory at" in line)
    for offset, value in ((4, 0x90000000), (8, 0x91000000), (12, (vme - 0x90000000) % 2**32), (0, 0x80000000 | ctl)):
        ask(vm, f"mw {csr + 0x100 + 0x14 * n + offset:x} {swapped(value):x}")
    return csr


def test_a_card_of_registers(start, tmp_path):
    description = tmp_path / "adc.card"
    description.write_text(ADC)
    vm = firmware(start, "-device", f"vme-regs,id=adc,file={description}")
    csr = window(vm, 0x00400000)
    assert halfword(vm, 0x9000c000) == 1
    assert halfword(vm, 0x9000c016) == 0x123
    ask(vm, "mw.w 9000c002 ffff")
    assert word(vm, 0x9000c000) == 0x000100ff
    vm.monitor.command("qom-set adc CHANNEL2 0x777")
    assert halfword(vm, 0x9000c014) == 0x777
    # The interrupt stays until the bit is cleared.
    ask(vm, f"mw {csr + 0x300:x} {swapped(0xfe):x}")
    vm.monitor.command("qom-set adc STATUS 0x8001")
    assert word(vm, csr + 0x304) == swapped(1 << 5)
    assert word(vm, csr + 0x334) == swapped(0x99)
    ask(vm, "mw.w 9000c000 8000")
    ask(vm, f"mw {csr + 0x304:x} {swapped(1 << 5):x}")
    assert word(vm, csr + 0x304) == 0
    assert vm.monitor.command("qom-get adc STATUS").strip() == "1"
    assert vm.quit() == 0


def test_qtree_shows_what_the_boards_answer_to(start):
    vm = firmware(start, *CARDS)
    csr = window(vm, 0x00810000)
    tree = vm.monitor.command("info qtree")
    assert "a24 00100000-001fffff: data program block mblock user supervisor, bits 8 16 32 64" in tree
    assert "a32" not in tree and "drives" not in tree
    for offset, value in ((0xf18, 0x40000000), (0xf1c, 0x40100000), (0xf14, 0x80620000)):  # VSI1: data, supervisor
        ask(vm, f"mw {csr + offset:x} {swapped(value):x}")
    vm.monitor.command("qom-set source asserted on")
    tree = vm.monitor.command("info qtree")
    assert "a32 40000000-400fffff: data block mblock supervisor, bits 8 16 32 64" in tree
    assert "drives 3\n" in tree
    assert vm.quit() == 0


def test_memory_of_a_file_outlives_the_crate(start, tmp_path):
    contents = tmp_path / "contents"
    contents.write_bytes(bytes(65536))
    backend = ["-object", f"memory-backend-file,id=m,size=64K,share=on,mem-path={contents}", "-device",
               "vme-ram,space=a32,addr=0x20000000,memdev=m"]
    vm = firmware(start, *backend)
    window(vm, 0x00820000, vme=0x20000000)
    ask(vm, "mw 90000100 feedbeef")
    assert vm.quit() == 0
    assert contents.read_bytes()[0x100:0x104] == bytes.fromhex("feedbeef")


def refused(sysemu, device):
    return subprocess.run([sysemu, "-machine", "VMC", "-display", "none", "-device", device], capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.mark.parametrize("device,message", [
    ("vme-ram,space=a25,size=1M", "space=a25: expected a16, a24, a32 or crcsr"),
    ("vme-ram,space=a24", "'size' must be given"),
    ("vme-ram,space=a16,addr=0xf000,size=8K", "reach past the end of a16"),
    ("vme-ram,space=a24,size=1M,width=12", "width=12: expected 8, 16, 32 or 64"),
    ("vme-ram,space=a24,size=1M,slot=1", "slot 1 is in use"),
    ("vme-ram,space=a24,size=1M,slot=22", "a crate has slots 1 to 21"),
    ("vme-interrupter,level=8", "level"),
    ("vme-interrupter,asserted=on", "not before"),
    ("vme-regs", "'file' must be given"),
    ("vme-regs,file=/nonexistent", "/nonexistent"),
    ("vme-link", "'chardev' must name a socket"),
])
def test_what_cards_refuse(sysemu, device, message):
    result = refused(sysemu, device)
    assert result.returncode == 1
    assert message in result.stderr and len(result.stderr.strip().split("\n")) == 1, result.stderr


@pytest.mark.parametrize("text,message", [
    ("", "no group [card]"),
    ("[card]\n", "space=: expected"),
    ("[card]\nspace=a16\nsize=0x10\ncolour=red\n", "[card] has no key 'colour'"),
    ("[card]\nspace=a16\nsize=12k\n", "size=12k: expected a number"),
    ("[card]\nspace=a16\nsize=0x10\n[A]\noffset=0x10\n", "[A] offset=0x10"),
    ("[card]\nspace=a16\nsize=0x10\n[A]\noffset=0xf\n", "[A] reaches past"),
    ("[card]\nspace=a16\nsize=0x10\n[A]\nsize=3\n", "expected 1, 2 or 4"),
    ("[card]\nspace=a16\nsize=0x10\n[A]\nreset=0x10000\n", "[A] reset=0x10000"),
    ("[card]\nspace=a16\nsize=0x10\n[A]\n[B]\noffset=1\n", "[B] and [A] overlap"),
    ("[card]\nspace=a16\nsize=0x10\n[slot]\n", "can't be named 'slot'"),
    ("[card]\nspace=a16\nsize=0x10\n[A]\ncount=0\n", "has no registers"),
    ("nonsense", "could not read the card's description"),
])
def test_what_descriptions_are_refused(sysemu, tmp_path, text, message):
    description = tmp_path / "card"
    description.write_text(text)
    result = refused(sysemu, f"vme-regs,file={description}")
    assert result.returncode == 1
    assert message in result.stderr and len(result.stderr.strip().split("\n")) == 1, result.stderr


def in_slot_2(start, tmp_path):
    return start("-machine", "VMC,slot=2", "-chardev", f"socket,id=crate,path={tmp_path}/crate,server=on,wait=off",
                 "-device", "vme-link,chardev=crate,slot=1", "-kernel", tmp_path / "vme")


def partners(start, tmp_path, timeout, *defines):
    """Two boards in one crate; the one in slot 2 is the server of the link's socket."""
    build(tmp_path, "vme", "-DPARTNER", *defines)
    second = in_slot_2(start, tmp_path)
    first = start("-machine", "VMC", "-chardev", f"socket,id=crate,path={tmp_path}/crate,reconnect=1", "-device",
                  f"vme-link,chardev=crate,timeout={timeout}", "-kernel", tmp_path / "vme")
    return first, second


def test_two_boards_in_one_crate(start, tmp_path):
    needs_compiler()
    first, second = partners(start, tmp_path, 20000)
    assert first.serial[0].expect("DONE").strip().split("\r\n") == [
        "bridge 000010e3", "there cafe1234", "dma 0000080f", "dma 0000080f", "differences 00000000",
        "status/ID 00000066", "left over 00000000", "other exceptions 00000000"]
    assert second.serial[0].expect("DONE").strip().split("\r\n") == [
        "bridge 000010e3", "OPEN", "mailbox 0000600d", "memory cafe1234", "acknowledged", "other exceptions 00000000"]
    assert first.quit() == 0
    assert second.quit() == 0


def test_a_partner_that_stops_is_a_bus_error(start, tmp_path):
    needs_compiler()
    first, second = partners(start, tmp_path, 4000, "-DENDLESS")
    first.serial[0].expect("CALLING")
    second.process.send_signal(signal.SIGSTOP)
    try:
        first.serial[0].expect("gone after")
        assert "running" in first.monitor.command("info status")
    finally:
        second.process.send_signal(signal.SIGCONT)
    first.serial[0].expect("BACK")
    first.serial[0].expect("DONE")
    # A machine that its user has stopped answers, but nothing in it changes.
    second.monitor.command("stop")
    assert second.monitor.command("info status").strip() == "VM status: paused"
    assert first.quit() == 0
    assert second.quit() == 0


def test_a_partner_that_is_killed_comes_back(start, tmp_path):
    needs_compiler()
    first, second = partners(start, tmp_path, 20000, "-DENDLESS")
    first.serial[0].expect("CALLING")
    second.kill()
    first.serial[0].expect("gone after")
    assert "running" in first.monitor.command("info status")
    in_slot_2(start, tmp_path)
    first.serial[0].expect("BACK")
    assert first.quit() == 0


class Cable:
    """The other end of a vme-link, as its head comment describes the messages."""

    HELLO, READ, WRITE, IACK, ANSWER, LINES = 1, 2, 3, 4, 5, 6

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.lines = None

    def send(self, kind, number, am=0, width=0, addr=0, length=0, data=b"", result=0):
        self.socket.sendall(struct.pack(">BBBBIIIBBxx", kind, am, width, result, number, addr, length, 0, 0) + data)

    def receive(self, wanted):
        """The next message of that kind; what says how the lines are is answered."""
        while True:
            header = self.socket.recv(20, socket.MSG_WAITALL)
            assert len(header) == 20
            kind, _, _, result, number, _, length, levels, lines = struct.unpack(">BBBBIIIBBxx", header)
            data = self.socket.recv(length, socket.MSG_WAITALL) if kind in (self.WRITE, self.ANSWER) and length else b""
            self.lines = levels, lines
            if kind == self.LINES:
                self.send(self.ANSWER, number, result=1)
            if kind == wanted:
                return result, data

    def ask(self, kind, **message):
        self.send(kind, 7, **message)
        return self.receive(self.ANSWER)


def test_the_cable_from_the_other_end(start, tmp_path):
    path = tmp_path / "cable"
    vm = firmware(start, *CARDS, "-chardev", f"socket,id=cable,path={path},server=on,wait=off", "-device",
                  "vme-link,chardev=cable")
    cable = Cable(path)
    cable.receive(Cable.HELLO)
    cable.send(Cable.HELLO, 0, addr=1)
    cable.receive(Cable.LINES)
    assert cable.ask(Cable.WRITE, am=0x39, width=4, addr=0x100000, length=8, data=b"VMEbus!!") == (1, b"")
    assert cable.ask(Cable.READ, am=0x3f, width=8, addr=0x100002, length=4) == (1, b"Ebus")
    assert cable.ask(Cable.READ, am=0x09, width=4, addr=0x100000, length=4) == (0, b"")
    assert cable.ask(Cable.READ, am=0x39, width=3, addr=0x100000, length=4) == (0, b"")
    assert cable.ask(Cable.IACK, am=3) == (0, b"")
    vm.monitor.command("qom-set source asserted on")
    cable.receive(Cable.LINES)
    assert cable.lines == (1 << 3, 0)
    assert cable.ask(Cable.IACK, am=3) == (1, b"\x42")
    assert cable.lines == (0, 0)
    vm.monitor.command("stop")
    assert cable.ask(Cable.READ, am=0x39, width=4, addr=0x100000, length=4) == (0, b"")
    vm.monitor.command("cont")
    assert cable.ask(Cable.READ, am=0x39, width=4, addr=0x100000, length=4) == (1, b"VMEb")
    assert vm.quit() == 0


def bridge_register(vm, csr, offset):
    return swapped(word(vm, csr + offset))


def test_posted_writes_that_cards_refuse_are_logged(start, tmp_path):
    """Cycles that are wider than the card or beyond it: V_AMERR has the address modifier in 31:26, M_ERR, V_STAT."""
    description = tmp_path / "adc.card"
    description.write_text(ADC)
    vm = firmware(start, "-device", f"vme-regs,file={description}", "-device", "vme-ram,space=a24,addr=0x100000,size=4K,width=16")
    hawk_estat, v_amerr, vaerr, lint_stat = 0xfeff0024, 0xf88, 0xf8c, 0x304

    def log(csr):
        return [bridge_register(vm, csr, offset) for offset in (v_amerr, vaerr, lint_stat)]

    ask(vm, f"mw {hawk_estat:x} bf")
    csr = window(vm, 0x40800000)  # A16 data, posted, 32 bits: the card takes 16
    ask(vm, f"mw {csr + lint_stat:x} ffffffff")
    ask(vm, "mw 9000c000 00010002")
    assert log(csr) == [0x29 << 26 | 0x00800000, 0xc000, 0x400]
    ask(vm, "mw.w 9000c002 00ff")  # what it takes is no error
    assert halfword(vm, 0x9000c002) == 0xff
    assert log(csr)[0] == 0x29 << 26 | 0x00800000
    window(vm, 0x40815000)  # A24, supervisor, program
    ask(vm, "mw.w 90101000 1")  # beyond the memory: only M_ERR says so, the first address stays
    assert log(csr) == [0x29 << 26 | 0x01800000, 0xc000, 0x400]
    ask(vm, f"mw {csr + v_amerr:x} {swapped(0x00800000):x}")
    assert bridge_register(vm, csr, v_amerr) == 0
    ask(vm, "mw.w 90101000 1")
    assert log(csr)[:2] == [0x3e << 26 | 0x00800000, 0x101000]
    assert word(vm, hawk_estat) & 0xff == 0  # a posted write has succeeded on PCI
    window(vm, 0x00815000)  # the same cycle, coupled: Hawk received a target abort
    ask(vm, "mw.w 90101000 1")
    assert word(vm, hawk_estat) & 0xff == 1
    assert word(vm, hawk_estat + 4) == 0x90101000
    assert log(csr)[:2] == [0x3e << 26 | 0x00800000, 0x101000]
    assert vm.quit() == 0


def test_a_posted_write_from_the_crate_that_fails_on_pci_is_logged(start, tmp_path):
    """L_CMDERR has the PCI command in 31:28, L_STAT; a coupled one is a bus error in the crate."""
    path = tmp_path / "cable"
    vm = firmware(start, "-chardev", f"socket,id=cable,path={path},server=on,wait=off", "-device", "vme-link,chardev=cable")
    csr = window(vm, 0x00810000)
    cable = Cable(path)
    cable.receive(Cable.HELLO)
    cable.send(Cable.HELLO, 0, addr=1)

    def slave_image(ctl):  # VSI1: A32 40000000 to PCI b0000000, where nothing is
        for offset, value in ((0xf18, 0x40000000), (0xf1c, 0x40100000), (0xf20, 0x70000000), (0xf14, ctl)):
            ask(vm, f"mw {csr + offset:x} {swapped(value):x}")

    slave_image(0x80f20000)
    assert cable.ask(Cable.WRITE, am=0x09, width=4, addr=0x40000010, length=4, data=b"lost") == (0, b"")
    assert bridge_register(vm, csr, 0x18c) == 0
    slave_image(0xc0f20000)
    assert cable.ask(Cable.WRITE, am=0x09, width=4, addr=0x40000010, length=4, data=b"lost") == (1, b"")
    assert bridge_register(vm, csr, 0x18c) == 0x70800000
    assert bridge_register(vm, csr, 0x190) == 0xb0000010
    assert bridge_register(vm, csr, 0x304) & 0x200
    ask(vm, f"mw {csr + 0x18c:x} {swapped(0x00800000):x}")
    assert bridge_register(vm, csr, 0x18c) == 0
    assert vm.quit() == 0


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.0\r\n\r\n", bytes(40), struct.pack(">BBBBIIIBBxx", 2, 0, 0, 0, 0, 0, 4, 0, 0),
                                     struct.pack(">BBBBIIIBBxx", 1, 0, 0, 0, 0, 1, 0x10000000, 0, 0)],
                         ids=["text", "zeros", "no hello", "too long"])
def test_what_is_no_board_is_ignored(start, tmp_path, rubbish):
    path = tmp_path / "cable"
    vm = firmware(start, *CARDS, "-chardev", f"socket,id=cable,path={path},server=on,wait=off", "-device",
                  "vme-link,chardev=cable")
    stranger = Cable(path)
    stranger.receive(Cable.HELLO)
    stranger.socket.sendall(rubbish)
    stranger.socket.sendall(struct.pack(">BBBBIIIBBxx", 2, 0x39, 4, 0, 1, 0x100000, 4, 0, 0))
    deadline = time.monotonic() + 60
    while b"no VMEbus" not in Path(vm.errors.name).read_bytes():  # who hangs up before isn't heard
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stranger.socket.close()
    cable = Cable(path)
    cable.receive(Cable.HELLO)
    cable.send(Cable.HELLO, 0, addr=1)
    assert cable.ask(Cable.READ, am=0x39, width=4, addr=0x100000, length=4)[0] == 1
    assert vm.quit() == 0


def test_linux_sees_the_bridge_and_the_crate(sysemu, guest_image):
    """Linux 6.1 has no driver for the chip any more: /dev/mem is the client."""
    guest = Guest(sysemu, guest_image, *CARDS)
    try:
        assert "00:0d.0 Class 0680: 10e3:0000" in guest.must("lspci")
        csr = int(guest.must("head -1 /sys/bus/pci/devices/0000:00:0d.0/resource").split()[0], 16)

        def register(offset, value=None):
            written = "" if value is None else f" 0x{swapped(value):08x}"
            said = guest.must(f"devmem 0x{csr + offset:x} 32{written}")
            return None if value is not None else swapped(int(said.strip(), 16))

        guest.must("echo 1 > /sys/bus/pci/devices/0000:00:0d.0/enable")
        assert register(0) == 0x10e3
        for offset, value in ((0x118, 0x90000000), (0x11c, 0x91000000), (0x120, 0x70000000), (0x114, 0x80810000)):
            register(offset, value)
        guest.must("devmem 0x90100040 32 0xcafef00d")
        assert guest.must("devmem 0x90100040 32").strip() == "0xCAFEF00D"
        assert guest.must("devmem 0x90100041 8").strip() == "0xFE"
        assert guest.must("devmem 0x90800000 32").strip() == "0xFFFFFFFF"  # nobody there
        assert register(4) & 0x08000000  # the bridge has aborted
        guest.monitor.command("qom-set source asserted on")
        register(0x300, 0xfe)
        assert (register(0x304), register(0x32c)) == (1 << 3, 0x42)
    finally:
        guest.close()
