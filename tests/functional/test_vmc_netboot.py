"""The VMC board's firmware on the network: parameters in NVRAM, TFTP, network boot, PPCBug's system calls; S-records.

SPDX-License-Identifier: MIT
"""

import binascii
import random
import re
import shutil
import struct
import subprocess
import zlib

import pytest

import sysemu as library

PROMPT = "VMC> "
CROSS = "powerpc-linux-gnu-"

# Says what it was started with, asks for the Ethernet's address, reads a file, and returns.
PROGRAM = """
    .globl _start
_start:
    mr      31, 8               /* client, server, gateway */
    mr      30, 12
    mr      29, 11
    cmpwi   5, 1
    bne     fail
    mr      3, 9                /* the file's name */
    mr      4, 10
    li      10, 0x22            /* .OUTLN */
    sc
    mr      3, 29               /* the arguments */
    mr      4, 30
    li      10, 0x21            /* .OUTSTR */
    sc
    li      10, 0x26            /* .PCRLF */
    sc
    lis     28, packet@ha
    addi    28, 28, packet@l
    li      0, 1
    stw     0, 4(28)            /* .NETCTRL: the hardware address */
    addi    0, 28, 0x40
    stw     0, 8(28)
    mr      3, 28
    li      10, 0x1d
    sc
    lhz     0, 2(28)
    cmpwi   0, 0
    bne     fail
    lis     28, file@ha
    addi    28, 28, file@l
    mr      3, 28
    li      10, 0x18            /* .NETRD */
    sc
    lhz     0, 2(28)
    cmpwi   0, 0
    bne     fail
    lis     3, text@ha
    addi    3, 3, text@l
    li      10, 0x24            /* .WRITELN */
    sc
wait:
    li      10, 0x01            /* .INSTAT */
    sc
    andi.   3, 3, 4             /* "equal": none */
    bne     wait
    li      10, 0x00            /* .INCHR */
    sc
    li      10, 0x20            /* .OUTCHR */
    sc
    li      2, 0                /* r2 is the program's */
    li      10, 0x63            /* .RETURN */
    sc
fail:
    li      10, 0x999
    sc
text:
    .byte   9
    .ascii  "all there"
    .balign 4
packet:
    .space  0x50
file:
    .byte   0, 0
    .short  0
    .long   0x00300000, 100, 512, 0, 0
    .asciz  "data"
    .space  64
"""


# Reads the file "data" block by block to 00400000 and returns how many bytes it has.
BLOCKS = """
    .globl _start
_start:
    mflr    31
    lis     28, open@ha
    addi    28, 28, open@l
    mr      3, 28
    li      10, 0x1b            /* .NETFOPN */
    sc
    lhz     0, 2(28)
    cmpwi   0, 0
    bne     fail
    lis     28, read@ha
    addi    28, 28, read@l
    lis     29, 0x40
next:
    stw     29, 4(28)
    mr      3, 28
    li      10, 0x1c            /* .NETFRD */
    sc
    lhz     0, 2(28)
    cmpwi   0, 0
    bne     fail
    lhz     4, 8(28)
    add     29, 29, 4
    lhz     5, 10(28)
    addi    5, 5, 1
    sth     5, 10(28)
    cmpwi   4, 512
    beq     next
    mr      3, 29
    mtlr    31
    blr
fail:
    li      10, 0x999
    sc
open:
    .byte   0, 0
    .short  0
    .asciz  "data"
    .space  64
    .balign 4
read:
    .byte   0, 0
    .short  0
    .long   0
    .short  0, 1
    .long   10
"""


