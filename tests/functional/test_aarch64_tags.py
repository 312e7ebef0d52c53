"""Memory tagging: `-machine virt,mte=on`.

SPDX-License-Identifier: MIT
"""

import gzip
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, has_libc, packed
from sysemu import PATIENT_LINUX, run

GUEST = ROOT / "tests" / "guest" / "aarch64"
GCC = "aarch64-linux-gnu-gcc"

# What mte.c says below Linux: 8 is SEGV_MTEAERR, 9 SEGV_MTESERR.
BELOW_LINUX = {
    "hwcap": 1, "tags chosen": 0xfffe, "untagged": 0, "tag stored": 1, "right tag": 0, "no tag": 9,
    "wrong tag, load": 9, "wrong tag, store": 9, "address": 1, "next granule": 9, "across": 9, "data": 7,
    "write, right tag": 1, "write, wrong tag": -14, "child": 42, "parent's data": 7,
    "asynchronous load": 8, "asynchronous store": 8, "stored": 7, "ignored": 0, "threads' errors": 0,
}


# What tags.c says: the level that takes an exception, its syndrome, tag, gigabyte and offset of its address; TFSR_EL1 and
# TFSRE0_EL1; the value, or where in its page an address is.
BARE = """
GCR traps: EL2 623c0401 00.0.000 00 0
RGSR traps: EL2 623a0400 00.0.000 00 0
TFSR traps: EL2 6230140d 00.0.000 00 0
TFSRE0 traps: EL2 6232140c 00.0.000 00 0
GMID traps: EL2 62384001 00.0.000 00 0
GMID: EL0 00000000 00.0.000 00 6
ldg: EL0 00000000 00.0.000 00 300000000000000
right: EL0 00000000 00.0.000 00 0
load: EL1 96000011 04.4.000 00 0
store: EL1 96000051 04.4.008 00 7
pair: EL1 96000011 03.4.010 00 0
atomic: EL1 96000011 04.4.000 00 0
without TCO: EL0 00000000 00.0.000 00 0
SPSR: EL1 96000011 04.4.000 00 600003c5
untagged: EL0 00000000 00.0.000 00 0
stg untagged: EL0 00000000 00.0.000 00 0
not written: EL0 00000000 00.0.000 00 300000000000000
stg misaligned: EL1 96000061 03.4.004 00 0
stg read-only: EL1 9600004d 09.3.000 00 0
store read-only: EL1 9600004d 09.3.000 00 0
unmapped: EL1 96000005 09.5.018 00 0
across into it: EL1 96000005 00.5.000 00 0
dc zva: EL1 96000051 03.4.010 00 0
dc gva: EL0 00000000 00.0.000 00 66660053
dc gzva: EL0 00000000 00.0.000 00 0
dc zva right: EL0 00000000 00.0.000 00 0
stzgm: EL0 00000000 00.0.000 00 2222777766660053
stgm: EL0 00000000 00.0.000 00 123456789abcdef
stz2g: EL0 00000000 00.0.000 00 8
stgp: EL0 00000000 00.0.000 00 b00000000000001
dc cgvac: EL0 00000000 00.0.000 00 0
dc cigdvac unmapped: EL1 96000145 00.5.000 00 0
dvp rctx: EL0 00000000 00.0.000 00 at 000
dc igsw: EL0 00000000 00.0.000 00 0
asynchronous: EL0 00000000 00.0.000 10 0
asymmetric load: EL1 96000011 04.4.000 00 0
asymmetric store: EL0 00000000 00.0.000 10 0
ignored: EL0 00000000 00.0.000 00 0
no access to tags: EL0 00000000 00.0.000 00 0
ldg without: EL0 00000000 00.0.000 00 0
addg without: EL0 00000000 00.0.000 00 15
ldgm without: EL0 00000000 00.0.000 00 0
TCMA0: EL0 00000000 00.0.000 00 0
TCMA0, another: EL1 96000011 01.4.010 00 1
EL0: EL1 92000011 04.4.000 00 1
EL0 TCO: EL0 00000000 00.0.000 00 2000000
EL0 stack beside it: EL1 9200004d 00.3.000 00 0
EL0 TCO beside it: EL1 9200004d 00.3.008 00 0
EL0 ldgm: EL1 02000000 00.3.008 00 1
EL0 irg: EL0 00000000 00.0.000 00 at 000
EL0 GCR: EL1 02000000 00.3.008 00 1
EL0 asynchronous: EL0 00000000 00.0.000 01 1
ldtr as EL0: EL0 00000000 00.0.000 01 at 000
sttr as EL0: EL1 96000051 04.4.000 00 1
str as EL1: EL0 00000000 00.0.000 00 1
EL0 without: EL0 00000000 00.0.000 00 1
EL0 ldg without: EL0 00000000 00.0.000 00 0
"""
# Of QEMU 11: a failed DC ZVA is a load, and its address that of the block; cache maintenance never faults.
DEPARTURES = ["dc zva", "dc cigdvac unmapped"]


