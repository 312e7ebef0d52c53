"""Kernels that the `pc` board starts by -kernel besides Linux's bzImage: multiboot and PVH, with a program of ours
(tests/guest/x86/boot32.c) that says what it was told.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import shutil
import struct
import subprocess

import pytest

import installedqemu
from conftest import ROOT
from sysemu import Timeout, run

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")
SOURCES = ROOT / "tests" / "guest" / "x86"
COMPILE = ["gcc", "-m32", "-march=i486", "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only",
           "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra",
           f"-Wl,--build-id=none,-T,{SOURCES}/boot32.lds,--no-warn-rwx-segments", SOURCES / "boot32.c"]

if not SEABIOS.exists():
    pytest.skip(f"{SEABIOS} is not there (scripts/install-deps installs it)", allow_module_level=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Kernels, and files to be modules."""
    if not shutil.which("gcc") or subprocess.run(["gcc", "-m32", "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    folder = tmp_path_factory.mktemp("boot")
    for name, options in {"multiboot": ["-DMULTIBOOT"], "addresses": ["-DADDRESSES"], "pvh": ["-DPVH"], "video": ["-DMULTIBOOT", "-DVIDEO"],
                          "low": ["-DMULTIBOOT", "-Wl,-Ttext=0x10000"], "nowhere": ["-DMULTIBOOT", "-Wl,-Ttext=0x9e000"],
                          "elf": []}.items():
        subprocess.run([*COMPILE, *options, "-o", folder / name], check=True)
    subprocess.run(["objcopy", "-O", "binary", folder / "addresses", folder / "flat"], check=True)
    (folder / "one").write_bytes(b"hello module")
    (folder / "two").write_bytes(b"x" * 9000)
    return folder


@pytest.fixture
def told(start):
    """told(folder, kernel, *args): the program's lines, without carriage returns."""
    def begin(folder, kernel, *args, machine="pc", timeout=120, **kwargs):
        emulator = start("-machine", machine, "-m", "64", "-net", "none", "-kernel", folder / kernel, *args, timeout=timeout, **kwargs)
        emulator.serial[0].expect("STARTED ")
        text = emulator.serial[0].expect("END\r\n")
        emulator.kill()
        return [line.strip() for line in text.splitlines()[:-1]]
    return begin


STATE = "if=00000000 cr0=00000001 cr4=00000000 limit=ffffffff bss=00000000"
LOW_RAM = "at=00000000 size=0009fc00 type=00000001"


def checksum(contents):
    return sum(byte * (i % 251 + 1) for i, byte in enumerate(contents)) & 0xffffffff


@pytest.mark.parametrize("kernel", ["multiboot", "low"])
def test_multiboot_with_modules(folder, told, kernel):
    modules = f"{folder}/one a b=c,{folder}/two,{folder}/one x,,y"
    lines = told(folder, kernel, "-append", "first second", "-initrd", modules)
    one, two = (f"size={len(data):08x} sum={checksum(data):08x}" for data in (b"hello module", b"x" * 9000))
    assert lines[0] == STATE
    assert lines[1].startswith("MULTIBOOT flags=0000024d lower=0000027f upper=0000f")
    assert lines[2:6] == [
        f"cmdline='{folder}/{kernel} first second'",
        f"module unaligned=00000000 {one} string='{folder}/one a b=c'",
        f"module unaligned=00000000 {two} string='{folder}/two'",
        f"module unaligned=00000000 {one} string='{folder}/one x,y'",
    ]
    assert lines[6] == f"range {LOW_RAM}"
    assert any(line.startswith("range at=00100000 size=03e") and line.endswith("type=00000001") for line in lines)


@pytest.mark.parametrize("kernel", ["addresses", "flat"])
def test_multiboot_by_the_headers_addresses(folder, told, kernel):
    lines = told(folder, kernel)
    assert lines[0] == STATE
    assert lines[2] == f"cmdline='{folder}/{kernel} '"


def test_pvh(folder, told):
    lines = told(folder, "pvh", "-append", "first second", "-initrd", folder / "two")
    assert lines[:4] == [
        STATE, "PVH magic=336ec578 version=00000001 modules=00000001", "cmdline='first second'",
        f"module unaligned=00000000 size={9000:08x} sum={checksum(b'x' * 9000):08x}",
    ]
    assert lines[4] == "rsdp first=20445352"
    assert lines[5] == f"range reserved=00000000 {LOW_RAM}"


def test_microvm_adds_to_linux_s_words_only(folder, told):
    """Where a multiboot kernel has its information Linux and PVH have the command line, which is for Linux."""
    if not pathlib.Path("/usr/share/seabios/bios-microvm.bin").exists():
        pytest.skip("bios-microvm.bin is not there (scripts/install-deps installs it)")
    args = ["-bios", "bios-microvm.bin", "-append", "first second"]
    multiboot = told(folder, "multiboot", *args, machine="microvm")
    assert multiboot[0] == STATE
    assert multiboot[2] == f"cmdline='{folder}/multiboot first second'"
    pvh = told(folder, "pvh", *args, machine="microvm")
    assert re.fullmatch(r"cmdline='first second tsc_early_khz=\d+ reboot=a'", pvh[2])


def test_the_installed_qemu_tells_the_same(folder, told):
    reference = installedqemu.find("qemu-system-x86_64")
    if not reference:
        pytest.skip("qemu-system-x86_64 is not installed")
    args = ["-append", "first second", "-initrd", f"{folder}/one a b=c,{folder}/two"]
    ours = told(folder, "multiboot", *args)
    try:
        theirs = told(folder, "multiboot", *args, program=reference, timeout=20)
    except Timeout: # 7.2 can stop in the middle of the guest's output
        pytest.skip("qemu-system-x86_64 didn't get to the program's end")
    same = [0, 2, 3, 4]
    assert [ours[i] for i in same] == [theirs[i] for i in same]


def test_a_wish_for_a_video_mode_is_no_obstacle(folder, start):
    emulator = start("-machine", "pc", "-net", "none", "-kernel", folder / "video", timeout=120)
    emulator.serial[0].expect("MULTIBOOT")
    assert "'video'" not in emulator.error_text() and "asks for a video mode" in emulator.error_text()


def header(flags, *addresses, at=0, size=4096):
    words = struct.pack(f"<{3 + len(addresses)}I", 0x1badb002, flags, -(0x1badb002 + flags) & 0xffffffff, *addresses)
    return bytes(at) + words + bytes(max(0, size - at - len(words)))


@pytest.mark.parametrize("contents,args,message", [
    (header(0x08), [], "wants what isn't in multiboot 0.6.96: flags 0008"),
    (header(0), [], "is no ELF file, and its header doesn't say where it belongs"),
    (header(0x10000, 0x100000, size=0), [], "its multiboot header isn't all there"),
    (header(0x10000, 0x100010, 0x100000, 0, 0, 0x100000), [], "says that it lies 16 bytes behind what is loaded, but it is at 0"),
    (header(0x10000, 0x100000, 0x100000, 0x102000, 0, 0x100000), [], "wants 00100000 to 00102000 loaded, the file has 4096 bytes"),
    (header(0x10000, 0x100000, 0x100000, 0x101000, 0x100800, 0x100000), [], "has the end of its BSS, 00100800, before"),
    (header(0x10000, 0x100000, 0x100000, 0, 0xf0000000, 0x100000), [], "doesn't fit into the 64 MB of RAM"),
    (header(0x10000, 0x1000, 0x1000, 0, 0, 0x1000), [], "expected them in 08000 to 9efff or above 1 MiB"),
    (header(0x10000, 0x100000, 0x100000, 0, 0, 0x100000), ["-initrd", "no-such-file a"], "-initrd: could not read 'no-such-file'"),
    (header(0x10000, 0x100000, 0x100000, 0, 0x3dff000, 0x100000), ["-initrd", __file__], "the modules don't fit"),
    ("nowhere", [], "expected them in 08000 to 9efff or above 1 MiB"),
    ("elf", [], "nor an ELF file with a PVH entry"),
    ("pvh", ["-append", "x" * 65536], "-append: 65536 characters, at most 65535 are handed on"),
    ("pvh", ["-m", "2", "-initrd", __file__], "don't fit behind the kernel into the 2 MB of RAM"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_kernels_that_cant_be_started_are_refused(sysemu, folder, tmp_path, contents, args, message):
    kernel = folder / contents if isinstance(contents, str) else tmp_path / "kernel"
    if not isinstance(contents, str):
        kernel.write_bytes(contents)
    done = run(sysemu, "-machine", "pc", "-m", "64", "-kernel", kernel, *args, "-display", "none", "-monitor", "none", "-serial", "null", "-S")
    assert done.returncode == 1 and message in done.stdout


@pytest.mark.parametrize("at", [28, 32, 44, 52, 56, 60, 64, 68, 72, 84, 88, 100])
def test_damaged_elf_files_are_refused_or_handed_on(sysemu, folder, tmp_path, at):
    """A field of the headers with all bits set: whatever comes of it, the program says it, or goes on."""
    contents = bytearray((folder / "pvh").read_bytes())
    contents[at:at + 4] = b"\xff" * 4
    kernel = tmp_path / "kernel"
    kernel.write_bytes(contents)
    commands = tmp_path / "commands"
    commands.write_text("quit\n")
    with open(commands) as stdin:
        done = run(sysemu, "-machine", "pc", "-m", "64", "-kernel", kernel, "-S", "-display", "none", "-monitor", "stdio", stdin=stdin)
    assert done.returncode == 0 or done.returncode == 1 and "-kernel: " in done.stdout


# ---- What firmware is told to boot from ----


def fw_cfg_file(emulator, name):
    """A file of the machine's, as the guest reads it by ports."""
    def read(key, size):
        emulator.monitor.command(f"o/h 0x510 {key:#x}")
        return bytes(int(emulator.monitor.command("i/b 0x511").rsplit("=", 1)[1], 16) for _ in range(size))
    count, = struct.unpack(">I", read(0x19, 4))
    directory = read(0x19, 4 + 64 * count)[4:]
    for entry in (directory[i:i + 64] for i in range(0, len(directory), 64)):
        if entry[8:].rstrip(b"\0").decode() == name:
            size, key = struct.unpack(">IH", entry[:6])
            return read(key, size)
    return None


def test_devices_with_a_bootindex_are_listed_in_order(start, tmp_path):
    rom, image, cd = tmp_path / "rom", tmp_path / "image", tmp_path / "cd"
    rom.write_bytes(b"\x55\xaa\x01".ljust(512, b"\0"))
    image.write_bytes(bytes(1 << 20))
    cd.write_bytes(bytes(1 << 20))
    emulator = start("-machine", "pc", "-S", "-net", "none", "-boot", "strict=on", "-option-rom", f"{rom},bootindex=2",
                     "-drive", f"if=none,id=d,format=raw,file={image}", "-drive", f"if=none,id=e,format=raw,file={cd}",
                     "-device", "ide-cd,drive=e,bus=ide.1,bootindex=3", "-device", "virtio-blk-pci,drive=d,bootindex=1,addr=9")
    assert fw_cfg_file(emulator, "bootorder").decode().split("\n") == [
        "/pci@i0cf8/scsi@9/disk@0,0", "/rom@genroms/rom", "/pci@i0cf8/ide@1,1/drive@1/disk@1", "HALT\0"]
    assert fw_cfg_file(emulator, "genroms/rom") == rom.read_bytes()


def test_a_splash_is_handed_on(start, sysemu, tmp_path):
    picture = tmp_path / "picture"
    picture.write_bytes(b"BM" + bytes(30))
    emulator = start("-machine", "pc", "-S", "-boot", f"menu=on,splash={picture},splash-time=700")
    assert fw_cfg_file(emulator, "bootsplash.bmp") == picture.read_bytes()
    assert fw_cfg_file(emulator, "etc/boot-menu-wait") == struct.pack("<H", 700)
    for args, message in ((["-boot", f"splash={__file__}"], "is neither a JPEG nor a BMP picture"),
                          (["-option-rom", "no-such-file"], "option ROM 'no-such-file' not found"),
                          (["-option-rom", f"{picture},bootindex=-1"], "bootindex")):
        done = run(sysemu, "-machine", "pc", "-S", "-display", "none", "-monitor", "none", "-serial", "null", *args)
        assert done.returncode == 1 and message in done.stdout


# ---- Code that changes the next instruction ----


def test_a_store_into_the_next_instruction_is_seen(start, tmp_path):
    """iPXE calls interrupts by number so: mov cs:[patched + 1], 'Y'; patched: mov al, 'N'; and says al, three times."""
    code = b"\xb9\x03\x00\xba\xf8\x03\xb3Y"             # mov cx, 3; mov dx, 3f8h; mov bl, 'Y'
    code += b"\x2e\x88\x1e\x0e\x7c\xb0N\xee"             # mov cs:[7c0eh], bl; mov al, 'N'; out dx, al
    code += b"\xfe\xc3\xe2\xf4\xf4\xeb\xfd"               # inc bl; loop back; hlt
    image = tmp_path / "image"
    image.write_bytes((code.ljust(510, b"\0") + b"\x55\xaa").ljust(1440 << 10, b"\0"))
    emulator = start("-machine", "pc", "-net", "none", "-boot", "a", "-drive", f"if=floppy,format=raw,file={image}", timeout=120)
    emulator.serial[0].expect("YZ[")
    assert emulator.quit() == 0


def test_an_addition_across_pages_into_its_own_block_is_done_once(start, tmp_path):
    """At 9000h: mov al, 'N'; add dword [8ffeh], 1000001h, whose last byte is the 'N', the first one is data; and says both."""
    code = b"\xb0N\x66\x81\x06\xfe\x8f\x01\0\0\x01"   # mov al, 'N'; add dword [8ffeh], 1000001h
    code += b"\xba\xf8\x03\xa0\xfe\x8f\xee"              # mov dx, 3f8h; mov al, [8ffeh]; out dx, al
    code += b"\xa0\x01\x90\xee\xb0.\xee\xf4\xeb\xfd"   # mov al, [9001h]; out dx, al; mov al, '.'; out dx, al; hlt
    copy = b"\xfc\x31\xc0\x8e\xd8\x8e\xc0\xbe\x20\x7c\xbf\x00\x90"  # cld; ds, es = 0; mov si, 7c20h; mov di, 9000h
    copy += b"\xb9\x40\x00\xf3\xa4\xc6\x06\xfe\x8f\x41"  # mov cx, 64; rep movsb; mov byte [8ffeh], 'A'
    copy += b"\xea\x00\x90\x00\x00"                        # jmp 0:9000h
    image = tmp_path / "image"
    image.write_bytes(((copy.ljust(32, b"\x90") + code).ljust(510, b"\0") + b"\x55\xaa").ljust(1440 << 10, b"\0"))
    emulator = start("-machine", "pc", "-net", "none", "-boot", "a", "-drive", f"if=floppy,format=raw,file={image}", timeout=120)
    assert emulator.serial[0].expect(".").endswith("BO")
    assert emulator.quit() == 0


# ---- SMBIOS ----


def smbios_tables(contents):
    """{handle: (formatted area, strings)}"""
    tables, at = {}, 0
    while at < len(contents):
        kind, length, handle = struct.unpack_from("<BBH", contents, at)
        end = contents.index(b"\0\0", at + length)
        tables[handle] = contents[at:at + length], contents[at + length:end].decode().split("\0")
        at = end + 2
    return tables


def test_smbios_tables_say_what_there_is(start):
    emulator = start("-machine", "pc", "-S", "-m", "5G", "-smp", "4", "-uuid", "11223344-5566-7788-99aa-bbccddeeff00",
                     "-smbios", "type=1,serial=number", "-smbios", "type=11,value=one,value=two", "-smbios", "type=0,vendor=us,release=4.5")
    anchor, tables = (fw_cfg_file(emulator, f"etc/smbios/smbios-{name}") for name in ("anchor", "tables"))
    found = smbios_tables(tables)
    assert anchor[:4] == b"_SM_" and anchor[6:8] == b"\2\x08"
    assert struct.unpack_from("<H", anchor, 22) == (len(tables),) and struct.unpack_from("<H", anchor, 28) == (len(found),)
    assert sorted(found) == [0, 0x100, 0x300, 0x400, 0xe00, 0x1000, 0x1100, 0x1300, 0x1301, 0x2000, 0x7f00]
    area, strings = found[0x100]
    assert strings == ["QEMU", "Standard PC (i440FX + PIIX, 1996)", "pc-i440fx-7.2", "number"]
    assert area[8:24] == bytes.fromhex("4433221166558877 99aabbccddeeff00")
    assert found[0][0][20:22] == b"\4\5"
    assert found[0xe00] == (b"\x0b\5\0\x0e\2", ["one", "two"])
    assert struct.unpack_from("<II", found[0x1301][0], 4) == (4 << 20, (6 << 20) - 1)
    assert found[0x400][0][35:38] == b"\4\4\4"


def test_smbios_files_end_where_the_boards_tables_do(start, tmp_path):
    ports = tmp_path / "tables"
    ports.write_bytes(b"\x08\x09\0\x08\0\0\0\0\0\0\0" + b"\x7f\4\1\x7f\0\0")
    emulator = start("-machine", "pc", "-S", "-smbios", f"file={ports}")
    found = smbios_tables(fw_cfg_file(emulator, "etc/smbios/smbios-tables"))
    assert 0x800 in found and [handle for handle, (area, _) in found.items() if area[0] == 127] == [0x7f00]


SMBIOS = {
    "q35 -smp 8,sockets=2,cores=2,threads=2 -m 5G": [],
    "pc -m 20G -uuid 00112233-4455-6677-8899-aabbccddeeff": [],
    "q35,smbios-entry-point-type=64 -smp 2,maxcpus=6": [],
    "pc -smp 2,sockets=2": ["type=4,sock_pfx=S,manufacturer=M,version=W,serial=S,asset=A,part=P,max-speed=3000,processor-id=0x1234567890",
                            "type=17,loc_pfx=L,bank=B,manufacturer=M,serial=S,asset=A,part=P,speed=1333"],
    "q35": ["type=0,vendor=V,version=1.2,date=01/02/2003,release=4.5,uefi=on", "type=2,product=P,asset=A,location=L", "type=3,sku=K,serial=S",
            "type=1,manufacturer=M,product=P,version=W,serial=S,uuid=00112233-4455-6677-8899-aabbccddeeff,sku=K,family=F", "type=11,value=x"],
    "pc -device e1000,id=card,netdev=n -netdev user,id=n": ["type=41,designation=Onboard,instance=2,kind=ethernet,pcidev=card",
                                                           "type=41,kind=sas"],
    "pc": ["type=8,internal_reference=I,external_reference=E,connector_type=5,port_type=6", "type=8"],
}


@pytest.mark.parametrize("options", SMBIOS)
def test_the_reference_has_the_same_smbios_tables(start, sysemu, options):
    reference = installedqemu.find("qemu-system-x86_64")
    if not reference:
        pytest.skip("qemu-system-x86_64 is not installed")
    args = ["-machine", *options.split(), "-cpu", "qemu64", "-S", *(word for table in SMBIOS[options] for word in ("-smbios", table))]
    ours, theirs = ([fw_cfg_file(emulator, f"etc/smbios/smbios-{name}") for name in ("anchor", "tables")]
                    for emulator in (start(*args, program=program) for program in (sysemu.parent / "qemu-system-x86_64", reference)))
    # Tables 8 have handles there that tables 0 have, too
    theirs[1] = re.sub(rb"\x08\x09(.)\0", lambda m: b"\x08\x09" + m[1] + b"\x08", theirs[1], flags=re.DOTALL)
    assert ours == theirs


def test_smbios_options_are_checked(sysemu, tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x01\x1b\0\1 no end")
    for option, message in (("type=1,colour=red", "table 1 has no 'colour'"), ("type=5", "expected 0, 1, 2, 3, 4, 8, 11, 17 or 41"),
                            ("type=8,port_type=256", "port_type=256: expected 0 to 255"), ("type=41,kind=chair", "kind=chair: expected other, "),
                            ("type=41,pcidev=nobody", "type=41,pcidev=nobody: expected the ID of a PCI device"),
                            ("type=1,uuid=12", "uuid=12: expected 32 hexadecimal digits"), ("type=0,release=4", "release=4: expected MAJOR.MINOR"),
                            ("type=4,max-speed=70000", "max-speed=70000: expected 0 to 65535"), (f"file={broken}", "isn't made of SMBIOS tables"),
                            ("vendor=x", "expected one of file=FILE and type=N"),
                            ("type=11" + ",value=x" * 256, "value=x: table 11 has 255 strings already")):
        done = run(sysemu, "-machine", "pc", "-S", "-display", "none", "-monitor", "none", "-serial", "null", "-smbios", option)
        assert done.returncode == 1 and message in done.stdout, done.stdout