# The calls that the others don't need. What they return is kept in the words at 00500000.
OTHER_CALLS = """
    .macro  call code, packet
    .ifnb   \\packet
    lis     3, \\packet@ha
    addi    3, 3, \\packet@l
    .endif
    li      10, \\code
    sc
    .endm
    .macro  keep reg=3
    stwu    \\reg, 4(30)
    .endm
    .globl _start
_start:
    mflr    31
    lis     30, 0x50
    addi    30, 30, -4
    call    0x23, asks          /* .WRITE */
    lis     3, 0x51
    call    0x02                /* .INLN: "hello" to 00510000 */
    keep
    call    0x03, short_one     /* .READSTR: no more than five */
    call    0x04, long_one      /* .READLN */
    call    0x05                /* .CHKBRK */
    keep
    mftb    29
    li      3, 20
    call    0x43                /* .DELAY */
    mftb    3
    subf    3, 29, 3
    keep
    call    0x27                /* .ERASLN */
    call    0x1a, config        /* .NETCFIG: read */
    call    0x1d, transmit      /* .NETCTRL: an ARP request */
again:
    lis     28, receive@ha
    addi    28, 28, receive@l
    li      0, 64
    stw     0, 12(28)
    call    0x1d, receive
    lwz     0, 12(28)
    cmpwi   0, 0
    beq     again
    call    0x1d, flush
    call    0x1d, reset
    lis     28, reset@ha
    lhz     3, reset@l + 2(28)
    keep
    call    0x1d, nonsense
    lis     28, nonsense@ha
    lhz     3, nonsense@l + 2(28)
    keep
    li      3, 0x77
    mtlr    31
    blr
asks:
    .byte   5
    .ascii  "name?"
short_one:
    .byte   5
    .space  7
long_one:
    .byte   0
    .space  255
    .balign 4
config:
    .long   0x00000000, 0x00520000, 0, 0
transmit:
    .long   0x0000ffff, 2, request, 42, 0
receive:
    .long   0x0000ffff, 3, 0x00530000, 64, 0
flush:
    .long   0x0000ffff, 4, 0, 0, 0
reset:
    .long   0x0000ffff, 5, 0, 0, 0
nonsense:
    .long   0x00000000, 6, 0, 0, 0
request:
    .byte   255, 255, 255, 255, 255, 255, 0x52, 0x54, 0, 1, 2, 3, 8, 6
    .byte   0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 1, 2, 3, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2
"""


class Firmware:
    """The board at its firmware's prompt."""

    def __init__(self, program, *args):
        self.emulator = library.Emulator(program, "-machine", *args, timeout=60)
        self.serial = self.emulator.serial[0]
        try:
            self.serial.expect(PROMPT)
        except BaseException:
            self.emulator.kill()
            raise

    def command(self, line):
        self.serial.send(line + "\r")
        return self.serial.expect(PROMPT).split("\r\n", 1)[1].replace("\r\n", "\n")


@pytest.fixture
def start(sysemu):
    if not (sysemu.parent / "roms" / "vmc" / "vmc-firmware.bin").exists():
        pytest.skip("the firmware was not built (no PowerPC cross compiler)")
    boards = []

    def begin(*args):
        boards.append(Firmware(sysemu, *args))
        return boards[-1]

    yield begin
    for board in boards:
        board.emulator.kill()


def assemble(folder, source):
    """The program for 001f0000: its ELF file, and its bytes."""
    if not shutil.which(CROSS + "gcc"):
        pytest.skip("no powerpc-linux-gnu-gcc")
    (folder / "program.S").write_text(source)
    subprocess.run([CROSS + "gcc", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-Ttext=0x1f0000", "-o",
                    folder / "program.elf", folder / "program.S"], check=True)
    subprocess.run([CROSS + "objcopy", "-O", "binary", "-j", ".text", folder / "program.elf", folder / "program.bin"],
                   check=True)
    return folder / "program.elf", (folder / "program.bin").read_bytes()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return assemble(tmp_path_factory.mktemp("netboot"), PROGRAM)


def test_the_parameters_suit_user_networks_and_are_kept(start, tmp_path):
    nvram = tmp_path / "nvram"
    nvram.write_bytes(bytes(32768))
    board = start("VMC")
    said = board.command("niot")
    assert re.search(r"client +10\.0\.2\.15\n", said) and re.search(r"server +10\.0\.2\.2\n", said)
    kept = ("VMC", "-drive", f"if=mtd,format=raw,file={nvram}")
    board = start("VMC,net-client=192.168.7.9,boot-file=rtems,boot-args=a b", *kept[1:])
    said = board.command("niot")
    assert re.search(r"client +192\.168\.7\.9\n", said) and re.search(r"file +rtems\n", said)
    assert re.search(r"args +a b\n", said) and re.search(r"server +0\.0\.0\.0\n", said)
    board.command("niot server 192.168.7.1")
    assert "is not an IP address" in board.command("niot mask 255.255.255.256")
    board.emulator.kill()
    said = start(*kept).command("niot")
    assert re.search(r"client +192\.168\.7\.9\n", said) and re.search(r"server +192\.168\.7\.1\n", said)
    block = nvram.read_bytes()[0x1000:]
    assert block[32:40] == bytes([192, 168, 7, 9, 192, 168, 7, 1])
    assert block[56:62] == b"rtems\0" and block[120:124] == b"a b\0"


