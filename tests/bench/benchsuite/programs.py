"""The guest programs of tests/bench/programs, and how they are built: without an operating system for each board, for Linux,
and for the host.

SPDX-License-Identifier: MIT
"""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[1]
SUPPORT = HERE / "support"
BARE_START = HERE.parent / "guest" / "bare"

GUEST_CC = ["powerpc-linux-gnu-gcc", "-m32", "-mcpu=750"]
# Fused operations are where the program says so, and nowhere else: all builds compute the same.
COMMON = ["-std=gnu11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", f"-I{SUPPORT}"]
BARE = ["-ffreestanding", "-fno-pic", "-mno-sdata", "-G0", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"]
BARE_LINK = ["-nostdlib", "-static", f"-Wl,-T,{BARE_START}/bare.lds", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096",
             "-Wl,--no-warn-rwx-segments", "-Wl,-z,noexecstack"]

# What a folder of programs is for: the group in which they are counted, and where they run.
FOLDERS = {
    "integer": ("integer", {"bare", "linux", "native"}),
    "memory": ("memory", {"bare", "linux", "native"}),
    "fp": ("fp", {"bare", "linux", "native"}),
    "translation": ("translation", {"bare", "linux", "native"}),
    "bare": ("system", {"bare"}),
    "linux": ("system", {"linux", "native"}),
}

# Where the console is: the address of a 16550, the logarithm of the distance of its registers, and, if it is on a PCI card, that
# card's device number.
BOARDS = {
    "VMC": ["-DBOARD_UART=0xfef88000u", "-DBOARD_UART_SHIFT=4"],
    "g3beige": ["-DBOARD_UART=0xfe001000u", "-DBOARD_UART_SHIFT=0", "-DBOARD_PCI_UART=13"],
}

COLD_FUNCTIONS = 600


class BuildError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    group: str
    source: pathlib.Path
    rounds: int
    kinds: frozenset

    def needs_cold_code(self):
        return '#include "cold.h"' in self.source.read_text(encoding="ascii")


def find_all():
    """All of them, in the order of the groups."""
    programs = []
    for folder, (group, kinds) in FOLDERS.items():
        for source in sorted((HERE / "programs" / folder).glob("*.c")):
            rounds = re.search(r"^BENCH_ROUNDS\((\d+)\);$", source.read_text(encoding="ascii"), re.M)
            if not rounds:
                raise BuildError(f"{source}: no line BENCH_ROUNDS(NUMBER);")
            programs.append(Program(source.stem, group, source, int(rounds[1]), frozenset(kinds)))
    return programs


def run(command, **options):
    try:
        return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout
    except FileNotFoundError as error:
        raise BuildError(f"{error.filename} is not installed (scripts/install-deps installs the compilers)") from error
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{' '.join(error.cmd)} failed:\n{error.stderr}") from error


def host_has_fma():
    with open("/proc/cpuinfo", encoding="ascii") as f:
        return re.search(r"^flags\s*:.*\bfma\b", f.read(), re.M) is not None


class Builder:
    """Builds into a folder; what is there and newer than all sources is not built again."""

    def __init__(self, folder, native_cc="gcc"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.native = [native_cc, *(["-mfma"] if host_has_fma() else [])]
        support = [*SUPPORT.iterdir(), *BARE_START.iterdir(), *(HERE / "programs").glob("*/*.h"), pathlib.Path(__file__)]
        self.newest_support = max(path.stat().st_mtime for path in support)

    def _is_current(self, target, *sources):
        newest = max([self.newest_support, *(source.stat().st_mtime for source in sources)])
        return target.exists() and target.stat().st_mtime >= newest

    def _build(self, target, sources, command):
        if not self._is_current(target, *sources):
            unfinished = target.with_name(target.name + ".new")
            run([*command, "-o", unfinished])
            os.replace(unfinished, target)
        return target

    def _object(self, kind, compiler, source):
        return self._build(self.folder / f"{kind}-{source.parent.name}-{source.stem}.o", [source],
                           [*compiler, *COMMON, f"-I{source.parent}", "-c", source])

    def _cold_code(self, kind, compiler):
        source = self.folder / "cold-code.c"
        if not self._is_current(source):
            source.write_text(run([sys.executable, SUPPORT / "make-cold", COLD_FUNCTIONS]), encoding="ascii")
        return self._object(kind, [*compiler, f"-I{HERE}/programs/translation", "-O1", "-fno-jump-tables"], source)

    def _objects(self, program, kind, compiler):
        cold = [self._cold_code(kind, compiler)] if program.needs_cold_code() else []
        return [self._object(kind, compiler, program.source), *cold]

    def bare(self, program, board, rounds):
        """An ELF for `board` that does so many rounds."""
        compiler = [*GUEST_CC, *BARE]
        support = self._build(self.folder / f"bare-{board}.o", [],
                              [*compiler, *COMMON, *BOARDS[board], "-c", SUPPORT / "bare.c"])
        if "bare" == program.source.parent.name:
            compiler += BOARDS[board]
            objects = self._objects(program, f"bare-{board}", compiler)
        else:
            objects = self._objects(program, "bare", compiler)
        return self._build(self.folder / f"{program.name}-{board}-{rounds}", objects,
                           [*GUEST_CC, *BARE_LINK, f"-Wl,--defsym,bench_rounds={rounds}", BARE_START / "start.S", support, *objects,
                            "-lgcc"])

    def linux(self, program):
        """A static executable for the guest's Linux; it is told the rounds."""
        objects = self._objects(program, "linux", GUEST_CC)
        return self._build(self.folder / f"{program.name}-linux", objects,
                           [*GUEST_CC, *COMMON, "-static", SUPPORT / "hosted.c", *objects, "-lpthread"])

    def for_host(self, program):
        """The same for the host."""
        objects = self._objects(program, "native", self.native)
        return self._build(self.folder / f"{program.name}-native", objects,
                           [*self.native, *COMMON, SUPPORT / "hosted.c", *objects, "-lpthread"])

    def init(self):
        """The guest's first process."""
        source = SUPPORT / "init.c"
        return self._build(self.folder / "init", [source], [*GUEST_CC, *COMMON, "-static", source])
