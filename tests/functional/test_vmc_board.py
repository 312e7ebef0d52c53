"""The VMC board: what it refuses, how it starts a kernel, what the monitor shows of it.

SPDX-License-Identifier: MIT
"""

import gzip
import re
import shutil
import struct
import subprocess
import time
import zlib

import pytest

from sysemu import run

VMC = ["-machine", "VMC", "-display", "none"]


@pytest.fixture(scope="session")
def kernel(guest_image):
    """Linux for the board."""
    return guest_image("ppc/vmlinux-mvme5100")


@pytest.fixture(scope="session")
def initrd(guest_image):
    return guest_image("ppc/initramfs.cpio.gz")


@pytest.fixture(scope="session")
def raw_kernel(kernel, tmp_path_factory):
    """What the ELF file's only segment holds."""
    data = kernel.read_bytes()
    offset, = struct.unpack_from(">I", data, 28)
    p_offset, = struct.unpack_from(">I", data, offset + 4)
    p_filesz, = struct.unpack_from(">I", data, offset + 16)
    path = tmp_path_factory.mktemp("kernel") / "vmlinux.bin"
    path.write_bytes(data[p_offset:p_offset + p_filesz])
    return path


def make_uimage(path, payload, arch=7, kind=2, compression=0, load=0, entry=0):
    def header(crc):
        return struct.pack(">7I4B32s", 0x27051956, crc, 0, len(payload), load, entry,
                           zlib.crc32(payload), 5, arch, kind, compression, b"test")

    path.write_bytes(header(zlib.crc32(header(0))) + payload)
    return path


def tree_source(sysemu, tmp_path, *args):
    """The device tree of a machine, as source."""
    if not shutil.which("dtc"):
        pytest.skip("dtc is not installed")
    blob = tmp_path / "vmc.dtb"
    done = run(sysemu, "-machine", f"VMC,dumpdtb={blob}", "-display", "none", *args)
    assert (done.returncode, done.stdout) == (0, "")
    return subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", blob], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def test_the_device_tree_goes_where_it_is_told(sysemu, tmp_path):
    """Also into what is no regular file, which stays what it was."""
    link = tmp_path / "link"
    (tmp_path / "target").write_bytes(b"old")
    link.symlink_to(tmp_path / "target")
    assert run(sysemu, "-machine", f"VMC,dumpdtb={link}").returncode == 0
    assert link.is_symlink()
    tree = (tmp_path / "target").read_bytes()
    assert tree.startswith(b"\xd0\x0d\xfe\xed")
    piped = subprocess.run([sysemu, "-machine", "VMC,dumpdtb=/dev/stdout"], check=True,
                           stdout=subprocess.PIPE)
    assert piped.stdout == tree
    full = run(sysemu, "-machine", "VMC,dumpdtb=/dev/full")
    assert (full.returncode, full.stdout) == (
        1, "sysemu: could not write device tree to '/dev/full': No space left on device\n")


def test_the_boot_order_reaches_the_kernel_and_says_so_when_it_reaches_nobody(
        sysemu, start, tmp_path):
    assert 'qemu,boot-device = "dc";' in tree_source(sysemu, tmp_path, "-boot", "order=dc")
    assert "boot-device" not in tree_source(sysemu, tmp_path)
    vm = start("-machine", "VMC", "-boot", "d", "-S")
    vm.monitor.command("info status")
    assert "warning: -boot order=d has no effect without -kernel" in vm.error_text()


# --- what is refused, in one line ---

@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Files that are not what the options want."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "empty").write_bytes(b"")
    (folder / "text").write_text("hello, world\n" * 10)
    (folder / "nine-mb").write_bytes(bytes(9000000))
    (folder / "packed").write_bytes(gzip.compress(b"kernel"))
    (folder / "arm").write_bytes(b"")
    make_uimage(folder / "arm", b"\0" * 64, arch=2)
    (folder / "elf64").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))
    (folder / "elf-le").write_bytes(b"\x7fELF\x01\x01\x01" + bytes(45))
    return folder


