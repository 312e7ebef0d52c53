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
import tempfile

from .systems import BOARDS, PPC

HERE = pathlib.Path(__file__).resolve().parents[1]
SUPPORT = HERE / "support"
BARE_START = HERE.parent / "guest" / "bare"

TOOLS = "powerpc-linux-gnu-"  # for what runs without an operating system
GUEST_CC = list(PPC.compiler)
# Fused operations are where the program says so, and nowhere else: all builds compute the same.
COMMON = ["-std=gnu11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", f"-I{SUPPORT}"]
BARE = ["-ffreestanding", "-fno-pic", "-mno-sdata", "-G0", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"]
BARE_LINK = ["-nostdlib", "-static", f"-Wl,-T,{BARE_START}/bare.lds", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096",
             "-Wl,--no-warn-rwx-segments", "-Wl,-z,noexecstack"]

@dataclasses.dataclass(frozen=True)
class Folder:
    """What a folder of programs is for: the group in which they are counted, and where they run. only: the one architecture for which
    they are compiled, with these flags; their names get the group's in front then, since the folder is another group's, too."""
    name: str
    group: str
    kinds: frozenset
    only: str = ""
    flags: tuple = ()


EVERYWHERE = frozenset(["bare", "linux", "native"])
FOLDERS = (
    Folder("integer", "integer", EVERYWHERE),
    Folder("memory", "memory", EVERYWHERE),
    Folder("fp", "fp", EVERYWHERE),
    Folder("fp", "x87", frozenset(["linux", "native"]), "i386", ("-mfpmath=387",)),
    Folder("translation", "translation", EVERYWHERE),
    Folder("bare", "system", frozenset(["bare"])),
    Folder("linux", "system", frozenset(["linux", "native"])),
)


class BuildError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    group: str
    source: pathlib.Path
    rounds: int
    kinds: frozenset
    only: str = ""      # the architecture, if it isn't for all of them
    flags: tuple = ()

    def needs_cold_code(self):
        return '#include "cold.h"' in self.source.read_text(encoding="ascii")


def find_all():
    """All of them, in the order of the groups."""
    programs = []
    for folder in FOLDERS:
        for source in sorted((HERE / "programs" / folder.name).glob("*.c")):
            rounds = re.search(r"^BENCH_ROUNDS\((\d+)\);$", source.read_text(encoding="ascii"), re.M)
            if not rounds:
                raise BuildError(f"{source}: no line BENCH_ROUNDS(NUMBER);")
            name = f"{folder.group}-{source.stem}" if folder.only else source.stem
            programs.append(Program(name, folder.group, source, int(rounds[1]), folder.kinds, folder.only, folder.flags))
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

    def __init__(self, folder, cold_functions=600, flags=(), architecture=PPC):
        """cold_functions: of the programs that run code once."""
        self.architecture = architecture
        self.cold_functions = cold_functions
        self.flags = [*COMMON, *flags]
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.native = ["gcc", *(["-mfma"] if host_has_fma() else [])]
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
                           [*compiler, *self.flags, f"-I{source.parent}", "-c", source])

    def _cold_code(self, kind, compiler):
        source = self.folder / "cold-code.c"
        if not self._is_current(source):
            source.write_text(run([sys.executable, SUPPORT / "make-cold", self.cold_functions]), encoding="ascii")
        return self._object(kind, [*compiler, f"-I{HERE}/programs/translation", "-fno-jump-tables", "-fno-tree-vectorize"], source)

    def _objects(self, program, kind, compiler):
        cold = [self._cold_code(kind, compiler)] if program.needs_cold_code() else []
        return [self._object(kind, compiler, program.source), *cold]

    def bare(self, program, board, rounds):
        """A ROM image for `board`, with the program that does so many rounds; the ELF with its symbols is beside it."""
        compiler = [*GUEST_CC, *BARE]
        support = self._build(self.folder / f"bare-{board}.o", [],
                              [*compiler, *self.flags, *BOARDS[board].console, "-c", SUPPORT / "bare.c"])
        if program.source.parent.name == "bare":
            objects = self._objects(program, f"bare-{board}", [*compiler, *BOARDS[board].console])
        else:
            objects = self._objects(program, "bare", compiler)
        elf = self._build(self.folder / f"{program.name}-{board}-{rounds}.elf", objects,
                          [*GUEST_CC, *BARE_LINK, f"-Wl,--defsym,bench_rounds={rounds}", BARE_START / "start.S", support, *objects,
                           "-lgcc"])
        return self._rom(elf, BOARDS[board].rom_padding)

    def _rom(self, elf, padding):
        target = elf.with_suffix(".rom")
        if not self._is_current(target, elf):
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                program = pathlib.Path(folder, "program.bin")
                run([TOOLS + "objcopy", "-O", "binary", elf, program])
                entry = re.search(r"^(\w+) T _start$", run([TOOLS + "nm", elf]), re.M)[1]
                run([TOOLS + "as", "-mppc", "--defsym", f"WORDS={(program.stat().st_size + 3) // 4}", "--defsym", f"ENTRY=0x{entry}",
                     "-o", f"{folder}/rom.o", SUPPORT / "rom.S"], cwd=folder)
                run([TOOLS + "objcopy", "-O", "binary", f"{folder}/rom.o", f"{folder}/rom"])
                target.write_bytes(bytes(padding) + pathlib.Path(folder, "rom").read_bytes())
        return target

    def linux(self, program):
        """A static executable for the guest's Linux; it is told the rounds."""
        compiler = [*self.architecture.compiler, *(self.architecture.fp if program.group == "fp" else ()), *program.flags]
        kind = f"linux-{self.architecture.name}" + ("-" + program.group if program.flags else "")
        objects = self._objects(program, kind, compiler)
        return self._build(self.folder / f"{program.name}-{kind}", objects,
                           [*compiler, *self.flags, "-static", SUPPORT / "hosted.c", *objects, "-lm", "-lpthread"])

    def for_host(self, program):
        """The same for the host: the same file, where the host can run that."""
        if self.architecture.runs_on_host():
            return self.linux(program)
        objects = self._objects(program, "native", self.native)
        return self._build(self.folder / f"{program.name}-native", objects,
                           [*self.native, *self.flags, SUPPORT / "hosted.c", *objects, "-lm", "-lpthread"])

    def init(self):
        """The guest's first process."""
        source = SUPPORT / "init.c"
        return self._build(self.folder / f"init-{self.architecture.name}", [source],
                           [*self.architecture.compiler, *self.flags, "-static", source])
