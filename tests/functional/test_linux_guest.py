"""User-space programs on Linux on the VMC board: tests/guest/linux, each with a line for each of its checks.

The programs are cross-compiled and put into an initramfs behind the shared one; its script runs them instead of init.

SPDX-License-Identifier: MIT
"""

import gzip
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import has_libc

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "guest" / "linux"
PROGRAMS = sorted(path.stem for path in SOURCES.glob("*.c"))
COMPILE = ["powerpc-linux-gnu-gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
           "-static", "-fno-pie", "-no-pie", "-mcpu=750", "-mno-altivec", "-ffp-contract=off", "-frounding-math",
           "-pthread"]
RUN = """#!/bin/sh
export PATH=/bin
/bin/busybox mkdir -p /proc /dev /tmp
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
for program in {programs}; do
    echo "begin $program"
    /checks/$program
    echo "end $program $?"
done
echo ALL-PROGRAMS-DONE
/bin/busybox poweroff -f
"""


def archive(folder):
    names = subprocess.run(["find", "."], cwd=folder, check=True, capture_output=True).stdout
    packed = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "--owner", "0:0"], cwd=folder, check=True,
                            input=names, capture_output=True).stdout
    return gzip.compress(packed, 1)


@pytest.fixture(scope="module")
def output(sysemu, guest_image, tmp_path_factory):
    """What the board says while it runs all programs."""
    import sysemu as library

    kernel, initrd = guest_image("ppc/vmlinux-mvme5100"), guest_image("ppc/initramfs.cpio.gz")
    if not has_libc(COMPILE[0]) or not shutil.which("cpio"):
        pytest.skip("no powerpc-linux-gnu-gcc with libc (gcc-powerpc-linux-gnu, libc6-dev-powerpc-cross) or no cpio")
    folder = tmp_path_factory.mktemp("linux-guest")
    checks = folder / "root" / "checks"
    checks.mkdir(parents=True)
    for name in PROGRAMS:
        subprocess.run([*COMPILE, "-o", checks / name, SOURCES / f"{name}.c", "-lm"], check=True)
    (checks / "run").write_text(RUN.format(programs=" ".join(PROGRAMS)))
    (checks / "run").chmod(0o755)
    (folder / "initrd").write_bytes(initrd.read_bytes() + archive(folder / "root"))
    emulator = library.Emulator(sysemu, "-M", "VMC", "-no-reboot", "-kernel", kernel, "-initrd",
                                folder / "initrd", "-append", "console=ttyS0 quiet rdinit=/checks/run", timeout=180)
    try:
        return emulator.serial[0].expect("ALL-PROGRAMS-DONE")
    finally:
        emulator.kill()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(output, program):
    match = re.search(rf"begin {program}\r?\n(.*?)end {program} (\d+)", output, re.DOTALL)
    assert match, output[-4000:]
    said = match.group(1)
    wanted = len(re.findall(r"^    PASS\(\);$", (SOURCES / f"{program}.c").read_text(), re.MULTILINE))
    assert "not ok" not in said, said
    assert match.group(2) == "0", said
    assert len(re.findall(r"^ok ", said, re.MULTILINE)) == wanted, said
