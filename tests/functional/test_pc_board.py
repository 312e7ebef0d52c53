"""The `pc` board: its memory map, chips' registers as the monitor's port commands reach them, SeaBIOS to its end, Debian's amd64 kernel
by -kernel to a shell, and what is refused.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import struct
import time

import pytest

from sysemu import PATIENT_LINUX, run

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")
SHELL = "/ # "

if not SEABIOS.exists():
    pytest.skip(f"{SEABIOS} is not there (scripts/install-deps installs it)", allow_module_level=True)


UNITS = {1: "b", 2: "h", 4: "w"}


class Ports:
    """Accesses to ports as the CPU makes them, by the monitor of a machine that stands still."""

    def __init__(self, emulator):
        self.emulator = emulator

    def read(self, port, size=1):
        answer = self.emulator.monitor.command(f"i/{UNITS[size]} {port:#x}")
        return int(answer.rsplit("=", 1)[1], 16)

    def write(self, port, value, size=1):
        self.emulator.monitor.command(f"o/{UNITS[size]} {port:#x} {value:#x}")

    def select(self, slot, function, register):
        self.write(0xcf8, 0x80000000 | slot << 11 | function << 8 | register & ~3, 4)
        return 0xcfc + register % 4

    def config_read(self, slot, function, register, size=1):
        return self.read(self.select(slot, function, register), size)

    def config_write(self, slot, function, register, value, size=1):
        self.write(self.select(slot, function, register), value, size)

    def cmos(self, register):
        self.write(0x70, register)
        return self.read(0x71)

    def fw_cfg(self, key, size):
        self.write(0x510, key, 2)
        return bytes(self.read(0x511) for _ in range(size))


@pytest.fixture
def still(start):
    """still(*args): the machine before its first instruction, and its ports."""
    def begin(*args):
        emulator = start("-machine", "pc", "-S", *args)
        return emulator, Ports(emulator)
    return begin


# ---- What is there ----


MAP = """
    0000000000000000-0000000007ffffff (prio 0, ram): alias ram-below-4g @pc.ram 0000000000000000-0000000007ffffff
    0000000000000000-ffffffffffffffff (prio -1, i/o): pci
      00000000000c0000-00000000000dffff (prio 1, rom): pc.rom
      00000000000e0000-00000000000fffff (prio 1, rom): alias isa-bios @pc.bios 0000000000020000-000000000003ffff
      00000000fffc0000-00000000ffffffff (prio 0, rom): pc.bios
    00000000000a0000-00000000000bffff (prio 1, i/o): alias smram-region @pci 00000000000a0000-00000000000bffff
    00000000000c0000-00000000000c3fff (prio 1, i/o): alias pam-pci @pci 00000000000c0000-00000000000c3fff
    00000000000f0000-00000000000fffff (prio 1, i/o): alias pam-pci @pci 00000000000f0000-00000000000fffff
    00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic
    00000000fed00000-00000000fed003ff (prio 0, i/o): hpet
    00000000fee00000-00000000feefffff (prio 4096, i/o): apic-msi
    0000000000000020-0000000000000021 (prio 0, i/o): pic
    0000000000000060-0000000000000060 (prio 0, i/o): i8042-data
    00000000000000b2-00000000000000b3 (prio 0, i/o): apm-io
    00000000000003f8-00000000000003ff (prio 0, i/o): serial
    0000000000000510-0000000000000511 (prio 0, i/o): fwcfg
    0000000000000514-000000000000051b (prio 0, i/o): fwcfg.dma
    0000000000000cf8-0000000000000cfb (prio 0, i/o): pci-conf-idx
    0000000000000cf9-0000000000000cf9 (prio 1, i/o): piix3-reset-control
    0000000000000cfc-0000000000000cff (prio 0, i/o): pci-conf-data
