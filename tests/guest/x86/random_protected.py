#!/usr/bin/env python3
"""Random 16-bit code in protected and virtual-8086 mode: two emulators run the same and must leave the same.

    random_protected.py [--cases N] [--seed N] [--vme] -- EMULATOR ARG … -- EMULATOR ARG …
    random_protected.py --limits [--cases N] [--seed N] -- EMULATOR ARG …

A case has an LDT of its own (code, data that grows up or down, stacks of 16 and 32 bits, gates, anything), runs at any level with a TSS of 16
or 32 bits, and ends with an interrupt or exception, through gates of 16 or 32 bits. With --limits each case is one access near a segment's
limit, and what comes of it is what the manual says (SDM volume 3, 5.3).

SPDX-License-Identifier: MIT
"""

import argparse
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import random16
from random16 import AF, ALL, CF, DF, TF

HERE = pathlib.Path(__file__).resolve().parent
IOPL, NT, VM = 0x3000, 0x4000, 0x20000
HIGH, LOW = 0x200000, 0x40000  # windows; the lower one for virtual-8086 mode
CODE_AT = 0x8000               # in it
END = 0x70                     # in the code: INT3s
TASK_AT = 0x68                 # CMP AX, AX, INT3
GATES_16, TSS_16, STACK_16, ANY_FLAGS = 1, 2, 4, 8
TASK, TASK_GATE = 0x33, 0x4b
NAMES = "ds es fs gs edi esi ebp esp_here ebx edx ecx eax vector ss_here tr tables error ip cs flags sp ss f6 f7 f8 f9 hash".split()
RESULT = struct.Struct("<27I20x")
VECTOR, IP, HASH, ERROR = NAMES.index("vector"), NAMES.index("ip"), NAMES.index("hash"), NAMES.index("error")
SINGLE_STEP = [VECTOR, IP]


def descriptor(base, limit, access, flags=0):
    return limit & 0xffff | (base & 0xffffff) << 16 | access << 40 | (limit >> 16 & 15) << 48 | flags << 52 | base >> 24 << 56


def gate(selector, offset, access, count=0):
    return offset | selector << 16 | count << 32 | access << 40


def local(index, rpl):
    return index << 3 | 4 | rpl


