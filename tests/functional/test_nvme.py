"""NVMe disks: firmware starts from them, Linux keeps a file system on them.

SPDX-License-Identifier: MIT
"""

import subprocess

import pytest

from sysemu import PATIENT_LINUX, run
from test_pc_disks import SHELL, disk_image


@pytest.mark.parametrize("devices", [
    ["-device", "nvme,drive=d,serial=one,bootindex=1"],
    ["-device", "nvme,id=n,serial=one,addr=7", "-device", "nvme-ns,bus=n.0,drive=d,nsid=5,bootindex=2"],
])
def test_seabios_starts_from_it(start, tmp_path, devices):
    disk = tmp_path / "disk"
    disk.write_bytes(disk_image("FROM-NVME\n"))
    emulator = start("-machine", "pc", "-net", "none", "-vga", "none", "-drive", f"if=none,id=d,format=raw,file={disk}", *devices, timeout=120)
    emulator.serial[0].expect("FROM-NVME")
    assert emulator.quit() == 0


@pytest.mark.parametrize("device,complaint", [
    ("nvme", "serial property not set"),
    ("nvme,serial=123456789012345678901", "at most 20 characters"),
    ("nvme,serial=1,max_ioqpairs=65", "expected 1 to 64"),
    ("nvme,serial=1,msix_qsize=0", "expected 1 to 256"),
    ("nvme,serial=1,drive=d,logical_block_size=1000", "logical_block_size=1000: expected a power of two"),
])
def test_bad_properties_are_refused(sysemu, device, complaint):
    result = run(sysemu, "-machine", "pc", "-display", "none", "-drive", "if=none,id=d,driver=null-co,size=1M", "-device", device)
    assert result.returncode == 1
    assert complaint in result.stdout


@pytest.mark.takes_long
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_linux_keeps_files_on_it(start, sysemu, guest_image, tmp_path, image_format):
    disk = tmp_path / "disk"
    subprocess.run([sysemu.parent / "sysemu-img", "create", "-f", image_format, disk, "256M"], check=True, stdout=subprocess.DEVNULL)

    def boot():
        emulator = start("-machine", "pc", "-smp", "2", "-m", "256", "-net", "none", "-kernel", guest_image("amd64/vmlinuz"),
                         "-initrd", guest_image("amd64/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                         "-drive", f"if=none,id=d,format={image_format},file={disk}", "-device", "nvme,drive=d,serial=S-1", timeout=240)
        serial = emulator.serial[0]
        serial.expect("AMD64-GUEST-UP")
        serial.expect(SHELL)

        def said(command):
            serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
            return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]

        said("for m in nvme crc32c_generic ext4; do modprobe $m; done; while [ ! -e /dev/nvme0n1 ]; do sleep 1; done; mkdir /m")
        return emulator, said

    emulator, said = boot()
    assert "S-1" in said("cat /sys/block/nvme0n1/device/serial")
    said("mke2fs -b 4096 /dev/nvme0n1 > /dev/null; mount -t ext4 /dev/nvme0n1 /m")
    said("for i in 1 2 3; do dd if=/dev/urandom of=/m/f$i bs=64k count=150 2> /dev/null & done; wait")
    sums = said("cd /m; md5sum f*; cd /; umount /m")
    assert sums.count(" f") == 3, sums
    complaints = said("dmesg | grep -E 'nvme.*(error|timeout|abort)'")
    assert "nvme" not in complaints, complaints
    emulator.serial[0].send("reboot -f\n")
    emulator.serial[0].expect("AMD64-GUEST-UP")
    emulator.kill()
    emulator, said = boot()
    said("mount -t ext4 /dev/nvme0n1 /m")
    assert said("cd /m; md5sum f*; cd /; umount /m") == sums
    emulator.serial[0].send("poweroff -f\n")
    assert emulator.wait(60) == 0
