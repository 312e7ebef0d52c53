#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the x86 decoder's tables from target/i386/opcodes/*.opc (README.md there has their form)."""
import argparse
import re
import sys

MAPS = {'': 0, '0f': 1, '0f 38': 2, '0f 3a': 3}
ATTRIBUTES = {'lock': 'LOCK', 'no64': 'NO_64', 'only64': 'ONLY_64', 'd64': 'DEFAULT_64',
              'f64': 'FORCE_64', 'cpl0': 'CPL_0', 'pe': 'PROTECTED', 'fpu': 'FPU', 'mmx': 'MMX',
              'sse': 'SSE', 'avx': 'AVX'}
WHERE = 'EGMRBZIJOASCDVWUHLPQN'
FIXED = ['AL', 'CL', 'DX', 'AX', 'rAX', '1']
SIZES = ['', 'b', 'w', 'd', 'q', 'v', 'z', 'y', 'p', 'dq', 'x', 'ss', 'sd', 't', 'sb', 'ps', 'pd']
USES_MODRM = set('EGMRSCDVWUPQN')
PREFIXES = ['any', 'np', '66', 'f3', 'f2']
WIDTHS = {'16': 1, '32': 2, '64': 3}
ANY = 255


class OpcodeError(Exception):
    """What is wrong with a row."""


class Row:
    """One encoding."""

    def __init__(self, where):
        self.where = where
        self.vex = False
        self.map = 0
        self.opcode = 0
        self.plus = False      # made from +r
        self.fields = {'prefix': 0, 'mod': 0, 'vex_l': ANY, 'w': ANY, 'opsize': ANY, 'adsize': ANY,
                       'modrm_reg': ANY, 'modrm_rm': ANY}
        self.name = ''
        self.operands = []
        self.attributes = []
        self.feature = 'X86_NO_FEATURE'

    def copy(self):
        other = Row(self.where)
        other.__dict__.update(self.__dict__)
        other.fields = dict(self.fields)
        return other

    def key(self):
        return self.vex, self.map, self.opcode

    def uses_modrm(self):
        f = self.fields
        return bool(f['mod'] or f['modrm_reg'] != ANY or f['modrm_rm'] != ANY or
                    any(o[0] in USES_MODRM for o in self.operands if o not in FIXED))

    def modes(self):
        """What it demands of the mode is one of the things that tell rows apart."""
        return tuple(a for a in self.attributes if a in ('no64', 'only64'))

    def constraints(self):
        default = {'prefix': 0, 'mod': 0}
        return sum(self.fields[f] != default.get(f, ANY) for f in self.fields) + len(self.modes()) \
            + (not self.plus)


def split_operand(text, where):
    if text in FIXED:
        return text, ''
    letter, size = text[0], text[1:]
    if letter not in WHERE or size not in SIZES:
        raise OpcodeError(f'{where}: "{text}" is no operand')
    return letter, size


def parse_encoding(row, tokens):
    """Sets the row's fields; returns how many opcodes the row is for."""
    count, opcode = 1, []
    for token in tokens:
        if token == 'vex':
            row.vex = True
        elif token in ('np', '66', 'f3', 'f2') and not opcode:
            row.fields['prefix'] = PREFIXES.index(token)
        elif re.fullmatch('[0-9a-f]{2}', token):
            opcode.append(token)
        elif re.fullmatch('/[0-7]', token):
            row.fields['modrm_reg'] = int(token[1])
        elif re.fullmatch('rm[0-7]', token):
            row.fields['modrm_rm'], row.fields['mod'] = int(token[2]), 2
        elif token in ('mem', 'reg', 'st'):
            row.fields['mod'] = 1 if token == 'mem' else 2
        elif re.fullmatch('l[01]', token):
            row.fields['vex_l'] = int(token[1])
        elif re.fullmatch('w[01]', token):
            row.fields['w'] = int(token[1])
        elif re.fullmatch('[oa](16|32|64)', token):
            row.fields['opsize' if token[0] == 'o' else 'adsize'] = WIDTHS[token[1:]]
        elif token == '+r':
            count = 8
        else:
            raise OpcodeError(f'{row.where}: "{token}" is no part of an encoding')
    if not opcode or ' '.join(opcode[:-1]) not in MAPS:
        raise OpcodeError(f'{row.where}: "{" ".join(opcode)}" is in no opcode map')
    row.map, row.opcode = MAPS[' '.join(opcode[:-1])], int(opcode[-1], 16)
    if row.vex and not row.map:
        raise OpcodeError(f'{row.where}: VEX has the maps 0f, 0f 38 and 0f 3a')
    return count


def parse_attributes(row, words):
    for word in words:
        if word.startswith('feat='):
            row.feature = 'X86_FEATURE_' + word[5:].upper()
        elif word in ATTRIBUTES:
            row.attributes.append(word)
        else:
            raise OpcodeError(f'{row.where}: "{word}" is no attribute')


