"""Boards written the way tutorials show work here: tests/boards/.

SPDX-License-Identifier: MIT
"""

import json
import pathlib
import re
import shlex
import shutil

import pytest

import sysemu as library

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def board(start, boards):
    def start_board(name, *args):
        return start("-machine", name, "-S", *args, program=boards, serials=0)

    return start_board


def ranges(vm):
    """Lines of the view of "memory"."""
    view = vm.monitor.command("info mtree -f").split("FlatView #")[1]
    return [line.strip() for line in view.splitlines() if "(prio" in line]


def test_the_boards_are_listed(boards):
    text = library.run(boards, "-machine", "help").stdout
    assert {"tutorial-heathrow", "tutorial-split", "tutorial-legacy", "tutorial-middle",
            "tutorial-regions", "tutorial-soc"} <= set(text.split())


@pytest.mark.parametrize("size,megabytes", [("2048", 2048), ("4G", 4096)])
def test_heathrow_refuses_more_than_2047_megabytes(boards, size, megabytes):
    result = library.run(boards, "-machine", "tutorial-heathrow", "-m", size)
    assert result.returncode == 1
    assert result.stdout == ("sysemu-boards: Too much memory for this machine: "
                             f"{megabytes} MB, maximum 2047 MB\n")


def test_heathrow_has_ram_at_0_and_a_rom_at_the_top(board, tmp_path):
    rom = tmp_path / "rom"
    rom.write_bytes(b"\xde\xad\xbe\xef" + bytes(4 << 20)[4:])
    vm = board("tutorial-heathrow", "-m", "2047", "-bios", rom)
    assert ranges(vm) == [
        "0000000000000000-000000007fefffff (prio 0, ram): tutorial_heathrow.ram",
        "00000000ffc00000-00000000ffffffff (prio 0, rom): tutorial_heathrow.bios",
    ]
    assert "0xdeadbeef" in vm.monitor.command("xp/1xw 0xffc00000")


def test_ram_above_4_gib_continues_ram_below(board):
    assert ranges(board("tutorial-split", "-m", "3G")) == [
        "0000000000000000-000000007fffffff (prio 0, ram): split.ram",
        "00000000e0000000-00000000e000ffff (prio 1, ram): scratch",
        "00000000f0000000-00000000f0000fff (prio 0, i/o): id",
        "0000000100000000-000000013fffffff (prio 0, ram): split.ram @0000000080000000",
    ]


def test_without_ram_above_4_gib_there_is_no_alias_for_it(board):
    vm = board("tutorial-split", "-m", "2G")
    assert "ram-above-4g" not in vm.monitor.command("info mtree -D")
    assert "ram-below-4g" in vm.monitor.command("info mtree -D")


def test_the_oldest_interface_builds_a_board(board):
    vm = board("tutorial-legacy", "-m", "32")
    assert ranges(vm) == [
        "0000000000000000-0000000001ffffff (prio 0, ram): legacy.ram",
        "00000000f0000000-00000000f0000fff (prio 0, i/o): legacy-io",
        "00000000f1000000-00000000f1000fff (prio 0, i/o): unassigned",
        "00000000f2000000-00000000f2000fff (prio 0, i/o): legacy-io @0000000000000004",
        "00000000f3000000-00000000f3000017 (prio 0, i/o): m48t37",
        "00000000f4000000-00000000f4000007 (prio 0, i/o): serial",
        "00000000fff00000-00000000ffffffff (prio 0, rom): legacy.rom",
    ]
    assert vm.monitor.command("xp/2xw 0xf0000000").split()[1:] == ["0x00000000", "0x4c454759"]
    assert "0x4c454759" in vm.monitor.command("xp/1xw 0xf2000000")
    assert "0x60606060" in vm.monitor.command("xp/1xw 0xfff00000")
    assert "Cannot access memory" in vm.monitor.command("xp/1xw 0xf1000000")
    assert "(or-irq)" in vm.monitor.command("info qom-tree")


def boot_order(vm):
    """What the board's firmware would read, the last 16 bytes of its ROM."""
    line = vm.monitor.command("xp/4xb 0xfffffff0")
    return bytes(int(word, 16) for word in line.split()[1:]).split(b"\0")[0].decode()


