# SPDX-License-Identifier: MIT
"""scripts/differential: its documentation is its rows; its judges and its generator keep to their rules.

The comparison itself needs an installed qemu-system-ppc and minutes: it is run by hand.
"""

import math
import os
import random
import struct
import sys

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'scripts', 'differential'))

import departures  # noqa: E402
import generate  # noqa: E402
import harness as h  # noqa: E402
import manual_fp as fp  # noqa: E402
import mmu  # noqa: E402
import translation  # noqa: E402


def bits(x):
    return struct.unpack('>Q', struct.pack('>d', x))[0]


def test_documentation_has_the_rows_of_departures():
    with open(os.path.join(ROOT, 'docs', 'devel', 'reference-departures.md'), encoding='utf-8') as file:
        assert departures.table() in file.read()


@pytest.mark.parametrize('name, operation', [
    ('fadd', lambda a, b, c: a + b), ('fsub', lambda a, b, c: a - b), ('fmul', lambda a, b, c: a * c),
    ('fdiv', lambda a, b, c: a / b)])
def test_judge_of_arithmetic_rounds_as_the_host_does(name, operation):
    rng = random.Random(name)
    for _ in range(2000):
        a, b, c = (math.ldexp(rng.getrandbits(53) | 1, rng.randint(-100, 0)) for _ in range(3))
        assert fp.arithmetic(name, 0, bits(a), bits(b), bits(c)).value == bits(operation(a, b, c))


def test_judge_of_arithmetic_knows_each_exception():
    one, inf, snan, largest, smallest = bits(1.0), fp.INF, fp.INF + 1, fp.INF - 1, 1

    def raised(name, *operands, fpscr=0):
        return fp.arithmetic(name, fpscr, *operands).fpscr & (fp.EXCEPTIONS | fp.FX)

    assert raised('fadd', one, one, None) == 0
    assert raised('fadd', one, smallest, None) == fp.FX | fp.XX
    assert raised('fadd', snan, one, None) == fp.FX | fp.VXSNAN
    assert raised('fsub', inf, inf, None) == fp.FX | fp.VXISI
    assert raised('fmul', inf, None, 0) == fp.FX | fp.VXIMZ
    assert raised('fdiv', inf, inf, None) == fp.FX | fp.VXIDI
    assert raised('fdiv', 0, 0, None) == fp.FX | fp.VXZDZ
    assert raised('fdiv', one, 0, None) == fp.FX | fp.ZX
    assert raised('fmul', largest, None, largest) == fp.FX | fp.OX | fp.XX
    assert raised('fmul', smallest, None, smallest) == fp.FX | fp.UX | fp.XX
    assert raised('fmul', smallest, None, one) == 0
    assert raised('fmul', smallest, None, one, fpscr=fp.UE) == fp.FX | fp.UX
    assert raised('fctiw', None, largest, None) == fp.FX | fp.VXCVI
    assert raised('frsqrte', None, bits(-1.0), None) == fp.FX | fp.VXSQRT
    assert fp.arithmetic('fdiv', fp.ZE, one, 0, None).value is None


def test_judge_of_translation_follows_the_tables_of_rights():
    allowed = [(pp, key, access) for pp in range(4) for key in (False, True) for access in ('load', 'store')
               if translation.page_allows(pp, key, access)]
    assert allowed == [(0, False, 'load'), (0, False, 'store'), (1, False, 'load'), (1, False, 'store'),
                       (1, True, 'load'), (2, False, 'load'), (2, False, 'store'), (2, True, 'load'),
                       (2, True, 'store'), (3, False, 'load'), (3, True, 'load')]


@pytest.mark.parametrize('kind', [*generate.CLASSES, *mmu.CLASSES])
def test_sequences_fit_their_places_and_depend_on_the_seed_only(kind):
    def make(seed):
        rng = random.Random(seed)
        pool = generate.Pool(rng)
        sequence = mmu.MmuSequence if kind in mmu.CLASSES else generate.Sequence
        return [sequence(rng, pool, kind, i) for i in range(100)]

    first, again = make(kind), make(kind)
    assert [s.record(None) for s in first] == [s.record(None) for s in again]
    assert {len(s.code()) for s in first} == {h.SLOT}
    assert {len(s.record(None)) for s in first} == {h.RECORD}
    assert all(s.code().endswith(h.words([h.SC])) for s in first)


def test_what_is_mapped_belongs_to_the_sequence():
    rng = random.Random(1)
    pool = generate.Pool(rng)
    for i in range(300):
        s = mmu.MmuSequence(rng, pool, 'mmu', i)
        for r in mmu.BASES:
            t = s.map.translate(s.get_gpr(r), 'store', False) if s.msr & mmu.DR else None
            if t and t.physical is not None:
                assert s.pages <= t.physical < s.pages + h.PAGE_PAIR
