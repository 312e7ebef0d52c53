#!/usr/bin/env python3
"""Time of single instructions, next to the installed QEMU's: which ones are slower here?

Each instruction is repeated in an endless loop, so that every repetition depends on the one before where it has a result. Both emulators
are controlled through their GDB ports: they get the same code, run each loop for a while, and r3 has counted the rounds. Times are the CPU
thread's own, so that other work on the machine matters less; what is printed is the least of the runs, in ns for one instruction.

usage: tests/bench/insns.py [--translated] [--seconds N] [--runs N] [--sysemu PATH] [--qemu PATH] [INSTRUCTION ...]

SPDX-License-Identifier: MIT
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests", "functional"), os.path.join(ROOT, "tests")]

import installedqemu  # pylint: disable=wrong-import-position
from gdbremote import Remote  # pylint: disable=wrong-import-position

TOOLS = "powerpc-linux-gnu-"
CODE = 0x100000
COPIES = 16

# {name: the instruction, or several}. r4: 64 KiB of memory; r5-r12 values; r13 = 8; r14 = 16; f1-f3 about 1.5.
TABLE = {}


def add(names, form):
    for name in names.split():
        TABLE[name] = form.replace("OP", name)


add("add addc adde subf subfc subfe mullw mulhw mulhwu divw divwu and andc or orc xor nand nor eqv slw srw sraw", "OP %r5,%r5,%r6")
add("add. addc. adde. subf. mullw. and. or. xor. slw. sraw.", "OP %r5,%r5,%r6")
add("addo subfo addeo mullwo divwo nego addo.", "OP %r5,%r5,%r6")
TABLE["nego"] = "nego %r5,%r5"
add("addme addze subfme subfze neg extsb extsh cntlzw neg. extsb. cntlzw.", "OP %r5,%r5")
add("addi addis addic addic. subfic mulli ori oris xori xoris andi. andis.", "OP %r5,%r5,77")
add("cmpwi cmplwi", "OP %cr1,%r5,5")
add("cmpw cmplw", "OP %cr1,%r5,%r6")
TABLE["rlwimi"] = "rlwimi %r5,%r6,5,3,20"
TABLE["rlwinm"] = "rlwinm %r5,%r5,5,3,20"
TABLE["rlwinm."] = "rlwinm. %r5,%r5,5,3,20"
TABLE["rlwnm"] = "rlwnm %r5,%r5,%r6,3,20"
TABLE["srawi"] = "srawi %r5,%r5,3"
TABLE["srawi."] = "srawi. %r5,%r5,3"
TABLE["branch taken"] = "b 1f; 1:"
TABLE["bc not taken"] = "bne %cr7,9f"
TABLE["bc taken"] = "beq %cr7,1f; 1:"
TABLE["bdnz"] = "bdnz 1f; 1:"
TABLE["compare and branch"] = "cmpwi %r5,0; beq 9f"
TABLE["bcl lr"] = "bcl 20,31,1f; 1:"
TABLE["call"] = "bl 8f"
TABLE["bctr"] = "bcl 20,31,1f; 1: mflr %r15; addi %r15,%r15,16; mtctr %r15; bctr"
add("crand crandc creqv crnand crnor cror crorc crxor", "OP 5,5,6")
TABLE["crset"] = "crset 6"
TABLE["crclr"] = "crclr 6"
TABLE["mcrf"] = "mcrf %cr1,%cr2"
TABLE["mcrxr"] = "mcrxr %cr1"
TABLE["mfcr"] = "mfcr %r5; add %r6,%r6,%r5"
TABLE["compare and mfcr"] = "cmpw %cr1,%r5,%r6; mfcr %r5"
TABLE["mtcrf"] = "mtcrf 0xff,%r5"
TABLE["mtcrf 1"] = "mtcrf 0x08,%r5"
TABLE["mfcr mtcrf"] = "mfcr %r5; mtcrf 0x38,%r5"
TABLE["tw"] = "twllt %r5,%r5"
TABLE["twi"] = "twlgti %r5,-1"
for op in "lbz lhz lha lwz stb sth stw".split():
    reg = "%r5"
    TABLE[op] = f"{op} {reg},8(%r4)"
    TABLE[op + "u"] = f"{op}u {reg},8(%r16)"
    TABLE[op + "x"] = f"{op}x {reg},%r4,%r13"
    TABLE[op + "ux"] = f"{op}ux {reg},%r16,%r13"
TABLE["lwz misaligned"] = "lwz %r5,9(%r4)"
TABLE["stw misaligned"] = "stw %r5,9(%r4)"
add("lhbrx lwbrx sthbrx stwbrx lwarx", "OP %r5,%r4,%r13")
TABLE["lwarx stwcx."] = "lwarx %r5,%r4,%r13; stwcx. %r5,%r4,%r13"
TABLE["stwcx."] = "stwcx. %r5,%r4,%r13"
TABLE["lmw"] = "lmw %r20,8(%r4)"
TABLE["stmw"] = "stmw %r20,8(%r4)"
for n in (4, 7, 16, 32):
    TABLE[f"lswi {n}"] = f"lswi %r20,%r4,{n % 32}"
    TABLE[f"stswi {n}"] = f"stswi %r20,%r4,{n % 32}"
    TABLE[f"lswx {n}"] = f"li %r15,{n}; mtxer %r15; lswx %r20,%r4,%r13"
    TABLE[f"stswx {n}"] = f"li %r15,{n}; mtxer %r15; stswx %r20,%r4,%r13"
for op in "lfs lfd stfs stfd".split():
    TABLE[op] = f"{op} %f4,8(%r4)"
    TABLE[op + "u"] = f"{op}u %f4,8(%r16)"
    TABLE[op + "x"] = f"{op}x %f4,%r4,%r13"
    TABLE[op + "ux"] = f"{op}ux %f4,%r16,%r13"
TABLE["stfiwx"] = "stfiwx %f4,%r4,%r13"
add("fadd fadds fsub fsubs fmul fmuls fdiv fdivs fadd. fmul.", "OP %f5,%f2,%f3")
add("fmadd fmadds fmsub fmsubs fnmadd fnmadds fnmsub fnmsubs fsel", "OP %f5,%f1,%f2,%f3")
add("fres frsqrte frsp fctiw fctiwz fmr fneg fabs fnabs", "OP %f5,%f1")
add("fcmpu fcmpo", "OP %cr1,%f1,%f2")
TABLE["mffs"] = "mffs %f5"
TABLE["mcrfs"] = "mcrfs %cr1,%cr3"
TABLE["mtfsf"] = "mtfsf 0xff,%f31"
TABLE["mtfsfi"] = "mtfsfi 6,0"
add("mtfsb0 mtfsb1", "OP 5")
add("dcbf dcbst dcbt dcbtst dcbz dcbi icbi", "OP %r4,%r13")
add("sync eieio isync", "OP")
TABLE["rfi"] = "mtspr 27,%r18; mtspr 26,%r17; addi %r17,%r17,16; rfi"
TABLE["mfmsr"] = "mfmsr %r5"
TABLE["mtmsr"] = "mtmsr %r18"
TABLE["mtmsr ee"] = "ori %r15,%r18,0x8000; mtmsr %r15; mtmsr %r18"
for name, number in {"xer": 1, "lr": 8, "ctr": 9, "srr0": 26, "srr1": 27, "dsisr": 18, "dar": 19, "sprg0": 272, "hid0": 1008,
                     "ibat3l": 535, "dbat3u": 542, "l2cr": 1017}.items():
    TABLE["mfspr " + name] = f"mfspr %r5,{number}"
    TABLE["mtspr " + name] = f"mtspr {number},%r19" if number >= 500 else f"mtspr {number},%r5"
TABLE["mtspr hid0"] = "mfspr %r15,1008; mtspr 1008,%r15"
TABLE["mtspr dec"] = "mtspr 22,%r18; mtspr 22,%r18"
TABLE["mfspr dec"] = "mfspr %r5,22"
TABLE["mfspr pvr"] = "mfspr %r5,287"
TABLE["mftb"] = "mftb %r5"
TABLE["mftbu"] = "mftbu %r5"
TABLE["mfsr"] = "mfsr %r5,3"
TABLE["mfsrin"] = "mfsrin %r5,%r4"
TABLE["mtsr"] = "mtsr 3,%r19"
TABLE["mtsrin"] = "mtsrin %r19,%r13"
TABLE["tlbie"] = "tlbie %r4"
TABLE["tlbsync"] = "tlbsync"
TABLE["sc"] = "sc"

CASE = """
        .balign 4096
        .globl case_{n}