@pytest.mark.parametrize("option,at_start,after_reset", [
    ("order=dc", "dc", "dc"),
    ("order=c,once=d", "d", "c"),
    ("once=n", "n", ""),
])
def test_once_is_the_boot_order_until_the_first_reset(board, option, at_start, after_reset):
    vm = board("tutorial-legacy", "-boot", option)
    assert boot_order(vm) == at_start
    for _ in range(2):
        vm.monitor.command("system_reset")
        vm.monitor.command("info status")
        assert boot_order(vm) == after_reset


def test_boot_set_changes_the_boot_order(board):
    vm = board("tutorial-legacy")
    assert vm.monitor.command("boot_set dn") == "boot device list now set to dn\n"
    assert boot_order(vm) == "dn"
    assert vm.monitor.command("boot_set cc") == "Error: Boot device 'c' was given twice\n"
    assert boot_order(vm) == "dn"


def test_a_machine_without_boot_devices_refuses_an_order(boards):
    result = library.run(boards, "-machine", "tutorial-split", "-boot", "c")
    assert result.returncode == 1
    assert result.stdout == ("sysemu-boards: -boot c: machine 'tutorial-split' has no boot devices "
                             "to order\n")


def test_the_oldest_interface_gives_up_with_a_message(boards, tmp_path):
    for name in "kb":
        (tmp_path / name).touch()
    result = library.run(boards, "-machine", "tutorial-legacy", "-kernel", "k", "-bios", "b", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (
        1, "sysemu-boards: hardware error: no room for kernel 'k' behind 'b'\n")


def test_the_oldest_interface_names_a_wrong_cpu(boards):
    result = library.run(boards, "-machine", "tutorial-legacy", "-cpu", "no-such-cpu")
    assert result.returncode == 1
    assert "no-such-cpu" in result.stdout


def test_a_board_of_qemu_2_builds(board, tmp_path):
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"\x48\x00\x00\x00")
    vm = board("tutorial-middle", "-m", "64", "-kernel", kernel, "-bios", kernel)
    assert ranges(vm) == [
        "0000000000000000-0000000003ffffff (prio 0, ram): middle.ram",
        "0000000040000000-000000004000ffff (prio 1, ram): middle.sram",
        "0000000048000000-000000004800ffff (prio 1, ram): middle.sram",
        "0000000050000000-0000000050000fff (prio 0, i/o): middle.regs",
        "0000000060000000-000000006000ffff (prio -1000, i/o): middle.dma",
        "0000000060100000-0000000060100fff (prio -1000, i/o): middle.can",
        "0000000083e01003-0000000083e01022 (prio 0, i/o): serial",
        "00000000fe000000-00000000feffffff (prio 0, i/o): middle.flash",
    ]
    assert "0x48000000" in vm.monitor.command("xp/1xw 0")
    roms = vm.monitor.command("info roms")
    assert f'addr=00000000fff00000 size=0x000004 mem=ram name="{kernel}"' in roms
    assert "0x00000000" in vm.monitor.command("xp/1xw 0x60000004")
    assert "middle.dma: device not modelled: read of 4 bytes at 0x4" in vm.error_text()


def test_a_board_around_a_system_on_chip_builds(board):
    vm = board("tutorial-soc", "-machine", "secure=off,bootmode=2,straps=5")
    assert vm.monitor.command("qom-get /machine bootmode") == "2\n"
    assert vm.monitor.command("qom-get /machine straps") == "5\n"
    assert vm.monitor.command("qom-set /machine bootmode 4") == (
        "Error: bootmode can only be 0 to 3\n")
    assert [line for line in ranges(vm) if "dev" in line or "can" in line] == [
        "0000000040000000-0000000040000fff (prio 0, i/o): soc-dev.regs",
        "0000000040001000-0000000040001fff (prio 0, ram): soc-dev.buf",
        "0000000040010000-0000000040010fff (prio 0, i/o): soc-dev.regs",
        "0000000040011000-0000000040011fff (prio 0, ram): soc-dev.buf",
        "0000000042000000-0000000042000fff (prio 0, i/o): soc-dev.regs",
        "0000000042001000-0000000042001fff (prio 0, ram): soc-dev.buf",
        "0000000043000000-00000000430fffff (prio -1000, i/o): soc.can",
    ]
    tree = vm.monitor.command("info qtree")
    assert tree.count('clock-in "clk" freq_hz=50 MHz') == 2
    assert 'peer = "/machine/soc/dev[0]"' in tree and "secure = false" in tree
    assert vm.monitor.command("qom-get /machine/soc/sysclk frequency").splitlines()[-1] == "50000000"
    assert vm.monitor.command("qom-get /machine/soc version").splitlines()[-1] == "3"


