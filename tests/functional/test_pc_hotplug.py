"""Devices that come and go while a `pc` or `q35` runs, by ACPI: the registers as the guest's ACPI code uses them, and Debian's Linux doing so.

SPDX-License-Identifier: MIT
"""

import re
import time

import pytest

from gdbremote import Remote
from sysemu import PATIENT_LINUX, run
from test_pc_board import SHELL, Ports, said

GPE_STATUS = 0xafe0
MEMORY = 0xa00
PCI = 0xae00
CPUS = 0xaf00


@pytest.fixture
def still(start):
    """still(*args): the machine before its first instruction, and its ports."""
    def begin(*args):
        emulator = start("-machine", "pc", "-S", *args)
        return emulator, Ports(emulator)
    return begin


# ---- Memory ----


def add_module(emulator, name, size="128M", **more):
    emulator.monitor.command(f"object_add memory-backend-ram,id=m{name},size={size}")
    options = "".join(f",{key}={value}" for key, value in more.items())
    return emulator.monitor.command(f"device_add pc-dimm,id={name},memdev=m{name}{options}").strip()


def test_a_module_is_announced_described_and_ejected(still):
    emulator, ports = still("-m", "128,slots=3,maxmem=4G")
    assert add_module(emulator, "a", slot=2, addr="0x140000000") == ""
    assert ports.read(GPE_STATUS) == 1 << 3
    ports.write(MEMORY, 1, 4)
    assert ports.read(MEMORY + 0x14) == 0
    ports.write(MEMORY, 2, 4)
    assert [ports.read(MEMORY + at, 4) for at in (0, 4, 8, 12, 16)] == [0x40000000, 1, 0x08000000, 0, 0]
    assert ports.read(MEMORY + 0x14) == 0b011
    ports.write(MEMORY + 0x14, 0b010)
    assert ports.read(MEMORY + 0x14) == 0b001
    assert "0000000140000000-0000000147ffffff (prio 0, ram): ma" in emulator.monitor.command("info mtree -f")

    emulator.monitor.command("device_del a")
    assert ports.read(MEMORY + 0x14) == 0b101
    ports.write(MEMORY + 4, 3, 4)
    ports.write(MEMORY + 8, 0x84, 4)
    ports.write(MEMORY + 0x14, 0b100)
    assert "a" in emulator.monitor.command("info memory-devices")
    ports.write(MEMORY + 0x14, 0b1000)
    assert emulator.monitor.command("info memory-devices").strip() == ""
    assert ports.read(MEMORY + 0x14) == 0
    ports.write(MEMORY + 0x14, 0b1000)  # there is nothing now
    emulator.monitor.command("object_del ma")
    assert add_module(emulator, "a") == ""
    ports.write(MEMORY, 3, 4)  # there is no such slot
    assert ports.read(MEMORY + 0x14) == 0xff


def test_places_for_modules(still):
    emulator, _ = still("-m", "1G,slots=3,maxmem=2G", "-object", "memory-backend-ram,id=m,size=128M", "-device", "pc-dimm,memdev=m")
    for name, size, options, refusal in [
        ("a", "128M", {"slot": 0}, "pc-dimm: slot 0 has a module"),
        ("b", "128M", {"slot": 3}, "pc-dimm: slot=3: the machine has slots 0 to 2"),
        ("c", "128M", {"node": 1}, "pc-dimm: node=1: the machine has nodes 0 to 0"),
        ("d", "128M", {"addr": "0x100001000"}, "pc-dimm: addr=0x100001000: expected a multiple of 0x200000"),
        ("e", "128M", {"addr": "0x107e00000"}, r"pc-dimm: addr=0x107e00000: the module '\(unnamed\)' is there"),
        ("f", "128M", {"addr": "0xfffffffff8000000"}, "pc-dimm: addr=0xfffffffff8000000: modules lie between 0x100000000 and 0x.*"),
        ("g", "1G", {}, "pc-dimm: 1024M are too much: of the 1024M that -m maxmem= leaves for modules 128M are plugged"),
        ("h", "12345", {}, "pc-dimm: memdev 'mh': the size of a module is a multiple of 2M"),
        ("i", "128M", {"memdev": "m"}, "pc-dimm: memdev 'm' is another device's memory already"),
    ]:
        if "memdev" in options:
            answer = emulator.monitor.command("device_add pc-dimm,memdev=m").strip()
        else:
            answer = add_module(emulator, name, size, **options)
        assert re.fullmatch("Error: " + refusal, answer), answer
    assert add_module(emulator, "x", addr="0x120000000") == ""
    assert add_module(emulator, "y", size="384M") == ""  # just fits in between
    there = emulator.monitor.command("info memory-devices")
    assert re.findall(r"addr: (\w+)\s+slot: (\d)", there) == [("0x100000000", "0"), ("0x108000000", "2"), ("0x120000000", "1")]
    assert "all 3 slots have a module" in add_module(emulator, "z", size="2M")
    assert emulator.monitor.command("info memory_size_summary").split("\n")[:2] == ["base memory: 1073741824", "plugged memory: 671088640"]
    assert "is in use" in emulator.monitor.command("object_del mx")


