"""The `virt` board with 32-bit CPUs: Debian's armhf kernels, with short and with long descriptors, to a shell; the command
qemu-system-arm; GDB's view.

SPDX-License-Identifier: MIT
"""

import gzip
import re
import shutil
import struct
import subprocess
import sys

import pytest

from conftest import ROOT
from gdbremote import Remote
from sysemu import PATIENT_LINUX, run

SHELL = "/ # "


@pytest.fixture
def linux(start, guest_image):
    """linux(cpu, flavour, *args): Debian's kernel at its shell."""
    def boot(cpu, flavour, *args):
        kernel, initrd = guest_image(f"armhf/zImage{flavour}"), guest_image(f"armhf/initramfs{flavour}.cpio.gz")
        emulator = start("-machine", "virt", "-cpu", cpu, "-display", "none", "-kernel", kernel, "-initrd", initrd,
                         "-append", f"console=ttyAMA0 quiet {PATIENT_LINUX}", *args, timeout=240)
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


@pytest.fixture
def all_of_them(request):
    if request.config.getoption("--aarch32-rounds") == 1:
        pytest.skip("--aarch32-rounds=1: one kernel and CPU is enough")


def check(emulator, part, cpus):
    assert f": {part}" in said(emulator, "grep 'CPU part' /proc/cpuinfo")
    assert said(emulator, "nproc").split()[-1] == str(cpus) # the shell may repeat the command before
    jobs = " & ".join("seq 1 20000 | md5sum" for _ in range(2 * cpus))
    sums = re.findall(r"([0-9a-f]{32}) ", said(emulator, f"{jobs} & wait"))
    assert sums == 2 * cpus * ["e071f707df7bbeee2a6a1eb48011ddd0"]
    assert "cd52d81e25f372e6fa4db2c0dfceb59862c1969cab17096da352b34950c973cc" in \
        said(emulator, "dd if=/dev/zero bs=1M count=20 2>/dev/null | sha256sum")
    assert "3.1415926" in said(emulator, "echo 'scale=8; 4*a(1)' | bc -l")
    assert "Oops" not in said(emulator, "dmesg")


# mmap2() of a page, a function that returns 42 in it, the system call cacheflush, and a call of it.
FLUSHED = """
    .arm
    .global _start
_start:
    mov r7, #192
    mov r0, #0
    mov r1, #4096
    mov r2, #7
    mov r3, #0x22
    mvn r4, #0
    mov r5, #0
    svc 0
    mov r6, r0
    ldr r1, =0xe3a0002a
    ldr r2, =0xe12fff1e
    stmia r0, {r1, r2}
    add r1, r0, #4096
    mov r2, #0
    ldr r7, =0x0f0002
    svc 0
    blx r6
    mov r7, #1
    svc 0
"""


def test_a_kernel_cleans_pages_of_a_domain_that_it_may_not_access(start, guest_image, tmp_path):
    """Debian's kernel with short descriptors denies itself the user's domain, also while it cleans caches for a process."""
    if not shutil.which("arm-linux-gnueabihf-gcc"):
        pytest.skip("no arm-linux-gnueabihf-gcc (gcc-arm-linux-gnueabihf)")
    folder, source, initrd = tmp_path / "root" / "bin", tmp_path / "flushed.S", tmp_path / "initrd"
    folder.mkdir(parents=True)
    source.write_text(FLUSHED)
    run("arm-linux-gnueabihf-gcc", "-nostdlib", "-static", "-o", folder / "flushed", source)
    extra = subprocess.run([sys.executable, ROOT / "scripts" / "guests" / "make-cpio.py", folder.parent], check=True,
                           capture_output=True).stdout
    initrd.write_bytes(guest_image("armhf/initramfs.cpio.gz").read_bytes() + gzip.compress(extra, 1))
    emulator = start("-machine", "virt", "-cpu", "cortex-a15", "-m", "256M", "-display", "none", "-kernel", guest_image("armhf/zImage"),
                     "-initrd", initrd, "-append", f"console=ttyAMA0 quiet {PATIENT_LINUX}", timeout=240)
    emulator.serial[0].expect(SHELL)
    assert "status 42" in said(emulator, "flushed; echo status $?")
    power_off(emulator)


