"""The VMC board's own firmware: its prompt, its commands, and Linux booted by it from flash bank A.

SPDX-License-Identifier: MIT
"""

import importlib.machinery
import importlib.util
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import zlib

import pytest

from conftest import more

PROMPT = "VMC> "
FLASH_A_SIZE = 16 << 20
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Firmware:
    """The board at its firmware's prompt."""

    def __init__(self, start, *args):
        self.emulator = start("-machine", "VMC", "-cpu", "755", *args, timeout=60)
        self.serial = self.emulator.serial[0]
        self.banner = self.serial.expect(PROMPT)

    def command(self, line):
        """Runs a command: its answer without the echo."""
        self.serial.send(line + "\r")
        answer = self.serial.expect(PROMPT)
        return answer.split("\r\n", 1)[1].replace("\r\n", "\n")


@pytest.fixture(scope="module")
def firmware_image(sysemu):
    path = sysemu.parent / "roms" / "vmc" / "vmc-firmware.bin"
    if not path.exists():
        pytest.skip("the firmware was not built (no PowerPC cross compiler)")
    return path


@pytest.fixture
def firmware(start, firmware_image):
    return Firmware(start)


@pytest.fixture
def flash(tmp_path):
    """An erased image of flash bank A."""
    path = tmp_path / "flash-a"
    path.write_bytes(b"\xff" * FLASH_A_SIZE)
    return path


def flash_option(path):
    return ["-drive", f"if=pflash,unit=1,format=raw,file={path}"]


@pytest.mark.parametrize("size", [32, 128, 256, more(1000), more(2047)])
def test_inventory_says_what_the_board_was_given(start, firmware_image, size):
    banner = Firmware(start, "-m", str(size)).banner
    assert "PowerPC 745/755, PVR 00083208" in banner
    assert f"Memory     {size} MiB" in banner
    assert "1057:4803" in banner
    assert "16384 KiB, 128 blocks of 128 KiB" in banner
    assert "Memory test ... passed" in banner


@pytest.mark.parametrize("size", [1, 3, 16, 24])
def test_less_memory_than_the_controller_knows_is_a_block_of_32(start, size):
    board = Firmware(start, "-m", str(size))
    assert f"Memory     {size} MiB" in board.banner
    assert "Memory test ... passed" in board.banner
    assert board.command("md fef80010 1").split()[1] == "81000000"  # block A: enabled, 32 MiB
    board.command("mw 2000 feedf00d")
    assert board.command(f"md {(size << 20) + 0x2000:x} 1").split()[1] == "feedf00d"


def test_help_lists_the_commands(firmware):
    text = firmware.command("help")
    for name in ("info", "md", "mw", "cp", "crc32", "mtest", "pci", "flash", "go", "boot", "reset"):
        assert f"\n{name} " in "\n" + text


def test_memory_is_written_in_each_width_and_displayed(firmware):
    firmware.command("mw 10000 0 10")
    firmware.command("mw.l 10000 11223344")
    firmware.command("mw.w 10004 5566")
    firmware.command("mw.b 10006 77 2")
    assert firmware.command("md 10000 2").startswith("00010000: 11223344 55667777  .\"3DUfww")
    assert firmware.command("md.b 10003 3").startswith("00010003: 44 55 66")
    firmware.command("cp 10000 20000 8")
    assert "11223344 55667777" in firmware.command("md 20000 2")


def test_checksum_is_the_usual_one(firmware):
    for i, byte in enumerate(b"123456789"):
        firmware.command(f"mw.b {0x10000 + i:x} {byte:x}")
    assert firmware.command("crc32 10000 9").strip() == "cbf43926"


def test_memory_test_covers_what_it_is_asked_to(firmware):
    assert "passed" in firmware.command("mtest 100000 200000")
    assert "firmware's" in firmware.command("mtest 0 ffffffff")


def test_a_program_is_called_and_returns(firmware):
    firmware.command("mw 10000 7c632214")  # add r3,r3,r4
    firmware.command("mw 10004 4e800020")  # blr
    assert firmware.command("go 10000 12 30").strip() == "returned 00000042"


@pytest.mark.parametrize("line, name", [
    ("md 40000000", "machine check exception"),
    ("go 40000000", "machine check exception"),
])
def test_an_exception_is_reported_and_the_prompt_comes_back(firmware, line, name):
    assert name in firmware.command(line)
    assert "PowerPC" in firmware.command("info")


def test_an_illegal_instruction_names_its_address(firmware):
    firmware.command("mw 10000 0")
    assert "program exception (700) at 00010000" in firmware.command("go 10000")


