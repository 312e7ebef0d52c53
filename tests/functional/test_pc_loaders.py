"""Boot loaders of Debian's on PCs: GRUB from every kind of disk, isolinux, memtest86+, iPXE over every kind of network card, and UEFI's way.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import shutil
import struct
import subprocess

import pytest

from conftest import more
from sysemu import PATIENT_LINUX
from test_pc_disks import cd_image, disk_image

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")
GRUB = pathlib.Path("/usr/lib/grub/i386-pc/boot.img")
GRUB_EFI = pathlib.Path("/usr/lib/grub/x86_64-efi/kernel.img")
ISOLINUX = pathlib.Path("/usr/lib/ISOLINUX/isolinux.bin")
ISOLINUX_MODULE = pathlib.Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")
MEMTEST = pathlib.Path("/boot/memtest86+x64.bin")
IPXE = pathlib.Path("/usr/lib/ipxe/qemu/efi-virtio.rom")
INSTALLER = pathlib.Path("/usr/lib/debian-installer/images/12/amd64/text/pxelinux.0")
OVMF = pathlib.Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
OVMF_VARIABLES = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd")

if not SEABIOS.exists():
    pytest.skip(f"{SEABIOS} is not there (scripts/install-deps installs it)", allow_module_level=True)


def needs(*paths):
    for path in paths:
        if not path.exists():
            pytest.skip(f"{path} is not there (scripts/install-deps installs it)")


# ---- GRUB ----

SECTOR = 512
FIRST_SECTOR = 2048  # of the disk's partition
CORE_SECTORS = 320  # what is before the floppy's file system
SERIAL = "serial --unit=0 --speed=115200\nterminal_output serial\nterminal_input serial\n"
MODULES = ["biosdisk", "part_msdos", "fat", "serial", "terminal", "normal", "configfile", "search", "search_fs_file", "echo"]


def make(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def file_system(path, size, *options, files):
    path.write_bytes(bytes(size))
    make("mkfs.fat", *options, path)
    for place, source in files.items():
        parts = place.split("/")
        for depth in range(1, len(parts)):
            subprocess.run(["mmd", "-i", path, "::/" + "/".join(parts[:depth])], capture_output=True, check=False)
        make("mcopy", "-i", path, source, "::/" + place)
    return path.read_bytes()


@pytest.fixture(scope="module")
def grub_images(tmp_path_factory):
    """Where {disk} and {floppy} lead: GRUB reads its menu from a file, which proves that it can read more than firmware has read for it."""
    needs(GRUB)
    folder = tmp_path_factory.mktemp("grub")
    early, menu, core = folder / "early.cfg", folder / "grub.cfg", folder / "core.img"
    early.write_text(SERIAL + "search --file --set=root /boot/grub/grub.cfg\nconfigfile ($root)/boot/grub/grub.cfg\n")
    menu.write_text("echo MENU-OF $root\n")
    make("grub-mkimage", "-O", "i386-pc", "-o", core, "-c", early, "-p", "/boot/grub", *MODULES)
    code = core.read_bytes()
    assert len(code) <= (CORE_SECTORS - 1) * SECTOR
    boot = bytearray(GRUB.read_bytes())

    partition = file_system(folder / "partition", 8 << 20, files={"boot/grub/grub.cfg": menu})
    disk = boot[:446] + struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x0c, b"\xfe\xff\xff", FIRST_SECTOR, len(partition) // SECTOR)
    disk = disk.ljust(510, b"\0") + b"\x55\xaa" + code
    (folder / "disk").write_bytes(disk.ljust(FIRST_SECTOR * SECTOR, b"\0") + partition)

    floppy = bytearray(file_system(folder / "floppy", 1440 << 10, "-F", "12", "-R", CORE_SECTORS, files={"boot/grub/grub.cfg": menu}))
    boot[3:0x5a] = floppy[3:0x5a]  # what says how it is laid out
    floppy[:SECTOR + len(code)] = boot + code
    (folder / "floppy").write_bytes(floppy)
    return {"disk": folder / "disk", "floppy": folder / "floppy"}


DISK = ["-drive", "if=none,id=d,format=raw,snapshot=on,file={disk}"]
FLOPPY = ["-drive", "if=floppy,format=raw,snapshot=on,file={floppy}"]
PLACES = {
    "ide": ["-machine", "pc", *DISK, "-device", "ide-hd,drive=d"],
    "ahci": ["-machine", "q35", *DISK, "-device", "ide-hd,drive=d,bus=ide.0"],
    "nvme": ["-machine", "q35", *DISK, "-device", "nvme,drive=d,serial=x"],
    "virtio-blk": ["-machine", "pc", *DISK, "-device", "virtio-blk-pci,drive=d"],
    "lsi": ["-machine", "pc", *DISK, "-device", "lsi53c895a", "-device", "scsi-hd,drive=d"],
    "usb-xhci": ["-machine", "q35", *DISK, "-device", "qemu-xhci", "-device", "usb-storage,drive=d"],
    "floppy": ["-machine", "pc", *FLOPPY],
    "ahci-on-pc": ["-machine", "pc", *DISK, "-device", "ahci,id=s", "-device", "ide-hd,drive=d,bus=s.0"],
    "virtio-scsi": ["-machine", "pc", *DISK, "-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=d"],
    "usb-uhci": ["-machine", "pc,usb=on", *DISK, "-device", "usb-storage,drive=d"],
    "usb-ehci": ["-machine", "q35", *DISK, "-device", "usb-ehci", "-device", "usb-storage,drive=d"],
    "floppy-isapc": ["-machine", "isapc", *FLOPPY],
    "floppy-q35": ["-machine", "q35", *FLOPPY],
}
QUICK = list(PLACES)[:7]


@pytest.mark.parametrize("place", [place if place in QUICK else more(place) for place in PLACES])
def test_grub_starts_from(start, grub_images, place):
    emulator = start("-net", "none", "-vga", "none", *(arg.format_map(grub_images) for arg in PLACES[place]), timeout=120)
    emulator.serial[0].expect("MENU-OF " + ("fd0" if "floppy" in place else "hd0,msdos1"))
    assert emulator.quit() == 0


# ---- Order ----


def test_once_is_once(start, tmp_path):
    """And `strict` is that nothing else is tried."""
    disk, cd = tmp_path / "disk", tmp_path / "cd"
    disk.write_bytes(disk_image("FROM-THE-DISK\n"))
    cd.write_bytes(cd_image("FROM-THE-CD\n"))
    emulator = start("-machine", "pc", "-net", "none", "-vga", "none", "-boot", "order=c,once=d", "-hda", disk, "-cdrom", cd, timeout=120)
    emulator.serial[0].expect("FROM-THE-CD")
    emulator.monitor.command("system_reset")
    assert "FROM-THE-CD" not in emulator.serial[0].expect("FROM-THE-DISK")


def test_strict_tries_nothing_else(start, tmp_path):
    disk, blank = tmp_path / "disk", tmp_path / "blank"
    disk.write_bytes(disk_image("FROM-THE-DISK\n"))
    blank.write_bytes(bytes(1 << 20))
    emulator = start("-machine", "pc", "-net", "none", "-boot", "strict=on", "-chardev", "stdio,id=said", "-drive",
                     f"if=none,id=d,format=raw,file={disk}", "-device", "ide-hd,drive=d", "-drive", f"if=none,id=b,format=raw,file={blank}",
                     "-device", "virtio-blk-pci,drive=b,bootindex=1", "-device", "isa-debugcon,iobase=0x402,chardev=said", timeout=120)
    while "No bootable device." not in emulator.error_text():
        assert "FROM" not in emulator.serial[0].read_for(0.2)
        assert emulator.process.poll() is None
    assert "FROM" not in emulator.serial[0].read_for(0.5)


# ---- isolinux ----


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_isolinux_reads_its_files(start, tmp_path, machine):
    needs(ISOLINUX, ISOLINUX_MODULE)
    if not shutil.which("xorriso"):
        pytest.skip("no xorriso")
    folder, image = tmp_path / "cd" / "isolinux", tmp_path / "image"
    folder.mkdir(parents=True)
    shutil.copy(ISOLINUX, folder)
    shutil.copy(ISOLINUX_MODULE, folder)
    # What it starts is a program of 512 bytes that prints its text.
    (folder / "program.bin").write_bytes(printer("FROM-THE-FILE\n"))
    (folder / "isolinux.cfg").write_text("serial 0 115200\ndefault x\nlabel x\nkernel program.bin\n")
    make("xorriso", "-as", "mkisofs", "-quiet", "-o", image, "-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot",
         "-boot-load-size", "4", "-boot-info-table", tmp_path / "cd")
    emulator = start("-machine", machine, "-net", "none", "-vga", "none", "-cdrom", image, timeout=120)
    emulator.serial[0].expect("ISOLINUX")
    emulator.serial[0].expect("FROM-THE-FILE")


def printer(text):
    """A program that prints the text to the serial port, wherever it lies."""
    code = b"\xe8\0\0\x5e\x83\xc6\x12\xfc\xba\xf8\x03"  # call next; next: pop si; add si, 12h; cld; mov dx, 3f8h
    code += b"\x2e\xac\x84\xc0\x74\x03\xee\xeb\xf7\xf4"  # lods cs:; test al, al; jz end; out dx, al; jmp back; end: hlt
    return (code + text.encode() + b"\0").ljust(SECTOR, b"\0")


# ---- Network ----


@pytest.mark.parametrize("card", ["e1000", more("e1000e"), more("rtl8139"), more("virtio-net-pci"), "virtio-net-pci,disable-legacy=on",
                                  "i82559er,romfile=/usr/lib/ipxe/qemu/pxe-eepro100.rom"])
def test_ipxe_loads_by_tftp(start, tmp_path, card):
    needs(IPXE)
    (tmp_path / "program").write_bytes(printer("FROM-THE-NETWORK\n"))
    emulator = start("-machine", "q35" if card == "e1000e" else "pc", "-netdev", f"user,id=n,tftp={tmp_path},bootfile=program",
                     "-device", f"{card},netdev=n", "-boot", "n", timeout=120)
    emulator.serial[0].expect("FROM-THE-NETWORK")
    assert emulator.quit() == 0


@pytest.mark.takes_long
def test_debians_installer_shows_its_menu(start, tmp_path):
    """pxelinux by TFTP, then its modules, a picture and the menu, in graphics: what is seen is blue and has the picture's size."""
    needs(IPXE, INSTALLER)
    emulator = start("-machine", "pc", "-m", "512", "-netdev", f"user,id=n,tftp={INSTALLER.parent},bootfile=pxelinux.0",
                     "-device", "virtio-net-pci,netdev=n", "-boot", "n", timeout=120)
    picture = tmp_path / "screen"
    for _ in range(120):
        emulator.serial[0].read_for(1)
        emulator.monitor.command(f"screendump {picture}")
        pixels = picture.read_bytes()
        if pixels.startswith(b"P6\n640 480\n255\n") and pixels[-3] < 0x40 < pixels[-1]:
            return
    pytest.fail("no menu")


