"""Where guest images are looked for, and how scripts/build-guests treats what is there.

SPDX-License-Identifier: MIT
"""

import gzip
import io
import os
import subprocess
import tarfile

import pytest

import guestimages
from conftest import ROOT
from sysemu import run

SCRIPT = ROOT / "scripts" / "build-guests"


def test_images_are_found_packed_or_not(tmp_path):
    (tmp_path / "ppc").mkdir()
    (tmp_path / "ppc" / "plain").write_bytes(b"1")
    (tmp_path / "ppc" / "packed.gz").write_bytes(gzip.compress(b"2"))
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    assert guestimages.find(tmp_path, "ppc/plain", unpacked) == tmp_path / "ppc" / "plain"
    assert guestimages.find(tmp_path, "ppc/packed", unpacked).read_bytes() == b"2"
    with pytest.raises(FileNotFoundError, match="scripts/build-guests makes it"):
        guestimages.find(tmp_path, "ppc/nothing", unpacked)


@pytest.mark.parametrize("variable,folder", [(None, ROOT / "build" / "guests"), ("/elsewhere", "/elsewhere")])
def test_one_variable_says_where_they_are(variable, folder):
    environment = {name: value for name, value in os.environ.items() if name != "SYSEMU_GUESTS"}
    environment.update({"SYSEMU_GUESTS": variable} if variable else {})
    result = run("python3", "-c", "import guestimages; print(guestimages.FOLDER)", cwd=ROOT / "tests", env=environment)
    assert result.stdout == f"{folder}\n"


def test_what_is_there_is_not_built_again(tmp_path):
    (tmp_path / "ppc").mkdir()
    for name in ("vmlinux-mvme5100.gz", "initramfs.cpio.gz"):
        (tmp_path / "ppc" / name).touch()
    result = run(SCRIPT, "--missing", env=dict(os.environ, SYSEMU_GUESTS=str(tmp_path)))
    assert (result.returncode, result.stdout) == (0, "")


def test_a_mistake_is_named():
    result = run(SCRIPT, "guests")
    assert result.returncode == 2
    assert result.stdout.startswith("usage: ")


def test_a_failed_unpacking_is_not_taken_for_a_whole_one(tmp_path):
    archive, folder = tmp_path / "a.tar.gz", tmp_path / "a"
    with tarfile.open(archive, "w:gz") as tar:
        entry = tarfile.TarInfo("top/file")
        entry.size = 100_000
        tar.addfile(entry, io.BytesIO(os.urandom(entry.size)))
    whole = archive.read_bytes()
    function = subprocess.run(["sed", "-n", "/^unpack()/,/^}/p", SCRIPT], check=True, capture_output=True,
                              text=True).stdout
    unpack = ["bash", "-c", f'set -eu\n{function}\nunpack "$@"', "bash", archive, folder]
    archive.write_bytes(whole[:50_000])
    assert run(*unpack).returncode != 0
    assert not folder.exists()
    archive.write_bytes(whole)
    assert run(*unpack).returncode == 0
    assert (folder / "file").stat().st_size == 100_000
