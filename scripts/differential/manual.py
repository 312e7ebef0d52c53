"""What the manual says that an instruction does, for those of which the two emulators make different things.

expected() gives the state after an instruction as {field: (value, bits that are defined)}; what it doesn't name has to be as
before. agrees() holds our state against it.

Reference: Programming Environments Manual for 32-Bit Implementations (PEM), MPC750 user's manual (MPC750UM).

SPDX-License-Identifier: MIT
"""

import struct
import sys

import manual_fp as fp
import manual_mmu

ALL = (1 << 64) - 1
WORD = 0xffffffff
ALIGNED = ("lmw", "stmw", "lwarx", "stwcx.")
FP_STATUS = ("mffs", "mcrfs", "mtfsf", "mtfsfi", "mtfsb0", "mtfsb1")
EXISTING_XER = 0xe000007f
FE = 0x900


def next_address(d):
    return (d.sequence.entry + 4 * (d.k + 1)) & WORD


def no_exception(d):
    """The sc that follows an instruction which didn't raise one."""
    return {"vector": (0xc00, ALL), "srr0": (next_address(d) + 4, ALL), "srr1": (d.sequence.msr & 0xffff, ALL)}


def exception(d, vector, srr1=0, **fields):
    return {"vector": (vector, ALL), "srr0": (next_address(d) - 4, ALL),
            "srr1": (d.sequence.msr & 0xffff | srr1, ALL), **{f: (v, ALL) for f, v in fields.items()}}


def effective_address(d):
    ra = d.field("ra")
    base = d.before[f"r{ra}"] if ra else 0
    if "rb" in d.row.fields:
        return (base + d.before[d.register("rb")]) & WORD
    if "d" not in d.row.fields:  # lswi, stswi
        return base
    offset = d.field("d")
    return (base + (offset ^ 0x8000) - 0x8000) & WORD


def is_fp_access(d):
    return d.name.startswith(("lfs", "lfd", "stf"))


# --- Alignment

def string_length(d):
    if d.name in ("lswi", "stswi"):
        return d.field("nb") or 32
    return d.before["xer"] & 0x7f if d.name in ("lswx", "stswx") else 0


def string_crosses(d):
    """750GXUM 2.3.4.3.6: strings across a page that aren't aligned to a word, or across a segment."""
    length = string_length(d)
    if not length:
        return False
    address = effective_address(d)
    block = 0x1000 if address & 3 else 0x10000000
    return (address ^ (address + length - 1)) & WORD & -block != 0


def alignment_due(d):
    """MPC750UM 4.5.6: floating-point accesses, and these, that aren't aligned to a word."""
    if d.name in ALIGNED or is_fp_access(d):
        return effective_address(d) & 3 != 0
    return string_crosses(d)


def alignment_dsisr(word):
    """PEM 6.4.6, settings of DSISR: the opcode's bits, rD or rS, rA."""
    low = (word >> 21 & 31) << 5 | word >> 16 & 31
    if word >> 26 == 31:
        return low | (word >> 1 & 3) << 15 | (word >> 6 & 1) << 14 | (word >> 7 & 15) << 10
    return low | (word >> 26 & 1) << 14 | (word >> 27 & 15) << 10


def alignment_exception(d):
    return exception(d, 0x600, dar=effective_address(d), dsisr=alignment_dsisr(d.word))


# --- Floating point

def fp_end(d, fields, fpscr, undefined=0):
    """Adds FPSCR and CR1, and the exception that follows where FEX and FE0 or FE1 are set."""
    fields["fpscr"] = (fpscr, WORD & ~undefined)
    if d.word & 1 and "rc" in d.row.fields:
        fields["cr"] = (d.before["cr"] & ~0x0f000000 | (fpscr >> 4 & 0x0f000000), WORD & ~(undefined >> 4 & 0x0f000000))
    if fpscr & 0x40000000 and d.sequence.msr & FE:
        return {**fields, **exception(d, 0x700, 0x00100000)}
    return {**fields, **no_exception(d)}


def operand(d, field):
    return d.before[d.register(field)] if field in d.row.fields else None