MISTAKES = [
    (["-m", "2048"], "Too much memory for this machine: 2048 MB, maximum 2047 MB"),
    (["-m", "100K"], "Too little memory for this machine: 100 KB, minimum 1024 KB"),
    (["-m", "4G"], "Too much memory for this machine: 4096 MB, maximum 2047 MB"),
    (["-chardev", "null,id=a", "-serial", "chardev:a", "-serial", "chardev:a"],
     "Property 'serial.chardev' can't take value 'a': Device 'a' is in use"),
    (["-smp", "2"], "Invalid SMP CPUs 2. The max CPUs supported by machine 'VMC' is 1"),
    (["-cpu", "604"], "Invalid CPU model '604' for machine 'VMC'"),
    (["-dtb", "{}/text"], "-dtb only allowed with -kernel option"),
    (["-machine", "VMC,foo=1"], "Property 'VMC-machine.foo' not found"),
    (["-bios", "{}/nope"], "-bios {}/nope: could not find firmware '{}/nope'"),
    (["-bios", "{}/empty"], "firmware '{}/empty' is empty"),
    (["-bios", "{}/elf64"], "firmware '{}/elf64' is an ELF file"),
    (["-bios", "{}/nine-mb"], "too large for the boot flash: 9000000 bytes, maximum 8388608"),
    (["-kernel", "{}/nope"], "-kernel {}/nope: could not open '{}/nope': No such file or directory"),
    (["-kernel", "{}"], "'{}' is not a regular file"),
    (["-kernel", "/dev/zero"], "'/dev/zero' is not a regular file"),
    (["-kernel", "{}/empty"], "{}/empty"),
    (["-kernel", "{}/packed"], "kernel '{}/packed' is compressed with gzip"),
    (["-kernel", "{}/arm"], "'{}/arm' is a uImage for architecture 2"),
    (["-kernel", "{}/elf64"], "{}/elf64"),
    (["-kernel", "{}/elf-le"], "{}/elf-le"),
    (["-kernel", "{}/nine-mb", "-m", "8"], "{}/nine-mb"),
    (["-kernel", "{}/text", "-initrd", "{}/nope"], "{}/nope"),
    (["-kernel", "{}/text", "-initrd", "{}/nine-mb", "-m", "12"], "{}/nine-mb"),
    (["-kernel", "{}/text", "-dtb", "{}/nope"],
     "-dtb {}/nope: could not open '{}/nope': No such file or directory"),
    (["-kernel", "{}/text", "-dtb", "{}/text"], "'{}/text' is not a flattened device tree"),
    (["-kernel", "{}/text", "-dtb", "/dev/zero"], "'/dev/zero' is not a regular file"),
    (["-kernel", "{}/text", "-device", "hawk-smc"], "hawk-smc"),
    (["-kernel", "{}/text", "-drive", "if=pflash,format=raw,file={}/text"], "8388608 bytes"),
    (["-kernel", "{}/text", "-drive", "if=pflash,unit=1,format=raw,file={}/text"],
     "16777216 bytes"),
]


@pytest.mark.parametrize("args,message", MISTAKES, ids=lambda v: " ".join(v) if v is list else None)
def test_mistakes_are_one_line_and_exit_1(sysemu, files, args, message):
    done = run(sysemu, *VMC, "-S", *[a.replace("{}", str(files)) for a in args], timeout=20)
    assert done.returncode == 1, done.stdout
    assert message.replace("{}", str(files)) in done.stdout
    assert len([line for line in done.stdout.splitlines() if not line.startswith("The valid")]) == 1


def test_bios_and_boot_flash_drive_exclude_each_other(sysemu, tmp_path):
    flash = tmp_path / "flash"
    flash.write_bytes(b"\xff" * (8 << 20))
    done = run(sysemu, *VMC, "-S", "-bios", flash, "-drive", f"if=pflash,format=raw,file={flash}")
    assert done.returncode == 1
    assert "both give the boot flash's contents" in done.stdout


# --- the device tree ---

def test_tree_says_the_memory_that_there_is(sysemu, tmp_path):
    assert "reg = <0x00 0x8000000>" in tree_source(sysemu, tmp_path)
    assert "reg = <0x00 0x7ff00000>" in tree_source(sysemu, tmp_path, "-m", "2047")


