"""The guest's side: a program that loads a state, runs a sequence in it, and writes down what came of it, for many
sequences in one go.

Each sequence has a record: the state to start with, the state it ended in, and memory of its own. Every sequence ends
with `sc`; that and any other exception lead to the same code, which stores the state, and what the exception said, and goes on
with the next record. `rfi` starts a sequence, so that all registers are the sequence's own.

SPDX-License-Identifier: MIT
"""

import struct

FIRST = 0x3ffc           # holds the address of the first record
HARNESS = 0x4000
LANDING = 0x2000         # filled with sc: where absolute branches go
LANDING_SIZE = 0x1800
CODE = 0x100000
SLOT = 0x40              # bytes of code for one sequence
MAX_LENGTH = SLOT // 4 - 1
RECORDS = 0x400000
RECORD = 0x600
OUT = 0x200              # of the record: the state at the end
SCRATCH = 0x400          # of the record: the sequence's memory
SCRATCH_SIZE = 0x200
SC = 0x44000002

# Sequences that run with translation have, instead of that memory, what the MMU is to be loaded with, and two pages.
SRS, SDR1, HID0, BATS = SCRATCH, SCRATCH + 0x40, SCRATCH + 0x44, SCRATCH + 0x48  # BATs: IBAT0U to DBAT3L
PTES = SCRATCH + 0x88    # (address, word 0, word 1)
NB_PTES = 8
OUT_PTES = 0x3c0         # (word 0, word 1) as they are at the end
TABLES = 0x1000000       # where page tables are
TABLES_SIZE = 0x40000
PAGES = 0x1100000
PAGE_PAIR = 0x2000
MAX_SEQUENCES = 1024

# Offsets in both halves of a record
GPR, FPR, CR, XER, LR, CTR, FPSCR = 0, 0x80, 0x180, 0x184, 0x188, 0x18c, 0x190
ENTRY, MSR, NEXT = 0x198, 0x19c, 0x1a0                            # first half; NEXT: 0 or the next record
VECTOR, SRR0, SRR1, DAR, DSISR = 0x198, 0x19c, 0x1a0, 0x1a4, 0x1a8  # second half
STATE_SIZE = 0x1b0

VECTORS = [0x200, 0x300, 0x400, 0x500, 0x600, 0x700, 0x800, 0x900, 0xa00, 0xc00, 0xd00, 0xe00, 0xf00,
           0x1000, 0x1100, 0x1200, 0x1300, 0x1400, 0x1700]
SPR = {"xer": 1, "lr": 8, "ctr": 9, "dsisr": 18, "dar": 19, "srr0": 26, "srr1": 27, "sprg0": 272,
       "sprg1": 273, "sprg2": 274, "sprg3": 275, "hid0": 1008, "sdr1": 25}
FIRST_BAT = 528          # IBAT0U; sixteen follow one another


def d_form(op, rt, ra, d):
    return op << 26 | rt << 21 | ra << 16 | (d & 0xffff)


def x_form(rt, ra, rb, xo):
    return 31 << 26 | rt << 21 | ra << 16 | rb << 11 | xo << 1


def spr_form(rt, spr, xo):
    return x_form(rt, spr & 31, spr >> 5, xo)


def mfspr(rt, name):
    return spr_form(rt, SPR[name], 339)


def mtspr(name, rs):
    return spr_form(rs, SPR[name], 467)


def li(rt, value):
    return d_form(14, rt, 0, value)


def lwz(rt, d, ra):
    return d_form(32, rt, ra, d)


def stw(rt, d, ra):
    return d_form(36, rt, ra, d)


def lfd(rt, d, ra):
    return d_form(50, rt, ra, d)


def stfd(rt, d, ra):
    return d_form(54, rt, ra, d)


def bat_form(rt, n, xo):
    return spr_form(rt, FIRST_BAT + n, xo)


def branch(source, dest):
    return 18 << 26 | ((dest - source) & 0x03fffffc)


MFCR, MFMSR, MTMSR, MTCRF, RFI, ISYNC, SYNC, MFFS, MTFSF = (
    x_form(0, 0, 0, 19), x_form(0, 0, 0, 83), x_form(0, 0, 0, 146), 31 << 26 | 0xff << 12 | 144 << 1,
    19 << 26 | 50 << 1, 19 << 26 | 150 << 1, x_form(0, 0, 0, 598), 63 << 26 | 583 << 1,
    63 << 26 | 0xff << 17 | 711 << 1)