class ProtectedCase(random16.Case):
    CONSTANTS = 80
    KINDS = random16.Case.KINDS + ["segment"] * 2 + ["far"] * 5 + ["back"] * 4 + ["flags"] * 3 + ["look", "port", "system"]

    def __init__(self, rng, count, vme=False, reference=False):
        self.rng = rng
        self.within = True
        self.reference = reference  # what the installed QEMU does otherwise isn't made
        self.vm = rng.random() < (0.8 if vme else 0.25)
        self.cpl = 3 if self.vm else rng.choice([3, 3, 3, 3, 2, 1, 0])
        self.iopl = rng.choice([0, 3, 3, 1, 2]) if not self.vm else rng.choice([0, 3])
        self.window = LOW if self.vm else HIGH
        self.stack_is_big = not self.vm and rng.random() < 0.2
        self.make_descriptors()
        self.segments = [0x4000, 0x4123, 0x4200, 0x43ff] if self.vm else [local(i, self.cpl) for i in (1, 2, 3, 4, 5)]
        self.make_code(count)
        options = rng.choice([0, GATES_16]) | rng.choice([0, TSS_16]) | rng.choice([0, STACK_16])
        if self.vm:
            options = rng.choice([0, 0, 0, TSS_16]) | rng.choice([0, STACK_16])
        if self.cpl == 0:
            options &= ~STACK_16
        self.bytes = self.assemble(options | (ANY_FLAGS if reference else 0), int(vme))
        assert len(self.bytes) == 416

    def make_descriptors(self):
        r, cpl, base = self.rng, self.cpl, self.window
        dpl = cpl << 5
        table = [0] * 16
        table[1] = descriptor(base + CODE_AT, 0xffff, 0x9b | dpl)
        for i in (2, 3, 4):
            at = base + r.randrange(0x4000)
            kind = r.choice([0x93, 0x92, 0x93, 0x91, 0x90, 0x97, 0x96, 0x9b, 0x9f])
            kind |= self.reference and i < 4  # (tasks load these)
            at = base + CODE_AT if kind & 8 else at  # who jumps there finds code
            if kind in (0x96, 0x97):
                table[i] = descriptor(at, r.randrange(0x400), kind | r.randrange(cpl, 4) << 5, r.choice([0, 4]))
            else:
                limit = r.choice([0xffff, 0xffff, 0xffff, r.randrange(0x10000), 0x1ffff])
                table[i] = descriptor(at, limit, kind | r.randrange(cpl, 4) << 5, r.choice([0, 0, 4]))
        big = 4 if self.stack_is_big else 0
        down = r.random() < 0.3
        table[5] = descriptor(base + r.randrange(0x4000), r.randrange(0x100) if down else 0xffff, (0x97 if down else 0x93) | dpl, big)
        for i in (6, 7):
            down = r.random() < 0.3
            limit = r.randrange(0x100) if down else r.choice([0xffff, 0xffff, r.randrange(0x1000, 0x10000)])
            table[i] = descriptor(base + r.randrange(0x4000), limit,
                                  (0x97 if down else 0x93) | (i - 5) << 5, r.choice([0, 0, 4]))
        table[8] = descriptor(base + CODE_AT, 0xffff, r.choice([0x9f, 0x9f, 0x9d]) | r.randrange(4) << 5)
        table[9] = descriptor(base + CODE_AT, 0xffff, r.choice([0x9b, 0x9b, 0x99]) | r.choice([1, 1, 2, 3]) << 5)
        table[10] = descriptor(base + CODE_AT, r.choice([0xffff, 0x7f]), 0x9b | r.choice([cpl, 3, 1]) << 5, 4)
        targets = [9, 9, 9, 10, 1] + ([] if self.reference else [8])
        for i, access in ((11, 0x84), (12, 0x8c)):
            table[i] = gate(local(r.choice(targets), r.randrange(4)), END + r.randrange(8), access | r.choice([3, 3, cpl, r.randrange(4)]) << 5,
                            r.choice([0, 0, 1, 3, 31]))
        access = r.choice([0x13, 0x1b, 0x90, 0x98, 0x93, 0x80, 0x04, 0x0c, 0x85, 0x82, 0x83, 0x8e]) | r.randrange(4) << 5
        access |= self.reference and access >> 4 & 1
        table[13] = descriptor(base + (CODE_AT if access & 8 else r.randrange(0x4000)), 0xffff, access)
        # anything; a call gate of it may lead anywhere in code where INT3s are
        access = r.getrandbits(8)
        access |= self.reference and access >> 4 & 1  # accessed, unless it is a system's
        table[14] = gate(local(r.choice(targets), r.randrange(4)), END + r.randrange(8), access, r.getrandbits(5)) if not access & 0x10 \
            else descriptor(base + (CODE_AT if access & 8 else r.randrange(0x4000)), 0xffff, access, r.choice([0, 4]))
        for i in (13, 14):  # task gates name a task
            if table[i] >> 40 & 0x1f == 5:
                table[i] = gate(TASK, 0, table[i] >> 40 & 0xff)
        self.table = table

    def assemble(self, options, cr4):
        r, cpl = self.rng, self.cpl
        registers = [self.value() for _ in range(8)]  # EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX
        registers[2] = (0 if self.stack_is_big else registers[2] & ~0xffff) | r.randrange(0x200, 0xfe00)
        registers[3] = r.randrange(0x400, 0xfe00)
        flags = r.getrandbits(12) & (ALL | DF | (TF if r.random() < 0.03 else 0)) | 2 | self.iopl << 12 | (NT if r.random() < 0.05 else 0)
        if self.vm:
            code, stack = 0x4800, r.choice(self.segments)
            data = [r.choice(self.segments) for _ in range(4)]
            flags |= VM | (r.choice([0, 0x80000, 0x100000, 0x180000, 0]) if cr4 else 0) | r.choice([0, 0x200])
        else:
            code, stack = local(1, cpl), local(5, cpl)
            null = 0 if self.reference else r.randrange(4)
            data = [r.choice([local(r.choice([2, 3, 4, 5]), r.randrange(cpl + 1)), local(r.choice([2, 3, 4]), cpl),
                              null if r.random() < 0.2 else local(2, cpl)]) for _ in range(4)]
        start = struct.pack("<16I", *registers, 0, code, flags, stack, *data)
        inner = [local(6, 1), r.choice([r.randrange(0x400, 0xf000), r.randrange(0x400, 0xf000), r.randrange(12)]),
                 local(7, 2), r.choice([r.randrange(0x400, 0xf000), r.randrange(0x400, 0xf000), r.randrange(12)])]
        if r.random() < 0.1:
            inner[r.choice([0, 2])] = r.choice([0, local(13, 1), local(14, 2), local(6, 2), local(5, 1)])
        ports = [r.choice([0, 0, r.getrandbits(32)]) for _ in range(4)]
        return start + struct.pack("<4I4I4I", options, self.window, cr4, 0, *inner, *ports) + self.task_state().ljust(48, b"\0") \
            + struct.pack("<16Q", *self.table) + self.code.ljust(self.CONSTANTS, b"\xcc") + self.pointers() + b"\xcc" * 8 + b"\x39\xc0" + b"\xcc" * 22

    def pointers(self):
        r = self.rng
        return b"".join(struct.pack("<HH", r.getrandbits(16), r.choice(self.segments)) for _ in range(4))

    def task_state(self):
        """Of the other task, in 16 bits: link, stacks, IP, FLAGS, registers, ES, CS, SS, DS, LDT."""
        r = self.rng
        cpl = r.choice([self.cpl, self.cpl, 1, 2]) if not self.reference else self.cpl
        code = local(1, cpl) if cpl == self.cpl else local(9, cpl)
        stack = local({1: 6, 2: 7}[cpl], cpl) if cpl in (1, 2) and cpl != self.cpl else local(5, cpl)
        if not self.reference and r.random() < 0.1:
            code = r.choice([0, local(2, cpl), local(13, cpl), local(10, cpl), 0xfffc])
        if not self.reference and r.random() < 0.1:
            stack = r.choice([0, local(2, cpl), local(13, cpl), local(1, cpl)])
        data = [r.choice([local(2, cpl), local(3, cpl), 0, 0, local(13, cpl) if not self.reference and r.random() < 0.2 else 0]) for _ in range(2)]
        ldt = 0x28 if self.reference or r.random() < 0.95 else r.choice([0, 0x10, 0x2c, 0x100])
        return struct.pack("<22H", r.choice([0, 0x18, 0x20]), 0xf000, 0x10, *[0x8000, local(6, 1), 0x8000, local(7, 2)],
                           TASK_AT if self.reference else END + r.randrange(8),
                           2 | r.getrandbits(12) & ALL | self.iopl << 12 | (NT if r.random() < 0.2 else 0), *[r.getrandbits(16) for _ in range(4)],
                           r.randrange(0x1000, 0x8000), *[r.getrandbits(16) for _ in range(3)], data[0], code, stack, data[1], ldt)

    # ---- Instructions ----

    def clear(self, flags):
        if flags and self.vm and self.iopl < 3:
            return b"\x39\xc0"  # CMP AX, AX: defines them
        return random16.Case.clear(flags)

    def selector(self):
        r = self.rng
        if self.vm:
            return r.choice(self.segments)
        return r.choice([local(r.randrange(16), r.choice([self.cpl, self.cpl, r.randrange(4)])), local(r.randrange(2, 6), self.cpl),
                         r.choice([*([0] if self.reference else range(4)), 0x08, 0x10, 0x13, 0x18, 0x28, 0x40, 0x50, 0xfff8])])

    def segment(self, size, wide, first):
        r = self.rng
        form = r.randrange(6)
        register = r.choice([0, 3])
        if form == 0:
            return bytes([0xb8 + register]) + struct.pack("<H", self.selector()), bytes([0x8e, 0xc0 | register | r.choice([0, 3, 4, 5]) << 3]), 0
        if form == 1:
            return b"\x68" + struct.pack("<H", self.selector()), r.choice([b"\x07", b"\x1f", b"\x0f\xa1", b"\x0f\xa9"]), 0
        if form == 2:  # SS: mostly what it is already
            stack = local(5, self.cpl) if r.random() < 0.5 and not self.vm else self.selector()
            return bytes([0xb8 + register]) + struct.pack("<H", stack), bytes([0x8e, 0xd0 | register]), 0
        return super().segment(size, wide, first)

    def interrupt(self, size, wide, first):
        r = self.rng
        if r.random() < 0.7:
            return super().interrupt(size, wide, first)
        return b"", b"\xcd" + bytes([r.choice([0, 3, 4, 6, 8, 13, 14, 15, 0x20])] if self.cpl else [0x20]), 0

    def target(self):
        """A code selector or what stands for it, and an offset: INT3s, if it may be one of 32 bits or of another level."""
        r = self.rng
        if self.vm:
            return 0x4800, END + r.randrange(8)
        selector = r.choice([local(r.choice([1, 8, 9, 10, 11, 12, 13, 14]), r.choice([self.cpl, r.randrange(4)])), local(r.choice([11, 12]), self.cpl),
                             r.choice([TASK, TASK_GATE, 0, 0x08, 0x10, 0x10 if self.reference else 0x18, 0x28, 0xfff8]), local(r.randrange(15), self.cpl)])
        return selector, END + r.randrange(16)

    def far(self, size, wide, first):
        selector, offset = self.target()
        return b"", self.rng.choice([b"\x9a", b"\x9a", b"\xea"]) + offset.to_bytes(size, "little") + struct.pack("<H", selector), 0

    def back(self, size, wide, first):
        """RET and IRET of all sorts. All has the same size as the instruction: its prefix is there again."""
        r = self.rng
        selector, offset = self.target()
        outer = r.random() < 0.5 and not self.vm
        prefix = b"\x66" if size == 4 else b""
        words = []
        if outer:
            rpl = r.randrange(self.cpl, 4)
            selector = r.choice([local(r.choice([9, 10, 8, 1]), rpl), selector])
            words = [r.choice([local({1: 6, 2: 7}.get(rpl, 5), rpl), self.selector()]), r.randrange(0x400, 0xf000)]
        ret = r.random() < 0.5
        if not ret:
            flags = r.getrandbits(16) & ~(TF if r.random() < 0.95 else 0) & ~(NT if r.random() < 0.8 else 0)
            if size == 4:
                flags |= r.choice([0, 0, 0x200000, 0x40000, 0x240000]) if not self.reference else 0
            words.append(flags)
        words += [selector, offset]
        pushes = b"".join(prefix + b"\x68" + word.to_bytes(size, "little") for word in words)
        if not ret:
            return b"", pushes + prefix + b"\xcf", "whole"
        return b"", pushes + prefix + (b"\xcb" if r.random() < 0.6 else b"\xca" + struct.pack("<H", r.choice([0, 2, 4, 8, r.randrange(256)]))), "whole"

    def flags(self, size, wide, first):
        r = self.rng
        form = r.randrange(5)
        if form == 0:
            return b"", b"\x9c", 0
        if form < 3:
            flags = r.getrandbits(16) & ~(TF if r.random() < 0.95 else 0) & ~(NT if r.random() < 0.8 else 0)
            prefix = b"\x66" if size == 4 else b""
            flags |= r.choice([0, 0x180000, 0x20000] + ([0x200000, 0x40000] if not self.reference else [])) if size == 4 else 0
            return b"", prefix + b"\x68" + flags.to_bytes(size, "little") + prefix + b"\x9d", "whole"
        return b"", b"\xfa" if form == 3 else b"\xfb", 0

    def look(self, size, wide, first):
        r = self.rng
        form = r.randrange(5)
        register = r.choice([0, 1, 2, 3])
        before = bytes([0xb8 + register]) + struct.pack("<H", self.selector())
        if form < 2:
            return before, bytes([0x0f, 0x02 + form, 0xc0 | r.choice([5, 6, 7]) << 3 | register]), 0
        if form < 4:
            return before, bytes([0x0f, 0x00, 0xc0 | (form + 2) << 3 | register]), 0
        return b"", b"\x63" + self.modrm(self.register(), wide), 0

    def port(self, size, wide, first):
        r = self.rng
        op = r.choice([0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f])
        if op in (0xe4, 0xe5, 0xe6, 0xe7):
            return b"", bytes([op, r.choice([0x88, 0x8c]) if op < 0xe6 else 0x80]), 0
        return b"\xba" + struct.pack("<H", r.randrange(0x180, 0x1bc) & ~3), bytes([op]) if not wide or op > 0x6f else bytes([op - 0x6c + 0xec]), 0

    def system(self, size, wide, first):
        r = self.rng
        forms = [b"\x0f\x01\xe0", b"\x0f\x00\xc8", b"\x0f\x00\xc0"]  # SMSW, STR, SLDT: their upper halves are undefined
        if self.cpl:
            forms += [b"\xf4", b"\x0f\x01\xf0", b"\x0f\x00\xd0", b"\x0f\x00\xd8", b"\x0f\x06", b"\x0f\x20\xc0", b"\x0f\x22\xc0", b"\x0f\x21\xc0",
                      b"\x0f\x01\x16\x00\x10", b"\x0f\x01\x1e\x00\x10", b"\x0f\x30", b"\x0f\x08"]
        return b"", r.choice(forms), "whole"

    def instruction(self, first):
        r = self.rng
        wide_op, wide_ad = r.random() < 0.3, r.random() < 0.3
        override = bytes([r.choice([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65])]) if r.random() < 0.25 else b""
        before, body, undefined = getattr(self, r.choice(self.KINDS))(4 if wide_op else 2, wide_ad, first)
        if undefined in ("far", "whole") or before[:1] == b"\x68":
            return before + body
        prefixes = b"\x66" * wide_op + b"\x67" * wide_ad + override
        if body[:1] == b"\xf0":
            prefixes, body = b"\xf0" + prefixes, body[1:]
        return before + prefixes + body + self.clear(undefined)


