"""What the manual says that a floating-point instruction does, in exact integers: the judge where the two emulators differ.

Written from the text, for clearness and not for speed; it shares nothing with target/ppc.

Reference: Programming Environments Manual for 32-Bit Implementations (PEM) 2.1.4 (FPSCR), 3.2.2 (QNaN selection), 3.3.6
(exceptions), chapter 8; MPC750UM 2.2.3, tables of operands and results for NI = 1.

SPDX-License-Identifier: MIT
"""

import collections
import math

FX, OX, UX, ZX, XX = 0x80000000, 0x10000000, 0x08000000, 0x04000000, 0x02000000
VXSNAN, VXISI, VXIDI, VXZDZ, VXIMZ, VXVC, VXSQRT, VXCVI = (
    0x01000000, 0x00800000, 0x00400000, 0x00200000, 0x00100000, 0x00080000, 0x00000200, 0x00000100)
FR, FI, FPRF, FPCC, VX_ANY = 0x00040000, 0x00020000, 0x0001f000, 0x0000f000, 0x01f80700
VE, OE, UE, ZE, NI, RN = 0x80, 0x40, 0x20, 0x10, 4, 3
EXCEPTIONS = OX | UX | ZX | XX | VX_ANY
RESERVED = 0x800
ALL = (1 << 64) - 1
SIGN, INF, QUIET, DEFAULT_NAN = 1 << 63, 0x7ff << 52, 1 << 51, 0x7ff8 << 48
ESTIMATES = ("fres", "frsqrte")
LOW_WORD = 0xffffffff

# value: the target FPR's new value or None; undefined: bits of it, and of FPSCR, that the manual leaves open;
# error: an estimate's value may be off by this part.
Result = collections.namedtuple("Result", "value fpscr undefined fpscr_undefined error", defaults=(0, 0, 0))


def is_nan(x):
    return x & ~SIGN > INF


def is_snan(x):
    return is_nan(x) and not x & QUIET


def is_inf(x):
    return x & ~SIGN == INF


def is_zero(x):
    return x & ~SIGN == 0


def unpack(x):
    """A finite number as (negative, n, e): n * 2^e."""
    exponent = x >> 52 & 0x7ff
    fraction = x & (1 << 52) - 1
    return x >> 63, fraction | bool(exponent) << 52, max(exponent, 1) - 1075


def pack(negative, n, e):
    """n has at most 53 bits, or is 2^53; None if it's out of a double's range."""
    if n == 0:
        return negative << 63
    if n == 1 << 53:
        n, e = n >> 1, e + 1
    shift = 53 - n.bit_length()
    n, e = n << shift, e - shift
    if e < -1074:
        if n & (1 << (-1074 - e)) - 1:
            return None
        return negative << 63 | n >> (-1074 - e)
    return negative << 63 | (e + 1075) << 52 | n & (1 << 52) - 1 if e + 1075 < 0x7ff else None


def divide(n, d, negative, mode):
    """n / d rounded: (quotient, inexact, incremented)."""
    quotient, rest = divmod(n, d)
    up = bool(rest) and (2 * rest > d or (2 * rest == d and quotient & 1) if mode == 0
                         else mode == (3 if negative else 2))
    return quotient + up, bool(rest), up


