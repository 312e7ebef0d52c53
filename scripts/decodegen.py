#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Generates an instruction decoder from a .decode file.

One row describes one instruction:

    # name   encoding                                   | effects
    addic    001100 rt:5 ra:5 si:s16                    | r=ra w=rt,ca

Encoding, from the most significant bit, 32 bits in all (or as many as a `width:` line says):

    0101      fixed bits
    --        bits that don't matter
    ra:5      an unsigned field
    si:s16    a signed field
    li:s24*4  a field scaled by a constant
    spr:10x   a field whose two halves are exchanged in the instruction word

Effects say what the instruction may touch; tests and liveness read them from the generated table:

    r=, w=    operands and state that are read and written
    rc=, oe=  written in addition when the field of that name is set
    mem=      rN or wN: reads or writes N bytes (0: a number that depends on operands)
    flags     words declared by a `flags:` line

Before the first row, declarations say which words exist:

    prefix: ppc              prefix of all generated names
    operands: gpr rt ra      field names that name registers of the class
    state: ca so             state that isn't named by a field
    flags: trap priv         effect flags
    functions: trans_        prefix of the functions that translate; this is the default
    arguments: arg_          prefix of their arguments' types; this is the default
    width: 16                bits of an instruction, where they aren't 32: the low ones of the word

A row whose name is preceded by * may overlap others, and is tried before them.

An operand name may be followed by 0 (ra0): the field's value 0 means no register.
"""

import argparse
import re
import sys

WIDTH = 32


class DecodeError(Exception):
    """A mistake in the .decode file; the message names the line."""


class Field:
    """Bits of the instruction word that become one member of the argument structure."""

    def __init__(self, name, low, width, signed=False, scale=1, exchanged=False):
        self.name = name
        self.low = low
        self.width = width
        self.signed = signed
        self.scale = scale
        self.exchanged = exchanged

    def value(self, word):
        """The member's value for an instruction word, as the generated code computes it."""
        v = (word >> self.low) & ((1 << self.width) - 1)
        if self.exchanged:
            half = self.width // 2
            v = (v >> half) | ((v & ((1 << half) - 1)) << half)
        if self.signed and v >> (self.width - 1):
            v -= 1 << self.width
        return v * self.scale

    def expression(self):
        """C expression that extracts the field from `insn`."""
        mask = (1 << self.width) - 1
        if self.exchanged:
            half = self.width // 2
            low_mask = (1 << half) - 1
            return (f'((insn >> {self.low + half}) & {low_mask:#x})'
                    f' | (((insn >> {self.low}) & {low_mask:#x}) << {half})')
        if self.signed:
            up = WIDTH - self.low - self.width
            text = f'(int32_t)(insn << {up}) >> {WIDTH - self.width}' if up else \
                   f'(int32_t)insn >> {WIDTH - self.width}'
        else:
            text = f'(insn >> {self.low}) & {mask:#x}' if self.low else f'insn & {mask:#x}'
        return f'({text}) * {self.scale}' if self.scale != 1 else text


class Row:
    """One instruction."""

    def __init__(self, name, line):
        self.special = name.startswith('*')
        self.name = name.lstrip('*')
        self.line = line
        self.mask = 0
        self.match = 0
        self.fields = []
        self.effects = {'r': [], 'w': [], 'rc': [], 'oe': []}
        self.mem = []
        self.flags = []

    @property
    def ident(self):
        return re.sub(r'\W', '_', self.name).upper()

    def signature(self):
        return '_'.join(('s_' if f.signed else '') + f.name for f in self.fields) or 'none'

    def overlaps(self, other):
        common = self.mask & other.mask
        return (self.match & common) == (other.match & common)


class Spec:
    """A parsed .decode file."""

    def __init__(self):
        self.prefix = 'insn'
        self.functions = 'trans_'
        self.arguments = 'arg_'
        self.width = WIDTH
        self.operands = {}
        self.state = []
        self.flags = []
        self.rows = []

    def items(self):
        """Every word that may stand in r=, w=, rc=, oe=, in the order of their bits."""
        return list(self.operands) + self.state


FIELD_RE = re.compile(r'^([a-z]\w*):(s?)(\d+)(x?)(?:\*(\d+))?$')