def store_state():
    """r31: what SPRG1 has; SPRG3: the vector."""
    code = [mfspr(31, "sprg0"), d_form(47, 0, 31, OUT + GPR)]
    code += [mfspr(0, "sprg1"), stw(0, OUT + 31 * 4, 31), mfspr(0, "sprg3"), stw(0, OUT + VECTOR, 31)]
    for name, offset in (("srr0", SRR0), ("srr1", SRR1), ("dar", DAR), ("dsisr", DSISR), ("xer", XER),
                         ("lr", LR), ("ctr", CTR)):
        code += [mfspr(0, name), stw(0, OUT + offset, 31)]
    code += [MFCR, stw(0, OUT + CR, 31)]
    code += [MFMSR, d_form(24, 0, 0, 0x2000), MTMSR, ISYNC]
    code += [stfd(n, OUT + FPR + 8 * n, 31) for n in range(32)]
    # The upper word of what mffs gives is undefined.
    return code + [MFFS, stfd(0, OUT + FPSCR, 31), li(0, 0), stw(0, OUT + FPSCR, 31)]


def load_mmu():
    """r31: the record. A BAT is written only if it changes: that is slow, and sequences have many in common."""
    code = []
    for n in range(16):
        code += [lwz(0, SRS + 4 * n, 31), x_form(0, n, 0, 210)]
    code += [lwz(0, SDR1, 31), mtspr("sdr1", 0), lwz(0, HID0, 31), mtspr("hid0", 0)]
    for n in range(16):
        code += [lwz(0, BATS + 4 * n, 31), bat_form(1, n, 339), x_form(0, 0, 1, 32),  # cmplw r0,r1; beq over
                 16 << 26 | 12 << 21 | 2 << 16 | 8, bat_form(0, n, 467)]
    for n in range(NB_PTES):
        at = PTES + 12 * n
        code += [lwz(1, at, 31), lwz(2, at + 4, 31), lwz(3, at + 8, 31), stw(2, 0, 1), stw(3, 4, 1)]
    code += [li(1, 64), mtspr("ctr", 1), li(1, 0), SYNC, x_form(0, 0, 1, 306), d_form(14, 1, 1, 0x1000),
             16 << 26 | 16 << 21 | (-8 & 0xfffc)]  # tlbie r1; addi; bdnz
    return code + [SYNC, ISYNC]


def store_mmu():
    """r31: the record. Reads the page table entries back, and leaves the table empty."""
    code = [li(0, 0)]
    for n in range(NB_PTES):
        code += [lwz(1, PTES + 12 * n, 31), lwz(2, 0, 1), lwz(3, 4, 1), stw(2, OUT_PTES + 8 * n, 31),
                 stw(3, OUT_PTES + 8 * n + 4, 31)]
    for n in range(NB_PTES):
        code += [lwz(1, PTES + 12 * n, 31), stw(0, 0, 1), stw(0, 4, 1)]
    return code


def load_state():
    """r31: the record; ends with rfi."""
    code = [lwz(0, ENTRY, 31), mtspr("srr0", 0), lwz(0, MSR, 31), mtspr("srr1", 0)]
    code += [li(0, 0), mtspr("dar", 0), mtspr("dsisr", 0)]
    code += [li(1, OUT + STATE_SIZE), x_form(0, 1, 31, 150) | 1]  # stwcx.: no reservation is left
    code += [lfd(0, FPSCR, 31), MTFSF] + [lfd(n, FPR + 8 * n, 31) for n in range(32)]
    for name, offset in (("xer", XER), ("lr", LR), ("ctr", CTR)):
        code += [lwz(0, offset, 31), mtspr(name, 0)]
    code += [lwz(0, CR, 31), MTCRF]
    code += [d_form(24, 31, 1, 0)]  # ori r1,r31,0
    return code + [d_form(46, 2, 1, GPR + 8), lwz(0, GPR, 1), lwz(1, GPR + 4, 1), RFI]


def build(mmu):
    """[(address, bytes)], the address to start at, and the one where the run is over."""
    start = [li(0, 0), d_form(24, 0, 0, 0xc000), mtspr("hid0", 0), lwz(31, FIRST, 0)]
    first = start + [0]  # the branch over `store`
    store = store_state() + (store_mmu() if mmu else []) + [lwz(31, NEXT, 31)]
    common = HARNESS + 4 * len(first)
    advance = common + 4 * len(store)
    first[-1] = branch(HARNESS + 4 * len(start), advance)
    check = [mtspr("sprg0", 31), d_form(11, 0, 31, 0), 0]  # cmpwi cr0,r31,0; bne over
    done = advance + 4 * len(check)
    check[-1] = 16 << 26 | 4 << 21 | 2 << 16 | 8
    code = first + store + check + [branch(done, done)] + (load_mmu() if mmu else []) + load_state()
    pieces = [(HARNESS, words(code)), (LANDING, words([SC] * (LANDING_SIZE // 4)))]
    for v in VECTORS:
        pieces.append((v, words([mtspr("sprg1", 31), li(31, v), mtspr("sprg3", 31),
                                 branch(v + 12, common)])))
    return pieces, HARNESS, done


def words(code):
    return struct.pack(f">{len(code)}I", *code)