case_{n}:
        li      %r3, 0
        li      %r0, 0x3000
        mtmsr   %r0
        isync
        lis     %r5, 0
        ori     %r5, %r5, 0xc000        /* ICE, DCE */
        mtspr   1008, %r5
        isync
        lis     %r4, 0x0100
        {translate}
        lis     %r5, 0x1234
        ori     %r5, %r5, 0x5678
        li      %r6, 77
        li      %r13, 8
        li      %r14, 16
        mfmsr   %r18
        li      %r19, 0
        lis     %r8, 0x3fc0
        stw     %r8, 0(%r4)
        stw     %r8, 8(%r4)
        stw     %r8, 12(%r4)
        lfs     %f1, 0(%r4)
        fmr     %f2, %f1
        fmr     %f3, %f1
        fmr     %f4, %f1
        fmr     %f5, %f1
        stw     %r19, 0(%r4)
        lfs     %f31, 0(%r4)
        li      %r7, 0
        cmpwi   %cr7, %r7, 0
        lis     %r7, 0x7fff
        mtctr   %r7
        b       2f
        .balign 64
2:      addi    %r3, %r3, 1
        mr      %r16, %r4
        {before}
        {body}
        b       2b
8:      blr
9:      b       9b
"""

# BATs 0 map the lowest 256 MiB to themselves.
TRANSLATE = """
        li      %r0, 0x1ffe
        mtspr   528, %r0
        mtspr   536, %r0
        li      %r0, 0x12
        mtspr   529, %r0
        mtspr   537, %r0
        isync
        li      %r0, 0x3030
        mtmsr   %r0
        isync
