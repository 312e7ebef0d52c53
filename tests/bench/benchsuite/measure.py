"""What is measured, and the rounds of measuring: without an operating system, and under Linux.

Both kinds build all that they need when they are made; measure() does one round on all emulators in turn, and natively.

SPDX-License-Identifier: MIT
"""

import dataclasses
import pathlib
import sys

import guestimages

from . import emulators, foreign, initramfs, programs
from .systems import BOARDS
from .report import NATIVE

BOOT = programs.Program("boot", "boot", pathlib.Path(), 1, frozenset(["linux"]))


class Results:
    """seconds: {kind: {program: {column: [CPU seconds]}}}. Checksums have to agree."""

    def __init__(self):
        self.seconds = {}
        self.checksums = {}
        self.complaints = []

    def add(self, kind, program, column, seconds, checksum):
        self.seconds.setdefault(kind, {}).setdefault(program.name, {}).setdefault(column, []).append(max(seconds, 1e-4))
        first_column, first = self.checksums.setdefault((kind, program.name), (column, checksum))
        if first != checksum:
            self.complain(f"{program.name} ({kind}): checksum {checksum} on {column}, {first} on {first_column}")

    def complain(self, text):
        if text not in self.complaints:
            self.complaints.append(text)
            print(f"WRONG: {text}", file=sys.stderr, flush=True)

    def add_run(self, kind, program, column, run):
        """run() -> (seconds, checksum); where that fails it is a complaint."""
        try:
            self.add(kind, program, column, *run())
        except emulators.GuestError as error:
            self.complain(f"{program.name} ({kind}) on {column}: {error}")


def scaled(program, scale):
    return max(int(program.rounds * scale), 1)


def run_for_host(path, program, rounds):
    if program.group == "translation":  # more rounds aren't more of the same: there is memory for so many only
        return emulators.run_command([path, rounds])
    return emulators.run_native(path, rounds)


class Bare:
    def __init__(self, chosen, machines, builder, scale, with_native):
        self.kind = f"{builder.architecture.name} bare"
        self.chosen, self.machines = chosen, machines
        self.rounds = {program: scaled(program, scale) for program in chosen}
        self.for_host = {program: builder.for_host(program) for program in chosen if with_native and "native" in program.kinds}
        self.images = {(program, board): builder.bare(program, board, self.rounds[program])
                       for program in chosen for board in sorted({machine.board for machine in machines})}

    def measure(self, results):
        for program in self.chosen:
            for machine in self.machines:
                image = self.images[program, machine.board]
                results.add_run(self.kind, program, machine.label, lambda m=machine, i=image: emulators.run_bare(m, i))
            if program in self.for_host:
                results.add_run(self.kind, program, NATIVE,
                                lambda p=program: run_for_host(self.for_host[p], p, self.rounds[p]))


@dataclasses.dataclass(frozen=True)
class LinuxItem:
    """A program under Linux: what goes into the initramfs, what its process is told, and how it is run natively."""
    program: object
    guest: pathlib.Path
    arguments: tuple
    run_native: object  # () -> (seconds, checksum)


class Linux:
    def __init__(self, chosen, machines, builder, scale, with_native, guests):
        """guests: the folder with the kernels."""
        self.kind = f"{builder.architecture.name} linux"
        self.machines, self.with_native = machines, with_native
        self.kernels = {board: guestimages.find(guests, BOARDS[board].kernel, builder.folder)
                        for board in {machine.board for machine in machines}}
        own = [program for program in chosen if isinstance(program, programs.Program) and program is not BOOT]
        others = [program for program in chosen if isinstance(program, foreign.ForeignJob)]
        self.items = [self._own_item(program, builder, scale) for program in own]
        data = None
        if others:
            foreign_builder = foreign.ForeignBuilder(builder.folder / "foreign", builder.native, builder.architecture)
            data = foreign_builder.data(scale)
            self.items += [self._foreign_item(job, foreign_builder, scale, data) for job in others]
        self.programs = {"boot": BOOT, **{item.program.name: item.program for item in self.items}}
        self.initrd = builder.folder / f"initramfs-{builder.architecture.name}.cpio"
        self.jobs = self._write_initramfs(builder, data)

    @staticmethod
    def _own_item(program, builder, scale):
        rounds, path = scaled(program, scale), builder.for_host(program)
        return LinuxItem(program, builder.linux(program), (str(rounds),), lambda: run_for_host(path, program, rounds))

    @staticmethod
    def _foreign_item(job, builder, scale, data):
        words, path = job.words(scale), builder.program(job.package, "native")
        return LinuxItem(job, builder.program(job.package, builder.guest.name), words, lambda: emulators.run_command([path, *words], data))

    def _write_initramfs(self, builder, data):
        """With init, the programs and their data, and the list of jobs: returns the jobs."""
        archive = initramfs.Initramfs()
        archive.device("dev/console", 5, 1)
        archive.program("init", builder.init())
        for folder in ("proc", "tmp"):
            archive.folder(folder)
        places = {item.guest: f"bench/{item.guest.name}" for item in self.items}
        for guest, place in places.items():
            archive.program(place, guest)
        for file in sorted(data.iterdir()) if data else []:
            archive.data(f"data/{file.name}", file.read_bytes())
        jobs = [emulators.Job(item.program.name, ("/" + places[item.guest], *item.arguments)) for item in self.items]
        archive.data("jobs", "".join(job.line() for job in jobs).encode())
        archive.write(self.initrd)
        return jobs

    def measure(self, results):
        for machine in self.machines:
            try:
                for name, seconds, said in emulators.run_linux(machine, self.kernels, self.initrd, self.jobs,
                                                               60 + 60 * len(self.jobs)):
                    if seconds is None:
                        results.complain(f"{name} ({self.kind}) on {machine.label}: {said}")
                    else:
                        results.add(self.kind, self.programs[name], machine.label, seconds, said)
            except emulators.GuestError as error:
                results.complain(f"{self.kind} on {machine.label}: {error}")
        for item in self.items if self.with_native else []:
            results.add_run(self.kind, item.program, NATIVE, item.run_native)