def environment(nvram):
    """The variables of a PReP partition, read as Linux 2.4 does; its checksum is right."""
    data = nvram.read_bytes()[:0x1000]
    start, length = struct.unpack_from(">II", data, 0xc4)
    assert data[:3] == b"\0\4\1" and data[9:10] == b"B"
    assert struct.unpack_from(">H", data, 4) == (binascii.crc_hqx(data[:4] + data[8:start + length], 0xffff),)
    return data[start:start + length].split(b"\0\0", 1)[0].decode().split("\0")


def test_the_environment_is_filled_shown_changed_and_kept(start, tmp_path):
    nvram, text = tmp_path / "nvram", tmp_path / "text"
    nvram.write_bytes(bytes(32768))
    text.write_text("# of the board\nmot-/dev/enet0-cipa=10.0.2.15\n\nempty=\nmot-script-boot=\\\ntftpGet -fapp.boot\\\ngo\n")
    kept = ["-drive", f"if=mtd,format=raw,file={nvram}"]
    board = start(f"VMC,gev={text}", *kept)
    assert board.command("gevshow") == \
        "mot-/dev/enet0-cipa=10.0.2.15\nempty=\nmot-script-boot=\ntftpGet -fapp.boot\ngo\n3 variables, 76 bytes, 3516 free\n"
    assert board.command("gevshow empty") == "empty=\n"
    assert environment(nvram) == ["mot-/dev/enet0-cipa=10.0.2.15", "empty=", "mot-script-boot=\ntftpGet -fapp.boot\ngo"]
    board.command("gevdel mot-script-boot")
    board.command("gevedit mot-/dev/enet0-cipa 10.0.2.16")
    board.command("gevedit epics-script 10.0.2.2:/export:ioc1 st.cmd")
    assert "'mot-script-boot' is not there" in board.command("gevdel mot-script-boot")
    assert "'mot-' is not there" in board.command("gevshow mot-")
    board.emulator.kill()
    changed = ["empty=", "mot-/dev/enet0-cipa=10.0.2.16", "epics-script=10.0.2.2:/export:ioc1 st.cmd"]
    assert environment(nvram) == changed
    board = start("VMC", *kept)
    assert board.command("gevshow").split("\n")[:3] == changed
    for i in range(40):
        said = board.command(f"gevedit filler{i:02} {'x' * 90}")
        if said:
            break
    assert "there is no room for it" in said and i == 35
    assert environment(nvram) == changed + [f"filler{n:02}={'x' * 90}" for n in range(i)]
    board.command("gevedit filler00 y")  # in the room that it had
    assert environment(nvram)[-1] == "filler00=y"
    board.command("gevinit")
    assert board.command("gevshow") == "0 variables, 0 bytes, 3592 free\n"
    assert environment(nvram) == [""]


def test_a_board_without_nvram_of_its_own_has_an_empty_environment(start, tmp_path):
    assert start("VMC").command("gevshow") == "0 variables, 0 bytes, 3592 free\n"
    nvram = tmp_path / "nvram"
    nvram.write_bytes(bytes(32768))
    board = start("VMC", "-drive", f"if=mtd,format=raw,file={nvram}")
    assert "there is no environment in NVRAM; gevinit makes one" in board.command("gevshow")


@pytest.mark.parametrize("text,complaint", [
    (b"novalue\n", "line 1: expected NAME=VALUE"), (b"a=1\n=2\n", "line 2: expected NAME=VALUE"),
    (b"a=1\na=2\n", "line 2: 'a' is there already"), (b"a=\0", "is not a text"),
    (b"a=" + b"x" * 3589 + b"\nb=\n", "line 1: NVRAM has room for 3592 bytes of variables"), (None, "No such file"),
])
def test_a_bad_environment_is_refused(sysemu, tmp_path, text, complaint):
    path = tmp_path / "text"
    if text is not None:
        path.write_bytes(text)
    result = library.run(sysemu, "-machine", f"VMC,gev={path}", "-display", "none")
    assert result.returncode == 1 and "gev: " in result.stdout and complaint in result.stdout


