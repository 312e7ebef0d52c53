"""Memory that comes and goes on `virt`, by ACPI's generic event device, and the board's versions.

Debian's arm64 kernel is built without CONFIG_ACPI_HOTPLUG_MEMORY: it makes ACPI devices of the slots, takes the events, and ejects what is
to go, but uses no memory of modules. `SYSEMU_HOTPLUG_KERNEL` names an Image that has it, if there is one.

SPDX-License-Identifier: MIT
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import installedqemu
from sysemu import run
from test_virt_firmware import EDK2, SHELL, flash, needs  # noqa: F401

FIRMWARE = ["-bios", str(EDK2)]
SLOTS = ["-m", "512,slots=2,maxmem=2G"]


@pytest.fixture
def still(start):
    """still(*args): the machine before its first instruction, with firmware."""
    def begin(*args, machine="virt"):
        needs(EDK2)
        return start("-machine", machine, "-S", "-display", "none", *FIRMWARE, *args)
    return begin


def add_module(emulator, name, size="256M", **more):
    emulator.monitor.command(f"object_add memory-backend-ram,id=m{name},size={size}")
    options = "".join(f",{key}={value}" for key, value in more.items())
    return emulator.monitor.command(f"device_add pc-dimm,id={name},memdev=m{name}{options}").strip()


def test_modules_have_places_in_device_memory(still):
    emulator = still(*SLOTS)
    assert add_module(emulator, "a") == ""
    assert "slot=2: the machine has slots 0 to 1" in add_module(emulator, "b", slot=2)
    assert add_module(emulator, "c", addr="0xc0000000") == ""
    there = emulator.monitor.command("info memory-devices")
    assert re.findall(r"addr: (\w+)\s+slot: (\d)", there) == [("0x80000000", "0"), ("0xc0000000", "1")]
    tree = emulator.monitor.command("info mtree -f")
    assert "0000000080000000-000000008fffffff (prio 0, ram): ma" in tree
    assert "00000000c0000000-00000000cfffffff (prio 0, ram): mc" in tree


@pytest.mark.parametrize("machine,args,message", [
    ("virt,acpi=off", FIRMWARE, "needs ACPI"),
    ("virt", [], "needs ACPI"),
    ("virt-4.1", FIRMWARE, "needs ACPI"),
    ("virt,mte=on", [*FIRMWARE, "-cpu", "max"], "no allocation tags"),
])
def test_a_module_that_the_guest_cannot_be_told_of_is_refused(sysemu, machine, args, message):
    needs(EDK2)
    result = run(sysemu, "-machine", machine, "-display", "none", "-S", *SLOTS, *args,
                 "-object", "memory-backend-ram,id=m,size=128M", "-device", "pc-dimm,memdev=m")
    assert result.returncode == 1 and re.search(f"pc-dimm: .*{message}", result.stdout), result.stdout


@pytest.mark.parametrize("cpu,last", [("cortex-a57", 1 << 44), ("cortex-a53", 1 << 40)])
def test_memory_ends_where_the_cpus_addresses_do(sysemu, cpu, last):
    result = run(sysemu, "-machine", "virt", "-display", "none", "-S", "-cpu", cpu, "-m", f"256M,maxmem={(last >> 30) - 1}G")
    assert result.returncode == 1 and f"the CPUs' addresses end at {last:#x}" in result.stdout, result.stdout


def memory_map(program, *args):
    """What lies where; RAM and ROM by their kinds only."""
    script = "info mtree\nquit\n"
    done = subprocess.run([program, "-machine", *args, "-display", "none", "-nic", "none", "-S", "-monitor", "stdio", "-serial", "null"],
                          input=script, capture_output=True, text=True, timeout=60)
    tree = done.stdout.split("address-space: memory", 1)[1].split("\n\n", 1)[0]
    names = ("memhp container", "acpi-mem-hotplug", "acpi-ged", "device-memory", "mach-virt.ram", "pcie-ecam", "pcie-mmio", "pl061")
    return {line.strip().replace("_window", "") for line in tree.splitlines() if any(name in line for name in names)}


@pytest.mark.parametrize("machine", ["virt", "virt,acpi=off", "virt-4.1", "virt,highmem=off"])
@pytest.mark.parametrize("memory", ["512", "512,slots=1,maxmem=1G", "256,slots=2,maxmem=2000G"])
@pytest.mark.parametrize("firmware", [True, False])
def test_the_map_is_the_references(sysemu, machine, memory, firmware):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    if "highmem=off" in machine and "2000G" in memory:
        pytest.skip("that has no room below 4 GiB")
    needs(EDK2)
    args = [machine, "-cpu", "cortex-a57", "-m", memory, *(FIRMWARE if firmware else [])]
    assert memory_map(sysemu, *args) == memory_map(reference, *args)


@pytest.mark.parametrize("version", ["4.0", "4.1", "5.2", "6.1", "6.2", "7.1", "7.2"])
def test_versions_have_what_the_references_have(sysemu, tmp_path, version):
    """Nodes of the device tree, with everything that has come from one version to the next."""
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference or not shutil.which("dtc"):
        pytest.skip("qemu-system-aarch64 or dtc is not installed")

    def nodes(program):
        blob = tmp_path / "virt.dtb"
        run(program, "-machine", f"virt-{version},gic-version=3,secure=on,dumpdtb={blob}", "-smp", "2", "-m", "256,slots=1,maxmem=1G",
            "-display", "none", "-cpu", "cortex-a57")
        source = subprocess.run(["dtc", "-q", blob], check=True, capture_output=True, text=True).stdout
        found = set(re.findall(r"^\s*(\S+) \{", source, re.MULTILINE))
        return found - {"platform-bus@c000000", "psci"}  # who provides PSCI isn't a matter of versions

    assert nodes(sysemu) == nodes(reference)


def test_a_version_that_is_not_there_is_refused_by_name(sysemu):
    result = run(sysemu, "-machine", "virt-2.6", "-display", "none")
    assert result.returncode == 1 and "unsupported machine type 'virt-2.6'" in result.stdout
    assert re.search(r"Its versions here are virt-4\.0, .*virt-7\.2\n", result.stdout), result.stdout


def shell(emulator, command):
    serial = emulator.serial[0]
    serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
    return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]


def until(emulator, command, text):
    for _ in range(60):
        if text in shell(emulator, command):
            return
        time.sleep(0.5)
    raise AssertionError(f"{command}: no {text}")


@pytest.fixture
def linux(start, flash, guest_image):  # noqa: F811
    def boot(kernel):
        emulator = start("-machine", "virt", "-display", "none", "-nic", "none", *SLOTS, *flash, "-kernel", kernel,
                         "-initrd", guest_image("arm64/initramfs.cpio.gz"), "-append", "console=ttyAMA0 quiet acpi=force", timeout=240)
        emulator.serial[0].expect("ARM64-GUEST-UP")
        emulator.serial[0].expect(SHELL)
        return emulator
    return boot


def events(emulator):
    return int(re.search(r":\s+(\d+) .*ACPI:Ged", shell(emulator, "cat /proc/interrupts"))[1])


@pytest.mark.takes_long
def test_linux_is_told_and_lets_go(linux, guest_image):
    emulator = linux(guest_image("arm64/Image"))
    log = shell(emulator, "dmesg; ls /sys/bus/acpi/devices; ls /sys/firmware/acpi/tables")
    assert "SRAT: Node 0 PXM 0 [mem 0x80000000-0x15fffffff] hotplug" in log
    assert "PNP0C80:01" in log and not re.search("ACPI.* [Ee]rror", log)
    assert events(emulator) == 0
    assert add_module(emulator, "a") == ""
    assert events(emulator) == 1
    emulator.monitor.command("device_del a")
    for _ in range(60):
        if not emulator.monitor.command("info memory-devices").strip():
            break
        time.sleep(0.5)
    assert emulator.monitor.command("info memory-devices").strip() == ""
    assert events(emulator) == 2
    emulator.monitor.command("system_powerdown")
    assert events(emulator) == 3


@pytest.mark.takes_long
def test_linux_uses_the_memory(linux):
    kernel = os.environ.get("SYSEMU_HOTPLUG_KERNEL")
    if not kernel or not pathlib.Path(kernel).exists():
        pytest.skip("SYSEMU_HOTPLUG_KERNEL names no Image with CONFIG_ACPI_HOTPLUG_MEMORY")
    emulator = linux(kernel)

    def total():
        return int(re.search(r"MemTotal:\s+(\d+)", shell(emulator, "cat /proc/meminfo"))[1])

    before = total()
    assert add_module(emulator, "a") == ""
    until(emulator, "ls /sys/devices/system/memory", "memory16")
    shell(emulator, "for m in 16 17; do echo online_movable >/sys/devices/system/memory/memory$m/state; done")
    assert total() == before + 256 * 1024
    assert "80000000-8fffffff : System RAM" in shell(emulator, "cat /proc/iomem")
    emulator.monitor.command("device_del a")
    until(emulator, "cat /proc/meminfo", f"MemTotal:{before:15} kB")
    assert emulator.monitor.command("info memory-devices").strip() == ""