def parse_encoding(row, text, size):
    position = size
    for token in text.split():
        if re.fullmatch(r'[01]+', token):
            position -= len(token)
            bits = int(token, 2)
            if position >= 0:
                row.mask |= ((1 << len(token)) - 1) << position
                row.match |= bits << position
        elif re.fullmatch(r'-+', token):
            position -= len(token)
        else:
            found = FIELD_RE.match(token)
            if not found:
                raise DecodeError(f'line {row.line}: {row.name}: bad encoding token "{token}"')
            width = int(found.group(3))
            position -= width
            if found.group(1) in (f.name for f in row.fields):
                raise DecodeError(f'line {row.line}: {row.name}: field {found.group(1)} twice')
            if found.group(4) and (width % 2 or found.group(2)):
                raise DecodeError(f'line {row.line}: {row.name}: {token} can\'t be exchanged')
            row.fields.append(Field(found.group(1), position, width, bool(found.group(2)),
                                    int(found.group(5) or 1), bool(found.group(4))))
    if position != 0:
        raise DecodeError(f'line {row.line}: {row.name}: encoding has {size - position} bits, '
                          f'expected {size}')


def check_item(spec, row, item):
    """The table's word for an item of an effect: without the 0 of `ra0`."""
    fields = [f.name for f in row.fields]
    base = item[:-1] if item.endswith('0') and item[:-1] in spec.operands else item
    if base in spec.operands:
        if base not in fields:
            raise DecodeError(f'line {row.line}: {row.name}: effect names {item}, '
                              'which is no field of the row')
        return base
    if base in spec.state:
        return base
    raise DecodeError(f'line {row.line}: {row.name}: unknown word "{item}" in effects')


def parse_effects(spec, row, text):
    for token in text.split():
        key, _, value = token.partition('=')
        if not value:
            if key not in spec.flags:
                raise DecodeError(f'line {row.line}: {row.name}: unknown flag "{key}"')
            row.flags.append(key)
        elif key == 'mem':
            for item in value.split(','):
                found = re.fullmatch(r'([rw])(\d+)', item)
                if not found:
                    raise DecodeError(f'line {row.line}: {row.name}: mem={item}: expected rN or wN')
                row.mem.append((found.group(1), int(found.group(2))))
        elif key in row.effects:
            if key in ('rc', 'oe') and key not in (f.name for f in row.fields):
                raise DecodeError(f'line {row.line}: {row.name}: {key}= without a field {key}')
            row.effects[key] += [check_item(spec, row, item) for item in value.split(',')]
        else:
            raise DecodeError(f'line {row.line}: {row.name}: unknown effect "{key}"')


def parse_declaration(spec, key, words, line):
    if key == 'prefix':
        spec.prefix = words[0]
    elif key == 'functions':
        spec.functions = words[0]
    elif key == 'arguments':
        spec.arguments = words[0]
    elif key == 'width':
        spec.width = int(words[0])
    elif key == 'operands':
        for word in words[1:]:
            spec.operands[word] = words[0]
    elif key == 'state':
        spec.state += words
    elif key == 'flags':
        spec.flags += words
    else:
        raise DecodeError(f'line {line}: unknown declaration "{key}"')


def check_overlaps(rows):
    for i, a in enumerate(rows):
        for b in rows[i + 1:]:
            if a.name == b.name:
                raise DecodeError(f'line {b.line}: {b.name} is defined twice')
            if a.overlaps(b) and a.special == b.special:
                raise DecodeError(f'line {b.line}: {b.name} overlaps {a.name} (line {a.line})')


def parse(text):
    """Spec of the text of a .decode file; raises DecodeError."""
    spec = Spec()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split('#', 1)[0].rstrip()
        if not line:
            continue
        declaration = re.match(r'^(\w+):\s+(.*)$', line)
        if declaration:
            parse_declaration(spec, declaration.group(1), declaration.group(2).split(), number)
            continue
        left, bar, effects = line.partition('|')
        name, _, encoding = left.strip().partition(' ')
        if not bar:
            raise DecodeError(f'line {number}: {name}: no "|" before the effects')
        row = Row(name, number)
        parse_encoding(row, encoding, spec.width)
        parse_effects(spec, row, effects)
        spec.rows.append(row)
    check_overlaps(spec.rows)
    return spec


def decision_tree(rows, tested=0):
    """Nested ('switch', mask, {value: tree}), ('row', row, mask left to test), ('chain', rows) and ('special', rows, tree)."""
    if len(rows) == 1:
        return ('row', rows[0], rows[0].mask & ~tested)
    common = ~tested & ((1 << WIDTH) - 1)
    for row in rows:
        common &= row.mask
    special = [(row, row.mask & ~tested) for row in rows if row.special]
    if not common and special:
        return ('special', special, decision_tree([row for row in rows if not row.special], tested))
    if not common:
        return ('chain', [(row, row.mask & ~tested) for row in rows])
    common = longest_run(common)
    groups = {}
    for row in rows:
        groups.setdefault(row.match & common, []).append(row)
    return ('switch', common, {value: decision_tree(group, tested | common)
                               for value, group in sorted(groups.items())})


