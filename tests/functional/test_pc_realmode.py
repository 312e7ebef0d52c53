"""Real mode as old systems use it, on SeaBIOS: a disk's boot sector and what that loads (tests/guest/x86/realmode.S) try firmware's calls and
the hardware behind them, with both chipsets and a PC without PCI.

SPDX-License-Identifier: MIT
"""

import pathlib
import shutil
import subprocess

import pytest

from conftest import more

SOURCE = pathlib.Path(__file__).parent.parent / "guest" / "x86" / "realmode.S"


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    if not shutil.which("gcc") or subprocess.run(["gcc", "-m32", "-E", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        pytest.skip("gcc doesn't make code for x86 here")
    image = tmp_path_factory.mktemp("realmode") / "disk"
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,--oformat=binary,-Ttext=0x7c00,--build-id=none", "-o", image,
                    "-x", "assembler-with-cpp", SOURCE], check=True)
    image.write_bytes(image.read_bytes().ljust(1 << 20, b"\0"))
    return image


@pytest.mark.parametrize("machine,args", [("pc", ["-cpu", "qemu64"]), more("q35", []), ("isapc", ["-cpu", "486"])])
def test_old_programs_find_what_they_know(start, disk, machine, args):
    emulator = start("-machine", machine, "-m", "16", "-net", "none", "-drive", f"format=raw,if=ide,file={disk}", *args, timeout=60)
    serial = emulator.serial[0]
    said = serial.expect("TYPE x")
    emulator.monitor.command("sendkey x")
    said += serial.expect("END")
    lines = [line.strip() for line in said.splitlines() if "ok " in line]
    assert len(lines) == SOURCE.read_text().count("    check text_") + 1  # the first one is said twice
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert emulator.quit() == 0
