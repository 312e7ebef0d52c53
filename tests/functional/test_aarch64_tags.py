"""Memory tagging: `-machine virt,mte=on`.

SPDX-License-Identifier: MIT
"""

import gzip
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, has_libc
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


@pytest.fixture(name="initramfs", scope="module")
def with_program(guest_image, tmp_path_factory):
    """The guest's, with mte.c as `mte`."""
    if not has_libc(GCC):
        pytest.skip(f"{GCC} can't link statically (libc6-dev-arm64-cross)")
    folder = tmp_path_factory.mktemp("mte")
    (folder / "add" / "bin").mkdir(parents=True)
    subprocess.run([GCC, "-O1", "-static", "-pthread", "-Wall", "-Wextra", GUEST / "mte.c", "-o", folder / "add/bin/mte"], check=True)
    added = subprocess.run("find . | cpio -o -H newc 2>/dev/null", shell=True, cwd=folder / "add", stdout=subprocess.PIPE, check=True)
    archive = folder / "initramfs"
    archive.write_bytes(guest_image("arm64/initramfs.cpio.gz").read_bytes() + gzip.compress(added.stdout))
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
    assert result.returncode == 1 and "MTE requested, but not supported by the guest CPU" in result.stdout
