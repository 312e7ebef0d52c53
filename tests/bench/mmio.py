#!/usr/bin/env python3
"""Register reads per second from guest code, next to the installed QEMU's.

Both run the same loop of three instructions (count, load a byte from a device, branch) from ROM: sysemu on the VMC board, reading
a UART's line status; QEMU on g3beige, reading the PCI configuration index. The count is read from the guest's register twice.
An empty loop (no device) shows what the loop itself costs.

usage: tests/bench/mmio.py [--seconds N] [--runs N] [--sysemu PATH] [--qemu PATH]

SPDX-License-Identifier: MIT
"""

import argparse
import os
import re
import statistics
import struct
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESET = 0xfff00100


def program(address):
    """li r3,0; lis/ori r4; loop: addi r3,r3,1; lbz r5,0(r4); b loop. Without an address: no load."""
    words = [0x38600000, 0x3c800000 | (address or 0) >> 16, 0x60840000 | (address or 0) & 0xffff,
             0x38630001]
    words += [0x88a40000, 0x4bfffff8] if address else [0x4bfffffc]
    return b"".join(struct.pack(">I", word) for word in words)


def image(folder, name, size, address):
    """A ROM of `size` bytes that ends at 4 GiB."""
    path = os.path.join(folder, name)
    code = program(address)
    with open(path, "wb") as f:
        f.truncate(size)
        f.seek(size - (0x100000000 - RESET))
        f.write(code)
    return path


class Machine:
    def __init__(self, command):
        self.process = subprocess.Popen([*command, "-display", "none", "-nodefaults", "-monitor", "stdio"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def count(self):
        """The guest's r3, and when it was read."""
        self.process.stdin.write(b"info registers\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{self.process.args[0]} ended")
            match = re.match(rb"GPR00 \w+ \w+ \w+ (\w+)", line.strip())
            if match:
                return int(match[1], 16), time.monotonic()

    def rate(self, seconds):
        time.sleep(0.5)  # translated by now
        first, start = self.count()
        time.sleep(seconds)
        second, end = self.count()
        return ((second - first) & 0xffffffff) / (end - start)

    def kill(self):
        self.process.kill()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sysemu", default=os.path.join(ROOT, "build", "sysemu"))
    parser.add_argument("--qemu", default="qemu-system-ppc")
    args = parser.parse_args()

    results = {}
    with tempfile.TemporaryDirectory() as folder:
        ours = [args.sysemu, "-machine", "VMC", "-serial", "null", "-bios"]
        theirs = [args.qemu, "-M", "g3beige", "-bios"]
        commands = {
            ("empty loop", "sysemu"): ours + [image(folder, "a", 8 << 20, None)],
            ("empty loop", "qemu"): theirs + [image(folder, "b", 4 << 20, None)],
            ("register reads", "sysemu"): ours + [image(folder, "c", 8 << 20, 0xfef88050)],
            ("register reads", "qemu"): theirs + [image(folder, "d", 4 << 20, 0xfec00000)],
        }
        for _ in range(args.runs):
            for key, command in commands.items():
                machine = Machine(command)
                try:
                    results.setdefault(key, []).append(machine.rate(args.seconds) / 1e6)
                finally:
                    machine.kill()
    print(f"{'million/s':20}{'sysemu':>22}{'qemu':>22}{'ratio':>8}")
    for what in ("empty loop", "register reads"):
        columns = ""
        for who in ("sysemu", "qemu"):
            values = results[what, who]
            columns += f"{statistics.median(values):8.2f} ({min(values):.2f}-{max(values):.2f})".rjust(22)
        ratio = statistics.median(results[what, "sysemu"]) / statistics.median(results[what, "qemu"])
        print(f"{what:20}{columns}{ratio:8.2f}")


if __name__ == "__main__":
    main()
