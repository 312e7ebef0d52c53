"""configure: what it takes, what it says when something is missing, what it passes on to meson.

SPDX-License-Identifier: MIT
"""

import json
import os
import pathlib
import shutil

import pytest

from sysemu import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIGURE = ROOT / "configure"

LIBRARIES = {
    "glib-2.0": "libglib2.0-dev",
    "capstone": "libcapstone-dev",
    "liburcu": "liburcu-dev",
    "json-glib-1.0": "libjson-glib-dev",
    "zlib": "zlib1g-dev",
}

COMMANDS = {
    "meson": "meson",
    "ninja": "ninja-build",
    "pkg-config": "pkg-config",
    "python3": "python3",
    "powerpc-linux-gnu-gcc": "gcc-powerpc-linux-gnu",
    "dtc": "device-tree-compiler",
}


def path_without(folder, missing):
    """A PATH with everything but one command, and but ccache's names for compilers, which it looks for in PATH."""
    folder.mkdir()
    for directory in reversed(os.environ["PATH"].split(":")):
        for command in pathlib.Path(directory).glob("*"):
            if command.is_symlink() and os.readlink(command).endswith("/ccache"):
                continue
            link = folder / command.name
            link.unlink(missing_ok=True)
            if command.name != missing:
                link.symlink_to(command)
    return str(folder)


def compiler(build):
    """What meson compiles with, and the options of the first file."""
    return json.loads((build / "compile_commands.json").read_text())[0]["command"]


def test_unknown_options_are_refused():
    result = run(CONFIGURE, "--enable-foo")
    assert (result.returncode, result.stdout) == (
        1, "configure: unknown option '--enable-foo'; configure --help lists them\n")


def test_sanitizers_that_exclude_each_other_are_refused():
    result = run(CONFIGURE, "--enable-asan", "--enable-tsan")
    assert (result.returncode, result.stdout) == (
        1, "configure: --enable-tsan excludes the other sanitizers\n")


def test_each_missing_library_is_named_with_its_debian_package(tmp_path):
    env = dict(os.environ, PKG_CONFIG_LIBDIR=str(tmp_path))
    result = run(CONFIGURE, f"--build-dir={tmp_path}/build", env=env)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        *(f"configure: library '{name}' not found; Debian package: {package}"
          for name, package in LIBRARIES.items()),
        "configure: scripts/install-deps installs all of them"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_missing_command_is_named_with_its_debian_package(tmp_path, command):
    env = dict(os.environ, PATH=path_without(tmp_path / "bin", command))
    result = run(CONFIGURE, f"--build-dir={tmp_path}/build", "--enable-roms", env=env)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        f"configure: '{command}' not found; Debian package: {COMMANDS[command]}",
        "configure: scripts/install-deps installs all of them"]


@pytest.mark.takes_long
def test_options_reach_meson_and_another_compiler_starts_anew_but_keeps_guests(tmp_path):
    if not shutil.which("clang"):
        pytest.skip("clang is not installed")
    build = tmp_path / "build"
    env = {k: v for k, v in os.environ.items() if k not in ("CC", "CFLAGS")}
    first = run(CONFIGURE, f"--build-dir={build}", "--disable-tests", "--disable-roms",
                "--enable-ubsan", "--extra-cflags=-DFOO=1", "--cc=clang", timeout=120, env=env)
    assert first.returncode == 0, first.stdout
    assert "  compiler          clang\n" in first.stdout
    assert "  sanitizers        undefined\n" in first.stdout
    assert "  firmware          no\n" in first.stdout
    assert compiler(build).startswith("clang ")
    assert "-DFOO=1" in compiler(build) and "-fsanitize=undefined" in compiler(build)
    (build / "guests").mkdir()
    (build / "guests" / "kernel").touch()
    second = run(CONFIGURE, f"--build-dir={build}", "--disable-tests", "--cc=gcc", timeout=120,
                 env=env)
    assert second.returncode == 0, second.stdout
    assert compiler(build).startswith("gcc ")
    assert [path.name for path in tmp_path.iterdir()] == ["build"]
    assert (build / "guests" / "kernel").exists()
    assert "-DFOO=1" not in compiler(build) and "-fsanitize" not in compiler(build)