@pytest.mark.parametrize("line, answer", [
    ("nonsense", "'nonsense' is no command"),
    ("md", "usage: md"),
    ("md zzz", "'zzz' is not a hexadecimal number"),
    ("md 123456789", "is not a hexadecimal number of up to 8 digits"),
    ("md.q 0", "'md.q' is no command"),
    ("help.b", "'help.b' is no command"),
    ("mw.b 10000 1ff", "1ff does not fit into 8 bits"),
    ("mw.w 10000 12345", "12345 does not fit into 16 bits"),
    ("mtest 20000 10000", "START is below END"),
    ("mtest 10000 10000", "START is below END"),
    ("flash erase", "flash erase ADDR LEN"),
    ("flash foo", "flash erase ADDR LEN"),
    ("flash write f4000001 100000 10", "f4000001 is odd"),
    ("flash erase 0 10", "flash bank A is f4000000 to f4ffffff"),
    ("boot", "no image in flash bank A"),
])
def test_mistakes_are_answered(firmware, line, answer):
    assert answer in firmware.command(line)


def test_line_editing(firmware):
    firmware.serial.send("nonsense\x15mw 10000 12345679\x7f8\r")
    firmware.serial.expect(PROMPT)
    assert "12345678" in firmware.command("md 10000 1")


def test_reset_starts_again(firmware):
    firmware.serial.send("reset\r")
    firmware.serial.expect("VMC firmware")
    firmware.serial.expect(PROMPT)


def test_flash_is_erased_and_written_and_survives_a_kill(start, firmware_image, flash):
    board = Firmware(start, *flash_option(flash))
    board.command("mw 10000 cafe1234 8")
    assert "written" in board.command("flash write f4020000 10000 20")
    os.kill(board.emulator.process.pid, signal.SIGKILL)
    board.emulator.process.wait()
    assert flash.read_bytes()[0x20000:0x20020] == bytes.fromhex("cafe1234") * 8

    board = Firmware(start, *flash_option(flash))
    assert "cafe1234" in board.command("md f4020000 1")
    assert "erased" in board.command("flash erase f4020000 100")
    assert "ffffffff" in board.command("md f4020000 1")
    assert board.emulator.quit() == 0
    assert flash.read_bytes() == b"\xff" * FLASH_A_SIZE


def test_an_image_made_while_the_second_changes_is_good(monkeypatch):
    """The header has the time, and a checksum of itself."""
    path = str(ROOT / "scripts" / "make-flash-image")
    script = importlib.util.module_from_spec(importlib.util.spec_from_loader(
        "make_flash_image", importlib.machinery.SourceFileLoader("make_flash_image", path)))
    script.__spec__.loader.exec_module(script)
    clock = itertools.count(1_700_000_000)
    monkeypatch.setattr(script.time, "time", lambda: next(clock))
    image = script.make_uimage(b"kernel", 0, 0, None, "name")
    assert zlib.crc32(image[:4] + bytes(4) + image[8:64]) == int.from_bytes(image[4:8], "big")


@pytest.fixture(scope="module")
def linux_flash(guest_image, tmp_path_factory):
    """Flash bank A with kernel and initramfs."""
    path = tmp_path_factory.mktemp("flash") / "flash-a"
    subprocess.run([sys.executable, ROOT / "scripts" / "make-flash-image",
                    "--kernel", guest_image("ppc/vmlinux-mvme5100"),
                    "--initrd", guest_image("ppc/initramfs.cpio.gz"), path], check=True)
    return path


@pytest.mark.parametrize("size", [64, more(256), 512])
def test_linux_boots_from_flash(start, firmware_image, linux_flash, size):
    board = Firmware(start, "-m", str(size), "-no-reboot", *flash_option(linux_flash))
    board.serial.timeout = 120
    board.serial.send("boot console=ttyS0,9600 selftest=1 doreboot=1\r")
    board.serial.expect("GUEST-BOOT-OK")
    text = board.serial.expect("GUEST-SELFTEST-DONE")
    assert "FAIL" not in text and "58 passed, 0 failed" in text
    assert board.emulator.wait(60) == 0


@pytest.mark.parametrize("offset, message", [
    (0, "no image in flash bank A"),
    (8, "the image's header is damaged"),
    (0x100000, "the image's data is damaged"),
])
def test_a_damaged_image_is_not_started(start, firmware_image, linux_flash, tmp_path, offset,
                                        message):
    damaged = tmp_path / "damaged"
    data = bytearray(linux_flash.read_bytes())
    data[offset] ^= 1
    damaged.write_bytes(data)
    assert message in Firmware(start, *flash_option(damaged)).command("boot")
