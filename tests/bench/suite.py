#!/usr/bin/env python3
"""The benchmark: guest programs on sysemu, on QEMU and natively; CPU seconds, ratios with their spread, geometric means.

Builds the programs of tests/bench/programs (into build/bench), runs each on all emulators in turn, several rounds, and compares
the checksums that they print. docs/user/performance.md says what the numbers mean.

SPDX-License-Identifier: MIT
"""

import argparse
import dataclasses
import os
import pathlib
import shlex
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests")]

# pylint: disable=wrong-import-position
import guestimages  # noqa: E402
import installedqemu  # noqa: E402
from benchsuite import debian, emulators, foreign, initramfs, programs, report  # noqa: E402

NATIVE = report.NATIVE


def named_command(text, label):
    """[LABEL=]PROGRAM [OPTION ...] -> (label, words)"""
    words = shlex.split(text)
    if not words:
        raise argparse.ArgumentTypeError("an emulator has a path")
    given, separator, path = words[0].partition("=")
    if separator:
        label, words[0] = given, path
    return label, words


def find_emulators(args):
    """The emulators to compare, ours first."""
    ours = [named_command(text, "sysemu" if n == 0 else f"sysemu{n + 1}") for n, text in enumerate(args.sysemu)]
    found = [emulators.Emulator(label, "VMC", (*words, *shlex.split(args.sysemu_args))) for label, words in ours]
    theirs = args.qemu
    if theirs is None:
        rival = pathlib.Path(args.rival, "qemu-system-ppc")
        installed = installedqemu.find("qemu-system-ppc")
        theirs = [f"rival={rival}"] if rival.exists() else []
        theirs += [f"installed={installed}"] if installed else []
        if not rival.exists():
            print(f"{rival} is not there (tests/bench/get-rival {args.rival} gets it); only the installed QEMU is compared with",
                  file=sys.stderr)
    for n, text in enumerate(filter(None, theirs)):
        label, words = named_command(text, "qemu" if n == 0 else f"qemu{n + 1}")
        found.append(emulators.Emulator(label, "g3beige", tuple(words)))
    if len({emulator.label for emulator in found} | {NATIVE}) <= len(found):
        raise SystemExit(f"two columns have the same name, or one has the name '{NATIVE}': use LABEL=PATH")
    return found


def choose(everything, names):
    """Those programs whose name or group is in names; all if there are none."""
    known = {program.name for program in everything} | {program.group for program in everything}
    if set(names) - known:
        raise SystemExit(f"no program and no group: {' '.join(sorted(set(names) - known))}; there are: {' '.join(sorted(known))}")
    return [p for p in everything if not names or p.name in names or p.group in names]


BOOT = programs.Program("boot", "boot", pathlib.Path(), 1, frozenset(["linux"]))


class Results:
    """{kind: {program: {column: [seconds]}}}, and the checksums, which have to agree."""

    def __init__(self):
        self.seconds = {}
        self.checksums = {}
        self.complaints = []

    def add(self, kind, program, column, seconds, checksum):
        if seconds is None:
            self.complain(f"{program.name} ({kind}) on {column}: {checksum}")
            return
        self.seconds.setdefault(kind, {}).setdefault(program.name, {}).setdefault(column, []).append(max(seconds, 1e-4))
        first_column, first = self.checksums.setdefault((kind, program.name), (column, checksum))
        if first != checksum:
            self.complain(f"{program.name} ({kind}): checksum {checksum} on {column}, {first} on {first_column}")

    def complain(self, text):
        if text not in self.complaints:
            self.complaints.append(text)
            print(f"WRONG: {text}", file=sys.stderr, flush=True)


def native(builder, program, rounds):
    """(CPU seconds, checksum) of a program on the host."""
    path = builder.for_host(program)
    if program.group == "translation":  # more rounds aren't more of the same: there is memory for so many only
        return emulators.run_command([path, rounds])
    return emulators.run_native(path, rounds)


def measure_bare(args, chosen, machines, builder, results):
    for turn in range(args.rounds):
        for program in chosen:
            rounds = args.rounds_of(program)
            for emulator in machines:
                elf = builder.bare(program, emulator.board, rounds)
                try:
                    results.add("bare", program, emulator.label, *emulators.run_bare(emulator, elf))
                except emulators.GuestError as error:
                    results.complain(f"{program.name} (bare) on {emulator.label}: {error}")
            if args.native and "native" in program.kinds:
                results.add("bare", program, NATIVE, *native(builder, program, rounds))
        print(f"bare: round {turn + 1} of {args.rounds} done", file=sys.stderr, flush=True)


def linux_kernels(args, machines):
    """{board: path} for those boards that are used."""
    images = {"VMC": "ppc/vmlinux-mvme5100", "g3beige": "ppc/vmlinux-pmac"}
    return {board: guestimages.find(args.guests, images[board], args.folder) for board in {m.board for m in machines}}


@dataclasses.dataclass(frozen=True)
class LinuxItem:
    """A program under Linux: what goes into the initramfs, what its process is told, and the same for the host."""
    program: object
    guest: pathlib.Path
    arguments: tuple
    run_native: object  # () -> (seconds, checksum)


def own_items(args, chosen, builder):
    for program in chosen:
        rounds = args.rounds_of(program)
        yield LinuxItem(program, builder.linux(program), (str(rounds),), lambda p=program, n=rounds: native(builder, p, n))


def foreign_items(args, chosen, builder, data):
    for job in chosen:
        words = job.words(args.scale)
        yield LinuxItem(job, builder.program(job.package, "linux"), words, lambda j=job, w=words: emulators.run_command(
            [builder.program(j.package, "native"), *w], data))