def test_tree_names_the_processor(sysemu, tmp_path):
    assert "PowerPC,755@0 {" in tree_source(sysemu, tmp_path)
    assert "PowerPC,750@0 {" in tree_source(sysemu, tmp_path, "-cpu", "750")


def test_tree_has_no_warnings_that_matter(sysemu, tmp_path):
    source = tree_source(sysemu, tmp_path)
    assert source.index("serial@8000 {") < source.index("serial@8200 {")
    assert 'compatible = "hawk-bridge\\0simple-bus"' in source


# --- the monitor ---

def test_memory_map_after_direct_start(start, files):
    m = start(*VMC, "-S", "-kernel", files / "text").monitor
    for address in ("0xf4000000", "0xff800000"):  # blank chips fill at the first look
        assert "0xffffffff" in m.command(f"xp /1xw {address}")
    flat = m.command("info mtree -f")
    for line in ["0000000000000000-0000000007ffffff (prio 0, ram): vmc.ram",
                 "00000000f3f80000-00000000f3fbffff (prio 1, i/o): hawk-mpic",
                 "00000000f4000000-00000000f4ffffff (prio 0, romd): flash-a",
                 "00000000fe000cf8-00000000fe000cfb (prio 1, i/o): pci-config-address",
                 "00000000fef80000-00000000fef80fff (prio 0, i/o): hawk-smc",
                 "00000000feff0000-00000000feff0fff (prio 0, i/o): hawk-phb",
                 "00000000ff800000-00000000ffffffff (prio 0, romd): flash-b"]:
        assert line in flat


def test_info_pci_shows_the_bridge(start, files):
    m = start(*VMC, "-S", "-kernel", files / "text").monitor
    text = m.command("info pci")
    assert "  Bus  0, device   0, function 0:\n    Host bridge: PCI device 1057:4803\n" in text
    assert "      BAR1: 32 bit memory at 0xf3f80000 [0xf3fbffff].\n" in text


def test_small_firmware_lies_where_the_reset_vector_is(start, tmp_path):
    image = tmp_path / "firmware"
    image.write_bytes(bytes(0x100) + bytes.fromhex("48000000") + bytes(0x100))
    m = start(*VMC, "-S", "-bios", image).monitor
    assert "0x48000000" in m.command("xp /1xw 0xfff00100")
    image.write_bytes(b"\x11" * (2 << 20))
    m = start(*VMC, "-S", "-bios", image).monitor
    assert "0xffffffff 0x11111111" in m.command("xp /2xw 0xffdffffc")


def test_reset_starts_the_kernel_again(start, files):
    m = start(*VMC, "-S", "-kernel", files / "text").monitor
    before = m.command("info registers")
    assert re.search(r"NIP 0*\b", before)
    m.command("system_reset")
    assert m.command("info registers") == before
    assert "0xf3f80000" in m.command("info pci")


# --- Linux ---

def boots(start, kernel, *args, **kwargs):
    emulator = start(*VMC, "-no-reboot", "-kernel", kernel, *args, timeout=120, **kwargs)
    emulator.serial[0].expect("GUEST-BOOT-OK")
    return emulator


def test_linux_reaches_its_shell(start, kernel, initrd):
    emulator = boots(start, kernel, "-initrd", initrd, "-append", "console=ttyS0")
    serial = emulator.serial[0]
    serial.expect(re.compile(rb"[#$] $"))
    serial.send("echo $((6*7))-shell\r")
    serial.expect("42-shell")
    assert emulator.quit() == 0


def test_linux_passes_its_self_test(start, kernel, initrd):
    emulator = boots(start, kernel, "-initrd", initrd, "-append",
                     "console=ttyS0 selftest=1 doreboot=1")
    text = emulator.serial[0].expect("GUEST-SELFTEST-DONE")
    assert "FAIL" not in text
    assert "58 passed, 0 failed" in text
    assert emulator.wait() == 0


