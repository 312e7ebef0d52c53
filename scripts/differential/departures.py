"""Where QEMU 7.2's model of the 750 departs from the manuals, and what these leave undefined: differences that say nothing
against us.

A row is a label, the manual's section, a condition, and what may differ under it: bits of the state's fields ("frt", "rt": the
instruction's target; None: anything). A deviation is known if its rows together explain all of its bits, and ours is what the
manual says wherever manual.py has that. `d` is a Deviation (runner.py): the instruction, the state before it, and
what both made of it.

`python3 scripts/differential/departures.py` prints the rows for docs/devel/reference-departures.md.

SPDX-License-Identifier: MIT
"""

import collections

import manual
import mmu_departures
from manual_fp import FI, FPRF, FR, FX, NI, OE, UE, VE, VX_ANY, VXSNAN, VXVC, ZE, ZX, is_inf, is_nan, is_zero

C = 0x00010000
ROUNDED = 0xda000000  # FX FEX OX UX XX
ALL = (1 << 64) - 1
CR1, CR1_FX = 0x0f000000, 0x08000000
CONVERT = ("fctiw", "fctiwz")
COMPARE = ("fcmpu", "fcmpo")
ESTIMATE = ("fres", "frsqrte")
SINGLE = ("fadds", "fsubs", "fmuls", "fdivs", "fmadds", "fmsubs", "fnmadds", "fnmsubs", "frsp", "fres")
MEMORY = mmu_departures.MEMORY
EXCEPTION = dict.fromkeys(("vector", "srr0", "srr1", "dar", "dsisr"), ALL)

Departure = collections.namedtuple("Departure", "label section applies allowed")


def operands(d):
    return [d.before[d.register(f)] for f in ("fra", "frb", "frc") if f in d.row.fields]


def infinity_times_zero_and_nan(a, b, c):
    return is_nan(b) and ((is_inf(a) and is_zero(c)) or (is_zero(a) and is_inf(c)))


def invalid(d):
    return d.ours["fpscr"] & VX_ANY and d.ours["fpscr"] & VE


def traps(d):
    return d.ours["vector"] == 0x700 and d.ours["srr1"] & 0x00100000


def is_float(d):
    return d.name.startswith("f")


