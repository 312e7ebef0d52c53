"""What the manual says that an instruction does under address translation: the judge for the classes of mmu.py.

Only faults and what they leave are worked out, and page table entries' R and C; the results of accesses that succeed are
held against the reference alone.

Reference: PEM 7.4 to 7.7 and tables 6-5 to 6-8; MPC750UM 4.5.3, 4.5.4, 4.5.6, 5.4.1, figure 5-9 (R is set as soon as
the entry is found, C when a store is allowed).

SPDX-License-Identifier: MIT
"""

import copy

from translation import I, PAGE, PTE_C, PTE_R, W

WORD = 0xffffffff
ALL = (1 << 64) - 1
PR, DR, IR = 0x4000, 0x10, 0x20
CACHE_OPS = ("dcbf", "dcbst", "dcbi")
HINTS = ("dcbt", "dcbtst", "icbi")  # icbi: MPC750UM 3.4.2.6, it isn't translated
MULTIPLE = ("lmw", "stmw")
DSISR = {"miss": 0x40000000, "protection": 0x08000000, "direct-store": 0x04000000}
ISI = {"miss": 0x40000000, "protection": 0x08000000, "no-execute": 0x10000000, "direct-store": 0x10000000}
STORE = 0x02000000
DCE = 0x4000


class Situation:
    """The MMU as it is before the instruction, what that is doing there, and what comes of it."""

    def __init__(self, d):
        s = d.sequence
        self.d = d
        self.msr = d.before["srr1"] & 0xffff if d.k else s.msr
        self.address = (d.before["srr0"] - 4) & WORD if d.k else s.entry
        self.mmu = copy.deepcopy(s.map)
        self.numbers = {}
        for n, (at, *_) in enumerate(s.entry_list()):
            self.numbers.setdefault(at, []).append(n)
            self.mmu.table[at], self.mmu.table[at + 4] = d.before[f"pte{n}.0"], d.before[f"pte{n}.1"]
        for name, word in zip(s.names[:d.k], s.words):
            self._replay(name, word)
        self.fields = {}

    def _replay(self, name, word):
        value = self.d.before[f"r{word >> 21 & 31}"]
        if name == "mtsr":
            self.mmu.sr[word >> 16 & 15] = value
        elif name == "mtsrin":
            self.mmu.sr[self.d.before[f"r{word >> 11 & 31}"] >> 28] = value

    def translate(self, ea, access):
        return self.mmu.translate(ea & WORD, access, bool(self.msr & PR))

    def mark(self, at, bits):
        """R or C of the entry at `at`, in all its places in the record."""
        if at is not None:
            self.mmu.table[at + 4] |= bits
            for n in self.numbers[at]:
                self.fields[f"pte{n}.1"] = (self.mmu.table[at + 4], ALL)

    def exception(self, vector, srr1=0, **fields):
        self.fields.update(vector=(vector, ALL), srr0=(self.address, ALL), srr1=(self.msr | srr1, ALL))
        self.fields.update((f, (v, ALL)) for f, v in fields.items())
        return self.fields

    def success(self, **fields):
        """Nothing but the instruction's own effects."""
        self.fields.update(vector=(0xc00, ALL), srr0=((self.address + 8) & WORD, ALL), srr1=(self.msr, ALL))
        self.fields.update(fields)
        return self.fields

    def undefined(self, *fields):
        self.fields.update((f, (0, 0)) for f in fields)

    # --- Instruction fetch

    def fetch(self):
        """The ISI, or None."""
        if not self.msr & IR:
            return None
        t = self.translate(self.address, "fetch")
        self.mark(t.pte, PTE_R)
        return self.exception(0x400, ISI[t.fault]) if t.fault else None

    # --- Data

    def pieces(self, ea, size):
        """(address, size) in each page."""
        while size:
            part = min(size, PAGE - (ea & PAGE - 1))
            yield ea, part
            ea, size = (ea + part) & WORD, size - part

    def access(self, ea, size, store):
        """The DSI, or None. What was done before it may stay done."""
        if not self.msr & DR:
            return None
        done = []
        for at, part in self.pieces(ea, size):
            t = self.translate(at, "store" if store else "load")
            self.mark(t.pte, PTE_R)
            if t.fault:
                self._partly(done)
                return self.exception(0x300, dar=at, dsisr=DSISR[t.fault] | (STORE if store else 0))
            if store:
                self.mark(t.pte, PTE_C)
                done += [(t, part)]
        return None

    def _partly(self, done):
        for t, part in done:
            at = t.physical - self.d.sequence.pages
            self.undefined(*(f"m{at + i:x}" for i in range(part)))
            for n in self.numbers.get(t.pte, []):
                self.fields[f"pte{n}.1"] = (self.mmu.table[t.pte + 4], ALL & ~PTE_C)

    def memory_fields(self, ea, size):
        """The names of the bytes there, which translate."""
        at = [self.translate(ea + i, "load").physical if self.msr & DR else ea + i for i in range(size)]
        return [f"m{physical - self.d.sequence.pages:x}" for physical in at]

    def dcbz(self, ea, manual):
        """Alignment comes before what translation says (MPC750UM table 4-3)."""
        t = self.translate(ea, "load") if self.msr & DR else None
        if t and t.fault == "direct-store":
            return self.success()
        cache_off = not self.d.sequence.hid0 & DCE
        if cache_off or (t and t.physical is not None and t.wimg & (W | I)):
            if t and not cache_off:
                self.mark_maybe(t.pte)
            return self.exception(0x600, dar=ea, dsisr=manual.alignment_dsisr(self.d.word))
        return self.access(ea, 1, True)

    def mark_maybe(self, at):
        for n in self.numbers.get(at, []):
            self.fields[f"pte{n}.1"] = (self.mmu.table[at + 4], ALL & ~PTE_R)


