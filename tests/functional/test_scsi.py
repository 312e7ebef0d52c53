"""SCSI disks and CD-ROM drives on virtio-scsi, with Linux on the `virt` board; what the options refuse.

SPDX-License-Identifier: MIT
"""

import hashlib

import pytest

from sysemu import run
from test_virt_board import VIRT, image, initrd, initrd_modules, linux, power_off, said  # noqa: F401 (fixtures)


@pytest.fixture
def disks(tmp_path):
    for name, size in (("a", 64 << 20), ("b", 16 << 20)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    (tmp_path / "cd").write_bytes(b"a disc of the host\n".ljust(100 * 2048, b"."))
    return tmp_path


def drive(name, path, *more):
    return "-drive", ",".join([f"if=none,id={name},file={path},format=raw", *more])


def test_linux_uses_disks_and_discs(linux, initrd_modules, disks):  # noqa: F811
    emulator = linux("-device", "virtio-scsi-pci,id=s", *drive("a", disks / "a", "discard=unmap"),
                     "-device", "scsi-hd,drive=a,scsi-id=3,lun=2,serial=S-1234,wwn=0x5000c50015ea71ac",
                     "-drive", f"if=scsi,format=raw,file={disks / 'b'}", "-drive", "if=none,id=cd,media=cdrom",
                     "-device", "scsi-cd,drive=cd,scsi-id=7", archive=initrd_modules)
    units = said(emulator, "for n in 0:0:0:0 0:0:3:2 0:0:7:0; do until ls /sys/class/scsi_device/$n/device/block; do sleep 0.1; done; done 2>/dev/null")
    assert units.split() == ["sda", "sdb", "sr0"] or units.split() == ["sdb", "sda", "sr0"], units
    disk = "/dev/" + units.split()[1]
    queue = f"/sys/block/{disk[5:]}/queue"
    assert said(emulator, f"cat {queue}/write_cache").strip() == "write back"
    assert said(emulator, f"cat {queue}/discard_max_bytes").strip() == str(1 << 30)
    assert "S-1234" in said(emulator, f"cat /sys/block/{disk[5:]}/device/vpd_pg80 | tr -d '\\000'")
    assert "5000c50015ea71ac" in said(emulator, f"cat /sys/block/{disk[5:]}/device/wwid")
    written = said(emulator, f"dd if=/dev/urandom of=/tmp/f bs=64k count=160 2>/dev/null; dd if=/tmp/f of={disk} bs=64k seek=3 "
                             "conv=fsync 2>/dev/null; sha256sum </tmp/f").split()[0]
    said(emulator, f"echo 3 >/proc/sys/vm/drop_caches; dd if={disk} of=/tmp/g bs=64k skip=3 count=160 2>/dev/null")
    assert said(emulator, "sha256sum </tmp/g").split()[0] == written
    assert hashlib.sha256((disks / "a").read_bytes()[3 << 16:163 << 16]).hexdigest() == written

    emulator.monitor.command(f"change cd {disks / 'cd'} raw")
    assert "a disc of the host" in said(emulator, "until dd if=/dev/sr0 bs=2048 count=1 2>/dev/null; do sleep 0.1; done")
    assert said(emulator, "cat /sys/block/sr0/size").strip() == "400"

    emulator.monitor.command(f"drive_add 0 if=none,id=hot,file={disks / 'cd'},format=raw,readonly=on")
    emulator.monitor.command("device_add scsi-hd,drive=hot,id=unit,scsi-id=9,rotation_rate=1")
    found = said(emulator, "until ls /sys/class/scsi_device/0:0:9:0/device/block 2>/dev/null; do sleep 0.1; done").strip()
    assert said(emulator, f"cat /sys/block/{found}/ro /sys/block/{found}/queue/rotational").split() == ["1", "0"]
    assert "a disc of the host" in said(emulator, f"head -1 /dev/{found}")
    emulator.monitor.command("device_del unit")
    said(emulator, "while [ -e /sys/class/scsi_device/0:0:9:0 ]; do sleep 0.1; done")
    assert "Sense Key" not in said(emulator, "dmesg")
    power_off(emulator)


@pytest.mark.parametrize("device, reason", [
    ("scsi-hd,drive=a,scsi-id=256", "scsi-id=256: bus 's.0' has 0 to 255"),
    ("scsi-hd,drive=a,lun=16384", "lun=16384: bus 's.0' has 0 to 16383"),
    ("scsi-hd,drive=a,channel=1", "channel=1: bus 's.0' has channel 0 only"),
    ("scsi-hd,drive=a,scsi-id=7,lun=0", "scsi-id=7,lun=0 of bus 's.0' is in use"),
    ("scsi-hd", "drive property not set"),
    ("scsi-hd,drive=a,logical_block_size=1000", "logical_block_size=1000: expected a power of two from 512 to 2097152"),
    ("scsi-hd,drive=a,vendor=MORETHAN8", "vendor=MORETHAN8: at most 8 characters are possible"),
    ("virtio-scsi-pci,num_queues=0", "num_queues=0: expected 1 to 256"),
])
def test_what_cannot_be_is_refused(sysemu, disks, device, reason):
    said = run(sysemu, *VIRT, "-device", "virtio-scsi-pci,id=s", "-device", "scsi-cd,scsi-id=7,lun=0", *drive("a", disks / "a"),
               "-device", device)
    assert said.returncode == 1 and reason in said.stdout, said.stdout


def test_a_scsi_drive_needs_a_bus(sysemu, disks):
    said = run(sysemu, *VIRT, "-drive", f"if=scsi,format=raw,file={disks / 'a'}")
    assert said.returncode == 1 and "if=scsi" in said.stdout, said.stdout
