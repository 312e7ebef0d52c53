#!/usr/bin/env python3
"""Writes a program of random loops whose instructions pass the status flags to each other, across branches, calls and turns; some of their
accesses to memory fault. Standard output is assembly for ARCHITECTURE, to be linked with flag-loops.c.

    flag-loops.py x86_64|aarch64 CASES SEED

A case is a function that flag-loops.c calls with registers and flags; a signal handler there notes the flags that a fault shows, and
skips the instruction, which has four bytes. The loops' registers: a counter that only their ends change; a base, an index that is
reloaded from a table by the counter and leads nowhere in some turns; six registers for operands.

SPDX-License-Identifier: MIT
"""

import random
import sys


class X86:
    """Flags that the manual leaves undefined must not be made, but AF, which nobody looks at: shifts by one, no products."""
    comment = "#"
    wide = ["%rax", "%rbx", "%rdx", "%rsi", "%rdi", "%r8"]
    narrow = ["%eax", "%ebx", "%edx", "%esi", "%edi", "%r8d"]
    byte = ["%al", "%bl", "%dl", "%sil", "%dil", "%r8b"]
    conditions = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]
    entry = """        push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15
        mov %rdi, %rbp
        mov 48(%rbp), %r14; mov 56(%rbp), %r13
        mov 0(%rbp), %rax; mov 8(%rbp), %rbx; mov 16(%rbp), %rdx; mov 24(%rbp), %rsi; mov 32(%rbp), %rdi; mov 40(%rbp), %r8
        mov $1 << 62, %r9
        xor %r15d, %r15d"""
    leave = """        pushfq; pop %rcx; mov %rcx, 64(%rbp)
        mov %rax, 0(%rbp); mov %rbx, 8(%rbp); mov %rdx, 16(%rbp); mov %rsi, 24(%rbp); mov %rdi, 32(%rbp); mov %r8, 40(%rbp)
        pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
        ret"""
    counter = {0: "%rcx", 1: "%r12"}

    def __init__(self, rng):
        self.rng = rng

    def registers(self):
        size = self.rng.choice([self.wide, self.wide, self.narrow, self.narrow, self.byte])
        return self.rng.choice(size), self.rng.choice(size)

    def immediate(self):
        return self.rng.choice([0, 1, 2, 127, -1, -128, self.rng.randrange(-128, 128)])

    def operation(self):
        a, b = self.registers()
        op = self.rng.choice(["add", "sub", "and", "or", "xor", "cmp", "cmp", "test"])
        return self.rng.choice([lambda: f"{op} {a}, {b}", lambda: f"{op} ${self.immediate()}, {b}",
                                lambda: f"{self.rng.choice(['inc', 'dec', 'neg', 'not'])} {b}",
                                lambda: f"{self.rng.choice(['adc', 'sbb'])} {a}, {b}", lambda: self.rare(a, b)])()

    def rare(self, a, b):
        wide = self.rng.choice(self.wide)
        return self.rng.choice([f"{self.rng.choice(['shl', 'shr', 'sar'])} {b}", f"{self.rng.choice(['xadd', 'cmpxchg'])} {a}, {b}",
                                self.rng.choice(["clc", "stc", "cmc"]), f"pushfq; pop {wide}; and $0x8c5, {wide}",
                                f"push {wide}; andq $0x8c5, (%rsp); popfq"])

    def neutral(self):
        a, b = self.rng.choice(self.wide), self.rng.choice(self.wide)
        return self.rng.choice([f"mov {a}, {b}", f"lea 3({a},{b}), {b}", f"set{self.rng.choice(self.conditions)} {self.rng.choice(self.byte)}",
                                f"cmov{self.rng.choice(self.conditions)} {a}, {b}", f"movzbl {self.rng.choice(self.byte)}, %edi"])

    def access(self):
        n, op = self.rng.randrange(6), self.rng.choice(["mov", "mov", "mov", "store", "add", "cmp", "test"])
        if self.rng.random() < .03:  # faults always: no address has such bits
            a, b = self.rng.sample(self.wide, 2)
            bad = self.rng.choice([f"mov 16({a}), {b}", f"sub 16({a}), {b}", f"add {b}, 16({a})", f"mov 16({a}), {a}"])
            return f"lea ({a},%r9), {a}; {self.rng.choice([f'test {a}, {a}; ', f'cmp {a}, {b}; ', ''])}{bad}"
        reg = self.rng.choice([self.wide, self.narrow])[n]
        return f"mov {reg}, (%r14,%r15)" if op == "store" else f"{op} {reg}, (%r14,%r15)" if op == "test" else f"{op} (%r14,%r15), {reg}"

    def index(self):
        return "mov (%r13,%rcx,8), %r15"

    def branch(self, label):
        return f"j{self.rng.choice(self.conditions)} {label}"

    def call(self, leaf):
        return f"call {leaf}"

    def start_loop(self, depth, turns):
        return f"mov ${turns}, {self.counter[depth]}"

    def end_loop(self, depth, label):
        n = self.counter[depth]
        return self.rng.choice([f"dec {n}; jne {label}", f"sub $1, {n}; ja {label}", f"lea -1({n}), {n}; test {n}, {n}; jne {label}",
                                f"lea -1({n}), {n}; cmp $1, {n}; jge {label}", f"cmp $2, {n}; lea -1({n}), {n}; jae {label}"])


