"""What README.md claims: figures, pictures, options, commands.

SPDX-License-Identifier: MIT
"""

import re
import subprocess

import pytest

from conftest import ROOT
from sysemu import run

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert "://" in link or (page.parent / link).exists(), link


def rows(text):
    """{first cell: other cells} of all tables."""
    lines = [line.strip(" |").split(" | ") for line in text.splitlines() if line.strip().startswith("|")]
    return {cells[0]: cells[1:] for cells in lines}


def test_its_figures_are_those_of_the_performance_page():
    measured = rows((ROOT / "docs" / "user" / "performance.md").read_text())
    claimed = {name: cells for name, cells in rows(README).items() if cells and re.fullmatch(r"[\d.]+", cells[0])}
    assert claimed
    for name, cells in claimed.items():
        assert [cell.split()[0] for cell in measured[name]] == cells, name


def test_the_number_of_options_is_right(sysemu):
    listed = {line.split()[0] for line in (ROOT / "tests" / "functional" / "qemu-options.txt").read_text().splitlines()
              if not line.startswith("#")}
    ours = set(re.findall(r"^-(\S+)", run(sysemu, "-help").stdout, re.M))
    assert f"| options | {len(ours & listed)} of the {len(listed)} that QEMU" in README


def test_the_picture_is_what_mtree_svg_draws(sysemu, tmp_path):
    (tmp_path / "kernel").write_bytes(b"none")
    board = subprocess.run([sysemu, "-machine", "VMC", "-S", "-display", "none", "-serial", "null", "-monitor", "stdio",
                            "-kernel", tmp_path / "kernel"], input="info mtree -j\nquit\n", capture_output=True, text=True,
                           timeout=60, check=True)
    drawn = subprocess.run([ROOT / "scripts" / "mtree-svg"], input=board.stdout, capture_output=True, text=True,
                           check=True)
    picture = ROOT / "docs" / "user" / "vmc-map.svg"
    assert drawn.stdout == picture.read_text(), f"draw {picture} anew: docs/user/vmc.md says how"


def test_the_commands_are_there():
    commands = re.findall(r"^    (scripts/\S+|build/\S+)", README, re.M)
    assert {"scripts/quickstart", "scripts/check", "scripts/build-guests"} <= set(commands)
    for command in commands:
        assert command.startswith("build/") or (ROOT / command).stat().st_mode & 0o100, command
