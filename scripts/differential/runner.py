"""Runs sequences on both machines, and finds the instruction at which their states part.

SPDX-License-Identifier: MIT
"""

import struct

import harness as h
from rows import ROWS

OUT_FORMAT = ">32I32Q4I" + "4xI" + "5I"
FIELDS = ([f"r{n}" for n in range(32)] + [f"f{n}" for n in range(32)] +
          ["cr", "xer", "lr", "ctr", "fpscr", "vector", "srr0", "srr1", "dar", "dsisr"])
REGISTER_FIELDS = ("rt", "ra", "rb", "rs", "frt", "fra", "frb", "frc", "frs")
FPSCR_FR = 0x00040000
FPSCR_AT = h.FPSCR + 4
PTE_FIELDS = [f"pte{n}.{half}" for n in range(h.NB_PTES) for half in (0, 1)]


class State:
    """What a sequence left: registers by name, page table entries, memory."""

    def __init__(self, out, memory, mmu):
        self.registers = dict(zip(FIELDS, struct.unpack_from(OUT_FORMAT, out)))
        if mmu:
            self.registers.update(zip(PTE_FIELDS, struct.unpack_from(f">{2 * h.NB_PTES}I", out, h.OUT_PTES - h.OUT)))
        self.memory = memory

    def __getitem__(self, name):
        return self.memory[int(name[1:], 16)] if name[0] == "m" else self.registers[name]

    def difference(self, other):
        """{field: differing bits}; bytes of memory are m0, m1 ..."""
        mine, theirs = self.registers, other.registers
        bits = {f: v ^ theirs[f] for f, v in mine.items() if v != theirs[f]}
        if self.memory != other.memory:
            bits.update((f"m{i:x}", a ^ b) for i, (a, b) in enumerate(zip(self.memory, other.memory)) if a != b)
        return bits


class Deviation:
    """The first instruction of a sequence after which the states differ; the state before it, and both after it."""

    def __init__(self, sequence, k, before, ours, theirs):
        self.sequence = sequence
        self.k = k
        self.name = sequence.names[k]
        self.word = sequence.words[k]
        self.row = ROWS[self.name]
        self.before, self.ours, self.theirs = before, ours, theirs
        self.bits = ours.difference(theirs)
        self.notes = []

    def field(self, name):
        return self.row.get(self.word, name)

    def register(self, field):
        """The state's name of the register that the instruction's field names."""
        return f"{'f' if field[0] == 'f' else 'r'}{self.field(field)}"

    def __str__(self):
        used = [self.register(f) for f in self.row.fields if f in REGISTER_FIELDS]
        used += ["cr", "xer", "lr", "ctr", "fpscr"]
        text = " ".join(f"{n}={self.before[n]:x}" for n in used)
        lines = [f"{self.word:08x} {self.name}: {text} msr={self.sequence.msr:x}"]
        for f in list(self.bits)[:8]:
            lines.append(f"    {f}: ours {self.ours[f]:x}, theirs {self.theirs[f]:x}, before {self.before[f]:x}")
        lines += [f"    {line}" for line in self.notes]
        return "\n".join(lines)


def without_fr(out):
    """The reference never changes FPSCR[FR]."""
    at = FPSCR_AT + 1
    return out[:at] + bytes([out[at] & ~(FPSCR_FR >> 16)]) + out[at + 1:]


def same(ours, theirs):
    return ours == theirs or (ours[1] == theirs[1] and without_fr(ours[0]) == without_fr(theirs[0]))


class Runner:
    def __init__(self, machines):
        self.machines = machines
        self.mmu = None
        self.done = None

    def _load_harness(self, mmu):
        pieces, self.first, done = h.build(mmu)
        for machine in self.machines:
            if self.done:
                machine.remote.expect_ok(f"z0,{self.done:x},4")
            for addr, data in pieces:
                machine.write_code(addr, data)
            machine.remote.expect_ok(f"Z0,{done:x},4")
        self.mmu, self.done = mmu, done

    def _write(self, sequences, lengths):
        last = sequences[-1].index + 1
        code = bytearray(h.words([h.SC]) * (last * h.SLOT // 4))
        for s, length, following in zip(sequences, lengths, sequences[1:] + [None]):
            at = s.index * h.SLOT
            code[at:at + h.SLOT] = s.code(length)
            record = s.record(following)
            for machine in self.machines:
                machine.ram[s.address:s.address + h.RECORD] = record
                if self.mmu:
                    machine.ram[s.pages:s.pages + h.PAGE_PAIR] = s.memory
        for machine in self.machines:
            machine.ram[h.FIRST:h.FIRST + 4] = h.words([sequences[0].address])
            machine.write_code(h.CODE, bytes(code))

    def _outcomes(self, machine, sequences):
        ram, mmu = machine.ram, self.mmu
        for s in sequences:
            out = ram[s.address + h.OUT:s.address + h.SCRATCH]
            yield out, (ram[s.pages:s.pages + h.PAGE_PAIR] if mmu
                        else ram[s.address + h.SCRATCH:s.address + h.RECORD])

    def run(self, sequences, lengths=None, meanwhile=None):
        """For each machine, the outcome of each sequence as (state, memory). `meanwhile` is called while they run."""
        if sequences[0].mmu != self.mmu:
            self._load_harness(sequences[0].mmu)
        self._write(sequences, lengths or [None] * len(sequences))
        for machine in self.machines:
            machine.start(self.first)
        if meanwhile:
            meanwhile()
        for machine in self.machines:
            if not machine.wait(self.done):
                self._lost(machine, sequences)
        if self.mmu:
            self._check_tables()
        return [list(self._outcomes(machine, sequences)) for machine in self.machines]

    def _lost(self, machine, sequences):
        pc = machine.get("pc")
        text = f"{machine.name}: lost at pc {pc:x}, msr {machine.get('msr'):x}, ctr {machine.get('ctr'):x}"
        for s in sequences:
            if not machine.ram[s.address + h.OUT + h.VECTOR:s.address + h.OUT + h.VECTOR + 4].strip(b"\0"):
                text += "\n" + s.describe()
                break
        raise SystemExit(text)

    def _check_tables(self):
        """Nobody writes to the page tables but to the entries' own words, which the harness clears."""
        for machine in self.machines:
            if any(machine.ram[h.TABLES:h.TABLES + h.TABLES_SIZE]):
                raise SystemExit(f"{machine.name}: wrote to page tables where no entry is")

    def first_deviations(self, sequences, ours, theirs):
        """A Deviation for each sequence, found by halving, from the outcomes that differ."""
        mmu = sequences[0].mmu
        low = [(0, s.state()) for s in sequences]
        high = [(s.length, a, b) for s, a, b in zip(sequences, ours, theirs)]
        while True:
            left = [i for i in range(len(sequences)) if high[i][0] - low[i][0] > 1]
            if not left:
                break
            lengths = [(low[i][0] + high[i][0]) // 2 for i in left]
            for i, n, a, b in zip(left, lengths, *self.run([sequences[i] for i in left], lengths)):
                if same(a, b):
                    low[i] = n, a
                else:
                    high[i] = n, a, b
        return [Deviation(s, n - 1, State(*before, mmu), State(*a, mmu), State(*b, mmu))
                for s, (_, before), (n, a, b) in zip(sequences, low, high)]

    def comes_again(self, deviation):
        """Whether it does when its sequence runs alone."""
        s = deviation.sequence
        (a,), (b,) = self.run([s], [deviation.k + 1])
        return State(*a, s.mmu).difference(State(*b, s.mmu)) == deviation.bits