class Operation:
    """One instruction's work: collects what it does to the FPSCR."""

    def __init__(self, fpscr, single):
        self.fpscr, self.single = fpscr, single
        self.prec, self.emin, self.emax, self.adjust = (24, -126, 127, 192) if single else (53, -1022, 1023, 1536)
        self.raised = self.fr_fi = self.fpscr_undefined = 0

    def raise_(self, bits):
        self.raised |= bits

    def finish(self, value, fprf=None, undefined=0, error=0):
        """value None: the target stays. fprf None: FPRF stays."""
        fpscr = self.fpscr & ~(FR | FI) | self.fr_fi
        if fprf is not None:
            fpscr = fpscr & ~FPRF | fprf
        return Result(value, summary(raised(fpscr, self.raised)), undefined, self.fpscr_undefined, error)

    def classify(self, x):
        negative = x >> 63
        if is_nan(x):
            return 0x11000
        if is_inf(x):
            return 0x9000 if negative else 0x5000
        if is_zero(x):
            return 0x12000 if negative else 0x2000
        denormal = x >> 52 & 0x7ff < (897 if self.single else 1)
        return (0x8000 if negative else 0x4000) | denormal << 16

    def result(self, value, **kw):
        return self.finish(value, self.classify(value), **kw)

    def invalid(self, cause, value=DEFAULT_NAN):
        self.raise_(cause)
        return self.finish(None) if self.fpscr & VE else self.result(value)

    def nan(self, operands, also=0):
        """3.2.2: the first NaN of frA, frB, frC, made quiet."""
        value = next(x for x in operands if is_nan(x)) | QUIET
        cause = also | (VXSNAN if any(map(is_snan, operands)) else 0)
        return self.invalid(cause, value) if cause else self.result(value)

    def zero_divide(self, sign):
        self.raise_(ZX)
        return self.finish(None) if self.fpscr & ZE else self.result(sign | INF)

    def exact_zero(self, negative):
        return self.result(negative << 63)

    def round(self, negative, n, e, d=1, flip=False):
        """Rounds n * 2^e / d, n not 0; flip: negates after that."""
        mode = self.fpscr & RN
        top = n.bit_length() - d.bit_length()  # exponent of the leading one
        top += e - (n << max(-top, 0) < d << max(top, 0))
        tiny = top < self.emin
        if tiny and not self.fpscr & UE and self.fpscr & NI:
            self.raise_(UX | XX)
            self.fr_fi = FI
            return self.exact_zero(negative ^ flip)
        unit = top - self.prec + 1  # exponent of the last place
        if tiny and not self.fpscr & UE:
            unit = self.emin - self.prec + 1
        shift = e - unit
        n, inexact, up = divide(n << max(shift, 0), d << max(-shift, 0), negative, mode)
        if n.bit_length() > self.prec:
            top = max(top + 1, self.emin)
        if tiny and self.fpscr & UE:
            self.raise_(UX)
            unit += self.adjust
        elif top > self.emax:
            if not self.fpscr & OE:
                return self.overflow(negative, flip)
            self.raise_(OX)
            unit -= self.adjust
        if inexact:
            self.raise_(XX | (UX if tiny else 0))
            self.fr_fi = FI | (FR if up else 0)
        value = pack(negative ^ flip, n, unit)
        if value is None:  # an operand wasn't single: undefined
            self.fpscr_undefined = FPRF
            return self.finish(0, 0, undefined=ALL)
        return self.result(value)

    def overflow(self, negative, flip):
        self.raise_(OX | XX)
        self.fr_fi, self.fpscr_undefined = FI, FR
        largest = 0x47efffffe0000000 if self.single else INF - 1
        infinite = self.fpscr & RN in (0, 3 if negative else 2)
        return self.result((negative ^ flip) << 63 | (INF if infinite else largest))

    def add(self, a, b, flip=False):
        """a, b: (negative, n, e)"""
        e = min(a[2], b[2])
        total = sum((-n if negative else n) << (at - e) for negative, n, at in (a, b))
        if not total:
            both = a[0] if a[0] == b[0] else int(self.fpscr & RN == 3)
            return self.exact_zero(both ^ flip)
        return self.round(int(total < 0), abs(total), e, flip=flip)


def raised(fpscr, bits):
    return fpscr | bits | (FX if bits & EXCEPTIONS & ~fpscr else 0)


def summary(fpscr):
    """FEX and VX say what the others are; a reserved bit is 0."""
    fpscr &= ~(0x60000000 | RESERVED)
    fpscr |= 0x20000000 if fpscr & VX_ANY else 0
    return fpscr | (0x40000000 if fpscr >> 22 & fpscr & 0xf8 else 0)


