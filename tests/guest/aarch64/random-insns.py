#!/usr/bin/env python3
"""Random A64 instructions, made from the rows of target/arm/a64.decode, on random states: what two emulators, or two
back ends, make of them.

    random-insns.py [options] COMMAND -- COMMAND

Both commands get a bare program for `virt` appended ("-kernel FILE"), and print one line for each case. The first
differences are shown with the instruction, and with the words of the state that differ. Exit code: 0 no difference, 1
differences, 2 a command failed.

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
from randominsns import random_float, random_word, run, spec_row, two_commands  # pylint: disable=wrong-import-position

CLASSES = ("integer", "branch", "memory", "simd", "fp")
MAX_WORDS = 512 # what a state has behind its beginning
# Not for single instructions without set-up: system instructions, exceptions, what needs a pair of instructions.
LEFT_OUT = {"svc", "hvc", "smc", "brk", "hlt", "hint", "clrex", "msr_i", "sys", "sysl", "msr", "mrs", "eret", "br", "blr",
            "ret", "bl", "dsb", "dmb", "isb", "stxr", "ldxr", "stxp", "ldxp", "bra", "blra", "reta", "ereta", "ldra"}
BASE_FLAGS = {"trap", "fp", "branch"}
SCRATCH, INDEX = 27, 26
STATES = 400
TAG_MODES = ["synchronous", "asynchronous", "asymmetric"] # SCTLR_EL1.TCF, from 1 on


def row_class(row):
    if row.mem:
        return "memory"
    if "fp" in row.flags:
        return "fp" if "fpsr" in row.effects["w"] else "simd"
    return "branch" if "branch" in row.flags else "integer"


def field_value(spec, row, field, rng):
    kind = spec.operands.get(field.name)
    if field.name == "rns" and row.mem:
        return 31 if field_value.tags and rng.randrange(8) == 0 else SCRATCH # the stack pointer has a wrong tag
    if row.name.startswith(("ld1_zi", "st1_zi", "ld1_zr", "st1_zr")) and field.name == "zn":
        return 31 if row.name.endswith("64") else 30
    if row.name.startswith(("ld1_zo", "st1_zo")) and field.name == "zm":
        return 28 if row.name.endswith("32") else 29
    if field.name == "immh":
        return rng.choice([0, (1 << field.width) - 1])
    if row.name in ("casp",) and field.name in ("rs", "rt"):
        return rng.randrange(13) * 2
    if kind in ("x", "xs"):
        if field.name == "rm" and row.mem:
            return INDEX
        return 31 if rng.randrange(12) == 0 else rng.randrange(26)
    if kind in ("v", "z"):
        return rng.randrange(32)
    if spec.prefix == "sve":
        return rng.getrandbits(field.width)
    if field.signed and row_class(row) == "branch":
        return 2 # instructions ahead
    value = rng.getrandbits(field.width)
    if row.mem and field.name == "imm":
        value = rng.randrange(-64, 64) // 16 * 8 if row.name.endswith("_9") or row.name in ("stp", "ldp", "vstp", "vldp") \
            else rng.randrange(4) # what is scaled by up to 16 bytes stays within the scratch memory
        value &= (1 << field.width) - 1
        if row.name in ("stp", "ldp", "vstp", "vldp"):
            value = rng.randrange(-6, 6) & 0x7f
        elif row.name in ("ldr_l", "vldr_l"):
            value = rng.randrange(-8, 8) * 4 & ((1 << field.width) - 1)
    return value


def make(spec, row, rng):
    """The instruction word."""
    word = row.match | rng.getrandbits(32) & ~row.mask & sum(((1 << f.width) - 1) << f.low for f in row.fields)
    values = {}
    for field in row.fields:
        value = field_value(spec, row, field, rng)
        values[field.name] = value
        word = word & ~(((1 << field.width) - 1) << field.low) | value << field.low
    if values.get("rt") is not None and values.get("rt") == values.get("rt2"): # unpredictable for loads of pairs
        return make(spec, row, rng)
    if values.get("vt") is not None and values.get("vt") == values.get("vt2"):
        return make(spec, row, rng)
    return word


def program(spec, rows, count, rng, word_of):
    cases, states = [], []
    words = []
    while len(words) < count:
        row = rng.choice(rows)
        word = make(spec, row, rng)
        if spec_row(spec, word) is not row: # a special case of another row
            continue
        words.append((row, word))
    for row, word in words:
        cases.append(f"        bl load\n        .inst {word:#010x}")
        if row_class(row) == "branch":
            cases.append("        eor x0, x0, #0xff")
        cases.append("        bl save")
    for _ in range(STATES * 7 + MAX_WORDS):
        states.append(f"        .quad {word_of(rng):#x}")
    return words, "\n".join(cases) + "\n", "\n".join(states) + "\n"


def build(folder, cases, states, detail, sve, tags):
    (folder / "random-cases.inc").write_text(cases)
    (folder / "random-states.inc").write_text(states)
    out = folder / f"random-{int(detail)}.elf"
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-march=armv8-a+crc", f"-Wa,-I{folder},--defsym,DETAIL={int(detail)},--defsym,SVE={sve},--defsym,TAGS={tags},--defsym,STATES={STATES}",
                    "-Wl,-Ttext=0x40100000,--build-id=none,-N,--no-warn-rwx-segments", str(HERE / "random-insns.S"), "-o", str(out)], check=True)
    return out


WORDS = [f"x{i}" for i in range(28)] + ["esr", "sp", "nzcv", "fpsr"] + \
        [f"v{i // 2}.d{i % 2}" for i in range(64)]


def words_of(sve, tags):
    """The names of what the program stores."""
    tagging = ["tags-256", "tags0", "tfsr", "rgsr", "far", "tags-512"] if tags else []
    vectors = [f"z{i // (2 * sve)}.d{i % (2 * sve)}" for i in range(64 * sve)] if sve else []
    predicates = [f"p{i * 4 // sve}..." for i in range((34 * sve + 7) // 8)] if sve else []
    memory = 512 if sve else 64
    return tagging + WORDS + vectors + predicates + [f"mem{8 * i - 4 * memory}" for i in range(memory)]


def explain(folder, commands, row, word, states, index, sve, tags):
    """What differs for one case."""
    shift = index * 7 % (STATES * 7)
    rotated = states.splitlines()
    rotated = "\n".join(rotated[shift:] + rotated[:shift]) + "\n"
    extra = "        eor x0, x0, #0xff\n" if row_class(row) == "branch" else ""
    elf = build(folder, f"        bl load\n        .inst {word:#010x}\n{extra}        bl save\n", rotated, True, sve, tags)
    one, other = (run(command, elf) for command in commands)
    lines = [f"    {name}: {a} {b}" for name, a, b in zip(words_of(sve, tags), one, other) if a != b]
    before = build(folder, "        bl load\n        bl save\n", rotated, True, sve, tags)
    state = dict(zip(words_of(sve, tags), run(commands[1], before)))
    used = [f"{f.name}={state.get(('x' if not f.name.startswith('v') else 'v') + str(f.value(word)))}" for f in row.fields
            if f.name.startswith("r")]
    used += [f"{f.name}={state.get('v' + str(f.value(word)) + '.d1')}:{state.get('v' + str(f.value(word)) + '.d0')}"
             for f in row.fields if f.name.startswith("v")]
    used += [f"{f.name}=" + ":".join(state.get(f"z{f.value(word)}.d{i}", "?") for i in reversed(range(2 * sve)))
             for f in row.fields if f.name.startswith("z") and sve and f.width == 5]
    return "\n".join(lines + ["    before: " + " ".join(used)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--class", dest="classes", action="append", choices=CLASSES)
    parser.add_argument("--row", action="append", help="only this row")
    parser.add_argument("--sve", type=int, default=0, metavar="QUADWORDS", help="SVE instructions, with vectors of that length")
    parser.add_argument("--extensions", action="store_true", help="only rows that belong to an extension")
    parser.add_argument("--floats", action="store_true", help="states of floating-point numbers, special ones and their neighbours")
    parser.add_argument("--tags", choices=TAG_MODES, help="memory has allocation tags, which are checked so (needs mte=on)")
    parser.add_argument("--not-row", action="append", default=[], help="not this row")
    parser.add_argument("--show", type=int, default=10, help="differences to explain")
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    commands = two_commands(args.commands)
    spec = decodegen.parse((ROOT / "target/arm" / ("sve.decode" if args.sve else "a64.decode")).read_text())
    rows = [row for row in spec.rows if row.name not in LEFT_OUT and row.name not in args.not_row
            and row_class(row) in (args.classes or CLASSES) and (not args.row or row.name in args.row)
            and (not args.extensions or set(row.flags) - BASE_FLAGS)]
    tags = TAG_MODES.index(args.tags) + 1 if args.tags else 0
    field_value.tags = bool(tags)
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        words, cases, states = program(spec, rows, args.cases, rng, random_float if args.floats else random_word)
        elf = build(folder, cases, states, False, args.sve, tags)
        one, other = (run(command, elf) for command in commands)
        bad = [i for i in range(len(words)) if i >= len(one) or i >= len(other) or one[i] != other[i]]
        per_row = {}
        for i in bad:
            per_row.setdefault(words[i][0].name, []).append(i)
        assert len(set(one)) > min(args.cases * 0.3, STATES), "checksums of different states are alike"
        print(f"seed {args.seed}: {len(words)} cases, {len(bad)} differ" +
              (f" (lines: {len(one)}, {len(other)})" if len(one) != len(other) else ""))
        for name, found in sorted(per_row.items()):
            print(f"  {name}: {len(found)}")
        for name, found in sorted(per_row.items())[:args.show]:
            row, word = words[found[0]]
            print(f"  {word:08x} {row.name} " + " ".join(f"{f.name}={f.value(word)}" for f in row.fields))
            print(explain(folder, commands, row, word, states, found[0], args.sve, tags))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
