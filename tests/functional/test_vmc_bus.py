"""The CPU's bus: an access of any kind, size and alignment to any device of the board is no machine check.

SPDX-License-Identifier: MIT
"""

import pytest

from gdbremote import Remote

CODE = 0x10000
PC, MSR = 32, 33
MSR_ME_FP = 0x3000
ALIGNMENT = 0x600


def displaced(op):
    return op << 26 | 20 << 21 | 4 << 16


def indexed(op):
    return 31 << 26 | 20 << 21 | 4 << 11 | op << 1


LOADS = {"lbz": displaced(34), "lhz": displaced(40), "lha": displaced(42), "lwz": displaced(32), "lhbrx": indexed(790),
         "lwbrx": indexed(534), "lwarx": indexed(20), "lfs": displaced(48), "lfd": displaced(50),
         "lmw": 46 << 26 | 29 << 21 | 4 << 16, "lswi": 31 << 26 | 20 << 21 | 4 << 16 | 11 << 11 | 597 << 1,
         "lswx": indexed(533)}
STORES = {"stb": displaced(38), "sth": displaced(44), "stw": displaced(36), "sthbrx": indexed(918),
          "stwbrx": indexed(662), "stfs": displaced(52), "stfd": displaced(54), "stfiwx": indexed(983),
          "stmw": 47 << 26 | 29 << 21 | 4 << 16, "stswi": 31 << 26 | 20 << 21 | 4 << 16 | 11 << 11 | 725 << 1,
          "stswx": indexed(661)}

# Flash A has no image. Not where a read has an effect on the machine, or a store one that ends the test.
READABLE = {"uart": 0xfef88060, "second uart": 0xfef88210, "board registers": 0xfef88080, "clock": 0xfef880c8,
            "memory controller": 0xfef80000, "host bridge": 0xfeff0000, "interrupt controller": 0xf3f81000,
            "configuration address": 0xfe000cf8, "blank flash": 0xf4000000, "boot flash": 0xff800000}
WRITABLE = {"second uart": 0xfef88260, "blank flash": 0xf4000000, "boot flash": 0xff800000}


@pytest.fixture(params=["tcg", "tcg,backend=interp"])
def remote(request, start, tmp_path):
    path, kernel = str(tmp_path / "gdb"), tmp_path / "kernel"
    kernel.write_bytes(bytes(4))  # the board is set up as a kernel finds it
    start("-machine", "VMC", "-S", "-kernel", kernel, "-gdb", f"unix:{path}", "-accel", request.param, serials=2)
    connection = Remote(path)
    connection.no_ack()
    yield connection
    connection.close()


def cases(instructions, devices):
    return [(f"{name} {device}+{at}", word, base + at) for device, base in devices.items()
            for name, word in instructions.items() for at in range(8)]


def put_registers(remote, values):
    for number, value in values.items():
        remote.expect_ok(f"P{number:x}={value:08x}")


@pytest.mark.parametrize("instructions,devices", [(LOADS, READABLE), (STORES, WRITABLE)], ids=["loads", "stores"])
def test_no_access_is_a_machine_check(remote, instructions, devices):
    remote.write_memory(CODE, b"".join(word.to_bytes(4, "big") for word in instructions.values()))
    place = {word: CODE + 4 * i for i, word in enumerate(instructions.values())}
    for name, word, addr in cases(instructions, devices):
        put_registers(remote, {PC: place[word], MSR: MSR_ME_FP, 4: addr})
        assert remote.ask("s").startswith("T05"), name
        pc = int(remote.ask(f"p{PC:x}"), 16)
        refused = name.split()[0] in ("lwarx", "lfs", "lfd", "lmw", "stfs", "stfd", "stfiwx", "stmw") and addr & 3
        assert pc == (ALIGNMENT if refused else place[word] + 4), name


def test_a_halfword_across_two_registers_has_a_byte_of_each(remote):
    remote.write_memory(CODE, STORES["stb"].to_bytes(4, "big") + LOADS["lhz"].to_bytes(4, "big"))
    put_registers(remote, {PC: CODE, MSR: MSR_ME_FP, 4: 0xfef88070, 20: 0x5a})  # the scratch register
    remote.ask("s")
    put_registers(remote, {4: 0xfef8806f})
    remote.ask("s")
    assert int(remote.ask("p14"), 16) & 0xff == 0x5a
    assert int(remote.ask(f"p{PC:x}"), 16) == CODE + 8


L2CR, HID2 = 1017, 1011


@pytest.mark.parametrize("cpu,has", [("740", set()), ("745", {HID2}), ("750", {L2CR}), ("755", {L2CR, HID2})])
def test_processors_without_a_755s_registers_say_so(start, tmp_path, cpu, has):
    """What firmware for the 755 meets on the others: docs/user/vmc.md."""
    path, kernel = str(tmp_path / "gdb"), tmp_path / "kernel"
    kernel.write_bytes(bytes(4))
    start("-machine", "VMC", "-cpu", cpu, "-S", "-kernel", kernel, "-gdb", f"unix:{path}", serials=2)
    connection = Remote(path)
    connection.no_ack()
    for spr in (L2CR, HID2):
        mtspr = 31 << 26 | 4 << 21 | (spr & 31) << 16 | (spr >> 5) << 11 | 467 << 1
        connection.write_memory(CODE, mtspr.to_bytes(4, "big"))
        put_registers(connection, {PC: CODE, MSR: MSR_ME_FP, 4: 0})
        connection.ask("s")
        assert int(connection.ask(f"p{PC:x}"), 16) == (CODE + 4 if spr in has else 0x700), spr
    connection.close()
