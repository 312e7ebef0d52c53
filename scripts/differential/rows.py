"""Instruction encodings out of target/ppc/insns.decode.

SPDX-License-Identifier: MIT
"""

import pathlib
import re

DECODE = pathlib.Path(__file__).resolve().parents[2] / "target" / "ppc" / "insns.decode"
FIELD = re.compile(r"(\w+):(s?)(\d+)(?:\*(\d+))?(x?)$")


class Row:
    """One instruction: its fixed bits, and its fields as (name, shift, width, signed, scale, swapped halves)."""

    def __init__(self, name, tokens, effects):
        self.name = name
        self.fixed = 0
        self.fields = {}
        self.flags = set(effects.split())
        at = 32
        for token in tokens:
            match = FIELD.match(token)
            if match:
                field, signed, width, scale, swapped = match.groups()
                at -= int(width)
                self.fields[field] = (at, int(width), bool(signed), int(scale or 1), bool(swapped))
                continue
            for bit in token:
                at -= 1
                self.fixed |= (bit == "1") << at
        if at:
            raise ValueError(f"{name}: {32 - at} bits")

    def encode(self, values):
        word = self.fixed
        for field, (shift, width, _, scale, swapped) in self.fields.items():
            value = (values[field] // scale) & ((1 << width) - 1)
            if swapped:
                value = (value & 31) << 5 | value >> 5
            word |= value << shift
        return word

    def random(self, rng):
        """Random values for every field."""
        values = {}
        for field, (_, width, signed, scale, _) in self.fields.items():
            value = rng.getrandbits(width)
            if signed and value >> (width - 1):
                value -= 1 << width
            values[field] = value * scale
        return values


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
