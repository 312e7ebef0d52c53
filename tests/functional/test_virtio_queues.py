"""What Linux on virt does with virtio devices: a card with several pairs of queues on a tap interface that has them; a balloon.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import socket
import subprocess

import pytest

from qmp import Qmp
from test_virt_board import VIRT, image, initrd, initrd_modules, linux, power_off, said  # noqa: F401 (fixtures)

INTERFACE = "sysemuq0"


def received(emulator):
    """Interrupts of the guest's two receive queues so far."""
    lines = said(emulator, "grep -- -input /proc/interrupts")
    return [sum(map(int, re.search(rf"^ *\d+:((?: +\d+)+) .*-input\.{n}\r?$", lines, re.MULTILINE)[1].split())) for n in (0, 1)]


def test_both_queues_receive(linux, initrd_modules):  # noqa: F811
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
        pytest.skip("needs root, /dev/net/tun and iproute2")
    emulator = linux("-smp", "2", "-netdev", f"tap,id=n,ifname={INTERFACE},script=no,downscript=no,queues=2",
                     "-device", "virtio-net-pci,netdev=n,mac=52:54:00:00:00:77", "-d", "guest_errors", archive=initrd_modules)
    assert f"index=1,type=tap,ifname={INTERFACE}" in emulator.monitor.command("info network")
    subprocess.run(["ip", "link", "set", INTERFACE, "up"], check=True)
    subprocess.run(["ip", "addr", "add", "192.168.177.1/24", "dev", INTERFACE], check=True)
    assert said(emulator, "cd /sys/class/net/eth0/queues; echo *").split() == ["rx-0", "rx-1", "tx-0", "tx-1"]
    said(emulator, "ip link set eth0 up; ip addr add 192.168.177.2/24 dev eth0; ping -c 3 192.168.177.1")
    before = received(emulator)
    for _ in range(64):  # each another flow
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("192.168.177.2", 9))
            for _ in range(4):
                try:
                    s.send(b"x" * 100)
                except ConnectionRefusedError:
                    pass
    assert ", 0% packet loss" in said(emulator, "ping -c 3 192.168.177.1")
    after = received(emulator)
    assert all(now > then for now, then in zip(after, before)), (before, after)
    power_off(emulator)


def test_the_guest_gives_memory_and_takes_it_back(linux, initrd_modules, tmp_path):  # noqa: F811
    emulator = linux("-m", "256", "-device", "virtio-balloon-pci", "-qmp", f"unix:{tmp_path}/qmp,server=on,wait=off", archive=initrd_modules)
    qmp = Qmp(str(tmp_path / "qmp"))

    def total():
        return int(re.search(r"MemTotal: +(\d+) kB", said(emulator, "cat /proc/meminfo"))[1]) << 10

    before, size = total(), 256 << 20
    for target in (224 << 20, 256 << 20):
        qmp("balloon", value=target)
        while size != target:
            size = qmp.event("BALLOON_CHANGE")["actual"]
            assert 224 << 20 <= size <= 256 << 20
        assert qmp("query-balloon") == {"actual": target}
        assert before - total() == (256 << 20) - target
    power_off(emulator)