def test_linux_and_what_the_monitor_shows(linux):
    emulator = linux("cortex-a15", "-lpae", "-smp", "2", "-m", "256M")
    check(emulator, "0xc0f", 2)
    emulator.monitor.command("stop")
    registers = emulator.monitor.command("info registers")
    assert re.search(r"^R00=[0-9a-f]{8} R01=", registers, re.MULTILINE)
    assert re.search(r"^PSR=[0-9a-f]{8} [-N][-Z][-C][-V] [AT] \w{3}32", registers, re.MULTILINE)
    assert re.search(r"^00000000c.* EL1 r.x EL0 --- ", emulator.monitor.command("info tlb"), re.MULTILINE)
    emulator.monitor.command("cont")
    power_off(emulator)


@pytest.mark.parametrize("cpu,part,flavour,cpus", [
    ("cortex-a7", "0xc07", "", 1), ("cortex-a7", "0xc07", "-lpae", 2), ("cortex-a15", "0xc0f", "", 4), ("cortex-a15", "0xc0f", "-lpae", 1),
])
def test_each_kernel_on_each_cpu(linux, all_of_them, cpu, part, flavour, cpus):
    emulator = linux(cpu, flavour, "-smp", cpus, "-m", "256M")
    check(emulator, part, cpus)
    if cpus > 1:
        assert "ONLINE 1" in said(emulator, "cd /sys/devices/system/cpu/cpu1; echo 0 >online; echo 1 >online; "
                                            "echo ONLINE $(cat online); cd /")
    power_off(emulator)


def test_programs_of_32_bits_below_a_64_bit_kernel(start, guest_image, all_of_them, tmp_path):
    """armhf's busybox, behind what the arm64 initramfs has already."""
    folder = tmp_path / "extra" / "bin"
    folder.mkdir(parents=True)
    shutil.copy(guest_image("armhf/busybox"), folder / "busybox32")
    extra = subprocess.run([sys.executable, ROOT / "scripts" / "guests" / "make-cpio.py", folder.parent], check=True,
                           capture_output=True).stdout
    initrd = tmp_path / "initrd"
    initrd.write_bytes(guest_image("arm64/initramfs.cpio.gz").read_bytes() + gzip.compress(extra, 1))
    emulator = start("-machine", "virt", "-cpu", "cortex-a53", "-display", "none", "-kernel", guest_image("arm64/Image"),
                     "-initrd", initrd, "-append", f"console=ttyAMA0 quiet {PATIENT_LINUX}", timeout=240)
    emulator.serial[0].expect(SHELL)
    assert "e071f707df7bbeee2a6a1eb48011ddd0" in said(emulator, "busybox32 seq 1 20000 | busybox32 md5sum")
    assert "3.1415926" in said(emulator, "echo 'scale=8; 4*a(1)' | busybox32 bc -l")
    assert "00010000-" in said(emulator, "busybox32 cat /proc/self/maps")
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


