"""Random sequences that run with address translation: random segments, page tables, BATs; accesses that fault or cross
pages; instructions fetched through them.

The MMU's registers are loaded for each sequence, and the page table has its entries only. All that is mapped leads to two
pages of the sequence's own, or to its code.

SPDX-License-Identifier: MIT
"""

import struct

import harness as h
from generate import INTEGER, MEMORY, RESERVED, STRING, Sequence, names
from rows import ROWS
from translation import KP, KS, M, N, PAGE, PTE_C, PTE_H, PTE_R, PTE_V, T, VP, VS, W, I, Mmu, bat
from translation import G as GUARDED

CACHE = names("dcbf dcbst dcbt dcbtst icbi dcbi dcbz")
ACCESSES = MEMORY + STRING * 2 + RESERVED + CACHE
# Several instructions that belong together.
CHANGES = ("segment", "tlbie", "entry", "privilege", "branch")
LONGEST_CHANGE = 5
CLASSES = {
    "faulting": (ACCESSES * 3 + INTEGER, 5),
    "mmu": (ACCESSES * 2 + list(CHANGES) * 30 + INTEGER, 8),
}
OTHERS = range(0, 20)
MSR_REGISTER, PAGE_REGISTER, SR_REGISTER, VALUE_REGISTER, ENTRY_REGISTER = 21, 22, 23, 24, 25
INDEXES, BASES = (26, 27), (28, 29, 30)
MARGIN = 0x200       # how far accesses may be from the address that a base register starts with
LENGTHS = [0x20000 << n for n in range(12)]
IR, DR, PR, FP_ME = 0x20, 0x10, 0x4000, 0x3000