def parse_line(line, where):
    left, _, right = line.partition('|')
    tokens, row = left.split(), Row(where)
    at = next((i for i, t in enumerate(tokens) if re.fullmatch('[A-Z][A-Z0-9_]*', t)), None)
    if at is None:
        raise OpcodeError(f'{where}: no name')
    row.name = tokens[at]
    operands = ''.join(tokens[at + 1:])
    row.operands = [] if operands in ('', '-') else operands.split(',')
    if len(row.operands) > 4:
        raise OpcodeError(f'{where}: more than four operands')
    for operand in row.operands:
        split_operand(operand, where)
    parse_attributes(row, right.split())
    count = parse_encoding(row, tokens[:at])
    rows = []
    for i in range(count):
        copy = row.copy()
        copy.opcode += i
        copy.plus = count > 1
        rows.append(copy)
    return rows


def parse(paths):
    rows = []
    for path in paths:
        with open(path, encoding='utf-8') as file:
            for number, raw in enumerate(file, 1):
                line = raw.split('#', 1)[0].strip()
                if line:
                    rows += parse_line(line, f'{path}:{number}')
    return rows


def check(rows):
    seen = {}
    for row in rows:
        same = row.key() + tuple(sorted(row.fields.items())) + row.modes() + (row.plus,)
        if same in seen:
            raise OpcodeError(f'{row.where}: {row.name} is encoded as {seen[same].name} '
                              f'({seen[same].where})')
        seen[same] = row


def spec(operand):
    if operand in FIXED:
        return f'X86_WHERE_{"ONE" if operand == "1" else operand.upper() if operand != "rAX" else "ACC"}'
    return f'X86_WHERE_{operand[0]}'


def size(operand):
    if operand in FIXED:
        return {'AL': 'B', 'CL': 'B', 'DX': 'W', 'AX': 'W', 'rAX': 'V', '1': 'B'}[operand]
    return operand[1:].upper() or 'NONE'


HEAD = '/* Generated by opcodegen.py: do not edit. */\n'


def emit_header(rows):
    out = [HEAD, '#ifndef X86_OPCODES_H', '#define X86_OPCODES_H', '',
           '#include "target/i386/decode.h"', '', '/* Where an operand is. */', 'enum {',
           '    X86_WHERE_NONE,']
    out += [f'    X86_WHERE_{letter},' for letter in WHERE]
    out += ['    X86_WHERE_AL,', '    X86_WHERE_CL,', '    X86_WHERE_DX,', '    X86_WHERE_AX,',
            '    X86_WHERE_ACC,', '    X86_WHERE_ONE,', '};', '', '/* How long it is. */', 'enum {']
    out += [f'    X86_LONG_{s.upper() or "NONE"},' for s in SIZES]
    out += ['};', '', 'enum {']
    out += [f'    X86_PREFIX_{p.upper()},' for p in PREFIXES]
    out += ['};', '', '/* X86Row.mod */', 'enum { X86_MOD_ANY, X86_MOD_MEM, X86_MOD_REG };', '',
            f'#define X86_NB_ROWS {len(rows)}', 'extern const X86Row x86_rows[X86_NB_ROWS];',
            '/* Of [vex][map][opcode]: the first row, and how many. */',
            'typedef struct X86OpcodeRows {', '    uint16_t first;', '    uint8_t count;',
            '    bool modrm; /* a ModRM byte follows */', '} X86OpcodeRows;',
            'extern const X86OpcodeRows x86_opcode_rows[2][4][256];', '']
    out += [f'bool x86_{name}(DisasContext *ctx);' for name in sorted({r.name for r in rows})]
    out += ['', '#endif', '']
    return '\n'.join(out)


def emit_row(row):
    attributes = ' | '.join('X86_' + ATTRIBUTES[a] for a in row.attributes) or '0'
    operands = ', '.join(f'{{ {spec(o)}, X86_LONG_{size(o)} }}' for o in row.operands)
    fields = ', '.join(f'.{k} = {v}' for k, v in row.fields.items())
    return (f'    {{ "{row.name}", x86_{row.name}, {row.feature}, {attributes}, '
            f'{{ {operands or "{ 0 }"} }}, {fields} }},')


def emit_source(rows, header):
    out = [HEAD, '#include "qemu/osdep.h"', '#include "target/i386/cpu.h"', f'#include "{header}"', '',
           'const X86Row x86_rows[X86_NB_ROWS] = {']
    out += [emit_row(row) for row in rows]
    out += ['};', '', 'const X86OpcodeRows x86_opcode_rows[2][4][256] = {']
    groups = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.key(), []).append((number, row))
    for (vex, opcode_map, opcode), members in groups.items():
        modrm = any(row.uses_modrm() for _, row in members)
        out.append(f'    [{int(vex)}][{opcode_map}][{opcode:#04x}] = '
                   f'{{ {members[0][0]}, {len(members)}, {int(modrm)} }},')
    out += ['};', '']
    return '\n'.join(out)


def main():
    parser = argparse.ArgumentParser(description='Generate the x86 decoder\'s tables.')
    parser.add_argument('inputs', nargs='+')
    parser.add_argument('--header', required=True, help='output: declarations')
    parser.add_argument('--source', required=True, help='output: tables')
    args = parser.parse_args()
    try:
        rows = parse(args.inputs)
        check(rows)
    except OpcodeError as error:
        sys.exit(str(error))
    rows.sort(key=lambda row: (row.key(), -row.constraints()))
    with open(args.header, 'w', encoding='utf-8') as file:
        file.write(emit_header(rows))
    with open(args.source, 'w', encoding='utf-8') as file:
        file.write(emit_source(rows, args.header.rsplit('/', 1)[-1]))


if __name__ == '__main__':
    main()