def test_files_come_over_the_network(start, tmp_path):
    for size in (0, 511, 512, 513, 300001):
        (tmp_path / f"file{size}").write_bytes(random.Random(size).randbytes(size))
    board = start("VMC", "-nic", f"user,tftp={tmp_path}")
    for size in (0, 511, 512, 513, 300001):
        board.command("mw 100000 0 100")
        assert f"{size:x} bytes at 00100000" in board.command(f"tftp 100000 file{size}")
        crc = zlib.crc32((tmp_path / f"file{size}").read_bytes())
        assert board.command(f"crc32 100000 {size:x}").strip() == f"{crc:08x}"
    assert "not found" in board.command("tftp 100000 other").lower()
    assert "does not fit into memory" in board.command("tftp 7f7ffff file513")


def test_without_a_cable_there_is_nothing_to_read(start):
    board = start("VMC", "-nic", "none")
    assert board.command("net").count("no link") == 2
    assert "has no link" in board.command("tftp 100000 file")


def test_a_program_boots_from_the_network_and_calls_the_firmware(start, program, tmp_path):
    data = random.Random(1).randbytes(2000)
    (tmp_path / "boot").write_bytes(program[1])
    (tmp_path / "data").write_bytes(data)
    board = start("VMC,boot-file=boot,boot-args=one two", "-nic", f"user,tftp={tmp_path},mac=52:54:00:01:02:03")
    board.serial.send("netboot\r")
    said = board.serial.expect("all there\r\n")
    assert "starting at 001f0000\r\nboot\r\none two\r\n" in said
    board.serial.send("x")
    assert board.serial.expect(PROMPT).startswith("x")
    packet = program[1].index(b"all there") // 4 * 4 + 12
    assert board.command(f"md.b {0x1f0000 + packet + 0x40:x} 6").startswith(
        f"{0x1f0000 + packet + 0x40:08x}: 52 54 00 01 02 03")
    assert board.command("crc32 300000 64").strip() == f"{zlib.crc32(data[512:612]):08x}"


def test_what_the_parameters_lack_comes_by_bootp(start, program, tmp_path):
    (tmp_path / "served").write_bytes(program[1])
    (tmp_path / "data").write_bytes(bytes(2000))
    board = start("VMC,net-client=0.0.0.0,net-server=0.0.0.0,net-mask=0.0.0.0,net-gateway=0.0.0.0",
                  "-nic", f"user,tftp={tmp_path},bootfile=served,net=10.7.0.0/24,dhcpstart=10.7.0.77")
    board.serial.send("netboot\r")
    assert "starting at 001f0000\r\nserved\r\n" in board.serial.expect("all there\r\n")
    board.serial.send("x")
    board.serial.expect(PROMPT)


def test_a_program_reads_a_file_block_by_block(start, tmp_path):
    data = random.Random(2).randbytes(5 * 512 + 17)
    (tmp_path / "boot").write_bytes(assemble(tmp_path, BLOCKS)[1])
    (tmp_path / "data").write_bytes(data)
    board = start("VMC", "-nic", f"user,tftp={tmp_path}")
    assert f"returned {0x400000 + len(data):08x}" in board.command("netboot boot")
    assert board.command(f"crc32 400000 {len(data):x}").strip() == f"{zlib.crc32(data):08x}"


def test_the_other_calls(start, tmp_path):
    code = assemble(tmp_path, OTHER_CALLS)[1]
    (tmp_path / "boot").write_bytes(code)
    board = start("VMC", "-nic", f"user,tftp={tmp_path},mac=52:54:00:01:02:03")
    board.serial.send("netboot boot\r")
    board.serial.expect("name?")
    board.serial.send("hello\r")
    board.serial.expect("hello\r\n")
    board.serial.send("abcdefg\r")  # what has no room isn't echoed, either
    board.serial.expect("abcde\r\n")
    board.serial.send("a line\r")
    said = board.serial.expect(PROMPT)
    assert "a line\r\n" in said and f"\r{79 * ' '}\r" in said and "returned 00000077" in said

    def memory(command):
        return [word for line in board.command(command).splitlines() for word in line.split(": ")[1].split("  ")[0].split()]

    end, no_break, ticks, status, refused = [int(word, 16) for word in memory("md 500000 5")]
    assert (end, no_break, status, refused) == (0x510005, 8, 0, 1)
    assert ticks >= 20 * 25000
    assert bytes.fromhex("".join(memory("md.b 510000 6"))) == b"hello\0"
    counted = 0x1f0000 + code.index(b"name?") + 5
    assert bytes.fromhex("".join(memory(f"md.b {counted:x} 6"))) == b"\5abcde"
    assert bytes.fromhex("".join(memory(f"md.b {counted + 8:x} 7"))) == b"\6a line"
    block = bytes.fromhex("".join(memory("md.b 520000 34")))
    assert block[32:40] == bytes([10, 0, 2, 15, 10, 0, 2, 2])
    answer = bytes.fromhex("".join(memory("md.b 530000 2a")))
    assert answer[:6] == bytes.fromhex("525400010203") and answer[12:22] == bytes.fromhex("08060001080006040002")
    assert answer[28:32] == bytes([10, 0, 2, 2])


