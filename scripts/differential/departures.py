"""Where QEMU 7.2's model of the 750 departs from the manuals, and what these leave undefined: differences that say nothing
against us.

A row is a label, a condition, and what may differ under it: bits of the state's fields ("frt", "rt": the instruction's
target). A deviation is known if its rows together explain all of its bits. `d` is a Deviation (see __main__.py): the
instruction, the state before it, and what both made of it.

Reference: Programming Environments Manual for 32-Bit Implementations, chapter 3 and the instructions' pages.

SPDX-License-Identifier: MIT
"""

from generate import ROWS

FX, VXVC, FR, FI, C, FPRF = (0x80000000, 0x00080000, 0x00040000, 0x00020000, 0x00010000,
                                 0x0001f000)
VX_ANY = 0x01f80700
VE, OE_UE, ZE, NI, ZX = 0x80, 0x60, 0x10, 4, 0x04000000
ROUNDED = 0xda000000  # FX FEX OX UX XX
ALL = (1 << 64) - 1
CR1, CR1_FX = 0x0f000000, 0x08000000
UNALIGNED = ("lmw", "stmw", "lwarx", "stwcx.")
CONVERT = ("fctiw", "fctiwz")
COMPARE = ("fcmpu", "fcmpo")
SINGLE = ("fadds", "fsubs", "fmuls", "fdivs", "fmadds", "fmsubs", "fnmadds", "fnmsubs", "frsp", "fres")
MEMORY = {f"m{i:x}": 0xff for i in range(0x200)}
EXCEPTION = dict.fromkeys(("vector", "srr0", "srr1", "dar", "dsisr"), ALL)


def operands(d):
    row = ROWS[d.name]
    return [d.before[f"f{d.word >> row.fields[f][0] & 31}"] for f in ("fra", "frb", "frc") if f in row.fields]


def is_nan(x):
    return x << 1 & ALL > 0x7ff << 53


def fits_single(x):
    exponent = x >> 52 & 0x7ff
    return x & 0x1fffffff == 0 and (exponent in (0x7ff,) or 897 <= exponent <= 1150 or x << 1 & ALL == 0)


def invalid(d):
    return d.ours["fpscr"] & VX_ANY and d.ours["fpscr"] & VE


def too_small_for_stfs(d):
    return d.name.startswith("stfs") and d.before[f"f{d.word >> 21 & 31}"] >> 52 & 0x7ff < 874


def traps(d):
    return d.ours["vector"] == 0x700 and d.ours["srr1"] & 0x00100000


def is_float(d):
    return d.name.startswith("f")


