"""Drives: what -drive refuses, who may open an image, what the guest has written when it is killed.

SPDX-License-Identifier: MIT
"""

import re
import signal

import pytest

from sysemu import run

VMC = ["-machine", "VMC", "-cpu", "755"]
FLASH_A_SIZE = 16 << 20
BOOT_FLASH_SIZE = 8 << 20
NVRAM_SIZE = 32 << 10
SHELL = re.compile(rb"[#$] $")


@pytest.fixture
def flash(tmp_path):
    """An erased image of flash bank A."""
    path = tmp_path / "flash-a"
    path.write_bytes(b"\xff" * FLASH_A_SIZE)
    return path


@pytest.fixture(scope="module")
def linux(guest_image):
    """Options that boot Linux to its shell; the board's tree describes the flash partitions."""
    return [*VMC, "-m", "256", "-kernel", guest_image("ppc/vmlinux-mvme5100"), "-initrd",
            guest_image("ppc/initramfs.cpio.gz"), "-append", "console=ttyS0,9600"]


class Shell:
    """Linux at its prompt."""

    def __init__(self, start, *args):
        self.emulator = start(*args, timeout=120)
        self.serial = self.emulator.serial[0]
        self.serial.expect("GUEST-BOOT-OK")
        self.serial.expect(SHELL)

    def run(self, line):
        """What the command printed; it must succeed."""
        self.serial.send(line + "; echo RE''SULT=$?\r")
        answer = self.serial.expect(re.compile(rb"RESULT=0\r\n"))
        self.serial.expect(SHELL)
        return answer.replace("\r\n", "\n")

    def kill(self):
        self.emulator.process.send_signal(signal.SIGKILL)
        self.emulator.process.wait()


def pflash(path, *options):
    return ["-drive", ",".join(["if=pflash", "unit=1", "format=raw", f"file={path}", *options])]


@pytest.mark.parametrize("options, message", [
    ("format=raw,frob=1", "Invalid parameter 'frob'"),
    ("format=raw,if=frob", "unsupported bus type 'frob': expected one of: none, "),
    ("format=qcow2", "Image is not in qcow2 format"),
    ("format=vhdx", "Block driver 'vhdx' is not supported"),
    ("format=frob", "Unknown driver 'frob', expected one of: file"),
    ("format=raw,file.frob=1", "Invalid parameter 'frob': block driver 'file' has no such option"),
    ("format=raw,unit=frob", "Parameter 'unit' expects a number"),
    ("format=raw,unit=1,index=1", "index cannot be used with bus and unit"),
    ("format=raw,readonly=frob", "Parameter 'readonly' expects 'on' or 'off'"),
    ("format=raw,cache=frob", "Parameter 'cache' expects one of: writeback"),
    ("format=raw,aio=frob", "Parameter 'aio' expects one of: threads, native, io_uring"),
    ("format=raw,aio=native", "aio=native was specified, but it requires cache.direct=on, which was not specified."),
    ("format=raw,snapshot=frob", "Parameter 'snapshot' expects 'on' or 'off'"),
    ("format=raw,copy-on-read=on", "Parameter 'copy-on-read' expects 'off'"),
    ("format=raw,werror=frob", "Parameter 'werror' expects one of: report"),
    ("format=raw,detect-zeroes=unmap", "detect-zeroes=unmap needs discard=unmap"),
    ("format=raw,size=64M", "Parameter 'size' expects at most 16777216"),
])
def test_mistakes_name_the_option_and_what_was_expected(sysemu, flash, options, message):
    option = f"if=pflash,file={flash},{options}" if "if=" not in options \
        else f"file={flash},{options}"
    result = run(sysemu, *VMC, "-drive", option)
    assert result.returncode == 1
    assert f"-drive {option}: {message}" in result.stdout


@pytest.mark.parametrize("option, warned", [("-pflash {}", False), ("-drive if=pflash,file={}", True)])
def test_only_an_option_that_takes_a_format_misses_it(start, tmp_path, option, warned):
    (tmp_path / "bank-b").write_bytes(bytes(8 << 20))
    vm = start("-machine", "VMC", "-S", *option.format(tmp_path / "bank-b").split(), serials=0)
    vm.monitor.command("info status")
    assert ("Image format was not specified" in vm.error_text()) == warned


def test_a_flash_image_in_another_format_is_named(sysemu, tmp_path):
    (tmp_path / "bank-b").write_bytes(b"vhdxfile".ljust(8 << 20, b"\0"))
    result = run(sysemu, "-machine", "VMC", "-pflash", tmp_path / "bank-b")
    assert result.returncode == 1
    assert "looks like a vhdx image, which is not supported" in result.stdout


def test_an_image_of_the_wrong_size_names_both_sizes(sysemu, tmp_path):
    path = tmp_path / "small"
    path.write_bytes(b"\xff" * 1000)
    result = run(sysemu, *VMC, *pflash(path))
    assert result.returncode == 1
    assert "1000 bytes" in result.stdout
    assert f"{FLASH_A_SIZE} bytes" in result.stdout


def test_an_image_has_one_writer(start, sysemu, flash):
    start(*VMC, "-S", *pflash(flash))
    result = run(sysemu, *VMC, *pflash(flash))
    assert result.returncode == 1
    assert 'Failed to get "write" lock' in result.stdout
    assert f"Is another process using the image [{flash}]?" in result.stdout
    result = run(sysemu, *VMC, *pflash(flash, "readonly=on"))
    assert 'Failed to get shared "write" lock' in result.stdout


