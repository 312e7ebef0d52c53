"""The x86 CPU without a board: models and features on the command line, registers after reset in the monitor and GDB.

SPDX-License-Identifier: MIT
"""

import re
import time

import pytest

from gdbremote import Remote
from sysemu import run

NONE = ["-machine", "none", "-display", "none", "-S"]

RESET = """
CPU#0
EAX=00000000 EBX=00000000 ECX=00000000 EDX=00060fb1
ESI=00000000 EDI=00000000 EBP=00000000 ESP=00000000
EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0
ES =0000 00000000 0000ffff 00009300
CS =f000 ffff0000 0000ffff 00009b00
SS =0000 00000000 0000ffff 00009300
DS =0000 00000000 0000ffff 00009300
FS =0000 00000000 0000ffff 00009300
GS =0000 00000000 0000ffff 00009300
LDT=0000 00000000 0000ffff 00008200
TR =0000 00000000 0000ffff 00008b00
GDT=     00000000 0000ffff
IDT=     00000000 0000ffff
CR0=60000010 CR2=00000000 CR3=00000000 CR4=00000000
"""

# Real mode: lgdt, protected mode, a far jump, data segments, paging with 4 MiB pages, halted.
GDT = 0x7000
DIRECTORY = 0x8000
CODE = 0x7c00
PROGRAM = bytes.fromhex(
    "fa"                        # cli
    "31c0 8ed8"                 # xor ax,ax; mov ds,ax
    "0f0116 0069"               # lgdt [0x6900]
    "0f20c0 0c01 0f22c0"        # cr0 |= 1
    "ea 177c 0800"              # jmp 8:0x7c17
    "9090"
    "66b81000 8ed8 8ed0"        # mov ax,16; mov ds,ax; mov ss,ax
    "b800800000 0f22d8"         # cr3 = 0x8000
    "0f20e0 83c810 0f22e0"      # cr4 |= PSE
    "0f20c0 0d00000080 0f22c0"  # cr0 |= PG
    "c705 00104000 78563412"    # mov dword [0x401000],0x12345678: in the second page
    "f4")                       # hlt
DESCRIPTORS = bytes(8) + bytes.fromhex("ffff0000009acf00 ffff00000092cf00")


def loaded(tmp_path, contents):
    """Arguments that put bytes where they are to be."""
    args = []
    for addr, data in contents.items():
        path = tmp_path / f"{addr:x}.bin"
        path.write_bytes(data)
        args += ["-device", f"loader,file={path},addr={addr:#x},force-raw=on"]
    return args


def test_models_and_features_are_listed(sysemu):
    for arch in ("i386", "x86_64"):
        lines = run(sysemu.parent / f"qemu-system-{arch}", "-cpu", "help").stdout.splitlines()
        assert lines[0] == "Available CPUs:"
        assert "x86 qemu64                QEMU Virtual CPU version 2.5+" in lines
        assert "x86 486" in lines
        assert "  sse4.2" in lines
        assert "  vmx (not implemented)" in lines


@pytest.mark.parametrize("cpu,message", [
    ("nosuch", r"-cpu nosuch: unable to find CPU model 'nosuch'\n-cpu help lists the models."),
    ("qemu64,+nosuch", r"-cpu qemu64,\+nosuch: CPU property 'nosuch' not found for model 'qemu64'"),
    ("qemu64,-nosuch", "-cpu qemu64,-nosuch: CPU property 'nosuch' not found for model 'qemu64'"),
    ("qemu64,vendor=Intel", "Property 'vendor' must have 12 characters, not 'Intel'"),
    ("qemu64,phys-bits=53", r"phys-bits should be between 32 and 52 \(but is 53\)"),
    ("host", "-cpu host: unable to find CPU model 'host'\nGuest code is always translated: 'max' has whatever there is."),
    ("qemu64,tsc-frequency=0", "tsc-frequency must not be 0 Hz"),
    ("qemu64,+vmx,check=off,enforce",
     r"warning: TCG doesn't support requested feature: CPUID.01H:ECX.vmx \[bit 5\]\n"
     "[^\n]*TCG doesn't support requested features"),
])
def test_mistakes_are_named(sysemu, cpu, message):
    result = run(sysemu.parent / "qemu-system-x86_64", *NONE, "-cpu", cpu)
    assert result.returncode == 1
    assert re.search(f"qemu-system-x86_64: {message}\n$", result.stdout)


