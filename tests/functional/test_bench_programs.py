"""The guest programs of the benchmark, with little to do: each comes to the same checksum by blocks, by
regions, by the interpreter, and natively.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, has_libc, more

sys.path.insert(0, str(ROOT / "tests" / "bench"))
from benchsuite import emulators, initramfs, programs, report, systems  # noqa: E402  pylint: disable=wrong-import-position

SUITE = ROOT / "tests" / "bench" / "suite.py"
PROGRAMS = [program for program in programs.find_all() if "bare" in program.kinds]
ACCELS = {"blocks": "tcg,regions=off", "regions": "tcg,regions=forced", "interpreter": "tcg,backend=interp"}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    if not shutil.which(programs.GUEST_CC[0]):
        pytest.skip("no powerpc-linux-gnu-gcc (gcc-powerpc-linux-gnu)")
    return programs.Builder(tmp_path_factory.mktemp("bench"), cold_functions=40, flags=["-Werror"])


def rounds_for_a_test(program):
    return max(program.rounds // 2000, 2)


@pytest.mark.parametrize("program", [program if n % 4 == 0 else more(program) for n, program in enumerate(PROGRAMS)],
                         ids=lambda program: program.name)
def test_a_program_comes_to_one_checksum_everywhere(sysemu, builder, program):
    rounds = rounds_for_a_test(program)
    rom = builder.bare(program, "VMC", rounds)
    checksums = {}
    for name, accel in ACCELS.items():
        emulator = emulators.Emulator(name, "VMC", (str(sysemu), "-accel", accel))
        _, checksums[name] = emulators.run_bare(emulator, rom)
    if "native" in program.kinds:
        _, checksums["native"] = emulators.run_command([builder.for_host(program), rounds])
    assert len(set(checksums.values())) == 1, checksums


def test_a_program_that_fails_says_why(sysemu, builder, tmp_path):
    source = tmp_path / "wrong.c"
    source.write_text('#include "bench.h"\nBENCH_ROUNDS(1);\nuint32_t bench(uint32_t rounds)\n'
                      '{\n    bench_fail(rounds == 7 ? "seven" : "not seven");\n}\n')
    program = programs.Program("wrong", "integer", source, 1, frozenset(["bare", "native"]))
    with pytest.raises(emulators.GuestError, match="the guest says 'seven'"):
        emulators.run_bare(emulators.Emulator("sysemu", "VMC", (str(sysemu),)), builder.bare(program, "VMC", 7))
    with pytest.raises(emulators.GuestError, match="failed: seven"):
        emulators.run_command([builder.for_host(program), 7])


def test_jobs_run_under_linux(sysemu, builder, guest_image, tmp_path):
    """One with a checksum of its own, one whose output is summed, one that isn't there."""
    if not has_libc(programs.GUEST_CC[0]):
        pytest.skip("no C library for PowerPC (libc6-dev-powerpc-cross)")
    program = next(p for p in PROGRAMS if p.name == "queens")
    archive = initramfs.Initramfs()
    archive.device("dev/console", 5, 1)
    archive.program("init", builder.init())
    archive.program("bench/queens", builder.linux(program))
    jobs = [emulators.Job("sum", ("/bench/queens", "2")), emulators.Job("usage", ("/bench/queens", "0")),
            emulators.Job("nothing", ("/bench/nothing",))]
    archive.data("jobs", "".join(job.line() for job in jobs).encode())
    archive.write(tmp_path / "initrd")
    emulator = emulators.Emulator("sysemu", "VMC", (str(sysemu),))
    kernels = {"VMC": guest_image("ppc/vmlinux-mvme5100")}
    answers = {name: (seconds, said) for name, seconds, said in emulators.run_linux(
        emulator, kernels, tmp_path / "initrd", jobs, 120)}
    assert list(answers) == ["boot", "sum", "usage", "nothing"]
    assert answers["sum"][1] == emulators.run_command([builder.for_host(program), 2])[1]
    assert answers["usage"][1] == "00000001"  # Adler-32 of nothing
    assert answers["nothing"] == (None, "failed: /bench/nothing: No such file or directory")
    assert answers["boot"][0] > 0
    assert all(answers[name][0] is not None for name in ("sum", "usage"))  # less than the clock's tick, maybe



@pytest.mark.takes_long
@pytest.mark.parametrize("name", [name for name in systems.ARCHITECTURES if name != "ppc"])
def test_each_architecture_runs_a_job(sysemu, guest_image, tmp_path, name):
    """Its compiler, its board, its kernel."""
    architecture = systems.ARCHITECTURES[name]
    if not shutil.which(architecture.compiler[0]):
        pytest.skip(f"no {architecture.compiler[0]}")
    builder = programs.Builder(tmp_path / "bench", cold_functions=40, flags=["-Werror"], architecture=architecture)
    chosen = [p for p in programs.find_all() if p.name in ("queens", "matrix", "x87-matrix", "modified") and p.only in ("", name)]
    archive = initramfs.Initramfs()
    archive.device("dev/console", 5, 1)
    archive.program("init", builder.init())
    for program in chosen:
        archive.program(f"bench/{program.name}", builder.linux(program))
    jobs = [emulators.Job(program.name, (f"/bench/{program.name}", "2")) for program in chosen]
    archive.data("jobs", "".join(job.line() for job in jobs).encode())
    archive.write(tmp_path / "initrd")
    kernels = {architecture.ours: guest_image(systems.BOARDS[architecture.ours].kernel)}
    emulator = emulators.Emulator("sysemu", architecture.ours, (str(sysemu),))
    answers = {job: said for job, _, said in emulators.run_linux(emulator, kernels, tmp_path / "initrd", jobs, 300)}
    assert answers.pop("boot") == ""
    assert answers == {program.name: emulators.run_command([builder.for_host(program), 2])[1] for program in chosen}


