"""Firmware on `virt`, as Debian packages it: U-Boot (u-boot-qemu) to its prompt and on to Linux from a disk, EDK2 (qemu-efi-aarch64) to
its shell, with variables in the second flash bank, and on to Linux from fw_cfg or by GRUB.

SPDX-License-Identifier: MIT
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

import efishell

U_BOOT = pathlib.Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
EDK2 = pathlib.Path("/usr/share/AAVMF/AAVMF_CODE.fd")
VARIABLES = pathlib.Path("/usr/share/AAVMF/AAVMF_VARS.fd")
SHELL = "/ # "


def needs(*files):
    for file in files:
        if not file.exists():
            pytest.skip(f"{file} is not there (scripts/install-deps installs it)")


@pytest.fixture
def virt(start):
    def boot(*args):
        return start("-machine", "virt", "-m", "512", "-display", "none", *args, timeout=240)
    return boot


@pytest.fixture
def linux(guest_image):
    """Kernel and initramfs."""
    return guest_image("arm64/Image"), guest_image("arm64/initramfs.cpio.gz")


@pytest.fixture
def flash(tmp_path):
    """EDK2 in the first bank, its variables in a file of the test's."""
    needs(EDK2, VARIABLES)
    variables = tmp_path / "variables.fd"
    shutil.copy(VARIABLES, variables)
    return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={EDK2}", "-drive", f"if=pflash,unit=1,format=raw,file={variables}"]


@pytest.fixture
def fat_disk(tmp_path):
    """fat_disk({"EFI/BOOT/X": path or text}): an image with a FAT file system."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    tools = {name: shutil.which(name, path=path) for name in ("mkfs.vfat", "mmd", "mcopy")}
    if not all(tools.values()):
        pytest.skip("mtools or dosfstools is not installed")

    def make(files):
        disk = tmp_path / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run([tools["mkfs.vfat"], disk], check=True, capture_output=True)
        folders = {f"::{parent}" for name in files for parent in pathlib.PurePath(name).parents if str(parent) != "."}
        if folders:
            subprocess.run([tools["mmd"], "-i", disk, *sorted(folders)], check=True)
        for name, source in files.items():
            if isinstance(source, str):
                (tmp_path / "text").write_text(source)
                source = tmp_path / "text"
            subprocess.run([tools["mcopy"], "-i", disk, source, f"::{name}"], check=True)
        return disk

    return make


def test_edk2_is_told_of_the_machine(virt, flash):
    """By SMBIOS tables from fw_cfg, which its shell shows."""
    emulator = virt(*flash, "-net", "none", "-smp", "3", "-smbios", "type=1,serial=NUMBER-5,uuid=00112233-4455-6677-8899-aabbccddeeff")
    serial = emulator.serial[0]
    serial.expect("seconds to skip")
    serial.send("\x1b")
    serial.expect(efishell.PROMPT)
    serial.send("smbiosview -t 1\r")
    said = serial.expect(efishell.PROMPT)
    assert "QEMU Virtual Machine" in said and "NUMBER-5" in said and "virt" in said, said
    serial.send("smbiosview -t 17\r")
    assert "512" in serial.expect(efishell.PROMPT)


def test_u_boot_starts_linux_from_a_disk(virt, linux, fat_disk):
    needs(U_BOOT)
    disk = fat_disk(dict(zip(("Image", "initrd"), linux)))
    emulator = virt("-bios", U_BOOT, "-drive", f"if=virtio,format=raw,file={disk}")
    serial = emulator.serial[0]
    serial.expect("stop autoboot")
    serial.send("\r")
    serial.expect("=> ")
    # Short lines: what is typed while U-Boot works has to fit into the UART
    for line in ("load virtio 0 ${kernel_addr_r} Image", "load virtio 0 ${ramdisk_addr_r} initrd", "setenv bootargs console=ttyAMA0 quiet"):
        serial.send(line + "\r")
        serial.expect("=> ")
    serial.send("booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}\r")
    serial.expect("ARM64-GUEST-UP")
    serial.expect(SHELL)
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0


def test_edk2_has_a_shell_and_keeps_variables(virt, flash, tmp_path):
    emulator = virt(*flash, "-nic", "none")
    efishell.keeps_a_variable(emulator, tmp_path / "variables.fd")


def said(emulator, command):
    serial = emulator.serial[0]
    serial.expect("ARM64-GUEST-UP")
    serial.expect(SHELL)
    serial.send(command + "; echo DONE-$((40 + 2))\n")
    output = serial.expect("DONE-42\r\n")
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
    return output


@pytest.mark.takes_long
@pytest.mark.parametrize("acpi", ["on", "off"])
def test_edk2_starts_the_kernel_that_is_given(virt, flash, linux, acpi):
    kernel, initrd = linux
    emulator = virt(*flash, "-machine", f"virt,acpi={acpi}", "-smp", "2", "-kernel", kernel, "-initrd", initrd,
                    "-append", "console=ttyAMA0 quiet given=yes")
    output = said(emulator, "cat /proc/cmdline /proc/interrupts; dmesg; nproc")
    assert "given=yes" in output and "efi: EFI v2" in output
    assert ("ACPI: Interpreter enabled" in output) == (acpi == "on")
    assert not re.search("ACPI.* [Ee]rror", output)
    assert ("ACPI:Ged" in output) == (acpi == "on")


@pytest.mark.parametrize("iommu", ["none", "smmuv3"])
def test_edk2_and_acpi_with_a_gicv3(virt, flash, linux, iommu):
    """MADT and IORT say where messages go, and what stands before the functions."""
    kernel, initrd = linux
    emulator = virt(*flash, "-machine", f"virt,gic-version=3,iommu={iommu}", "-kernel", kernel, "-initrd", initrd, "-nic", "user",
                    "-append", "console=ttyAMA0 quiet acpi=force")
    log = said(emulator, "dmesg")
    assert "ACPI: IORT 0x" in log and "PCI/MSI: ITS@0x8080000 domain created" in log
    assert "armv8_pmuv3_0 PMU driver, 7 counters available" in log
    assert ("arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit" in log) == (iommu == "smmuv3")
    assert not re.search("ACPI.* [Ee]rror", log)


@pytest.mark.takes_long
@pytest.mark.parametrize("device", ["virtio-blk-pci", "virtio-blk-device", "nvme,serial=one"])
def test_grub_starts_linux_by_acpi(virt, flash, linux, guest_image, fat_disk, device):
    """Debian's GRUB, on an EFI system partition."""
    kernel, initrd = linux
    menu = "set timeout=1\nmenuentry Linux {\nlinux /Image console=ttyAMA0 quiet bygrub=yes\ninitrd /initrd\n}\n"
    disk = fat_disk({"EFI/BOOT/BOOTAA64.EFI": guest_image("arm64/grubaa64.efi"), "EFI/debian/grub.cfg": menu,
                     "Image": kernel, "initrd": initrd})
    emulator = virt(*flash, "-nic", "none", "-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", f"{device},drive=disk")
    emulator.serial[0].expect("GNU GRUB")
    output = said(emulator, "cat /proc/cmdline; ls /sys/bus/acpi/devices")
    assert "bygrub=yes" in output and "QEMU0002:00" in output