@pytest.mark.parametrize("args,message", [
    (["-m", "1G,slots=2"], "-m slots=: 'maxmem' is missing"),
    (["-m", "1G,slots=2,maxmem=1G"], "-m maxmem=: .* is what there is at the start"),
    (["-m", "1G,maxmem=512M"], "-m maxmem=: .* is less than the memory at the start"),
    (["-m", "1G,slots=257,maxmem=2G"], "-m slots=257: expected at most 256"),
    (["-m", "1G,slots=1,maxmem=16E"], "'maxmem' expects a positive number"),
    (["-m", "1G,slots=1,maxmem=8E"], "-m maxmem=: .* is more than"),
    (["-m", "1G", "-object", "memory-backend-ram,id=m,size=2M", "-device", "pc-dimm,memdev=m"], "no room for modules"),
    (["-m", "1G,maxmem=2G", "-object", "memory-backend-ram,id=m,size=2M", "-device", "pc-dimm,memdev=m"], "no slots for modules"),
    (["-m", "1G,slots=1,maxmem=2G", "-device", "pc-dimm"], "memdev= is missing"),
    (["-m", "1G,slots=1,maxmem=2G", "-no-acpi", "-object", "memory-backend-ram,id=m,size=2M", "-device", "pc-dimm,memdev=m"],
     "needs ACPI"),
])
def test_what_is_refused(sysemu, args, message):
    result = run(sysemu, "-machine", "pc", "-display", "none", "-S", *args)
    assert result.returncode == 1
    assert re.search(message, result.stdout), result.stdout


# ---- PCI ----


def test_cards_are_announced_and_ejected(still):
    emulator, ports = still("-net", "none", "-device", "pci-bridge,id=br,chassis_nr=1")

    def slots(at):
        return ports.read(PCI + at, 4)

    assert slots(0xc) == 0xfffffff0  # 440FX, PIIX3 with what else it is, VGA, and a bridge stay
    assert emulator.monitor.command("device_add e1000,id=a,addr=1f").strip() == ""
    assert emulator.monitor.command("device_add e1000,id=b,bus=br,addr=5").strip() == ""
    assert ports.read(GPE_STATUS) == 1 << 1
    assert (slots(0), slots(0)) == (1 << 31, 0)
    ports.write(PCI + 0x10, 1, 4)
    assert (slots(0), slots(0), slots(0x10)) == (1 << 5, 0, 1)
    ports.write(PCI + 0x10, 2, 4)
    assert [slots(at) for at in (0, 4, 8, 0xc)] == [0] * 4
    ports.write(PCI + 8, 0xffffffff, 4)

    ports.write(GPE_STATUS, 2)
    emulator.monitor.command("device_del b")
    assert ports.read(GPE_STATUS) == 1 << 1
    ports.write(PCI + 0x10, 1, 4)
    assert (slots(0), slots(4)) == (0, 1 << 5)
    assert 'id "b"' in emulator.monitor.command("info qtree")
    ports.write(PCI + 8, 1 << 5, 4)
    assert (slots(4), 'id "b"' in emulator.monitor.command("info qtree")) == (0, False)

    ports.write(PCI + 0x10, 0, 4)
    ports.write(PCI + 8, 0b1111, 4)  # these don't go
    assert all(name in emulator.monitor.command("info qtree") for name in ("i440FX", "PIIX4_PM", "VGA", 'id "br"'))
    assert "can't go" in emulator.monitor.command("device_del br")