def test_a_feature_that_is_not_there_is_warned_about(start):
    vm = start(*NONE, "-cpu", "qemu64,+vmx", serials=0)
    vm.monitor.command("info version")
    assert "warning: TCG doesn't support requested feature: CPUID.01H:ECX.vmx [bit 5]" in vm.error_text()
    vm = start(*NONE, "-cpu", "qemu64,+vmx,check=off", serials=0)
    vm.monitor.command("info version")
    assert vm.error_text() == ""


def test_registers_after_reset(start):
    vm = start(*NONE, "-cpu", "qemu64", serials=0)
    assert vm.monitor.command("info registers").startswith(RESET)
    assert vm.monitor.command("info tlb") == "PG disabled\n"
    assert vm.monitor.command("p $eip") == "0xfff0\n"
    assert vm.monitor.command("p $cs") == "0xf000\n"
    assert vm.monitor.command("p $edx") == "0x60fb1\n"


def test_protected_mode_and_pages_are_shown(start, tmp_path):
    pages = b"".join(n.to_bytes(4, "little") for n in (0x83, 0x800083)) # the second one is at 8 MiB
    vm = start("-machine", "none", "-display", "none", "-m", "4G", "-cpu", "qemu32", *loaded(tmp_path, {
        0x6900: (len(DESCRIPTORS) - 1).to_bytes(2, "little") + GDT.to_bytes(4, "little"),
        GDT: DESCRIPTORS, DIRECTORY: pages, CODE: PROGRAM,
        0xfffffff0: bytes.fromhex("ea007c0000"),
    }), serials=0)
    deadline = time.monotonic() + 20
    while "HLT=1" not in (registers := vm.monitor.command("info registers")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "CPL=0 II=0 A20=1 SMM=0 HLT=1" in registers
    assert "CS =0008 00000000 ffffffff 00cf9b00 DPL=0 CS32 [-RA]" in registers
    assert "DS =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]" in registers
    assert "CR3=00008000 CR4=00000010" in registers
    assert vm.monitor.command("info tlb") == ("0000000000000000: 0000000000000000 --P-A---W\n"
                                              "0000000000400000: 0000000000800000 --PDA---W\n")
    assert vm.monitor.command("xp/1xw 0x801000").split()[-1] == "0x12345678"
    assert vm.monitor.command("x/1xw 0x401000").split()[-1] == "0x12345678"


def test_gdb_sees_and_changes_registers(start, tmp_path):
    path = str(tmp_path / "gdb")
    start(*NONE, "-cpu", "max", "-gdb", f"unix:{path}", serials=0)
    remote = Remote(path)
    xml = remote.features()
    for feature in ("core", "sse", "segments"):
        assert f"org.gnu.gdb.i386.{feature}" in xml
    assert "<architecture>i386:x86-64</architecture>" in xml
    number = {name: int(n) for name, n in re.findall(r'<reg name="(\w+)" bitsize="\d+" regnum="(\d+)"', xml)}

    def register(name):
        return remote.ask(f"p{number[name]:x}")

    assert register("rip") == "f0ff" + "00" * 6
    assert register("eflags") == "02000000"
    assert register("cs") == "00f00000"
    for name, value in (("xmm15", bytes(range(16)).hex()), ("st0", "00000000000000c0ff3f"),
                        ("rax", "8877665544332211"), ("fs", "34120000")):
        remote.expect_ok(f"P{number[name]:x}={value}")
        assert register(name) == value
    assert register("fs_base") == "4023010000000000"  # real mode: 16 times the selector
    assert remote.ask(f"P{number['cr0']:x}=0000000000000000") != "OK"
    remote.close()