ROWS_OF_DEPARTURES = [
    ("fctiw, fctiwz: upper word of the result (undefined)", lambda d: d.name in CONVERT,
     {"frt": 0xffffffff << 32}),
    ("mffs: upper word of the result (undefined)", lambda d: d.name == "mffs", {"frt": 0xffffffff << 32}),
    ("fctiw, fctiwz: FPRF of an invalid conversion (undefined)", lambda d: d.name in CONVERT,
     {"fpscr": FPRF}),
    ("compares clear FI, set C (only FPCC is theirs to change)", lambda d: d.name in COMPARE, {"fpscr": FI | C}),
    ("FX is set for an exception bit that was set already",
     lambda d: not d.before["fpscr"] & FX and d.theirs["fpscr"] & FX, {"fpscr": FX, "cr": CR1_FX}),
    ("mtfsb1 of an exception bit doesn't set FX, of NI nothing", lambda d: d.name == "mtfsb1",
     {"fpscr": FX | NI, "cr": CR1_FX}),
    ("fcmpo of a signalling NaN sets VXVC though VE is set",
     lambda d: d.name == "fcmpo" and d.before["fpscr"] & VE, {"fpscr": VXVC}),
    ("FPSCR[FR] is never set", lambda d: d.name in ("mffs", "mcrfs"), {"frt": FR, "cr": 0x44444444}),
    ("stfs of less than single's smallest number (undefined)", too_small_for_stfs, MEMORY),
    ("an enabled invalid operation writes its target, FPRF, FR and FI", invalid,
     {"frt": ALL, "fpscr": FPRF | FI}),
    ("an enabled division by zero writes its target and FPRF",
     lambda d: d.name in ("fdiv", "fdivs") and d.before["fpscr"] & ZE and d.ours["fpscr"] & ZX,
     {"frt": ALL, "fpscr": FPRF | FI}),
    ("single denormals are classed as normal", lambda d: d.name in SINGLE, {"fpscr": C}),
    ("CR1 isn't written by an instruction that raises an enabled exception", traps, {"cr": CR1}),
    ("fnmadd, fnmsub: negated before the rounding instead of after it",
     lambda d: d.name.startswith("fnm") and d.before["fpscr"] & 3 >= 2,
     {"frt": ALL, "fpscr": FPRF | FI | ROUNDED, "cr": CR1, **EXCEPTION}),
    ("single-precision operation on a NaN that isn't single (undefined)",
     lambda d: d.name in SINGLE and any(is_nan(x) and not fits_single(x) for x in operands(d)),
     {"frt": 0x1fffffff}),
    ("enabled overflow or underflow of operands that aren't single (undefined)",
     lambda d: d.name in SINGLE and d.before["fpscr"] & OE_UE and
     not all(fits_single(x) for x in operands(d)),
     {"frt": ALL, "fpscr": ALL, "cr": CR1}),
    ("fres, frsqrte: exact instead of the part's estimate, with XX and FI",
     lambda d: d.name in ("fres", "frsqrte"), {"frt": ALL, "fpscr": ALL, "cr": CR1, **EXCEPTION}),
    ("FPSCR[NI] is ignored", lambda d: d.before["fpscr"] & NI and is_float(d),
     {"frt": ALL, "fpscr": ALL, "cr": ALL, **EXCEPTION}),
    ("unaligned access without an alignment exception, or with one",
     lambda d: (d.name in UNALIGNED or d.name[:3] in ("lfs", "lfd", "stf")) and
     0x600 in (d.ours["vector"], d.theirs["vector"]), None),
    ("stwcx. compares the word and address, not only the reservation", lambda d: d.name == "stwcx.",
     {"cr": 0xf0000000, **MEMORY}),
    ("divw, divwu: undefined quotient", lambda d: d.name in ("divw", "divwu"),
     {"rt": ALL, "cr": 0xe0000000}),
    ("lswx of no bytes: undefined register", lambda d: d.name == "lswx" and d.before["xer"] & 0x7f == 0,
     {"rt": ALL}),
    ("SPRs that don't exist: privileged, or nothing, instead of illegal",
     lambda d: d.name in ("mfspr", "mtspr") and d.ours["vector"] == 0x700 and
     d.ours["srr1"] & 0x00080000, None),
    ("XER keeps reserved bits", lambda d: d.name == "mtspr", {"xer": 0x1fffff80}),
]


def target_of(d):
    """The fields' names that "rt" and "frt" stand for."""
    row, names = ROWS[d.name], {}
    for field, letter in (("rt", "r"), ("frt", "f")):
        if field in row.fields:
            names[field] = f"{letter}{d.word >> row.fields[field][0] & 31}"
    return names


def known(d):
    """Labels of the departures that explain a deviation; empty if something is left."""
    left = {f: d.ours[f] ^ d.theirs[f] for f in d.fields}
    targets, labels = target_of(d), []
    for label, applies, allowed in ROWS_OF_DEPARTURES:
        if not left or not applies(d):
            continue
        before = dict(left)
        if allowed is None:
            left = {}
        for field, mask in (allowed or {}).items():
            field = targets.get(field, field)
            if left.get(field):
                left[field] &= ~mask
        left = {f: bits for f, bits in left.items() if bits}
        if left != before:
            labels.append(label)
    return [] if left else labels
