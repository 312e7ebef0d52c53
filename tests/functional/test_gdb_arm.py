"""GDB and the registers of Arm CPUs: floating point, SIMD, SVE, system registers, in both widths.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import struct
import subprocess

import pytest

from gdbremote import Remote


@pytest.fixture
def stopped(start, tmp_path):
    """stopped("cortex-a57", code, *args): a machine that stands at the first instruction of that code; its stub's address."""
    def machine(cpu, code, *args):
        path, kernel = str(tmp_path / "gdb"), tmp_path / "kernel"
        kernel.write_bytes(code)
        start("-machine", "virt", "-cpu", cpu, "-display", "none", "-S", "-gdb", f"unix:{path}", "-kernel", kernel, *args)
        return path
    return machine


def words(*code):
    return struct.pack(f"<{len(code)}I", *code)


def gdb(path, architecture, *commands):
    program = shutil.which("gdb-multiarch")
    if not program:
        pytest.skip("gdb-multiarch is not installed")
    args = [program, "-nx", "-batch", "-ex", "set sysroot", "-ex", f"set architecture {architecture}", "-ex", f"target remote {path}"]
    for command in commands:
        args += ["-ex", command]
    result = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True, check=False)
    assert "rejected" not in result.stdout, result.stdout # the description
    return result.stdout


def features(remote):
    return re.findall(r'<feature name="([^"]*)"', remote.features())


# mov x0, #3<<20; msr cpacr_el1, x0; isb; movi v0.4s, #7; b .
SIMD = words(0xd2a00600, 0xd5181040, 0xd5033fdf, 0x4f0004e0, 0x14000000)


def test_gdb_has_simd_registers(stopped):
    answer = gdb(stopped("cortex-a57", SIMD), "aarch64", "stepi 4", "p $v0.s.u", "p/x $q0.u", "p $v0.b.u[4]",
                 "set $v1.d.f[1] = 1.5", "p $v1.d.f", "p/x $d1.u", "set $q2.u = 5", "p $v2.d.u", "p/x $fpcr", "set $fpsr = 0x10",
                 "p $fpsr", "info registers all")
    assert "$1 = {7, 7, 7, 7}" in answer
    assert "$2 = 0x7000000070000000700000007" in answer
    assert "$3 = 7" in answer
    assert "$4 = {0, 1.5}" in answer and "$5 = 0x0" in answer
    assert "$6 = {5, 0}" in answer and "$7 = 0x0" in answer and "$8 = 16" in answer
    for name in ("x30", "cpsr", "v31", "fpcr", "MIDR_EL1", "TTBR1_EL1", "VBAR_EL1"):
        assert re.search(rf"^{name} ", answer, re.M), name


def test_a_part_has_its_own_registers(stopped):
    remote = Remote(stopped("cortex-a57", SIMD))
    remote.no_ack()
    assert features(remote) == ["org.gnu.gdb.aarch64.core", "org.gnu.gdb.aarch64.fpu", "org.qemu.gdb.arm.sys.regs"]
    names = re.findall(r'<reg name="([^"]*)"', remote.features())
    assert len(names) == len(set(names))
    assert names[34:68] == [f"v{i}" for i in range(32)] + ["fpsr", "fpcr"]
    assert not {"PAN", "ZCR_EL1", "APIAKeyLo_EL1", "RNDR"} & set(names)
    remote.close()


# mov x0, #0x330000; msr cpacr_el1, x0; mov x0, #15; msr zcr_el1, x0; isb; ptrue p0.b; index z0.s, #1, #2; b .
SVE = words(0xd2a00660, 0xd5181040, 0xd28001e0, 0xd5181200, 0xd5033fdf, 0x2518e3e0, 0x04a24020, 0x14000000)


@pytest.mark.parametrize("vq", [4, 1])
def test_gdb_has_sve_registers(stopped, vq):
    answer = gdb(stopped(f"max,sve-max-vq={vq}", SVE), "aarch64", "stepi 7", "p $z0.s.u", "p $p0", "p $vg", "p $v0.s.u",
                 f"set $z1.d.u[{2 * vq - 1}] = 77", "p $z1.d.u", "set $p1[0] = 5", "p $p1[0]", "p $ffr[0]", "info registers vector",
                 "p/x $MIDR_EL1", "p/x $ID_AA64ZFR0_EL1 != 0")
    numbers = ", ".join(str(1 + 2 * i) for i in range(4 * vq))
    assert f"$1 = {{{numbers}}}" in answer
    assert re.search(rf"\$2 = \{{255(, 255){{{2 * vq - 1}}}\}}|\$2 = \{{255 <repeats {2 * vq} times>\}}", answer), answer
    assert f"$3 = {2 * vq}\n" in answer
    assert "$4 = {1, 3, 5, 7}" in answer
    assert re.search(r"\$5 = \{(0, )*(0 <repeats \d times>, )?77\}", answer), answer
    assert "$6 = 5\n" in answer and "$7 = 0\n" in answer
    assert re.search(r"^z31 ", answer, re.M) and re.search(r"^p15 ", answer, re.M)


def test_what_a_debugger_writes_is_what_instructions_see(stopped):
    """Z registers' upper parts: while nothing has written one, blocks don't clear them."""
    code = list(struct.unpack("<8I", SVE))
    code[5:] = [0x4ea11c22, 0x04613062, 0x14000000] # mov v2.16b, v1.16b; mov z2.d... (orr z2.d, z3.d, z1.d); b .
    remote = Remote(stopped("max", words(*code)))
    remote.no_ack()
    z1 = bytes(range(64)).hex()
    for _ in range(5):
        remote.ask("s")
    assert remote.ask(f"P{34 + 1:x}={z1}") == "OK"
    assert remote.ask(f"P{34 + 2:x}={z1}") == "OK"
    remote.ask("s")
    assert remote.ask(f"p{34 + 2:x}") == bytes(range(16)).hex() + "00" * 48
    remote.ask("s")
    assert remote.ask(f"p{34 + 2:x}") == z1
    remote.close()


# mov r0, #0xf00000; mcr p15, 0, r0, c1, c0, 2; isb; mov r0, #0x40000000; vmsr fpexc, r0; vmov.i32 q1, #7; b .
NEON = words(0xe3a0060f, 0xee010f50, 0xf57ff06f, 0xe3a00101, 0xeee80a10, 0xf2802057, 0xeafffffe)


def test_gdb_has_neon_registers(stopped):
    zimage = bytearray(bytes(0x40))
    struct.pack_into("<I", zimage, 0, 0xea000000 + 0x40 // 4 - 2)
    struct.pack_into("<III", zimage, 0x24, 0x016f2818, 0, 0x1000)
    answer = gdb(stopped("cortex-a15", bytes(zimage) + NEON), "arm", "stepi 7", "p $q1.u32", "p/x $d2.u64", "p/x $d3.u8[4]", "p/x $fpexc",
                 "set $q2.u32[3] = 9", "p $d5.u32", "p/x $MIDR", "p/x $fpsid", "set $fpscr = 0x10", "p $fpscr", "info registers all")
    assert "$1 = {7, 7, 7, 7}" in answer
    assert "$2 = 0x700000007" in answer
    assert "$4 = 0x40000000" in answer
    assert "$5 = {0, 9}" in answer
    assert "$6 = 0x412fc0f1" in answer and "$7 = 0x410430f0" in answer and "$8 = 16" in answer
    for name in ("r12", "d31", "q15", "SCTLR", "TTBR0_64"):
        assert re.search(rf"^{name} ", answer, re.M), name
