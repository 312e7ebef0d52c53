"""What `meson install` puts where, and that it works from there.

SPDX-License-Identifier: MIT
"""

import os
import re

import pytest

from sysemu import run


@pytest.fixture(scope="module")
def installed(sysemu, tmp_path_factory):
    """The folder that the installation's prefix became."""
    destination = tmp_path_factory.mktemp("install")
    result = run("meson", "install", "-C", sysemu.parent, "--no-rebuild", timeout=120,
                 env=dict(os.environ, DESTDIR=str(destination)))
    assert result.returncode == 0, result.stdout
    prefix, = (path.parent.parent for path in destination.rglob("bin/sysemu"))
    return prefix


def test_the_program_is_there_under_the_names_of_architectures_with_boards(installed):
    links = [f"qemu-system-{arch}" for arch in ("aarch64", "arm", "i386", "ppc", "x86_64")]
    assert sorted(path.name for path in (installed / "bin").iterdir()) == [*links, "sysemu", "sysemu-img"]
    for name in links:
        assert os.readlink(installed / "bin" / name) == "sysemu"


def test_it_finds_its_firmware(installed, sysemu):
    if not (sysemu.parent / "roms" / "vmc" / "vmc-firmware.bin").exists():
        pytest.skip("the firmware was not built (no PowerPC cross compiler)")
    assert str(installed / "share" / "sysemu") in run(installed / "bin" / "sysemu", "-L", "help").stdout
    assert (installed / "share" / "sysemu" / "vmc-firmware.bin").is_file()


def test_licence_and_documentation_are_there_and_their_links_lead_somewhere(installed):
    docs = installed / "share" / "doc" / "sysemu"
    assert (docs / "LICENSE").read_text().startswith("MIT License")
    assert (docs / "README.md").is_file() and (docs / "docs" / "user" / "vmc.md").is_file()
    assert not list(docs.rglob("meson.build"))
    for page in docs.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert "://" in link or (page.parent / link).exists(), (page.name, link)


def test_manual_page_and_completion_are_there_for_each_name(installed):
    share = installed / "share"
    for name in ("sysemu", "qemu-system-ppc"):
        page = run("mandoc", "-T", "ascii", share / "man" / "man1" / f"{name}.1")
        assert page.returncode == 0 and "-nographic" in page.stdout
        assert run("bash", "-n", share / "bash-completion" / "completions" / name).returncode == 0
    assert run("zsh", "-f", "-n", share / "zsh" / "site-functions" / "_sysemu").returncode == 0