def write_initramfs(path, builder, items, data):
    """With init, the programs and their data, and the list of jobs: returns the jobs."""
    archive = initramfs.Initramfs()
    archive.device("dev/console", 5, 1)
    archive.program("init", builder.init())
    for folder in ("proc", "tmp"):
        archive.folder(folder)
    places = {guest: f"bench/{guest.name}" for guest in (item.guest for item in items)}
    for guest, place in places.items():
        archive.program(place, guest)
    for file in sorted(data.iterdir()) if data else []:
        archive.data(f"data/{file.name}", file.read_bytes())
    jobs = [emulators.Job(item.program.name, ("/" + places[item.guest], *item.arguments)) for item in items]
    archive.data("jobs", "".join(job.line() for job in jobs).encode())
    archive.write(path)
    return jobs


def measure_linux(args, chosen, machines, builder, results):
    kernels = linux_kernels(args, machines)
    own = [p for p in chosen if isinstance(p, programs.Program)]
    others = [p for p in chosen if not isinstance(p, programs.Program)]
    items, data = list(own_items(args, own, builder)), None
    if others:
        foreign_builder = foreign.ForeignBuilder(args.folder / "foreign", builder.native)
        data = foreign_builder.data(args.scale)
        items += foreign_items(args, others, foreign_builder, data)
    by_name = {"boot": BOOT, **{item.program.name: item.program for item in items}}
    initrd = args.folder / "initramfs.cpio"
    jobs = write_initramfs(initrd, builder, items, data)
    for turn in range(args.rounds):
        for emulator in machines:
            try:
                for name, seconds, checksum in emulators.run_linux(emulator, kernels, initrd, jobs, 60 + 60 * len(jobs)):
                    results.add("linux", by_name[name], emulator.label, seconds, checksum)
            except emulators.GuestError as error:
                results.complain(f"Linux on {emulator.label}: {error}")
        for item in items if args.native else []:
            results.add("linux", item.program, NATIVE, *item.run_native())
        print(f"linux: round {turn + 1} of {args.rounds} done", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PROGRAM|GROUP", help="only these (--list shows all)")
    parser.add_argument("--list", action="store_true", help="say which programs there are, and end")
    parser.add_argument("--bare", action="store_true", help="only without an operating system")
    parser.add_argument("--linux", action="store_true", help="only under Linux")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is run (default: 3)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, one round")
    parser.add_argument("--scale", type=float, default=1, help="so much of the work (default: 1)")
    parser.add_argument("--no-native", dest="native", action="store_false", help="don't run the programs natively")
    parser.add_argument("--sysemu", action="append", metavar="'[LABEL=]PATH [OPTION ...]'",
                        help="ours; several are compared with each other (default: build/sysemu)")
    parser.add_argument("--sysemu-args", default="", metavar="'OPTION ...'", help="for each sysemu: '-accel tcg,…'")
    parser.add_argument("--qemu", action="append", metavar="'[LABEL=]PATH [OPTION ...]'",
                        help="others, the most important first; '' for none (default: the rival, and the installed one)")
    parser.add_argument("--rival", default=ROOT / "build" / "rival", metavar="FOLDER",
                        help="where tests/bench/get-rival put QEMU (default: build/rival)")
    parser.add_argument("--guests", default=guestimages.FOLDER, metavar="FOLDER",
                        help="with `scripts/build-guests pmac`'s kernels (default: $SYSEMU_GUESTS, or build/guests)")
    parser.add_argument("--folder", default=ROOT / "build" / "bench", help="for what is built (default: build/bench)")
    parser.add_argument("--json", metavar="FILE", help="all measurements")
    parser.add_argument("--svg", metavar="FILE", help="a picture")
    args = parser.parse_args()
    args.folder = pathlib.Path(args.folder)
    args.rounds_of = lambda program: max(int(program.rounds * args.scale), 1)
    args.sysemu = args.sysemu or [str(ROOT / "build" / "sysemu")]
    if args.quick:
        args.rounds, args.scale = 1, args.scale / 10
    if args.rounds < 1 or args.scale <= 0:
        parser.error("--rounds is at least 1, --scale more than 0")
    return args


def main():
    args = parse_arguments()
    everything = [BOOT, *programs.find_all(), *foreign.JOBS]
    if args.list:
        for program in everything:
            print(f"{program.name:20}{program.group:14}{' '.join(sorted(program.kinds))}")
        return 0
    chosen = choose(everything, args.names)
    machines = find_emulators(args)
    columns = [machine.label for machine in machines] + ([NATIVE] if args.native else [])
    facts = {"emulators": {machine.label: [machine.version(), *machine.command] for machine in machines},
             "host": os.uname().machine, "rounds": args.rounds, "scale": args.scale}
    results = Results()
    try:
        builder = programs.Builder(args.folder)
        if not args.linux:
            measure_bare(args, [p for p in chosen if "bare" in p.kinds], machines, builder, results)
        if not args.bare:
            measure_linux(args, [p for p in chosen if "linux" in p.kinds and p is not BOOT], machines, builder, results)
    except (programs.BuildError, debian.AptError, emulators.GuestError, FileNotFoundError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("interrupted: what was measured until now", file=sys.stderr)
    print("\n".join(report.table(everything, results.seconds, columns)))
    if args.json:
        report.write_json(args.json, everything, results.seconds, columns, facts)
    if args.svg:
        pathlib.Path(args.svg).write_text(report.picture(everything, results.seconds, columns), encoding="utf-8")
    return 1 if results.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
