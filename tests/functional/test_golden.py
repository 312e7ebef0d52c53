"""Host code for guest instructions, held against the files of tests/guest/golden.

A line of such a file that begins in the first column is an instruction, what is indented behind it the host code that is made
of it as a block of its own, with the branch to the next one. `pytest tests/functional/test_golden.py --rewrite-golden` writes
the code anew; the difference is what a change to the translator has made better or worse.

SPDX-License-Identifier: MIT
"""

import dataclasses
import re
import shutil
import subprocess
import time

import pytest

from conftest import ROOT

GOLDEN = ROOT / "tests" / "guest" / "golden"
# What the back end makes use of where the host has it (tcg/x86_64/prologue.c). LZCNT, which not every /proc/cpuinfo
# names, is there where BMI1 is.
HOST_FEATURES = {"popcnt", "movbe", "bmi1", "bmi2", "avx", "avx2", "fma"}
DATA = 0x8000  # behind the code's start, in bytes

PPC_START = """
    lis r4, data@h
    ori r4, r4, data@l
    .irp r, 3,5,7,8,9,10,28,29,30,31
    mr \\r, r4
    .endr
    li r6, 16
    mfspr r0, 1008
    ori r0, r0, 0x4000
    mtspr 1008, r0
    mfmsr r0
    ori r0, r0, 0x2000
    mtmsr r0
    isync
"""
A64_START = """
    mov x0, #3 << 20
    msr cpacr_el1, x0
    isb
    adr x1, data
    .irp r, 2,3,4,5
    mov x\\r, x1
    .endr
    mov x6, #16
    add sp, x1, #256
"""
A32_START = """
    mrc p15, 0, r0, c1, c0, 2
    orr r0, r0, #0xf00000
    mcr p15, 0, r0, c1, c0, 2
    isb
    mov r0, #0x40000000
    vmsr fpexc, r0
    ldr r4, =data
    mov r5, r4
    mov r1, r4
    mov r2, #5
    mov r3, r4
    mov r6, #16
    add sp, r4, #256
    b 1f
    .ltorg
1:
"""
# As the multiboot loader leaves it, and then with SSE.
IA32_START = """
    .code32
    mov %cr4, %eax
    or $0x620, %eax
    mov %eax, %cr4
    mov $data, %esi
    mov $data + 0x400, %edi
    mov $data + 0x800, %ebp
    mov $data + 0x1000, %esp
    mov $data, %ebx
    mov $3, %ecx
    fninit
"""
# All of the first gigabyte where it is, by one page.
X86_64_START = IA32_START + """
    mov $tables, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    lgdt gdtr
    mov $3, %ecx
    ljmp $8, $1f
    .balign 4096
tables:
    .long tables + 4096 + 3, 0
    .fill 511, 8, 0
    .quad 0x83
    .fill 511, 8, 0
gdt:
    .quad 0, 0x00af9b000000ffff
gdtr:
    .word 15
    .long gdt
    .code64
1:
"""
MULTIBOOT = ".long 0x1badb002, 0, -0x1badb002\n"


@dataclasses.dataclass(frozen=True)
class Guest:
    name: str
    prefix: str          # of the binutils
    board: tuple
    start: str           # brings registers to where accesses go
    branch: str          # to the next case
    address: int
    boot: object         # options that start the program at an ELF file's path
    assembler: tuple = ()
    linker: tuple = ()
    head: str = ""
    body: str = ""       # directives before the cases


def as_kernel(path):
    return ["-kernel", path]


def as_image(path):
    return ["-device", f"loader,file={path},cpu-num=0"]


GUESTS = [
    Guest("ppc", "powerpc-linux-gnu-", ("VMC", "750"), PPC_START, "b", 0x10000, as_kernel, ("-m750cl", "-mregnames", "-many")),
    Guest("aarch64", "aarch64-linux-gnu-", ("virt", "cortex-a57"), A64_START, "b", 0x40100000, as_image),
    Guest("arm", "arm-linux-gnueabihf-", ("virt", "cortex-a15"), A32_START, "b", 0x40100000, as_image,
          ("-march=armv7ve", "-mfpu=neon-vfpv4")),
    Guest("i386", "x86_64-linux-gnu-", ("pc", "max"), IA32_START, "jmp", 0x100000, as_kernel, ("--32",), ("-melf_i386",), MULTIBOOT),
    Guest("x86_64", "x86_64-linux-gnu-", ("pc", "max"), X86_64_START, "jmp", 0x100000, as_kernel, ("--32",), ("-melf_i386",),
          MULTIBOOT),
]


def host_has_features():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        flags = next((line for line in file if line.startswith("flags")), "")
    return HOST_FEATURES <= set(flags.split())


def cases(text):
    return [line for line in text.splitlines() if line and line[0] not in "# "]


def program(guest, instructions):
    """Each instruction at a label that begins with `case`, at an address of its own."""
    lines = [".text", ".globl _start", guest.head, "_start:", guest.start, f"{guest.branch} case0", ".balign 4096"]
    for n, instruction in enumerate(instructions):
        lines += [f"case{n}:", instruction, f"{guest.branch} case{n + 1}", ".balign 16"]
    lines += [f"case{len(instructions)}:", f"{guest.branch} case{len(instructions)}", ".balign 4096", "data:", ".fill 8192, 1, 0"]
    return "\n".join(lines) + "\n"


def tool(guest, name, *args):
    subprocess.run([guest.prefix + name, *args], check=True)


