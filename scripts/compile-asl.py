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


def compile_asl(iasl, compiler, source):
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / "table.asl"
        preprocessed = subprocess.run([*compiler, "-E", "-P", "-undef", "-x", "c", source], check=True, capture_output=True, text=True)
        plain.write_text(preprocessed.stdout)
        done = subprocess.run([iasl, "-p", plain.with_suffix(""), plain], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return plain.with_suffix(".aml").read_bytes()


def main():
    iasl, source, output, symbol, *compiler = sys.argv[1:]
    aml = compile_asl(iasl, compiler, source) if iasl else b""
    lines = [", ".join(f"0x{byte:02x}" for byte in aml[i:i + 16]) + "," for i in range(0, len(aml), 16)] or ["0"]
    pathlib.Path(output).write_text(
        f"#include <stddef.h>\nextern const unsigned char {symbol}[];\nextern const size_t {symbol}_size;\n"
        f"const unsigned char {symbol}[] = {{\n" + "\n".join(lines) + f"\n}};\nconst size_t {symbol}_size = {len(aml)};\n")


if __name__ == "__main__":
    main()
