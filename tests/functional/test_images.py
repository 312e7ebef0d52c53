"""Images in all formats: -kernel on the VMC board, and the device "loader".

SPDX-License-Identifier: MIT
"""

import re
import struct
import subprocess
import zlib

import pytest

from sysemu import run

VMC = ["-machine", "VMC", "-display", "none"]
NONE = ["-machine", "none", "-m", "16M", "-display", "none"]
LOOP = bytes.fromhex("48000000")  # b .


def make_elf(path, *segments, entry, kind=2):
    """32-bit PowerPC, big-endian; segments are (address, bytes)."""
    offset = 52 + 32 * len(segments)
    headers, contents = b"", b""
    for address, data in segments:
        headers += struct.pack(">8I", 1, offset + len(contents), address, address, len(data), len(data), 7, 4)
        contents += data
    path.write_bytes(b"\x7fELF\x01\x02\x01" + bytes(9) + struct.pack(
        ">HHIIIIIHHHHHH", kind, 20, 1, entry, 52, 0, 0, 52, 32, len(segments), 40, 0, 0) + headers + contents)
    return path


def make_noload(path, payload, entry):
    def header(crc):
        return struct.pack(">7I4B32s", 0x27051956, crc, 0, len(payload), 0, entry, zlib.crc32(payload), 5, 7, 14, 0,
                           b"test")

    path.write_bytes(header(zlib.crc32(header(0))) + payload)
    return path


def make_s_records(path, address, data, entry):
    def record(kind, number, more=b""):
        body = bytes([len(more) + 5]) + struct.pack(">I", number) + more
        return f"S{kind}{body.hex().upper()}{~sum(body) & 255:02X}\r\n"

    path.write_text(record(3, address, data) + record(7, entry))
    return path


def make_intel_hex(path, address, data, entry):
    def record(offset, kind, more=b""):
        body = bytes([len(more)]) + struct.pack(">HB", offset, kind) + more
        return f":{body.hex().upper()}{-sum(body) & 255:02X}\n"

    path.write_text(record(0, 4, struct.pack(">H", address >> 16)) + record(address & 0xffff, 0, data) +
                    record(0, 5, struct.pack(">I", entry)) + record(0, 1))
    return path


def pc(vm):
    return int(re.search(r"NIP (\w+)", vm.monitor.command("info registers")).group(1), 16)


def word(vm, address):
    return int(vm.monitor.command(f"xp /1xw {address:#x}").split()[1], 16)


# --- -kernel ---

