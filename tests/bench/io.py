#!/usr/bin/env python3
"""Disks and networks next to QEMU in one run: wall time in the guest, CPU seconds of the emulator, ratios (above 1: ours is better).

A Linux guest on the PC, on Arm's virt or on VMC (QEMU: g3beige, which has the same CPU; no kernel for it drives an i82559) does a fixed amount of work with a static tool (support/io.c): sequential and random
transfers on virtio-blk (raw and qcow2), TCP both ways and small UDP packets through the user-mode network with each network
card. Rounds are interleaved, medians are compared.

usage: tests/bench/io.py [--rounds N] [--board pc|virt|vmc] [--rival PROGRAM] [--only TEXT] [--scale X]

SPDX-License-Identifier: MIT
"""

import argparse
import gzip
import os
import pathlib
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 240
DISK = "512M"

# name, then what the tool does on the disk: direction, block, count, depth, order
DISK_JOBS = [("read 1M", "read 1048576 400 1 seq"), ("write 1M", "write 1048576 400 1 seq"),
             ("read 4k qd1", "read 4096 8000 1 random"), ("write 4k qd1", "write 4096 8000 1 random"),
             ("read 4k qd16", "read 4096 16000 16 random"), ("write 4k qd16", "write 4096 16000 16 random")]
# name, job, amount
NET_JOBS = [("tcp send", "tcp-send", 60), ("tcp receive", "tcp-receive", 60), ("udp packets", "udp-send", 30000)]

# -nographic: without it the firmware of QEMU 11.1 goes to g3beige's screen and starts no kernel.
BOARDS = {
    "pc": {"compiler": "gcc", "ours": "qemu-system-x86_64", "theirs": "qemu-system-x86_64", "machine": ["-M", "q35", "-m", "256"],
           "kernel": "amd64/vmlinuz", "initrd": "amd64/initramfs.cpio", "console": "ttyS0", "nics": ["virtio-net-pci", "e1000e"],
           "modules": "virtio_pci virtio_blk virtio_net e1000e"},
    "virt": {"compiler": "aarch64-linux-gnu-gcc", "ours": "qemu-system-aarch64", "theirs": "qemu-system-aarch64",
             "machine": ["-M", "virt", "-cpu", "cortex-a57", "-m", "256"], "kernel": "arm64/Image",
             "initrd": "arm64/initramfs-modules.cpio", "console": "ttyAMA0", "nics": ["virtio-net-pci", "i82559er"],
             "modules": "virtio_pci virtio_blk virtio_net e100"},
    "vmc": {"compiler": "powerpc-linux-gnu-gcc", "ours": "qemu-system-ppc", "theirs": "qemu-system-ppc",
            "machine": ["-M", "VMC", "-cpu", "755", "-m", "256", "-nodefaults"], "kernel": "ppc/vmlinux-mvme5100.gz",
            "their machine": ["-M", "g3beige", "-cpu", "750", "-m", "256", "-nographic"], "their kernel": "ppc/vmlinux-pmac.gz",
            "initrd": "ppc/initramfs.cpio.gz", "console": "ttyS0,9600", "their console": "ttyPZ0", "nics": ["virtio-net-pci"],
            "modules": ""},
}

INIT = """#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
for module in MODULES; do /bin/load-module $module > /dev/null 2>&1 || /bin/busybox modprobe $module > /dev/null 2>&1; done
/bin/busybox ifconfig lo 127.0.0.1
/bin/busybox ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up 2> /dev/null
/bin/busybox stty -echo
echo IO-READY
while read line; do $line || echo IO-FAILED; done
"""