def test_linux_boots_again_after_its_reset(start, kernel, initrd):
    emulator = start(*VMC, "-kernel", kernel, "-initrd", initrd, "-append",
                     "console=ttyS0 selftest=1 doreboot=1", timeout=120)
    for _ in range(2):
        emulator.serial[0].expect("GUEST-BOOT-OK")
        emulator.serial[0].expect("Restarting system")
    emulator.serial[0].expect("GUEST-BOOT-OK")


def test_console_on_the_second_uart(start, kernel, initrd):
    emulator = start(*VMC, "-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS1",
                     serials=2, timeout=120)
    emulator.serial[1].expect("Linux version")
    emulator.serial[1].expect("GUEST-BOOT-OK")


@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
def test_linux_from_a_uimage(start, raw_kernel, initrd, tmp_path, compression):
    payload = raw_kernel.read_bytes()
    image = make_uimage(tmp_path / "uImage", gzip.compress(payload, 1) if compression else payload,
                        compression=compression)
    ramdisk = make_uimage(tmp_path / "uInitrd", initrd.read_bytes(), kind=3)
    boots(start, image, "-initrd", ramdisk, "-append", "console=ttyS0")


def test_linux_from_a_raw_image(start, raw_kernel, initrd):
    boots(start, raw_kernel, "-initrd", initrd, "-append", "console=ttyS0")


@pytest.fixture(params=["the firmware's", "Linux's own"])
def tree(request, sysemu, guest_image):
    if request.param == "Linux's own":
        return guest_image("ppc/mvme5100-intree.dtb")
    path = sysemu.parent / "roms" / "vmc" / "vmc.dtb"
    if not path.exists():
        pytest.skip("the firmware was not built (no PowerPC cross compiler)")
    return path


def test_linux_with_a_given_tree(start, kernel, initrd, tree):
    emulator = start(*VMC, "-kernel", kernel, "-initrd", initrd, "-dtb", tree, "-append", "console=ttyS0",
                     timeout=120)
    assert "Total memory = 128MB" in emulator.serial[0].expect("GUEST-BOOT-OK")


@pytest.mark.parametrize("cpu", ["740", "745", "750", "755", "755_v2.0"])
def test_linux_on_each_family(start, kernel, initrd, cpu):
    boots(start, kernel, "-cpu", cpu, "-initrd", initrd, "-append", "console=ttyS0")


@pytest.mark.parametrize("size", [24, 100, 2047])
def test_linux_with_little_odd_and_much_memory(start, kernel, initrd, size):
    boots(start, kernel, "-m", size, "-initrd", initrd, "-append", "console=ttyS0")


def test_a_large_file_that_is_no_kernel_is_refused_without_reading_it(sysemu, tmp_path):
    with open(tmp_path / "big", "wb") as file:
        file.truncate(100 << 30)
    result = run(sysemu, *VMC, "-kernel", tmp_path / "big", timeout=5)
    assert (result.returncode, result.stdout) == (
        1, f"sysemu: '{tmp_path}/big' is too large: at most 134217728 bytes fit\n")


def test_a_kernel_may_be_given_as_a_property(sysemu, start, tmp_path):
    (tmp_path / "letters").write_bytes(TWO_LETTERS)
    vm = start("-machine", f"VMC,kernel={tmp_path}/letters", "-append", "x", "-S", serials=0)
    assert "bootargs" not in vm.error_text()
    assert vm.monitor.command("qom-get /machine append") == '"x"\n'


def test_branches_over_the_end_of_the_address_space_are_shown_with_32_bits(start, tmp_path):
    code = struct.pack(">2I", 0x48656c6c, 0x4bfffff0)  # b .+0x656c6c; b .-16
    (tmp_path / "rom").write_bytes(code.rjust(1 << 20, b"\0"))
    (tmp_path / "low").write_bytes(code)
    vm = start("-machine", "VMC", "-bios", tmp_path / "rom", "-S", serials=0)
    assert vm.monitor.command("x/1i 0xfffffff8") == "0xfffffff8:  48656c6c  b        0x00656c64\n"
    vm = start("-machine", "VMC", "-kernel", tmp_path / "low", "-S", serials=0)
    assert vm.monitor.command("x/1i 4") == "0x00000004:  4bfffff0  b        0xfffffff4\n"