"""


def source(names, translated):
    text = [".text"]
    for n, name in enumerate(names):
        body = TABLE[name].replace(";", "\n")
        before = ""
        if name == "rfi":
            before = "bcl 20,31,1f\n1: mflr %r17\naddi %r17,%r17,24"
        text.append(CASE.format(n=n, body="\n".join([body] * COPIES), before=before,
                                translate=TRANSLATE if translated else ""))
    return "\n".join(text)


def build(folder, names, translated):
    """The image for CODE, and the entry of each case."""
    base = os.path.join(folder, "insns")
    with open(base + ".S", "w", encoding="ascii") as f:
        f.write(source(names, translated))
    subprocess.run([TOOLS + "as", "-mppc", "-o", base + ".o", base + ".S"], check=True)
    subprocess.run([TOOLS + "ld", f"-Ttext={CODE:#x}", "-e", "case_0", "-o", base, base + ".o"], check=True)
    subprocess.run([TOOLS + "objcopy", "-O", "binary", base, base + ".bin"], check=True)
    symbols = subprocess.run([TOOLS + "nm", base], check=True, capture_output=True, text=True).stdout
    entries = {int(n): int(addr, 16) for addr, n in re.findall(r"(\w+) T case_(\d+)", symbols)}
    with open(base + ".bin", "rb") as f:
        return f.read(), [entries[n] for n in range(len(names))]


def register_numbers(remote):
    """{name: number} out of the target description, includes resolved."""
    numbers, number = {}, 0

    def annex(name):
        xml, offset = "", 0
        while True:
            answer = remote.ask(f"qXfer:features:read:{name}:{offset:x},700")
            xml += answer[1:]
            offset += len(answer) - 1
            if answer[0] == "l":
                return xml

    text = re.sub(r'<xi:include href="([^"]+)"/>', lambda m: annex(m[1]), annex("target.xml"))
    for tag in re.findall(r"<reg [^>]+>", text):
        given = re.search(r'regnum="(\d+)"', tag)
        number = int(given[1]) if given else number
        numbers[re.search(r'name="([^"]+)"', tag)[1]] = number
        number += 1
    return numbers


class Machine:
    def __init__(self, command, folder, image):
        path = os.path.join(folder, f"gdb-{os.path.basename(command[0])}")
        self.process = subprocess.Popen(
            [*command, "-m", "64", "-display", "none", "-nodefaults", "-serial", "null", "-S", "-gdb",
             f"unix:{path},server=on,wait=off" if "qemu" in os.path.basename(command[0]) else f"unix:{path}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.threads = f"/proc/{self.process.pid}/task"
        try:
            self.remote = Remote(path, timeout=20)
            self.numbers = register_numbers(self.remote)
            self.remote.write_memory(CODE, image)
            self.remote.write_memory(0xc00, bytes.fromhex("4c000064"))  # rfi
        except BaseException:
            self.kill()
            raise

    def put(self, name, value):
        self.remote.expect_ok(f"P{self.numbers[name]:x}={value:08x}")

    def get(self, name):
        return int(self.remote.ask(f"p{self.numbers[name]:x}"), 16)

    def cpu_ns(self):
        """Of each thread."""
        used = {}
        for thread in os.listdir(self.threads):
            with open(f"{self.threads}/{thread}/schedstat", encoding="ascii") as f:
                used[thread] = int(f.read().split()[0])
        return used

    def run(self, entry, seconds):
        """ns of the busiest thread for a round."""
        self.put("msr", 0x1000)
        self.put("pc", entry)
        before = self.cpu_ns()
        self.remote.send("c")
        time.sleep(seconds)
        after = self.cpu_ns()
        self.remote.raw(b"\x03")
        self.remote.receive()
        used = max(after[thread] - before.get(thread, 0) for thread in after)
        rounds = self.get("r3")
        if not rounds:
            raise SystemExit(f"{self.process.args[0]}: stopped at {self.get('pc'):#x}, no round was run")
        return used / rounds

    def kill(self):
        self.process.kill()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--translated", action="store_true", help="with address translation, by BATs")
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sysemu", default=os.path.join(ROOT, "build", "sysemu"))
    parser.add_argument("--qemu", default=installedqemu.find("qemu-system-ppc") or "qemu-system-ppc")
    parser.add_argument("--below", type=float, default=float("inf"), help="print only ratios below this one")
    parser.add_argument("names", nargs="*", metavar="INSTRUCTION")
    args = parser.parse_args()
    if set(args.names) - set(TABLE):
        parser.error("instructions are: " + ", ".join(TABLE))

    names = args.names or list(TABLE)
    print(f"{'ns':24}{'sysemu':>10}{'qemu':>10}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        image, entries = build(folder, names, args.translated)
        machines = []
        try:
            for command in ([args.sysemu, "-machine", "VMC", "-cpu", "750"],
                            [args.qemu, "-M", "g3beige", "-cpu", "750"]):
                machines.append(Machine(command, folder, image))
            for name, entry in zip(names, entries):
                times = [[machine.run(entry, args.seconds) / COPIES for machine in machines]
                         for _ in range(args.runs)]
                ours, theirs = (min(column) for column in zip(*times))
                if theirs / ours < args.below:
                    print(f"{name:24}{ours:10.2f}{theirs:10.2f}{theirs / ours:8.2f}", flush=True)
        finally:
            for machine in machines:
                machine.kill()


if __name__ == "__main__":
    main()
