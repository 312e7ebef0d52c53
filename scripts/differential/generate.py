"""Random sequences: which instructions, with which operands, from which state.

SPDX-License-Identifier: MIT
"""

import struct

import harness as h
from manual_fp import summary
from rows import ROWS, Row, is_instruction

ROWS["illegal"] = Row("illegal", ["-" * 32], "")


def names(text):
    return text.split()


def starting(*prefixes):
    return [n for n in ROWS if n.startswith(prefixes)]


INTEGER = names(
    "addi addis addic addic. subfic mulli add addc adde addme addze subf subfc subfe subfme subfze neg mullw mulhw "
    "mulhwu divw divwu cmpi cmpli cmp cmpl andi. andis. ori oris xori xoris and andc or orc xor nand nor eqv extsb "
    "extsh cntlzw rlwimi rlwinm rlwnm slw srw sraw srawi crand crandc creqv crnand crnor cror crorc crxor mcrf mcrxr "
    "mfcr mtcrf")
FP_ARITHMETIC = names(
    "fadd fadds fsub fsubs fmul fmuls fdiv fdivs fmadd fmadds fmsub fmsubs fnmadd fnmadds fnmsub fnmsubs fsel frsp "
    "fctiw fctiwz fcmpu fcmpo fmr fneg fabs fnabs")
FP_STATUS = names("mffs mcrfs mtfsf mtfsfi mtfsb0 mtfsb1")
FP_ESTIMATE = names("fres frsqrte")
MEMORY = [n for n in ROWS if "mem=r" in str(ROWS[n].flags) or "mem=w" in str(ROWS[n].flags)]
MEMORY = [n for n in MEMORY if n not in ("eciwx", "ecowx", "dcbi", "icbi", "dcbf", "dcbst", "dcba")]
RESERVED = names("lwarx stwcx.")
STRING = names("lmw stmw lswi lswx stswi stswx")
SYSTEM = names("mfmsr mfspr mtspr mfsr mfsrin tw twi dcbf dcbst icbi dcbt dcbtst sync eieio isync")
SPRS = [1, 8, 9, 18, 19, 26, 27]  # those that a sequence may change
# AltiVec and VSX: primary opcodes, and others with the last five bits of their extended opcodes
VECTOR = {4, 57, 60, 61}
VECTOR_EXTENDED = {31: {6, 7, 12, 13, 19, 22}, 63: {4, 5}}
MISSING_SPRS = [5, 31, 100, 300, 512, 1000]

# Pools of instructions, and how many a sequence has at most.
CLASSES = {
    "integer": (INTEGER, 12),
    "branch": (INTEGER + ["b", "bc", "bclr", "bcctr"] * 12, 12),
    "memory": ([n for n in MEMORY if n not in STRING + RESERVED and n[:3] not in ("lfs", "lfd", "stf")] * 2 +
               INTEGER, 10),
    "string": (STRING * 4 + INTEGER, 8),
    "reserved": (RESERVED * 12 + ["stw", "stb", "lwz"] * 4 + INTEGER, 10),
    "fp": (FP_ARITHMETIC, 8),
    "fp-status": (FP_ARITHMETIC + FP_STATUS * 6, 6),
    "fp-estimate": (FP_ESTIMATE, 1),
    "fp-memory": (starting("lfs", "lfd", "stf") * 3 + FP_ARITHMETIC, 8),
    "system": (SYSTEM * 3 + INTEGER, 6),
    "illegal": (INTEGER + ["illegal"] * 60, 3),
    "user": (SYSTEM * 3 + names("mtmsr mtsr mtsrin rfi tlbie tlbsync dcbi") * 2 + INTEGER, 4),
}
WITH_MEMORY = ("memory", "string", "reserved", "fp-memory", "system", "user")

BASES = (28, 29, 30)     # point into the sequence's memory
INDEXES = (26, 27)       # small and aligned
OTHERS = range(0, 26)
ADDRESSING = frozenset(MEMORY + names("dcbf dcbst dcbt dcbtst icbi dcbi"))

SPECIAL_WORDS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001,
                 0xfffffffe, 0xffffffff]
SPECIAL_DOUBLES = [
    0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x0010000000000001, 0x7fefffffffffffff,
    0x7ff0000000000000, 0x7ff0000000000001, 0x7ff7ffffffffffff, 0x7ff8000000000000, 0x7fffffffffffffff,
    0x3ff0000000000000, 0x3fefffffffffffff, 0x3ff0000000000001, 0x3fe0000000000000,
    0x47efffffe0000000, 0x47efffffefffffff, 0x47effffff0000000, 0x47f0000000000000,   # single's largest
    0x3810000000000000, 0x380fffffffffffff, 0x380ffffff0000000, 0x36a0000000000000,   # ... smallest
    0x3690000000000000, 0x3690000000000001, 0x368fffffffffffff,
    0x41dfffffffc00000, 0x41dfffffffdfffff, 0x41dfffffffe00000, 0x41e0000000000000,   # 2^31
    0x41e0000000200000, 0x4330000000000000, 0x43f0000000000000,
]