ROWS_OF_DEPARTURES = [Departure(*row) for row in [
    ("FPSCR[FR] is never changed by arithmetic",
     "PEM 2.1.4, FR: the last rounding incremented the fraction; 3.3.5", lambda d: True, {"fpscr": FR}),
    ("FPSCR[FR] is never changed by arithmetic",
     "PEM 2.1.4, FR: the last rounding incremented the fraction; 3.3.5", lambda d: d.name in ("mffs", "mcrfs"),
     {"frt": FR, "cr": 0x44444444}),
    ("fctiw, fctiwz: upper word of the result (undefined)",
     "PEM 8, `fctiw`: bits 0-31 of frD are undefined", lambda d: d.name in CONVERT, {"frt": 0xffffffff << 32}),
    ("mffs: upper word of the result (undefined)",
     "PEM 8, `mffs`: the same", lambda d: d.name == "mffs", {"frt": 0xffffffff << 32}),
    ("fctiw, fctiwz: FPRF (undefined)",
     "PEM 8, `fctiw`: FPRF is undefined", lambda d: d.name in CONVERT, {"fpscr": FPRF}),
    ("compares clear FI, set C",
     "PEM 2.1.4, table 2-4: compares set FPCC; FR and FI are for rounding, C for results of arithmetic",
     lambda d: d.name in COMPARE, {"fpscr": FI | C}),
    ("FX is set for an exception bit that was set already",
     "PEM 2.1.4, FX: set by an exception bit's change from 0 to 1",
     lambda d: not d.before["fpscr"] & FX and d.theirs["fpscr"] & FX, {"fpscr": FX, "cr": CR1_FX}),
    ("mtfsb1 of an exception bit doesn't set FX, of NI nothing",
     "PEM 2.1.4, FX: by every instruction but `mtfsf` and `mtfsfi`; PEM 8, `mtfsb1`: all bits but FEX and VX",
     lambda d: d.name == "mtfsb1",
     {"fpscr": FX | NI, "cr": CR1_FX}),
    ("fcmpo of a signalling NaN sets VXVC though VE is set",
     "PEM 8, `fcmpo`: for a signalling NaN only if VE = 0",
     lambda d: d.name == "fcmpo" and d.before["fpscr"] & VE, {"fpscr": VXVC}),
    ("stfs of less than single's smallest number (undefined)",
     'PEM appendix D, "Floating-point store instructions": exponents below 874 aren\'t in its algorithm',
     manual.is_too_small_for_stfs, MEMORY),
    ("an enabled invalid operation writes its target, FPRF, FR and FI",
     "PEM 3.3.6.1.1: frD and FPRF unchanged, FR and FI cleared", invalid,
     {"frt": ALL, "fpscr": FPRF | FI}),
    ("an enabled division by zero writes its target and FPRF",
     "PEM 3.3.6.1.2: the same",
     lambda d: d.name in ("fdiv", "fdivs") and d.before["fpscr"] & ZE and d.ours["fpscr"] & ZX,
     {"frt": ALL, "fpscr": FPRF | FI}),
    ("single denormals are classed as normal",
     "PEM 2.1.4, table 2-5: the class of the result, and that is a single", lambda d: d.name in SINGLE, {"fpscr": C}),
    ("CR1 isn't written by an instruction that raises an enabled exception",
     "PEM 2.1.3.2: CR1 is FPSCR[FX,FEX,VX,OX] at the instruction's end; 3.3.6.1 doesn't take it out",
     traps, {"cr": CR1}),
    ("fnmadd, fnmsub: negated before the rounding instead of after it",
     "PEM 8, `fnmadd`: rounded, then negated",
     lambda d: d.name.startswith("fnm") and d.before["fpscr"] & 3 >= 2,
     {"frt": ALL, "fpscr": FPRF | FI | ROUNDED, "cr": CR1, **EXCEPTION}),
    ("fused: infinity times zero and a NaN give the default NaN, without VXSNAN",
     "PEM 3.2.2: the NaN operand, made quiet; 3.3.6.1.1: VXSNAN for any signalling operand",
     lambda d: "frc" in d.row.fields and "frb" in d.row.fields and infinity_times_zero_and_nan(*operands(d)),
     {"frt": ALL, "fpscr": VXSNAN | FPRF | FX, "cr": CR1}),
    ("single-precision operation on a NaN that isn't single (undefined)",
     "PEM 3.3.4: operands of single-precision arithmetic have to be single, else result, FPSCR and CR1 are undefined",
     lambda d: d.name in SINGLE and any(is_nan(x) and not manual.fits_single(x) for x in operands(d)),
     {"frt": 0x1fffffff}),
    ("enabled overflow or underflow of operands that aren't single (undefined)",
     "the same",
     lambda d: d.name in SINGLE and d.before["fpscr"] & (OE | UE) and
     not all(manual.fits_single(x) for x in operands(d)),
     {"frt": ALL, "fpscr": ALL, "cr": CR1}),
    ("fres, frsqrte: exact instead of an estimate, with XX and FI; fres of 0 is 1/2",
     "PEM 8, `fres`, `frsqrte`: a part in 256 and 32; FR and FI undefined, XX not altered; 1/0 is infinity",
     lambda d: d.name in ESTIMATE, {"frt": ALL, "fpscr": ALL, "cr": CR1, **EXCEPTION}),
    ("FPSCR[NI] is ignored",
     "PEM 2.1.4, NI: with it denormalized numbers may be zeros; MPC750UM 2.2: on this part operands and results are",
     lambda d: d.before["fpscr"] & NI and is_float(d),
     {"frt": ALL, "fpscr": ALL, "cr": ALL, **EXCEPTION}),
    ("unaligned access without an alignment exception",
     "MPC750UM 4.5.6, which lists those that there are; strings: 750GXUM 2.3.4.3.6",
     manual.alignment_due, None),
    ("stwcx. compares the word and address, not only the reservation",
     "MPC750UM 3.3.5.3: no address is compared, only whether there is a reservation",
     lambda d: d.name == "stwcx.", {"cr": 0x20000000, **MEMORY}),
    ("divw, divwu: undefined quotient",
     "PEM 8, `divw`: division by zero, and 80000000 / -1", manual.is_undefined_divide, {"rt": ALL, "cr": 0xe0000000}),
    ("lswx of no bytes: undefined register",
     "PEM 8, `lswx`: rD is undefined if n = 0",
     lambda d: d.name == "lswx" and d.before["xer"] & 0x7f == 0, {"rt": ALL}),
    ("SPRs that don't exist: privileged, or nothing, instead of illegal",
     "MPC750UM 4.5.7: the field is fully decoded, an undefined SPR is a program exception; PEM 8, `mfspr`: which",
     lambda d: d.name in ("mfspr", "mtspr") and d.field("spr") in d.sequence.missing_sprs, None),
    ("opcode 19 with extended opcodes that are multiples of 32: mcrf", "PEM 8, `mcrf`: 0; appendix A: the others are illegal",
     lambda d: d.name == "illegal" and d.word >> 26 == 19 and not d.word >> 1 & 31, None),
    ("stwcx. without its Rc bit, and opcode 31's 274, 658, 690, 722, 754: stwcx., or nothing",
     "PEM appendix A: they are illegal", lambda d: d.name == "illegal" and d.word >> 26 == 31 and
     d.word >> 1 & 0x3ff in (150, 274, 658, 690, 722, 754), None),
    ("XER keeps reserved bits",
     "PEM 2.1.5: reserved; read as 0 or kept are both allowed",
     lambda d: d.name == "mtspr" and d.field("spr") == 1, {"xer": 0x1fffff80}),
    *mmu_departures.ROWS,
]]


