#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps the instruction words of ppc-insns.txt right: fills them in from the assembler text, or checks them.

A line whose text starts with `.` (.illegal, .mffsl) is a word that no assembler makes; it stays as it is.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ppc-insns.txt')
LINE = re.compile(r'^([0-9a-f-]{8}) +([^|.#][^|]*?) *(\|.*)$')


def assemble(texts):
    """The words of instructions. Relative branches are written as `.+offset`."""
    source = ''.join(f'{text}\n' for text in texts)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'cases')
        with open(path + '.s', 'w', encoding='ascii') as file:
            file.write(source)
        subprocess.run(['powerpc-linux-gnu-as', '-m750cl', '-mregnames', '-many', path + '.s',
                        '-o', path + '.o'], check=True)
        subprocess.run(['powerpc-linux-gnu-objcopy', '-O', 'binary', '-j', '.text', path + '.o',
                        path + '.bin'], check=True)
        with open(path + '.bin', 'rb') as file:
            image = file.read()
    return [image[i:i + 4].hex() for i in range(0, len(image), 4)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--check', action='store_true', help='change nothing, fail if a word is wrong')
    args = parser.parse_args()
    with open(FILE, encoding='ascii') as file:
        lines = file.read().splitlines()
    found = {n: match for n, line in enumerate(lines) if (match := LINE.match(line))}
    words = assemble([match.group(2) for match in found.values()])
    wrong = 0
    for (n, match), word in zip(found.items(), words):
        if match.group(1) != word:
            wrong += 1
            print(f'{FILE}:{n + 1}: {match.group(2)} is {word}, not {match.group(1)}')
        lines[n] = f'{word}  {match.group(2):<26} {match.group(3)}'
    if args.check:
        sys.exit(1 if wrong else 0)
    with open(FILE, 'w', encoding='ascii') as file:
        file.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
