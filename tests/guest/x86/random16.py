#!/usr/bin/env python3
"""Random instructions in real mode (16-bit code, with prefixes of size): two emulators run the same and must leave the same.

    random16.py [--cases N] [--seed N] [--keep FOLDER] -- EMULATOR ARG … -- EMULATOR ARG …

Each case is some instructions that end with INT3, or earlier with an exception. Flags that the manual leaves undefined are cleared behind
the instruction. What differs is printed with the case's bytes, and the exit status is 1.

SPDX-License-Identifier: MIT
"""

import argparse
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CF, PF, AF, ZF, SF, TF, DF, OF = 1, 4, 0x10, 0x40, 0x80, 0x100, 0x400, 0x800
ALL = CF | PF | AF | ZF | SF | OF
NAMES = "gs fs es ds".split() + "edi esi ebp esp ebx edx ecx eax".split() + "vector ip cs flags sp ss hash".split()
RESULT = struct.Struct("<4H8I6HI8x")


class Case:
    segments = [0x1000, 0x1234, 0x1800, 0x1f00]
    CONSTANTS = 64  # in the code: far pointers for LDS and its kin

    def __init__(self, rng, count, within):
        """within: 32-bit addresses are below 10000, as who checks no limit would write anywhere."""
        self.rng = rng
        self.within = within
        self.make_code(count)
        registers = [self.value() for _ in range(8)]
        registers[3] = 0
        registers[2] = registers[2] & ~0xffff | rng.randrange(0x200, 0xfe00)  # BP, for LEAVE
        flags = rng.getrandbits(12) & (ALL | DF | (TF if rng.random() < 0.05 else 0)) | 2
        segments = [rng.choice(self.segments) for _ in range(5)]
        far = b"".join(struct.pack("<HH", rng.getrandbits(16), rng.choice(self.segments)) for _ in range(4))
        self.bytes = struct.pack("<8II6H", *registers, flags, *segments, rng.randrange(0x400, 0xfe00)) \
            + self.code.ljust(self.CONSTANTS, b"\xcc") + far

    def make_code(self, count):
        self.count = 0
        self.code = b""
        for i in range(count):
            more = self.instruction(first=i == 0)
            if len(self.code) + len(more) > self.CONSTANTS - 2:
                break
            self.code += more
            self.count += 1

    def value(self):
        r = self.rng
        return r.choice([r.getrandbits(32), r.getrandbits(16), r.getrandbits(8), r.choice([0, 1, 0xffff, 0x7fff, 0x8000, 0xffffffff, 0x80000000])])

    # ---- Parts ----

    def imm(self, size):
        return self.value().to_bytes(8, "little")[:size]

    def memory(self, reg, wide):
        """ModRM and what follows, of memory; with 32-bit addresses if `wide`. Most addresses of those are within the segment."""
        r = self.rng
        mod = r.randrange(3)
        rm = r.randrange(8)
        if not wide:
            if mod == 0 and rm == 6:
                return bytes([reg << 3 | 6]) + self.imm(2)
            return bytes([mod << 6 | reg << 3 | rm]) + self.imm(mod)
        if self.within or r.random() < 0.6:
            return bytes([reg << 3 | 5]) + (r.getrandbits(16) if self.within or r.random() < 0.9 else r.getrandbits(32)).to_bytes(4, "little")
        sib = bytes([r.getrandbits(8)]) if rm == 4 else b""
        disp = 4 if mod == 0 and (rm == 5 or (sib and sib[0] & 7 == 5)) else (0, 1, 4)[mod]
        return bytes([mod << 6 | reg << 3 | rm]) + sib + self.imm(disp)

    def register(self, byte=False):
        return self.rng.randrange(8) if byte else self.rng.choice([0, 1, 2, 3, 5, 6, 7])

    def modrm(self, reg, wide, byte=False):
        if self.rng.random() < 0.5:
            return bytes([0xc0 | reg << 3 | self.register(byte)])
        return self.memory(reg, wide)

    @staticmethod
    def clear(flags):
        """PUSHF; AND WORD [ESP], ~flags; POPF: clears what is undefined. The upper half of ESP is 0."""
        return b"\x9c\x67\x81\x24\x24" + struct.pack("<H", 0xffff & ~flags) + b"\x9d" if flags else b""

    # ---- Instructions ----

    def instruction(self, first):
        r = self.rng
        wide_op, wide_ad = r.random() < 0.3, r.random() < 0.3
        override = bytes([r.choice([0x26, 0x36, 0x3e, 0x64, 0x65])]) if r.random() < 0.25 else b""
        before, body, undefined = getattr(self, r.choice(self.KINDS))(4 if wide_op else 2, wide_ad, first)
        if undefined == "far":
            return before + body
        # POP of a segment register takes what has been pushed with the same size
        if before[:1] == b"\x68" and body[-1] in (0x07, 0x1f, 0xa1, 0xa9):
            return before + body
        prefixes = b"\x66" * wide_op + b"\x67" * wide_ad + override
        if body[:1] == b"\xf0":
            prefixes, body = b"\xf0" + prefixes, body[1:]
        return before + prefixes + body + self.clear(undefined)

    def alu(self, size, wide, first):
        op, form = self.rng.randrange(8), self.rng.randrange(6)
        undefined = AF if op in (1, 4, 6) else 0
        if form < 4:
            return b"", bytes([op << 3 | form]) + self.modrm(self.register(not form & 1), wide, not form & 1), undefined
        return b"", bytes([op << 3 | form]) + self.imm(1 if form == 4 else size), undefined

    def alu_imm(self, size, wide, first):
        op, opcode = self.rng.randrange(8), self.rng.choice([0x80, 0x81, 0x83])
        return b"", bytes([opcode]) + self.modrm(op, wide, opcode == 0x80) + self.imm(size if opcode == 0x81 else 1), AF if op in (1, 4, 6) else 0

    def group3(self, size, wide, first):
        op, byte = self.rng.choice([0, 2, 3, 4, 5, 6, 7]), self.rng.random() < 0.4  # (1 is reserved)
        undefined = [AF, AF, 0, 0, SF | ZF | AF | PF, SF | ZF | AF | PF, ALL, ALL][op]
        return b"", bytes([0xf6 if byte else 0xf7]) + self.modrm(op, wide, byte) + (self.imm(1 if byte else size) if op < 2 else b""), undefined

    def inc_dec(self, size, wide, first):
        op = self.rng.randrange(2)
        if self.rng.random() < 0.5:
            return b"", bytes([0x40 | op << 3 | self.register()]), 0
        byte = self.rng.random() < 0.5
        return b"", bytes([0xfe if byte else 0xff]) + self.modrm(op, wide, byte), 0

    def shift(self, size, wide, first):
        op, byte = self.rng.randrange(8), self.rng.random() < 0.4
        bits = 8 if byte else size * 8
        count = self.rng.randrange(1, bits)
        form = self.rng.randrange(3)
        modrm = self.modrm(op, wide, byte)
        undefined = (AF if op >= 4 else 0) | (OF if form == 0 or count > 1 else 0)
        if form == 0:
            return b"", bytes([0xc0 + (not byte)]) + modrm + bytes([count]), undefined
        if form == 1:
            return b"", bytes([0xd0 + (not byte)]) + modrm, AF if op >= 4 else 0
        return bytes([0xb1, count]), bytes([0xd2 + (not byte)]) + modrm, undefined

    def shift_double(self, size, wide, first):
        count = self.rng.randrange(1, size * 8)
        return b"", bytes([0x0f, self.rng.choice([0xa4, 0xac])]) + self.modrm(self.register(), wide) + bytes([count]), AF | (OF if count > 1 else 0)

    def bits(self, size, wide, first):
        undefined = OF | SF | AF | PF
        if self.rng.random() < 0.5:
            modrm = bytes([0xc0 | self.register() << 3 | self.register()]) if self.within else self.modrm(self.register(), wide)
            return b"", bytes([0x0f, self.rng.choice([0xa3, 0xab, 0xb3, 0xbb])]) + modrm, undefined
        return b"", b"\x0f\xba" + self.modrm(self.rng.randrange(4, 8), wide) + self.imm(1), undefined

    def scan(self, size, wide, first):
        return b"", bytes([0x0f, self.rng.choice([0xbc, 0xbd])]) + self.modrm(self.register(), wide), ALL & ~ZF

    def multiply(self, size, wide, first):
        opcode = self.rng.choice([b"\x0f\xaf", b"\x69", b"\x6b"])
        return b"", opcode + self.modrm(self.register(), wide) + self.imm({b"\x69": size, b"\x6b": 1}.get(opcode, 0)), SF | ZF | AF | PF

    def move(self, size, wide, first):
        r = self.rng
        form = r.randrange(8)
        if form < 4:
            byte = not form & 1
            return b"", bytes([0x88 + form]) + self.modrm(self.register(byte), wide, byte), 0
        if form == 4:
            return b"", bytes([r.choice([0xa0, 0xa1, 0xa2, 0xa3])]) + (r.getrandbits(16)).to_bytes(4 if wide else 2, "little"), 0
        if form == 5:
            return b"", bytes([0xc6]) + self.modrm(0, wide, True) + self.imm(1), 0
        if form == 6:
            return b"", bytes([0xc7]) + self.modrm(0, wide) + self.imm(size), 0
        return b"", bytes([0xb8 + self.register()]) + self.imm(size), 0

    def extend(self, size, wide, first):
        opcode = self.rng.choice([0xb6, 0xb7, 0xbe, 0xbf])
        return b"", bytes([0x0f, opcode]) + self.modrm(self.register(), wide, not opcode & 1), 0

    def exchange(self, size, wide, first):
        form = self.rng.randrange(5)
        if form == 0:
            return b"", bytes([0x90 + self.register()]), 0
        byte = self.rng.random() < 0.5
        modrm = self.modrm(self.register(byte), wide, byte)
        lock = b"\xf0" if self.rng.random() < 0.3 and modrm[0] < 0xc0 else b""
        opcode = [b"\x86", b"\x0f\xb0", b"\x0f\xc0"][form % 3]
        return b"", lock + opcode[:-1] + bytes([opcode[-1] + (not byte)]) + modrm, 0

    def condition(self, size, wide, first):
        r = self.rng
        if r.random() < 0.5:
            return b"", bytes([0x0f, 0x90 + r.randrange(16)]) + self.modrm(0, wide, True), 0
        return b"", bytes([0x0f, 0x40 + r.randrange(16)]) + self.modrm(self.register(), wide), 0

    def address(self, size, wide, first):
        return b"", b"\x8d" + (self.memory(self.register(), wide) if self.rng.random() < 0.95 else bytes([0xc0 | self.rng.getrandbits(6)])), 0

    def stack(self, size, wide, first):
        r = self.rng
        form = r.randrange(11)
        if form == 0 and first:
            return b"", b"\xc9", 0
        return b"", [bytes([0x50 + r.randrange(8)]), bytes([0x58 + self.register()]), b"\xff" + self.modrm(6, wide), b"\x8f" + self.modrm(0, wide),
                     b"\x68" + self.imm(size), b"\x6a" + self.imm(1), b"\x60", b"\x61",
                     b"\xc8" + struct.pack("<HB", r.randrange(64), r.randrange(4)), b"\x9c", bytes([0x50 + r.randrange(8)])][form], 0

    def decimal(self, size, wide, first):
        op = self.rng.choice([0x27, 0x2f, 0x37, 0x3f, 0xd4, 0xd5])
        undefined = {0x27: OF, 0x2f: OF, 0x37: OF | SF | ZF | PF, 0x3f: OF | SF | ZF | PF}.get(op, OF | AF | CF)
        return b"", bytes([op]) + (self.imm(1) if op >= 0xd4 else b""), undefined

    def single(self, size, wide, first):
        return b"", bytes([self.rng.choice([0x98, 0x99, 0x9e, 0x9f, 0xd7, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd])]), 0

    def string(self, size, wide, first):
        r = self.rng
        op = bytes([r.choice([0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf])])
        before = b""
        if wide:  # ESI and EDI within the segment, or nearly so
            before = b"\x66\x0f\xb7\xf6\x66\x0f\xb7\xff" if self.within or r.random() < 0.9 else b""
        if r.random() < 0.6:
            before += b"\x66\xb9" + r.choice([r.randrange(40), r.randrange(300), 0]).to_bytes(4, "little")
            return before, bytes([r.choice([0xf2, 0xf3])]) + op, 0
        return before, op, 0

    def jump(self, size, wide, first):
        """Over an instruction that can't fault."""
        r = self.rng
        over = bytes([0xb8 + self.register()]) + self.imm(2)
        op = r.choice([[0x70 + r.randrange(16)], [0xe0], [0xe1], [0xe2], [0xe3], [0xeb]])
        return b"", bytes([*op, len(over)]) + over, 0

    def segment(self, size, wide, first):
        r = self.rng
        form = r.randrange(7)
        register = r.choice([0, 3])
        if form == 0:
            return b"", b"\x8c" + self.modrm(r.randrange(8), wide), 0
        if form == 1:
            return b"", r.choice([b"\x06", b"\x0e", b"\x16", b"\x1e", b"\x0f\xa0", b"\x0f\xa8"]), 0
        if form == 2:
            return bytes([0xb8 + register]) + struct.pack("<H", r.choice(self.segments)), bytes([0x8e, 0xc0 | register | r.choice([0, 3, 4, 5]) << 3]), 0
        if form == 3:
            return b"\x68" + struct.pack("<H", r.choice(self.segments)), r.choice([b"\x07", b"\x1f", b"\x0f\xa1", b"\x0f\xa9"])[:3], 0
        if form == 4:
            op = r.choice([b"\xc4", b"\xc5", b"\x0f\xb4", b"\x0f\xb5"])
            place = self.CONSTANTS + 4 * r.randrange(4)
            return b"", b"\x2e" + op + bytes([r.choice([0, 1, 2, 3, 5, 6, 7]) << 3 | 6]) + struct.pack("<H", place), "far"
        return b"", r.choice([b"\x62", b"\x63", b"\x0f\x02", b"\x0f\x03"]) + self.memory(self.register(), wide), 0

    def interrupt(self, size, wide, first):
        r = self.rng
        return b"", r.choice([b"\xce", b"\xcd" + bytes([r.randrange(0x20, 0x100)]), b"\x0f\x0b", b"\x0f\xff\xc0", b"\xf0\x01\xc0", b"\x0f\x00\xc0"]), 0

    KINDS = ["alu"] * 4 + ["alu_imm"] * 3 + ["group3"] * 3 + ["inc_dec", "shift", "shift", "shift_double", "bits", "scan",
             "multiply", "move", "move", "extend", "exchange", "condition", "address", "stack", "stack", "decimal",
             "single", "string", "string", "jump", "segment", "segment", "interrupt"]


