"""Which mode of a 32-bit CPU takes what: tests/guest/arm/levels.c, started in secure Supervisor mode from flash, on both back ends and on
the installed QEMU; Debian's kernel in Hyp mode, U-Boot in both worlds, and Xen with a dom0.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import installedqemu
from conftest import ROOT, more
from sysemu import PATIENT_LINUX, run

SOURCE = ROOT / "tests" / "guest" / "arm" / "levels.c"
PREFIX = "arm-linux-gnueabihf-"
BARE = [PREFIX + "gcc", "-O1", "-marm", "-march=armv7ve", "-mfloat-abi=soft", "-ffreestanding", "-nostdlib", "-static", "-fno-pie",
        "-no-pie", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
        "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,_start"]
BOARD = ["-machine", "virt,secure=on,virtualization=on", "-display", "none", "-monitor", "none"]
U_BOOT = Path("/usr/lib/u-boot/qemu_arm/u-boot.bin")


def build(folder, *options):
    if not shutil.which(PREFIX + "gcc"):
        pytest.skip(f"{PREFIX}gcc is not installed (gcc-arm-linux-gnueabihf)")
    subprocess.run([*BARE, *options, SOURCE, "-o", folder / "levels.elf"], check=True)
    subprocess.run([PREFIX + "objcopy", "-O", "binary", folder / "levels.elf", folder / "levels.bin"], check=True)
    return folder / "levels.bin"


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build(tmp_path_factory.mktemp("levels32"))


@pytest.fixture(scope="module")
def debug_image(tmp_path_factory):
    return build(tmp_path_factory.mktemp("debug32"), "-DDEBUG_EVENTS", "-Wno-unused-function", "-Wno-unused-variable")


def output(emulator, image, *args, cpu="cortex-a15", least=6000):
    """Its lines, each behind the last one that says what the next ones are about; it ends by the secure GPIO that switches the machine off."""
    said = image.parent / "serial"
    result = run(emulator, *args, *BOARD, "-cpu", cpu, "-serial", f"file:{said}", "-bios", image, timeout=240)
    assert result.returncode == 0, result.stdout[-2000:]
    lines = said.read_text().splitlines()
    assert lines[-1] == "end" and len(lines) > least
    about, all_of_them = "", []
    for line in lines:
        about = about if ": " in line else line
        all_of_them.append(f"{about}| {line}")
    return all_of_them


@pytest.mark.parametrize("accel", ["tcg,backend=interp", more("tcg,regions=forced")])
def test_ways_to_run_it_agree(sysemu, image, accel):
    assert output(sysemu, image) == output(sysemu, image, "-accel", accel)


# What the reference does against the manual, or what is the implementation's. In this order: HVC in secure state is UNDEFINED (F5.1);
# Hyp mode's registers are secure state's other modes' never (G8.2, of each); RFE and LDM (exception return) are UNDEFINED in Hyp mode; the
# revision of the part, ThumbEE; SCR.EA takes external aborts to Monitor mode (G1.12.2), the syndrome of an abort that HCR.TGE takes to Hyp
# mode has long descriptors' codes; HCR.TID1, TSW, TPC, TPU, TIDCP, HDCR.TPMCR and HCPTR.TCPAC trap the coprocessor's encodings, too; HSTR
# traps what isn't there; cache maintenance needs a translation (G4.4.1); LDRT of Monitor mode is secure user mode's, and unpredictable in Hyp
# mode; address translation in Monitor mode is secure state's and PAR is SCR.NS's, of device memory SH is 2 (G8.2, PAR), and secure
# state's PAR has the format that secure state's TTBCR says.
DEPARTURES = re.compile(
    r"\| (hvc (S-|mon)|(hcr|hsctlr|hstr|hsr|cnthctl|cntvoff|httbr|vttbr|htpidr|hmair0|tlbiallh) S-|(rfe|ldm \^) hyp|v?pidr|midr|id_pfr0|"
    r"external abort.* SCR\.EA|(load|fetch), HCR\.TGE|(tcmtr|tlbtr|dcisw|dccmva[cu]|iciallu|l2ectlr|pmcr|cpacr) svc|its|clean|invalidate|"
    r"(t32 )?ldrt (mon|hyp)|at [0-7] \w+  mon|at [0-3] \w+  (hyp|S-svc)|"
    # Breakpoints and watchpoints: secure state's privileged modes are PL1, as EL1 (G2, AArch32.StateMatch()); DFSR.WnR of a watchpoint;
    # HSR.IL; the causes; address mismatch
    r"(breakpoint|watchpoint|store|load) (S-svc|S-mon|mon):|store |breakpoint \w+: to hyp|mismatch|cause)|"
    r"^state ([0123]|b|f|13|14|15|16|17|1b|1f) ")
# HSR.ISV of an abort that isn't stage 2's is 0, and what it covers isn't there (D19.2.37); Hyp mode's own are never.
OWN_ABORT = re.compile(r"( hyp: to hyp 4 (?:\w+ ){4})(\w+) ")


def comparable(lines):
    def without_access(match):
        return f"{match[1]}{int(match[2], 16) & ~0x03ffc000:x} "
    return [OWN_ABORT.sub(without_access, line) for line in lines if not DEPARTURES.search(line)]


@pytest.mark.parametrize("cpu", ["cortex-a15", more("cortex-a7")])
def test_the_reference_agrees(sysemu, image, cpu):
    reference = installedqemu.find("qemu-system-arm")
    if not reference:
        pytest.skip("qemu-system-arm is not installed")
    ours = comparable(output(sysemu, image, cpu=cpu))
    assert len(ours) > 5000
    assert ours == comparable(output(reference, image, cpu=cpu))


def test_where_the_manual_says_otherwise(sysemu, image):
    lines = output(sysemu, image)
    assert "| hvc S-svc: to secure 1 4 1d3 600001db 12345678 " in lines
    assert "| hcr S-mon: to secure 1 4 1d6 600001db 12345678 " in lines
    assert "| hcr mon: done 1d6 0 " in lines
    assert "| external abort, SCR.EA svc: to monitor 4 8 1d3 600001d6 bf00000 8 0 bf00000 0 0 0 0 " in lines
    assert "HCR 20000| tlbtr svc: to hyp 5 0 1d3 600001da 0 fe60001 " not in lines # TID2
    assert any(line.startswith("HCR 10000 | tlbtr svc: to hyp 5 0 1d3 ") for line in lines) # TID1


def test_a_kernel_starts_in_hyp_mode(start, guest_image):
    """On two CPUs, the second of which PSCI starts, by SMC."""
    emulator = start("-machine", "virt,virtualization=on,secure=on", "-cpu", "cortex-a15", "-smp", "2", "-m", "256M", "-display", "none",
                     "-kernel", guest_image("armhf/zImage-lpae"), "-initrd", guest_image("armhf/initramfs-lpae.cpio.gz"),
                     "-append", f"console=ttyAMA0 {PATIENT_LINUX}", timeout=240)
    assert "CPU: All CPU(s) started in HYP mode." in emulator.serial[0].expect("ARMHF-GUEST-UP")
    emulator.serial[0].expect("/ # ")
    emulator.serial[0].send("nproc; poweroff -f\n")
    assert "\r\n2\r\n" in emulator.serial[0].expect("Power down")
    assert emulator.wait(60) == 0


@pytest.mark.parametrize("properties", ["secure=on", more("virtualization=on"), more("secure=on,virtualization=on")])
def test_u_boot_at_each_level(start, properties):
    if not U_BOOT.exists():
        pytest.skip("U-Boot is not installed (u-boot-qemu)")
    emulator = start("-machine", f"virt,{properties}", "-cpu", "cortex-a15", "-m", "256M", "-display", "none", "-bios", U_BOOT, timeout=120)
    emulator.serial[0].expect("Hit any key")
    emulator.serial[0].send("\n")
    emulator.serial[0].expect("=> ")
    emulator.serial[0].send("bdinfo\n")
    assert "arch_number" in emulator.serial[0].expect("irq_sp")
    emulator.monitor.command("stop")
    mode = "hyp" if properties == "virtualization=on" else "svc"
    assert f" {mode}32" in emulator.monitor.command("info registers")


# Two: dom0's Linux waits for its second CPU for one second of the host's
@pytest.mark.parametrize("cpus", [1, pytest.param(2, marks=pytest.mark.takes_long)])
def test_xen_and_its_dom0(sysemu, start, guest_image, tmp_path, cpus):
    if not shutil.which("fdtput"):
        pytest.skip("fdtput is not installed (device-tree-compiler)")
    kernel, initrd, xen = (guest_image(f"armhf/{name}") for name in ("zImage-lpae", "initramfs-lpae.cpio.gz", "xen"))
    tree = tmp_path / "virt.dtb"
    board = ["-cpu", "cortex-a15", "-smp", str(cpus), "-m", "1024", "-display", "none", "-kernel", xen,
             "-append", "console=dtuart dtuart=/pl011@9000000 dom0_mem=384M bootscrub=0"]
    run(sysemu, "-machine", f"virt,virtualization=on,dumpdtb={tree}", *board)
    for place, kind, image in ("50000000", "kernel", kernel), ("54000000", "ramdisk", initrd):
        node = f"/chosen/module@{place}"
        subprocess.run(["fdtput", "-p", "-t", "s", tree, node, "compatible", f"multiboot,{kind}", "multiboot,module"], check=True)
        subprocess.run(["fdtput", "-t", "x", tree, node, "reg", "0", place, "0", f"{image.stat().st_size:x}"], check=True)
    subprocess.run(["fdtput", "-t", "s", tree, "/chosen/module@50000000", "bootargs", f"console=hvc0 {PATIENT_LINUX}"], check=True)
    emulator = start("-machine", "virt,virtualization=on", *board, "-dtb", tree,
                     "-device", f"loader,file={kernel},addr=0x50000000,force-raw=on",
                     "-device", f"loader,file={initrd},addr=0x54000000,force-raw=on", timeout=300)
    said = emulator.serial[0].expect("ARMHF-GUEST-UP")
    assert "P2M: 40-bit IPA" in said and "LOADING DOMAIN 0" in said
    emulator.serial[0].expect(f"cpus {cpus}")
    emulator.serial[0].expect("/ # ")
    emulator.serial[0].send("echo type $(cat /sys/hypervisor/type); seq 1 20000 | md5sum; poweroff -f\n")
    said = emulator.serial[0].expect("Hardware Dom0 halted")
    assert "type xen" in said and "e071f707df7bbeee2a6a1eb48011ddd0" in said
    assert emulator.wait(60) == 0


def test_debug_exceptions(sysemu, debug_image):
    lines = output(sysemu, debug_image, least=480)
    assert "debug events| breakpoint S-svc: to secure 3 4 1d3 600001d7 0 0 2 0 0 0 0 0 " in lines
    # A mismatch steps: the instruction that it names, and then there is an abort
    assert any(line.endswith("mismatch usr: to nonsecure 3 8 1d0 600001d7 0 0 2 0 0 0 0 0 ") for line in lines)
    # DBGDSCR.MOE: 1 breakpoint, 10 watchpoint, 3 BKPT
    assert [line.split("| ")[1] for line in lines if re.search(r"\| 80[0-9a-f]{2} $", line)] == ["8004 ", "8028 ", "800c "]
    assert lines == output(sysemu, debug_image, "-accel", "tcg,backend=interp", least=480)
    reference = installedqemu.find("qemu-system-arm")
    assert not reference or comparable(lines) == comparable(output(reference, debug_image, least=480))
