#!/usr/bin/env python3
"""Random A32 and T32 instructions, made from the rows of target/arm/a32.decode, t32.decode, t16.decode, vfp.decode and
neon.decode, on random states: what two emulators, or two back ends, make of them.

    random-insns.py [options] COMMAND -- COMMAND

Both commands get a bare program for `virt` appended ("-kernel FILE"), and print one line for each case. The first
differences are shown with the instruction, and with the words of the state that differ. Exit code: 0 no difference, 1
differences, 2 a command failed.

Unpredictable encodings aren't made: register 15 where it isn't an operand, overlapping transfers, and so on.

SPDX-License-Identifier: MIT
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE.parent)]

import decodegen  # pylint: disable=wrong-import-position
from randominsns import random_word, run, spec_row, two_commands  # pylint: disable=wrong-import-position

# What has a class: rows of which tables, executed in T32 state or not
CLASSES = {
    "a32": ("a32", False, lambda row: not row.mem and "branch" not in row.flags),
    "a32-memory": ("a32", False, lambda row: bool(row.mem)),
    "a32-branch": ("a32", False, lambda row: "branch" in row.flags),
    "t16": ("t16", True, lambda row: not row.mem and "branch" not in row.flags),
    "t16-memory": ("t16", True, lambda row: bool(row.mem)),
    "t16-branch": ("t16", True, lambda row: "branch" in row.flags and not row.mem),
    "t32": ("t32", True, lambda row: not row.mem and "branch" not in row.flags),
    "t32-memory": ("t32", True, lambda row: bool(row.mem)),
    "t32-branch": ("t32", True, lambda row: "branch" in row.flags),
    "vfp": ("vfp", False, lambda row: "fp" in row.flags),
    "vfp-t32": ("vfp", True, lambda row: "fp" in row.flags),
    "neon": ("neon", False, lambda row: not row.mem),
    "neon-memory": ("neon", False, lambda row: bool(row.mem)),
    "neon-t32": ("neon", True, lambda row: True),
}
# Not for single instructions without set-up
LEFT_OUT = {"hint", "msr_i", "msr_r", "msr_b", "mrs", "mrs_b", "bx", "bxj", "blx_i", "blx_r", "bl", "svc", "bkpt", "hvc", "smc",
            "rfe", "rfedb", "rfeia", "srs", "srsdb", "srsia", "cps", "setend", "isb", "dsb", "dmb", "clrex", "eret", "tbb", "it",
            "strex", "stlex", "strexb", "strexh", "strexd", "stlexb", "stlexh", "stlexd", "ldrex", "ldaex", "ldrexb", "ldrexh",
            "ldrexd", "ldaexb", "ldaexh", "ldaexd", "lda", "stl"}
SCRATCH, INDEX, SP, LR, PC = 11, 12, 13, 14, 15
FREE = list(range(11)) + [12]
GAP_A32, GAP_T32 = 4, 12
STATES = 400
WORDS = [f"r{i}" for i in range(13)] + ["cpsr", "sp", "fpscr", "vector", "dfsr", "dfar"] + \
        [f"s{i}" for i in range(64)] + [f"mem{4 * i - 256}" for i in range(128)]


class Instruction:
    """A random one of a row: its fields' values."""

    def __init__(self, spec, row, rng):
        self.spec, self.row, self.rng = spec, row, rng
        self.value = {f.name: self.field(f) for f in row.fields}
        self.fix()
        self.word = row.match
        for f in row.fields:
            self.word |= (self.value[f.name] & ((1 << f.width) - 1)) << f.low

    def field(self, f):
        rng = self.rng
        if f.name == "cond":
            return rng.randrange(14)
        if self.spec.operands.get(f.name) == "r":
            if self.row.mem and f.name == "rn":
                return SCRATCH if f.width == 4 else rng.randrange(8)
            return rng.choice(FREE) if f.width == 4 else rng.randrange(8)
        return rng.getrandbits(f.width)

    def fix(self):
        """Keeps what is unpredictable out, and accesses within the scratch memory."""
        v, row, rng = self.value, self.row, self.rng
        if row.mem:
            self.fix_memory()
        if "branch" in row.flags:
            self.fix_branch()
        if row.name in ("bfi",) and "lsb" in v:
            v["lsb"], v["msb"] = sorted((v["lsb"], v["msb"]))
        if row.name == "bfi" and "imm3" in v:
            lsb = v["imm3"] << 2 | v["imm2"]
            v["msb"] = rng.randrange(lsb, 32)
        if row.name in ("sbfx", "ubfx"):
            lsb = v.get("lsb", v.get("imm3", 0) << 2 | v.get("imm2", 0))
            v["width"] = rng.randrange(32 - lsb)
        if "rdlo" in v and v["rdlo"] == v["rdhi"]:
            v["rdhi"] = (v["rdlo"] + 1) % 11
        if self.spec.prefix == "t32" and "rd" in v and "s" in v and rng.randrange(6) == 0:
            if row.name[:3] in ("and", "eor", "add", "sub"):
                v["rd"], v["s"] = PC, 1
            elif row.name[:3] in ("orr", "orn"):
                v["rn"] = PC
        if row.name in ("mla", "smlaxy", "smlad", "smlawy", "smlsd", "smmla", "usada8") and self.spec.prefix == "t32" \
                and rng.randrange(3) == 0:
            v["ra"] = PC
        if row.name in ("smlad", "smlsd", "smmla", "usada8") and self.spec.prefix == "a32" and rng.randrange(3) == 0:
            v["ra"] = PC
        if row.name[1:4] == "xta" and rng.randrange(3) == 0:
            v["rn"] = PC
        if self.spec.prefix == "a32" and row.name[-2:] in ("_i", "_r") and not row.mem and "rn" in v and rng.randrange(8) == 0:
            v["rn"] = PC
        if row.name in ("rev", "rev16", "rbit", "revsh", "clz") and "rn" in v:
            v["rn"] = v["rm"]
        if self.spec.prefix == "t16" and row.name in ("add_h", "mov_h", "cmp_h"):
            v["rm"] = rng.choice(FREE)
            if row.name == "cmp_h":
                v["n"], v["rn"] = 1, 0
        if self.spec.prefix == "vfp":
            self.fix_vfp()
        if self.spec.prefix == "neon":
            self.fix_neon()

    def fix_branch(self):
        v = self.value
        if self.spec.prefix == "a32":
            v["imm"] = 0 # two instructions ahead
        elif self.spec.prefix == "t16":
            v["imm"] = 0
            if self.row.name == "cbz":
                v["i"] = 0
            if self.row.name in ("add_h", "mov_h"):
                v["d"], v["rd"] = self.rng.choice([(0, self.rng.randrange(8)), (1, 0), (1, 2)])
        else:
            for name in ("s", "imm6", "imm10"):
                if name in v:
                    v[name] = 0
            v["imm"] = 2
            v["j1"] = v["j2"] = 0 if self.row.name == "b.cond" else 1

    def fix_memory(self):
        v, row, rng = self.value, self.row, self.rng
        t16 = self.spec.prefix == "t16"
        if t16:
            v["p"] = 0
            if "rn" not in v: # by the stack pointer, or literals
                v["imm"] = rng.randrange(48)
            if "list" in v:
                v["list"] = v["list"] or 1
            if "rm" in v and v["rm"] == v["rn"]: # both are set for the case, see emit()
                v["rm"] = (v["rn"] + 1) % 8
            self.value = {name: value for name, value in v.items() if name in {f.name for f in row.fields}}
            return
        if "list" in v and not t16:
            size = rng.randrange(2, 9)
            v["list"] = sum(1 << r for r in rng.sample(range(11), size))
            v["s"] = 0
        if "imm" in v and "list" not in v:
            v["imm"] = rng.randrange(0, 48 if row.name[-2:] != "_p" else 16)
            if row.name in ("ldrd_i", "strd_i", "ldrd_p", "strd_p"):
                v["imm"] = rng.randrange(16)
            if "immh" in v:
                v["imm"], v["immh"] = rng.randrange(16), rng.randrange(3)
            if row.name.endswith("_r"):
                v["imm"], v["type"] = rng.choice([(0, 0), (1, 0), (1, 1), (2, 1), (3, 2), (0, 1)]) if "type" in v else \
                    (rng.randrange(2), 0)
                if "type" not in {f.name for f in row.fields}:
                    v.pop("type", None)
            if row.name.endswith("_l"):
                v["imm"] = rng.randrange(16) * 4
            if row.name.endswith("_8") and v["p"] == 0:
                v["w"] = 1
        if "rm" in v:
            v["rm"] = INDEX
        if row.name[:4] in ("ldrd", "strd") and self.spec.prefix == "a32":
            v["rt"] = rng.randrange(0, 10, 2)
            if v["p"] == 0:
                v["w"] = 0
        if "rt2" in v and v["rt2"] == v["rt"]:
            v["rt2"] = (v["rt"] + 1) % 11

    def fix_vfp(self):
        v, row, rng = self.value, self.row, self.rng
        if row.name in ("vldm", "vstm", "vldmdb", "vstmdb"):
            n = rng.randrange(1, 9)
            v["imm"] = 2 * n if v["sz"] else n
            v["vd"], v["d"] = rng.randrange(8), rng.randrange(2)
        elif row.name in ("vldr", "vstr"):
            v["imm"] = rng.randrange(16)
        if row.name in ("vmov_ssrr", "vmov_rrss") and v["vm"] == 15:
            v["m"] = 0
        if row.name in ("vmov_rrss", "vmov_rrd", "vmov_drr", "vmov_ssrr") and v["rt"] == v["rt2"]:
            v["rt2"] = (v["rt"] + 1) % 11
        if row.name in ("vcvt_fx", "vcvt_xf") and not v["sx"]:
            v["imm"] = rng.randrange(9)
            v["i"] = 0 if v["imm"] == 8 else v["i"]


    def fix_neon(self):
        """Pairs of registers are even, mostly; what exchanges two registers has two."""
        v, row, rng = self.value, self.row, self.rng
        wide = {"vaddl", "vsubl", "vabal", "vabdl", "vmlal", "vmlsl", "vmull", "vqdmlal", "vqdmlsl", "vqdmull", "vmull_p", "vshll",
                "vshll_max", "vcvt_fh", "vmlal_s", "vmlsl_s", "vmull_s", "vqdmlal_s", "vqdmlsl_s", "vqdmull_s", "vaddw", "vsubw"}
        narrow = {"vaddhn", "vraddhn", "vsubhn", "vrsubhn", "vmovn", "vqmovun", "vqmovn", "vcvt_hf", "vshrn", "vrshrn", "vqshrun",
                  "vqrshrun", "vqshrn", "vqrshrn"}
        if v.get("q") and rng.randrange(10):
            for name in ("vd", "vn", "vm"):
                if name in v and not (row.name.endswith(("_s", "_fs")) and name == "vm"):
                    v[name] &= 14
        if row.name in wide and rng.randrange(10):
            v["vd"] &= 14
        if row.name in ("vaddw", "vsubw"):
            v["vn"] &= 14
        if row.name in narrow:
            v["vm"] &= 14
            if "vn" in v:
                v["vn"] &= 14
        if row.name in ("vswp", "vtrn", "vuzp", "vzip") and (v["vd"], v["d"]) == (v["vm"], v["m"]):
            v["m"] ^= 1
        if row.name in ("vtbl",): # up to d31
            v["n"] = 0 if v["vn"] > 12 else v["n"]
        if row.mem:
            v["rn"], v["rm"] = SCRATCH, rng.choice([PC, SP, INDEX])
            v["vd"], v["align"] = rng.randrange(8), rng.choice([0, 0, 1, v.get("align", 0)])
            v.pop("align") if "align" not in {f.name for f in row.fields} else None