def test_a_board_says_what_it_does_not_take(boards):
    result = library.run(boards, "-machine", "tutorial-soc", "-m", "32")
    assert (result.returncode, result.stdout) == (
        1, "sysemu-boards: Invalid RAM size, should be 64 MiB\n")
    result = library.run(boards, "-machine", "tutorial-soc", "-cpu", "603e")
    assert result.returncode == 1
    assert "The valid models are: 750_v3.1, 755_v2.8\n" in result.stdout


def test_regions_of_all_kinds_are_made_and_edited(board):
    """The board checks its accesses itself, with assertions."""
    assert ranges(board("tutorial-regions")) == [
        "0000000000200000-00000000002fffff (prio 0, rom): nomigrate",
        "0000000000400000-00000000004fffff (prio -1, i/o): romd",
        "0000000000600000-0000000000601fff (prio 2, ram): ptr",
        "0000000000800000-0000000000801fff (prio -3, ramd): device-ptr",
        "0000000000a00000-0000000000a1ffff (prio 4, ram): resizable",
        "0000000000c00000-0000000000cfffff (prio -5, ram): file",
        "0000000000e00000-0000000000e0ffff (prio 6, ram): fd",
        "0000000001000000-000000000100ffff (prio -7, rom): rom",
        "0000000001400000-000000000140ffff (prio 0, rom): nomigrate",
        "0000000001600000-0000000001601fff (prio 0, rom): nomigrate @0000000000001000",
        "0000000001800000-0000000001800fff (prio -11, i/o): attrs",
        "0000000004000000-0000000004000fff (prio 12, ram): shared",
    ]


def cards(vm):
    return [line.split()[0] for line in ranges(vm) if line.endswith(": card")]


def test_a_board_takes_cards_while_it_runs(board):
    vm = board("tutorial-soc", "-device", "tutorial-card,slot=1,id=first")
    say = vm.monitor.command
    assert cards(vm) == ["0000000050010000-0000000050010fff"]
    assert say("device_add tutorial-card,slot=1") == "Error: slot 1 is not free\n"
    assert say("device_add tutorial-card,slot=2,id=first") == (
        "Error: Duplicate device ID 'first'\n")
    assert say("device_add tutorial-card,slot=3,id=second") == ""
    assert cards(vm) == ["0000000050010000-0000000050010fff", "0000000050030000-0000000050030fff"]
    assert say("qom-get /machine/peripheral/first hotplugged") == "false\n"
    assert say("qom-get /machine/peripheral/second hotplugged") == "true\n"
    for _ in range(3):  # an id, and a slot, are free again
        assert say("device_del second") == ""
        assert cards(vm) == ["0000000050010000-0000000050010fff"]
        assert say("device_add tutorial-card,slot=3,id=second") == ""
    assert say("device_del /machine/peripheral/first") == ""
    assert cards(vm) == ["0000000050030000-0000000050030fff"]


def test_devices_that_cannot_come_and_go_are_named(board):
    say = board("tutorial-soc").monitor.command
    assert say("device_del nope") == "Error: Device 'nope' not found\n"
    assert say("device_del /machine/cpu") == (
        "Error: Device '750_v3.1-powerpc-cpu' does not support hotplugging\n")
    assert say("device_del /machine/soc/dev[0]") == (
        "Error: Bus 'main-system-bus' does not support hotplugging\n")
    assert say("device_add or-irq").startswith("Error: Parameter 'driver' expects a pluggable")
    assert "tutorial-card" in say("device_add help")
    assert "slot=<uint32>" in say("device_add tutorial-card,help")


def test_what_has_members_is_read_as_json(board):
    say = board("tutorial-split", "-m", "3G").monitor.command
    assert json.loads(say("qom-get /machine smp")) == {
        "cpus": 1, "sockets": 1, "cores": 1, "threads": 1, "maxcpus": 1}
    assert say("qom-get /machine memory") == '{\n    "size": 3221225472\n}\n'
    assert say("qom-set /machine smp 2") == (
        "Error: 'smp' is set by its members: -machine smp.MEMBER=VALUE\n")