def test_an_image_has_many_readers(start, flash):
    for _ in range(2):
        start(*VMC, "-S", *pflash(flash, "readonly=on"))


def test_locks_are_those_of_other_tools(start, reference, flash):
    start(*VMC, "-S", *pflash(flash))
    result = run(reference, "-machine", "g3beige", "-display", "none", "-S", "-drive",
                 f"if=none,id=d,format=raw,file={flash}", "-device", "virtio-blk-pci,drive=d")
    assert result.returncode == 1
    assert 'Failed to get "write" lock' in result.stdout


def test_flash_file_system_survives_a_kill(start, linux, flash):
    shell = Shell(start, *linux, *pflash(flash))
    shell.run("flash_eraseall -q -j /dev/mtd2 >/dev/null")
    shell.run("mkdir -p /m && mount -t jffs2 /dev/mtdblock2 /m")
    shell.run("cp /bin/busybox /m/copy && echo kept >/m/note && sync")
    shell.kill()
    shell = Shell(start, *linux, *pflash(flash))
    shell.run("mkdir -p /m && mount -t jffs2 /dev/mtdblock2 /m")
    assert "kept" in shell.run("cat /m/note")
    shell.run("cmp /bin/busybox /m/copy")
    assert "error" not in shell.run("dmesg | grep -i jffs2 || true").lower()


def test_flash_blocks_can_be_locked(start, linux, flash):
    shell = Shell(start, *linux, *pflash(flash))
    shell.run("flash_lock /dev/mtd1 0 1")
    assert "Read-only" in shell.run("flash_eraseall /dev/mtd1 2>&1 | head -3")
    shell.run("flash_unlock /dev/mtd1 && flash_eraseall -q /dev/mtd1 >/dev/null")


def test_read_only_flash_refuses_the_guest(start, linux, flash):
    before = flash.read_bytes()
    shell = Shell(start, *linux, *pflash(flash, "readonly=on"))
    shell.run("! flashcp /bin/selftest /dev/mtd1 2>&1")
    assert shell.emulator.quit() == 0
    assert flash.read_bytes() == before


def test_nvram_is_kept(start, sysemu, tmp_path):
    if not (sysemu.parent / "roms" / "vmc" / "vmc-firmware.bin").exists():
        pytest.skip("the firmware was not built (no PowerPC cross compiler)")
    path = tmp_path / "nvram"
    path.write_bytes(bytes(NVRAM_SIZE))
    emulator = start(*VMC, "-drive", f"if=mtd,format=raw,file={path}", timeout=60)
    serial = emulator.serial[0]
    for line in ["", "mw.b fef880c8 34", "mw.b fef880d0 12", "mw.b fef880d8 ab"]:
        serial.send(line + "\r" if line else b"")
        serial.expect("VMC> ")
    emulator.process.send_signal(signal.SIGKILL)
    emulator.process.wait()
    expected = bytearray(NVRAM_SIZE)
    expected[0x1234] = 0xab
    assert path.read_bytes() == expected


# --- without if= ---


def test_what_a_drive_without_if_became_is_said(start, tmp_path):
    image = tmp_path / "boot"
    image.write_bytes(b"\xff" * BOOT_FLASH_SIZE)
    vm = start(*VMC, "-S", "-drive", f"file={image},format=raw")
    assert "pflash0" in vm.monitor.command("info block")
    assert vm.error_text() == (f"sysemu: -drive file={image},format=raw: info: no if= given: '{image}' "
                               "is if=pflash,bus=0,unit=0 on machine 'VMC'\n")


@pytest.mark.parametrize("offset,mark,what", [
    (510, b"\x55\xaa", "a boot sector (PC partition table or FAT file system)"),
    (512, b"EFI PART", "a GPT partition table"),
    (0x438, b"\x53\xef", "an ext2, ext3 or ext4 file system"),
    (0x8001, b"CD001", "an ISO 9660 file system"),
])
def test_a_disk_becomes_no_flash_unasked(sysemu, start, tmp_path, offset, mark, what):
    image = tmp_path / "disk"
    image.write_bytes(bytes(offset) + mark + bytes(BOOT_FLASH_SIZE - offset - len(mark)))
    result = run(sysemu, *VMC, "-drive", f"file={image},format=raw")
    assert (result.returncode, result.stdout) == (1, (
        f"sysemu: -drive file={image},format=raw: '{image}' holds {what}, and a drive without if= is "
        "if=pflash on machine 'VMC', which has no disks (with if=pflash it is taken as it is)\n"))
    vm = start(*VMC, "-S", "-drive", f"if=pflash,file={image},format=raw")
    assert "pflash0" in vm.monitor.command("info block")
    assert vm.error_text() == ""


def test_a_disk_of_another_size_is_refused_after_saying_what_it_became(sysemu, tmp_path):
    image = tmp_path / "disk"
    image.write_bytes(bytes(1 << 20))
    result = run(sysemu, *VMC, "-drive", f"file={image},format=raw")
    assert result.returncode == 1
    said, refused = result.stdout.splitlines()
    assert said.endswith("is if=pflash,bus=0,unit=0 on machine 'VMC'")
    assert refused.endswith("is 1048576 bytes long, the device requires 8388608 bytes")
