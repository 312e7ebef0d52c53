"""Instruction encodings out of target/ppc/insns.decode.

SPDX-License-Identifier: MIT
"""

import pathlib
import re

DECODE = pathlib.Path(__file__).resolve().parents[2] / "target" / "ppc" / "insns.decode"
FIELD = re.compile(r"(\w+):(s?)(\d+)(?:\*(\d+))?(x?)$")


class Row:
    """One instruction: its fixed bits, and its fields as (shift, width, scale, swapped halves)."""

    def __init__(self, name, tokens, effects):
        self.name = name
        self.fixed = self.free = self.mask = 0  # mask: bits that have to be as in fixed; "-" needn't
        self.fields = {}
        self.flags = set(effects.split())
        at = 32
        for token in tokens:
            match = FIELD.match(token)
            if match:
                field, _, width, scale, swapped = match.groups()
                at -= int(width)
                self.fields[field] = (at, int(width), int(scale or 1), bool(swapped))
                self.free |= ((1 << int(width)) - 1) << at
                continue
            for bit in token:
                at -= 1
                self.fixed |= (bit == "1") << at
                self.mask |= (bit != "-") << at
        if at:
            raise ValueError(f"{name}: {32 - at} bits")

    def random(self, rng):
        """The instruction with random operands."""
        return self.fixed | rng.getrandbits(32) & self.free

    def put(self, word, **values):
        for field, value in values.items():
            shift, width, scale, swapped = self.fields[field]
            mask = (1 << width) - 1
            value = value // scale & mask
            if swapped:
                value = (value & 31) << 5 | value >> 5
            word = word & ~(mask << shift) | value << shift
        return word

    def get(self, word, field):
        """The field's bits; what is signed isn't extended, what is scaled isn't multiplied."""
        shift, width, _, swapped = self.fields[field]
        value = word >> shift & ((1 << width) - 1)
        return (value & 31) << 5 | value >> 5 if swapped else value


def load(path=DECODE):
    rows = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0]
        if "|" not in line:
            continue
        encoding, effects = line.split("|")
        name, *tokens = encoding.split()
        rows[name] = Row(name, tokens, effects)
    return rows


ROWS = load()


def is_instruction(word):
    return any(word & row.mask == row.fixed for row in ROWS.values() if row.mask)