def add(op, a, b):
    if is_nan(a) or is_nan(b):
        return op.nan((a, b))
    if is_inf(a) and is_inf(b) and a != b:
        return op.invalid(VXISI)
    if is_inf(a) or is_inf(b):
        return op.result(a if is_inf(a) else b)
    return op.add(unpack(a), unpack(b))


def multiply(op, a, c):
    sign = (a ^ c) & SIGN
    if is_nan(a) or is_nan(c):
        return op.nan((a, c))
    if is_inf(a) or is_inf(c):
        return op.invalid(VXIMZ) if is_zero(a) or is_zero(c) else op.result(sign | INF)
    if is_zero(a) or is_zero(c):
        return op.result(sign)
    (_, na, ea), (_, nc, ec) = unpack(a), unpack(c)
    return op.round(sign >> 63, na * nc, ea + ec)


def divide_numbers(op, a, b):
    sign = (a ^ b) & SIGN
    if is_nan(a) or is_nan(b):
        return op.nan((a, b))
    if is_inf(a):
        return op.invalid(VXIDI) if is_inf(b) else op.result(sign | INF)
    if is_inf(b):
        return op.result(sign)
    if is_zero(b):
        return op.invalid(VXZDZ) if is_zero(a) else op.zero_divide(sign)
    if is_zero(a):
        return op.result(sign)
    (_, na, ea), (_, nb, eb) = unpack(a), unpack(b)
    return op.round(sign >> 63, na, ea - eb, nb)


def multiply_add(op, a, b, c, flip):
    bad = (is_inf(a) and is_zero(c)) or (is_zero(a) and is_inf(c))
    if is_nan(a) or is_nan(b) or is_nan(c):
        return op.nan((a, b, c), VXIMZ if bad else 0)
    sign = (a ^ c) & SIGN
    if bad or (is_inf(b) and (is_inf(a) or is_inf(c)) and b & SIGN != sign):
        return op.invalid(VXIMZ if bad else VXISI)
    negate = SIGN if flip else 0
    if is_inf(a) or is_inf(c):
        return op.result((sign | INF) ^ negate)
    if is_inf(b):
        return op.result(b ^ negate)
    (_, na, ea), (_, nc, ec) = unpack(a), unpack(c)
    return op.add((sign >> 63, na * nc, ea + ec), unpack(b), flip)


def single_nan(result):
    """frsp cuts a NaN's fraction."""
    return result if result.value is None else result._replace(value=result.value & ~0x1fffffff)


def round_to_single(op, b):
    if is_nan(b):
        return single_nan(op.nan((b,)))
    if is_inf(b) or is_zero(b):
        return op.result(b)
    negative, n, e = unpack(b)
    return op.round(negative, n, e)


def to_integer(op, b, mode):
    """FPRF is undefined, as is the upper word."""
    op.fpscr_undefined = FPRF
    if is_nan(b):
        cause, n = VXCVI | (VXSNAN if is_snan(b) else 0), 0x80000000
    else:
        negative, n, e = unpack(b) if not is_inf(b) else (b >> 63, 1, 64)
        n, inexact, up = divide(n << max(e, 0), 1 << max(-e, 0), negative, mode)
        limit = 0x80000000 if negative else 0x7fffffff
        cause, n = VXCVI if n > limit else 0, -min(n, limit) if negative else min(n, limit)
    if cause:
        op.raise_(cause)
        if op.fpscr & VE:
            op.fpscr_undefined = 0
            return op.finish(None)
    elif inexact:
        op.raise_(XX)
        op.fr_fi = FI | (FR if up else 0)
    return op.finish(n & LOW_WORD, op.fpscr & FPRF, undefined=LOW_WORD << 32)


def reciprocal(op, b):
    """fres: the manual asks for a part in 256, ours claims one in 4096; XX isn't set, FR and FI are undefined."""
    op.fpscr_undefined = FR | FI
    if is_nan(b):
        return op.nan((b,))
    if is_inf(b):
        return op.result(b & SIGN)
    if is_zero(b):
        return op.zero_divide(b & SIGN)
    negative, n, e = unpack(b)
    result = op.round(negative, 1, -e, n)
    return without_inexact(op, result)._replace(error=1 / 4096)


