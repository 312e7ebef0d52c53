#!/usr/bin/env python3
"""Compiles ASL, which the C preprocessor reads first, into a C file with the AML as an array and its size.

    compile-asl.py IASL INPUT.asl OUTPUT.c SYMBOL COMPILER...

IASL may be empty: then the array is, too.

SPDX-License-Identifier: MIT
"""

import pathlib
import subprocess
import sys
import tempfile


HEADER_SIZE = 36
ZERO, EXTERNAL, IF = 0x00, 0x15, 0xa0


def without_externals(aml):
    """iasl puts what it was told about names elsewhere into an If (0) at the start, for disassemblers.

    SeaBIOS, which looks for the devices of a PC in the DSDT, knows no If, and would skip all that is behind it.
    """
    if aml[HEADER_SIZE] != IF:
        return aml
    more = aml[HEADER_SIZE + 1] >> 6  # bytes of the length (ACPI specification 6.4, 20.2.4)
    length = aml[HEADER_SIZE + 1] & (0x0f if more else 0x3f)
    for i in range(more):
        length |= aml[HEADER_SIZE + 2 + i] << (4 + 8 * i)
    inside = HEADER_SIZE + 2 + more
    if tuple(aml[inside:inside + 2]) != (ZERO, EXTERNAL):
        return aml
    table = bytearray(aml[:HEADER_SIZE] + aml[HEADER_SIZE + 1 + length:])
    table[4:8] = len(table).to_bytes(4, "little")
    table[9] = (table[9] - sum(table)) & 0xff
    return bytes(table)


def compile_asl(iasl, compiler, source):
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / "table.asl"
        preprocessed = subprocess.run([*compiler, "-E", "-P", "-undef", "-x", "c", source], check=True, capture_output=True, text=True)
        plain.write_text(preprocessed.stdout)
        done = subprocess.run([iasl, "-p", plain.with_suffix(""), plain], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return without_externals(plain.with_suffix(".aml").read_bytes())


def main():
    iasl, source, output, symbol, *compiler = sys.argv[1:]
    aml = compile_asl(iasl, compiler, source) if iasl else b""
    lines = [", ".join(f"0x{byte:02x}" for byte in aml[i:i + 16]) + "," for i in range(0, len(aml), 16)] or ["0"]
    pathlib.Path(output).write_text(
        f"#include <stddef.h>\nextern const unsigned char {symbol}[];\nextern const size_t {symbol}_size;\n"
        f"const unsigned char {symbol}[] = {{\n" + "\n".join(lines) + f"\n}};\nconst size_t {symbol}_size = {len(aml)};\n")


if __name__ == "__main__":
    main()