class A64:
    comment = "//"
    wide = [f"x{n}" for n in range(6)]
    narrow = [f"w{n}" for n in range(6)]
    conditions = ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]
    entry = """        stp x29, x30, [sp, #-64]!; stp x19, x20, [sp, #16]; stp x21, x22, [sp, #32]; stp x23, x24, [sp, #48]
        mov x19, x0
        ldp x20, x22, [x19, #48]; ldp x4, x5, [x19, #32]; ldp x2, x3, [x19, #16]; ldp x0, x1, [x19]
        mov x21, #0; cmp x0, x1"""
    leave = """        mrs x21, nzcv; str x21, [x19, #64]
        stp x4, x5, [x19, #32]; stp x2, x3, [x19, #16]; stp x0, x1, [x19]
        ldp x19, x20, [sp, #16]; ldp x21, x22, [sp, #32]; ldp x23, x24, [sp, #48]; ldp x29, x30, [sp], #64
        ret"""
    counter = {0: "x23", 1: "x24"}

    def __init__(self, rng):
        self.rng = rng

    def registers(self):
        size = self.rng.choice([self.wide, self.narrow])
        return [self.rng.choice([*size, size[0][0] + "zr"]) for _ in range(3)]

    def operation(self):
        a, b, c = self.registers()
        add = self.rng.choice(["adds", "subs"])
        number = self.rng.choice([0, 1, 2, 4095, self.rng.randrange(4096)])
        condition = self.rng.choice(self.conditions)
        return self.rng.choice([
            lambda: f"{add} {a}, {b}, {c}", lambda: f"{add} {a}, {a[0]}{self.rng.randrange(6)}, #{number}",
            lambda: f"{add} {a}, {b}, {c}, lsl #3", lambda: f"{self.rng.choice(['ands', 'bics'])} {a}, {b}, {c}",
            lambda: f"ands {a}, {b}, #{self.rng.choice([1, 255, 0x7ffffffe, 0x80000000])}",
            lambda: f"{self.rng.choice(['adc', 'adcs', 'sbc', 'sbcs'])} {a}, {b}, {c}",
            lambda: f"{self.rng.choice(['ccmp', 'ccmn'])} {b}, {c}, #{self.rng.randrange(16)}, {condition}",
            lambda: f"cmp {b}, {c}", lambda: f"tst {b}, {c}", self.rare])()

    def rare(self):
        a, b, c = (self.rng.choice(self.wide) for _ in range(3))
        condition = self.rng.choice(self.conditions)
        return self.rng.choice([
            f"mrs {a}, nzcv", f"msr nzcv, {a}", f"subs {a}, {b}, w{c[1:]}, sxtb #2", f"adds w{a[1:]}, w{b[1:]}, w{c[1:]}, uxth",
            f"fmov d0, {a}; fmov d1, {b}; fcmp d0, d1", f"scvtf d0, {a}; scvtf d1, w{b[1:]}; fcmpe d0, d1", f"fmov s0, w{a[1:]}; fcmp s0, #0.0",
            f"fmov d0, {a}; fmov d1, {b}; fccmp d0, d1, #{self.rng.randrange(16)}, {condition}",
            f"fmov d0, {a}; fmov d1, {b}; fcsel d1, d0, d1, {condition}; fmov {c}, d1"])

    def neutral(self):
        a, b, c = self.registers()
        condition = self.rng.choice(self.conditions)
        return self.rng.choice([f"mov {a}, {b}", f"add {a}, {b}, {c}", f"csel {a}, {b}, {c}, {condition}", f"csinc {a}, {b}, {c}, {condition}",
                                f"eor {a}, {b}, {c}, ror #7", f"ubfx {a}, {b}, #4, #9", f"udiv {a}, {b}, {c}", f"madd {a}, {b}, {c}, {a}",
                                f"clz {a}, {b}"])

    def access(self):
        reg = self.rng.choice([self.wide, self.narrow])[self.rng.randrange(6)]
        if self.rng.random() < .03:  # faults always: no address has that bit alone
            a, b, c = self.rng.sample(self.wide, 3)
            bad = self.rng.choice([f"ldr {a}, [{b}], #8", f"str {a}, [{b}, #16]!", f"ldp {a}, {b}, [{c}, #16]", f"ldp {a}, {b}, [{c}], #16",
                                    f"ldp {a}, {b}, [{a}]", f"stp w{a[1:]}, w{b[1:]}, [{c}, #-8]!", f"ldaxr {a}, [{b}]", f"ldr q1, [{a}]"])
            base = bad.split("[")[1][:2]
            how = self.rng.choice([f"tst {base}, {base}; ", f"subs {c}, {base}, {a}; ", f"adds {b}, {b}, #1; ", ""])
            return f"and {base}, {base}, #0xffffffff; {how}orr {base}, {base}, #1 << 50; {bad}"
        return f"{self.rng.choice(['ldr', 'ldr', 'str'])} {reg}, [x20, x21]"

    def index(self):
        return "ldr x21, [x22, x23, lsl #3]"

    def branch(self, label):
        reg = self.rng.choice(self.wide)
        return self.rng.choice([f"b.{self.rng.choice(self.conditions)} {label}"] * 4 +
                               [f"cbz {reg}, {label}", f"tbnz {reg}, #{self.rng.randrange(40)}, {label}"])

    def call(self, leaf):
        return f"bl {leaf}"

    def start_loop(self, depth, turns):
        return f"mov {self.counter[depth]}, #{turns}"

    def end_loop(self, depth, label):
        n = self.counter[depth]
        return self.rng.choice([f"subs {n}, {n}, #1; b.ne {label}", f"sub {n}, {n}, #1; cbnz {n}, {label}",
                                f"cmp {n}, #1; sub {n}, {n}, #1; b.hi {label}", f"sub {n}, {n}, #1; cmp {n}, #0; b.gt {label}"])