def cpio_entry(name, data, mode):
    head = "070701" + "".join(f"{value:08x}" for value in (hash(name) & 0xffff, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    out = head.encode() + name.encode() + b"\0"
    out += bytes(-len(out) % 4) + data
    return out + bytes(-len(out) % 4)


def build(board, guests, folder):
    """The initramfs with the tool and an init of ours behind it."""
    tool = folder / "io"
    subprocess.run([board["compiler"], "-O2", "-static", "-pthread", ROOT / "tests/bench/support/io.c", "-o", tool], check=True)
    base = pathlib.Path(guests, board["initrd"]).read_bytes()
    base = gzip.decompress(base) if base[:2] == b"\x1f\x8b" else base
    init = INIT.replace("MODULES", board["modules"]).encode()
    extra = cpio_entry("io", tool.read_bytes(), 0o100755) + cpio_entry("bench-init", init, 0o100755) + cpio_entry("TRAILER!!!", b"", 0)
    image = folder / "initramfs"
    image.write_bytes(base + bytes(-len(base) % 512) + extra)
    return image


def kernel_of(board, guests, folder):
    path = pathlib.Path(guests, board["kernel"])
    if path.suffix != ".gz":
        return path
    plain = folder / path.stem
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    return plain


class Machine:
    """An emulator whose guest waits for commands on its serial port."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = b""
        self.expect(b"IO-READY")

    def expect(self, wanted):
        deadline = time.monotonic() + TIMEOUT
        while wanted not in self.text or b"\n" not in self.text[self.text.index(wanted):]:
            if b"IO-FAILED" in self.text or time.monotonic() > deadline:
                sys.exit(f"io.py: '{wanted.decode()}' did not appear:\n{self.text[-2000:].decode(errors='replace')}")
            if select.select([self.process.stdout], [], [], 1)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    sys.exit(f"io.py: the emulator ended:\n{self.text[-2000:].decode(errors='replace')}")
                self.text += data
        at = self.text.index(wanted)
        line, self.text = self.text[at:].split(b"\n", 1)
        return line.decode()

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def run(self, command):
        """Seconds in the guest, CPU seconds here."""
        before = self.cpu()
        self.process.stdin.write(f"/io {command}\n".encode())
        self.process.stdin.flush()
        line = self.expect(b"IO-DONE")
        return float(line.split()[1]) / 1000, self.cpu() - before

    def close(self):
        self.process.kill()
        self.process.wait()


class Peer:
    """What the guest's network loads talk to."""

    def __init__(self):
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()
        threading.Thread(target=self.swallow, daemon=True).start()
        self.sends = 0

    def serve(self):
        block = bytes(1 << 20)
        while True:
            connection, _ = self.tcp.accept()
            with connection:
                try:
                    if self.sends:
                        for _ in range(self.sends):
                            connection.sendall(block)
                    while connection.recv(1 << 20):
                        pass
                except OSError:
                    pass

    def swallow(self):
        while True:
            self.udp.recv(2048)


def measure(board, emulator, kernel, image, what, folder, aio, scale, peer):
    """{job: (wall, cpu)} of one boot."""
    command = [emulator, *board["machine"], "-kernel", kernel, "-initrd", image, "-display", "none", "-monitor", "none", "-serial",
               "stdio", "-no-reboot", "-append", f"console={board['console']} rdinit=/bench-init quiet loglevel=3"]
    result = {}
    if what in ("raw", "qcow2"):
        path = folder / f"disk.{what}"
        subprocess.run([ROOT / "build" / "sysemu-img", "create", "-q", "-f", what, path, DISK], check=True)
        machine = Machine([*command, "-nic", "none", "-drive", f"if=none,id=d,file={path},format={what},aio={aio}",
                           "-device", "virtio-blk-pci,drive=d"])
        machine.run("disk /dev/vda write 1048576 512 1 seq")  # all of it is there
        for name, job in DISK_JOBS:
            direction, block, count, depth, order = job.split()
            result[f"{what} {name}"] = machine.run(f"disk /dev/vda {direction} {block} {max(int(int(count) * scale), 1)} {depth} {order}")
    else:
        machine = Machine([*command, "-netdev", "user,id=n", "-device", f"{what},netdev=n"])
        for name, job, amount in NET_JOBS:
            amount = max(int(amount * scale), 1)
            peer.sends = amount if job == "tcp-receive" else 0
            port = (peer.udp if job == "udp-send" else peer.tcp).getsockname()[1]
            result[f"{what} {name}"] = machine.run(f"{job} 10.0.2.2 {port} {amount}")
    machine.close()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--board", choices=BOARDS, default="pc")
    parser.add_argument("--sysemu", default=str(ROOT / "build"), help="the folder with our programs")
    parser.add_argument("--rival", default=str(ROOT / "build" / "rival"), help="a folder that get-rival has made, or a program")
    parser.add_argument("--guests", default=str(ROOT / "build" / "guests"))
    parser.add_argument("--aio", default="threads", choices=["threads", "native", "io_uring"])
    parser.add_argument("--only", default="", help="of raw, qcow2 and the network cards those whose names have that in them")
    parser.add_argument("--scale", type=float, default=1, help="so much of the work")
    args = parser.parse_args()
    board = BOARDS[args.board]
    rival = pathlib.Path(args.rival)
    emulators = {"ours": pathlib.Path(args.sysemu, board["ours"]), "theirs": rival / board["theirs"] if rival.is_dir() else rival}
    peer, times = Peer(), {}
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = pathlib.Path(name)
        image = build(board, args.guests, folder)
        theirs = {**board, **{key[len("their "):]: value for key, value in board.items() if key.startswith("their ")}}
        machines = {"ours": board, "theirs": theirs}
        kernels = {label: kernel_of(machine, args.guests, folder) for label, machine in machines.items()}
        for turn in range(args.rounds):
            for what in [w for w in ["raw", "qcow2", *board["nics"]] if args.only in w]:
                for label, program in emulators.items():
                    one = measure(machines[label], program, kernels[label], image, what, folder, args.aio, args.scale, peer)
                    for job, values in one.items():
                        times.setdefault(job, {}).setdefault(label, []).append(values)
            print(f"round {turn + 1} of {args.rounds} done", file=sys.stderr, flush=True)
    print(f"{'':32}{'wall s: ours':>14}{'theirs':>9}{'ratio':>7}{'CPU s: ours':>14}{'theirs':>9}{'ratio':>7}")
    for job, both in times.items():
        wall, cpu = ([statistics.median(v[i] for v in both[label]) for label in emulators] for i in (0, 1))
        print(f"{job:32}{wall[0]:14.2f}{wall[1]:9.2f}{wall[1] / max(wall[0], 0.001):7.2f}"
              f"{cpu[0]:14.2f}{cpu[1]:9.2f}{cpu[1] / max(cpu[0], 0.01):7.2f}")


if __name__ == "__main__":
    main()
