"""ivshmem-plain: memory that a guest shares with the host, and its BAR, which Linux makes larger.

SPDX-License-Identifier: MIT
"""

import re
import struct

import pytest

from conftest import more
from sysemu import PATIENT_LINUX, run

MIB = 1 << 20
BACKEND = "memory-backend-ram,id=m,size=4M"
SHELL = "/ # "


@pytest.mark.parametrize("machine,options,complaint", [
    ("q35", ["-device", "ivshmem-plain"], "memdev= is missing"),
    ("q35", ["-object", BACKEND.replace("4M", "3M"), "-device", "ivshmem-plain,memdev=m"], "memdev 'm' has 3145728 bytes: a PCI region is a power of two"),
    ("q35", ["-object", BACKEND, "-device", "ivshmem-plain,memdev=m", "-device", "ivshmem-plain,memdev=m"], "memdev 'm' is another device's memory already"),
    ("q35", ["-object", BACKEND, "-device", "ivshmem-plain,memdev=m,bar-size=8M"], "bar-size: expected a power of two from 1M to the size of memdev 'm'"),
    ("q35", ["-object", BACKEND, "-device", "ivshmem-plain,memdev=m,bar-size=3M"], "bar-size: expected a power of two from 1M to the size of memdev 'm'"),
    ("pc", ["-object", BACKEND, "-device", "ivshmem-plain,memdev=m,bar-size=1M"], "bar-size needs a PCI Express bus"),
])
def test_what_cannot_be_is_refused(sysemu, machine, options, complaint):
    result = run(sysemu, "-machine", machine, "-display", "none", *options)
    assert result.returncode == 1
    assert complaint in result.stdout


def test_a_board_without_express_has_it_at_one_size(start):
    emulator = start("-machine", "VMC", "-S", "-object", BACKEND, "-device", "ivshmem-plain,memdev=m,id=c")
    found = emulator.monitor.command("info pci")
    assert re.search(r"RAM controller: PCI device 1af4:1110\r?\n +PCI subsystem 1af4:1100", found), found
    assert "BAR2: 64 bit prefetchable memory" in found


@pytest.fixture(name="linux")
def fixture_linux(start, guest_image, tmp_path):
    def boot(*options):
        shared = tmp_path / "shared"
        shared.write_bytes(bytes(16 * MIB))
        emulator = start("-machine", "q35", "-m", "256", "-net", "none", "-vga", "none", "-kernel", guest_image("amd64/vmlinuz"),
                         "-initrd", guest_image("amd64/initramfs.cpio"), "-append", f"console=ttyS0 quiet nokaslr {PATIENT_LINUX}",
                         "-object", f"memory-backend-file,id=m,mem-path={shared},size=16M,share=on", *options, timeout=240)
        serial = emulator.serial[0]

        def said(command):
            serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
            return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]

        def up():
            serial.expect("AMD64-GUEST-UP")
            serial.expect(SHELL)
            said("for d in /sys/bus/pci/devices/*; do [ $(cat $d/device) = 0x1110 ] && D=$d; done; cd $D")

        up()
        return emulator, said, up, shared
    return boot


def region(said):
    first, last, _ = (int(word, 16) for word in said("sed -n 3p resource").split())
    return first, last + 1 - first


@pytest.mark.parametrize("place", [pytest.param([], id="root"), more(["-device", "pcie-root-port,id=p,chassis=1,slot=1"], id="port")])
def test_linux_resizes_the_region_and_uses_it(linux, place):
    emulator, said, up, shared = linux(*place, "-device", "ivshmem-plain,memdev=m,bar-size=1M" + (",bus=p" if place else ""))
    assert region(said)[1] == MIB
    assert int(said("cat resource2_resize"), 16) == 0b11111  # 1 to 16 MiB
    assert "RC 0" in said("echo 4 > resource2_resize; echo RC $?")
    address, size = region(said)
    assert size == 16 * MIB and address % size == 0
    said(f"echo 1 > enable; devmem {address + 15 * MIB:#x} 32 0x11223344")
    assert struct.unpack_from("<I", shared.read_bytes(), 15 * MIB) == (0x11223344,)
    with shared.open("r+b") as f:
        f.seek(9 * MIB)
        f.write(b"host")
    assert int(said(f"devmem {address + 9 * MIB:#x} 32"), 16) == int.from_bytes(b"host", "little")
    assert f"{address:016x}-{address + size - 1:016x}" in emulator.monitor.command("info mtree -f")
    assert "RC 1" in said("echo 5 > resource2_resize; echo RC $?")
    assert "RC 0" in said("echo 1 > resource2_resize; echo RC $?")
    assert region(said)[1] == 2 * MIB
    emulator.serial[0].send("reboot -f\n")
    up()
    assert region(said)[1] == MIB  # as after power on
    emulator.serial[0].send("poweroff -f\n")
    assert emulator.wait(60) == 0


@pytest.mark.takes_long
def test_without_the_property_the_region_shows_everything(linux):
    emulator, said, _, shared = linux("-device", "ivshmem-plain,memdev=m")
    address, size = region(said)
    assert size == 16 * MIB
    assert "no" in said("[ -e resource2_resize ] || echo no")
    said(f"echo 1 > enable; devmem {address + 16 * MIB - 4:#x} 32 0x55667788")
    assert struct.unpack_from("<I", shared.read_bytes(), 16 * MIB - 4) == (0x55667788,)
    registers = said("sed -n 1p resource").split()[0]
    assert int(said(f"devmem {registers} 32 7; devmem {registers} 32").split()[-1], 16) == 7
    assert emulator.process.poll() is None
