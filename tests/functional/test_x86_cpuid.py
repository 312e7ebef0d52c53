"""CPUID of each model, all leaves, against the installed QEMU: a firmware of a few bytes says them.

SPDX-License-Identifier: MIT
"""

import shutil
import struct
import subprocess

import pytest

from conftest import more
from sysemu import run

BASES, LEAVES, SUBLEAVES = (0, 0x40000000, 0x80000000), 32, 10
CODE = bytes.fromhex(
    "6631f6 6631ff"  # ESI: leaf; EDI: subleaf
    "6689f0 6689f9 0fa2"  # cpuid
    "e83700 6689d8 e83100 6689c8 e82b00 6689d0 e82500"  # four times the routine below
    "47 83ff0a 72dd 46 83fe20 72d4"  # ten subleaves of 32 leaves
    "31f6 6681c600000040 6681fe000000c0 72c2"  # three times
    "ba0105 ee f4 ebfe"  # isa-debug-exit
    "bd0400 e6e9 66c1e808 4d 75f7 c3")  # EAX's bytes to port e9

# Leaves that have something for each subleaf.
HAVE_SUBLEAVES = (4, 7, 0xb, 0xd, 0x8000001d)

X2APIC_DEADLINE_PCID = 1 << 21 | 1 << 24 | 1 << 17
INVPCID_MPX_RDSEED_SHA = 1 << 10 | 1 << 14 | 1 << 18 | 1 << 29
# Where ours may differ: (leaf, register): bits.
DIFFERENCES = {
    (1, "ecx"): X2APIC_DEADLINE_PCID,  # QEMU 7.2's translator lacks them
    (7, "ebx"): INVPCID_MPX_RDSEED_SHA,  # MPX isn't here, the others aren't there
    (0xd, "eax"): 1 << 1 | 3 << 3,  # XSAVEC; MPX's components
    (0x80000001, "edx"): 1 << 11 | 3 << 30,  # Intel's has SYSCALL in 64-bit mode only; 3DNow! isn't here
    (0x80000001, "ecx"): 1 << 8,  # PREFETCHW
    (0x80000008, "eax"): 0xff00,  # 32-bit CPUs' linear addresses have 32 bits
    (0x8000000a, "edx"): 1 << 3,  # NRIPS
}
# With XSAVEC the size is that of what XCR0 has; with MPX there are other sizes.
UNCHECKED = {(0xd, 1, "ebx"), (0xd, 0, "ecx"), (0xd, 3, "eax"), (0xd, 3, "ebx"), (0xd, 4, "eax"), (0xd, 4, "ebx")}


def leaves(emulator, folder, *args):
    rom = bytearray(b"\xf4" * 0x10000)
    rom[:len(CODE)] = CODE
    rom[0xfff0:0xfff5] = bytes.fromhex("ea000000f0")
    (folder / "rom").write_bytes(rom)
    said = folder / "said"
    said.unlink(missing_ok=True)
    result = run(emulator, "-machine", "pc", "-nodefaults", "-display", "none", "-m", "16", "-bios", folder / "rom",
                 "-debugcon", f"file:{said}", "-device", "isa-debug-exit,iobase=0x501", *args)
    numbers = [(base + leaf, subleaf) for base in BASES for leaf in range(LEAVES) for subleaf in range(SUBLEAVES)]
    data = said.read_bytes()
    assert len(data) == 16 * len(numbers), result.stdout
    return dict(zip(numbers, struct.iter_unpack("<4I", data)))


def is_there(table, leaf):
    """Leaves beyond the last are another one's; those of hypervisors have nothing."""
    return leaf & 0x40000000 == 0 and leaf <= table[leaf & 0x80000000, 0][0]


@pytest.fixture(scope="module")
def reference():
    path = shutil.which("qemu-system-x86_64")
    if not path or "version 7.2" not in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
        pytest.skip("qemu-system-x86_64 7.2 is not there (scripts/install-deps installs it)")
    return path


@pytest.mark.parametrize("model", [
    "486", "EPYC", "Haswell", "qemu64",
    *(more(model) for model in ("pentium", "pentium2", "pentium3", "coreduo", "n270", "core2duo", "qemu32", "kvm32", "kvm64", "Nehalem", "Westmere",
                                "SandyBridge", "IvyBridge", "Broadwell", "Skylake-Client", "Denverton", "athlon", "phenom", "base"))])
def test_models_are_those_of_the_reference(sysemu, reference, tmp_path, model):
    ours, theirs = (leaves(emulator, tmp_path, "-cpu", model) for emulator in (sysemu, reference))
    wrong = []
    for (leaf, subleaf), registers in ours.items():
        if not is_there(ours, leaf) or (subleaf and leaf not in HAVE_SUBLEAVES):
            continue
        for name, value, other in zip(("eax", "ebx", "ecx", "edx"), registers, theirs[leaf, subleaf]):
            if (value ^ other) & ~DIFFERENCES.get((leaf, name), 0) and (leaf, subleaf, name) not in UNCHECKED:
                wrong.append(f"{leaf:08x}.{subleaf} {name}: {value:08x}, there {other:08x}")
    assert not wrong


def test_amds_caches_and_logical_cpus(sysemu, tmp_path):
    table = leaves(sysemu, tmp_path, "-cpu", "EPYC", "-smp", "6,cores=3,threads=2")  # not shown: no powers of two
    assert table[0x80000008, 0][2] == 0
    table = leaves(sysemu, tmp_path, "-cpu", "EPYC", "-smp", "8,cores=4,threads=2")
    assert table[0x80000008, 0][2] == 3 << 12 | 7
    assert [table[0x8000001d, n][0] >> 14 & 0xfff for n in range(5)] == [1, 1, 1, 7, 0]
    assert [table[0x8000001d, n][2] + 1 for n in range(4)] == [64, 256, 1024, 8192]
    assert leaves(sysemu, tmp_path, "-cpu", "qemu64")[0x8000001d, 0] == leaves(sysemu, tmp_path, "-cpu", "qemu64")[0xd, 0]
