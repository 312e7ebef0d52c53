"""Command-line options: help, and one line with exit code 1 for each mistake.

SPDX-License-Identifier: MIT
"""

import re

import pytest

from sysemu import run

NONE = ["-machine", "none", "-display", "none"]

# Options, and what the one line says behind the program's name.
MISTAKES = [
    (["-foo"], "-foo: invalid option"),
    (["--foo"], "--foo: invalid option"),
    (["-m"], "-m: requires an argument"),
    (["-machine"], "-machine: requires an argument"),
    (["disk.img"], "disk.img: disk images as arguments are not supported yet: use -drive"),
    (["-vga", "std"], "-vga: not supported yet"),
    (["-qmp", "stdio"], "-qmp: not supported yet"),
    (["-netdev", "user,id=n"], "-netdev: not supported yet"),
    (["-M", "foo"], "unsupported machine type 'foo'"),
    ([], "No machine specified, and there is no default"),
    ([*NONE, "-machine", "none,foo=1"], r"-machine none,foo=1: Property 'none-machine\.foo' not found"),
    ([*NONE, "-smp", "2"],
     "Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1"),
    ([*NONE, "-smp", "x"], "-smp x: Parameter 'smp.cpus' expects integer"),
    ([*NONE, "-smp", "cpus=1,foo=2"], "-smp cpus=1,foo=2: Parameter 'smp.foo' is unexpected"),
    ([*NONE, "-smp", "0"], "-smp 0: Invalid CPU topology: 'cpus' must be greater than zero"),
    ([*NONE, "-m", "12,foo=1"], "-m 12,foo=1: Invalid parameter 'foo'"),
    ([*NONE, "-m", "1x"],
     re.escape("-m 1x: Parameter 'size' expects a non-negative number below 2^64")),
    ([*NONE, "-m", "1G,slots=2"],
     r"-m 1G,slots=2: memory hotplug \('slots', 'maxmem'\) is not supported yet"),
    ([*NONE, "-accel", "foo"], "-accel foo: invalid accelerator foo"),
    ([*NONE, "-machine", "accel=foo"], "-machine accel=foo: invalid accelerator foo"),
    ([*NONE, "-accel", "tcg,foo=1"], r"-accel tcg,foo=1: Property 'tcg-accel\.foo' not found"),
    ([*NONE, "-accel", "tcg,backend=x"],
     "-accel tcg,backend=x: Parameter 'backend' does not accept value 'x': host or interp"),
    ([*NONE, "-cpu", "foo"], "unable to find CPU model 'foo'"),
    ([*NONE, "-append", "x"], "-append only allowed with -kernel option"),
    ([*NONE, "-initrd", "x"], "-initrd only allowed with -kernel option"),
    ([*NONE, "-serial", "foo"], "-serial foo: 'foo' is not a valid char driver"),
    ([*NONE, "-serial", "vc"],
     "-serial vc: 'vc' needs a graphical display, which there is none of yet"),
    ([*NONE, "-serial", "chardev:x"], r"-serial chardev:x: no character device 'x' \(see -chardev\)"),
    ([*NONE, "-serial", "file:/nonexistent/a"],
     "-serial file:/nonexistent/a: Could not open '/nonexistent/a': No such file or directory"),
    ([*NONE, "-serial", "unix:/nonexistent/s"],
     "-serial unix:/nonexistent/s: Failed to connect to '/nonexistent/s': No such file or directory"),
    ([*NONE, "-serial", "tcp:localhost"], "-serial tcp:localhost: 'localhost' is not HOST:PORT"),
    ([*NONE, "-chardev", "stdio,id=x", "-serial", "stdio"],
     "-serial stdio: cannot use stdio by multiple character devices"),
    ([*NONE, "-monitor", "mon:stdio"], "-monitor mon:stdio: mon: isn't supported in this context"),
    ([*NONE, "-chardev", "foo,id=x"], "-chardev foo,id=x: 'foo' is not a valid char driver name"),
    ([*NONE, "-chardev", "stdio"], "-chardev stdio: chardev: no id specified"),
    ([*NONE, "-chardev", "null,id=x,foo=1"],
     "-chardev null,id=x,foo=1: Invalid parameter 'foo'"),
    ([*NONE, "-chardev", "null,id=x", "-chardev", "null,id=x"],
     "-chardev null,id=x: Duplicate ID 'x' for chardev"),
    ([*NONE, "-chardev", "null,id=x,path=y"],
     "-chardev null,id=x,path=y: chardev: null: has no 'path'"),
    ([*NONE, "-chardev", "stdio,id=x,size=4"],
     "-chardev stdio,id=x,size=4: chardev: stdio: has no 'size'"),
    ([*NONE, "-chardev", "socket,id=x,path=y,port=3"],
     "-chardev socket,id=x,path=y,port=3: chardev: socket: 'port' is not for 'path'"),
    ([*NONE, "-chardev", "socket,id=x,host=y,port=3,abstract=on"],
     "-chardev socket,id=x,host=y,port=3,abstract=on: chardev: socket: 'abstract' is not for 'host'"),
    ([*NONE, "-chardev", "udp,id=x"],
     "-chardev udp,id=x: character device 'udp' is not supported yet"),
    ([*NONE, "-device", "foo"], "-device foo: 'foo' is not a valid device model name"),
    ([*NONE, "-object", "foo,id=x"], r"-object foo,id=x: .*'foo'"),
    ([*NONE, "-global", "foo"], "-global foo: .+"),
    ([*NONE, "-d", "foo"], "-d foo: .*'foo'.*"),
    ([*NONE, "-dfilter", "xx"], "-dfilter xx: .+"),
    ([*NONE, "-D", "/nonexistent/x", "-d", "int"], ".*/nonexistent/x.*: No such file or directory"),
    ([*NONE, "-display", "gtk"], "-display gtk: display 'gtk' is not supported yet: only 'none' is"),
    (["-machine", "none", "-display", "foo"],
     "-display foo: Parameter 'type' does not accept value 'foo'"),
    ([*NONE, "-drive", "file=/nonexistent/f,if=pflash"],
     "-drive file=/nonexistent/f,if=pflash: .*'/nonexistent/f'.*No such file or directory"),
    ([*NONE, "-pflash", "/nonexistent/f"],
     "-pflash /nonexistent/f: .*'/nonexistent/f'.*No such file or directory"),
    ([*NONE, "-pflash", "/dev/null"], ".*if=pflash.*|-pflash /dev/null: .+"),
    ([*NONE, "-boot", "order=xyz"], "-boot order=xyz: Invalid boot device 'x'"),
    ([*NONE, "-boot", "c"], "-boot c: machine 'none' has no boot devices to order"),
    ([*NONE, "-boot", "once=d"],
     "-boot once=d: machine 'none' has no way to change its boot order"),
    ([*NONE, "-boot", "menu=on"],
     "-boot menu=on: 'menu' is not supported yet: no machine's firmware knows of it"),
    ([*NONE, "-boot", "strict=on"],
     "-boot strict=on: 'strict' is not supported yet: no machine's firmware knows of it"),
    ([*NONE, "-boot", "splash=x"],
     "-boot splash=x: 'splash' is not supported yet: no machine's firmware knows of it"),
    ([*NONE, "-boot", "reboot-timeout=5"], "-boot reboot-timeout=5: 'reboot-timeout' is not "
     "supported yet: no machine's firmware knows of it"),
    ([*NONE, "-boot", "reboot-timeout=x"],
     "-boot reboot-timeout=x: Parameter 'reboot-timeout' expects a number"),
    ([*NONE, "-boot", "foo=1"], "-boot foo=1: Invalid parameter 'foo'"),
    ([*NONE, "-machine", "boot.once=d"],
     "-machine boot.once=d: machine 'none' has no way to change its boot order"),
    ([*NONE, "-machine", "smp.cpus=2"],
     "Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1"),
    ([*NONE, "-machine", "smp.foo=2"],
     "-machine smp.foo=2: Parameter 'smp.foo' is unexpected"),
    ([*NONE, "-machine", "smp=2"], "-machine smp=2: Invalid parameter type for 'smp', "
     "expected: 'smp.MEMBER=VALUE'"),
    ([*NONE, "-rtc", "base=foo"], "-rtc base=foo: invalid datetime format 'foo'"),
    ([*NONE, "-rtc", "driftfix=slew"],
     "-rtc driftfix=slew: driftfix 'slew' is not supported yet: only 'none' is"),
    ([*NONE, "-pidfile", "/nonexistent/x"],
     "cannot create PID file '/nonexistent/x': No such file or directory"),
    ([*NONE, "-echr", "300"], "-echr 300: expected a character code from 0 to 255"),
]


