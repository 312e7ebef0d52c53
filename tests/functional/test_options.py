"""Command-line options: help, and one line with exit code 1 for each mistake.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import subprocess
import time

import pytest

from sysemu import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
NONE = ["-machine", "none", "-display", "none"]
VMC = ["-machine", "VMC", "-display", "none"]

# Options, and what the one line says behind the program's name.
MISTAKES = [
    (["-foo"], "-foo: invalid option"),
    (["--foo"], "--foo: invalid option"),
    (["-m"], "-m: requires an argument"),
    (["-machine"], "-machine: requires an argument"),
    (["-machine", "VMC", "disk.img"], "-hda disk.img: machine 'VMC' has no disks of its own: .*"),
    (["-machine", "VMC", "-cdrom", "disk.iso"], "-cdrom disk.iso: machine 'VMC' has no disks .*"),
    (["-machine", "VMC", "-blockdev", "driver=null-co"],
     "-blockdev driver=null-co: 'node-name' must be specified for the root node"),
    (["-machine", "VMC", "-blockdev", "{"], r"-blockdev \{: Invalid JSON: .*"),
    (["-machine", "VMC", "-blockdev", "driver=raw,node-name=n,file=m"],
     "-blockdev driver=raw,node-name=n,file=m: Cannot find device='' nor node-name='m'"),
    ([*NONE, "-debugcon", "null"], "-debugcon null: No 'ISA' bus found for device 'isa-debugcon'"),
    ([*VMC, "-acpitable", "sig=X"], "-acpitable: machine 'VMC' has no ACPI tables here"),
    ([*VMC, "-acpitable", "foo=1"], "-acpitable foo=1: Invalid parameter 'foo'"),
    ([*VMC, "-acpitable", "file=a,data=b"],
     r"-acpitable file=a,data=b: expected one of file= \(a table\) and data= \(what is behind its header\)"),
    ([*VMC, "-acpitable", "file=/dev/null"],
     "-acpitable file=/dev/null: '/dev/null' is no ACPI table: it has 0 bytes, and a header alone 36"),
    ([*VMC, "-acpitable", "data=/nonexistent"], "-acpitable data=/nonexistent: .*No such file or directory"),
    ([*VMC, "-acpitable", "rev=256"], "-acpitable rev=256: rev=256: expected a number of 1 bytes"),
    (["-tpmdev", "emulator,id=n"], "-tpmdev: not supported yet"),
    (["-M", "foo"], "-M foo: unsupported machine type 'foo'"),
    ([], "No machine specified, and there is no default"),
    ([*NONE, "-machine", "none,foo=1"], r"-machine none,foo=1: Property 'none-machine\.foo' not found"),
    ([*NONE, "-smp", "2"],
     "-smp 2: Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1"),
    ([*NONE, "-smp", "x"], "-smp x: Parameter 'smp.cpus' expects integer"),
    ([*NONE, "-smp", "cpus=1,foo=2"], "-smp cpus=1,foo=2: Parameter 'smp.foo' is unexpected"),
    ([*NONE, "-smp", "0"], "-smp 0: Invalid CPU topology: 'cpus' must be greater than zero"),
    ([*NONE, "-m", "12,foo=1"], "-m 12,foo=1: Invalid parameter 'foo'"),
    ([*NONE, "-m", "1x"],
     re.escape("-m 1x: Parameter 'size' expects a non-negative number below 2^64")),
    ([*NONE, "-m", "1G,slots=2"],
     "-m 1G,slots=2: machine 'none' has no slots for memory: it takes neither 'slots' nor 'maxmem'"),
    ([*NONE, "-m", "1G,maxmem=x"], "-m 1G,maxmem=x: Parameter 'maxmem' expects a positive number below 2\\^64"),
    ([*NONE, "-accel", "foo"], "-accel foo: invalid accelerator foo"),
    ([*NONE, "-machine", "accel=foo"], "-machine accel=foo: invalid accelerator foo"),
    ([*NONE, "-accel", "tcg,foo=1"], r"-accel tcg,foo=1: Property 'tcg-accel\.foo' not found"),
    ([*NONE, "-accel", "tcg,fold=maybe"], "-accel tcg,fold=maybe: Parameter 'fold' expects 'on' or 'off'"),
    ([*NONE, "-accel", "tcg,tb-size=0"],
     "-accel tcg,tb-size=0: Parameter 'tb-size' expects a number of MiB from 1 to 1024"),
    ([*NONE, "-accel", "tcg,tb-size=1025"],
     "-accel tcg,tb-size=1025: Parameter 'tb-size' expects a number of MiB from 1 to 1024"),
    ([*NONE, "-accel", "tcg,backend=x"],
     "-accel tcg,backend=x: Parameter 'backend' does not accept value 'x': host or interp"),
    ([*NONE, "-cpu", "foo"], "-cpu foo: unable to find CPU model 'foo'"),
    ([*NONE, "-append", "x"], "-append only allowed with -kernel option"),
    ([*NONE, "-initrd", "x"], "-initrd only allowed with -kernel option"),
    ([*NONE, "-serial", "foo"], "-serial foo: 'foo' is not a valid char driver"),
    ([*NONE, "-serial", "vc:wide"],
     "-serial vc:wide: 'vc:wide': expected vc:WIDTHxHEIGHT or vc:COLUMNSCxROWSC"),
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
    ([*NONE, "-display", "none,foo=on"], "-display none,foo=on: Parameter 'foo' is unexpected"),
    ([*NONE, "-d", "int,pcall"], "-d int,pcall: log item 'pcall' is not supported yet"),
    ([*NONE, "-device", "foo"], "-device foo: 'foo' is not a valid device model name"),
    ([*NONE, "-object", "foo,id=x"], r"-object foo,id=x: .*'foo'"),
    ([*NONE, "-global", "foo"], "-global foo: .+"),
    ([*NONE, "-d", "foo"], "-d foo: .*'foo'.*"),
    ([*NONE, "-dfilter", "xx"], "-dfilter xx: .+"),
    ([*NONE, "-D", "/nonexistent/x", "-d", "int"], ".*/nonexistent/x.*: No such file or directory"),
    ([*NONE, "-display", "gtk"], "-display gtk: display 'gtk' is not supported yet: 'none', 'sdl' and 'vnc' are"),
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
     "-boot menu=on: machine 'none' has no way to tell its firmware 'menu'"),
    ([*NONE, "-boot", "splash=x"],
     "-boot splash=x: machine 'none' has no way to tell its firmware 'splash'"),
    ([*NONE, "-boot", "reboot-timeout=5"],
     "-boot reboot-timeout=5: machine 'none' has no way to tell its firmware 'reboot-timeout'"),
    ([*NONE, "-boot", "splash-time=65536"],
     "-boot splash-time=65536: 'splash-time' is 65536 ms, expected 0 to 65535"),
    ([*NONE, "-fw_cfg", "opt/x,string=y"], "-fw_cfg opt/x,string=y: machine 'none' has no fw_cfg"),
    ([*NONE, "-boot", "reboot-timeout=x"],
     "-boot reboot-timeout=x: Parameter 'reboot-timeout' expects a number"),
    ([*NONE, "-boot", "reboot-timeout=-2"],
     "-boot reboot-timeout=-2: 'reboot-timeout' is -2 ms, expected -1 to 65535"),
    ([*NONE, "-boot", "splash-time=-1"],
     "-boot splash-time=-1: Parameter 'splash-time' expects a number"),
    ([*NONE, "-boot", "reboot-timeout=-1,foo=1"],
     "-boot reboot-timeout=-1,foo=1: Invalid parameter 'foo'"),
    ([*NONE, "-boot", "foo=1"], "-boot foo=1: Invalid parameter 'foo'"),
    ([*NONE, "-machine", "boot.once=d"],
     "-machine boot.once=d: machine 'none' has no way to change its boot order"),
    ([*NONE, "-machine", "smp.cpus=2"],
     "-machine smp.cpus=2: Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1"),
    ([*NONE, "-machine", "smp.foo=2"],
     "-machine smp.foo=2: Parameter 'smp.foo' is unexpected"),
    ([*NONE, "-machine", "smp=2"], "-machine smp=2: Invalid parameter type for 'smp', "
     "expected: 'smp.MEMBER=VALUE'"),
    ([*NONE, "-rtc", "base=foo"], "-rtc base=foo: invalid datetime format 'foo'"),
    ([*NONE, "-rtc", "driftfix=slew"],
     "-rtc driftfix=slew: driftfix 'slew' is not supported yet: only 'none' is"),
    ([*NONE, "-pidfile", "/nonexistent/x"],
     "-pidfile /nonexistent/x: cannot create PID file '/nonexistent/x': No such file or directory"),
    ([*VMC, "-kernel", "/nonexistent/x"],
     "-kernel /nonexistent/x: could not open '/nonexistent/x': No such file or directory"),
    ([*VMC, "-kernel", __file__, "-initrd", "/nonexistent/x"],
     "-initrd /nonexistent/x: could not open '/nonexistent/x': No such file or directory"),
    ([*VMC, "-kernel", __file__, "-dtb", "/nonexistent/x"],
     "-dtb /nonexistent/x: could not open '/nonexistent/x': No such file or directory"),
    ([*VMC, "-bios", "missing"], "-bios missing: could not find firmware 'missing'"),
    ([*VMC, "-smp", "4"],
     "-smp 4: Invalid SMP CPUs 4. The max CPUs supported by machine 'VMC' is 1"),
    ([*NONE, "-usbdevice", "tablet"], "-usbdevice tablet: -usb: No 'PCI' bus found for device 'qemu-xhci'"),
    ([*NONE, "-overcommit", "mem-lock=off,cpu-pm=on"], "-overcommit: not supported yet"),
    ([*NONE, "-seed"], "-seed: requires an argument"),
    ([*NONE, "-machine", "usb=maybe"], "-machine usb=maybe: 'usb=maybe': expected on or off"),
    ([*NONE, "-accel", "kvm"],
     "-accel kvm: accelerator 'kvm' is not supported yet: only tcg is"),
    ([*NONE, "-accel", "tcg,float-inline=maybe"],
     "-accel tcg,float-inline=maybe: Parameter 'float-inline' expects 'on' or 'off'"),
    ([*NONE, "-accel", "tcg,one-insn-per-tb=maybe"],
     "-accel tcg,one-insn-per-tb=maybe: Parameter 'one-insn-per-tb' expects 'on' or 'off'"),
    ([*NONE, "-accel", ""], r"-accel : invalid accelerator \(none\)"),
    ([*NONE, "-docs", "html"], "-docs html: expected man, bash or zsh"),
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


@pytest.mark.parametrize("args,advice", [
    (["-M", "VMC", "-hda", "x"], "-drive if=none"),
    (["-full-screen"], "-vnc shows the screen"),
    (["-writeconfig", "x"], "script for the shell"),
    (["-enable-kvm"], "leave the option out"),
    (["-M", "VMC", "-cpu", "mpc755"], "-cpu help"),
    (["-M", "VMC", "-device", "pcnet"], "-device help"),
    (["-M", "VMC", "-serial", "stdio", "-monitor", "stdio"], "-serial mon:stdio"),
], ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_a_refusal_says_what_to_do_instead(sysemu, args, advice):
    result = run(sysemu, *args)
    assert result.returncode == 1
    assert advice in result.stdout.splitlines()[-1]


@pytest.mark.parametrize("args,single", [
    (["-singlestep"], True),
    (["-accel", "tcg,one-insn-per-tb=on"], True),
    (["-accel", "tcg,one-insn-per-tb=off"], False),
], ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_blocks_of_one_instruction_from_the_start(start, tmp_path, args, single):
    # li 3,1; li 4,2; b .
    (tmp_path / "loop").write_bytes(bytes.fromhex("38600001 38800002 48000000"))
    vm = start("-machine", "VMC", "-kernel", tmp_path / "loop", "-d", "exec,nochain", "-D", tmp_path / "log", *args,
               serials=0)
    assert ("single step mode" in vm.monitor.command("info status")) == single
    deadline = time.monotonic() + 20
    while (tmp_path / "log").read_text(errors="replace").count("Trace 0") < 3:
        assert time.monotonic() < deadline
    places = re.findall(r"^Trace .*/([0-9a-f]{8})\]", (tmp_path / "log").read_text(errors="replace"), re.M)[:3]
    assert places == (["00000000", "00000004", "00000008"] if single else ["00000000", "00000008", "00000008"])


def test_name_sets_the_name_that_ps_shows(start):
    vm = start("-machine", "none", "-name", "guest-of-mine,process=board-7", serials=0)
    with open(f"/proc/{vm.process.pid}/comm", encoding="ascii") as comm:
        assert comm.read() == "board-7\n"
    assert vm.monitor.command("info name") == "guest-of-mine\n"


def test_messages_say_the_guest_and_the_time_if_asked_to(sysemu):
    bad = ["-machine", "none", "-name", "board-7", "-smp", "2"]
    complaint = "-smp 2: Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1\n"
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
                   "-display", "-S\n", "-d ", "-D ", "-dfilter", "-L ", "-name", "-no-reboot",
                   "-no-shutdown", "-accel", "-object", "-device", "-global", "-version", "-qmp",
                   "-daemonize", "-uuid", "-run-with"):
        assert f"\n{option}" in result.stdout, option
    assert "-tpmdev" not in result.stdout


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
    """Ours may have the option in front."""
    common = ["-display", "none", "-vga", "none", "-net", "none"]
    for args in (["-foo"], ["-m"], ["-M", "none", "-m", "12,foo=1"], ["-M", "none", "-smp", "2"],
                 ["-M", "none", "-cpu", "foo"], ["-M", "none", "-chardev", "stdio"],
                 ["-M", "none", "-device", "foo"], ["-M", "none", "-append", "x"]):
        ours = run(sysemu_ppc, *args, *common).stdout.splitlines()[0]
        theirs = run(reference, *args, *common).stdout.splitlines()[-1 if "-smp" in args else 0]
        option = " ".join(args[-2:]) + ": "
        assert ours.replace(option, "") == theirs.replace(option, ""), args


def qemu_options():
    """[(name, whether it takes an argument)] of tests/functional/qemu-options.txt."""
    lines = pathlib.Path(__file__).with_name("qemu-options.txt").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return [(name, kind == "arg") for name, kind in rows]


def takes_argument(program, name):
    """True or False, None if it doesn't know the option. Starts no machine."""
    text = run(program, "-M", "no-such-board", f"-{name}").stdout
    return None if "invalid option" in text else "requires an argument" in text


