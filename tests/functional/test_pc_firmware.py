"""Firmware of PCs in ROM and in flash: where it lies, what is refused, and Debian's OVMF (package ovmf) to its shell; Linux that sleeps in RAM
and is woken up by way of firmware.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import shutil

import pytest

import efishell
from qmp import Qmp
from sysemu import PATIENT_LINUX, run

CODE = pathlib.Path("/usr/share/OVMF/OVMF_CODE.fd")
VARIABLES = pathlib.Path("/usr/share/OVMF/OVMF_VARS.fd")


# ---- Flash ----


@pytest.fixture
def image(tmp_path):
    """image(name, size): a file of which each 16 bytes say where they are."""
    def make(name, size):
        path = tmp_path / name
        path.write_bytes(b"".join(b"%-8s%08x" % (name.encode()[:8], at) for at in range(0, size, 16)))
        return path
    return make


def pflash(path, *more):
    return ["-drive", ",".join(("if=pflash,format=raw", f"file={path}") + more)]


def text_at(emulator, address, size=16):
    words = re.findall(r"0x([0-9a-f]{2})\b", emulator.monitor.command(f"xp/{size}xb {address:#x}"))
    return bytes(int(word, 16) for word in words).decode()


@pytest.mark.parametrize("by_node", [False, True])
def test_flash_ends_at_4_gib_and_the_first_chip_below_1_mib(start, image, by_node):
    code, variables = image("code", 0x1e000), image("vars", 0x3000)
    if by_node:
        args = ["-machine", "pc,pflash0=c,pflash1=v",
                "-blockdev", f"driver=file,filename={code},node-name=c,read-only=on", "-blockdev", f"driver=file,filename={variables},node-name=v"]
    else:
        args = ["-machine", "pc", *pflash(code, "readonly=on"), *pflash(variables)]
    emulator = start(*args, "-S")
    tree = emulator.monitor.command("info mtree")
    for line in ("00000000fffe2000-00000000ffffffff (prio 0, romd): system.flash0", "00000000fffdf000-00000000fffe1fff (prio 0, romd): system.flash1",
                 "00000000000e2000-00000000000fffff (prio 1, rom): isa-bios"):
        assert line in tree
    assert text_at(emulator, 0xfffffff0) == "code    0001dff0"
    assert text_at(emulator, 0xffff0) == "code    0001dff0"
    assert text_at(emulator, 0xfffdf000) == "vars    00000000"


def test_pflash_options_are_the_chips_in_order(start, image):
    emulator = start("-machine", "pc", "-pflash", image("one", 0x21000), "-pflash", image("two", 0x1000), "-S")
    assert text_at(emulator, 0xfffdf000) == "one     00000000"
    assert text_at(emulator, 0xe0000) == "one     00001000"
    assert text_at(emulator, 0xfffde000) == "two     00000000"


def refused(sysemu, *args):
    done = run(sysemu, "-machine", "pc", "-display", "none", *args)
    assert done.returncode == 1
    return done.stdout


def test_flash_that_cant_be_is_refused(sysemu, image):
    code, odd, large = image("code", 0x1000), image("odd", 0x1010), image("large", 0x800000)
    assert "expected a multiple of 4 KiB up to 8192 KiB" in refused(sysemu, *pflash(odd))
    assert "expected a multiple of 4 KiB up to 8188 KiB" in refused(sysemu, *pflash(code), *pflash(large))
    assert "second flash chip, and there is no first" in refused(sysemu, *pflash(code, "unit=1"))
    assert "expected one of them" in refused(sysemu, "-bios", code, *pflash(code))
    node = ["-blockdev", f"driver=file,filename={large},node-name=n"]
    assert "both give the contents of flash chip 0" in refused(sysemu, *node, "-machine", "pc,pflash0=n", *pflash(code))
    assert "nothere" in refused(sysemu, "-machine", "pc,pflash0=nothere")
    assert "unit=2" in refused(sysemu, *pflash(code), *pflash(code, "unit=2"))


@pytest.fixture
def is_thorough(request):
    return request.config.getoption("--smp-rounds") > 1


# ---- OVMF ----


@pytest.fixture
def ovmf(start, tmp_path):
    """ovmf(*args): `pc` with OVMF in the first chip, its variables in a file of the test's."""
    if not CODE.exists():
        pytest.skip(f"{CODE} is not there: package ovmf (scripts/install-deps installs it)")
    variables = tmp_path / "variables.fd"
    shutil.copy(VARIABLES, variables)

    def boot(*args, machine="pc"):
        return start("-machine", machine, "-display", "none", "-m", "256", "-nic", "none",
                     *pflash(CODE, "readonly=on"), *pflash(variables), *args, timeout=240)
    return boot


def test_ovmf_has_a_shell_and_keeps_variables(ovmf, tmp_path):
    emulator = ovmf()
    efishell.keeps_a_variable(emulator, tmp_path / "variables.fd")


SECURE_CODE = pathlib.Path("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd")
SECURE_VARIABLES = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd")


@pytest.mark.takes_long
def test_ovmf_keeps_variables_in_system_management_mode(start, tmp_path):
    """Only accesses of CPUs in SMM reach the flash's commands, and there are two CPUs to be brought together."""
    if not SECURE_CODE.exists():
        pytest.skip(f"{SECURE_CODE} is not there: package ovmf (scripts/install-deps installs it)")
    variables = tmp_path / "variables.fd"
    shutil.copy(SECURE_VARIABLES, variables)
    emulator = start("-machine", "q35,smm=on", "-smp", "2", "-display", "none", "-m", "256", "-nic", "none",
                     "-global", "driver=cfi.pflash01,property=secure,value=on", *pflash(SECURE_CODE, "readonly=on"), *pflash(variables),
                     timeout=240)
    efishell.keeps_a_variable(emulator, variables)


# ---- Suspend to RAM ----


def test_linux_sleeps_until_it_is_woken_up(start, guest_image, tmp_path, is_thorough):
    """By the clock's alarm, by a key, by the user; and `cont` doesn't."""
    emulator = start("-machine", "pc", "-m", "128", "-display", "none", "-nic", "none", "-kernel", guest_image("amd64/vmlinuz"),
                     "-initrd", guest_image("amd64/initramfs.cpio"), "-append", f"console=ttyS0 quiet {PATIENT_LINUX}", "-qmp", f"unix:{tmp_path}/qmp,server=on,wait=off",
                     timeout=240)
    qmp = Qmp(f"{tmp_path}/qmp", timeout=120)
    serial = emulator.serial[0]
    serial.expect("AMD64-GUEST-UP")
    serial.expect("/ # ")
    for wake in ("system_wakeup", "send-key", "alarm") if is_thorough else ("system_wakeup",):
        if wake == "alarm":
            # late enough for a slow guest to be asleep before
            serial.send("echo +20 > /sys/class/rtc/rtc0/wakealarm; ")
        serial.send("echo mem > /sys/power/state; echo woken $?\n")
        qmp.event("SUSPEND")
        assert wake == "alarm" or qmp("query-status")["status"] == "suspended"
        if wake == "system_wakeup":
            qmp("cont")
            assert qmp("query-status")["status"] == "suspended"
            qmp("system_wakeup")
        elif wake == "send-key":
            qmp("send-key", keys=[{"type": "qcode", "data": "a"}])
        qmp.event("WAKEUP")
        serial.expect("woken 0")
    serial.send("poweroff -f\n")
    assert emulator.wait(60) == 0
