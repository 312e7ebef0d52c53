"""What the programs that execute random instructions have in common: words that are worth trying, running a bare program.

SPDX-License-Identifier: MIT
"""

import subprocess
import sys

FLOATS = [0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000, 0x3ff8000000000000, 0x4000000000000000,
          0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 0x7ff8deadbeef0001,
          0x41dfffffffc00000, 0x43e0000000000000, 0x3fe0000000000000, 0x36a0000000000000, 0x47efffffe0000000]
SINGLES = [0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x3fc00000, 0x40000000, 0x7f7fffff, 0x7f800000, 0x7fc00000,
           0x7f800001, 0x7fdead01, 0x4effffff, 0x4f000000, 0x3f000000, 0x33800000, 0x477fe000, 0x38800000]


def random_word(rng):
    kind = rng.randrange(8)
    if kind < 2:
        return rng.choice(FLOATS) ^ rng.choice([0, 1 << 63])
    if kind < 4:
        return sum((rng.choice(SINGLES) ^ rng.choice([0, 1 << 31])) << shift for shift in (0, 32))
    if kind == 4:
        return rng.choice([0, 1, 2**64 - 1, 1 << 63, 2**63 - 1, 1 << 31, 2**32 - 1, 2**31 - 1])
    if kind == 5:
        return int.from_bytes(bytes(rng.choice([0, 0x7f, 0x80, 0xff, 1, rng.randrange(256)]) for _ in range(8)), "little")
    return rng.getrandbits(64) >> rng.choice([0, 0, 0, 16, 32, 48])


def random_float(rng):
    """A double or two singles: special ones, and such that results come to lie around what is special."""
    size, fraction, bias = rng.choice([(64, 52, 1023), (32, 23, 127)])
    word = 0
    for shift in range(0, 64, size):
        kind = rng.randrange(8)
        exponent = rng.choice([0, 1, 2, bias // 2, bias - 1, bias, bias + 1, bias + fraction, bias + bias // 2, 2 * bias - 1, 2 * bias,
                               rng.randrange(2 * bias)])
        bits = exponent << fraction | rng.choice([0, 1, (1 << fraction) - 1, 1 << (fraction - 1), rng.getrandbits(fraction)])
        if kind == 0:
            bits = 0
        elif kind == 1:
            bits = rng.choice(FLOATS if size == 64 else SINGLES)
        word |= (bits | rng.choice([0, 1 << (size - 1)])) << shift
    return word


def spec_row(spec, word):
    """The row that decodes the word; None if there is none."""
    found = [row for row in spec.rows if word & row.mask == row.match]
    return next((row for row in found if row.special), found[0] if found else None)


def run(command, elf):
    """What the program prints, line by line."""
    result = subprocess.run(command + ["-kernel", str(elf)], capture_output=True, text=True, timeout=600, check=False,
                            stdin=subprocess.DEVNULL)
    if result.returncode:
        print(f"'{' '.join(command)}' failed: {result.stderr[-500:]}", file=sys.stderr)
        sys.exit(2)
    return result.stdout.replace("\r", "").split("\n")


def two_commands(words):
    """COMMAND -- COMMAND, maybe behind another --."""
    rest = words[1:] if words[:1] == ["--"] else words
    return [rest[:rest.index("--")], rest[rest.index("--") + 1:]]