def test_every_option_of_qemu_is_known_with_its_arguments(sysemu):
    for name, has_arg in qemu_options():
        assert takes_argument(sysemu, name) == has_arg, name


@pytest.mark.takes_long
def test_the_list_has_the_options_of_the_installed_qemu(reference):
    listed = dict(qemu_options())
    helped = set(re.findall(r"^-([a-z][-\w]*)", run(reference, "-h").stdout, re.M | re.I))
    assert helped and helped <= set(listed)
    for name in helped:
        assert takes_argument(reference, name) == listed[name], name


# What scripts for QEMU say though it changes nothing here.
WITHOUT_EFFECT = [
    ["-net", "none"], ["-nic", "none"], ["-vga", "none"], ["-machine", "usb=off"],
    ["-machine", "dump-guest-core=on,mem-merge=off"], ["-machine", "kernel-irqchip=split,nvdimm=off,hmat=off"], ["-boot", "strict=on"], ["-boot", "menu=off"],
    ["-boot", "reboot-timeout=-1"],
    ["-no-acpi"], ["-no-hpet"], ["-no-fd-bootchk"], ["-no-user-config"], ["-display", "none,gl=off"],
    ["-audiodev", "none,id=a"], ["-overcommit", "mem-lock=off"], ["-sandbox", "off"],
    ["-semihosting-config", "enable=off"], ["-parallel", "none"], ["-vnc", "none"],
]