"""


def test_the_map_is_laid_out_as_on_qemus_board(still):
    emulator, _ = still()
    there = emulator.monitor.command("info mtree").split("\n")
    assert [line for line in MAP.strip("\n").split("\n") if line not in there] == []


@pytest.mark.parametrize("megabytes,machine,below,above", [
    (3583, "pc", 3583, 0),
    (3584, "pc", 3072, 512),
    (4096, "pc", 3072, 1024),
    (3000, "pc,max-ram-below-4g=1G", 1024, 1976),
])
def test_ram_goes_on_behind_the_pci_hole(start, megabytes, machine, below, above):
    emulator = start("-machine", machine, "-m", megabytes, "-S")
    tree = emulator.monitor.command("info mtree")
    assert f"0000000000000000-{(below << 20) - 1:016x} (prio 0, ram): alias ram-below-4g @pc.ram" in tree
    high = f"0000000100000000-{0x100000000 + (above << 20) - 1:016x} (prio 0, ram): alias ram-above-4g @pc.ram {below << 20:016x}-"
    assert (high in tree) == (above > 0)
    ports = Ports(emulator)
    assert ports.cmos(0x34) | ports.cmos(0x35) << 8 == (below - 16) * 16
    assert ports.cmos(0x5b) | ports.cmos(0x5c) << 8 | ports.cmos(0x5d) << 16 == above * 16


def test_devices_are_where_guests_expect_them(still):
    emulator, _ = still()
    found = re.findall(r"Bus +0, device +(\d+), function (\d+):\n +([^:]+): PCI device ([0-9a-f:]+)", emulator.monitor.command("info pci"))
    assert found == [
        ("0", "0", "Host bridge", "8086:1237"), ("1", "0", "ISA bridge", "8086:7000"), ("1", "1", "IDE controller", "8086:7010"),
        ("1", "3", "Bridge", "8086:7113"), ("2", "0", "VGA controller", "1234:1111"), ("3", "0", "Ethernet controller", "8086:100e"),
    ]
    tree = emulator.monitor.command("info qtree")
    for device in ("i440FX-pcihost", "PIIX3", "isa-i8259", "i8257", "isa-pit", "mc146818rtc", "isa-serial", "i8042", "port92",
                   "PIIX4_PM", "smbus-eeprom", "fw_cfg_io", "ioapic"):
        assert f"dev: {device}, id" in tree, device


def test_cards_can_be_left_out(still):
    emulator, _ = still("-vga", "none", "-net", "none")
    assert "VGA" not in emulator.monitor.command("info pci")
    emulator.kill()
    emulator, _ = still("-nodefaults", "-device", "VGA,addr=5")
    assert re.findall(r"device +(\d+), function 0:\n +VGA", emulator.monitor.command("info pci")) == ["5"]


def test_a_cirrus_card_takes_the_vgas_place(still):
    emulator, ports = still("-vga", "cirrus")
    assert ports.config_read(2, 0, 0, 4) == 0x00b81013
    ports.config_write(2, 0, 0x10, 0xf0000000, 4)
    ports.config_write(2, 0, 0x14, 0xf2000000, 4)
    ports.config_write(2, 0, 4, 0x03, 2)
    tree = emulator.monitor.command("info mtree").replace("\r", "")
    for line in ("00000000f0000000-00000000f1ffffff (prio 1, i/o): cirrus-pci-bar0", "00000000f2000000-00000000f2000fff (prio 1, i/o): cirrus-mmio",
                 "00000000000003b0-00000000000003df (prio 0, i/o): cirrus-io"):
        assert line in tree
    ports.write(0x3d4, 0x27)
    assert ports.read(0x3d5) == 0xb8


def test_both_programs_for_pcs_have_it(sysemu):
    for name in ("qemu-system-x86_64", "qemu-system-i386"):
        listed = run(sysemu.parent / name, "-machine", "help").stdout
        assert "pc-i440fx-7.2" in listed and "(alias of pc-i440fx-7.2)" in listed and "(default)" in listed


@pytest.mark.parametrize("name", ["qemu-system-x86_64", "qemu-system-i386"])
def test_the_default_cpu_is_everything_that_is_there(start, sysemu, name):
    def types(*args):
        emulator = start("-machine", "pc", "-S", *args, program=sysemu.parent / name)
        return re.findall(r"/device\[0\] \((\S+-x86_64-cpu|\S+-i386-cpu)\)", emulator.monitor.command("info qom-tree"))
    assert [kind.split("-")[0] for kind in types()] == ["max"]
    assert [kind.split("-")[0] for kind in types("-cpu", "qemu64")] == ["qemu64"]


@pytest.mark.parametrize("version,properties,cores", [
    ("7.2", {"queue_reset": "true", "num-queues": "4", "queue-size": "256", "edid": "true"}, 4),
    ("7.1", {"queue_reset": "false", "num-queues": "4", "queue-size": "256", "edid": "true"}, 4),
    ("5.1", {"queue_reset": "false", "num-queues": "1", "queue-size": "256", "edid": "true"}, 1),
    ("4.0", {"queue_reset": "false", "num-queues": "1", "queue-size": "128", "edid": "false"}, 1),
])
def test_older_versions_are_as_they_were(start, tmp_path, version, properties, cores):
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    emulator = start("-machine", f"pc-i440fx-{version}", "-S", "-smp", "4", "-net", "none", "-drive", f"if=virtio,format=raw,file={image}")
    tree = emulator.monitor.command("info qtree")
    there = dict(re.findall(r"([\w-]+) = (.*?)\r?\n", tree))
    assert {name: there[name].split(" (")[0] for name in properties} == properties
    assert f'"cores": {cores}' in emulator.monitor.command("qom-get /machine smp")


# ---- i440FX ----


def test_a_double_word_reaches_the_address_register_past_the_reset_register(still):
    _, ports = still()
    ports.write(0xcf8, 0x80000000, 4)
    assert ports.read(0xcf8, 4) == 0x80000000
    assert ports.read(0xcfc, 4) == 0x12378086
    ports.write(0xcf9, 0x02)
    assert ports.read(0xcf9) == 0x02
    assert ports.read(0xcf8, 4) == 0x80000000


def test_pam_registers_show_ram_or_the_bus(still):
    emulator, ports = still()
    ports.config_write(0, 0, 0x59, 0x30)
    ports.config_write(0, 0, 0x5a, 0x31)
    tree = emulator.monitor.command("info mtree")
    assert "00000000000f0000-00000000000fffff (prio 1, ram): alias pam-ram @pc.ram 00000000000f0000-" in tree
    assert "00000000000c4000-00000000000c7fff (prio 1, ram): alias pam-ram @pc.ram 00000000000c4000-" in tree
    assert re.search(r"00000000000c0000-00000000000c3fff \(prio 1, \w+\): alias pam-rom @pc.ram", tree)
    assert "00000000000e0000-00000000000e3fff (prio 1, i/o): alias pam-pci" in tree
    emulator.monitor.command("system_reset")
    assert "pam-ram" not in emulator.monitor.command("info mtree")


@pytest.mark.parametrize("machine,register", [("pc", 0x59), ("q35", 0x90)])
def test_firmware_copies_itself_to_the_ram_behind_it(start, tmp_path, machine, register):
    """Its last 64 KiB are for writing only while it does, and executed all the time; then they are RAM for reading only."""
    code = bytes.fromhex(
        "b800f0 8ed8 8ec0 31f6"  # DS, ES: F000; SI: 0
        f"66b8{register & ~3:02x}000080 baf80c 66ef"  # the register, at port cfc + n
        f"ba{0xfc + register % 4:02x}0c b020 ee"  # write only
        "31ff b90080 fc f3a5"  # the whole of it, over itself
        "c606009057 8a1e0090"  # 'W' to F000:9000: the ROM's is read
        "b010 ee 8a3e0090"  # read only: the RAM's is
        "c606009058 8a0e0090"  # 'X' isn't written
        "88d8 e6e9 88f8 e6e9 88c8 e6e9 f4 ebfe")
    rom = bytearray(b"R" * 0x10000)
    rom[:len(code)] = code
    rom[0xfff0:0xfff5] = bytes.fromhex("ea000000f0")
    (tmp_path / "rom").write_bytes(rom)
    emulator = start("-machine", machine, "-bios", tmp_path / "rom", "-debugcon", f"file:{tmp_path}/said")
    deadline = time.monotonic() + 30
    said = tmp_path / "said"
    while not (said.exists() and len(said.read_bytes()) == 3) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert said.read_bytes() == b"RWW"
    emulator.monitor.command("system_reset")  # to be done again
    assert emulator.quit() == 0


def test_smram_opens_and_locks(still):
    emulator, ports = still()
    window = "(prio 1, i/o): alias smram-region"
    assert ports.config_read(0, 0, 0x72) == 0x02
    ports.config_write(0, 0, 0x72, 0x4a)
    assert window not in emulator.monitor.command("info mtree")
    ports.config_write(0, 0, 0x72, 0x1a)
    assert window in emulator.monitor.command("info mtree")
    ports.config_write(0, 0, 0x72, 0x4a)
    assert ports.config_read(0, 0, 0x72) == 0x1a


# ---- PIIX3, PIIX4 ----


def power_management(ports):
    """As firmware maps it."""
    ports.config_write(1, 3, 0x40, 0x601, 4)
    ports.config_write(1, 3, 0x80, 0x01)
    ports.config_write(1, 3, 0x90, 0x701, 4)
    return 0x600


def test_the_power_button_is_seen_and_cleared(still):
    emulator, ports = still()
    base = power_management(ports)
    assert ports.read(base, 2) & 0x100 == 0
    emulator.monitor.command("system_powerdown")
    assert ports.read(base, 2) & 0x100
    ports.write(base, 0x100, 2)
    assert ports.read(base, 2) & 0x100 == 0


def test_acpi_mode_is_asked_for_by_a_command(still):
    _, ports = still()
    base = power_management(ports)
    for command, enabled in ((0xf1, 1), (0xf0, 0)):
        ports.write(0xb2, command)
        assert ports.read(base + 4, 2) & 1 == enabled
    ports.write(0xb3, 0x5a)
    assert ports.read(0xb3) == 0x5a


def test_soft_off_ends_the_program(start):
    emulator = start("-machine", "pc", "-S")
    ports = Ports(emulator)
    emulator.monitor.send(f"o/h {power_management(ports) + 4:#x} 0x2000\r")
    assert emulator.wait() == 0


def test_eeproms_answer_on_the_smbus(still):
    _, ports = still()
    power_management(ports)

    def read_byte(address, command):
        ports.write(0x700, 0xff)
        ports.write(0x703, command)
        ports.write(0x704, address << 1 | 1)
        ports.write(0x702, 0x48)
        return ports.read(0x700), ports.read(0x705)

    assert read_byte(0x50, 0)[0] == 0x02
    assert read_byte(0x20, 0)[0] == 0x04


def test_the_reset_register_resets_the_machine(start):
    emulator = start("-machine", "pc", "-S", "-no-reboot")
    emulator.monitor.send("o/b 0xcf9 0x06\r")
    assert emulator.wait() == 0


# ---- What firmware is told ----


def test_firmware_is_told_of_the_machine(still):
    _, ports = still("-smp", "2", "-m", "256", "-boot", "order=dc,menu=on")
    assert ports.fw_cfg(0, 4) == b"QEMU"
    assert struct.unpack("<Q", ports.fw_cfg(3, 8)) == (256 << 20,)
    assert struct.unpack("<H", ports.fw_cfg(5, 2)) == (2,)
    assert struct.unpack("<H", ports.fw_cfg(0x0e, 2)) == (1,)
    assert struct.unpack("<I", ports.fw_cfg(0x8002, 4)) == (1,)
    assert ports.cmos(0x3d) == 0x23
    assert ports.cmos(0x5f) == 1
    count, = struct.unpack(">I", ports.fw_cfg(0x19, 4))
    directory = ports.fw_cfg(0x19, 4 + 64 * count)[4:]
    files = {entry[8:].rstrip(b"\0").decode(): struct.unpack(">IH", entry[:6])
             for entry in (directory[i:i + 64] for i in range(0, len(directory), 64))}
    assert {"etc/acpi/rsdp", "etc/acpi/tables", "etc/table-loader", "etc/e820", "etc/boot-fail-wait"} <= set(files)
    size, key = files["etc/e820"]
    assert [struct.unpack("<QQI", part) for part in [ports.fw_cfg(key, size)]] == [(0, 256 << 20, 1)]


def test_the_boot_order_can_change(still):
    emulator, ports = still()
    assert (ports.cmos(0x3d), ports.cmos(0x38)) == (0x12, 0x30)
    assert emulator.monitor.command("boot_set n") == "boot device list now set to n\n"
    assert (ports.cmos(0x3d), ports.cmos(0x38)) == (0x04, 0x00)


def test_old_switches_are_properties(still):
    emulator, ports = still("-no-acpi", "-no-hpet", "-no-fd-bootchk")
    assert "hpet" not in emulator.monitor.command("info mtree")
    assert ports.cmos(0x38) == 0x31
    count, = struct.unpack(">I", ports.fw_cfg(0x19, 4))
    assert b"etc/acpi" not in ports.fw_cfg(0x19, 4 + 64 * count)


# ---- What is refused ----


@pytest.mark.parametrize("args,message", [
    (["-bios", "no-such-file"], "could not find firmware 'no-such-file'"),
    (["-bios", __file__], "expected a multiple of 64 KiB"),
    (["-kernel", __file__], "is no kernel for PCs: neither Linux (bzImage) nor multiboot nor"),
    (["-kernel", "no-such-file"], "could not open 'no-such-file'"),
    (["-initrd", __file__], "-initrd"),
    (["-boot", "order=cdna"], "Too many boot devices for PC: 'cdna', at most three"),
    (["-boot", "order=p"], "Invalid boot device for PC: 'p'"),
    (["-machine", "pc,max-ram-below-4g=5G"], "expected at most 4G"),
    (["-machine", "pc,acpi=perhaps"], "acpi=perhaps: expected on, off or auto"),
    (["-cpu", "486", "-smp", "2"], "have no APIC, so there can be only one"),
])
def test_what_cant_be_is_refused(sysemu, args, message):
    machine = [] if "-machine" in args else ["-machine", "pc"]
    done = run(sysemu, *machine, *args, "-display", "none", "-monitor", "none", "-serial", "null", "-S")
    assert done.returncode == 1 and message in done.stdout


def bzimage(path, version=0x20c, flags=0x01, sectors=1, size=4096, cmdline_max=255):
    """A file that says of itself that it is a kernel; it is never started."""
    kernel = bytearray(max(size, 1024))
    kernel[0x1f1] = sectors
    struct.pack_into("<4sH", kernel, 0x202, b"HdrS", version)
    kernel[0x211] = flags
    struct.pack_into("<I", kernel, 0x22c, 0x7fffffff)
    struct.pack_into("<I", kernel, 0x238, cmdline_max)
    path.write_bytes(kernel[:size])
    return path


@pytest.mark.parametrize("kernel,args,message", [
    ({"flags": 0}, [], "is a zImage, expected a bzImage"),
    ({"version": 0x1ff}, [], "is a zImage, expected a bzImage"),
    ({"sectors": 64}, [], "has 4096 bytes, and says that its set-up code alone has 33280"),
    ({"size": 400}, [], "is no kernel for PCs: neither Linux (bzImage) nor multiboot nor"),
    ({}, ["-append", "x" * 256], "-append: 256 characters, this kernel takes 255 at most"),
    ({}, ["-append", "quiet vga=bright"], "vga=bright: expected normal, ext, ask or a number"),
    ({}, ["-m", "16", "-initrd", "16M"], "which don't fit behind the kernel into the 16 MB of RAM below 4 GiB"),
    ({"size": 9 << 20}, ["-m", "8"], "doesn't fit into the 8 MB of RAM below 4 GiB"),
])
def test_kernels_that_cant_be_started_are_refused(sysemu, tmp_path, kernel, args, message):
    initrd = tmp_path / "initrd"
    initrd.write_bytes(bytes(16 << 20))
    args = [initrd if arg == "16M" else arg for arg in args]
    done = run(sysemu, "-machine", "pc", "-kernel", bzimage(tmp_path / "kernel", **kernel), *args,
               "-display", "none", "-monitor", "none", "-serial", "null", "-S")
    assert done.returncode == 1 and message in done.stdout


def test_the_kernel_is_handed_on_with_its_header_filled_in(still, tmp_path):
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"initrd" * 1000)
    _, ports = still("-m", "64", "-kernel", bzimage(tmp_path / "kernel"), "-initrd", initrd, "-append", "quiet vga=0x123")
    setup = ports.fw_cfg(0x18, 0x240)
    loader, flags, initrd_at, initrd_size = setup[0x210], setup[0x211], *struct.unpack_from("<II", setup, 0x218)
    assert (loader, flags, initrd_size) == (0xff, 0x81, 6000)
    assert initrd_at % 4096 == 0 and initrd_at + 6000 <= 62 << 20
    assert struct.unpack_from("<H", setup, 0x1fa) == (0x123,)
    assert struct.unpack("<I", ports.fw_cfg(0x0a, 4)) == (initrd_at,)
    cmdline_at, = struct.unpack("<I", ports.fw_cfg(0x13, 4))
    assert struct.unpack_from("<I", setup, 0x228) == (cmdline_at,)
    assert ports.fw_cfg(0x15, 16) == b"quiet vga=0x123\0"
    assert struct.unpack("<I", ports.fw_cfg(0x08, 4)) == (4096 - 1024,)


# ---- Running ----


def test_seabios_finds_nothing_to_boot(start, tmp_path):
    debug = tmp_path / "debug"
    emulator = start("-machine", "pc", "-nographic", "-net", "none", "-debugcon", f"file:{debug}", "-global",
                     "isa-debugcon.iobase=0x402", timeout=120)
    emulator.serial[0].expect("SeaBIOS (version")
    emulator.serial[0].expect("No bootable device")
    said = debug.read_text(errors="replace")
    for line in ("Running on QEMU (i440fx)", "QEMU fw_cfg DMA interface supported", "Found 1 cpu(s) max supported 1 cpu(s)",
                 "Start SeaVGABIOS", "PS2 keyboard initialized"):
        assert line in said, line
    emulator.monitor.command("system_reset")
    emulator.serial[0].expect("No bootable device")
    assert emulator.quit() == 0


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_seabios_finds_devices_in_the_dsdt(start, tmp_path, machine):
    """Its parser knows no If and no CreateDWordField, and is silent about what it likes."""
    debug = tmp_path / "debug"
    emulator = start("-machine", machine, "-nographic", "-net", "none", "-debugcon", f"file:{debug}", "-global",
                     "isa-debugcon.iobase=0x402", timeout=120)
    emulator.serial[0].expect("No bootable device")
    said = debug.read_text(errors="replace")
    assert "parse error" not in said and "overrun" not in said
    assert "ACPI: parse DSDT" in said


# mov dx, 3f8h; then for each character: mov al, c; out dx, al; at last: hlt; jmp back
SECTOR = b"\xba\xf8\x03" + b"".join(b"\xb0%c\xee" % c for c in b"STARTED\n") + b"\xf4\xeb\xfd"


@pytest.mark.parametrize("size,args", [
    (1440 << 10, ["-boot", "a", "-drive", "if=floppy,format=raw,file={}"]),
    (4 << 20, ["-drive", "if=ide,format=raw,file={}"]),
    (4 << 20, ["-drive", "if=none,id=d,format=raw,file={}", "-device", "virtio-blk-pci,drive=d,bootindex=1"]),
])
def test_a_boot_sector_is_started(start, tmp_path, size, args):
    image = tmp_path / "image"
    image.write_bytes((SECTOR.ljust(510, b"\0") + b"\x55\xaa").ljust(size, b"\0"))
    emulator = start("-machine", "pc", "-net", "none", *(arg.format(image) for arg in args), timeout=120)
    emulator.serial[0].expect("STARTED")
    assert emulator.quit() == 0


@pytest.fixture
def linux(start, guest_image):
    """linux(architecture, *args): Debian's kernel at its shell. Not at a random address, since moving there takes time."""
    def boot(arch, *args):
        emulator = start("-machine", "pc", "-m", "256", "-net", "none", "-kernel", guest_image(f"{arch}/vmlinuz"),
                         "-initrd", guest_image(f"{arch}/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                         *args, timeout=240)
        emulator.serial[0].expect(f"{arch.upper()}-GUEST-UP")
        emulator.serial[0].expect(SHELL)
        return emulator
    return boot


def said(emulator, command):
    """A command's output in the guest. What is typed may be echoed twice, the marks come once."""
    serial = emulator.serial[0]
    serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
    return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]


def test_linux_comes_up_and_goes(linux):
    emulator = linux("amd64")
    assert "x86_64" in said(emulator, "uname -m")
    assert "e071f707df7bbeee2a6a1eb48011ddd0" in said(emulator, "seq 1 20000 | md5sum")
    for line in ("IO-APIC +4-edge +ttyS0", "IO-APIC +9-fasteoi +acpi", "IO-APIC +1-edge +i8042"):
        assert re.search(line, said(emulator, "cat /proc/interrupts")), line
    assert "ACPI Error" not in said(emulator, "dmesg")
    emulator.serial[0].send("poweroff -f\n")
    assert emulator.wait(60) == 0


@pytest.mark.takes_long
@pytest.mark.parametrize("arch,args", [("i386", []), ("i386", ["-machine", "acpi=off"]), ("amd64", ["-smp", "2"]), ("amd64", ["-m", "4G"])])
def test_linux_on_other_machines(linux, arch, args):
    emulator = linux(arch, *args)
    assert "e071f707df7bbeee2a6a1eb48011ddd0" in said(emulator, "seq 1 20000 | md5sum")
    assert said(emulator, "nproc").strip() == ("2" if "-smp" in args else "1")
    emulator.serial[0].send("reboot -f\n")
    emulator.serial[0].expect(f"{arch.upper()}-GUEST-UP")
    assert emulator.quit() == 0


def test_linux_sees_the_users_acpi_tables(linux, tmp_path):
    (tmp_path / "data").write_bytes(b"WHAT-IS-BEHIND-THE-HEADER\n")
    emulator = linux("amd64", "-acpitable", f"sig=OEM7,oem_id=ME,data={tmp_path / 'data'}")
    table = said(emulator, "cat /sys/firmware/acpi/tables/OEM7")
    assert table.startswith("OEM7") and "WHAT-IS-BEHIND-THE-HEADER" in table
    assert said(emulator, "dmesg | grep -c 'ACPI.*[Ee]rror'").strip() == "0"
