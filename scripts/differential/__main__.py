"""Holds our PowerPC against the installed qemu-system-ppc: random sequences on both, through their GDB ports.

    python3 scripts/differential [--count N] [--seed N] [--table] [CLASS...]

What is counted are instructions that were executed and compared: of a sequence whose outcome differs those up to the first that
makes a difference, of one that ends in an exception those up to that. Differences that QEMU's known departures
from the manuals explain (departures.py) are listed apart. Exit status 1: there are others.

SPDX-License-Identifier: MIT
"""

import argparse
import collections
import pathlib
import random
import signal
import sys
import time

import departures
import mmu
from generate import CLASSES, Pool, Sequence
from machine import Machine
from runner import Runner, same

ROOT = pathlib.Path(__file__).resolve().parents[2]
RAM_SIZE = 32 << 20
BATCHES_OF_POOL = 4
KINDS = {**{kind: Sequence for kind in CLASSES}, **{kind: mmu.MmuSequence for kind in mmu.CLASSES}}


class Report:
    def __init__(self, kind):
        self.kind = kind
        self.count = self.different = self.unstable = 0
        self.known = collections.Counter()
        self.explained = 0
        self.found = {}
        self.start = time.monotonic()

    def total(self):
        return sum(map(len, self.found.values()))

    def add(self, deviation, runner):
        labels = departures.known(deviation)
        self.count += deviation.k + 1
        if labels:
            self.known.update(labels)
            self.explained += 1
        elif runner.comes_again(deviation):
            self.found.setdefault(deviation.name, []).append(deviation)
        else:
            self.unstable += 1

    def print(self):
        rate = self.count / (time.monotonic() - self.start)
        print(f"{self.kind:12} {self.count:9} instructions, {self.total()} deviations, "
              f"{self.explained} known departures of the reference  ({rate:.0f} a second)")
        for label, n in self.known.most_common():
            print(f"    {n:6}  {label}")
        for name, deviations in sorted(self.found.items()):
            print(f"    {name}: {len(deviations)}")
            for d in deviations[:3]:
                print("      " + str(d).replace("\n", "\n      "))
                print("        " + d.sequence.describe().replace("\n", "\n        "))
        unlooked = self.different - self.total() - self.explained - self.unstable
        if unlooked:
            print(f"    {unlooked} more sequences differ")
        if self.unstable:
            print(f"    {self.unstable} differences that did not come again alone")
        sys.stdout.flush()

    def good(self):
        return not self.found and not self.unstable

    def row(self):
        return f"| {self.kind} | {self.count:,} | {self.total()} | {self.explained:,} | {departures.numbers(self.known)} |"


def generated(kind, size, rng):
    """Batches of sequences, without end."""
    while True:
        pool = Pool(rng)
        for _ in range(BATCHES_OF_POOL):
            yield [KINDS[kind](rng, pool, kind, i) for i in range(size)]


def run_class(runner, kind, options, rng):
    report = Report(kind)
    batches = generated(kind, options.batch, rng)
    following = [next(batches)]
    while report.count < options.count and report.total() < options.limit:
        sequences = following.pop()
        ours, theirs = runner.run(sequences, meanwhile=lambda: following.append(next(batches)))
        different = []
        for s, a, b in zip(sequences, ours, theirs):
            # Of differences in FPSCR[FR] alone, those of a single instruction are looked at.
            if not same(a, b) or (a != b and s.length == 1):
                different.append((s, a, b))
            else:
                report.count += s.executed(a[0])
        report.different += len(different)
        if different:
            for deviation in runner.first_deviations(*map(list, zip(*different))):
                report.add(deviation, runner)
    report.print()
    return report


def parse_options():
    parser = argparse.ArgumentParser(prog="differential", description=__doc__.split("\n")[0])
    parser.add_argument("--ours", default=str(ROOT / "build" / "sysemu"))
    parser.add_argument("--reference", default="qemu-system-ppc",
                        help="QEMU's own; its path, where `meson install` has put ours in front of it")
    parser.add_argument("--accel", default="tcg", help="our -accel, e.g. tcg,backend=interp")
    parser.add_argument("--count", type=int, default=100000, help="instructions of each class")
    parser.add_argument("--batch", type=int, default=1024, help="sequences in one run")
    parser.add_argument("--limit", type=int, default=30, help="deviations of a class after which it is left")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--table", action="store_true", help="print the results as a table at the end")
    parser.add_argument("classes", nargs="*", metavar="CLASS", help=" ".join(KINDS))
    options = parser.parse_args()
    if set(options.classes) - set(KINDS):
        parser.error("classes are " + " ".join(KINDS))
    if not 1 <= options.batch <= 1024:
        parser.error("a batch is 1 to 1024 sequences")
    return options


def main():
    options = parse_options()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}")
    machines = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the emulators don't outlive this
    try:
        machines.append(Machine("ours", "VMC", [options.ours, "-accel", options.accel], RAM_SIZE))
        machines.append(Machine("reference", "g3beige", [options.reference, "-cpu", "750", "-nodefaults"], RAM_SIZE))
        runner = Runner(machines)
        reports = [run_class(runner, kind, options, random.Random(f"{seed} {kind}"))
                   for kind in options.classes or KINDS]
    finally:
        for machine in machines:
            machine.close()
    if options.table:
        print("| class | instructions | deviations | explained | by |\n| --- | ---: | ---: | ---: | --- |")
        print("\n".join(r.row() for r in reports))
    return 0 if all(r.good() for r in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