def reciprocal_root(op, b):
    """frsqrte: the manual asks for a part in 32, ours claims one in 4096; XX isn't set, FR and FI are undefined."""
    op.fpscr_undefined = FR | FI
    if is_nan(b):
        return op.nan((b,))
    if is_zero(b):
        return op.zero_divide(b & SIGN)
    if b & SIGN:
        return op.invalid(VXSQRT)
    if is_inf(b):
        return op.result(0)
    _, n, e = unpack(b)
    n, e = (n << 1, e - 1) if e & 1 else (n, e)
    at = 200
    root = math.isqrt((1 << 2 * at) // n)  # 2^at / sqrt(n)
    return without_inexact(op, op.round(0, root, -at - e // 2))._replace(error=1 / 4096)


def without_inexact(op, result):
    """An estimate of a finite number is exact as far as the FPSCR knows, but overflows and underflows."""
    op.raised &= ~XX
    again = op.finish(result.value, result.fpscr & FPRF)
    # Whether a denormalized estimate lost accuracy, nobody says.
    open_ = UX | FX if op.raised & UX and not op.fpscr & UE else 0
    return again._replace(fpscr_undefined=FR | FI | open_)


def compare(op, a, b, ordered):
    """The new FPSCR; only FPCC and exceptions of it change."""
    if is_nan(a) or is_nan(b):
        bits = 1
        if is_snan(a) or is_snan(b):
            op.raise_(VXSNAN | (VXVC if ordered and not op.fpscr & VE else 0))
        elif ordered:
            op.raise_(VXVC)
    else:
        (x, n, e), (y, m, f) = [unpack(v) if not is_inf(v) else (v >> 63, 1, 1024) for v in (a, b)]
        low = min(e, f)
        difference = ((-n if x else n) << (e - low)) - ((-m if y else m) << (f - low))
        bits = 2 if not difference else 8 if difference < 0 else 4
    return bits, summary(raised(op.fpscr & ~FPCC | bits << 12, op.raised))


ARITHMETIC = {
    "fadd": lambda op, a, b, c: add(op, a, b),
    "fsub": lambda op, a, b, c: add(op, a, b if is_nan(b) else b ^ SIGN),
    "fmul": lambda op, a, b, c: multiply(op, a, c),
    "fdiv": lambda op, a, b, c: divide_numbers(op, a, b),
    "fmadd": lambda op, a, b, c: multiply_add(op, a, b, c, 0),
    "fmsub": lambda op, a, b, c: multiply_add(op, a, b if is_nan(b) else b ^ SIGN, c, 0),
    "fnmadd": lambda op, a, b, c: multiply_add(op, a, b, c, 1),
    "fnmsub": lambda op, a, b, c: multiply_add(op, a, b if is_nan(b) else b ^ SIGN, c, 1),
    "frsp": lambda op, a, b, c: round_to_single(op, b),
    "fctiw": lambda op, a, b, c: to_integer(op, b, op.fpscr & RN),
    "fctiwz": lambda op, a, b, c: to_integer(op, b, 1),
    "fres": lambda op, a, b, c: reciprocal(op, b),
    "frsqrte": lambda op, a, b, c: reciprocal_root(op, b),
}
MOVES = {
    "fmr": lambda b: b,
    "fneg": lambda b: b ^ SIGN,
    "fabs": lambda b: b & ~SIGN,
    "fnabs": lambda b: b | SIGN,
}


def arithmetic(name, fpscr, a, b, c):
    """The Result of an arithmetic instruction; operands that it hasn't got are None."""
    single = name in ("frsp", "fres") or (name.endswith("s") and name[:-1] in ARITHMETIC)
    op = Operation(fpscr, single)
    if fpscr & NI:  # denormalized operands are zeros
        a, b, c = (x if x is None or x >> 52 & 0x7ff else x & SIGN for x in (a, b, c))
    return ARITHMETIC[name if name in ARITHMETIC else name[:-1]](op, a, b, c)