def test_unknown_system_calls_are_named(start):
    board = start("VMC")
    board.command("mw 10000 39400077")  # li r10,0x77
    board.command("mw 10004 44000002")  # sc
    assert "system call 0077 at 00010004 is not known" in board.command("go 10000")
    assert "PowerPC" in board.command("info")


def test_s_records_load_from_the_console(start, program, tmp_path):
    records = subprocess.run([CROSS + "objcopy", "-O", "srec", "-j", ".text", program[0], "/dev/stdout"], check=True,
                             capture_output=True).stdout.replace(b"\r", b"")
    board = start("VMC")
    board.serial.send("load\r")
    board.serial.expect("send S-records")
    board.serial.send(records.rstrip())
    assert f"{len(program[1]):x} bytes, entry 001f0000" in board.serial.expect(PROMPT)
    assert board.command(f"crc32 1f0000 {len(program[1]):x}").strip() == f"{zlib.crc32(program[1]):08x}"
    board.serial.send("load\r")
    board.serial.send(b"S1050000112200\n")
    assert "damaged" in board.serial.expect(PROMPT)


def test_pci_functions_have_addresses(start):
    board = start("VMC", "-device", "i82551,addr=10")
    text = board.emulator.monitor.command("info pci")
    places = [int(a, 16) for a in re.findall(r"memory at 0x([0-9a-f]+) \[", text)]
    assert len(places) == 8 and all(0xf0000000 <= a < 0xf4000000 for a in places), text
    assert len(set(places)) == 8
    assert all(0x1000 <= int(a, 16) < 0x10000 for a in re.findall(r"I/O at 0x([0-9a-f]+) \[0x1", text)), text


def test_addresses_and_arguments_are_there_for_a_kernel(sysemu, tmp_path):
    """With -kernel, r6 and r7 are -append, and RTEMS's places for PCI are used."""
    image = tmp_path / "image"
    image.write_bytes(bytes.fromhex("48000000"))  # b .
    emulator = library.Emulator(sysemu, "-machine", "VMC", "-kernel", image, "-append", "hello board", timeout=60)
    try:
        registers = emulator.monitor.command("info registers")
        row = re.search(r"GPR04 +\w+ +\w+ +(\w+) +(\w+)", registers)
        start, end = int(row.group(1), 16), int(row.group(2), 16)
        assert end - start == len("hello board")
        dump = emulator.monitor.command(f"xp /11xb 0x{start:x}")
        assert bytes(int(b, 16) for b in re.findall(r"0x(\w\w)\b", dump)) == b"hello board"
        text = emulator.monitor.command("info pci")
        assert "memory at 0xf0000000" in text and "IRQ 2, pin A" in text and "IRQ 13, pin A" in text
    finally:
        emulator.kill()


@pytest.mark.parametrize("args, message", [
    (["-machine", "VMC,net-client=1.2.3"], "net-client: '1.2.3' is not an IPv4 address"),
    (["-machine", "VMC,boot-file=" + 64 * "x"], "is too long: 64 bytes, maximum 63"),
    (["-machine", "VMC", "-kernel", "/dev/null", "-append", "x"], "is not a regular file"),
    (["-machine", "VMC", "-kernel", __file__, "-append", 20000 * "x"], "-append is too long: 20000 bytes"),
])
def test_mistakes_are_named(sysemu, args, message):
    result = subprocess.run([sysemu, *args, "-display", "none"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and message in result.stderr, result.stderr
