"""Holds our PowerPC against the installed qemu-system-ppc: random sequences on both, through their GDB ports.

    python3 scripts/differential [--count N] [--seed N] [CLASS...]

A sequence whose outcome differs is run again in prefixes, to find the first instruction that makes a difference; what follows it is
not counted as a deviation. Differences that QEMU's known departures from the manuals explain (departures.py) are listed
apart. Exit status 1: there are others.

SPDX-License-Identifier: MIT
"""

import argparse
import collections
import pathlib
import random
import struct
import sys
import time

import generate
import harness as h
from departures import known
from generate import CLASSES, Sequence
from machine import Machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
FPSCR_FR = 0x00040000
# Bits that aren't compared: FR; the upper word of the FPSCR's image.
OUT_FORMAT = ">32I32Q4I" + "4xI" + "5I"
FIELDS = ([f"r{n}" for n in range(32)] + [f"f{n}" for n in range(32)] +
          ["cr", "xer", "lr", "ctr", "fpscr", "vector", "srr0", "srr1", "dar", "dsisr"])


def parse_state(data, memory):
    state = dict(zip(FIELDS, struct.unpack(OUT_FORMAT, data)))
    state["fpscr"] &= ~FPSCR_FR
    state.update((f"m{i:x}", memory[i]) for i in range(len(memory)))
    return state


class Deviation:
    def __init__(self, sequence, k, before, ours, theirs):
        self.sequence = sequence
        self.k = k
        self.name = sequence.names[k]
        self.word = sequence.words[k]
        self.before, self.ours, self.theirs = before, ours, theirs
        self.fields = [f for f in ours if ours[f] != theirs[f]]

    def __str__(self):
        used = []
        row = generate.ROWS[self.name]
        for field, (shift, width, *_) in row.fields.items():
            n = self.word >> shift & ((1 << width) - 1)
            register = {"r": "r", "f": "f"}.get(field[0])
            if field in ("rt", "ra", "rb", "rs", "frt", "fra", "frb", "frc", "frs"):
                used.append(f"{register}{n}={self.before[register + str(n)]:x}")
        used += [f"{n}={self.before[n]:x}" for n in ("cr", "xer", "fpscr")]
        used.append(f"msr={self.sequence.msr:x}")
        lines = [f"{self.word:08x} {self.name}: {' '.join(used)}"]
        for f in self.fields[:6]:
            lines.append(f"    {f}: ours {self.ours[f]:x}, theirs {self.theirs[f]:x}")
        return "\n".join(lines)


class Runner:
    def __init__(self, machines):
        self.machines = machines
        pieces, self.start, self.done = h.build()
        for machine in machines:
            machine.write(pieces)
            machine.remote.expect_ok(f"Z0,{self.done:x},4")

    def run(self, sequences, lengths=None):
        """For each machine, the outcome of each sequence as (state, memory) bytes."""
        lengths = lengths or [None] * len(sequences)
        pieces = [(h.FIRST, h.words([sequences[0].address]))]
        for s, length, following in zip(sequences, lengths, sequences[1:] + [None]):
            pieces += [(s.entry, s.code(length)), (s.address, s.record(following))]
        outcomes = []
        for machine in self.machines:
            machine.write(pieces)
            if not machine.run(self.start, self.done):
                raise SystemExit(f"{machine.name}: lost at pc {machine.get('pc'):x}, "
                                 f"record {machine.get('r31'):x}")
            results = machine.read([s.address + h.OUT for s in sequences], h.RECORD - h.OUT)
            outcomes.append([(data[:h.DSISR + 4], data[h.SCRATCH - h.OUT:]) for data in results])
        return outcomes

    def first_deviations(self, sequences):
        """Runs all prefixes: a Deviation for each sequence, or None where there is none any more."""
        states = [[parse_state(*outcome)] for outcome in self.run(sequences, [0] * len(sequences))[0]]
        found = [None] * len(sequences)
        for length in range(1, max(s.length for s in sequences) + 1):
            left = [i for i, s in enumerate(sequences) if not found[i] and length <= s.length]
            if not left:
                break
            outcomes = self.run([sequences[i] for i in left], [length] * len(left))
            for i, ours, theirs in zip(left, *outcomes):
                ours, theirs = parse_state(*ours), parse_state(*theirs)
                if ours != theirs:
                    found[i] = Deviation(sequences[i], length - 1, states[i][-1], ours, theirs)
                states[i].append(ours)
        return found


def same(a, b):
    return a == b or parse_state(*a) == parse_state(*b)


class Report:
    def __init__(self, kind):
        self.kind = kind
        self.count = 0
        self.known = collections.Counter()
        self.found = {}
        self.different = 0  # sequences
        self.explained = 0
        self.unstable = 0

    def add(self, deviation):
        if deviation is None:
            self.unstable += 1
            return
        labels = known(deviation)
        if labels:
            self.known.update(labels)
            self.explained += 1
        else:
            self.found.setdefault(deviation.name, []).append(deviation)

    def print(self, seconds):
        total = sum(len(v) for v in self.found.values())
        print(f"{self.kind:12} {self.count:9} instructions, {total} deviations, "
              f"{self.explained} known departures of the reference  ({seconds:.0f} s)")
        if self.different > total + self.explained + self.unstable:
            print(f"    {self.different - total - self.explained} more sequences differ")
        for label, n in self.known.most_common():
            print(f"    {n:6}  {label}")
        for name, deviations in sorted(self.found.items()):
            print(f"    {name}: {len(deviations)}")
            for d in deviations[:3]:
                print("      " + str(d).replace("\n", "\n      "))
        if self.unstable:
            print(f"    {self.unstable} differences that did not come again alone")
        sys.stdout.flush()


def run_class(runner, kind, options, rng):
    report = Report(kind)
    start = time.monotonic()
    while report.count < options.count:
        sequences = [Sequence(rng, kind, i) for i in range(options.batch)]
        ours, theirs = runner.run(sequences)
        report.count += sum(s.length for s in sequences)
        different = [s for s, a, b in zip(sequences, ours, theirs) if not same(a, b)]
        report.different += len(different)
        if different and sum(map(len, report.found.values())) < options.limit:
            for deviation in runner.first_deviations(different):
                report.add(deviation)
    report.print(time.monotonic() - start)
    return not report.found


def main():
    parser = argparse.ArgumentParser(prog="differential", description=__doc__.split("\n")[0])
    parser.add_argument("--ours", default=str(ROOT / "build" / "sysemu"))
    parser.add_argument("--reference", default="qemu-system-ppc")
    parser.add_argument("--accel", default="tcg", help="our -accel, e.g. tcg,backend=interp")
    parser.add_argument("--count", type=int, default=100000, help="instructions of each class")
    parser.add_argument("--batch", type=int, default=1024, help="sequences in one run")
    parser.add_argument("--limit", type=int, default=30,
                        help="deviations of a class after which no more are looked into")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("classes", nargs="*", metavar="CLASS", help=" ".join(CLASSES))
    options = parser.parse_args()
    if set(options.classes) - set(CLASSES):
        parser.error("classes are " + " ".join(CLASSES))
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}")
    machines = []
    try:
        machines.append(Machine("ours", [options.ours, "-machine", "VMC", "-m", "32M",
                                         "-accel", options.accel]))
        machines.append(Machine("reference", [options.reference, "-M", "g3beige", "-cpu", "750",
                                              "-m", "128M", "-nodefaults"]))
        runner = Runner(machines)
        good = [run_class(runner, kind, options, random.Random(f"{seed} {kind}"))
                for kind in options.classes or CLASSES]
    finally:
        for machine in machines:
            machine.close()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