def fp_arithmetic(d):
    a, b, c = (operand(d, f) for f in ("fra", "frb", "frc"))
    r = fp.arithmetic(d.name, d.before["fpscr"], a, b, c)
    undefined, fpscr_undefined = r.undefined, r.fpscr_undefined
    single = d.name == "fres" or (d.name.endswith("s") and d.name != "fabs")
    if single and not all(x is None or fits_single(x) for x in (a, b, c)):
        # PEM 4.2.2: operands that aren't single: the result is undefined; the NaN's cut bits and
        # an adjusted exponent are where that shows
        undefined |= 0x1fffffff if r.value is not None and fp.is_nan(r.value) else 0
    fields = {}
    if r.value is not None:
        value = r.value
        if r.error:
            value = d.ours[d.register("frt")] if is_estimate_of(d.ours[d.register("frt")], r) else value
        fields[d.register("frt")] = (value, ALL & ~undefined)
    return fp_end(d, fields, r.fpscr, fpscr_undefined)


def fits_single(x):
    exponent = x >> 52 & 0x7ff
    return x & 0x1fffffff == 0 and (exponent == 0x7ff or 874 <= exponent <= 1150 or fp.is_zero(x))


def is_estimate_of(value, r):
    """Within the error, or a denormalized number's last place."""
    if 0x7ff in (value >> 52 & 0x7ff, r.value >> 52 & 0x7ff):
        return value == r.value
    return abs(number(value) - number(r.value)) <= abs(number(r.value)) * r.error + 2.0 ** -149


def number(x):
    return struct.unpack(">d", struct.pack(">Q", x))[0]


def fp_compare(d):
    bits, fpscr = fp.compare(fp.Operation(d.before["fpscr"], False),
                             *flushed(d, operand(d, "fra"), operand(d, "frb")), d.name == "fcmpo")
    shift = 28 - 4 * d.field("crfd")
    return fp_end(d, {"cr": (d.before["cr"] & ~(15 << shift) | bits << shift, ALL)}, fpscr)


def flushed(d, *operands):
    if not d.before["fpscr"] & fp.NI:
        return operands
    return [x if x >> 52 & 0x7ff else x & fp.SIGN for x in operands]


def fp_move(d):
    if d.name == "fsel":
        a, b, c = (operand(d, f) for f in ("fra", "frb", "frc"))
        value = c if not fp.is_nan(a) and (fp.is_zero(a) or not a & fp.SIGN) else b
    else:
        value = fp.MOVES[d.name](operand(d, "frb"))
    return fp_end(d, {d.register("frt"): (value, ALL)}, d.before["fpscr"])


def fp_status(d):
    """PEM chapter 8, the instructions' pages: FX follows exception bits that become 1 by mtfsb1, not by mtfsf, mtfsfi."""
    fpscr = d.before["fpscr"]
    if d.name == "mffs":
        return fp_end(d, {d.register("frt"): (fpscr, WORD)}, fpscr)
    if d.name == "mcrfs":
        shift, to = 28 - 4 * d.field("crfs"), 28 - 4 * d.field("crfd")
        bits = fpscr >> shift & 15
        cleared = fp.summary(fpscr & ~((15 << shift) & (fp.EXCEPTIONS | fp.FX)))
        return fp_end(d, {"cr": (d.before["cr"] & ~(15 << to) | bits << to, ALL)}, cleared)
    if d.name in ("mtfsb0", "mtfsb1"):
        bit = 0x80000000 >> d.field("crbd")
        if d.name == "mtfsb0":
            return fp_end(d, {}, fp.summary(fpscr & ~bit))
        return fp_end(d, {}, fp.summary(fp.raised(fpscr, bit)))
    if d.name == "mtfsfi":
        shift = 28 - 4 * d.field("crfd")
        mask, value = 15 << shift, d.field("imm") << shift
    else:
        mask = sum(15 << 4 * i for i in range(8) if d.field("fm") >> i & 1)
        value = operand(d, "frb") & WORD
    return fp_end(d, {}, fp.summary(fpscr & ~mask | value & mask))


def fp_expected(d):
    if d.name in ("fcmpu", "fcmpo"):
        return fp_compare(d)
    if d.name in FP_STATUS:
        return fp_status(d)
    return fp_move(d) if d.name in fp.MOVES or d.name == "fsel" else fp_arithmetic(d)