def longest_run(mask):
    """The longest run of set bits, so that a switch is on a small dense number."""
    best, run = 0, 0
    for bit in range(WIDTH):
        run = run | (1 << bit) if mask >> bit & 1 else 0
        if bin(run).count('1') > bin(best).count('1'):
            best = run
    return best


def emit_special(tree, prefix, indent, out):
    pad = '    ' * indent
    for row, left in tree[1]:
        out.append(f'{pad}if ((insn & {left:#010x}) == {row.match & left:#010x}) {{')
        out.append(f'{pad}    return {prefix.upper()}_INSN_{row.ident};')
        out.append(f'{pad}}}')
    emit_tree(tree[2], prefix, indent, out)


def emit_tree(tree, prefix, indent, out):
    pad = '    ' * indent
    if tree[0] == 'special':
        emit_special(tree, prefix, indent, out)
        return
    if tree[0] == 'switch':
        _, mask, cases = tree
        shift = (mask & -mask).bit_length() - 1
        out.append(f'{pad}switch ((insn >> {shift}) & {mask >> shift:#x}) {{')
        for value, child in cases.items():
            out.append(f'{pad}case {value >> shift:#x}:')
            emit_tree(child, prefix, indent + 1, out)
        out.append(f'{pad}default:')
        out.append(f'{pad}    return -1;')
        out.append(f'{pad}}}')
        return
    rows = [(tree[1], tree[2])] if tree[0] == 'row' else tree[1]
    for row, left in rows:
        name = f'{prefix.upper()}_INSN_{row.ident}'
        if left:
            test = f'(insn & {left:#010x}) == {row.match & left:#010x}'
            if len(rows) == 1:
                out.append(f'{pad}return {test} ? {name} : -1;')
                return
            out.append(f'{pad}if ({test}) {{')
            out.append(f'{pad}    return {name};')
            out.append(f'{pad}}}')
        else:
            out.append(f'{pad}return {name};')
            return
    out.append(f'{pad}return -1;')


HEAD = '/* Generated by decodegen.py from {source}: do not edit. */\n'


def emit_enums(spec, out):
    upper = spec.prefix.upper()
    out.append('enum {')
    out += [f'    {upper}_INSN_{row.ident},' for row in spec.rows]
    out += [f'    {upper}_NB_INSNS', '};', '']
    out.append('/* Bit numbers in the masks of an instruction\'s row. */')
    out.append('enum {')
    out += [f'    {upper}_ITEM_{item.upper()},' for item in spec.items()]
    out += [f'    {upper}_NB_ITEMS', '};', '']
    out.append('enum {')
    out += [f'    {upper}_FLAG_{flag.upper()} = 1u << {n},' for n, flag in enumerate(spec.flags)]
    out += ['};', '']


def emit_arguments(spec, out):
    seen = set()
    for row in spec.rows:
        if row.signature() in seen:
            continue
        seen.add(row.signature())
        out.append(f'typedef struct {spec.arguments}{row.signature()} {{')
        out += [f'    {"int32_t" if f.signed else "uint32_t"} {f.name};' for f in row.fields]
        if not row.fields:
            out.append('    char unused;')
        out += [f'}} {spec.arguments}{row.signature()};', '']
    for row in spec.rows:
        out.append(f'typedef {spec.arguments}{row.signature()} {spec.arguments}{row.ident};')
    out.append('')


TABLE_TYPES = '''typedef struct {P}InsnField {{
    const char *name;
    uint8_t low;       /* lowest bit */
    uint8_t width;
    bool is_signed;
    bool exchanged;    /* the halves are exchanged in the instruction word */
    uint8_t scale;
    int8_t item;       /* {U}_ITEM_*, -1: no register */
}} {P}InsnField;

/* What one row of the .decode file says. Masks have bit {U}_ITEM_* set. */
typedef struct {P}InsnRow {{
    const char *name;
    uint32_t mask, match;
    uint64_t reads, writes;
    uint64_t writes_rc, writes_oe; /* in addition when rc / oe is set */
    int8_t mem_read, mem_write;    /* bytes, 0: depends on operands, -1: none */
    uint8_t nb_fields;
    uint32_t flags; /* {U}_FLAG_* */
    const {P}InsnField *fields;
    bool (*translate)(DisasContext *ctx, uint32_t insn);
}} {P}InsnRow;

extern const {P}InsnRow {p}_insns[{U}_NB_INSNS];
extern const char *const {p}_insn_items[{U}_NB_ITEMS];

/* Index in {p}_insns of the row that matches, -1 if none does. */
int {p}_decode(uint32_t insn);
'''