def test_without_its_firmware_it_says_where_that_comes_from(sysemu, tmp_path):
    shutil.copy(sysemu, tmp_path / "sysemu")
    result = run(tmp_path / "sysemu", *VMC)
    assert result.returncode == 1
    assert result.stdout.startswith("sysemu: could not find firmware 'vmc-firmware.bin'\nThe build ")


# --- serial lines ---

# lis 3,0xfef8; ori 3,3,0x8000; li 4,'A'; stb 4,0(3); ori 3,3,0x200; li 4,'B'; stb 4,0(3); b .
TWO_LETTERS = struct.pack(">8I", 0x3c60fef8, 0x60638000, 0x38800041, 0x98830000, 0x60630200,
                          0x38800042, 0x98830000, 0x48000000)


@pytest.mark.parametrize("options,first,second", [
    (["file"], b"A", None),
    (["none", "file"], None, b"B"),
    (["null", "file"], None, b"B"),
    (["file", "none"], b"A", None),
    (["file", "file"], b"A", b"B"),
    (["none", "none"], None, None),
])
def test_each_serial_option_is_one_line_also_none(start, tmp_path, options, first, second):
    (tmp_path / "letters").write_bytes(TWO_LETTERS)
    args = []
    for n, option in enumerate(options):
        args += ["-serial", f"file:{tmp_path}/line{n}" if option == "file" else option]
    vm = start("-machine", "VMC", "-kernel", tmp_path / "letters", *args, serials=0)
    while vm.monitor.command("p $pc") != "0x1c\n":
        pass
    assert vm.quit() == 0
    for n, letter in enumerate((first, second)):
        path = tmp_path / f"line{n}"
        assert (path.read_bytes() if path.exists() else None) == letter


def test_a_serial_line_that_the_board_lacks_is_complained_about(start):
    vm = start("-machine", "VMC", "-S", "-serial", "null", "-serial", "none", "-chardev",
               "null,id=third", "-serial", "chardev:third", serials=0)
    vm.monitor.command("info status")
    assert vm.error_text() == ("sysemu: warning: -serial chardev:third: machine 'VMC' has no serial "
                               "line 2: nothing is connected to it\n")


def test_nmi_presses_the_abort_switch(start, tmp_path):
    """MPIC source 14: r10 gets its vector, r11 counts."""
    set_up = struct.pack(">21I", 0x3c60f3fa, 0x3c80f3f9, 0x3ca0f3f8,  # MPIC + 20000, 10000, 0
                         0x38c01020, 0x3ce02000, 0x7ce5352c,          # global configuration: mixed mode
                         0x38c001c0, 0x3ce00008, 0x60e7000e, 0x7ce4352c,  # source 14: edge, priority 8, vector 14
                         0x38c001d0, 0x38e00001, 0x7ce4352c,          # ... to processor 0
                         0x38c00080, 0x38e00000, 0x7ce3352c,          # task priority 0
                         0x39600000, 0x60e78000, 0x7ce00124,          # li 11,0; MSR[EE]
                         0x48000000, 0)                               # b .
    handler = struct.pack(">7I", 0x38c000a0, 0x7d43342c, 0x396b0001,  # acknowledge; addi 11,11,1
                          0x38c000b0, 0x38e00000, 0x7ce3352c, 0x4c000064)  # EOI; rfi
    (tmp_path / "program").write_bytes(set_up.ljust(0x500, b"\0") + handler)
    vm = start("-machine", "VMC", "-kernel", tmp_path / "program", serials=0)

    def register(name):
        return int(vm.monitor.command(f"p ${name}"), 16)

    deadline = time.monotonic() + 20
    while register("pc") != 0x4c:
        assert time.monotonic() < deadline
    assert register("r11") == 0
    for count in (1, 2):
        assert vm.monitor.command("nmi") == ""
        while register("r11") < count:
            assert time.monotonic() < deadline
        assert register("r10") == 14
        while "ext14" not in (pic := vm.monitor.command("info pic")) or re.search("ext14.* line", pic):
            assert time.monotonic() < deadline  # the finger is still on it
        assert register("r11") == count