@pytest.mark.parametrize("args", WITHOUT_EFFECT, ids=" ".join)
def test_what_asks_for_what_is_the_case_is_accepted(start, args):
    vm = start(*VMC, "-S", *args)
    assert vm.monitor.command("info status") == "VM status: paused (prelaunch)\n"
    assert vm.error_text() == ""


@pytest.mark.parametrize("args", [["-machine", "accel=kvm:tcg"], ["-accel", "kvm", "-accel", "tcg"]],
                         ids=" ".join)
def test_a_fallback_of_the_accelerator_is_said(start, args):
    vm = start(*VMC, "-S", *args)
    vm.monitor.command("info status")
    assert vm.error_text() == (f"sysemu: {args[0]} {args[1]}: accelerator 'kvm' is not supported yet: "
                               "only tcg is\nsysemu: info: falling back to tcg\n")


def test_unused_globals_are_warned_about(start):
    vm = start(*VMC, "-S", "-global", "nothing.x=1", "-global", "driver=cfi.pflash02,property=x,value=1")
    vm.monitor.command("info status")
    assert vm.error_text() == ("sysemu: warning: global nothing.x has invalid class name\n"
                               "sysemu: warning: global cfi.pflash02.x=1 not used\n")


def test_a_global_that_the_board_has_no_property_for_is_a_mistake(sysemu):
    result = run(sysemu, *VMC, "-global", "vmc-regs.nothing=1")
    assert (result.returncode, result.stdout) == (
        1, "sysemu: can't apply global vmc-regs.nothing=1: Property 'vmc-regs.nothing' not found\n")


