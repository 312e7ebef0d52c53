"""Our renderer makes of QEMU's region trees the views that QEMU makes of them.

SPDX-License-Identifier: MIT
"""

import re
import subprocess
from xml.etree import ElementTree

import pytest

import installedqemu
from conftest import ROOT

# machine options, program; ppce500 wants a firmware, whichever: it doesn't run.
MACHINES = [
    pytest.param("qemu-system-x86_64", ["-M", "pc", "-m", "512"], id="pc-512M"),
    pytest.param("qemu-system-x86_64", ["-M", "pc", "-m", "8G"], id="pc-8G"),
    pytest.param("qemu-system-x86_64", ["-M", "q35"], id="q35"),
    pytest.param("qemu-system-aarch64", ["-M", "virt", "-cpu", "cortex-a57"], id="virt"),
    pytest.param("qemu-system-ppc", ["-M", "g3beige"], id="g3beige"),
    pytest.param("qemu-system-ppc", ["-M", "mac99"], id="mac99"),
    pytest.param("qemu-system-ppc", ["-M", "ppce500", "-bios", "FIRMWARE"], id="ppce500"),
]


def dump(command, folder):
    """Files with the tree and the views of a machine that is started but doesn't run."""
    paths = []
    for name, line in (("tree", "info mtree -D"), ("flat", "info mtree -f")):
        result = subprocess.run([*command, "-display", "none", "-S", "-monitor", "stdio"],
                                input=f"{line}\nquit\n", stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stdout
        path = folder / name
        path.write_text(result.stdout)
        paths.append(path)
    return paths


@pytest.fixture
def check(sysemu):
    """check(tree, flat): what mtree-check says about two files."""
    program = sysemu.parent / "tests" / "tools" / "mtree-check"

    def run(tree, flat):
        return subprocess.run([program, tree, flat], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)

    if not program.exists():
        pytest.skip(f"{program} is not built")
    return run


def expect_no_difference(result):
    assert re.search(r"^[1-9]\d* views, [1-9]\d* ranges, 0 differences$", result.stdout, re.M), \
        result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize("program,options", MACHINES)
def test_views_of_qemu(program, options, sysemu, check, tmp_path):
    path = installedqemu.find(program)
    if not path:
        pytest.skip(f"{program} is not installed")
    firmware = str(sysemu.parent / "roms" / "vmc" / "vmc-firmware.elf")
    options = [firmware if option == "FIRMWARE" else option for option in options]
    expect_no_difference(check(*dump([path, *options], tmp_path)))


def test_views_of_the_vmc_board(sysemu, check, tmp_path):
    expect_no_difference(check(*dump([str(sysemu), "-machine", "VMC", "-serial", "null"], tmp_path)))


TREE = """address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
    0000000000000000-0000000000ffffff (prio 0, ram): ram
    0000000000800000-0000000000800fff (prio 1, i/o): device
"""

FLAT = """FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000000000-00000000007fffff (prio 0, ram): ram
  0000000000800000-0000000000800fff (prio 1, i/o): device
  0000000000801000-0000000000ffffff (prio 0, ram): ram @0000000000801000
"""


def check_texts(check, folder, tree, flat):
    (folder / "tree").write_text(tree)
    (folder / "flat").write_text(flat)
    return check(folder / "tree", folder / "flat")


def test_a_tree_and_its_view_do_not_differ(check, tmp_path):
    result = check_texts(check, tmp_path, TREE, FLAT)
    assert (result.returncode, result.stdout) == (0, "1 views, 3 ranges, 0 differences\n")


@pytest.mark.parametrize("old,new", [
    ("(prio 1, i/o)", "(prio -1, i/o)"),                     # lies behind
    ("0000000000800fff (prio 1", "0000000000800ffe (prio 1"),  # is smaller
    ("(prio 0, ram): ram", "(prio 0, rom): ram"),
    ("): device", "): other"),
])
def test_a_difference_is_shown(check, tmp_path, old, new):
    result = check_texts(check, tmp_path, TREE.replace(old, new), FLAT)
    assert result.returncode == 1
    assert "only in FLAT:" in result.stdout
    assert not result.stdout.endswith(" 0 differences\n")


@pytest.mark.parametrize("tree,flat,message", [
    ("", FLAT, "expected the output of 'info mtree'"),
    (TREE, "", "expected the output of 'info mtree -f'"),
    (TREE.replace(": ram", ": alias a @system 0000000000000000-0000000000ffffff") + "\nmemory-region: system\n"
     + TREE.split("\n", 1)[1].replace(": ram", ": alias a @system 0000000000000000-0000000000ffffff"),
     FLAT, "shows itself through an alias"),
])
def test_bad_dumps_are_refused(check, tmp_path, tree, flat, message):
    result = check_texts(check, tmp_path, tree, flat)
    assert result.returncode == 1
    assert message in result.stdout


def test_the_script_finds_the_program(sysemu, check, tmp_path):
    (tmp_path / "dump").write_text(TREE + "\n" + FLAT)
    result = subprocess.run([ROOT / "scripts" / "mtree-check", tmp_path / "dump", tmp_path / "dump"],
                            env={"SYSEMU_BUILD": str(sysemu.parent), "PATH": "/usr/bin:/bin"},
                            stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert result.stdout == "1 views, 3 ranges, 0 differences\n"


# ---- Asking the map in the monitor ----

def test_why_names_region_and_path(start):
    vm = start("-machine", "VMC", "-S")
    answer = vm.monitor.command("info mtree why 0xfef88003")
    assert re.match(r"00000000fef88003: uart0 \(i/o\) at offset 0000000000000003\n"
                    r"  0{16}-f{16} \(prio 0, container\): system\n", answer), answer
    assert "expected an address" in vm.monitor.command("info mtree why")
    assert "no address space 'nowhere'" in vm.monitor.command("info mtree why 0 nowhere")
    assert "expected 'why' or 'overlaps', not 'who'" in vm.monitor.command("info mtree who")


def test_the_board_hides_nothing_by_accident(start):
    vm = start("-machine", "VMC", "-S")
    assert vm.monitor.command("info mtree overlaps") == \
        "Nothing is hidden without a priority saying so\n"


def test_ramblock_has_the_known_columns(start, reference, tmp_path):
    del tmp_path
    ours = start("-machine", "VMC", "-S").monitor.command("info ramblock").splitlines()
    theirs = subprocess.run([reference, "-M", "g3beige", "-display", "none", "-S", "-monitor", "stdio"],
                            input="info ramblock\nquit\n", stdout=subprocess.PIPE, text=True,
                            timeout=60, check=False).stdout.splitlines()
    assert ours[0] in theirs
    row = re.compile(r" *[\w./:-]+ +4 KiB(  0x\w{16})( 0x\w{16}){2}")
    assert len(ours) > 1 and all(row.fullmatch(line) for line in ours[1:])


def drawing(*args):
    """What scripts/mtree-svg draws: its texts and its boxes, as (x, y, width, height)."""
    picture = subprocess.run([ROOT / "scripts" / "mtree-svg", *args], stdout=subprocess.PIPE,
                             text=True, timeout=60, check=True).stdout
    svg = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    return ([e.text for e in svg.iter(space + "text")],
            [[int(e.get(key)) for key in ("x", "y", "width", "height")]
             for e in svg.iter(space + "rect")])


def covered(boxes):
    """Pairs of boxes of which one lies on the other."""
    return [(a, b) for i, a in enumerate(boxes) for b in boxes[:i]
            if a[0] < b[0] + b[2] and b[0] < a[0] + a[2]
            and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]]


def test_the_map_is_drawn(start, tmp_path):
    vm = start("-machine", "VMC", "-S")
    dump = tmp_path / "map.json"
    dump.write_text("noise {\n" + vm.monitor.command("info mtree -j"))
    names, boxes = drawing(dump)
    assert {"system", "vmc.ram", "uart0", "uart1"} <= set(names)
    assert names.count("vmc.ram") == 2  # in the tree and in the view
    assert not covered(boxes)
    assert not any(name.startswith("hawk-outbound0") for name in names)
    names, boxes = drawing("--disabled", dump)
    assert any(name.startswith("hawk-outbound0") for name in names)
    assert not covered(boxes)
    wrong = subprocess.run([ROOT / "scripts" / "mtree-svg", "--space", "x", dump],
                           stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert wrong.returncode == 1 and "no address space 'x'" in wrong.stderr
