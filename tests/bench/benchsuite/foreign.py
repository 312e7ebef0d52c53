"""Programs that none of us wrote: built from Debian's source packages when the benchmark runs, for the guest's Linux and for the host.

Nothing of theirs is kept in the repository; the scripts that they are given (tests/bench/foreign) are ours.

SPDX-License-Identifier: MIT
"""

import bz2
import dataclasses
import gzip
import os
import pathlib
import shutil

from . import debian
from .programs import HERE, BuildError, run

SUITE = "bookworm"
TEXT_BYTES = 1200000  # at scale 1


def _prepare_lua(source):
    (source / "src" / "lua5.4-deb-multiarch.h").write_text('#define DEB_HOST_MULTIARCH "none"\n', encoding="ascii")


def _prepare_sqlite(source):
    """One file of all, and the shell: both are generated."""
    if not shutil.which("tclsh"):
        raise BuildError("sqlite3 needs tclsh (package tcl) to be built")
    run(["./configure", "--disable-tcl", "--disable-shared"], cwd=source)
    run(["make", "sqlite3.c", "shell.c"], cwd=source)


@dataclasses.dataclass(frozen=True)
class Package:
    """sources: patterns; those with ! before them are taken out again."""
    sources: tuple
    flags: tuple = ()
    libraries: tuple = ()
    prepare: object = None


PACKAGES = {
    "zlib": Package(("*.c", "test/minigzip.c"), ("-I.", "-DHAVE_UNISTD_H")),
    "bzip2": Package(("blocksort.c", "huffman.c", "crctable.c", "randtable.c", "compress.c", "decompress.c", "bzlib.c", "bzip2.c")),
    "lz4": Package(("lib/*.c", "programs/*.c"), ("-Ilib",)),
    "brotli": Package(("c/common/*.c", "c/dec/*.c", "c/enc/*.c", "c/tools/brotli.c"), ("-Ic/include",), ("-lm",)),
    "lua5.4": Package(("src/*.c", "!src/luac.c"), ("-DLUA_USE_POSIX",), ("-lm",), _prepare_lua),
    "mujs": Package(("one.c", "main.c"), (), ("-lm",)),
    "mbedtls": Package(("library/*.c", "programs/test/selftest.c"), ("-Iinclude", "-Ilibrary")),
    "sqlite3": Package(("sqlite3.c", "shell.c"), ("-I.", "-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION"), ("-lm",),
                       _prepare_sqlite),
}


@dataclasses.dataclass(frozen=True)
class ForeignJob:
    """count: of rounds at scale 1, for the word COUNT among the arguments (or in the script)."""
    name: str
    package: str
    arguments: tuple
    count: int = 0
    group: str = "others"
    kinds: frozenset = frozenset(["linux", "native"])
    only: str = ""

    def words(self, scale):
        return tuple(str(max(int(self.count * scale), 1)) if word == "COUNT" else word for word in self.arguments)


SELF_TESTS = ("sha256", "camellia", "ecp", "rsa", "mpi", "des", "sha512", "chacha20", "poly1305", "md5")

JOBS = (
    ForeignJob("zlib-compress", "zlib", ("-9", "-c", "text")),
    ForeignJob("zlib-expand", "zlib", ("-d", "-c", "large.gz")),
    ForeignJob("bzip2-compress", "bzip2", ("-9", "-c", "text")),
    ForeignJob("bzip2-expand", "bzip2", ("-d", "-c", "text.bz2")),
    ForeignJob("lz4-compress", "lz4", ("-9", "-c", "large")),
    ForeignJob("brotli-compress", "brotli", ("-5", "-c", "text")),
    ForeignJob("lua-tables", "lua5.4", ("tables.lua", "COUNT"), 110),
    ForeignJob("lua-strings", "lua5.4", ("strings.lua", "COUNT"), 1000),
    ForeignJob("lua-floats", "lua5.4", ("floats.lua", "COUNT"), 1000),
    ForeignJob("mujs-objects", "mujs", ("objects.js", "COUNT"), 1000),
    ForeignJob("mbedtls-selftest", "mbedtls", 2 * SELF_TESTS),
    ForeignJob("sqlite-queries", "sqlite3", ("-batch", "-init", "queries.sql", ":memory:", ".exit"), 7000),
)


class ForeignBuilder:
    """Sources, programs and data in a folder; what is there is not fetched or built again."""

    def __init__(self, folder, native, architecture):
        self.folder = pathlib.Path(folder).resolve()
        self.guest = architecture
        self.compilers = {architecture.name: [*architecture.compiler, "-static"], "native": native}
        for name in ("sources", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.archive = None

    def _source(self, package):
        place = self.folder / "sources" / package
        if not place.exists():
            if not self.archive:
                self.archive = debian.Archive(self.folder / "apt", SUITE, "deb-src")
                self.archive.update()
            unfinished = self.folder / "sources" / f"{package}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            source = self.archive.unpack_source(package, unfinished)
            if PACKAGES[package].prepare:
                PACKAGES[package].prepare(source)
            source.rename(place)
            shutil.rmtree(unfinished)
        return place

    def program(self, package, kind):
        """Its executable for the guest (the architecture's name) or the host ("native": the same, where the host can run that)."""
        if kind == "native" and self.guest.runs_on_host():
            kind = self.guest.name
        target = self.folder / f"{package}-{kind}"
        if not target.exists():
            source, recipe = self._source(package), PACKAGES[package]
            files = set()
            for pattern in recipe.sources:
                if pattern.startswith("!"):
                    files -= set(source.glob(pattern[1:]))
                else:
                    files |= set(source.glob(pattern))
            unfinished = target.with_name(target.name + ".new")
            run([*self.compilers[kind], "-O2", "-w", *recipe.flags, *sorted(files), "-o", unfinished, *recipe.libraries], cwd=source)
            os.replace(unfinished, target)
        return target

    def data(self, scale):
        """The folder with what the programs work on."""
        folder = self.folder / "data"
        library = sorted((self._source("mbedtls") / "library").glob("*.c"))
        text = b"".join(path.read_bytes() for path in library)[:max(int(TEXT_BYTES * scale), 1000)]
        for name, data in {"text": text, "large": text * 4, "text.bz2": bz2.compress(text),
                           "large.gz": gzip.compress(text * 8, mtime=0)}.items():
            (folder / name).write_bytes(data)
        for script in (HERE / "foreign").iterdir():
            shutil.copy(script, folder)
        queries, = (job for job in JOBS if job.name == "sqlite-queries")
        script = folder / "queries.sql"
        script.write_text(script.read_text(encoding="ascii").replace("ROUNDS", str(max(int(queries.count * scale), 1))), encoding="ascii")
        return folder