# --- documents made from the table ---


def docs(sysemu, form):
    result = run(sysemu, "-docs", form)
    assert result.returncode == 0
    return result.stdout


def option_names(sysemu):
    return re.findall(r"^-(\S+)", run(sysemu, "-help").stdout, re.M)


def test_the_manual_page_is_well_formed_and_complete(sysemu, tmp_path):
    page = tmp_path / "sysemu.1"
    page.write_text(docs(sysemu, "man"))
    linted = run("mandoc", "-T", "lint", page)
    assert (linted.returncode, linted.stdout) == (0, "")
    formatted = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-cbou", page], check=True,
                               capture_output=True, text=True)
    assert formatted.stderr == ""
    for name in option_names(sysemu):
        assert re.search(rf"^ +-{name}\b", formatted.stdout, re.M), name


@pytest.mark.parametrize("words,expected", [
    (["-nogr"], ["-nographic"]),
    (["-machine", "VM"], ["VMC"]),
    (["-M", "VMC", "--cpu", "755_v2.8"], ["755_v2.8"]),
    (["-d", "guest_e"], ["guest_errors"]),
    (["-kernel", str(ROOT / "READ")], [str(ROOT / "README.md")]),
])
def test_bash_completes(sysemu, tmp_path, words, expected):
    (tmp_path / "sysemu.bash").write_text(docs(sysemu, "bash"))
    script = ('set -eu; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sysemu; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    result = run("bash", "-c", script, "bash", tmp_path / "sysemu.bash", sysemu, *words)
    assert (result.returncode, result.stdout.split()) == (0, expected)


def test_zsh_takes_the_completion(sysemu, tmp_path):
    (tmp_path / "_sysemu").write_text(docs(sysemu, "zsh"))
    script = ('autoload -U compinit; compinit -u -d "$1/dump"; source "$1/_sysemu"; '
              'print $_comps[sysemu] $_comps[qemu-system-ppc]')
    result = run("zsh", "-f", "-c", script, "zsh", tmp_path)
    assert (result.returncode, result.stdout) == (0, "_sysemu _sysemu\n")
    text = docs(sysemu, "zsh")
    assert all(f"'*-{name}[" in text for name in option_names(sysemu))


def test_the_programs_that_are_installed_are_those_with_a_board(sysemu):
    links = re.search(r"^  links = \[(.*)\]$", (ROOT / "meson.build").read_text(), re.M)
    installed = set(re.findall(r"'qemu-system-(\w+)'", links[1]))
    for arch in ("ppc", "i386", "x86_64", "arm", "aarch64"):
        machines = run(sysemu.parent / f"qemu-system-{arch}", "-machine", "help").stdout.splitlines()
        assert (arch in installed) == any(not line.startswith(("Supported", "none ")) for line in machines)
    assert sorted(re.search(r"^complete .* sysemu(.*)$", docs(sysemu, "bash"), re.M)[1].split()) == \
        [f"qemu-system-{arch}" for arch in sorted(installed)]
