"""Random sequences: which instructions, with which operands, from which state.

SPDX-License-Identifier: MIT
"""

import struct

import harness as h
import rows as rows_module

ROWS = rows_module.load()


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
MEMORY = [n for n in MEMORY if n not in ("eciwx", "ecowx", "dcbi", "icbi", "dcbf", "dcbst")]
RESERVED = names("lwarx stwcx.")
STRING = names("lmw stmw lswi lswx stswi stswx")
SYSTEM = names("mfmsr mfspr mtspr mfsr mfsrin tw twi dcbf dcbst icbi dcbt dcbtst sync eieio isync")
SPRS = [1, 8, 9, 18, 19, 26, 27]  # those that a sequence may change
MISSING_SPRS = [5, 31, 100, 300, 512, 1000]

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
    "user": (SYSTEM * 3 + names("mtmsr mtsr mtsrin rfi tlbie tlbsync dcbi") * 2 + INTEGER, 4),
}

BASES = (28, 29, 30)     # point into the sequence's memory
INDEXES = (26, 27)       # small and aligned
OTHERS = range(0, 26)

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


class Sequence:
    """The words of one sequence, their names, and the state to start with."""

    def __init__(self, rng, kind, index):
        self.kind = kind
        self.rng = rng
        self.address = h.RECORDS + index * h.RECORD
        self.uses_memory = kind in ("memory", "string", "reserved", "fp-memory", "system", "user")
        pool, length = CLASSES[kind]
        self.length = rng.randint(1, length)
        self.scratch = self.address + h.SCRATCH
        self.entry = h.CODE + index * h.SLOT
        self.linked = self.jumped = False
        self.names, self.words = [], []
        self._state()
        for at in range(self.length):
            name = rng.choice(pool)
            name = "addi" if self._barred(name) else name
            self.names.append(name)
            self.words.append(self._encode(name, at))

    def _state(self):
        rng = self.rng
        self.gpr = [word(rng) for _ in range(32)]
        self.fpr = [double(rng) for _ in range(32)]
        self.cr = rng.getrandbits(32)
        self.xer = rng.getrandbits(3) << 29 | (rng.randint(0, 32) if self.kind == "string" else 0)
        end = self.entry + 4 * self.length
        self.lr, self.ctr = end, end if rng.random() < 0.5 else rng.randint(0, 3)
        self.ctr = self.ctr if self.kind == "branch" else rng.getrandbits(32)
        self.msr = 0x2000 | rng.choice((0, 0, 0x1000))
        self.fpscr = rng.choice((0, 0, rng.getrandbits(2)))
        if self.kind == "fp-status":
            self.fpscr = rng.getrandbits(32) & ~0x60000804  # FEX, VX: computed; NI
        elif self.kind.startswith("fp") and rng.random() < 0.4:
            self.fpscr |= rng.getrandbits(5) << 3  # enables
        if self.kind.startswith("fp") and self.kind != "fp-status":
            self.msr |= rng.choice((0, 0x900))
        if self.kind == "user":
            self.msr |= 0x4000 | rng.choice((0, 0, 0x2000))
            self.msr &= ~rng.choice((0, 0x2000))
        self.memory = bytes(rng.choices(range(256), k=h.SCRATCH_SIZE)) if self.uses_memory \
            else bytes(h.SCRATCH_SIZE)
        if self.kind == "fp-memory":
            self.memory = b"".join(struct.pack(">Q", double(rng)) for _ in range(h.SCRATCH_SIZE // 8))
        if self.uses_memory:
            for r in BASES:
                self.gpr[r] = self.scratch + 0xe0 + 4 * rng.randint(0, 15)
            for r in INDEXES:
                self.gpr[r] = 4 * rng.randint(-12, 12) & 0xffffffff
            if rng.random() < 0.25 and self.kind in ("memory", "string", "fp-memory"):
                self.gpr[rng.choice(BASES + INDEXES)] += rng.randint(1, 3)

    def _barred(self, name):
        """What could make a loop."""
        if name in ("bclr", "bcctr") and (self.linked or self.jumped):
            return True
        self.jumped |= name in ("bclr", "bcctr")
        return False

    def _encode(self, name, at):
        row, rng = ROWS[name], self.rng
        v = row.random(rng)
        if self.uses_memory:
            for field in ("rt", "ra", "rs", "rb"):
                if field in v:
                    v[field] = rng.choice(OTHERS)
        fix = getattr(self, "_fix_" + name.rstrip(".").lower(), None)
        if name in MEMORY or name in ("dcbf", "dcbst", "dcbt", "dcbtst", "icbi", "dcbi"):
            self._fix_memory(name, v)
        elif fix:
            fix(v, at)
        if "l" in v:
            v["l"] = 0
        return row.encode(v)

    def _fix_memory(self, name, v):
        rng = self.rng
        v["ra"] = rng.choice(BASES)
        if "rb" in v:
            v["rb"] = rng.choice(INDEXES)
        if "d" in v:
            v["d"] = 4 * rng.randint(-8, 8) + (rng.randint(1, 3) if rng.random() < 0.1 else 0)
        if name in ("lmw", "stmw"):
            field = "rt" if name == "lmw" else "rs"
            v[field] = 31 if name == "lmw" else rng.randint(16, 31)
        elif name in STRING:
            v["rt" if name.startswith("l") else "rs"] = rng.randint(0, 17)
        if "rt" in v and name not in STRING:
            v["rt"] = rng.choice(OTHERS)

    def _fix_b(self, v, at):
        v["aa"] = 0
        v["li"] = 4 * self.rng.randint(1, self.length - at)
        v["lk"] = 0 if self.jumped else v["lk"]
        self.linked |= bool(v["lk"])

    def _fix_bc(self, v, at):
        v["aa"] = 0
        v["bo"] = self.rng.choice((0, 2, 4, 8, 10, 12, 16, 18, 20))
        v["bd"] = 4 * self.rng.randint(1, self.length - at)
        v["lk"] = 0 if self.jumped else v["lk"]
        self.linked |= bool(v["lk"])

    def _fix_bclr(self, v, at):
        v["bo"] = self.rng.choice((4, 12, 20, 0, 8, 16))

    def _fix_bcctr(self, v, at):
        v["bo"] = self.rng.choice((4, 12, 20))
        # Branches that count have room: all that follows is the end.
        self.ctr = self.entry + 4 * h.MAX_LENGTH

    def _fix_mfspr(self, v, at):
        v["spr"] = self.rng.choice(SPRS + ([287] if self.kind == "user" else []))
        if self.kind == "user" and self.rng.random() < 0.3:
            v["spr"] = self.rng.choice(MISSING_SPRS)

    def _fix_mtspr(self, v, at):
        self._fix_mfspr(v, at)
        v["spr"] = v["spr"] if v["spr"] != 287 or self.kind == "user" else 19



    def record(self, following):
        """The record's bytes; the sequence `following`, or None, comes after this one."""
        data = struct.pack(">32I", *self.gpr) + struct.pack(">32Q", *self.fpr)
        data += struct.pack(">IIII", self.cr, self.xer, self.lr, self.ctr)
        data += struct.pack(">QII", self.fpscr, self.entry, self.msr)
        data += struct.pack(">I", following.address if following else 0)
        return data.ljust(h.SCRATCH, b"\0") + self.memory

    def code(self, length=None):
        """The first `length` instructions; the rest of the place ends the sequence."""
        kept = self.words[:self.length if length is None else length]
        return h.words(kept + [h.SC] * (h.SLOT // 4 - len(kept)))
