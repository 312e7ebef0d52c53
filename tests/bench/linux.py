#!/usr/bin/env python3
"""Compares sysemu with the installed QEMU: start-up, boot of Linux, and the guest's own benchmarks.

Both run a Linux 6.1 kernel (each configured for its board) and the same initramfs: sysemu on the VMC board, QEMU on g3beige (it has no such
board). Runs are interleaved; medians, spread (min to max) and ratios (QEMU's median over ours: above 1 we are
faster) are printed.

usage: tests/bench/linux.py [--runs N] [--repeat N] [--sysemu PATH] [--guests FOLDER]

SPDX-License-Identifier: MIT
"""

import argparse
import os
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 300

sys.path.insert(0, os.path.join(ROOT, "tests"))
import guestimages  # noqa: E402
import installedqemu  # noqa: E402


def run_until(command, wanted):
    """Runs `command` until `wanted` appears in its output: (seconds until each line, lines)."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    lines, stamps, rest = [], [], b""
    try:
        while time.monotonic() - started < TIMEOUT:
            if not select.select([process.stdout], [], [], 1)[0]:
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                break
            now = time.monotonic() - started
            *complete, rest = (rest + chunk).split(b"\n")
            lines += [line.decode(errors="replace").strip() for line in complete]
            stamps += [now] * len(complete)
            if any(wanted in line for line in lines[-len(complete):]) or wanted in rest.decode(errors="replace"):
                return stamps + [now], lines + [rest.decode(errors="replace")]
    finally:
        process.kill()
        process.wait()
    sys.exit(f"{command[0]}: '{wanted}' did not appear; last lines:\n" + "\n".join(lines[-5:]))


def boot(command):
    """One boot with self-test: {measurement: seconds}."""
    stamps, lines = run_until(command, "GUEST-SELFTEST-DONE")
    result = {}
    for stamp, line in zip(stamps, lines):
        if "GUEST-BOOT-OK" in line:
            result["boot to GUEST-BOOT-OK"] = stamp
        match = re.match(r"BENCH (\w+) ([\d.]+) s", line)
        if match:
            result[f"self-test {match[1]}"] = float(match[2])
        if line.startswith("FAIL"):
            print(f"warning: {command[0]}: {line}", file=sys.stderr)
    result["boot and self-test"] = stamps[-1]
    return result


def first_instruction(command):
    """Seconds from start until the first guest instruction is translated."""
    stamps, lines = run_until(command + ["-d", "in_asm", "-D", "/dev/stdout"], "IN:")
    return {"start to first guest instruction":
            next(s for s, line in zip(stamps, lines) if "IN:" in line)}


def emulators(args, temporary):
    """{name: (boot command, bare command)}"""
    initrd, kernel, mac_kernel = (guestimages.find(args.guests, f"ppc/{name}", temporary) for name in (
        "initramfs.cpio.gz", "vmlinux-mvme5100", "vmlinux-pmac"))
    options = f"selftest=1 bench={args.repeat}"
    ours = [args.sysemu, "-machine", "VMC", "-cpu", "755", "-m", "256", "-nodefaults", "-display", "none",
            "-serial", "stdio", "-no-reboot"]
    theirs = [args.qemu, "-M", "g3beige", "-cpu", "750", "-m", "256", "-nographic", "-no-reboot",
              "-monitor", "none"]
    return {
        "sysemu": (ours + ["-kernel", kernel, "-initrd", initrd, "-append", f"console=ttyS0,9600 {options}"], ours),
        "qemu": (theirs + ["-kernel", mac_kernel, "-initrd", initrd, "-append", f"console=ttyPZ0 {options}"],
                 theirs),
    }


def show(results):
    names = list(results["sysemu"][0])
    print(f"{'':34}{'sysemu':>22}{'qemu':>22}{'ratio':>8}")
    for name in names:
        columns, medians = "", []
        for emulator in ("sysemu", "qemu"):
            values = [run[name] for run in results[emulator]]
            medians.append(statistics.median(values))
            columns += f"{medians[-1]:8.3f} ({min(values):.3f}-{max(values):.3f})".rjust(22)
        print(f"{name:34}{columns}{medians[1] / medians[0]:8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=3, help="repetitions inside the guest")
    parser.add_argument("--sysemu", default=os.path.join(ROOT, "build", "sysemu"))
    parser.add_argument("--qemu", default=installedqemu.find("qemu-system-ppc") or "qemu-system-ppc")
    parser.add_argument("--guests", default=guestimages.FOLDER,
                        help="what `scripts/build-guests pmac` made (default: $SYSEMU_GUESTS, or build/guests)")
    args = parser.parse_args()

    results = {"sysemu": [], "qemu": []}
    with tempfile.TemporaryDirectory() as temporary:
        try:
            commands = emulators(args, temporary)
        except FileNotFoundError as error:
            sys.exit(str(error))
        for _ in range(args.runs):
            for name, (boot_command, bare_command) in commands.items():
                results[name].append({**first_instruction(bare_command), **boot(boot_command)})
    show(results)


if __name__ == "__main__":
    main()
