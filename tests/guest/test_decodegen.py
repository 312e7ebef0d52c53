# SPDX-License-Identifier: MIT
"""scripts/decodegen.py: what it refuses, and that the decoder it makes finds every row and nothing else."""

import os
import random
import re
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'scripts'))

import decodegen  # noqa: E402

HEAD = 'prefix: t\noperands: gpr rt ra\nstate: ca\nflags: trap\n'


def refused(text):
    with pytest.raises(decodegen.DecodeError) as caught:
        decodegen.parse(HEAD + text)
    return str(caught.value)


def walk(tree, word):
    """The row that the generated switch would find."""
    if tree[0] == 'switch':
        _, mask, cases = tree
        child = cases.get(word & mask)
        return walk(child, word) if child else None
    if tree[0] == 'special':
        for row, left in tree[1]:
            if (word & left) == (row.match & left):
                return row
        return walk(tree[2], word)
    rows = [(tree[1], tree[2])] if tree[0] == 'row' else tree[1]
    for row, left in rows:
        if (word & left) == (row.match & left):
            return row
    return None


def ppc_spec():
    with open(os.path.join(ROOT, 'target', 'ppc', 'insns.decode'), encoding='utf-8') as file:
        return decodegen.parse(file.read())


ARM_TABLES = ['a64', 'a32', 't32', 't16', 'vfp', 'neon', 'sve']


def arm_spec(name):
    with open(os.path.join(ROOT, 'target', 'arm', f'{name}.decode'), encoding='utf-8') as file:
        return decodegen.parse(file.read())


def expected_row(spec, word):
    """Special cases come first."""
    found = [row for row in spec.rows if (word & row.mask) == row.match]
    return next((row for row in found if row.special), found[0] if found else None)


def test_a_special_case_is_tried_before_what_it_overlaps():
    text = f'*one 0000 rt:5 1 {"-" * 22} | w=rt\ntwo {"-" * 4} rt:5 {"-" * 23} | w=rt\n'
    tree = decodegen.decision_tree(decodegen.parse(HEAD + text).rows)
    assert walk(tree, 1 << 22).name == 'one'
    assert walk(tree, 0).name == 'two'
    assert 'two overlaps one' in refused(text.replace('two', '*two'))


@pytest.mark.parametrize('name', ARM_TABLES)
def test_the_decoders_of_arm_find_what_the_rows_say(name):
    spec = arm_spec(name)
    tree = decodegen.decision_tree(spec.rows)
    rng = random.Random(4)
    for row in spec.rows:
        for _ in range(20):
            word = rng.getrandbits(spec.width) & ~row.mask | row.match
            assert walk(tree, word) is expected_row(spec, word)
    for _ in range(5000):
        word = rng.getrandbits(spec.width)
        assert walk(tree, word) is expected_row(spec, word)


def test_rows_that_match_the_same_word_are_refused():
    message = refused(f'one 0000 rt:5 {"-" * 23} | w=rt\ntwo {"-" * 4} rt:5 1 {"-" * 22} | w=rt\n')
    assert 'two overlaps one' in message


def test_a_row_that_is_not_32_bits_is_refused():
    assert 'has 31 bits' in refused(f'one 0000 rt:5 {"-" * 22} | w=rt\n')
    assert 'has 33 bits' in refused(f'one 0000 rt:5 {"-" * 24} | w=rt\n')


def test_rows_of_16_bits_are_the_words_low_half():
    spec = decodegen.parse('prefix: t\nwidth: 16\noperands: gpr rt\nstate: ca\nflags: trap\n'
                           'one 1010 rt:4 imm:s8*2 | w=rt\n')
    row = spec.rows[0]
    assert (row.mask, row.match) == (0xf000, 0xa000)
    assert [f.value(0xa3ff) for f in row.fields] == [3, -2]
    with pytest.raises(decodegen.DecodeError, match='has 17 bits, expected 16'):
        decodegen.parse('prefix: t\nwidth: 16\noperands: gpr rt\none 10101 rt:4 imm:s8*2 | w=rt\n')


def test_an_effect_must_name_a_field_of_the_row_or_state():
    assert 'no field' in refused(f'one 0000 rt:5 {"-" * 23} | r=ra w=rt\n')
    assert 'unknown word' in refused(f'one 0000 rt:5 {"-" * 23} | w=lr\n')


def test_unknown_flags_tokens_and_declarations_are_refused():
    assert 'unknown flag' in refused(f'one 0000 rt:5 {"-" * 23} | w=rt fast\n')
    assert 'bad encoding' in refused(f'one 0002 rt:5 {"-" * 23} | w=rt\n')
    assert 'unknown declaration' in refused('colour: red\n')
    assert 'rc= without' in refused(f'one 0000 rt:5 {"-" * 23} | rc=ca\n')