def test_a_board_places_what_the_user_adds_to_its_bus(board, boards):
    vm = board("tutorial-soc", "-device", "tutorial-extra,id=a", "-device", "tutorial-extra")
    assert [line.split()[0] for line in ranges(vm) if line.endswith(": extra")] == [
        "0000000060000000-00000000600000ff", "0000000060001000-00000000600010ff"]
    assert vm.monitor.command("device_add tutorial-extra") == (
        "Error: Bus 'main-system-bus' does not support hotplugging\n")
    result = library.run(boards, "-machine", "tutorial-split", "-device", "tutorial-extra")
    assert (result.returncode, result.stdout) == (
        1, "sysemu-boards: -device tutorial-extra: Option '-device tutorial-extra' cannot be "
           "handled by this machine\n")


@pytest.mark.parametrize("machine,lines", [
    ("tutorial-split", {"parallel0", "serial0"}),
    ("tutorial-soc", {"serial0"}),  # no_parallel
    ("none", set()),  # no_parallel, no_serial
])
def test_a_machine_has_the_default_lines_that_it_has_not_renounced(board, machine, lines):
    text = board(machine).monitor.command("info chardev")
    assert {line.split(":")[0] for line in text.splitlines()} == lines | {"test-monitor"}


def test_a_parallel_line_is_for_machines_that_may_have_one(board, boards):
    vm = board("tutorial-split", "-parallel", "null", "-parallel", "null")
    assert "parallel1: filename=null" in vm.monitor.command("info chardev")
    result = library.run(boards, "-machine", "tutorial-soc", "-parallel", "null")
    assert (result.returncode, result.stdout) == (
        1, "sysemu-boards: -parallel null: machine 'tutorial-soc' has no parallel port\n")


def test_a_serial_line_that_a_board_maps_itself_shows_its_address(board):
    assert "mmio 00000000fe000000/0000000000000008\n" in board("tiny").monitor.command("info qtree")


def test_the_documented_board_is_what_the_page_says(board):
    """tests/boards/meson.build takes its source from docs/devel/adding-a-board.md."""
    assert ranges(board("tiny", "-m", "32")) == [
        "0000000000000000-0000000001ffffff (prio 0, ram): tiny.ram",
        "00000000fe000000-00000000fe000007 (prio 0, i/o): serial",
        "00000000fff00000-00000000ffffffff (prio 0, rom): tiny.rom",
    ]


@pytest.fixture
def page_program(tmp_path):
    """The program that docs/devel/adding-a-board.md shows, built as it says."""
    if not shutil.which("powerpc-linux-gnu-gcc"):
        pytest.skip("gcc-powerpc-linux-gnu is not installed")
    page = (ROOT / "docs" / "devel" / "adding-a-board.md").read_text()
    (tmp_path / "hello.S").write_text(re.search(r"^```asm\n(.*?)^```", page, re.M | re.S).group(1))
    command = re.search(r"^    (powerpc-linux-gnu-gcc .*)$", page, re.M).group(1)
    result = library.run(*shlex.split(command), cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")
    return tmp_path / "hello.elf"


def test_the_documented_board_boots_an_elf_file_and_again_after_a_reset(start, boards, page_program):
    vm = start("-machine", "tiny", "-kernel", page_program, program=boards)
    vm.serial[0].expect("Hello from tiny\r\n")
    vm.monitor.command("system_reset")
    vm.serial[0].expect("Hello from tiny\r\n")


@pytest.mark.parametrize("machine,options,refused", [
    ("tiny", ["-initrd"], "initrd"),
    ("tiny", ["-append"], "append"),
    ("tiny", ["-dtb"], "dtb"),
    ("tiny", ["-bios"], "bios"),
    ("tutorial-heathrow", [], "kernel"),
    ("tutorial-split", [], "kernel"),
    ("tutorial-split", ["-append"], "kernel"),
    ("tutorial-middle", ["-append"], "append"),
    ("tutorial-soc", ["-initrd"], "initrd"),
    ("none", [], "kernel"),
])
def test_what_a_board_does_not_take_is_refused_by_name(boards, tmp_path, machine, options, refused):
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"\x48\x00\x00\x00")
    other = tmp_path / "other"
    other.write_bytes(b"other")
    more = [word for option in options for word in (option, other)]
    result = library.run(boards, "-machine", machine, "-monitor", "none", "-kernel", kernel, *more)
    assert (result.returncode, result.stdout) == (
        1, f"sysemu-boards: The -{refused} parameter is not supported by machine '{machine}'\n")


def test_what_a_board_takes_is_not_refused(board, tmp_path):
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"\x48\x00\x00\x00")
    for machine in ("tiny", "tutorial-middle", "tutorial-soc"):
        vm = board(machine, "-kernel", kernel)
        assert "0x48000000" in vm.monitor.command("xp/1xw 0")