def build(guest, instructions, folder):
    """The program as an ELF file, and the address of each case, and of the end."""
    source, objects, path = folder / "cases.s", folder / "cases.o", folder / "cases.elf"
    source.write_text(program(guest, instructions), encoding="ascii")
    tool(guest, "as", *guest.assembler, source, "-o", objects)
    tool(guest, "ld", *guest.linker, f"-Ttext={guest.address:#x}", "-N", "--no-warn-rwx-segments", objects, "-o", path)
    symbols = subprocess.run([guest.prefix + "nm", path], check=True, capture_output=True, text=True).stdout
    found = {name: int(value, 16) for value, name in re.findall(r"^([0-9a-f]+) \w (case\d+)$", symbols, re.MULTILINE)}
    return path, [found[f"case{n}"] for n in range(len(instructions) + 1)]


def run(sysemu, guest, path, end, folder):
    """What the log says of the translations up to the one at `end`."""
    log = folder / "log"
    machine, cpu = guest.board
    vm = subprocess.Popen([sysemu, "-machine", machine, "-cpu", cpu, "-m", "128", "-display", "none", "-nodefaults", "-serial", "none",
                           "-monitor", "none", "-accel", "tcg,regions=off", "-d", "in_asm,out_asm", "-D", log, *guest.boot(path)])
    try:
        deadline = time.monotonic() + 60
        text = ""
        while not re.search(rf"^0x0*{end:x}: .*?^OUT: .*?\n\n", text, re.MULTILINE | re.DOTALL):
            assert time.monotonic() < deadline and vm.poll() is None, f"doesn't come to the end; the log ends with\n{text[-2000:]}"
            time.sleep(0.1)
            text = log.read_text(errors="replace") if log.exists() else ""
    finally:
        vm.kill()
        vm.wait()
    return text


def normalised(code, guest_pc):
    """Host code without addresses: targets within it have labels, what is elsewhere has no number, guest addresses count from
    the instruction."""
    lines = [(int(address, 16), text) for address, text in re.findall(r"^(0x[0-9a-f]+):  (.*)$", code, re.MULTILINE)]
    # Padding depends on where the code stands; who jumps there comes to what is behind it.
    places, behind = {}, None
    for address, text in reversed(lines):
        if not text.startswith("nop"):
            behind = address
        places[address] = behind
    lines = [(address, text) for address, text in lines if not text.startswith("nop")]
    jumps = [int(m[1], 16) for _, text in lines if (m := re.match(r"(?:j\w+|call) (0x[0-9a-f]+)$", text.strip()))]
    labels = {to: f"L{n}" for n, to in enumerate(sorted({places[to] for to in jumps if to in places}))}

    def target(match):
        to = int(match[2], 16)
        return f"{match[1]} {labels.get(places.get(to), 'elsewhere')}"

    def relative(match):
        distance = int(match[0], 16) - guest_pc
        return f"pc + {distance}" if 0 <= distance < 32 else match[0]

    result = []
    for address, text in lines:
        text = re.sub(r"^(j\w+|call) (0x[0-9a-f]+)$", target, text.strip())
        text = re.sub(r"\b0x(?:5[5-6]|7[ef])[0-9a-f]{10}\b", "HOST", text)
        text = re.sub(r"\[rip [+-] 0x[0-9a-f]+\]", "[CONSTANT]", text)
        text = re.sub(r"^push 0x[0-9a-f]+$", "push SITE", text)
        text = re.sub(r"\b0x[0-9a-f]{5,}\b", relative, text)
        name = re.search(r"  ; (\w+)$", text)
        if name:
            text = re.sub(r"\[r14[^]]*\]", f"[env.{name[1]}]", text[:name.start()])
        text = re.sub(r"\[r14( [+-] 0x[0-9a-f]+)?\]", "[env]", text)
        result.append(f"    {labels[address] + ':' if address in labels else '':4}{text}".rstrip())
    return result


def host_code(log, address):
    found = re.search(rf"^IN:[^\n]*\n(?:\w+:\n)?0x0*{address:x}: .*?^OUT: [^\n]*\n(.*?)\n\n", log, re.MULTILINE | re.DOTALL)
    assert found, f"nothing was translated at {address:#x}"
    return normalised(found[1], address)


def rewritten(text, code):
    """The golden file with this code behind its instructions, in their order."""
    code = iter(code)
    lines = []
    for line in text.splitlines():
        if line[:1] == " ":
            continue
        lines.append(line)
        if line and line[0] != "#":
            lines += next(code)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("guest", GUESTS, ids=lambda guest: guest.name)
def test_host_code_is_what_the_golden_file_has(sysemu, guest, tmp_path, request):
    if not shutil.which(guest.prefix + "as"):
        pytest.skip(f"no {guest.prefix}as")
    if not host_has_features():
        pytest.skip(f"the files are for a host with {', '.join(sorted(HOST_FEATURES))}")
    path = GOLDEN / f"{guest.name}.txt"
    text = path.read_text(encoding="ascii")
    instructions = cases(text)
    image, addresses = build(guest, instructions, tmp_path)
    log = run(sysemu, guest, image, addresses[-1], tmp_path)
    now = rewritten(text, (host_code(log, address) for address in addresses[:-1]))
    if request.config.getoption("--rewrite-golden"):
        path.write_text(now, encoding="ascii")
    assert now.splitlines() == path.read_text(encoding="ascii").splitlines()