def test_a_card_that_is_asked_for_goes_with_a_reset(still):
    emulator, _ = still("-net", "none")
    emulator.monitor.command("device_add e1000,id=a")
    emulator.monitor.command("device_add e1000,id=b")
    emulator.monitor.command("device_del a")
    emulator.monitor.command("system_reset")
    tree = emulator.monitor.command("info qtree")
    assert ('id "a"' in tree, 'id "b"' in tree) == (False, True)


@pytest.mark.parametrize("switch,root,bridge", [
    ("acpi-root-pci-hotplug", False, True),
    ("acpi-pci-hotplug-with-bridge-support", True, False),
])
def test_pci_hotplug_is_switched_off(still, switch, root, bridge):
    emulator, _ = still("-net", "none", "-device", "pci-bridge,id=br,chassis_nr=1", "-global", f"PIIX4_PM.{switch}=off")
    for bus, works in (("pci.0", root), ("br", bridge)):
        answer = emulator.monitor.command(f"device_add e1000,bus={bus}").strip()
        assert answer == ("" if works else f"Error: Bus '{bus}' does not support hotplugging")


def test_what_is_on_a_root_bus_without_hotplug_stays(still):
    emulator, ports = still("-net", "none", "-device", "e1000,id=a,addr=5", "-global", "PIIX4_PM.acpi-root-pci-hotplug=off")
    assert ports.read(PCI + 0xc, 4) == 0
    ports.write(PCI + 8, 1 << 5, 4)
    assert 'id "a"' in emulator.monitor.command("info qtree")


def test_cards_of_root_ports_are_announced_and_ejected(start):
    """At `q35`'s ports; of a slot with hotplug=off nothing is said."""
    emulator = start("-machine", "q35", "-S", "-net", "none", "-device", "pcie-root-port,id=a,chassis=1,addr=2.0,multifunction=on",
                     "-device", "pcie-root-port,id=off,hotplug=off,chassis=2,addr=2.1", "-device", "pcie-root-port,id=b,chassis=3,addr=2.2")
    ports = Ports(emulator)

    def slots(bus, at):
        ports.write(0xcd0, bus, 4)
        return ports.read(0xcc0 + at, 4)

    assert [slots(bus, 0xc) for bus in range(4)] == [0, 1, 1, 0]
    assert emulator.monitor.command("device_add e1000e,id=x,bus=b").strip() == ""
    assert [slots(bus, 0) for bus in (0, 1, 2, 2)] == [0, 0, 1, 0]
    assert "is occupied" in emulator.monitor.command("device_add e1000e,bus=b")
    assert "expects slot 0" in emulator.monitor.command("device_add e1000e,bus=a,addr=1")
    for bus in ("off", "pcie.0"):
        assert "does not support hotplugging" in emulator.monitor.command(f"device_add e1000e,bus={bus}")
    emulator.monitor.command("device_del x")
    assert (slots(2, 4), 'id "x"' in emulator.monitor.command("info qtree")) == (1, True)
    ports.write(0xcc8, 1, 4)
    assert (slots(2, 4), 'id "x"' in emulator.monitor.command("info qtree")) == (0, False)
    assert emulator.monitor.command("device_add e1000e,id=x,bus=b").strip() == ""