class MmuSequence(Sequence):
    mmu = True

    def __init__(self, rng, pool, kind, index):
        self.kind, self.rng, self.index = kind, rng, index
        self.address = h.RECORDS + index * h.RECORD
        self.pages = self.memory_address = h.PAGES + index * h.PAGE_PAIR
        self.slot = h.CODE + index * h.SLOT
        self.names, self.words = [], []
        self._setup()
        self._registers(pool)
        pool_of_class, length = CLASSES[kind]
        self._generate(pool_of_class, rng.randint(1, length))
        if not self.words:
            self._append("sync")
        self.length = len(self.words)

    # --- The MMU

    def _setup(self):
        rng = self.rng
        self.map = Mmu()
        mask = rng.choice((0, 0, 1, 3))
        self.map.sdr1 = h.TABLES + 0x10000 * rng.choice(range(0, 4, mask + 1)) | mask
        self.hid0 = 0xc000 if rng.random() < 0.9 else rng.choice((0, 0x8000, 0x4000, 0xd000))
        self.segments = rng.sample(range(16), 16)
        vsids = rng.sample(range(1 << 24), 16) if rng.random() < 0.5 else rng.sample(range(64), 16)
        for n in range(16):
            self.map.sr[n] = vsids[n] | rng.choice((0, 0, 0, KS, KP, KS | KP)) | (N if rng.random() < 0.1 else 0)
            if rng.random() < 0.02:
                self.map.sr[n] |= T
                self.map.sr[n] &= ~0x1ff00000 & 0xffffffff | rng.getrandbits(8) << 20
        self.msr = FP_ME | rng.choice((0, PR)) | rng.choice((IR | DR, IR | DR, DR, DR, IR, 0))
        if self.kind == "faulting":
            self.msr |= DR
        self.entries = {}
        self._map_code()
        self._map_data()

    def _entry(self, ea, physical, pp=None, wimg=None):
        """Puts a page table entry in for ea; the number of the record's entry, or None if there's no room."""
        rng = self.rng
        if len(self.entries) == h.NB_PTES or self.map.find(ea) is not None:
            return
        vsid = self.map.sr[ea >> 28] & 0xffffff
        secondary = rng.random() < 0.3
        at = self.map.pteg(vsid, ea, secondary) + 8 * rng.randrange(8)
        if at in self.map.table:
            return
        pp = rng.choice((0, 1, 2, 2, 2, 3)) if pp is None else pp
        wimg = rng.choice((0, M, M, W, I, I | GUARDED, GUARDED, 0x78)) if wimg is None else wimg
        used = rng.choice((0, PTE_R, PTE_R, PTE_R | PTE_C, PTE_R | PTE_C, PTE_C))
        self.map.add(at, PTE_V | vsid << 7 | (PTE_H if secondary else 0) | ea >> 22 & 0x3f,
                     physical & ~0xfff | used | wimg | pp)
        self.entries[ea & ~0xfff] = at

    def _decoy(self, ea):
        """An entry that doesn't match for one bit of its first word."""
        vsid = self.map.sr[ea >> 28] & 0xffffff
        secondary = self.rng.random() < 0.5
        at = self.map.pteg(vsid, ea, secondary) + 8 * self.rng.randrange(8)
        if at in self.map.table or len(self.entries) == h.NB_PTES:
            return
        right = PTE_V | vsid << 7 | (PTE_H if secondary else 0) | ea >> 22 & 0x3f
        self.map.add(at, right ^ self.rng.choice((PTE_V, PTE_H, 1, 0x20, 0x80, 0x40000000)),
                     self.pages | PTE_R | PTE_C | 2)
        self.entries[f"decoy {at}"] = at

    def _block(self, side, n, physical, ea=None, length=None):
        """A BAT that maps the block around a physical address; the effective address of that."""
        rng = self.rng
        length = length or rng.choice(LENGTHS[:8] if rng.random() < 0.7 else LENGTHS)
        ea = rng.getrandbits(32) if ea is None else ea
        valid = rng.choice((VS | VP, VS | VP, VS, VP))
        wimg = rng.choice((0, M, W, I)) | (rng.choice((0, GUARDED)) if side == "D" else 0)
        self.map.bats[side][n] = bat(ea, physical, length, valid, wimg, rng.choice((2, 2, 2, 1, 3, 0)))
        return ea & ~(length - 1) & 0xffffffff | physical & (length - 1)

    def _map_code(self):
        rng = self.rng
        places = []
        for n in range(rng.choice((1, 2))):
            if rng.random() < 0.4:
                places.append(self._block("I", rng.randrange(4), self.slot))
            else:
                ea = self.segments[rng.choice((0, 0, 1))] << 28 | rng.getrandbits(16) << 12
                self._entry(ea, self.slot & ~0xfff, *((2, M) if rng.random() < 0.8 else ()))
                places.append(ea | self.slot & 0xfff)
        if rng.random() < 0.8:  # most sequences shall get as far as their accesses
            for ea in places:
                self.map.sr[ea >> 28] &= ~(T | N)
        self.places = list(filter(self._leads_home, places))
        if not self.places:
            self.msr &= ~IR
        self.entry = self.places[0] if self.msr & IR else self.slot

    def _leads_home(self, ea):
        """Whether a fetch from ea finds the code, or faults, in both states."""
        return not self.map.doubly_mapped(ea, "I") and all(
            self.map.translate(ea, "fetch", user).physical in (None, self.slot) for user in (False, True))

    def _map_data(self):
        if self.kind == "faulting":
            candidates = self._two_pages()
        else:
            candidates = [ea for _ in range(self.rng.randint(1, 4)) for ea in self._mapping()]
        for ea in candidates[:2]:
            if self.rng.random() < 0.2:
                self._decoy(ea)
        good = [ea for ea in candidates if self._safe(ea)]
        self.candidates = good or [self.pages + PAGE]
        if not self.msr & DR:
            self.candidates = [self.pages + 0x800, self.pages + PAGE]

    def _two_pages(self):
        """Two pages in a row, each of a random kind; in the middle of the two something may change."""
        rng = self.rng
        ea = self.segments[2] << 28 | (rng.getrandbits(16) if rng.random() < 0.8 else 0xffff) << 12
        first = ea >> 28
        for n in (first, (first + 1) & 15):
            if rng.random() < 0.9:
                self.map.sr[n] &= ~T & 0xffffffff
        a, b = rng.sample((self.pages, self.pages + PAGE), 2)
        if rng.random() < 0.85:
            self._entry(ea, a)
        if rng.random() < 0.85:
            self._entry((ea + PAGE) & 0xffffffff, b)
        if self.index % 16 == 15 and rng.random() < 0.6:
            self._block("D", rng.randrange(4), self.pages + PAGE, ea, 0x20000)
            ea |= 0x1f000
        elif self.index % 16 == 0 and rng.random() < 0.6:
            ea = ea & ~0x1ffff | 0x1f000
            self._entry(ea, b)
            self._block("D", rng.randrange(4), self.pages, (ea + PAGE) & 0xffffffff, 0x20000)
        return [(ea + PAGE) & 0xffffffff, (ea + 0x800) & 0xffffffff, (ea + 0x1800) & 0xffffffff]

    def _mapping(self):
        rng = self.rng
        if rng.random() < 0.4:
            ea = self._block("D", rng.randrange(4), self.pages)
        else:
            ea = self.segments[rng.choice((0, 2, 3))] << 28 | rng.getrandbits(16) << 12
            self._entry(ea, self.pages + rng.choice((0, PAGE)))
            if rng.random() < 0.4:
                self._entry((ea + PAGE) & 0xffffffff, self.pages + rng.choice((0, PAGE)))
        return [ea + rng.choice((0x400, 0x800, 0xc00)), (ea + PAGE) & 0xffffffff]

    def _safe(self, ea):
        """Whether all that can be reached from ea belongs to this sequence, in both states, and no two BATs match. The
        reference has one translation of a page for fetches and data: code has to be elsewhere."""
        if any(abs((place >> 12) - (ea >> 12)) < 2 for place in self.places):
            return False
        for at in (ea - MARGIN & 0xffffffff, ea + MARGIN & 0xffffffff):
            if self.map.doubly_mapped(at, "D"):
                return False
            for user in (False, True):
                physical = self.map.translate(at, "load", user).physical
                if physical is not None and not self.pages <= physical < self.pages + h.PAGE_PAIR:
                    return False
        return True

    # --- Registers and code

    def _registers(self, pool):
        rng = self.rng
        self.gpr, self.fpr, self.memory = pool.gprs(), pool.fprs(), pool.memory(h.PAGE_PAIR)
        self.cr, self.fpscr = rng.getrandbits(32), 0
        self.xer = rng.getrandbits(3) << 29 | rng.randint(0, 32)
        self.lr = self.ctr = 0
        for r in BASES:
            ea = rng.choice(self.candidates)
            # Near a boundary of pages, most of the time
            offset = rng.randint(-24, 8) if not ea & 0xfff or rng.random() < 0.5 else 4 * rng.randint(-40, 40)
            self.set_gpr(r, ea + (offset if rng.random() < 0.3 else offset & ~3))
        for r in INDEXES:
            self.set_gpr(r, 4 * rng.randint(-4, 4))
        ea, at = rng.choice([(ea, at) for ea, at in self.entries.items() if isinstance(ea, int) and
                             ea >> 12 not in [place >> 12 for place in self.places]] or [(self.get_gpr(28), None)])
        self.set_gpr(PAGE_REGISTER, ea)
        self.set_gpr(MSR_REGISTER, self.msr ^ PR)
        self.set_gpr(SR_REGISTER, self.map.sr[rng.choice(self.segments[:4])] & 0xffffff
                     | rng.choice((0, KS, KP, KS | KP)))
        self._entry_window(at)

    def _entry_window(self, at):
        """Makes the second word of the entry at `at` reachable, if a DBAT is free."""
        rng = self.rng
        self.change_entry = False
        free = [n for n in range(4) if self.map.bats["D"][n] == (0, 0)]
        if at is None or not free or not self.msr & DR:
            return
        window = bat(self.segments[15] << 28, h.TABLES, 0x40000, VS, M, 2)
        if any(b[0] & 3 and not (b[0] ^ window[0]) & 0xf0000000 for b in self.map.bats["D"]):
            return
        if any(ea >> 28 == self.segments[15] for ea in self.candidates):
            return
        self.map.bats["D"][free[0]] = window
        if not all(map(self._safe, self.candidates)):
            self.map.bats["D"][free[0]] = (0, 0)
            return
        self.change_entry = True
        self.set_gpr(ENTRY_REGISTER, (self.segments[15] << 28) + at + 4 - h.TABLES)
        value = self.map.table[at + 4]
        self.set_gpr(VALUE_REGISTER, value ^ rng.choice((PTE_R, PTE_C, PTE_R | PTE_C, 1, 2, 3)))

    def _append(self, name, **fields):
        row = ROWS[name]
        self.names.append(name)
        self.words.append(row.put(row.fixed, **fields))

    def _generate(self, pool, length):
        for _ in range(length):
            if len(self.words) + LONGEST_CHANGE > h.MAX_LENGTH:
                break
            name = self.rng.choice(pool)
            if name in RESERVED and any(sr & T for sr in self.map.sr):
                continue  # the reference takes that fault again and again
            if name in CHANGES:
                getattr(self, "_change_" + name)()
                continue
            row = ROWS[name]
            word = row.put(row.random(self.rng), **{f: self.rng.choice(OTHERS) for f in ("rt", "ra", "rs", "rb")
                                                    if f in row.fields})
            if "l" in row.fields:
                word = row.put(word, l=0)
            if name in ACCESSES:
                word = self._access(name, row, word)
            self.names.append(name)
            self.words.append(word)
            if name == "lmw":  # the bases are gone
                break

    def _access(self, name, row, word):
        rng = self.rng
        word = row.put(word, ra=rng.choice(BASES))
        if "rb" in row.fields:
            word = row.put(word, rb=rng.choice(INDEXES))
        if "d" in row.fields:
            word = row.put(word, d=rng.choice((0, 0, 0, 4, 4, -4, 8, rng.randint(-16, 16))))
        if name in STRING:
            register = "rt" if name.startswith("l") else "rs"
            word = row.put(word, **{register: rng.randint(16, 31) if name in ("lmw", "stmw") else rng.randint(0, 11)})
        return word

    def _supervisor(self):
        return not self.msr & PR

    def _change_segment(self):
        if not self._supervisor():
            return self._append("mtsr", sr=self.rng.randrange(16), rs=0)
        ea = self.get_gpr(self.rng.choice(BASES))
        if self.map.matching_bats(ea, "D") or not self.msr & DR or self.entry >> 28 == ea >> 28:
            return
        if self.rng.random() < 0.5:
            self._append("mtsr", sr=ea >> 28, rs=SR_REGISTER)
        else:
            self._append("mtsrin", rs=SR_REGISTER, rb=PAGE_REGISTER)
        self._append("isync")

    def _change_tlbie(self):
        self._append("tlbie", rb=self.rng.choice((PAGE_REGISTER,) + BASES))
        self._append("sync")

    def _change_entry(self):
        if not self.change_entry:
            return self._append("sync")
        self._append("stw", rs=VALUE_REGISTER, ra=ENTRY_REGISTER, d=0)
        self._append("sync")
        self._append("tlbie", rb=PAGE_REGISTER)
        self._append("sync")
        self._append("isync")

    def _change_privilege(self):
        if self._supervisor() and (not self.msr & IR or all(map(self._fetch_by_both, self.places[:1]))):
            self._append("mtmsr", rs=MSR_REGISTER)
            self._append("isync")

    def _fetch_by_both(self, ea):
        return all(self.map.translate(ea, "fetch", user).fault is None for user in (False, True))

    def _change_branch(self):
        """To the next instruction, at another place."""
        if not self.msr & IR or self.ctr or len(self.words) > 10:
            return
        self.ctr = self.rng.choice(self.places) + 4 * (len(self.words) + 1)
        self._append("bcctr", bo=20, bi=0, lk=0)

    # --- The record

    def entry_list(self):
        """(address, word 0, word 1), all of them."""
        ptes = [(at, self.map.table[at], self.map.table[at + 4]) for at in self.entries.values()]
        return (ptes or [(h.TABLES, 0, 0)]) + (h.NB_PTES - max(len(ptes), 1)) * (ptes[:1] or [(h.TABLES, 0, 0)])

    def record(self, following):
        state = struct.pack(">IIIIQIII", self.cr, self.xer, self.lr, self.ctr, self.fpscr, self.entry, self.msr,
                            following.address if following else 0)
        bats = [word for side in "ID" for pair in self.map.bats[side] for word in pair]
        mmu = struct.pack(">16I2I16I", *self.map.sr, self.map.sdr1, self.hid0, *bats)
        mmu += b"".join(struct.pack(">3I", *pte) for pte in self.entry_list())
        data = b"".join((self.gpr, self.fpr, state)).ljust(h.SCRATCH, b"\0")
        return (data + mmu).ljust(h.RECORD, b"\0")

    def state(self):
        out = super().state()[0][:h.OUT_PTES - h.OUT]
        return out + b"".join(struct.pack(">2I", *pte[1:]) for pte in self.entry_list()), self.memory

    def describe(self):
        """The set-up in words."""
        sr = " ".join(f"{n}:{v:x}" for n, v in enumerate(self.map.sr))
        bats = " ".join(f"{side}BAT{n}:{u:x},{lower:x}" for side in "ID"
                        for n, (u, lower) in enumerate(self.map.bats[side]) if (u, lower) != (0, 0))
        ptes = " ".join(f"{at:x}:{a:x},{b:x}" for at, a, b in self.entry_list())
        return (f"{super().describe()}\nentry {self.entry:x} hid0 {self.hid0:x} sdr1 {self.map.sdr1:x}\n"
                f"sr {sr}\n{bats}\npte {ptes}")