def emit_header(spec, source):
    out = [HEAD.format(source=source)]
    guard = f'{spec.prefix.upper()}_DECODE_H'
    out += [f'#ifndef {guard}', f'#define {guard}', '', '#include "qemu/osdep.h"', '',
            'typedef struct DisasContext DisasContext;', '']
    emit_enums(spec, out)
    emit_arguments(spec, out)
    out.append(TABLE_TYPES.format(P=spec.prefix.upper(), U=spec.prefix.upper(), p=spec.prefix))
    out.append('/* Written by hand: false means that this form is illegal. */')
    out += [f'bool {spec.functions}{row.ident}(DisasContext *ctx, '
            f'const {spec.arguments}{row.ident} *a);'
            for row in spec.rows]
    out += ['', '#endif', '']
    return '\n'.join(out)


def bit_mask(spec, words):
    items = spec.items()
    return sum(1 << items.index(word) for word in set(words))


def mem_size(row, kind):
    sizes = [size for k, size in row.mem if k == kind]
    return sizes[0] if sizes else -1


def emit_row_tables(spec, out):
    pre, up = spec.prefix, spec.prefix.upper()
    items = spec.items()
    for row in spec.rows:
        if row.fields:
            out.append(f'static const {up}InsnField fields_{row.ident}[] = {{')
            for f in row.fields:
                item = items.index(f.name) if f.name in spec.operands else -1
                out.append(f'    {{ "{f.name}", {f.low}, {f.width}, {int(f.signed)}, '
                           f'{int(f.exchanged)}, {f.scale}, {item} }},')
            out.append('};')
        out.append(f'static bool translate_{row.ident}(DisasContext *ctx, uint32_t insn)')
        out.append('{')
        out.append(f'    {spec.arguments}{row.ident} a = {{')
        out += [f'        .{f.name} = {f.expression()},' for f in row.fields]
        out += ['    };', '', f'    return {spec.functions}{row.ident}(ctx, &a);', '}', '']
    out.append(f'const char *const {pre}_insn_items[{up}_NB_ITEMS] = {{')
    out += [f'    "{item}",' for item in items]
    out += ['};', '', f'const {up}InsnRow {pre}_insns[{up}_NB_INSNS] = {{']
    for row in spec.rows:
        flags = ' | '.join(f'{up}_FLAG_{f.upper()}' for f in row.flags) or '0'
        e = row.effects
        fields = f'fields_{row.ident}' if row.fields else 'NULL'
        out.append(f'    {{ "{row.name}", {row.mask:#010x}, {row.match:#010x}, '
                   f'{bit_mask(spec, e["r"]):#x}, {bit_mask(spec, e["w"]):#x}, '
                   f'{bit_mask(spec, e["rc"]):#x}, {bit_mask(spec, e["oe"]):#x}, '
                   f'{mem_size(row, "r")}, {mem_size(row, "w")}, {len(row.fields)}, {flags}, '
                   f'{fields}, translate_{row.ident} }},')
    out += ['};', '']


def emit_source(spec, source, header):
    out = [HEAD.format(source=source), f'#include "{header}"', '']
    emit_row_tables(spec, out)
    out += [f'int {spec.prefix}_decode(uint32_t insn)', '{']
    emit_tree(decision_tree(spec.rows), spec.prefix, 1, out)
    out += ['}', '']
    return '\n'.join(out)


def main():
    parser = argparse.ArgumentParser(description='Generate a decoder from a .decode file.')
    parser.add_argument('input')
    parser.add_argument('--header', required=True, help='output: declarations')
    parser.add_argument('--source', required=True, help='output: decoder and table')
    args = parser.parse_args()
    try:
        with open(args.input, encoding='utf-8') as file:
            spec = parse(file.read())
    except DecodeError as error:
        sys.exit(f'{args.input}: {error}')
    name = args.input.rsplit('/', 1)[-1]
    with open(args.header, 'w', encoding='utf-8') as file:
        file.write(emit_header(spec, name))
    with open(args.source, 'w', encoding='utf-8') as file:
        file.write(emit_source(spec, name, args.header.rsplit('/', 1)[-1]))


if __name__ == '__main__':
    main()