def word(rng):
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(SPECIAL_WORDS)
    if kind < 0.5:
        return rng.getrandbits(rng.randint(1, 31))
    return rng.getrandbits(32)


def double(rng):
    kind = rng.random()
    sign = rng.getrandbits(1) << 63
    if kind < 0.35:
        return sign | rng.choice(SPECIAL_DOUBLES)
    fraction = rng.getrandbits(52)
    if kind < 0.6:    # few bits, or many ones: close to halfway
        fraction &= -1 << rng.randint(20, 51)
        fraction ^= rng.choice((0, 1, (1 << rng.randint(1, 30)) - 1))
    if kind < 0.75:
        exponent = rng.randint(1023 - 60, 1023 + 60)
    elif kind < 0.85:
        exponent = rng.choice((0, 1, 2, 52, 53, 2045, 2046))
    elif kind < 0.95:
        exponent = rng.randint(1023 - 160, 1023 - 120) if kind < 0.9 else rng.randint(1023 + 120, 1023 + 130)
    else:
        exponent = rng.randint(0, 2046)
    return sign | exponent << 52 | (fraction & (1 << 52) - 1)


def is_vector(word):
    """The reference aborts at some of those."""
    return word >> 26 in VECTOR or (word >> 1 & 31) in VECTOR_EXTENDED.get(word >> 26, ())


