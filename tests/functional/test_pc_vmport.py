"""VMware's port, as a program asks that runs without a system (tests/guest/x86/vmport.S).

SPDX-License-Identifier: MIT
"""

import shutil
import struct
import subprocess

import pytest

import installedqemu
from conftest import ROOT
from sysemu import run

SOURCE = ROOT / "tests" / "guest" / "x86" / "vmport.S"
UUID = "00112233-4455-6677-8899-aabbccddeeff"
MAGIC, NONE = 0x564d5868, 0xffffffff
MOUSE_OFF, MOUSE_VERSION, READ_ID, ABSOLUTE, DISABLE = 0xffff0000, 0x3442554a, 0x45414552, 0x53424152, 0xf5
ANSWERS = [
    (NONE, 1, 10), (6, MAGIC, 2), (6, MAGIC, 2), (6, MAGIC, 2), None, (96 << 20, 0x1177, 0x77770014), (MAGIC, NONE, 0x2d), (0, 8, 0x44),
    (NONE, 9, 0x11), (NONE, 10, 0xffff),
    (MOUSE_OFF, 11, 40), (MAGIC, READ_ID, 41), (1, 13, 40), (MOUSE_VERSION, 1, 39), (0, 15, 40), (MAGIC, ABSOLUTE, 41), (MAGIC, 4, 39),
    (MOUSE_OFF, 18, 40), (MAGIC, DISABLE, 41), (MOUSE_OFF, 20, 40),
]


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vmport")
    if not shutil.which("gcc") or subprocess.run(["gcc", "-m32", "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x7c00,--build-id=none,-e,0x7c00", SOURCE, "-o",
                    folder / "elf"], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", folder / "elf", folder / "disk"], check=True)
    with open(folder / "disk", "ab") as disk:
        disk.truncate(1 << 20)
    return folder / "disk"


def answers(program, disk, machine, *args):
    run(program, "-machine", machine, "-m", "96", "-net", "none", "-display", "none", "-monitor", "none", "-serial", "none", "-no-reboot",
        "-drive", f"file={disk},format=raw,if=ide", "-uuid", UUID, "-debugcon", f"file:{disk}.out", *args, timeout=120)
    with open(f"{disk}.out", "rb") as out:
        said = out.read()[-16 * len(ANSWERS):]  # behind what firmware says
    return list(struct.iter_unpack("<4I", said))


@pytest.mark.parametrize("machine", ["pc", "q35,vmport=on", "isapc"])
@pytest.mark.parametrize("which", ["ours", "interpreter", "reference"])
def test_the_port_answers(sysemu, disk, machine, which):
    program = installedqemu.find("qemu-system-i386") if which == "reference" else sysemu.parent / "qemu-system-i386"
    if not program:
        pytest.skip("qemu-system-i386 is not installed")
    if machine == "isapc" and which == "reference":
        pytest.skip("its isapc needs firmware of its own")
    found = answers(program, disk, machine, *(["-accel", "tcg,backend=interp"] if which == "interpreter" else []))
    for row, answer in zip(found, ANSWERS, strict=True):
        if answer:
            assert row == (*answer, 0x11225658)
        else:
            assert struct.pack("<4I", *row).hex() == UUID.replace("-", "")


def test_another_version(sysemu, disk):
    found = answers(sysemu, disk, "pc", "-global", "vmport.vmware-vmx-version=4", "-global", "vmport.vmware-vmx-type=1")
    assert found[1][:3] == (4, MAGIC, 1)


def test_without_it_nobody_answers(sysemu, disk):
    found = answers(sysemu, disk, "pc,vmport=off")
    assert found[1][:3] == (NONE, 2, 10)