# Accesses to memory: bytes before ModRM, its register, size of the access, whether that is a write
ACCESSES = [(b"\x8a", 0, 1, False), (b"\x88", 0, 1, True), (b"\x8b", 0, 2, False), (b"\x89", 0, 2, True), (b"\x66\x8b", 0, 4, False),
            (b"\x66\x89", 0, 4, True), (b"\x01", 0, 2, True), (b"\x39", 0, 2, False), (b"\x66\x83", 0, 4, True), (b"\xfe", 0, 1, True),
            (b"\xff", 6, 2, False), (b"\x66\xff", 6, 4, False), (b"\x8f", 0, 2, True), (b"\x66\x8f", 0, 4, True), (b"\xdb", 5, 10, False),
            (b"\xdb", 7, 10, True), (b"\xdf", 5, 8, False), (b"\xdd", 6, 94, True), (b"\xd9", 6, 14, True), (b"\x66\xd9", 6, 28, True),
            (b"\x0f\x10", 1, 16, False), (b"\x0f\x11", 1, 16, True), (b"\x0f\x6f", 1, 8, False), (b"\x0f\xc7", 1, 8, True), (b"\x87", 0, 2, True),
            (b"\x0f\x92", 0, 1, True), (b"\x0f\x01", 1, 6, True), (b"\x0f\xb6", 0, 1, False), (b"\x66\x0f\xb7", 0, 2, False), (b"\xd1", 4, 2, True),
            (b"\x8c", 3, 2, True), (b"\x0f\xa3", 0, 2, False), (b"\x0f\xab", 0, 2, True), (b"\x0f\x45", 0, 2, False), (b"\xf7", 6, 2, False)]