# --- Others

def missing_spr(d):
    """MPC750UM 4.5.7: illegal; in user mode, privileged if the number's bit 4 is set."""
    privileged = d.sequence.msr & 0x4000 and d.field("spr") & 0x10
    return exception(d, 0x700, 0x00040000 if privileged else 0x00080000)


def mtxer(d):
    return {"xer": (d.before[d.register("rs")] & EXISTING_XER, ALL), **no_exception(d)}


def undefined_divide(d):
    """PEM chapter 8: rD, and of CR0 what is not SO; OE sets OV and SO."""
    xer = d.before["xer"] | 0xc0000000 if d.field("oe") else d.before["xer"]
    fields = {d.register("rt"): (0, 0), "xer": (xer, ALL), **no_exception(d)}
    if d.field("rc"):
        fields["cr"] = (d.before["cr"] & 0x0fffffff | xer >> 3 & 0x10000000, 0x1fffffff)
    return fields


def is_reserved(d):
    reserved = False
    for name in d.sequence.names[:d.k]:
        reserved = name == "lwarx" or (reserved and name != "stwcx.")
    return reserved


def store_conditional(d):
    """MPC750UM 2.3.4.7: it stores if there is a reservation, whatever the address; the sequence has no branches."""
    if alignment_due(d):
        return alignment_exception(d)
    reserved = is_reserved(d)
    fields = {"cr": (d.before["cr"] & 0x0fffffff | d.before["xer"] >> 3 & 0x10000000 | reserved << 29, ALL),
              **no_exception(d)}
    if reserved:
        fields.update(stored(d, d.before[d.register("rs")]))
    return fields


def stored(d, value, defined=WORD):
    at = effective_address(d) - d.sequence.memory_address
    return {f"m{at + i:x}": (value >> (24 - 8 * i) & 0xff, defined >> (24 - 8 * i) & 0xff) for i in range(4)}


def store_single_undefined(d):
    """PEM 3.3.7 and D.7: smaller than any single: what is stored is undefined."""
    fields = {**stored(d, 0, 0), **no_exception(d)}
    if "u" in d.name[4:]:
        fields[d.register("ra")] = (effective_address(d), ALL)
    return fields


def no_bytes(d):
    """lswx with a count of 0: rD is undefined."""
    return {d.register("rt"): (0, 0), **no_exception(d)}


def is_undefined_divide(d):
    if d.name not in ("divw", "divwu"):
        return False
    a, b = d.before[d.register("ra")], d.before[d.register("rb")]
    return b == 0 or (d.name == "divw" and a == 0x80000000 and b == WORD)


def is_too_small_for_stfs(d):
    return d.name.startswith("stfs") and d.before[d.register("frs")] >> 52 & 0x7ff < 874


def expected(d):
    """None: this one isn't written down here."""
    if d.sequence.mmu:
        return manual_mmu.judge(d, sys.modules[__name__])
    if d.name == "illegal":
        return exception(d, 0x700, 0x00080000)
    if d.name == "stwcx.":
        return store_conditional(d)
    if alignment_due(d):
        return alignment_exception(d)
    if d.name.startswith("f") or d.name in FP_STATUS:
        return fp_expected(d)
    if is_undefined_divide(d):
        return undefined_divide(d)
    if is_too_small_for_stfs(d):
        return store_single_undefined(d)
    if d.name == "lswx" and not d.before["xer"] & 0x7f:
        return no_bytes(d)
    if d.name in ("mfspr", "mtspr") and d.field("spr") in d.sequence.missing_sprs:
        return missing_spr(d)
    if d.name == "mtspr" and d.field("spr") == 1:
        return mtxer(d)
    return None


def disagreement(d):
    """{field: what the manual says} where our state isn't that; None if the manual's word isn't known here."""
    want = expected(d)
    if want is None:
        return None
    wrong = {}
    # Under translation, results that both agree on aren't worked out again.
    changed = d.bits if d.sequence.mmu else d.ours.difference(d.before)
    for field in changed.keys() | want.keys():
        value, mask = want.get(field, (None, ALL))
        value = d.before[field] if value is None else value
        if (d.ours[field] ^ value) & mask:
            wrong[field] = value
    return wrong