def test_root_ports_tell_of_cards_themselves_without_acpi(start):
    """The slot's status says that its button was pressed."""
    for options, status in ((["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"], 0x49), (["-no-acpi"], 0x49), ([], 0x40)):
        emulator = start("-machine", "q35", "-S", "-net", "none", "-device", "pcie-root-port,id=a,addr=2", *options)
        ports = Ports(emulator)
        assert emulator.monitor.command("device_add e1000e,bus=a").strip() == ""
        at = ports.config_read(2, 0, 0x34)
        while ports.config_read(2, 0, at) != 0x10:
            at = ports.config_read(2, 0, at + 1)
        assert ports.config_read(2, 0, at + 0x1a, 2) == status


# ---- CPUs ----


def numbers(emulator):
    return [int(n) for n in re.findall(r"CPU #(\d)", emulator.monitor.command("info cpus"))]


def add_cpu(emulator, properties):
    return emulator.monitor.command(f"device_add qemu64-x86_64-cpu,{properties}").strip()


def wait_until_gone(emulator, name):
    """A CPU leaves once its thread has ended; Linux forgets a card before it ejects it."""
    deadline = time.monotonic() + 60
    while name in emulator.monitor.command("info qom-tree /machine/peripheral"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_cpu_is_announced_and_ejected(still):
    emulator, ports = still("-cpu", "qemu64", "-smp", "1,maxcpus=4,sockets=2,cores=2")

    def status(n):
        ports.write(CPUS, n, 4)
        return ports.read(CPUS + 4)

    def next_event(start=0):
        ports.write(CPUS, start, 4)
        ports.write(CPUS + 5, 0)
        return ports.read(CPUS + 8, 4)

    assert [status(n) for n in range(5)] == [1, 0, 0, 0, 0]
    assert next_event(2) == 2
    assert add_cpu(emulator, "id=c,socket-id=1,core-id=0,thread-id=0") == ""
    assert numbers(emulator) == [0, 2]
    assert ports.read(GPE_STATUS) == 1 << 2
    assert (next_event(), next_event(3)) == (2, 2)
    assert ports.read(CPUS + 4) == 0b011
    ports.write(CPUS + 4, 0b010)
    assert (status(2), next_event(1)) == (0b001, 1)
    ports.write(CPUS, 2, 4)
    ports.write(CPUS + 5, 3)
    assert (ports.read(CPUS + 8, 4), ports.read(CPUS, 4)) == (2, 0)

    emulator.monitor.command("device_del c")
    assert (next_event(), status(2)) == (2, 0b101)
    ports.write(CPUS + 4, 0b100)
    assert ports.read(CPUS + 12) == 0  # this board's firmware has no part in it; the bit is there
    ports.write(CPUS + 4, 0b10000)
    assert (next_event(), status(2)) == (2, 0b10001)
    ports.write(CPUS + 4, 0b1000)
    assert status(2) == 0  # at once, though its thread ends in its own time
    wait_until_gone(emulator, "/c ")
    assert numbers(emulator) == [0]
    ports.write(CPUS, 0, 4)
    ports.write(CPUS + 4, 0b1000)  # the first one stays
    ports.write(CPUS, 9, 4)
    ports.write(CPUS + 4, 0b1111)
    assert numbers(emulator) == [0]
    assert "Boot CPU is unpluggable" in emulator.monitor.command("device_del /machine/unattached/device[0]")


def test_a_cpu_that_is_plugged_in_meets_breakpoints(start, tmp_path):
    """The first CPU wakes the new one up: its first instruction is where GDB has set a breakpoint before."""
    where, apic_id = 0x8000, 2
    table, pointer = 0x100, 0x120
    code = bytes.fromhex(
        f"66 2e0f0116{pointer.to_bytes(2, 'little').hex()}"  # lgdt: a flat segment of data
        "0f20c0 0c01 0f22c0 bb0800 8edb 24fe 0f22c0"  # which DS keeps after a moment in protected mode
        "66bb0003e0fe"  # EBX: the local APIC's command register
        f"6766c74310000000{apic_id:02x} 6766c70300450000"  # INIT
        f"6766c703{where >> 12:02x}460000"  # start-up
        "ebfe")
    rom = bytearray(b"\xf4" * 0x10000)
    rom[:len(code)] = code
    rom[table:table + 16] = bytes.fromhex("0000000000000000 ffff00000092cf00")
    rom[pointer:pointer + 6] = bytes.fromhex("0f00") + (0xffff0000 + table).to_bytes(4, "little")
    rom[0xfff0:0xfff3] = bytes.fromhex("e90d00")  # to its begin
    image = tmp_path / "rom"
    image.write_bytes(rom)
    path = str(tmp_path / "gdb")
    emulator = start("-machine", "pc", "-cpu", "qemu64", "-smp", "1,maxcpus=4,sockets=2,cores=2", "-S", "-bios", image,
                     "-gdb", f"unix:{path}")
    remote = Remote(path)
    remote.no_ack()
    remote.write_memory(where, bytes.fromhex("ebfe"))
    remote.expect_ok(f"Z0,{where:x},1")
    assert add_cpu(emulator, f"id=c,socket-id={apic_id >> 1},core-id={apic_id & 1},thread-id=0") == ""
    reply = remote.ask("c")
    assert reply.startswith("T05") and "thread:03" in reply
    remote.close()


def test_the_first_cpu_stays_without_acpi_too(still):
    emulator, _ = still("-no-acpi")
    assert "Boot CPU is unpluggable" in emulator.monitor.command("device_del /machine/unattached/device[0]")


def test_instructions_are_counted_of_one_cpu(sysemu):
    result = run(sysemu, "-machine", "pc", "-display", "none", "-S", "-icount", "shift=1", "-smp", "1,maxcpus=2")
    assert result.returncode == 1
    assert "-icount counts one processor's instructions: not with -smp 2" in result.stdout


def test_a_loader_does_without_a_cpu_that_has_gone(still):
    emulator, ports = still("-cpu", "qemu64", "-smp", "1,maxcpus=2", "-device", "qemu64-x86_64-cpu,id=c,apic-id=1", "-device", "loader,addr=0x1000,cpu-num=1")
    ports.write(CPUS, 1, 4)
    ports.write(CPUS + 4, 0b1000)
    wait_until_gone(emulator, "/c ")
    emulator.monitor.command("system_reset")
    assert numbers(emulator) == [0]


def test_places_for_cpus(still):
    emulator, ports = still("-cpu", "qemu64", "-smp", "1,maxcpus=4", "-device", "qemu64-x86_64-cpu,apic-id=3")
    for properties, refusal in [
        ("socket-id=0,core-id=1", "CPU thread-id is not set"),
        ("socket-id=0,core-id=4,thread-id=0", "Invalid CPU core-id: 4 must be in range 0:3"),
        ("socket-id=1,core-id=1,thread-id=0", "Invalid CPU socket-id: 1 must be in range 0:0"),
        ("socket-id=0,core-id=1,thread-id=1", "Invalid CPU thread-id: 1 must be in range 0:0"),
        ("apic-id=4", "Invalid CPU with APIC ID 4, valid index range 0:3"),
        ("apic-id=3", r"CPU\[3\] with APIC ID 3 exists"),
        ("apic-id=2,core-id=1", "APIC ID 2 is that of socket-id=0,core-id=2,thread-id=0 .*"),
    ]:
        answer = add_cpu(emulator, properties)
        assert re.fullmatch("Error: " + refusal, answer), answer
    assert "expected cpu type: 'qemu64-x86_64-cpu'" in emulator.monitor.command("device_add max-x86_64-cpu,apic-id=1")
    spaces = emulator.monitor.command("info mtree").count("address-space: ")
    assert "tsc-frequency must not be 0 Hz" in add_cpu(emulator, "apic-id=1,tsc-frequency=0")
    assert emulator.monitor.command("info mtree").count("address-space: ") == spaces
    assert numbers(emulator) == [0, 3]
    assert ports.cmos(0x5f) == 1
    assert add_cpu(emulator, "apic-id=1") == ""
    assert ports.cmos(0x5f) == 2
    assert ports.fw_cfg(5, 2) == b"\3\0"


# ---- What ACPI tells of from the start, and what ends a machine ----


def test_the_generation_id_is_a_file_for_firmware(still):
    emulator, ports = still("-device", "vmgenid,guid=324E6EAF-d1d1-4bf6-bf41-b9bb6c91fb87")
    assert emulator.monitor.command("info vm-generation-id").strip().lower() == "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"
    count = int.from_bytes(ports.fw_cfg(0x19, 4), "big")
    entries = ports.fw_cfg(0x19, 4 + 64 * count)[4:]
    files = {entry[8:].rstrip(b"\0"): int.from_bytes(entry[4:6], "big") for entry in (entries[i:i + 64] for i in range(0, len(entries), 64))}
    assert b"etc/vmgenid_addr" in files
    assert ports.fw_cfg(files[b"etc/vmgenid_guid"], 56)[40:] == bytes.fromhex("af6e4e32d1d1f64bbf41b9bb6c91fb87")


@pytest.mark.parametrize("args,message", [
    (["-device", "vmgenid", "-device", "vmgenid"], "at most one vmgenid device is permitted"),
    (["-device", "vmgenid,guid=x"], "Property 'vmgenid.guid' doesn't take value 'x'"),
    (["-no-acpi", "-device", "vmgenid"], "needs ACPI"),
    (["-machine", "isapc", "-device", "vmgenid"], "needs ACPI"),
    (["-device", "pvpanic", "-device", "pvpanic,ioport=0x600"], "pvpanic: there is one already"),
    (["-watchdog-action", "bark"], "Unknown -watchdog-action parameter 'bark'"),
    (["-action", "panic=bark"], "Parameter 'panic' does not accept value 'bark'"),
])
def test_what_else_is_refused(sysemu, args, message):
    result = run(sysemu, "-machine", "pc", "-display", "none", "-S", *args)
    assert result.returncode == 1
    assert message in result.stdout, result.stdout


def until_status(emulator, wanted):
    deadline = time.monotonic() + 60
    while wanted not in emulator.monitor.command("info status"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("action,status,code", [("pause", "paused (guest-panicked)", 0), ("none", "running", 0), ("shutdown", None, 0),
                                                ("exit-failure", None, 1)])
def test_a_guest_that_has_crashed(start, action, status, code):
    emulator = start("-machine", "pc", "-device", "pvpanic", "-action", f"panic={action}")
    ports = Ports(emulator)
    assert ports.read(0x505) == 3
    emulator.monitor.send("o/b 0x505 1\r")
    if status:
        emulator.monitor.command("")
        until_status(emulator, status)
        assert emulator.quit() == 0
    else:
        assert emulator.wait(60) == code


def test_a_watchdog_that_runs_out(start):
    emulator = start("-machine", "pc", "-device", "ib700", "-watchdog-action", "pause")
    ports = Ports(emulator)
    ports.write(0x443, 0)  # in 30 s
    ports.write(0x441, 0)
    ports.write(0x443, 15)  # at once
    until_status(emulator, "paused (watchdog)")


# ---- Linux ----


def until(emulator, command, wanted):
    """The guest's ACPI code works when it likes: it is asked until it has done so."""
    said(emulator, f"while ! ({command}) | grep -q '{wanted}'; do sleep 0.1; done")


def a_cpu_comes_and_goes(emulator):
    assert add_cpu(emulator, "id=cpu,socket-id=0,core-id=1,thread-id=0") == ""
    until(emulator, "ls /sys/devices/system/cpu/cpu1", "online")
    assert said(emulator, "echo 1 > /sys/devices/system/cpu/cpu1/online; nproc").strip() == "2"
    emulator.monitor.command("device_del cpu")
    until(emulator, "nproc", "1")
    wait_until_gone(emulator, "/cpu ")


def test_linux_takes_and_gives_back(start, guest_image):
    emulator = start("-machine", "pc", "-m", "256,slots=2,maxmem=2G", "-cpu", "qemu64", "-smp", "1,maxcpus=2", "-net", "none", "-kernel", guest_image("amd64/vmlinuz"),
                     "-device", "pci-bridge,id=br,chassis_nr=1", "-device", "vmgenid", "-device", "pvpanic",
                     "-initrd", guest_image("amd64/initramfs.cpio"),
                     "-append", f"console=ttyS0 quiet nokaslr memhp_default_state=online_movable {PATIENT_LINUX}", timeout=240)
    emulator.serial[0].expect("AMD64-GUEST-UP")
    emulator.serial[0].expect(SHELL)

    assert "QEMUVGID:00/driver" in said(emulator, "ls -d /sys/bus/acpi/devices/*/driver")
    assert "0505-0505 : QEMU0001:00" in said(emulator, "cat /proc/ioports")
    before = said(emulator, "free -m | grep Mem").split()[1]
    assert add_module(emulator, "d1", "128M") == ""
    until(emulator, "cat /sys/devices/system/memory/memory32/state", "online")
    assert int(said(emulator, "free -m | grep Mem").split()[1]) == int(before) + 128
    emulator.monitor.command("device_del d1")
    until(emulator, "ls /sys/devices/system/memory | grep -c memory32", "0")
    assert said(emulator, "free -m | grep Mem").split()[1] == before

    for bus, place in (("pci.0,addr=7", "0000:00:07.0"), ("br,addr=5", "0000:01:05.0")):
        assert emulator.monitor.command(f"device_add e1000,id=card,bus={bus}").strip() == ""
        until(emulator, f"ls /sys/bus/pci/devices/{place}/net", "eth0")
        emulator.monitor.command("device_del card")
        until(emulator, f"ls -d /sys/bus/pci/devices/{place} | wc -l", "0")
        wait_until_gone(emulator, "/card ")

    for _ in range(2):
        a_cpu_comes_and_goes(emulator)
    assert "ACPI Error" not in said(emulator, "dmesg")
    assert emulator.quit() == 0


@pytest.mark.takes_long
def test_linux_on_q35_takes_and_gives_back(start, guest_image):
    """The same on ICH9, with cards behind root ports, which Linux leaves to ACPI."""
    emulator = start("-machine", "q35", "-m", "256,slots=2,maxmem=2G", "-cpu", "qemu64", "-smp", "1,maxcpus=2", "-nic", "none",
                     "-device", "pcie-root-port,id=a,slot=3,chassis=1,addr=2.0,multifunction=on", "-device", "pcie-root-port,id=b,slot=5,chassis=2,addr=2.1",
                     "-device", "vmgenid", "-blockdev", "driver=null-co,node-name=disk,size=16M",
                     "-kernel", guest_image("amd64/vmlinuz"), "-initrd", guest_image("amd64/initramfs.cpio"),
                     "-append", f"console=ttyS0 quiet nokaslr memhp_default_state=online_movable {PATIENT_LINUX}", timeout=240)
    emulator.serial[0].expect("AMD64-GUEST-UP")
    emulator.serial[0].expect(SHELL)

    assert said(emulator, "ls /sys/bus/pci/slots").split() == ["3", "5"]
    assert "QEMUVGID:00/driver" in said(emulator, "ls -d /sys/bus/acpi/devices/*/driver")
    for card, bus, number, driver in (("virtio-net-pci", "a", 1, "virtio-pci"), ("nvme,serial=x,drive=disk", "b", 2, "nvme")):
        assert emulator.monitor.command(f"device_add {card},id=card,bus={bus}").strip() == ""
        until(emulator, f"ls -l /sys/bus/pci/devices/0000:0{number}:00.0/driver", driver)
        emulator.monitor.command("device_del card")
        until(emulator, f"ls -d /sys/bus/pci/devices/0000:0{number}:00.0 | wc -l", "0")
        wait_until_gone(emulator, "/card ")
    assert add_module(emulator, "d1", "128M") == ""
    until(emulator, "cat /sys/devices/system/memory/memory32/state", "online")
    emulator.monitor.command("device_del d1")
    until(emulator, "ls /sys/devices/system/memory | grep -c memory32", "0")
    a_cpu_comes_and_goes(emulator)
    assert "ACPI Error" not in said(emulator, "dmesg")
    assert emulator.quit() == 0