def explained(d):
    """Labels of the rows that explain all bits; empty if some are left."""
    target = {d.register(field): field for field in ("rt", "frt") if field in d.row.fields}
    left, labels = dict(d.bits), []
    for row in ROWS_OF_DEPARTURES:
        if not left or not row.applies(d):
            continue
        before, allowed = left, row.allowed
        if allowed is None:
            left = {}
        else:
            left = {f: bits & ~(allowed.get(f, 0) | allowed.get(target.get(f), 0)) for f, bits in left.items()}
            left = {f: bits for f, bits in left.items() if bits}
        if left != before:
            labels.append(row.label)
    return [] if left else labels


def known(d):
    """Labels of the departures that explain a deviation; empty if there are none, or ours isn't known to be what the
    manual says."""
    wrong = manual.disagreement(d)
    if wrong is None:
        d.notes = ["manual.py doesn't know this instruction"]
        return []
    if wrong:
        d.notes = [f"manual: {field} {value:x}, ours {d.ours[field]:x}" for field, value in sorted(wrong.items())[:6]]
        return []
    labels = explained(d)
    if not labels:
        d.notes = ["ours is what the manual says, but no row of departures.py says so"]
    return labels


def sections():
    """{label: what the manual says}; a label's place in it is its number, from 1."""
    found = {}
    for row in ROWS_OF_DEPARTURES:
        found.setdefault(row.label, row.section)
    return found


def numbers(counts):
    """Counts by label as text, with the labels' numbers."""
    return ", ".join(f"#{n}: {counts[label]:,}" for n, label in enumerate(sections(), 1) if counts[label])


def table():
    return "\n".join(["| # | difference of the reference | decided by |", "| ---: | --- | --- |"] +
                     [f"| {n} | {label} | {section} |" for n, (label, section) in enumerate(sections().items(), 1)])


if __name__ == "__main__":
    print(table())