@pytest.mark.parametrize("args,message", MISTAKES, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_a_mistake_gets_one_line_and_exit_code_1(sysemu, args, message):
    result = run(sysemu, *args)
    lines = result.stdout.splitlines()
    assert result.returncode == 1, result.stdout
    assert lines, "no message"
    assert re.fullmatch("sysemu: (?:" + message + ")", lines[0]), result.stdout
    # Hints may follow; another complaint may not.
    assert not any(line.startswith("sysemu:") for line in lines[1:]), result.stdout


def test_name_sets_the_name_that_ps_shows(start):
    vm = start("-machine", "none", "-name", "guest-of-mine,process=board-7", serials=0)
    with open(f"/proc/{vm.process.pid}/comm", encoding="ascii") as comm:
        assert comm.read() == "board-7\n"
    assert vm.monitor.command("info name") == "guest-of-mine\n"


def test_messages_say_the_guest_and_the_time_if_asked_to(sysemu):
    bad = ["-machine", "none", "-name", "board-7", "-smp", "2"]
    complaint = "Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1\n"
    assert run(sysemu, *bad).stdout == f"sysemu: {complaint}"
    assert run(sysemu, *bad, "-msg", "guest-name=on").stdout == f"board-7 sysemu: {complaint}"
    stamped = run(sysemu, *bad, "-msg", "timestamp=on,guest-name=on").stdout
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z board-7 sysemu: " + re.escape(complaint), stamped)


@pytest.mark.parametrize("option,graphics", [("-nographic", "false"), ("-nodefaults", "true")])
def test_nographic_tells_the_machine(start, option, graphics):
    vm = start("-machine", "none", option, serials=0)
    assert vm.monitor.command("qom-get /machine graphics") == graphics + "\n"


def test_machine_help_lists_machines_in_the_known_layout(sysemu):
    result = run(sysemu, "-machine", "help")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Supported machines are:"
    assert "none                 empty machine" in lines
    assert "VMC                  VMC PowerPC 755" in lines


def test_a_program_name_selects_the_architecture(sysemu):
    for arch in ("i386", "x86_64", "arm", "aarch64"):
        result = run(sysemu.parent / f"qemu-system-{arch}", "-M", "help")
        assert result.returncode == 0
        assert "VMC" not in result.stdout
        assert "none                 empty machine" in result.stdout
    assert "VMC" in run(sysemu.parent / "qemu-system-ppc", "-M", "help").stdout


def test_a_program_name_selects_the_default_machine(sysemu_ppc, start):
    assert "VMC                  VMC PowerPC 755 (default)\n" in \
        run(sysemu_ppc, "-M", "help").stdout
    vm = start("-S", program=sysemu_ppc, serials=0)
    assert "/machine (VMC-machine)" in vm.monitor.command("info qom-tree")


def test_messages_name_the_program_that_was_started(sysemu_ppc):
    assert run(sysemu_ppc, "-foo").stdout == "qemu-system-ppc: -foo: invalid option\n"


def test_cpu_help_lists_models_with_pvr_and_aliases(sysemu_ppc):
    result = run(sysemu_ppc, "-cpu", "help")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert "PowerPC 755_v2.8         PVR 00083208" in lines
    assert "PowerPC 755              (alias for 755_v2.8)" in lines


def test_machine_properties_are_listed(sysemu):
    result = run(sysemu, "-machine", "none,help")
    assert result.returncode == 0
    assert result.stdout.startswith("none-machine options:\n")
    assert "  kernel=<string>" in result.stdout
    for name, kind in (("boot", "BootConfiguration"), ("memory", "MemorySizeConfiguration"),
                       ("smp", "SMPConfiguration")):
        assert f"  {name}=<{kind}> - " in result.stdout


def test_the_members_of_smp_memory_and_boot_are_machine_properties(start):
    vm = start("-machine", "VMC,smp.cpus=1,memory.size=33M,boot.order=c", "-S", serials=0)
    assert "0000000000000000-00000000020fffff (prio 0, ram): vmc.ram" in \
        vm.monitor.command("info mtree")


def test_help_lists_every_option_that_is_there(sysemu):
    result = run(sysemu, "-help")
    assert result.returncode == 0
    for option in ("-machine", "-cpu", "-smp", "-m ", "-bios", "-kernel", "-append", "-initrd",
                   "-dtb", "-pflash", "-drive", "-serial", "-chardev", "-monitor", "-nographic",
                   "-display", "-S ", "-d ", "-D ", "-dfilter", "-L ", "-name", "-no-reboot",
                   "-no-shutdown", "-accel", "-object", "-device", "-global", "-version"):
        assert f"\n{option}" in result.stdout, option
    assert "-qmp" not in result.stdout


@pytest.mark.parametrize("args,text", [
    (["-version"], r"sysemu emulator version \d+\.\d+"),
    (["--version"], r"sysemu emulator version \d+\.\d+"),
    (["-accel", "help"], r"tcg"),
    (["-display", "help"], r"none"),
    (["-chardev", "help"], r"  socket"),
    (["-d", "help"], r"in_asm"),
    (["-L", "help"], r"/share/sysemu"),
    (["-device", "help"], r"name \"loader\", desc"),
    (["-object", "help"], r"memory-backend-ram"),
])
def test_questions_are_answered_with_exit_code_0(sysemu, args, text):
    result = run(sysemu, *args)
    assert result.returncode == 0, result.stdout
    assert re.search(text, result.stdout)


def test_known_mistakes_read_as_in_the_installed_qemu(sysemu_ppc, reference):
    common = ["-display", "none", "-vga", "none", "-net", "none"]
    for args in (["-foo"], ["-m"], ["-M", "none", "-m", "12,foo=1"], ["-M", "none", "-smp", "2"],
                 ["-M", "none", "-cpu", "foo"], ["-M", "none", "-chardev", "stdio"],
                 ["-M", "none", "-device", "foo"], ["-M", "none", "-append", "x"]):
        ours = run(sysemu_ppc, *args, "-display", "none").stdout.splitlines()[0]
        theirs = run(reference, *args, *common).stdout.splitlines()[-1 if "-smp" in args else 0]
        assert ours == theirs, args
