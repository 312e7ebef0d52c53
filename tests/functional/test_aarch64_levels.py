"""Which exception level takes what: tests/guest/aarch64/levels.c, started at EL3 from flash, on both back ends and on the
installed QEMU; and a kernel that starts at EL2 and runs a guest of its own by KVM.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess

import pytest

import installedqemu
from conftest import ROOT, has_libc, more, packed
from sysemu import PATIENT_LINUX, run

SOURCES = ROOT / "tests" / "guest" / "aarch64"
COMPILER = "aarch64-linux-gnu-gcc"
BARE = [COMPILER, "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only",
        "-march=armv8-a", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
        "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,_start"]
BOARD = ["-machine", "virt,secure=on,virtualization=on,gic-version=3", "-display", "none", "-monitor", "none", "-serial", "stdio"]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed (gcc-aarch64-linux-gnu)")
    folder = tmp_path_factory.mktemp("levels")
    subprocess.run([*BARE, SOURCES / "levels.c", "-o", folder / "levels.elf"], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", folder / "levels.elf", folder / "levels.bin"], check=True)
    return folder / "levels.bin"


def output(emulator, image, *args, cpu="cortex-a57"):
    """Its lines; it ends by the secure GPIO that switches the machine off. The secure UART gets one character."""
    secure = image.parent / "secure"
    result = run(emulator, *args, *BOARD, "-cpu", cpu, "-serial", f"file:{secure}", "-bios", image, timeout=120)
    assert result.returncode == 0, result.stdout[-2000:]
    lines = result.stdout.replace("\r", "").splitlines()
    assert lines[-1] == "end" and len(lines) > 3000
    assert secure.read_text() == "!"
    return lines


@pytest.mark.parametrize("accel", ["tcg,backend=interp", "tcg,regions=forced"])
def test_ways_to_run_it_agree(sysemu, image, accel):
    assert output(sysemu, image) == output(sysemu, image, "-accel", accel)


# What the reference does against the manual, or has and we don't: a call by HVC from secure EL1 (UNDEFINED without secure
# EL2, C6.2) and from EL3 (taken to EL3); AArch32 at the higher levels (ID_AA64PFR0), and so the value that SCTLR_EL1 resets to;
# ISV in the syndrome of an external abort at EL2, and SCR_EL3.EA (D1.3.6); ICH_MISR_EL2.VGrp0D (IHI 0069, 12.4); the level of a
# fault of stage 2 on the way to a table of stage 1, where it reports the other stage's (D8.14).
DEPARTURES = ("hvc:", "sctlr: ok", "pfr0: ok", "secure RAM", "condition hcr 21 ")


def comparable(lines):
    kept = [line for line in lines if not any(departure in line for departure in DEPARTURES)]
    first = next(n for n, line in enumerate(kept) if line.startswith("c0000000 EL1 ldr"))
    assert kept[first + 12].startswith("140000000 EL1 ldr")
    return kept[:first] + kept[first + 12:]


@pytest.mark.parametrize("cpu", ["cortex-a57", "neoverse-n1"]) # without and with VHE
def test_the_reference_agrees(sysemu, image, cpu):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    assert comparable(output(sysemu, image, cpu=cpu)) == comparable(output(reference, image, cpu=cpu))


def test_where_the_manual_says_otherwise(sysemu, image):
    lines = output(sysemu, image)
    assert "identity after a reset 411fd070 80000000 " in lines # as MIDR_EL1 and MPIDR_EL1
    assert "S-EL1 hvc: to EL1 4 2000000 0 0 3c5 " in lines and "EL3 hvc: to EL3 4 5a000002 0 4 3cd " in lines
    assert "EL1 secure RAM, SCR.EA: to EL3 8 92000010 e000000 0 3c5 " in lines
    assert any(line.startswith("condition hcr 21 misr 21 ") for line in lines)
    # EL1 doesn't let EL0, and EL2 neither of them
    assert "EL0 cntpct: to EL1 8 6232f801 0 0 3c0 " in lines[lines.index("CNTHCTL"):lines.index("CNTHCTL, CNTKCTL")]
    assert "5 EL1 table in a device: to EL2 8 9200008e 1c0000000 0 3c5 8030a0 " in lines # HCR_EL2.PTW
    # An entry of a table that stage 2 doesn't have, by level 3 of stage 2: S1PTW, and HPFAR_EL2 has where the table would be
    assert "c0000000 EL1 ldr: to EL2 8 92000087 c0000000 0 3c5 800060 " in lines


# By piece, of those in disabled32.c: whether ITD takes it, at which halfword; else it goes on to its SVC.
TAKEN_BY_ITD = {
    "itt; movs; movs": 0, "it; add r0, pc": 2, "it; mov r0, pc": 2, "it; mov pc, r9": 2, "it; bx pc": 2, "it; ldr r0, [pc]": 2,
    "it; add r0, pc, #0": 2, "it; uxtb r0, r0": 2, "it; b": 2, "it; mov.w r0, #1": 2, "it; ldr.w r0, [r1] not taken": 2,
}


@pytest.fixture(scope="module")
def denied(tmp_path_factory):
    """denied(emulator, *args): what disabled32.c says."""
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed (gcc-aarch64-linux-gnu)")
    folder = tmp_path_factory.mktemp("denied")
    subprocess.run([*BARE, SOURCES / "disabled32.c", "-o", folder / "disabled.elf"], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", folder / "disabled.elf", folder / "disabled.bin"], check=True)

    def says(emulator, *args):
        result = run(emulator, *args, *BOARD, "-cpu", "cortex-a57", "-serial", "null", "-bios", folder / "disabled.bin", timeout=60)
        assert result.returncode == 0, result.stdout[-2000:]
        return result.stdout.replace("\r", "").splitlines()
    return says


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_what_el0_is_denied_of_aarch32(sysemu, denied, accel):
    pieces = [line.rsplit(": ", 1) for line in denied(sysemu, "-accel", accel) if ": " in line and not line.startswith("HSTR")]
    said = {name: re.findall(r"([0-9a-f]+) ([0-9a-f]+)", ends) for name, ends in pieces}
    assert len(said) == 21 and set(TAKEN_BY_ITD) < set(said)
    for name, (as_it_is, itd, sed, both) in said.items():
        assert as_it_is[0] == "11" # SVC of AArch32
        assert itd == (("0", str(TAKEN_BY_ITD[name])) if name in TAKEN_BY_ITD else as_it_is), name
        assert sed == (("0", "0") if name == "setend be" else as_it_is), name
        assert both == (sed if name == "setend be" else itd), name


def test_coprocessor_registers_that_el2_wants(sysemu, denied):
    said = [line for line in denied(sysemu) if line.startswith("HSTR")]
    assert len(said) == 128 and [line for line in said if "to EL2" in line] == [
        "HSTR 7 mcr c7, CP15DMB: to EL2 8 fea1c14 0 0 400001f0 ", "HSTR d mrc c13, TPIDRURO: to EL2 8 fe63401 0 0 400001f0 ",
        "HSTR d mcr c13, TPIDRURW: to EL2 8 fe43420 0 0 400001f0 "]
    reference = installedqemu.find("qemu-system-aarch64")
    assert not reference or said == [line for line in denied(reference) if line.startswith("HSTR")]


@pytest.mark.parametrize("cpu,gic,says", [
    more("cortex-a57", 2, "kvm [1]: Hyp mode initialized successfully"),
    ("neoverse-n1", 3, "kvm [1]: VHE mode initialized successfully"),
])
def test_a_guest_below_kvm(start, guest_image, tmp_path, cpu, gic, says):
    kernel, first = guest_image("arm64/Image"), guest_image("arm64/initramfs.cpio.gz").read_bytes()
    if not has_libc(COMPILER) or not shutil.which("cpio"):
        pytest.skip(f"no {COMPILER} with libc (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross) or no cpio")
    subprocess.run([COMPILER, "-O2", "-static", "-Wall", "-o", tmp_path / "kvmguest", SOURCES / "kvmguest.c"], check=True)
    archive = tmp_path / "initrd"
    archive.write_bytes(first + bytes(-len(first) % 4) + packed(tmp_path, "kvmguest"))
    emulator = start("-machine", f"virt,virtualization=on,gic-version={gic}", "-cpu", cpu, "-display", "none",
                     "-kernel", kernel, "-initrd", archive,
                     "-append", f"console=ttyAMA0 nokaslr {PATIENT_LINUX}", timeout=240)
    serial = emulator.serial[0]
    assert says in serial.expect("ARM64-GUEST-UP")
    serial.expect("/ # ")
    serial.send("/kvmguest; poweroff -f\n")
    said = serial.expect("KVMGUEST off")
    assert "hello from the guest at EL1" in said
    assert "MMIO write 900000c: 12345678" in said
    assert gic == 2 or re.search(r"interrupts: 3\b", said) # by a GICv3 that KVM emulates
    assert emulator.wait(60) == 0