DATA_ACCESS = {"rw": 0x93, "ro": 0x91, "code": 0x9b, "execute": 0x99}


class LimitCase(ProtectedCase):
    """One access near an edge, and what comes of it: .expected is vector, error code, IP."""

    def __init__(self, rng):
        self.rng = rng
        self.within = True
        self.reference = False
        self.vm = self.stack_is_big = False
        self.cpl = rng.choice([0, 1, 2, 3])
        self.iopl = 0
        self.window = HIGH
        self.segments = [local(5, self.cpl)]
        self.count = 1
        self.inner = None
        self.fixed = {}
        self.data = [local(2, self.cpl)] * 4
        self.make_descriptors()
        for i in (2, 3):
            self.table[i] = descriptor(HIGH + 0x1000, 0xffff, 0x93 | self.cpl << 5)
        self.table[5] = descriptor(HIGH, 0xffff, 0x93 | self.cpl << 5)
        rng.choice([self.memory_access, self.memory_access, self.memory_access, self.string_access, self.push_pop, self.code_limit, self.gate_stack])()
        self.bytes = self.assemble(rng.choice([0, GATES_16]) | rng.choice([0, TSS_16]), 0x200)

    def assemble(self, options, cr4):
        r = self.rng
        registers = [r.getrandbits(32) for _ in range(8)]
        registers[3] = 0x8000
        for i, value in self.fixed.items():
            registers[i] = value
        self.registers = registers
        start = struct.pack("<16I", *registers, 0, local(1, self.cpl), 2, local(5, self.cpl), *self.data)
        inner = self.inner or [local(6, 1), 0x8000, local(7, 2), 0x8000]
        return start + struct.pack("<4I4I4I", options, self.window, cr4, 0, *inner, *[0] * 4) + self.task_state().ljust(48, b"\0") \
            + struct.pack("<16Q", *self.table) + self.code.ljust(self.CONSTANTS, b"\xcc") + b"\xcc" * 48

    def edge(self, size, big=None):
        """A segment and an offset near one of its edges; whether the access is inside. Limits are checked by bytes."""
        r = self.rng
        if r.random() < 0.5:
            limit = r.choice([r.randrange(0x100, 0xfff0), r.randrange(0x100, 0xfff0), 0xffff, 0x1ffff])
            flags = r.choice([0, 4]) if big is None else big << 2
            return limit, 0, flags, limit - size + 1 + r.choice([-1, 0, 1, 2, size]), lambda at: at + size - 1 <= limit
        limit = r.randrange(0x100, 0xf000)
        flags = r.choice([0, 4]) if big is None else big << 2
        top = 0xffffffff if flags else 0xffff
        at = r.choice([limit + r.choice([-1, 0, 1, 2]), top - size + 1 + r.choice([-1, 0, 1, 2])])
        return limit, 4, flags, at, lambda at: at > limit and at + size - 1 <= top

    def place(self, index, access, limit, down, flags):
        self.table[index] = descriptor(HIGH + self.rng.randrange(0x1000, 0x4000), limit, access | down | self.cpl << 5, flags)

    def operand(self, reg, at):
        """ModRM of memory: a displacement, of 16 bits if that's enough, sometimes."""
        if at <= 0xffff and self.rng.random() < 0.5:
            return b"", bytes([reg << 3 | 6]) + struct.pack("<H", at)
        return b"\x67", bytes([reg << 3 | 5]) + struct.pack("<I", at & 0xffffffff)

    def expect(self, ok, vector, error=0, ip=0):
        self.expected = (3, 0, len(self.code) + 1) if ok else (vector, error, ip)  # INT3 is behind it

    def memory_access(self):
        r = self.rng
        opcode, reg, size, write = r.choice(ACCESSES)
        limit, down, flags, at, inside = self.edge(size)
        at &= 0xffffffff
        kind = "rw" if down else r.choice(["rw", "rw", "rw", "ro", "code", "execute"])
        segment = r.choice([0, 1, 2, 3])  # DS, ES, FS, GS, as the case has them
        if down and r.random() < 0.2:
            kind = "ro"
        ok = inside(at) and (not write or kind == "rw") and kind != "execute"
        if kind == "execute":  # can't be loaded: CS of the running code is it
            self.table[1] = descriptor(HIGH + CODE_AT, 0xffff, 0x99 | self.cpl << 5)
            prefix, ok = b"\x2e", False
        elif r.random() < 0.1:
            self.data[segment] = r.choice([0, 1, 2, 3]) if self.cpl == 3 else 0
            prefix, ok = (b"\x3e", b"\x26", b"\x64", b"\x65")[segment], False
        else:
            self.place(4, DATA_ACCESS[kind], limit, down, flags)
            self.data[segment] = local(4, self.cpl)
            prefix = (b"\x3e", b"\x26", b"\x64", b"\x65")[segment]
        size_prefix, modrm = self.operand(reg, at)
        immediate = {b"\x66\x83": b"\x01"}.get(opcode, b"")
        if opcode in (b"\x0f\xa3", b"\x0f\xab"):
            self.fixed[7] = 0  # BT with bit 0
        if opcode == b"\xf7":
            size_prefix, modrm = self.operand(4, at)  # MUL
        self.code = prefix + size_prefix + opcode + modrm + immediate
        self.expect(ok, 13)

    def string_access(self):
        r = self.rng
        op, width = r.choice([0xa4, 0xa6, 0xaa, 0xac, 0xae]), r.choice([1, 2, 4])
        limit, down, flags, at, inside = self.edge(width)
        at &= 0xffffffff
        wide = at > 0xffff or r.random() < 0.5
        destination = op in (0xaa, 0xae) or op in (0xa4, 0xa6) and r.random() < 0.5
        self.fixed = {0: 0x2000, 1: 0x3000, 5: r.getrandbits(16)}
        self.fixed[0 if destination else 1] = at if wide else at | r.getrandbits(16) << 16
        self.place(4, 0x93, limit, down, flags)
        self.data[1 if destination else 0] = local(4, self.cpl)
        self.code = b"\x67" * wide + b"\x66" * (width == 4) + bytes([op | (width > 1)])
        self.expect(inside(at), 13)

    def push_pop(self):
        r = self.rng
        self.cpl = 3
        self.make_descriptors()
        self.data = [0] * 4
        size = r.choice([2, 4])
        pieces = r.choice([1, 1, 8])
        limit, down, flags, at, inside = self.edge(size)
        mask = 0xffffffff if flags else 0xffff
        pop = r.random() < 0.5
        self.place(5, 0x93, limit, down, flags)
        sp = (at if pop else at + size) & mask
        steps = [(sp + i * size if pop else sp - (i + 1) * size) & mask for i in range(pieces)]
        self.fixed[3] = sp
        opcode = {(1, True): b"\x58", (1, False): b"\x53", (8, True): b"\x61", (8, False): b"\x60"}[pieces, pop]
        self.code = b"\x66" * (size == 4) + opcode
        self.expect(all(inside(step) for step in steps), 12)

    def code_limit(self):
        r = self.rng
        body = b"\xb8\x34\x12\x66\xbb\x01\x02\x03\x04"
        if r.random() < 0.5:  # runs into the limit
            limit = r.randrange(1, 10)
            self.code = body
            self.expected = (13, 0, 0 if limit < 2 else 3 if limit < 8 else 9) if limit < 9 else (3, 0, 10)
        else:
            limit = END + r.choice([-2, -1, 0, 1])
            jump, width = r.choice([(b"\xe9", 2), (b"\x66\xe9", 4), (b"\xeb", 1), (b"\xe8", 2), (b"\xe2", 1), (b"\xe1", 1), (b"\xe3", 1), (b"\x74", 1),
                                    (b"\x0f\x85", 2), (b"\xff\xe3", 0), (b"\xff\xd3", 0), (b"\x66\xff\xe3", 0)])
            self.fixed = {4: END, 6: 0 if jump == b"\xe3" else 5}
            taken = jump not in (b"\xe1", b"\x74")  # ZF is clear
            self.code = jump + ((END - len(jump) - width).to_bytes(width, "little") if width else b"")
            self.expected = (3, 0, len(self.code) + 1) if not taken else (3, 0, END + 1) if limit >= END else (13, 0, 0)
        self.table[1] = descriptor(HIGH + CODE_AT, limit, 0x9b | self.cpl << 5)

    def gate_stack(self):
        """A call gate to level 1, whose stack has room or hasn't."""
        r = self.rng
        self.cpl = r.choice([2, 3])
        self.make_descriptors()
        self.data = [0] * 4
        self.table[5] = descriptor(HIGH, 0xffff, 0x93 | self.cpl << 5)
        size, count = r.choice([2, 4]), r.choice([0, 1, 5])
        limit, down, flags, at, inside = self.edge(size)
        flags = 0
        limit = min(limit, 0xffff)
        pushes = 4 + count
        if down:
            sp = limit + 1 + pushes * size + r.choice([-1, 0, 1, -size, size])
            ok = sp - pushes * size > limit
        else:
            sp = (limit + 1 + r.choice([-1, 0, 1, size])) & 0xffff
            ok = sp >= pushes * size and sp - 1 <= limit
            if sp < pushes * size:
                steps = [(sp - (i + 1) * size) & 0xffff for i in range(pushes)]
                ok = all(step + size - 1 <= limit for step in steps)
        self.table[6] = descriptor(HIGH + 0x1000, limit, 0x93 | down | 1 << 5, flags)
        self.table[9] = descriptor(HIGH + CODE_AT, 0xffff, 0x9b | 1 << 5)
        self.table[11] = gate(local(9, 1), END, (0x84 if size == 2 else 0x8c) | 3 << 5, count)
        self.inner = [local(6, 1), sp & 0xffff, local(7, 2), 0x8000]
        self.code = b"\x9a" + struct.pack("<HH", 0x1234, local(11, self.cpl))
        self.expected = (3, 0, END + 1) if ok else (12, 0x34, 0)