def conditional_prefix(spec, row, rng):
    """In T32 state, IT before some: its halfword, or None."""
    if "branch" in row.flags or rng.randrange(3):
        return None
    return 0xbf08 | rng.randrange(14) << 4


def emit(spec, thumb, instruction, rng):
    """The case's lines: two calls, GAP bytes between them."""
    row, word = instruction.row, instruction.word
    if thumb and spec.prefix == "neon":
        word = (0xf9000000 if row.mem else 0xef000000 | (word >> 24 & 1) << 28) | word & 0x00ffffff
    if not thumb:
        if word >> 28 == 0xe and rng.randrange(3) == 0:
            word = word & 0x0fffffff | rng.randrange(14) << 28
        tail = ["        eor r0, r0, #0xff"] if "branch" in row.flags else []
        return ["        bl load", f"        .inst {word:#010x}"] + tail + ["        bl save"]
    lines, size = ["        blx load"], 0
    it = conditional_prefix(spec, row, rng)
    if spec.prefix == "t16" and row.mem and "rn" in instruction.value:
        lines.append(f"        .inst.n {0x4600 | SCRATCH << 3 | instruction.value['rn']:#06x}") # mov rn, r11
        size += 2
        if "rm" in instruction.value:
            lines.append(f"        .inst.n {0x4600 | INDEX << 3 | instruction.value['rm']:#06x}")
            size += 2
    if it is not None:
        lines.append(f"        .inst.n {it:#06x}")
        size += 2
    lines.append(f"        .inst.n {word:#06x}" if spec.prefix == "t16" else f"        .inst.w {word:#010x}")
    size += 2 if spec.prefix == "t16" else 4
    if "branch" in row.flags:
        lines += ["        eors r0, r0, r1"] * (1 if spec.prefix == "t16" else 2)
        size += 2 if spec.prefix == "t16" else 4
    lines += ["        nop.n"] * ((GAP_T32 - size) // 2)
    return lines + ["        blx save"]


def program(spec, thumb, rows, count, rng):
    words, cases = [], []
    while len(words) < count:
        row = rng.choice(rows)
        instruction = Instruction(spec, row, rng)
        if spec_row(spec, instruction.word) is not row:
            continue
        lines = emit(spec, thumb, instruction, rng)
        words.append((instruction, lines))
        cases += lines
    states = [f"        .quad {random_word(rng):#x}" for _ in range(STATES * 7 + 256)]
    return words, cases, states


def build(folder, thumb, cases, states, detail):
    text = (["        .thumb", ".thumb_func", "cases_t32:"] if thumb else []) + cases + \
           (["        blx end"] if thumb else ["        b end"]) + [""]
    (folder / "random-cases.inc").write_text("\n".join(text))
    (folder / "random-states.inc").write_text("\n".join(states) + "\n")
    out = folder / f"random-{int(detail)}.elf"
    subprocess.run(["arm-linux-gnueabihf-gcc", "-nostdlib", "-static", "-marm",
                    f"-Wa,-I{folder},--defsym,DETAIL={int(detail)},--defsym,STATES={STATES},--defsym,GAP_A32={GAP_A32},"
                    f"--defsym,GAP_T32={GAP_T32},--defsym,THUMB={int(thumb)}",
                    "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments", str(HERE / "random-insns.S"), "-o", str(out)],
                   check=True)
    return out


def explain(folder, thumb, commands, lines, states, index):
    """What differs for one case."""
    shift = index * 7 % (STATES * 7)
    rotated = states[shift:] + states[:shift]
    elf = build(folder, thumb, lines, rotated, True)
    one, other = (run(command, elf) for command in commands)
    different = [f"    {name}: {a} {b}" for name, a, b in zip(WORDS, one, other) if a != b]
    elf = build(folder, thumb, lines[:1] + lines[-1:], rotated, True)
    before = run(commands[1], elf)
    return "\n".join(different + ["    before: " + " ".join(f"{n}={v}" for n, v in list(zip(WORDS, before))[:16])] +
                     ["    before: " + " ".join(f"{n}={v}" for n, v in list(zip(WORDS, before))[19:83])])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--class", dest="kind", choices=CLASSES, required=True)
    parser.add_argument("--row", action="append", help="only this row")
    parser.add_argument("--not-row", action="append", default=[], help="not this row")
    parser.add_argument("--show", type=int, default=10, help="differences to explain")
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    commands = two_commands(args.commands)
    table, thumb, belongs = CLASSES[args.kind]
    spec = decodegen.parse((ROOT / f"target/arm/{table}.decode").read_text())
    rows = [row for row in spec.rows if row.name not in LEFT_OUT and row.name not in args.not_row and belongs(row)
            and (not args.row or row.name in args.row)]
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        words, cases, states = program(spec, thumb, rows, args.cases, rng)
        elf = build(folder, thumb, cases, states, False)
        one, other = (run(command, elf) for command in commands)
        bad = [i for i in range(len(words)) if i >= len(one) or i >= len(other) or one[i] != other[i]]
        per_row = {}
        for i in bad:
            per_row.setdefault(words[i][0].row.name, []).append(i)
        assert len(set(one)) > min(args.cases * 0.3, STATES), "checksums of different states are alike"
        print(f"seed {args.seed}: {len(words)} cases, {len(bad)} differ" +
              (f" (lines: {len(one)}, {len(other)})" if len(one) != len(other) else ""))
        for row, found in sorted(per_row.items()):
            print(f"  {row}: {len(found)}")
        for row, found in sorted(per_row.items())[:args.show]:
            instruction, lines = words[found[0]]
            print(f"  {instruction.word:08x} {row} " + " ".join(f"{k}={v}" for k, v in instruction.value.items()))
            print("   " + ";".join(line.strip() for line in lines))
            print(explain(folder, thumb, commands, lines, states, found[0]))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
