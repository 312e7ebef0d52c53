"""virtio-vga: a VGA for firmware, virtio's GPU for a driver, and a VGA again after a reset.

SPDX-License-Identifier: MIT
"""

import re
import time

import pytest

from sysemu import PATIENT_LINUX
from test_displays import ppm_pixels


def picture(emulator, path):
    path.unlink(missing_ok=True)
    emulator.monitor.command(f"screendump {path}")
    return ppm_pixels(path)


def text_on_screen(emulator):
    """What the VGA's text mode has at b8000."""
    dump = emulator.monitor.command("xp /4000xb 0xb8000")
    values = [int(byte, 16) for line in dump.splitlines() for byte in re.findall(r"0x([0-9a-f]{2})\b", line.partition(":")[2])]
    return bytes(values[::2]).decode("latin-1")


def wait_for_bios(emulator):
    deadline = time.monotonic() + 60
    while "No bootable device" not in text_on_screen(emulator):
        assert time.monotonic() < deadline, text_on_screen(emulator)
        time.sleep(0.5)


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_firmware_finds_a_vga(start, tmp_path, machine):
    emulator = start("-machine", machine, "-vga", "virtio", "-net", "none", timeout=90)
    wait_for_bios(emulator)
    width, height, rows = picture(emulator, tmp_path / "bios.ppm")
    assert (width, height) == (720, 400)
    assert len(set(b"".join(row[:240] for row in rows[:40]))) == 2  # grey letters on black
    pci = emulator.monitor.command("info pci")
    assert "VGA controller: PCI device 1af4:1050" in pci


def test_a_driver_takes_the_screen_until_a_reset(start, guest_image, tmp_path):
    emulator = start("-machine", "pc", "-m", "256", "-vga", "virtio", "-net", "none", "-kernel", guest_image("amd64/vmlinuz"), "-initrd",
                     guest_image("amd64/initramfs.cpio"), "-append", f"console=ttyS0 quiet no_timer_check {PATIENT_LINUX}", timeout=240)
    emulator.serial[0].expect("AMD64-GUEST-UP")
    emulator.serial[0].send("modprobe virtio_pci; modprobe virtio-gpu; sleep 1; cat /proc/fb; dmesg | grep 'virtio-vga detected'; printf 'hello\\n' >/dev/tty1; echo DO''NE\r")
    said = emulator.serial[0].expect("DONE")
    assert "virtio_gpudrmfb" in said and "virtio-vga detected" in said, said
    deadline = time.monotonic() + 30
    while True:
        width, height, rows = picture(emulator, tmp_path / "linux.ppm")
        if any(any(row) for row in rows) or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert (width, height) == (1280, 800)
    assert any(any(row) for row in rows), "nothing is on the screen"
    emulator.monitor.command("system_reset")
    deadline = time.monotonic() + 60
    while picture(emulator, tmp_path / "reset.ppm")[:2] == (1280, 800):
        assert time.monotonic() < deadline
        time.sleep(0.2)
