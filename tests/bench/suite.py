#!/usr/bin/env python3
"""The benchmark: guest programs on sysemu, on QEMU and natively; CPU seconds, ratios with their spread, geometric means.

Builds the programs of tests/bench/programs (into build/bench), runs each on all emulators in turn, several rounds, and compares
the checksums that they print. docs/user/performance.md says what the numbers mean.

SPDX-License-Identifier: MIT
"""

import argparse
import os
import pathlib
import shlex
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests")]

# pylint: disable=wrong-import-position
import guestimages  # noqa: E402
import installedqemu  # noqa: E402
from benchsuite import debian, emulators, foreign, measure, programs, report, systems  # noqa: E402


def named_command(text, label):
    """[LABEL=]PROGRAM [OPTION ...] -> (label, words)"""
    words = shlex.split(text)
    given, separator, path = words[0].partition("=") if words else ("", "", "")
    if separator:
        label, words[0] = given, path
    if not words or not shutil.which(words[0]):
        raise SystemExit(f"suite.py: no program '{text}'")
    return label, words


def find_emulators(args, architecture):
    """The emulators to compare for an architecture, ours first."""
    ours = [named_command(text, "sysemu" if n == 0 else f"sysemu{n + 1}") for n, text in enumerate(args.sysemu)]
    found = [emulators.Emulator(label, architecture.ours, (*words, *shlex.split(args.sysemu_args))) for label, words in ours]
    theirs = args.qemu
    if theirs is None:
        rival = pathlib.Path(args.rival, architecture.emulator)
        installed = installedqemu.find(architecture.emulator)
        theirs = [f"rival={rival}"] if rival.exists() else []
        theirs += [f"installed={installed}"] if installed else []
        if not rival.exists():
            print(f"{rival} is not there: tests/bench/get-rival --systems ppc,arm,x86 {args.rival} gets it", file=sys.stderr)
    for n, text in enumerate(filter(None, theirs)):
        label, words = named_command(text, "qemu" if n == 0 else f"qemu{n + 1}")
        found.append(emulators.Emulator(label, architecture.board_of_qemu(), (*words, *shlex.split(args.qemu_args))))
    if len({emulator.label for emulator in found} | {report.NATIVE}) <= len(found):
        raise SystemExit(f"suite.py: two columns have the same name, or one has the name '{report.NATIVE}': use LABEL=PATH")
    return found


def choose(everything, names):
    """Those programs whose name or group is in names; all if there are none."""
    known = {program.name for program in everything} | {program.group for program in everything}
    if set(names) - known:
        raise SystemExit(f"suite.py: no program and no group: {' '.join(sorted(set(names) - known))}; there are: {' '.join(sorted(known))}")
    return [p for p in everything if not names or p.name in names or p.group in names]


def prepare(args, chosen, architecture, machines):
    """What is to be measured on an architecture, all of it built."""
    builder = programs.Builder(args.folder, architecture=architecture)
    chosen = [program for program in chosen if program.only in ("", architecture.name)]
    bare = [program for program in chosen if "bare" in program.kinds and architecture.runs_bare() and not args.linux]
    linux = [program for program in chosen if "linux" in program.kinds and not args.bare]
    measurements = []
    if bare:
        measurements.append(measure.Bare(bare, machines, builder, args.scale, args.native))
    if linux:
        measurements.append(measure.Linux(linux, machines, builder, args.scale, args.native, args.guests))
    if not measurements:
        raise SystemExit(f"suite.py: none of the programs runs there ({architecture.name})")
    return measurements


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PROGRAM|GROUP", help="only these (--list shows all)")
    parser.add_argument("--list", action="store_true", help="say which programs there are, and end")
    parser.add_argument("--arch", action="append", choices=list(systems.ARCHITECTURES),
                        help="the guest's architecture; may be given several times (default: ppc)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--bare", action="store_true", help="only without an operating system")
    where.add_argument("--linux", action="store_true", help="only under Linux")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is run (default: 3)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, one round")
    parser.add_argument("--scale", type=float, default=1, help="so much of the work (default: 1)")
    parser.add_argument("--no-native", dest="native", action="store_false", help="don't run the programs natively")
    parser.add_argument("--sysemu", action="append", metavar="'[LABEL=]PATH [OPTION ...]'",
                        help="ours; several are compared with each other (default: build/sysemu)")
    parser.add_argument("--sysemu-args", default="", metavar="'OPTION ...'", help="for each sysemu: '-accel tcg,…'")
    parser.add_argument("--qemu-args", default="", metavar="'OPTION ...'", help="for each of the others: '-cpu max'")
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
    args.arch = [systems.ARCHITECTURES[name] for name in dict.fromkeys(args.arch or ["ppc"])]
    args.sysemu = args.sysemu or [str(ROOT / "build" / "sysemu")]
    if args.quick:
        args.rounds, args.scale = 1, args.scale / 10
    if args.rounds < 1 or args.scale <= 0:
        parser.error("--rounds is at least 1, --scale more than 0")
    return args


def main():
    args = parse_arguments()
    everything = [measure.BOOT, *programs.find_all(), *foreign.JOBS]
    if args.list:
        for program in everything:
            print(f"{program.name:20}{program.group:14}{' '.join(sorted(program.kinds))}")
        return 0
    chosen = choose(everything, args.names)
    machines = {architecture: find_emulators(args, architecture) for architecture in args.arch}
    columns = list(dict.fromkeys(machine.label for found in machines.values() for machine in found)) + ([report.NATIVE] if args.native else [])
    facts = {"emulators": {architecture.name: {machine.label: [machine.version(), *machine.command] for machine in found}
                           for architecture, found in machines.items()},
             "host": os.uname().machine, "rounds": args.rounds, "scale": args.scale}
    results = measure.Results()
    try:
        measurements = [measurement for architecture, found in machines.items()
                        for measurement in prepare(args, chosen, architecture, found)]
        for turn in range(args.rounds):
            for measurement in measurements:
                measurement.measure(results)
                print(f"{measurement.kind}: round {turn + 1} of {args.rounds} done", file=sys.stderr, flush=True)
    except (programs.BuildError, debian.AptError, FileNotFoundError) as error:
        sys.exit(f"suite.py: {error}")
    except KeyboardInterrupt:
        print("interrupted; what was measured until now:", file=sys.stderr)
    print("\n".join(report.table(everything, results.seconds, columns)))
    if args.json:
        report.write_json(args.json, everything, results.seconds, columns, facts)
    if args.svg:
        pathlib.Path(args.svg).write_text(report.picture(everything, results.seconds, columns), encoding="utf-8")
    return 1 if results.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