def bytes_of(d):
    """How many bytes an access moves."""
    if d.name in MULTIPLE:
        return 4 * (32 - (d.word >> 21 & 31))
    if d.name in ("lswi", "stswi"):
        return d.field("nb") or 32
    if d.name in ("lswx", "stswx"):
        return d.before["xer"] & 0x7f
    flag = next(f for f in d.row.flags if f.startswith("mem="))
    return int(flag[5:])


def registers_of(d, size):
    """Those that a multiple or string load may have written before its fault."""
    if d.name in ("lmw", "lswi", "lswx"):
        return [f"r{(d.field('rt') + i) & 31}" for i in range((size + 3) // 4)]
    return []


def is_store(d):
    return any(f.startswith("mem=w") for f in d.row.flags)


def judge(d, manual):
    s = Situation(d)
    fault = s.fetch()
    if fault:
        return fault
    if d.name in HINTS or not any(f.startswith("mem=") for f in d.row.flags):
        return without_access(d, s, manual)
    ea = manual.effective_address(d)
    if manual.alignment_due(d):
        return s.exception(0x600, dar=ea, dsisr=manual.alignment_dsisr(d.word))
    if d.name == "dcbz":
        return s.dcbz(ea, manual) or s.success()
    if d.name == "dcbi" and s.msr & PR:
        return s.exception(0x700, 0x00040000)
    if d.name in CACHE_OPS:
        if s.msr & DR and s.translate(ea, "load").fault == "direct-store":
            return s.success()
        return s.access(ea, 1, d.name == "dcbi") or s.success()
    size = bytes_of(d)
    fault = s.access(ea, size, is_store(d))
    if fault:
        s.undefined(*registers_of(d, size))
        return fault
    if d.name == "stwcx.":
        return s.success(**store_conditional(d, s, ea, manual))
    if manual.is_too_small_for_stfs(d):
        s.undefined(*s.memory_fields(ea, 4))
    return s.success()


def without_access(d, s, manual):
    if "priv" in d.row.flags and s.msr & PR:
        return s.exception(0x700, 0x00040000)
    if d.name in ("mtmsr", "bcctr"):  # what follows is fetched in another state, or elsewhere (the branch is taken)
        if d.name == "mtmsr":
            s.msr = d.before[d.register("rs")] & 0xffff
            s.address += 4
        else:
            s.address = d.before["ctr"] & ~3
        fault = s.fetch()
        s.address -= 4
        return fault or s.success()
    if manual.is_undefined_divide(d):
        s.fields.update(manual.undefined_divide(d))
    return s.success()


def store_conditional(d, s, ea, manual):
    reserved = manual.is_reserved(d)
    fields = {"cr": (d.before["cr"] & 0x0fffffff | d.before["xer"] >> 3 & 0x10000000 | reserved << 29, ALL)}
    value = d.before[d.register("rs")]
    if reserved:
        fields.update((f, (value >> (24 - 8 * i) & 0xff, 0xff)) for i, f in enumerate(s.memory_fields(ea, 4)))
    return fields
