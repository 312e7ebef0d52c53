"""Running guests on emulators, and the CPU time that this takes.

What is measured is the CPU time of the whole process, all threads, user and system, between two lines that the guest prints: the
start of emulator and guest is not in it.

SPDX-License-Identifier: MIT
"""

import dataclasses
import os
import re
import select
import subprocess
import time
import zlib

from .systems import BOARDS

BARE_MEMORY = "128"


class GuestError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Emulator:
    label: str
    board: str      # in systems.BOARDS
    command: tuple  # program and options of its own

    def bare_command(self, rom):
        return [*self.command, "-m", BARE_MEMORY, "-display", "none", "-nodefaults", "-monitor", "none", "-bios", str(rom),
                *BOARDS[self.board].bare]

    def linux_command(self, kernels, initrd):
        """kernels: {board: path}. The command's own options come last, so that they win: `-cpu`, say."""
        program, *own = self.command
        return [program, "-no-reboot", "-monitor", "none", "-kernel", str(kernels[self.board]), "-initrd", str(initrd),
                *BOARDS[self.board].linux, *own]

    def version(self):
        text = subprocess.run([*self.command, "--version"], capture_output=True, text=True, check=False).stdout
        return text.split("\n", 1)[0]


def cpu_seconds(pid):
    """Of all threads of a process, those that have ended too; the clock that clock_getcpuclockid(3) finds."""
    return time.clock_gettime(~pid << 3 | 2)


def _start(words, **options):
    try:
        return subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                **options)
    except OSError as error:
        raise GuestError(f"{words[0]}: {error.strerror}") from error


class Run:
    """A process whose output is read line by line, each with the CPU time at which it came."""

    def __init__(self, command, patience):
        """patience: CPU seconds, and four times as many by the wall's clock."""
        self.command = command
        self.patience = patience
        self.deadline = time.monotonic() + 4 * patience + 10
        self.lines = []
        self.rest = b""
        self.now = 0.0  # when the last of it came
        self.process = _start(command)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def _fail(self, what):
        last = "\n".join(["", *self.lines[-8:], self.rest.decode(errors="replace")]).rstrip()
        raise GuestError(f"{what}: {' '.join(self.command)}{last}")

    def _check_patience(self):
        if cpu_seconds(self.process.pid) > self.patience or time.monotonic() > self.deadline:
            self._fail("took too long")

    def wait_for(self, pattern):
        """The next line with `pattern`: the match, and the process's CPU seconds then."""
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                self.lines.append(line.decode(errors="replace").strip())
                failed = re.match(r"failed: (.*)", self.lines[-1])
                if failed:
                    self._fail(f"the guest says '{failed[1]}'")
                match = re.search(pattern, self.lines[-1])
                if match:
                    return match, self.now
            self._check_patience()
            if not select.select([self.process.stdout], [], [], 0.5)[0]:
                continue
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk:
                self._fail("ended")
            self.now = cpu_seconds(self.process.pid)
            self.rest += chunk


def run_bare(emulator, rom, patience=120):
    """(CPU seconds, checksum)"""
    with Run(emulator.bare_command(rom), patience) as run:
        _, start = run.wait_for("^ready$")
        match, end = run.wait_for("^checksum ([0-9a-f]{8})$")
        return end - start, match[1]


def _time_native(words, folder):
    with _start(words, cwd=folder) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise GuestError(f"{' '.join(str(word) for word in words)}: {output[-500:].decode(errors='replace')}")
    match = re.search(rb"^checksum ([0-9a-f]{8})$", output, re.M)
    return usage.ru_utime + usage.ru_stime, match[1].decode() if match else f"{zlib.adler32(output):08x}"


def _multiple(seconds):
    """How often something that takes so long is done to measure it."""
    return 1 if seconds >= 0.2 else min(int(0.2 / max(seconds, 0.002)) + 1, 100)


def run_native(path, rounds):
    """(CPU seconds, checksum) of a program of ours on the host; where it takes too little time, of a multiple of the rounds,
    divided."""
    seconds, checksum = _time_native([path, rounds], None)
    times = _multiple(seconds)
    return _time_native([path, rounds * times], None)[0] / times if times > 1 else seconds, checksum


def run_command(words, folder=None):
    """(CPU seconds, checksum) of a program on the host, run several times if it takes too little time. The checksum is the
    one that it prints, or the Adler-32 of all that it prints."""
    seconds, checksum = _time_native(words, folder)
    times = _multiple(seconds)
    return (seconds + sum(_time_native(words, folder)[0] for _ in range(times - 1))) / times, checksum


@dataclasses.dataclass(frozen=True)
class Job:
    """What the guest's init (support/init.c) is to run."""
    name: str
    words: tuple

    def line(self):
        return " ".join([self.name, *self.words]) + "\n"


def run_linux(emulator, kernels, initrd, jobs, patience):
    """Yields (name, CPU seconds, checksum) for each job as it ends, first of all ("boot", seconds, ""): until the first process
    runs. The initrd has the jobs. A job that fails gives (name, None, what it said); patience: CPU seconds for all of them."""
    with Run(emulator.linux_command(kernels, initrd), patience) as run:
        _, seconds = run.wait_for("ready$")
        yield "boot", seconds, ""
        for job in jobs:
            _, start = run.wait_for(f"^begin {re.escape(job.name)}$")
            match, end = run.wait_for(f"^end {re.escape(job.name)} (checksum ([0-9a-f]{{8}})|failed: .*)")
            yield job.name, end - start if match[2] else None, match[2] or match[1]