def firmware(folder):
    elf, rom = folder / "protected.elf", folder / "protected.rom"
    subprocess.run(["gcc", "-m32", "-march=i486", "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only",
                    "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-fno-delete-null-pointer-checks",
                    f"-Wl,--build-id=none,-T,{HERE}/system.lds,--no-warn-rwx-segments", HERE / "reset.S", HERE / "random-protected.S",
                    HERE / "random-protected.c", "-o", elf], check=True)
    subprocess.run(["objcopy", "-O", "binary", "--gap-fill", "0", elf, rom], check=True)
    return rom


def run(args, command, rom, cases, folder, number):
    image = folder / "cases"
    image.write_bytes(b"".join(case.bytes for case in cases) + b"\xff" * 416)
    return random16.results(command, rom, image, folder / f"out{number}", record=RESULT, at=0x400000, timeout=args.timeout)


def describe(case, result):
    return f"{'V86' if case.vm else f'CPL {case.cpl}'} IOPL {case.iopl} options {case.bytes[64]}: {case.code.hex(' ')}\n" \
           f"    vector {result[VECTOR]:x} error {result[ERROR]:x} ip {result[IP]:x}"


def compare(args, commands, folder):
    rng = random.Random(args.seed)
    cases = [ProtectedCase(rng, args.length, args.vme, args.no_limits) for _ in range(args.cases)]
    if args.only is not None:
        cases = cases[args.only:args.only + 1]
    rom = firmware(folder)
    one, other = (run(args, command, rom, cases, folder, i) for i, command in enumerate(commands))
    print(f"{len(cases)} cases, {sum(case.count for case in cases)} instructions")
    status = 0
    for found in (one, other):
        if len(found) != len(cases):
            print(f"{len(found)} results only; the next case: {describe(cases[len(found)], [0] * 27) if len(found) < len(cases) else ''}")
            status = 1
    shown = limits = 0
    for i, (case, a, b) in enumerate(zip(cases, one, other)):
        if a == b:
            continue
        different = [j for j in range(len(a)) if a[j] != b[j]]
        if a[VECTOR] == b[VECTOR] == 1 and set(different) <= {NAMES.index("flags"), HASH}:
            continue
        if args.no_limits and (a[VECTOR] == 12 or (a[VECTOR], a[ERROR]) == (13, 0)) and (a[VECTOR], a[IP]) != (b[VECTOR], b[IP]):
            limits += 1
            continue
        status = 1
        shown += 1
        if shown <= args.show:
            print(f"case {i}: {describe(case, a)}: {', '.join(f'{NAMES[j]} {a[j]:x} / {b[j]:x}' for j in different)}")
            if args.tables:
                print("    " + " ".join(f"{w:04x}" for w in struct.unpack("<22H", case.bytes[112:156])))
                print("    " + case.bytes[:64].hex(" ", 4) + "\n    " + " ".join(f"{d:016x}" for d in case.table))
    print(f"{shown} differ" + (f", and {limits} where the other checks no limit" if limits else ""))
    return status


