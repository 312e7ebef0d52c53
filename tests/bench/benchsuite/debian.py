"""Debian's packages without touching the system's: package lists, downloads and the notion of what is installed are in a folder.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import subprocess

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEFAULT_MIRROR = "http://deb.debian.org/debian"


class AptError(Exception):
    pass


def _run(command, folder=None):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
    except FileNotFoundError as error:
        raise AptError(f"{error.filename} is not there: this needs Debian") from error
    except subprocess.CalledProcessError as error:
        raise AptError(f"{' '.join(command)}:\n{error.stderr.strip()}") from error


def system_mirror():
    """The Debian archive that the system uses."""
    for uri in _run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split():
        if re.fullmatch(r"\w+://.*/debian/?", uri):
            return uri
    return DEFAULT_MIRROR


class Archive:
    """One suite of Debian, seen through a folder of our own."""

    def __init__(self, folder, suite, kind, mirror=None):
        """kind: "deb" for packages, "deb-src" for their sources."""
        self.folder = pathlib.Path(folder).resolve()
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").write_text("", encoding="ascii")
        sources = self.folder / "sources.list"
        sources.write_text(f"{kind} [signed-by={KEYRING}] {mirror or system_mirror()} {suite} main\n", encoding="ascii")
        places = {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "/dev/null",
                  "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null",
                  "Dir::State": self.folder, "Dir::State::lists": self.folder / "lists",
                  "Dir::State::status": self.folder / "status", "Dir::Cache": self.folder / "cache"}
        self.command = ["apt-get", "-qq"]
        for name, value in places.items():
            self.command += ["-o", f"{name}={value}"]
        if _run(["id", "-u"]).strip() == "0":
            self.command += ["-o", "APT::Sandbox::User=root"]  # who may write into the folder

    def update(self):
        _run([*self.command, "update"])

    def download(self, packages):
        """The files of those packages and of all that they depend on, as for a system that has nothing."""
        _run([*self.command, "-y", "--download-only", "--no-install-recommends", "install", *packages])
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))

    def unpack_source(self, package, folder):
        """The source of a package, with Debian's patches: the folder that it made in `folder`."""
        folder = pathlib.Path(folder)
        before = set(folder.iterdir())
        _run([*self.command, "source", package], folder)
        made = [path for path in folder.iterdir() if path.is_dir() and path not in before]
        if len(made) != 1:
            raise AptError(f"the source of {package} made no folder in {folder}")
        return made[0]
