"""The `virt` board with 32-bit CPUs: Debian's armhf kernels, with short and with long descriptors, to a shell; the command
qemu-system-arm; GDB's view.

SPDX-License-Identifier: MIT
"""

import re
import struct

import pytest

from sysemu import run

SHELL = "/ # "


@pytest.fixture
def linux(start, guest_image):
    """linux(cpu, flavour, *args): Debian's kernel at its shell."""
    def boot(cpu, flavour, *args):
        kernel, initrd = guest_image(f"armhf/zImage{flavour}"), guest_image(f"armhf/initramfs{flavour}.cpio.gz")
        emulator = start("-machine", "virt", "-cpu", cpu, "-display", "none", "-kernel", kernel, "-initrd", initrd,
                         "-append", "console=ttyAMA0 quiet", *args, timeout=240)
        emulator.serial[0].expect("ARMHF-GUEST-UP")
        emulator.serial[0].expect(SHELL)
        return emulator
    return boot


def said(emulator, command):
    """A command's output in the guest."""
    serial = emulator.serial[0]
    serial.send(command + "; echo DONE-$((40 + 2))\n")
    return serial.expect("DONE-42\r\n").split("\n", 1)[1]


def power_off(emulator):
    emulator.serial[0].send("poweroff -f\n")
    assert emulator.wait(60) == 0


@pytest.mark.parametrize("cpu,part,flavour", [("cortex-a7", "0xc07", ""), ("cortex-a15", "0xc0f", "-lpae")])
def test_a_shell_comes_and_goes(linux, cpu, part, flavour):
    emulator = linux(cpu, flavour)
    assert f": {part}" in said(emulator, "grep 'CPU part' /proc/cpuinfo")
    assert "e071f707df7bbeee2a6a1eb48011ddd0" in said(emulator, "seq 1 20000 | md5sum")
    assert "cd52d81e25f372e6fa4db2c0dfceb59862c1969cab17096da352b34950c973cc" in \
        said(emulator, "dd if=/dev/zero bs=1M count=20 2>/dev/null | sha256sum")
    assert "3.1415926" in said(emulator, "echo 'scale=8; 4*a(1)' | bc -l")
    assert "Oops" not in said(emulator, "dmesg")
    power_off(emulator)


@pytest.mark.parametrize("cpu,flavour,cpus", [("cortex-a15", "", 4), ("cortex-a7", "-lpae", 2)])
def test_several_cpus(linux, cpu, flavour, cpus):
    emulator = linux(cpu, flavour, "-smp", cpus, "-m", "256M")
    assert said(emulator, "nproc").strip() == str(cpus)
    jobs = " & ".join("seq 1 20000 | md5sum" for _ in range(2 * cpus))
    sums = re.findall(r"([0-9a-f]{32}) ", said(emulator, f"{jobs} & wait"))
    assert len(sums) == 2 * cpus and len(set(sums)) == 1
    assert "ONLINE 1" in said(emulator, "cd /sys/devices/system/cpu/cpu1; echo 0 >online; echo 1 >online; "
                                        "echo ONLINE $(cat online); cd /")
    power_off(emulator)


def test_the_monitor_shows_the_cpu(linux):
    emulator = linux("cortex-a15", "-lpae")
    emulator.monitor.command("stop")
    registers = emulator.monitor.command("info registers")
    assert re.search(r"^R00=[0-9a-f]{8} R01=", registers, re.MULTILINE)
    assert re.search(r"^PSR=[0-9a-f]{8} [-N][-Z][-C][-V] [AT] \w{3}32", registers, re.MULTILINE)
    assert re.search(r"^00000000c.* EL1 r.x EL0 --- ", emulator.monitor.command("info tlb"), re.MULTILINE)
    emulator.monitor.command("cont")
    power_off(emulator)


# --- Command line

def test_the_command_named_after_the_architecture_has_this_board(sysemu):
    qemu = sysemu.parent / "qemu-system-arm"
    machines = run(qemu, "-machine", "help").stdout
    assert re.search(r"^virt +ARM Virtual Machine", machines, re.MULTILINE)
    assert "VMC" not in machines
    assert set(re.findall(r"cortex-\w+", run(qemu, "-cpu", "help").stdout)) == {"cortex-a7", "cortex-a15"}
    result = run(qemu, "-machine", "virt", "-cpu", "cortex-a57", "-display", "none")
    assert result.returncode == 1 and "unable to find CPU model 'cortex-a57'" in result.stdout


def zimage(code):
    """A file with a zImage's header, whose first instructions are `code`."""
    return b"".join(struct.pack("<I", word) for word in code).ljust(0x24, b"\0") + struct.pack("<III", 0x016f2818, 0, 0x1000) + \
        bytes(0x1000)


def test_a_zimage_starts_with_the_machine_and_the_tree(start, tmp_path):
    kernel = tmp_path / "zImage"
    kernel.write_bytes(zimage([0xeafffffe])) # b .
    emulator = start("-machine", "virt", "-cpu", "cortex-a15", "-display", "none", "-kernel", kernel)
    registers = emulator.monitor.command("info registers")
    assert "R00=00000000 R01=ffffffff" in registers
    tree = int(re.search(r"R02=([0-9a-f]{8})", registers)[1], 16)
    assert "0xd00dfeed" in emulator.monitor.command(f"xp /1xw {tree:#x}") or \
        "0xedfe0dd0" in emulator.monitor.command(f"xp /1xw {tree:#x}")
    assert "svc32" in registers