def check_limits(args, command, folder):
    rng = random.Random(args.seed)
    cases = [LimitCase(rng) for _ in range(args.cases)]
    if args.only is not None:
        cases = cases[args.only:args.only + 1]
    found = run(args, command, firmware(folder), cases, folder, 0)
    shown = abs(len(found) - len(cases))
    print(f"{len(cases)} cases, {sum(case.expected[0] != 3 for case in cases)} are to fault, {len(found)} results")
    for i, (case, a) in enumerate(zip(cases, found)):
        # An instruction that faults has changed no register
        kept = a[VECTOR] == 3 or [a[j] for j in (4, 5, 6, 8, 9, 10, 11)] == [case.registers[j] for j in (0, 1, 2, 4, 5, 6, 7)]
        if (a[VECTOR], a[ERROR], a[IP]) != case.expected or not kept and case.code[:1] != b"\xb8":
            shown += 1
            if shown <= args.show:
                print(f"case {i}: expected {case.expected}, registers {'kept' if kept else 'changed'}: {describe(case, a)}")
                print("    " + case.bytes[:64].hex(" ", 4) + "\n    " + " ".join(f"{d:016x}" for d in case.table))
    print(f"{shown} differ")
    return shown > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--length", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-limits", action="store_true", help="the second emulator checks no limits and types of segments on access (QEMU)")
    parser.add_argument("--limits", action="store_true", help="cases of one access near a limit, held against the manual's rules")
    parser.add_argument("--vme", action="store_true", help="with CR4.VME, mostly virtual-8086 mode")
    parser.add_argument("--timeout", type=int, default=300)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--only", type=int, help="this case only")
    parser.add_argument("--tables", action="store_true", help="show each case's registers and LDT, too")
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    words = args.commands[1:]
    cut = words.index("--") if "--" in words else len(words)
    commands = [command for command in (words[:cut], words[cut + 1:]) if command]
    with tempfile.TemporaryDirectory() as name:
        return check_limits(args, commands[0], pathlib.Path(name)) if args.limits else compare(args, commands, pathlib.Path(name))


if __name__ == "__main__":
    sys.exit(main())