class Writer:
    def __init__(self, machine, rng):
        self.machine, self.rng, self.labels, self.lines = machine, rng, 0, []

    def emit(self, text):
        self.lines.append("        " + text)

    def new_label(self):
        self.labels += 1
        return f".L{self.labels}"

    def straight(self, most):
        for _ in range(self.rng.randrange(1, most)):
            kind = self.rng.random()
            self.emit(self.machine.operation() if kind < .5 else self.machine.neutral() if kind < .7 else self.machine.access())

    def loop(self, depth, leaves):
        head = self.new_label()
        self.emit(self.machine.start_loop(depth, self.rng.randrange(20, 60) if depth == 0 else self.rng.randrange(1, 4)))
        self.lines.append(f"{head}:")
        for _ in range(self.rng.randrange(1, 4)):
            self.straight(4)
            kind = self.rng.random()
            if kind < .5:
                over = self.new_label()
                self.emit(self.machine.branch(over))
                self.straight(3)
                self.lines.append(f"{over}:")
            elif kind < .65 and depth == 0:
                self.loop(1, leaves)
            elif kind < .8 and leaves:
                self.emit(self.machine.call(self.rng.choice(leaves)))
            else:
                self.emit(self.machine.index())
        self.emit(self.machine.end_loop(depth, head))

    def case(self, number):
        leaves = [f"leaf_{number}_{n}" for n in range(2)]
        for leaf in leaves:
            self.lines.append(f"{leaf}:")
            self.straight(4)
            self.emit("ret")
        self.lines.append(f"case_{number}:")
        self.lines.append(self.machine.entry)
        self.loop(0, leaves)
        self.straight(4)
        self.lines.append(self.machine.leave)


def main():
    architecture, cases, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    writer = Writer({"x86_64": X86, "aarch64": A64}[architecture](rng), rng)
    for number in range(cases):
        writer.case(number)
    print("        .text")
    print("\n".join(writer.lines))
    print("        .data\n        .balign 8\n        .globl cases, nb_cases\ncases:")
    for number in range(cases):
        print(f"        .quad case_{number}")
    print(f"nb_cases: .quad {cases}\n        .section .note.GNU-stack,\"\",%progbits")


if __name__ == "__main__":
    main()
