"""The `pc` board's IDE drives: SeaBIOS starts what is on disks and CDs, in the order that the user wants, and Linux reads and writes them.

SPDX-License-Identifier: MIT
"""

import hashlib
import pathlib
import random
import struct

import pytest

from sysemu import PATIENT_LINUX

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")
SHELL = "/ # "

if not SEABIOS.exists():
    pytest.skip(f"{SEABIOS} is not there (scripts/install-deps installs it)", allow_module_level=True)


# ---- Images ----

LOADED = 0x7c00
PACKET = 0x40  # in the boot code: where the disk address packet of INT 13h is
BUFFER = 0x8000

# Reads a block of the drive that it was started from and prints the text in there to the serial port; "!" if that fails.
BOOT_CODE = (
    b"\x31\xc0\x8e\xd8\xfc"                        # xor ax, ax; mov ds, ax; cld
    + b"\xbe" + struct.pack("<H", LOADED + PACKET)   # mov si, packet
    + b"\xb4\x42\xcd\x13"                            # mov ah, 42h; int 13h
    + b"\xba\xf8\x03"                                # mov dx, 3f8h
    + b"\xbe" + struct.pack("<H", BUFFER)            # mov si, buffer
    + b"\x73\x03"                                    # jnc next
    + b"\xb0\x21\xee"                                # mov al, "!"; out dx, al
    + b"\xac\x84\xc0\x74\x03\xee\xeb\xf8"            # next: lodsb; test al, al; jz end; out dx, al; jmp next
    + b"\xf4\xeb\xfd"                                # end: hlt; jmp end
)


def boot_sector(block):
    packet = struct.pack("<BBHHHQ", 16, 0, 1, BUFFER, 0, block)
    return (BOOT_CODE.ljust(PACKET, b"\0") + packet).ljust(510, b"\0") + b"\x55\xaa"


def put(image, offset, data):
    image[offset:offset + len(data)] = data


def disk_image(text, sectors=4096, block=3000):
    image = bytearray(sectors * 512)
    put(image, 0, boot_sector(block))
    put(image, block * 512, text.encode() + b"\0")
    return bytes(image)


def cd_image(text, blocks=64, code=21, block=40):
    """Volume descriptors, a boot catalog in block 19 and no files (El Torito 1.0, sections 2 to 4)."""
    image = bytearray(blocks * 2048)
    put(image, 16 * 2048, b"\1CD001\1")
    put(image, 17 * 2048, b"\0CD001\1EL TORITO SPECIFICATION")
    put(image, 17 * 2048 + 0x47, struct.pack("<I", 19))
    put(image, 18 * 2048, b"\xffCD001\1")
    validation = bytearray(32)
    put(validation, 0, b"\1")
    put(validation, 30, b"\x55\xaa")
    put(validation, 28, struct.pack("<H", -sum(struct.unpack("<16H", validation)) & 0xffff))
    put(image, 19 * 2048, validation + struct.pack("<BBHBBHI", 0x88, 0, 0, 0, 0, 4, code))
    put(image, code * 2048, boot_sector(block))
    put(image, block * 2048, text.encode() + b"\0")
    return bytes(image)


@pytest.fixture
def images(tmp_path):
    """Where the keys {disk} and {cd} of arguments lead."""
    paths = {"disk": tmp_path / "disk", "cd": tmp_path / "cd"}
    paths["disk"].write_bytes(disk_image("FROM-THE-DISK\n"))
    paths["cd"].write_bytes(cd_image("FROM-THE-CD\n"))
    return paths


# ---- Firmware ----


DISK = ["-drive", "if=none,id=d,format=raw,file={disk}"]
CD = ["-drive", "if=none,id=c,media=cdrom,format=raw,file={cd}"]
BOTH = ["-drive", "if=ide,index=1,format=raw,file={disk}", "-drive", "if=ide,index=2,media=cdrom,format=raw,file={cd}"]


@pytest.mark.parametrize("args,found", [
    (["-drive", "if=ide,index=3,format=raw,file={disk}"], "FROM-THE-DISK"),
    (["-drive", "if=ide,index=2,media=cdrom,format=raw,file={cd}"], "FROM-THE-CD"),
    ([*BOTH], "FROM-THE-DISK"),
    ([*BOTH, "-boot", "order=d"], "FROM-THE-CD"),
    ([*DISK, *CD, "-device", "ide-hd,drive=d,bootindex=2", "-device", "ide-cd,drive=c,bootindex=1"], "FROM-THE-CD"),
    ([*DISK, *CD, "-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=d,bootindex=1", "-device", "ide-cd,drive=c,bootindex=2"],
     "FROM-THE-DISK"),
])
def test_firmware_starts_what_comes_first(start, images, args, found):
    emulator = start("-machine", "pc", "-net", "none", "-vga", "none", *(arg.format_map(images) for arg in args), timeout=120)
    assert "!" not in emulator.serial[0].expect(found)
    assert emulator.quit() == 0


# ---- Linux ----


IDE = (["-drive", "if=ide,format=raw,file={data}"], "")
# Both ask for an interrupt again while Linux still handles the one before.
LSI = (["-drive", "if=none,id=d,format=raw,file={data}", "-device", "lsi53c895a", "-device", "scsi-hd,drive=d,scsi-id=2"], "sym53c8xx")
EHCI = (["-drive", "if=none,id=d,format=raw,file={data}", "-device", "usb-ehci", "-device", "usb-storage,drive=d"], "ehci-pci usb-storage")


@pytest.mark.takes_long
@pytest.mark.parametrize("arch,disk_args,modules", [("amd64", *IDE), ("i386", *IDE), ("amd64", *LSI), ("amd64", *EHCI)])
def test_linux_reads_and_writes(start, guest_image, tmp_path, images, arch, disk_args, modules):
    contents = random.Random(5).randbytes(8 << 20)
    disk = tmp_path / "data"
    disk.write_bytes(contents)
    emulator = start("-machine", "pc", "-m", "256", "-net", "none", "-kernel", guest_image(f"{arch}/vmlinuz"),
                     "-initrd", guest_image(f"{arch}/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                     *(arg.format(data=disk) for arg in disk_args), "-drive", f"if=ide,index=2,media=cdrom,format=raw,file={images['cd']}",
                     timeout=240)
    serial = emulator.serial[0]
    serial.expect(f"{arch.upper()}-GUEST-UP")
    serial.expect(SHELL)

    def said(command):
        serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
        return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]

    said(f"for m in ata_piix {modules} sd_mod sr_mod; do modprobe $m; done")
    said("while [ ! -e /dev/sda ] || [ ! -e /dev/sr0 ]; do sleep 1; done")
    assert hashlib.md5(contents).hexdigest() in said("md5sum /dev/sda")
    assert hashlib.md5(images["cd"].read_bytes()).hexdigest() in said("md5sum /dev/sr0")
    said("dd if=/dev/sda of=/dev/sda bs=64k count=16 seek=64 conv=fsync")
    complaints = said("dmesg | grep -E 'exception Emask|failed command|I/O error'")
    assert "ata" not in complaints, complaints
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
    written = bytearray(contents)
    put(written, 4 << 20, contents[:1 << 20])
    assert disk.read_bytes() == written
