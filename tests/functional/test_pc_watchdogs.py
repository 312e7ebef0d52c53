"""Watchdogs that run out under Debian's kernel, and panics that it tells: what the user's action does, and what QMP says of it.

SPDX-License-Identifier: MIT
"""

import re
import select
import subprocess
import sys
import time

import pytest

import installedqemu
from conftest import ROOT, more
from qmp import Qmp
from sysemu import PATIENT_LINUX
from test_x86_linux import SOURCES, compile_program

RUN = """#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
for module in {modules}; do insmod /watchdog/$module.ko; done
{commands}
echo BEGUN
sleep 1000
"""
TCO = (["-machine", "q35", "-global", "ICH9-LPC.noreboot=off"], "watchdog lpc_ich iTCO_vendor_support intel_pmc_bxt iTCO_wdt")
LOCKED_TCO = (["-machine", "q35"], TCO[1])
ESB = (["-machine", "pc", "-device", "i6300esb"], "watchdog i6300esb")
IB700 = (["-machine", "pc", "-device", "ib700"], "watchdog ib700wdt")
PVPANIC = (["-machine", "pc", "-device", "pvpanic"], "pvpanic pvpanic-mmio")
PVPANIC_PCI = (["-machine", "q35", "-device", "pvpanic-pci"], "pvpanic pvpanic-pci")
# Of six seconds; the program that keeps it from running out comes after a minute.
LET_IT_RUN_OUT = "cat /sys/class/watchdog/watchdog0/identity /dev/null; watchdog -T 6 -t 60 /dev/watchdog"
PANIC = "echo 1 >/proc/sys/kernel/sysrq; (sleep 1; echo c >/proc/sysrq-trigger) &"
POWER_OFF, RESTART = "(sleep 1; poweroff -f) &", "(sleep 1; reboot -f) &"


class Guest:
    """A kernel whose init is RUN."""

    def __init__(self, start, guest_image, folder, sysemu):
        self.start, self.guest_image, self.folder, self.sysemu = start, guest_image, folder, sysemu
        self.is_reference = sysemu == installedqemu.find("qemu-system-x86_64")
        self.qmp = None
        self.emulator = None

    def boot(self, device, commands, *args, append="", files=()):
        machine, modules = device
        kernel, initrd = self.guest_image("amd64/vmlinuz"), self.guest_image("amd64/initramfs.cpio")
        modules_there = self.guest_image("amd64/watchdog-modules.cpio")
        checks = self.folder / "root" / "checks"
        checks.mkdir(parents=True, exist_ok=True)
        (checks / "run").write_text(RUN.format(modules=modules, commands=commands))
        (checks / "run").chmod(0o755)
        for source in files:
            (checks / source.name).write_bytes(source.read_bytes())
            (checks / source.name).chmod(0o755)
        extra = subprocess.run([sys.executable, ROOT / "scripts" / "guests" / "make-cpio.py", checks.parent], check=True,
                               capture_output=True).stdout
        (self.folder / "initrd").write_bytes(initrd.read_bytes() + extra + modules_there.read_bytes())
        path = self.folder / "qmp"
        path.unlink(missing_ok=True)
        self.emulator = self.start(*machine, "-m", "512", "-net", "none", "-qmp", f"unix:{path},server=on,wait=off", "-kernel", kernel,
                                   "-initrd", self.folder / "initrd", "-append",
                                   f"console=ttyS0 quiet nokaslr no_timer_check rdinit=/checks/run {PATIENT_LINUX} {append}", *args,
                                   program=self.sysemu, timeout=300)
        self.qmp = Qmp(str(path), timeout=300)

    def events(self, last):
        """Names and data of events, to the first that is called `last`. What the guest says is taken in meanwhile: it would stand still."""
        found = []
        while not found or found[-1][0] != last:
            if not self.qmp.events and b"\n" not in self.qmp.buffer:
                serial = [] if self.serial.closed else [self.serial.fd]
                ready, _, _ = select.select([self.qmp.socket, *serial], [], [], 300)
                assert ready, f"no {last} after {found}; {self.serial.tail()}"
                if self.qmp.socket not in ready:
                    self.serial.take()
                    continue
            message = self.qmp.events.pop(0) if self.qmp.events else self.qmp.read()
            assert message is not None, f"the connection has ended after {found}"
            if "event" in message:
                found.append((message["event"], message.get("data", {})))
        return found

    def begun(self):
        return self.serial.expect("BEGUN")

    @property
    def serial(self):
        return self.emulator.serial[0]


@pytest.fixture(params=["ours", more("reference")])
def guest(request, start, guest_image, tmp_path, sysemu):
    """The same of both: the installed QEMU is asked, too, where it's there."""
    program = sysemu if request.param == "ours" else installedqemu.find("qemu-system-x86_64")
    if not program:
        pytest.skip("qemu-system-x86_64 is not installed")
    if request.param == "ours":
        program = sysemu.parent / "qemu-system-x86_64"
    return Guest(start, guest_image, tmp_path, program)