# ---- memtest86+ ----


def test_memtest_finds_no_error(start):
    needs(MEMTEST)
    emulator = start("-machine", "pc", "-m", "16", "-net", "none", "-kernel", MEMTEST, "-append", "console=ttyS0,115200", timeout=120)
    emulator.serial[0].expect("Memtest86+")
    said = emulator.serial[0].expect(re.compile(rb"#[3-9] +\["))
    assert re.search(r"Errors: 0 ", said), said


@pytest.mark.takes_long
def test_memtest_passes(start):
    """With a test that waits three minutes for memory to fade."""
    needs(MEMTEST)
    emulator = start("-machine", "q35", "-m", "32", "-net", "none", "-kernel", MEMTEST, "-append", "console=ttyS0,115200", timeout=900)
    assert not re.search(r"Errors: [1-9]", emulator.serial[0].expect(re.compile(rb"Pass: +1 ")))


# ---- UEFI ----


@pytest.fixture
def ovmf(start, tmp_path):
    needs(OVMF, OVMF_VARIABLES)
    shutil.copy(OVMF_VARIABLES, tmp_path / "variables")

    def boot(*args):
        return start("-m", "512", "-net", "none", "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF}",
                     "-drive", f"if=pflash,format=raw,file={tmp_path}/variables", *args, timeout=300)
    return boot


