"""PCI Express slots of `virt` whose cards come and go under Linux, and what can't be plugged where.

SPDX-License-Identifier: MIT
"""

import re
import time

import pytest

from sysemu import run
from test_virt_board import VIRT, image, initrd, initrd_modules, linux, power_off, said  # noqa: F401


def wait_until(emulator, command, expected):
    """In the guest: drivers take some hundred milliseconds, and five seconds where a button is to be thought about."""
    text = said(emulator, f"for i in $(seq 300); do {command} && break; sleep 0.1; done; {command} && echo SEEN || echo UNSEEN")
    assert ("UNSEEN" not in text and "SEEN" in text) == expected, text


@pytest.mark.takes_long
def test_cards_come_and_go(linux, initrd_modules):  # noqa: F811
    emulator = linux("-m", "256", "-nic", "none", "-netdev", "user,id=net", "-device", "pcie-root-port,id=one,slot=1,chassis=1",
                     "-device", "pcie-root-port,id=two,slot=2,chassis=2", "-device", "virtio-rng-pci,id=rng,bus=two",
                     archive=initrd_modules)
    monitor = emulator.monitor.command
    assert said(emulator, "ls /sys/bus/pci/slots").split() == ["1", "2"]
    assert said(emulator, "cat /sys/bus/pci/slots/*/power").split() == ["0", "1"]

    assert monitor("device_add e1000,id=nic,bus=one,netdev=net") == ""
    wait_until(emulator, "[ -e /sys/class/net/eth0 ]", True)
    assert "lease of 10.0.2.15 obtained" in said(emulator, "ip link set eth0 up; udhcpc -i eth0 -n -q -t 10 2>&1")
    assert "is occupied: a root port has one slot" in monitor("device_add virtio-rng-pci,bus=one")

    assert monitor("device_del nic") == monitor("device_del rng") == ""
    wait_until(emulator, "[ ! -e /sys/bus/pci/devices/0000:01:00.0 ]", True)
    wait_until(emulator, "[ ! -e /sys/bus/pci/devices/0000:02:00.0 ]", True)
    deadline = time.monotonic() + 60
    while re.search(r'id "(nic|rng)"', monitor("info qtree")):
        assert time.monotonic() < deadline
    assert said(emulator, "cat /sys/bus/pci/slots/*/power").split() == ["0", "0"]

    assert monitor("device_add virtio-net-pci,id=nic,bus=two,netdev=net") == ""  # the id is free again
    wait_until(emulator, "[ -e /sys/bus/pci/devices/0000:02:00.0/virtio0 ]", True)
    power_off(emulator)


@pytest.mark.parametrize("args,message", [
    (["-device", "pcie-root-port,id=p", "-device", "virtio-rng-pci,bus=p,addr=1"], "'addr' expects slot 0"),
    (["-device", "pcie-root-port,id=p", "-device", "virtio-rng-pci,bus=p", "-device", "virtio-rng-pci,bus=p"],
     "Bus 'p' is occupied: a root port has one slot"),
    (["-device", "virtio-rng-pci,addr=3.0", "-device", "virtio-rng-pci,addr=3.1"],
     "single function device can't be populated in function 3.1: function 0, virtio-rng-pci,id=(none), has no multifunction=on"),
    (["-device", "virtio-rng-pci,addr=3.1", "-device", "virtio-rng-pci,addr=3.0"],
     "3.0 indicates single function, but 3.1 is already populated"),
])
def test_places_that_nothing_can_have(sysemu, args, message):
    result = run(sysemu, *VIRT, *args)
    assert result.returncode == 1
    assert message in result.stdout.splitlines()[0]


def test_what_cannot_be_plugged_while_it_runs(start):
    vm = start(*VIRT, "-S", "-device", "pcie-root-port,id=fixed,hotplug=off", "-device", "virtio-rng-pci,bus=fixed,id=stays",
               "-device", "pcie-root-port,id=open", "-device", "pcie-root-port,id=used",
               "-device", "virtio-rng-pci,bus=used,multifunction=on,addr=0.0")
    command = vm.monitor.command
    assert "Bus 'pcie.0' does not support hotplugging" in command("device_add virtio-rng-pci,bus=pcie.0")
    assert "Bus 'fixed' does not support hotplugging" in command("device_del stays")
    assert "'pcie-root-port' does not support hotplugging" in command("device_add pcie-root-port,bus=open")
    assert "function 0 of bus 'used' is there already" in command("device_add virtio-rng-pci,bus=used,addr=0.1")
    # Functions come in order, the first one last; nobody uses them yet, so that they can go at once.
    assert command("device_add virtio-rng-pci,bus=open,id=f1,addr=0.1") == ""
    assert command("device_add virtio-rng-pci,bus=open,id=f0,addr=0.0,multifunction=on") == ""
    assert command("info qtree").count("bus: open") == 1
    assert command("device_del f0") == ""
    assert not re.search('id "f[01]"', command("info qtree"))