def lines_of(text):
    """The program's lines, without what the linker has decided."""
    found = []
    for name, level, esr, far, tfsr, tfsre0, value in re.findall(
            r"^(.*?): (\d) ([0-9a-f]{8}) ([0-9a-f]{16}) (\d) (\d) ([0-9a-f]{16}) ?\r?$", text, re.M):
        far, plain = int(far, 16), re.fullmatch(r"[0-9a-f]{2}000001[0-9a-f]{8}", value)
        value = f"at {int(value, 16) & 0xfff:03x}" if plain else f"{int(value, 16):x}"
        found.append(f"{name}: EL{level} {esr} {far >> 56:02x}.{far >> 30 & 0xff}.{far & 0xfff:03x} {tfsr}{tfsre0} {value}")
    return found


@pytest.fixture(name="bare", scope="module")
def bare_program(tmp_path_factory):
    if not shutil.which(GCC):
        pytest.skip(f"{GCC} is not installed (gcc-aarch64-linux-gnu)")
    elf = tmp_path_factory.mktemp("tags") / "tags.elf"
    subprocess.run([GCC, "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only",
                    "-march=armv8.5-a+memtag", "-Wall", "-Wextra",
                    "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments,-e,start", GUEST / "tags.c", "-o", elf], check=True)
    return elf


def run_bare(program, elf, *args):
    result = run(program, "-machine", "virt,mte=on,virtualization=on", "-cpu", "max", "-nographic", "-monitor", "none", *args,
                 "-kernel", elf, timeout=60)
    assert "DONE" in result.stdout, result.stdout
    return lines_of(result.stdout)


@pytest.mark.parametrize("args", [[], ["-accel", "tcg,backend=interp"]])
def test_levels(sysemu, bare, args):
    assert run_bare(sysemu, bare, *args) == BARE.strip().split("\n")


def test_the_newest_reference_agrees(bare):
    """Not Debian's 7.2, which keeps the tags of a page's first two granules only."""
    program = ROOT / "build" / "rival" / "qemu-system-aarch64"
    if not program.exists():
        pytest.skip(f"{program} isn't there (tests/bench/get-rival)")
    for ours, theirs in zip(BARE.strip().split("\n"), run_bare(program, bare)):
        assert ours == theirs or ours.split(":")[0] in DEPARTURES


@pytest.fixture(name="initramfs", scope="module")
def with_program(guest_image, tmp_path_factory):
    """The guest's, with mte.c as `mte`."""
    if not has_libc(GCC):
        pytest.skip(f"{GCC} can't link statically (libc6-dev-arm64-cross)")
    folder = tmp_path_factory.mktemp("mte")
    (folder / "add" / "bin").mkdir(parents=True)
    subprocess.run([GCC, "-O1", "-static", "-pthread", "-Wall", "-Wextra", GUEST / "mte.c", "-o", folder / "add/bin/mte"], check=True)
    archive = folder / "initramfs"
    archive.write_bytes(guest_image("arm64/initramfs.cpio.gz").read_bytes() + gzip.compress(packed(folder / "add", "bin", "bin/mte")))
    return archive


@pytest.mark.parametrize("cpus", [1, 2])
def test_linux(start, guest_image, initramfs, cpus):
    emulator = start("-machine", "virt,mte=on", "-display", "none", "-cpu", "max", "-smp", cpus, "-m", "256",
                     "-kernel", guest_image("arm64/Image"), "-initrd", initramfs,
                     "-append", f"console=ttyAMA0 nokaslr {PATIENT_LINUX}", timeout=240)
    serial = emulator.serial[0]
    serial.expect("/ # ")
    serial.send("grep -c mte /proc/cpuinfo; mte; echo DONE-$((40 + 2))\n")
    said = serial.expect("DONE-42")
    assert {name: int(value) for name, value in re.findall(r"^([a-z', ]+): (-?\d+)\r?$", said, re.M)} == BELOW_LINUX
    assert re.search(rf"^{cpus}\r?$", said, re.M)
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0


def test_without_memory_for_tags(sysemu):
    """Parts that have no tags are refused."""
    result = run(sysemu, "-machine", "virt,mte=on", "-cpu", "cortex-a57", "-display", "none")
    assert result.returncode == 1 and "mte=on: the CPU has no memory tagging" in result.stdout
