"""SD cards: Linux's drivers on `sdhci-pci` in each manner of moving data, and what is refused.

SPDX-License-Identifier: MIT
"""

import hashlib

import pytest

from sysemu import run
from test_virt_board import VIRT, image, initrd, initrd_modules, linux, power_off, said  # noqa: F401

# What Linux's driver is told to do without: nothing, 64-bit addresses, lists of descriptors too, DMA altogether.
MANNERS = [("debug_quirks=0", "ADMA 64-bit"), ("debug_quirks2=0x200", "ADMA"), ("debug_quirks=0x40 debug_quirks2=0x200", "DMA"),
           ("debug_quirks=0x60", "PIO")]


def test_linux_keeps_a_filesystem_on_a_card(linux, initrd_modules, tmp_path):  # noqa: F811
    """-drive if=sd, a card of standard capacity; and one of high capacity, given with -device."""
    card, large = tmp_path / "card.img", tmp_path / "large.img"
    with open(card, "wb") as file:
        file.truncate(8 << 20)
    with open(large, "wb") as file:
        file.truncate(3 << 30)
    emulator = linux("-m", "256", "-nic", "none", "-device", "sdhci-pci", "-drive", f"if=sd,format=raw,file={card}",
                     "-device", "sdhci-pci", "-drive", f"if=none,id=large,format=raw,file={large}",
                     "-device", "sd-card,drive=large", archive=initrd_modules)
    said(emulator, "while [ ! -e /dev/mmcblk1 ]; do sleep 0.1; done; stty cols 1000")
    messages = said(emulator, "dmesg | grep mmc")
    assert "new high speed SD card at address" in messages and "new high speed SDHC card at address" in messages
    assert "8.00 MiB" in messages and "3.00 GiB" in messages
    said(emulator, "dd if=/dev/urandom of=/tmp/data bs=64k count=4")
    data = said(emulator, "sha256sum </tmp/data").split()[0]
    said(emulator, "modprobe vfat; mkdir /tmp/card; small=$(grep -l '^16384$' /sys/block/mmcblk*/size | cut -d/ -f4); "
                   "mkfs.vfat /dev/$small")
    for quirks, manner in MANNERS:
        said(emulator, f"rmmod sdhci_pci sdhci; modprobe sdhci {quirks}; modprobe sdhci-pci; "
                       "while [ ! -e /dev/mmcblk0 -o ! -e /dev/mmcblk1 ]; do sleep 0.1; done; "
                       "small=$(grep -l '^16384$' /sys/block/mmcblk*/size | cut -d/ -f4); "
                       "large=$(grep -l '^6291456$' /sys/block/mmcblk*/size | cut -d/ -f4)")
        assert said(emulator, "dmesg | grep 'SDHCI controller on' | tail -1").strip().endswith(f"using {manner}")
        said(emulator, "mount /dev/$small /tmp/card; cp /tmp/data /tmp/card/copy; umount /tmp/card; mount /dev/$small /tmp/card")
        assert data in said(emulator, "sha256sum </tmp/card/copy"), manner
        said(emulator, "umount /tmp/card; dd if=/tmp/data of=/dev/$large bs=64k seek=45000; sync; echo 3 >/proc/sys/vm/drop_caches")
        assert data in said(emulator, "dd if=/dev/$large bs=64k skip=45000 count=4 2>/dev/null | sha256sum"), manner
    seen = said(emulator, "sha256sum </dev/$small").split()[0]
    assert "error" not in said(emulator, "dmesg | grep mmc")
    power_off(emulator)
    assert hashlib.sha256(card.read_bytes()).hexdigest() == seen
    with open(large, "rb") as file:
        file.seek(45000 * 65536)
        assert hashlib.sha256(file.read(256 << 10)).hexdigest() == data


def test_a_card_that_is_changed(start, tmp_path):
    for name in "first", "second":
        with open(tmp_path / name, "wb") as file:
            file.truncate(1 << 20)
    vm = start(*VIRT, "-S", "-device", "sdhci-pci", "-drive", f"if=sd,id=card,format=raw,file={tmp_path}/first")
    assert vm.monitor.command("eject card") == ""
    assert "first" not in vm.monitor.command("info block card")
    assert vm.monitor.command(f"change card {tmp_path}/second raw") == ""
    assert "second" in vm.monitor.command("info block card")


@pytest.mark.parametrize("size", [1000, 3 << 10, (2 << 30) + (1 << 19) - 512, (1 << 30) + (256 << 10)])
def test_a_size_that_no_card_has(sysemu, tmp_path, size):
    with open(tmp_path / "card", "wb") as file:
        file.truncate(size)
    result = run(sysemu, *VIRT, "-device", "sdhci-pci", "-drive", f"if=sd,format=raw,file={tmp_path}/card")
    assert result.returncode == 1
    assert "no SD card has" in result.stdout.splitlines()[0]


def test_a_card_wants_a_slot(sysemu, tmp_path):
    (tmp_path / "card").write_bytes(bytes(1 << 20))
    drive = ["-drive", f"if=sd,format=raw,file={tmp_path}/card"]
    result = run(sysemu, *VIRT, *drive)
    assert (result.returncode, "does not support if=sd" in result.stdout) == (1, True)
    assert "-device sdhci-pci makes a slot" in result.stdout
    result = run(sysemu, *VIRT, "-device", "sd-card")
    assert (result.returncode, "No 'sd-bus' bus found" in result.stdout) == (1, True)