@pytest.fixture
def efi_cd(tmp_path, guest_image):
    """A CD that UEFI boots: GRUB in an image of a disk, Linux in files of the CD's."""
    needs(GRUB_EFI)
    if not shutil.which("xorriso"):
        pytest.skip("no xorriso")
    folder, early = tmp_path / "cd", tmp_path / "early.cfg"
    folder.mkdir()
    shutil.copy(guest_image("amd64/vmlinuz"), folder / "vmlinuz")
    shutil.copy(guest_image("amd64/initramfs.cpio"), folder / "initrd")
    early.write_text(SERIAL + "echo GRUB-IS-UP\nsearch --file --set=root /vmlinuz\n"
                     f"linux /vmlinuz console=ttyS0 quiet {PATIENT_LINUX}\ninitrd /initrd\nboot\n")
    make("grub-mkimage", "-O", "x86_64-efi", "-o", tmp_path / "loader", "-c", early, "-p", "/boot/grub", "iso9660", "fat", "serial", "terminal",
         "normal", "linux", "search", "search_fs_file", "echo")
    file_system(folder / "efi.img", 2880 << 10, files={"EFI/BOOT/BOOTX64.EFI": tmp_path / "loader"})
    make("xorriso", "-as", "mkisofs", "-quiet", "-o", tmp_path / "image", "-e", "efi.img", "-no-emul-boot", folder)
    return tmp_path / "image"


@pytest.mark.takes_long
def test_ovmf_boots_a_cd_and_suspends(ovmf, efi_cd):
    emulator = ovmf("-machine", "q35", "-drive", f"if=none,id=d,media=cdrom,format=raw,file={efi_cd}", "-device", "ide-cd,drive=d,bus=ide.0")
    serial = emulator.serial[0]
    serial.expect("GRUB-IS-UP")
    serial.expect("AMD64-GUEST-UP")
    serial.expect("/ # ")
    serial.send("echo mem > /sys/power/state; echo woken $?\n")
    while "suspended" not in emulator.monitor.command("info status"):
        assert "woken 1" not in serial.read_for(0.3)
    emulator.monitor.command("system_wakeup")
    serial.expect("woken 0")
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
