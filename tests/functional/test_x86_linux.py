"""Debug registers, the x2APIC, TSC deadlines and SVM: as Debian's kernels use them, and in a program of ours without one.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, more
from sysemu import PATIENT_LINUX

SOURCES = ROOT / "tests" / "guest" / "linux-x86"
BARE = ROOT / "tests" / "guest" / "x86"
COMPILERS = {"amd64": "gcc", "i386": "i686-linux-gnu-gcc"}
RUN = """#!/bin/sh
export PATH=/bin
/bin/busybox mkdir -p /proc /dev /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
for module in {modules}; do /bin/busybox insmod /kvm/$module.ko $([ $module = kvm-amd ] && echo {options}); done
/checks/{program}
echo "cpus $(/bin/busybox nproc)"
echo "clock $(/bin/busybox cat /sys/devices/system/clockevents/clockevent*/current_device | /bin/busybox sort | /bin/busybox uniq -c)"
echo ALL-DONE
/bin/busybox poweroff -f
"""


def compile_program(arch, source, program):
    compiler = COMPILERS[arch]
    if not shutil.which(compiler) or subprocess.run([compiler, "-static", "-x", "c", "-", "-o", program], input=b"int main(void) { return 0; }",
                                                    capture_output=True).returncode:
        pytest.skip(f"no {compiler} with libc")
    subprocess.run([compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", program, source], check=True)


@pytest.fixture
def linux_says(start, guest_image, tmp_path):
    """linux_says(arch, *args): what Debian's kernel says while it runs the checks of a program."""
    def run(arch, *args, program="breakpoints", modules="", options="", archive=None):
        kernel, initrd = guest_image(f"{arch}/vmlinuz"), guest_image(f"{arch}/initramfs.cpio")
        checks = tmp_path / "root" / "checks"
        checks.mkdir(parents=True)
        compile_program(arch, SOURCES / f"{program}.c", checks / program)
        (checks / "run").write_text(RUN.format(program=program, modules=modules, options=options))
        (checks / "run").chmod(0o755)
        extra = subprocess.run([sys.executable, ROOT / "scripts" / "guests" / "make-cpio.py", checks.parent], check=True, capture_output=True).stdout
        (tmp_path / "initrd").write_bytes(initrd.read_bytes() + extra + (archive.read_bytes() if archive else b""))
        emulator = start("-machine", "pc", "-m", "256", "-net", "none", "-no-reboot", "-kernel", kernel, "-initrd", tmp_path / "initrd",
                         "-append", f"console=ttyS0 quiet nokaslr no_timer_check rdinit=/checks/run {PATIENT_LINUX}", *args, timeout=300)
        return emulator.serial[0].expect("ALL-DONE")
    return run


def check_all_passed(said, program):
    wanted = len(re.findall(r"^    PASS\(\);$", (SOURCES / f"{program}.c").read_text(), re.MULTILINE))
    assert "not ok" not in said and len(re.findall("^ok ", said, re.MULTILINE)) == wanted, said


@pytest.mark.parametrize("arch, cpus", [more("amd64", 1), ("amd64", 4), more("i386", 2)])
def test_breakpoints_and_the_clock(linux_says, arch, cpus):
    said = linux_says(arch, "-smp", str(cpus))
    check_all_passed(said, "breakpoints")
    assert f"cpus {cpus}" in said
    assert re.search(rf"clock +{cpus} lapic-deadline", said), said


def test_without_deadlines_the_timer_counts(linux_says):
    assert re.search(r"clock +1 lapic\r?\n", linux_says("amd64", "-cpu", "max,-tsc-deadline,-x2apic"))


@pytest.mark.parametrize("nested, args", [(1, ["-smp", "2"]), more(0, []), more(0, ["-cpu", "qemu64"])])
def test_kvm_makes_machines_of_the_guest(linux_says, guest_image, nested, args):
    said = linux_says("amd64", *args, program="kvm", modules="irqbypass ccp kvm kvm-amd", options=f"npt={nested}",
                      archive=guest_image("amd64/kvm-modules.cpio"))
    check_all_passed(said, "kvm")


@pytest.mark.parametrize("cpus", [more(1), 4])
def test_x2apics_without_a_system(start, tmp_path, cpus):
    if not shutil.which("gcc") or subprocess.run(["gcc", "-m32", "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    program = tmp_path / "x2apic"
    subprocess.run(["gcc", "-m32", "-march=i486", "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only",
                    "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra",
                    f"-Wl,--build-id=none,-T,{BARE}/boot32.lds,--no-warn-rwx-segments", BARE / "x2apic.c", "-o", program], check=True)
    emulator = start("-machine", "pc", "-m", "64", "-net", "none", "-kernel", program, "-smp", str(cpus), timeout=120)
    emulator.serial[0].expect("STARTED")
    said = dict(re.findall(r"(\w+)=([0-9a-f]{8})", emulator.serial[0].expect("END\r\n")))
    values = {name: int(value, 16) for name, value in said.items()}
    others = cpus - 1
    assert values == {"id": 0, "ldr": 1, "others": others, "ids": (1 << cpus) - 2, "logical": others, "physical": int(cpus > 2),
                      "armed": 1, "late": 1, "rings": 1, "left": 0, "self": 1}
    assert f"LDR 0x{1:02x}" in emulator.monitor.command("info lapic 0") and "tsc-deadline" in emulator.monitor.command("info lapic")
    if cpus > 1:
        assert "dumping local APIC state for CPU 1" in emulator.monitor.command("info lapic 1")
    assert "No CPU available" in emulator.monitor.command("info lapic 77")
