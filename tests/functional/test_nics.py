"""PCI network cards with Linux's drivers on `virt`: addresses, DHCP, TCP both ways with the checksums that the cards compute, links.

SPDX-License-Identifier: MIT
"""

import hashlib
import re
import shutil

import pytest

from sysemu import run
from test_virt_board import image, initrd, initrd_modules, linux, power_off, said  # noqa: F401
from test_vmc_network import Server, some_bytes

# type, Linux's driver, how much is carried
CARDS = [("e1000", "e1000", 1 << 20), ("e1000e", "e1000e", 1 << 20), ("rtl8139", "8139cp", 512 << 10), ("ne2k_pci", "ne2k-pci", 64 << 10)]


class Sink(Server):
    """Says nothing until it has got everything: the guest's nc ends with the first end."""

    def _serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(120)
            while piece := connection.recv(65536):
                self.received += piece


def test_cards_carry_data_out_and_in(linux, initrd_modules, tmp_path):  # noqa: F811
    """One of each, each on a network of its own."""
    options = []
    for n, (card, _, _) in enumerate(CARDS):
        options += ["-netdev", f"user,id=net{n},net=10.{n + 1}.0.0/24", "-device", f"{card},netdev=net{n},mac=52:54:00:aa:00:0{n}",
                    "-object", f"filter-dump,id=dump{n},netdev=net{n},file={tmp_path}/{card}.pcap"]
    emulator = linux("-m", "256", *options, archive=initrd_modules)
    said(emulator, "stty cols 1000")
    for n, (card, driver, size) in enumerate(CARDS):
        data = some_bytes(size)
        name = said(emulator, f"grep -l 52:54:00:aa:00:0{n} /sys/class/net/*/address").split("/")[4]
        assert f"/{driver}" in said(emulator, f"readlink /sys/class/net/{name}/device/driver")
        said(emulator, f"ip link set {name} up")
        assert f"lease of 10.{n + 1}.0.15 obtained" in said(emulator, f"udhcpc -i {name} -n -q -t 10 2>&1"), card
        said(emulator, f"ip addr add 10.{n + 1}.0.15/24 dev {name}")

        server = Server(data)
        said(emulator, f"nc 10.{n + 1}.0.2 {server.port} </dev/null >/tmp/in")
        server.join()
        assert hashlib.sha256(data).hexdigest() in said(emulator, "sha256sum /tmp/in"), card
        server = Sink()
        said(emulator, f"nc 10.{n + 1}.0.2 {server.port} </tmp/in >/dev/null")
        assert server.join() == data, card
        assert said(emulator, f"ifconfig {name}").count("errors:0 dropped:0 overruns:0") == 2, card

        emulator.monitor.command(f"set_link net{n} off")
        if card != "ne2k_pci":  # which has no register that says so
            assert said(emulator, f"{wait_for_carrier(name, 0)}; cat /sys/class/net/{name}/carrier").strip() == "0", card
        emulator.monitor.command(f"set_link net{n} on")
    power_off(emulator)
    check_captures(tmp_path)


def wait_for_carrier(name, value):
    """Until the guest's driver has noticed, which may look every two seconds."""
    return f"for i in $(seq 100); do [ $(cat /sys/class/net/{name}/carrier) = {value} ] && break; sleep 0.1; done"


def check_captures(folder):
    """An independent reader finds right checksums and no frame that is too large."""
    if not shutil.which("tcpdump"):
        return
    for card, _, size in CARDS:
        text = run("tcpdump", "-n", "-v", "-r", folder / f"{card}.pcap", "tcp").stdout
        assert not re.search(r"incorrect|bad cksum|bad-", text), card
        lengths = [int(length) for length in re.findall(r"\(correct\).* length (\d+)", text)]
        assert lengths and max(lengths) <= 1460, card
        assert sum(lengths) >= 2 * size, card


@pytest.mark.parametrize("card", [card for card, _, _ in CARDS])
def test_a_card_fits_a_pmc_slot(start, card):
    """Made by -nic too, and named by its type."""
    vm = start("-machine", "VMC", "-S", "-nic", "user", "-nic", "user", "-nic", f"user,model={card},mac=52:54:00:11:22:33")
    assert f"model={card},macaddr=52:54:00:11:22:33" in vm.monitor.command("info network")
    assert re.search(rf"dev: {card}, id", vm.monitor.command("info qtree"))