class Pool:
    """Hard words and doubles, packed: a state is 32 neighbours of each."""

    WORDS, DOUBLES, BYTES = 1 << 14, 1 << 13, 1 << 16

    def __init__(self, rng):
        self.rng = rng
        self.words = struct.pack(f">{self.WORDS}I", *(word(rng) for _ in range(self.WORDS)))
        self.doubles = struct.pack(f">{self.DOUBLES}Q", *(double(rng) for _ in range(self.DOUBLES)))
        self.bytes = rng.randbytes(self.BYTES)

    def _slice(self, data, size, unit):
        at = unit * self.rng.randrange((len(data) - size) // unit)
        return data[at:at + size]

    def gprs(self):
        return bytearray(self._slice(self.words, 128, 4))

    def fprs(self, n=32):
        return self._slice(self.doubles, 8 * n, 8)

    def memory(self, size):
        return self._slice(self.bytes, size, 1)


class Sequence:
    """The words of one sequence, their names, and the state to start with."""

    mmu = False
    missing_sprs = frozenset(MISSING_SPRS)

    def __init__(self, rng, pool, kind, index):
        self.kind = kind
        self.rng = rng
        self.index = index
        self.address = h.RECORDS + index * h.RECORD
        self.uses_memory = kind in WITH_MEMORY
        names_of_class, length = CLASSES[kind]
        self.length = rng.randint(1, length)
        self.scratch = self.memory_address = self.address + h.SCRATCH
        self.entry = h.CODE + index * h.SLOT
        self.linked = self.jumped = False
        self.names, self.words = [], []
        self._state(pool)
        for at in range(self.length):
            name = rng.choice(names_of_class)
            name = "addi" if self._barred(name) else name
            self.names.append(name)
            self.words.append(self._encode(name, at))

    def set_gpr(self, n, value):
        struct.pack_into(">I", self.gpr, 4 * n, value & 0xffffffff)

    def get_gpr(self, n):
        return struct.unpack_from(">I", self.gpr, 4 * n)[0]

    def _state(self, pool):
        rng = self.rng
        self.gpr, self.fpr = pool.gprs(), pool.fprs()
        self.cr = rng.getrandbits(32)
        self.xer = rng.getrandbits(3) << 29 | (rng.randint(0, 32) if self.kind == "string" else 0)
        end = self.entry + 4 * self.length
        self.lr, self.ctr = end, end if rng.random() < 0.5 else rng.randint(0, 3)
        self.ctr = self.ctr if self.kind == "branch" else rng.getrandbits(32)
        self.msr = 0x2000 | rng.choice((0, 0, 0x1000))
        self.fpscr = rng.choice((0, 0, rng.getrandbits(2)))
        if self.kind == "fp-status":
            self.fpscr = summary(rng.getrandbits(32) & ~4)
        elif self.kind.startswith("fp") and rng.random() < 0.4:
            self.fpscr |= rng.getrandbits(5) << 3 | rng.choice((0, 0x80000000))  # enables
        if self.kind.startswith("fp") and rng.random() < 0.1:
            self.fpscr |= 4
        if self.kind.startswith("fp") and self.kind != "fp-status":
            self.msr |= rng.choice((0, 0x900))
        if self.kind == "user":
            self.msr |= 0x4000 | rng.choice((0, 0, 0x2000))
            self.msr &= ~rng.choice((0, 0x2000))
        self.memory = pool.memory(h.SCRATCH_SIZE) if self.uses_memory else bytes(h.SCRATCH_SIZE)
        if self.kind == "fp-memory":
            self.memory = pool.fprs(h.SCRATCH_SIZE // 8)
        if self.uses_memory:
            self._addresses()

    def _addresses(self):
        rng = self.rng
        for r in BASES:
            self.set_gpr(r, self.scratch + 0xe0 + 4 * rng.randint(0, 15))
        for r in INDEXES:
            self.set_gpr(r, 4 * rng.randint(-12, 12))
        if rng.random() < 0.25 and self.kind in ("memory", "string", "fp-memory"):
            n = rng.choice(BASES + INDEXES)
            self.set_gpr(n, self.get_gpr(n) + rng.randint(1, 3))

    def _barred(self, name):
        """What could make a loop."""
        if name in ("bclr", "bcctr") and (self.linked or self.jumped):
            return True
        self.jumped |= name in ("bclr", "bcctr")
        return False

    def _encode(self, name, at):
        row, rng = ROWS[name], self.rng
        word = row.random(rng)
        if self.uses_memory:
            word = row.put(word, **{f: rng.choice(OTHERS) for f in ("rt", "ra", "rs", "rb") if f in row.fields})
        if "l" in row.fields:
            word = row.put(word, l=0)
        if name in ADDRESSING:
            return self._memory(name, row, word)
        fix = getattr(self, "_fix_" + name.rstrip(".").lower(), None)
        return fix(row, word, at) if fix else word

    def _memory(self, name, row, word):
        rng = self.rng
        word = row.put(word, ra=rng.choice(BASES))
        if "rb" in row.fields:
            word = row.put(word, rb=rng.choice(INDEXES))
        if "d" in row.fields:
            word = row.put(word, d=4 * rng.randint(-8, 8) + (rng.randint(1, 3) if rng.random() < 0.1 else 0))
        if name == "lmw":
            word = row.put(word, rt=31)
        elif name == "stmw":
            word = row.put(word, rs=rng.randint(16, 31))
        elif name in STRING:
            word = row.put(word, **{"rt" if name.startswith("l") else "rs": rng.randint(0, 17)})
        return word

    def _fix_illegal(self, row, word, at):
        """A word that is no instruction; most of them under a primary opcode that has instructions."""
        while True:
            word = self.rng.getrandbits(32)
            if self.rng.random() < 0.8:
                word = word & 0x03ffffff | self.rng.choice((19, 31, 59, 63)) << 26
            if not is_instruction(word) and not is_vector(word):
                return word

    def _branch(self, row, word):
        word = row.put(word, lk=0) if self.jumped else word
        self.linked |= bool(row.get(word, "lk"))
        return word

    def _fix_b(self, row, word, at):
        word = row.put(self._branch(row, word), li=4 * self.rng.randint(1, self.length - at))
        if row.get(word, "aa"):
            word = row.put(word, li=self.entry + 4 * self.rng.randint(at + 1, self.length))
        return word

    def _fix_bc(self, row, word, at):
        word = row.put(self._branch(row, word), bd=4 * self.rng.randint(1, self.length - at))
        if row.get(word, "aa"):
            word = row.put(word, bd=h.LANDING + 4 * self.rng.randrange(h.LANDING_SIZE // 4))
        return word

    def _fix_bclr(self, row, word, at):
        if not self.linked:
            self.lr = self.entry + 4 * self.rng.randint(at + 1, self.length) | self.rng.choice((0, 0, 1, 2, 3))
        return word

    def _fix_bcctr(self, row, word, at):
        # Branches that count have room: all that follows is the end.
        self.ctr = self.entry + 4 * h.MAX_LENGTH
        return row.put(word, bo=self.rng.choice((4, 5, 6, 12, 13, 20, 21)))

    def _fix_mfspr(self, row, word, at):
        user = self.kind == "user"
        spr = self.rng.choice(MISSING_SPRS if user and self.rng.random() < 0.3 else SPRS + [287] * user)
        return row.put(word, spr=spr)

    def _fix_mtspr(self, row, word, at):
        word = self._fix_mfspr(row, word, at)
        return row.put(word, spr=19) if row.get(word, "spr") == 287 and self.kind != "user" else word

    def record(self, following):
        """The record's bytes; the sequence `following`, or None, comes after this one."""
        state = struct.pack(">IIIIQIII", self.cr, self.xer, self.lr, self.ctr, self.fpscr, self.entry, self.msr,
                            following.address if following else 0)
        return b"".join((self.gpr, self.fpr, state)).ljust(h.SCRATCH, b"\0") + self.memory

    def state(self):
        """The state to start with in the form of an outcome."""
        return self.record(None)[:h.FPSCR + 8].ljust(h.SCRATCH - h.OUT, b"\0"), self.memory

    def executed(self, out):
        """How many instructions ran, by the outcome. Those that branches left out count."""
        vector, srr0 = struct.unpack_from(">II", out, h.VECTOR)
        if self.kind == "branch" or vector == 0xc00:
            return self.length
        return min((srr0 & (h.SLOT - 1)) // 4 + 1, self.length)

    def describe(self):
        """More to show with a deviation."""
        return " ".join(f"{word:08x}" for word in self.words)

    def code(self, length=None):
        """The first `length` instructions; the rest of the place ends the sequence."""
        kept = self.words[:self.length if length is None else length]
        return h.words(kept + [h.SC] * (h.SLOT // 4 - len(kept)))