@pytest.mark.parametrize("make", [make_s_records, make_intel_hex])
def test_a_kernel_as_text_goes_where_it_says(start, tmp_path, make):
    kernel = make(tmp_path / "kernel", 0x1230000, LOOP + b"text", 0x1230004)
    vm = start(*VMC, "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 0x1230000)) == (0x1230004, 0x48000000)
    vm.monitor.command("system_reset")
    assert pc(vm) == 0x1230004


def test_a_raw_kernel_goes_to_kernel_addr(start, tmp_path):
    kernel = tmp_path / "kernel"
    kernel.write_bytes(LOOP)
    vm = start("-machine", "VMC,kernel-addr=0x200000", "-display", "none", "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 0x200000), word(vm, 0)) == (0x200000, 0x48000000, 0)
    vm = start("-machine", "VMC,kernel-addr=0xf4000000", "-display", "none", "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 0xf4000000)) == (0xf4000000, 0x48000000)


def test_a_kernel_without_a_load_address_goes_to_kernel_addr(start, tmp_path):
    kernel = make_noload(tmp_path / "kernel", bytes(8) + LOOP, 8)
    vm = start(*VMC, "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 8)) == (8, 0x48000000)
    vm = start("-machine", "VMC,kernel-addr=3145728", "-display", "none", "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 0x300008)) == (0x300008, 0x48000000)


def test_a_position_independent_kernel_goes_to_kernel_addr(start, tmp_path):
    kernel = make_elf(tmp_path / "kernel", (0x1000, bytes(4) + LOOP), (0x2000, b"data"), entry=0x1004, kind=3)
    vm = start("-machine", "VMC,kernel-addr=0x400000", "-display", "none", "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 0x400004), word(vm, 0x401000)) == (0x400004, 0x48000000, 0x64617461)


def test_an_elf_file_may_reach_into_flash(start, tmp_path):
    kernel = make_elf(tmp_path / "kernel", (0x1000, LOOP), (0xf4000100, b"data"), entry=0x1000)
    vm = start(*VMC, "-S", "-kernel", kernel)
    assert (pc(vm), word(vm, 0xf4000100)) == (0x1000, 0x64617461)


@pytest.mark.parametrize("address,what", [
    (0xc0000000, "lies at 0xc0000000-0xc0000003, and at 0xc0000000 there is nothing"),
    (0x7fffffe, "lies at 0x7fffffe-0x8000001, and at 0x8000000 there is nothing"),
    (0xfef80000, "lies at 0xfef80000-0xfef80003, and at 0xfef80000 there are registers ('hawk-smc')"),
])
def test_an_elf_segment_outside_memory_says_where_and_what_is_there(sysemu, tmp_path, address, what):
    kernel = make_elf(tmp_path / "kernel", (0x1000, LOOP), (address, LOOP), entry=0x1000)
    result = run(sysemu, *VMC, "-S", "-kernel", kernel)
    assert result.returncode == 1
    assert result.stdout.splitlines()[0] == f"sysemu: '{kernel} ELF program header segment 1' {what}"


@pytest.mark.parametrize("machine,message", [
    ("VMC,kernel-addr=0x1000", "is an ELF file that says itself where it belongs"),
    ("VMC,kernel-addr=0x100000000", "kernel-addr"),
    ("none,kernel-addr=0", "Property 'none-machine.kernel-addr' not found"),
])
def test_kernel_addr_that_cannot_count_is_refused(sysemu, tmp_path, machine, message):
    kernel = make_elf(tmp_path / "kernel", (0x1000, LOOP), entry=0x1000)
    result = run(sysemu, "-machine", machine, "-S", "-display", "none", "-monitor", "none", "-kernel", kernel)
    assert result.returncode == 1
    assert message in result.stdout


def test_a_damaged_kernel_as_text_names_its_line(sysemu, tmp_path):
    kernel = make_s_records(tmp_path / "kernel", 0, LOOP, 0)
    kernel.write_text(kernel.read_text().replace("4800", "4801"))
    result = run(sysemu, *VMC, "-S", "-kernel", kernel)
    assert result.returncode == 1
    assert f"'{kernel}', line 1: wrong checksum" in result.stdout


# --- -device loader ---

@pytest.fixture
def image(tmp_path):
    """Raw."""
    path = tmp_path / "image"
    path.write_bytes(LOOP + b"image")
    return path


@pytest.mark.parametrize("make", [make_s_records, make_intel_hex])
def test_the_loader_sets_the_start_of_a_cpu(start, tmp_path, make):
    program = make(tmp_path / "program", 0x5000, LOOP, 0x5000)
    vm = start(*NONE, "-cpu", "755", "-S", "-device", f"loader,file={program},cpu-num=0", serials=0)
    for _ in range(2):
        assert (pc(vm), word(vm, 0x5000)) == (0x5000, 0x48000000)
        vm.monitor.command("system_reset")


def test_the_loader_starts_an_elf_file_instead_of_the_firmware(start, tmp_path, image):
    program = make_elf(tmp_path / "program", (0x5000, bytes(4) + LOOP), entry=0x5004)
    vm = start(*VMC, "-S", "-bios", image, "-device", f"loader,file={program},addr=0x9000,cpu-num=0")
    assert (pc(vm), word(vm, 0x5004)) == (0x5004, 0x48000000)


def test_a_raw_file_goes_to_addr_and_whatever_is_forced_to_be_raw(start, tmp_path, image):
    program = make_elf(tmp_path / "program", (0x5000, LOOP), entry=0x5000)
    vm = start(*NONE, "-cpu", "755", "-S", "-device", f"loader,file={image},addr=0x2000",
               "-device", f"loader,file={program},addr=0x3000,force-raw=on,cpu-num=0", serials=0)
    assert (word(vm, 0x2000), word(vm, 0x3000), pc(vm)) == (0x48000000, 0x7f454c46, 0x3000)


def test_a_number_patches_an_image_at_every_reset(start, image):
    vm = start(*VMC, "-S", "-kernel", image, "-device", "loader,addr=4,data=0x11223344,data-len=4,data-be=on",
               "-device", "loader,addr=0x101,data=0x1122,data-len=2")
    for _ in range(2):
        assert (word(vm, 0), word(vm, 4), word(vm, 0x100)) == (0x48000000, 0x11223344, 0x00221100)
        vm.monitor.command("system_reset")


def test_a_number_reaches_registers(start, image):
    vm = start(*VMC, "-S", "-kernel", image, "-device", "loader,addr=0xfef88070,data=0x5a,data-len=1")
    assert "0x5a" in vm.monitor.command("xp /1xb 0xfef88070")  # the UART's scratch register


def test_a_number_that_nothing_takes_is_reported(start, image):
    vm = start(*VMC, "-S", "-kernel", image, "-device", "loader,addr=0x70000000,data=1,data-len=4")
    vm.monitor.command("info status")
    vm.quit()
    assert "nothing takes the 4 bytes for 0x70000000" in vm.error_text()


REFUSED = [
    "loader",
    "loader,addr=0x100",
    "loader,addr=0x100,data=1",
    "loader,addr=0x100,data=1,data-len=9",
    "loader,addr=0x100,file={},data=1",
    "loader,addr=0x100,file={},cpu-num=5",
    "loader,cpu-num=0",
    "loader,addr=0x100,force-raw=on,data=1,data-len=4",
    "loader,file={},data-be=on",
    "loader,file=/nope",
]


@pytest.mark.parametrize("device", REFUSED)
def test_what_the_reference_refuses_we_refuse(sysemu, reference, image, device):
    args = [*NONE, "-cpu", "750", "-S", "-monitor", "none", "-device", device.format(image)]
    for program in (sysemu, reference):
        result = run(program, *args)
        assert result.returncode == 1
        assert f": -device {device.format(image)}: " in result.stdout


@pytest.mark.parametrize("device,message", [
    ("loader,data=1,data-len=4", "data needs an address"),
    ("loader,addr=0,data=0x1122334455,data-len=4", "data 0x1122334455 is longer than the 4 bytes of data-len"),
    ("loader,addr=0xfffffffffffffffe,data=1,data-len=4", "go beyond the end of the address space"),
    ("loader,addr=0xfffffc,file={}", "'{}' lies at 0xfffffc-0x1000004, and at 0x1000000 there is nothing"),
])
def test_what_the_reference_passes_over_is_an_error(sysemu, image, device, message):
    result = run(sysemu, *NONE, "-cpu", "750", "-S", "-monitor", "none", "-device", device.format(image))
    assert result.returncode == 1
    assert message.format(image) in result.stdout


@pytest.mark.parametrize("devices", [
    ["loader,file={},addr=0x2000"],
    ["loader,file={}"],
    ["loader,addr=0x2000,data=0x11223344,data-len=4"],
    ["loader,addr=0x2001,data=0x1122334455667788,data-len=8", "loader,addr=0x2020,data=0xff,data-len=1"],
    ["loader,addr=0x2000,data=0x1122334455667788,data-len=8,data-be=on"],
])
def test_memory_is_as_the_reference_has_it(sysemu, reference, image, devices):
    def memory(program):
        options = [word for device in devices for word in ("-device", device.format(image))]
        done = subprocess.run([program, *NONE, "-cpu", "750", "-S", "-monitor", "stdio", *map(str, options)],
                              input="xp /16xw 0x2000\nxp /16xw 0\nquit\n", capture_output=True, text=True, timeout=30,
                              check=False)
        return re.findall(r"^0000.*$", done.stdout, re.M)

    assert len(memory(sysemu)) == 8
    assert memory(sysemu) == memory(reference)


def test_the_loader_comes_with_the_start_only(start, image):
    vm = start(*VMC, "-S", "-kernel", image)
    assert vm.monitor.command("device_add loader,addr=0,data=1,data-len=1") == (
        "Error: Device 'loader' does not support hotplugging\n")