def test_own_options_come_after_the_boards():
    emulator = emulators.Emulator("sysemu", "pc-amd64", ("sysemu", "-cpu", "qemu64"))
    words = emulator.linux_command({"pc-amd64": "vmlinuz"}, "initrd")
    assert words[0] == "sysemu" and words[-2:] == ["-cpu", "qemu64"] and words[words.index("-cpu") + 1] == "max"


def test_x87_programs_are_for_one_architecture():
    x87 = [program for program in programs.find_all() if program.group == "x87"]
    assert x87 and all(program.only == "i386" and program.kinds == {"linux", "native"} for program in x87)
    names = [program.name for program in programs.find_all()]
    assert len(names) == len(set(names))


def test_ratios_and_means(tmp_path):
    columns = ["ours", "theirs", "native"]
    results = {"bare": {"crc": {"ours": [1.0, 2.0, 3.0], "theirs": [4.0, 4.0, 6.0], "native": [0.5, 0.5, 0.5]},
                        "hash": {"ours": [1.0], "theirs": [8.0]},
                        "map": {"theirs": [8.0]}}}
    assert report.ratios(results["bare"]["crc"], "ours", "theirs") == (2, 2, 4)
    assert report.ratios(results["bare"]["crc"], "ours", "native") == (4, 2, 6)
    assert report.summary(PROGRAMS, results, columns) == {"bare": {"integer": {"theirs": pytest.approx(4), "native": 4}}}
    lines = report.table(PROGRAMS, results, columns)
    assert lines[0].split() == ["bare", "ours", "s", "theirs/ours", "ours/native"]
    assert lines[1].split() == ["crc", "2.000", "2.00", "(2.00-4.00)", "4.00", "(2.00-6.00)"]
    assert lines[2].split() == ["hash", "1.000", "8.00", "(8.00-8.00)", "-"]
    assert lines[3].split() == ["integer", "4.00", "4.00"]
    assert report.picture(PROGRAMS, results, columns).startswith("<svg ")
    report.write_json(tmp_path / "out", PROGRAMS, results, columns, {"rounds": 3})
    assert '"geometric_means"' in (tmp_path / "out").read_text()


@pytest.mark.parametrize("arguments, message", [
    (["nosuch"], "no program and no group: nosuch; there are: "),
    (["--rounds", "0"], "--rounds is at least 1"),
    (["--qemu", "", "--sysemu", "a=/bin/true", "--sysemu", "a=/bin/false", "crc"], "two columns have the same name"),
    (["--qemu", "", "--sysemu", "/nowhere/sysemu", "crc"], "no program '/nowhere/sysemu'"),
    (["--bare", "--linux"], "not allowed with"),
    (["--qemu", "", "--sysemu", "/bin/true", "--bare", "forks"], "none of the programs runs there (ppc)"),
    (["--qemu", "", "--sysemu", "/bin/true", "--bare", "--arch", "x86_64", "queens"], "none of the programs runs there (x86_64)"),
    (["--arch", "vax"], "argument --arch: invalid choice: 'vax'"),
])
def test_bad_arguments_are_refused(arguments, message):
    result = subprocess.run([sys.executable, SUITE, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode and message in result.stderr


def test_one_command_measures_and_writes(sysemu, builder, tmp_path):
    """Two columns of the same emulator; the ratio is around 1, whatever the machine does besides."""
    result = subprocess.run([sys.executable, SUITE, "--bare", "--quick", "--scale", "0.1", "--qemu", "", "--sysemu", f"a={sysemu}",
                             "--sysemu", f"b={sysemu} -accel tcg,backend=host", "--folder", tmp_path / "bench",
                             "--json", tmp_path / "out.json", "--svg", tmp_path / "out.svg", "queens", "fft"],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    for text in ("a s", "b/a", "a/native", "queens", "fft", "integer"):
        assert text in result.stdout
    assert (tmp_path / "out.svg").read_text().count("<rect") >= 5
    assert '"queens"' in (tmp_path / "out.json").read_text()


def test_get_rival_keeps_what_is_there(tmp_path):
    result = subprocess.run([ROOT / "tests" / "bench" / "get-rival", tmp_path], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and f"{tmp_path} is there already" in result.stderr
    assert list(tmp_path.iterdir()) == []