def test_fields_are_extracted_with_sign_scale_and_exchanged_halves():
    assert decodegen.Field('d', 0, 16, signed=True).value(0x1234fffe) == -2
    assert decodegen.Field('bd', 2, 14, signed=True, scale=4).value(0x0000fffc) == -4
    assert decodegen.Field('spr', 11, 10, exchanged=True).value((8 << 5 | 1) << 11) == 1 << 5 | 8


def test_the_decoder_finds_each_row_for_random_operands():
    spec = ppc_spec()
    tree = decodegen.decision_tree(spec.rows)
    rng = random.Random(1)
    for row in spec.rows:
        for _ in range(20):
            word = rng.getrandbits(spec.width) & ~row.mask | row.match
            assert walk(tree, word) is row


def test_the_decoder_finds_nothing_where_no_row_matches():
    spec = ppc_spec()
    tree = decodegen.decision_tree(spec.rows)
    rng = random.Random(2)
    for _ in range(20000):
        word = rng.getrandbits(32)
        expected = [row for row in spec.rows if (word & row.mask) == row.match]
        assert walk(tree, word) is (expected[0] if expected else None)


# Names that objdump prints for what is one row here.
ALIASES = {
    'addi': {'li', 'la'}, 'addis': {'lis'}, 'or': {'mr'}, 'nor': {'not'}, 'ori': {'nop', 'exser'},
    'xori': {'xnop'},
    'cmp': {'cmpw', 'cmpd'}, 'cmpi': {'cmpwi', 'cmpdi'}, 'cmpl': {'cmplw', 'cmpld'},
    'cmpli': {'cmplwi', 'cmpldi'}, 'subfic': {'subfic'},
    'subf': {'sub'}, 'subfc': {'subc'}, 'crxor': {'crclr'}, 'creqv': {'crset'}, 'cror': {'crmove'},
    'crnor': {'crnot'}, 'mtcrf': {'mtcr', 'mtcrf'}, 'sync': {'hwsync', 'lwsync', 'ptesync', 'msync'},
    'rlwinm': {'rotlwi', 'slwi', 'srwi', 'clrlwi', 'clrrwi'}, 'rlwnm': {'rotlw'},
    'dcbf': {'dcbfl'}, 'dcbt': {'dcbtt'}, 'dcbtst': {'dcbtstt'}, 'mffs': {'mffs'},
    'rlwimi': {'inslwi', 'insrwi'}, 'tlbie': {'tlbie'}, 'icbi': {'icbi'},
}
BRANCHES = {'bc', 'bclr', 'bcctr'}
PREFIXED = {'mfspr': r'mf\w+', 'mtspr': r'mt\w+', 'tw': r'(tw\w*|trap)', 'twi': r'(tw\w+)',
            'mftb': r'mftbu?'}


def agrees(name, printed):
    printed = printed.rstrip('+-')
    if name in BRANCHES:
        return printed.startswith('b')
    if name in PREFIXED:
        return re.fullmatch(PREFIXED[name], printed)
    return printed == name or printed in ALIASES.get(name, ())


def plain(row, rng):
    """A valid form of the row: reserved bits clear, and no operand that makes another form of it."""
    word = row.match
    for field in row.fields:
        value = rng.getrandbits(field.width)
        if field.name in ('oe', 'rc', 'l', 'aa', 'lk'):
            value = 0
        if field.name == 'bo':
            value = 4 if row.name == 'bcctr' else rng.choice((0, 2, 4, 8, 10, 12, 16, 18, 20))
        if field.name == 'ra':  # update forms want neither 0 nor the target
            value = 1
        if field.name in ('rt', 'rs', 'nb'):
            value = rng.randrange(2, 31)
        if field.name == 'spr':
            value = 0x188 if row.name == 'mftb' else 0x100
        word |= value << field.low
    return word


@pytest.mark.skipif(not shutil.which('powerpc-linux-gnu-objdump'), reason='no PowerPC objdump')
def test_encodings_agree_with_objdump(tmp_path):
    rng = random.Random(3)
    cases = [(row, plain(row, rng)) for row in ppc_spec().rows for _ in range(8)]
    image = tmp_path / 'code.bin'
    image.write_bytes(b''.join(word.to_bytes(4, 'big') for _, word in cases))
    text = subprocess.run(['powerpc-linux-gnu-objdump', '-D', '-b', 'binary', '-m', 'powerpc',
                           '-EB', '-M', 'ppc,any', str(image)],
                          check=True, capture_output=True, text=True).stdout
    lines = [m.group(1) for m in re.finditer(r'^ +[0-9a-f]+:\t(?:[0-9a-f]{2} ){4}\t(\S+)', text, re.M)]
    assert len(lines) == len(cases)
    wrong = [f'{row.name}: {word:08x} is {printed}' for (row, word), printed in zip(cases, lines)
             if not agrees(row.name, printed)]
    assert not wrong, '\n'.join(wrong)


@pytest.mark.skipif(not shutil.which('powerpc-linux-gnu-as'), reason='no PowerPC assembler')
def test_words_of_the_instruction_cases_agree_with_the_assembler():
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'assemble-cases.py')
    result = subprocess.run([sys.executable, script, '--check'], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
