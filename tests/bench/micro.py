#!/usr/bin/env python3
"""Rounds per second of small guest loops (micro.S), each of which spends its time on one thing, next to the installed QEMU's.

sysemu runs them on the VMC board, QEMU on g3beige with the same CPU family. The runs of both are interleaved; a round count is read from
the guest's r3 twice. Rates are per second of the CPU thread's time, so that other work on the machine matters less.

usage: tests/bench/micro.py [--seconds N] [--runs N] [--sysemu PATH] [--qemu PATH] [CASE ...]

SPDX-License-Identifier: MIT
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests"))

import installedqemu  # noqa: E402

SOURCE = os.path.join(HERE, "micro.S")
TOOLS = "powerpc-linux-gnu-"
UART_LINE_STATUS = 0xfef88050  # VMC
PCI_CONFIG_INDEX = 0xfec00000  # g3beige


def cases():
    with open(SOURCE, encoding="ascii") as f:
        return re.findall(r"^\s+case\s+(\w+)", f.read(), re.M)


def build(folder, device):
    """{case: ELF} for a board that has a register at `device`."""
    name = os.path.join(folder, f"{device:x}")
    subprocess.run([TOOLS + "as", "-mppc", "--defsym", f"DEVICE={device:#x}", "-o",
                    name + ".o", SOURCE], check=True)
    programs = {}
    for case in cases():
        programs[case] = f"{name}-{case}"
        subprocess.run([TOOLS + "ld", "-Ttext=0x100000", "-e", "case_" + case, "-o", programs[case],
                        name + ".o"], check=True)
    return programs


class Machine:
    def __init__(self, command):
        self.process = subprocess.Popen(
            [*command, "-m", "64", "-display", "none", "-nodefaults", "-monitor", "stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def rounds(self):
        """The guest's r3."""
        self.process.stdin.write(b"info registers\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{self.process.args[0]} ended")
            match = re.match(rb"GPR00 \w+ \w+ \w+ (\w+)", line.strip())
            if match:
                return int(match[1], 16)

    def cpu_seconds(self):
        """Of the busiest thread: the guest's CPU."""
        folder = f"/proc/{self.process.pid}/task"
        used = []
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/stat", encoding="ascii") as f:
                fields = f.read().rpartition(")")[2].split()
            used.append(int(fields[11]) + int(fields[12]))
        return max(used) / os.sysconf("SC_CLK_TCK")

    def rate(self, seconds):
        time.sleep(0.3)  # translated by now
        first, start = self.rounds(), self.cpu_seconds()
        time.sleep(seconds)
        second, end = self.rounds(), self.cpu_seconds()
        return ((second - first) & 0xffffffff) / max(end - start, 0.01)

    def kill(self):
        self.process.kill()
        self.process.wait()


def measure(command, seconds):
    machine = Machine(command)
    try:
        return machine.rate(seconds) / 1e6
    finally:
        machine.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sysemu", default=os.path.join(ROOT, "build", "sysemu"))
    parser.add_argument("--qemu", default=installedqemu.find("qemu-system-ppc") or "qemu-system-ppc")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(cases()))
    args = parser.parse_args()
    if set(args.cases) - set(cases()):
        parser.error("cases are " + " ".join(cases()))

    print(f"{'million rounds/s':26}{'sysemu':>26}{'qemu':>26}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = build(folder, UART_LINE_STATUS), build(folder, PCI_CONFIG_INDEX)
        for case in args.cases or cases():
            commands = {
                "sysemu": [args.sysemu, "-machine", "VMC", "-serial", "null", "-kernel", ours[case]],
                "qemu": [args.qemu, "-M", "g3beige", "-device",
                         f"loader,file={theirs[case]},cpu-num=0"],
            }
            results = {who: [] for who in commands}
            for _ in range(args.runs):
                for who, command in commands.items():
                    results[who].append(measure(command, args.seconds))
            columns = "".join(
                f"{statistics.median(v):9.2f} ({min(v):.2f}-{max(v):.2f})".rjust(26)
                for v in results.values())
            ratio = statistics.median(results["sysemu"]) / statistics.median(results["qemu"])
            print(f"{case:26}{columns}{ratio:8.2f}", flush=True)


if __name__ == "__main__":
    main()