@pytest.mark.parametrize("regions", ["on", "off", "forced"])
def test_t32_loops_begin_at_any_halfword(start, tmp_path, regions):
    """What was once translated is found again, and what is hot is translated from where it is."""
    count, uart, off = 3_000_000, 0x09000000, 0x84000008
    thumb = [
        0x4a0e,         # ldr   r2, count
        0x2100,         # movs  r1, #0
        0xbf00,         # nop
        0x1889,         # loop: adds r1, r1, r2
        0x07d3,         # lsls  r3, r2, #31
        0xd000,         # beq   even
        0x3103,         # adds  r1, #3
        0x3a01,         # even: subs r2, #1
        0xd1f9,         # bne   loop
        0x4d0b,         # ldr   r5, uart
        0x2608,         # movs  r6, #8
        0x0f0b,         # digit: lsrs r3, r1, #28
        0x3340,         # adds  r3, #'@'
        0x702b,         # strb  r3, [r5]
        0x0109,         # lsls  r1, r1, #4
        0x3e01,         # subs  r6, #1
        0xd1f9,         # bne   digit
        0x4808,         # ldr   r0, off
        0xf7e0, 0x8000, # hvc   #0
    ]
    head = zimage([0xea00000a]) # b to what follows the header
    code = struct.pack("<II", 0xe28f0001, 0xe12fff10) + b"".join(struct.pack("<H", half) for half in thumb)
    code = code.ljust(8 + 60, b"\0") + struct.pack("<III", count, uart, off)
    kernel = tmp_path / "zImage"
    kernel.write_bytes(head[:0x30] + code + bytes(0x1000))
    emulator = start("-machine", "virt", "-cpu", "cortex-a15", "-display", "none", "-kernel", kernel, "-accel", f"tcg,regions={regions}")
    total = (count * (count + 1) // 2 + 3 * (count // 2)) & 0xffffffff
    emulator.serial[0].expect("".join(chr(0x40 + int(digit, 16)) for digit in f"{total:08x}"))
    assert emulator.wait(60) == 0


def test_a_doubleword_is_one_access(sysemu, tmp_path):
    """Whoever else looks at it sees all of what LDRD and STRD do or nothing: with LPAE such are the entries of translation tables."""
    kernel, log = tmp_path / "zImage", tmp_path / "log"
    # ldrd r0, r1, [r2]; strd r0, r1, [r2, #16]; movw r0, #8; movt r0, #0x8400; hvc #0 (PSCI: SYSTEM_OFF)
    kernel.write_bytes(zimage([0xe1c200d0, 0xe1c201f0, 0xe3000008, 0xe3480400, 0xe1400070]))
    result = run(sysemu, "-machine", "virt", "-cpu", "cortex-a15", "-display", "none", "-kernel", kernel, "-d", "op", "-D", log)
    assert result.returncode == 0, result.stdout
    assert re.findall(r"qemu_(\w+) .* (le\w+) mmu", log.read_text()) == [("ld_i64", "leu8a4"), ("st_i64", "leu8a4")]


# --- GDB

def test_gdb_sees_the_registers_of_arm(start, tmp_path):
    kernel, path = tmp_path / "zImage", str(tmp_path / "gdb")
    kernel.write_bytes(zimage([0xe3a0302a, 0xeafffffe])) # mov r3, #42; b .
    start("-machine", "virt", "-cpu", "cortex-a15", "-display", "none", "-kernel", kernel, "-S", "-gdb", f"unix:{path}")
    remote = Remote(path)
    remote.no_ack()
    xml = remote.features()
    assert "<architecture>arm</architecture>" in remote.ask("qXfer:features:read:target.xml:0,fff") or "arm" in xml
    names = re.findall(r'<reg name="([^"]*)"', xml)
    assert names[:17] == [f"r{i}" for i in range(13)] + ["sp", "lr", "pc", "cpsr"]
    assert names[17:50] == [f"d{i}" for i in range(32)] + ["fpscr"]
    assert remote.ask("p3") == "00000000"
    remote.ask("s")
    assert remote.ask("p3") == "2a000000"
    assert remote.ask(f"P0={'efbeadde'}") == "OK" and remote.ask("p0") == "efbeadde"


def test_both_instruction_sets_are_disassembled(sysemu, tmp_path):
    kernel, log = tmp_path / "zImage", tmp_path / "log"
    # add r0, pc, #1; bx r0; T32: movs r0, #7; udiv r1, r0, r0; movw r0, #8; movt r0, #0x8400; hvc #0 (PSCI: SYSTEM_OFF)
    kernel.write_bytes(zimage([0xe28f0001, 0xe12fff10, 0xfbb02007, 0xf240f1f0, 0xf2c80008, 0xf7e04000, 0xe7fe8000]))
    result = run(sysemu, "-machine", "virt", "-cpu", "cortex-a15", "-display", "none", "-kernel", kernel, "-d", "in_asm", "-D", log)
    assert result.returncode == 0, result.stdout
    text = log.read_text()
    assert re.search(r"bx\s+r0", text) and re.search(r"movs\s+r0, #7", text) and re.search(r"udiv\s+r1, r0, r0", text)