def firmware(folder):
    elf, rom = folder / "random16.elf", folder / "random16.rom"
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0,--build-id=none,-e,0", HERE / "random16.S", "-o", elf], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", elf, rom], check=True)
    return rom


def results(command, rom, cases, out, record=RESULT, at=0x100000, timeout=900):
    """What each case left, up to the one that didn't end."""
    try:
        run(command, rom, cases, out, at, timeout)
    except subprocess.TimeoutExpired:
        print(f"{command[0]} takes too long")
    found = out.read_bytes()
    return list(record.iter_unpack(found[:len(found) // record.size * record.size]))


def run(command, rom, cases, out, at, timeout):
    subprocess.run([*command, "-bios", rom, "-device", f"loader,file={cases},addr={at:#x},force-raw=on", "-debugcon", f"file:{out}",
                    "-device", "isa-debug-exit", "-display", "none", "-monitor", "none", "-serial", "none", "-net", "none", "-no-reboot"],
                   check=False, timeout=timeout, stdout=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=17000)
    parser.add_argument("--length", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-limits", action="store_true", help="the second emulator has no segment limits in real mode (QEMU)")
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    words = args.commands[1:]
    cut = words.index("--")
    commands = words[:cut], words[cut + 1:]
    rng = random.Random(args.seed)
    cases = [Case(rng, args.length, args.no_limits) for _ in range(args.cases)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rom = firmware(folder)
        image = folder / "cases"
        image.write_bytes(b"".join(case.bytes for case in cases) + b"\xff" * 128)
        one, other = (results(command, rom, image, folder / f"out{i}") for i, command in enumerate(commands))
    print(f"{len(cases)} cases, {sum(case.count for case in cases)} instructions")
    status = 0
    for found in (one, other):
        if len(found) != len(cases):
            print(f"{len(found)} results only; the next case: {cases[len(found)].code.hex(' ') if len(found) < len(cases) else ''}")
            status = 1
    shown = limits = 0
    for i, (case, a, b) in enumerate(zip(cases, one, other)):
        if a[12] == b[12] == 1:  # a single step, where flags may still be undefined: they are in memory, too
            a, b = a[:15] + a[16:18], b[:15] + b[16:18]
        if a != b and args.no_limits and a[12] in (12, 13) and b[12:14] != a[12:14]:
            limits += 1
        elif a != b:
            status = 1
            shown += 1
            if shown <= args.show:
                what = ", ".join(f"{name} {x:x} / {y:x}" for name, x, y in zip(NAMES, a, b) if x != y)
                print(f"case {i}: {case.code.hex(' ')}\n    vector {a[12]:x} ip {a[13]:x}: {what}")
    print(f"{shown} differ" + (f", and {limits} where the other checks no limit" if limits else ""))
    return status


if __name__ == "__main__":
    sys.exit(main())