@pytest.mark.parametrize("device, action, last, outcome", [
    more(TCO, None, "RESET", {"guest": True, "reason": "guest-reset"}),
    more(ESB, "poweroff", "SHUTDOWN", {"guest": True, "reason": "guest-shutdown"}),
    (ESB, "pause", "STOP", {}),
    more(ESB, None, "RESET", {"guest": True, "reason": "guest-reset"}),
    more(ESB, "shutdown", "POWERDOWN", {}),
    more(ESB, "none", "WATCHDOG", {"action": "none"}),
    more(ESB, "debug", "WATCHDOG", {"action": "debug"}),
    more(ESB, "inject-nmi", "WATCHDOG", {"action": "inject-nmi"}),
    more(TCO, "pause", "STOP", {}),
    more(TCO, "poweroff", "SHUTDOWN", {"guest": True, "reason": "guest-shutdown"}),
    more(IB700, "pause", "STOP", {}),
])
def test_a_watchdog_does_what_the_user_says(guest, device, action, last, outcome):
    guest.boot(device, LET_IT_RUN_OUT, *(["-watchdog-action", action] if action else []))
    identity = guest.begun()
    assert device is IB700 or "iTCO_wdt" in identity or "i6300ESB timer" in identity
    if action == "poweroff" and guest.is_reference:  # it ends without a word
        assert guest.events("WATCHDOG") == [("WATCHDOG", {"action": action})] and guest.emulator.wait(60) == 0
        return
    events = guest.events(last)
    if last != "WATCHDOG":
        assert events.pop() == (last, outcome)
    assert events == [("WATCHDOG", {"action": action or "reset"})]
    if action == "pause":
        assert guest.qmp("query-status")["status"] == "watchdog"
    elif action == "debug":
        deadline = time.monotonic() + 30
        while "timer fired" not in guest.emulator.error_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    elif action == "inject-nmi":
        guest.serial.expect(re.compile(rb"NMI received|NMI: |Uhhuh"))


@pytest.mark.takes_long
def test_a_strap_keeps_the_tco_from_resetting(guest):
    """As QEMU's boards of that version have it, unless the user says noreboot=off: the driver sees that, and gives up. (QEMU 7.2 has the
    driver clear the flag, which the strap forbids (13.9 of ICH9's datasheet), and then nothing happens.)"""
    if guest.is_reference:
        pytest.skip("QEMU 7.2 lets the driver clear the strap's flag")
    guest.boot(LOCKED_TCO, "ls /sys/class/watchdog; dmesg | grep iTCO", "-watchdog-action", "pause")
    said = guest.begun()
    assert "NO_REBOOT" in said and "watchdog0" not in said, said


@pytest.mark.parametrize("device", [PVPANIC, more(PVPANIC_PCI)], ids=["isa", "pci"])
@pytest.mark.parametrize("action, last, outcome, status", [
    ("pause", "STOP", {}, "guest-panicked"),
    more("exit-failure", "SHUTDOWN", {"guest": True, "reason": "guest-panic"}, 1),
    more(None, "SHUTDOWN", {"guest": True, "reason": "guest-panic"}, 0),
    more("none", "GUEST_PANICKED", {"action": "run"}, "running"),
])
def test_a_panic_does_what_the_user_says(guest, device, action, last, outcome, status):
    guest.boot(device, PANIC, *(["-action", f"panic={action}"] if action else []))
    guest.begun()
    events = guest.events(last)
    if last != "GUEST_PANICKED":
        assert events.pop() == (last, outcome)
    assert events == [("GUEST_PANICKED", {"action": {"pause": "pause", "none": "run"}.get(action, "poweroff")})]
    if last == "SHUTDOWN":
        assert guest.emulator.wait(60) == status
    else:
        assert guest.qmp("query-status")["status"] == status


@pytest.mark.parametrize("commands, action, events, status", [
    more(RESTART, "reboot=shutdown", [("SHUTDOWN", {"guest": True, "reason": "guest-reset"})], None),
    (POWER_OFF, "shutdown=pause", [("SHUTDOWN", {"guest": True, "reason": "guest-shutdown"}), ("STOP", {})], "shutdown"),
    more(PANIC, "panic=shutdown,shutdown=pause", [("GUEST_PANICKED", {"action": "pause"}), ("STOP", {})], "guest-panicked"),
    more(LET_IT_RUN_OUT, "watchdog=reset,reboot=shutdown",
         [("WATCHDOG", {"action": "reset"}), ("SHUTDOWN", {"guest": True, "reason": "guest-reset"})], None),
])
def test_actions_for_other_ends(guest, commands, action, events, status):
    guest.boot((TCO[0] + PVPANIC[0][2:], TCO[1] + " " + PVPANIC[1]), commands, "-action", action)
    guest.begun()
    assert guest.events(events[-1][0]) == events
    if status:
        assert guest.qmp("query-status")["status"] == status
    else:
        assert guest.emulator.wait(60) == 0


def test_a_crash_kernel_is_told_apart(guest, guest_image, tmp_path):
    """It runs after the panic, and the machine goes on; the driver says so where the kernel is to call it first."""
    compile_program("amd64", SOURCES / "load-crash-kernel.c", tmp_path / "load-crash-kernel")
    guest.boot(PVPANIC, f"/checks/load-crash-kernel /checks/vmlinuz /checks/initramfs.cpio 'console=ttyS0 rdinit=/checks/run "
                        f"{PATIENT_LINUX}' && {PANIC}", "-m", "1024", append="crashkernel=256M crash_kexec_post_notifiers",
               files=[tmp_path / "load-crash-kernel", guest_image("amd64/vmlinuz"), guest_image("amd64/initramfs.cpio")])
    guest.begun()
    assert guest.events("GUEST_CRASHLOADED") == [("GUEST_CRASHLOADED", {"action": "run"})]
    assert guest.qmp("query-status")["status"] == "running"
    guest.serial.expect(re.compile(rb"Linux version"))
