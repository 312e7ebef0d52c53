"""A guest and its monitor on one terminal, and the monitor looking at a running guest.

SPDX-License-Identifier: MIT
"""

import hashlib
import re
import shutil
import subprocess
import threading
import time

import pytest

PROMPT = "/ # "


@pytest.fixture(scope="module")
def linux(guest_image):
    """Options that boot Linux to its shell."""
    return ["-machine", "VMC", "-kernel", guest_image("ppc/vmlinux-mvme5100"), "-initrd",
            guest_image("ppc/initramfs.cpio.gz"), "-append", "console=ttyS0"]


@pytest.fixture
def shell(terminal, linux):
    """Linux at its prompt on a terminal."""
    t = terminal(*linux, "-nographic", timeout=120)
    t.expect(PROMPT)
    return t


def ask(t, line):
    """A monitor command on the shared terminal."""
    t.send(line + "\r")
    t.expect(re.compile(rb"\r\n"))
    return re.sub("\r+\n", "\n", t.expect("(qemu) "))


def stop_in_kernel(vm):
    """Stops the machine where the CPU translates the kernel's addresses (MSR: DR set, PR clear)."""
    for _ in range(100):
        vm.monitor.command("stop")
        if int(vm.monitor.command("p $msr"), 16) & 0x4010 == 0x10:
            return
        vm.monitor.command("cont")
        time.sleep(0.05)
    raise AssertionError("never in the kernel")


def test_the_monitor_is_one_key_away(shell):
    shell.send("\x01c")
    shell.expect("monitor - type 'help' for more information")
    shell.expect("(qemu) ")
    assert ask(shell, "info status") == "VM status: running\n"
    shell.send("\x01c")
    shell.send("echo back $((6*7))\r")
    shell.expect("back 42")
    shell.send("\x01x")
    assert shell.wait() == 0
    assert shell.settings() == shell.before


def test_ctrl_c_is_for_the_guest(shell):
    shell.send("sleep 1000\r")
    shell.read_for(0.5)
    shell.send("\x03")
    shell.expect("^C")
    shell.expect(PROMPT)
    shell.send("literal\x01\x01echo -n x\r")  # Ctrl-A takes the shell's editor to the line's start
    shell.expect(re.compile(rb"\r\nxliteral|not found"))


def test_pasted_text_arrives_whole(shell):
    lines = "".join(f"line {i} abcdefghijklmnopqrstuvwxyz\r" for i in range(300))
    text = f"cat > /tmp/x <<EOF\r{lines}EOF\rmd5sum /tmp/x\r"
    writer = threading.Thread(target=shell.send, args=(text,))
    writer.start()
    shell.expect(hashlib.md5(lines.replace("\r", "\n").encode()).hexdigest())
    writer.join()


@pytest.mark.parametrize("settings", ["raw -echo", "raw -echo crtscts"])
def test_serial_input_at_speed_loses_nothing(start, linux, settings):
    """Much more than the kernel can put by (640 KiB), to a reader that runs only when the interrupt handler rests."""
    vm = start(*linux, serials=2, timeout=240)
    data = bytes(i * i >> 3 & 255 for i in range(3 << 20))
    console, line = vm.serial
    console.expect(PROMPT)
    console.send(f"stty -F /dev/ttyS1 {settings}; exec 3</dev/ttyS1; echo rea''dy; head -c {len(data)} <&3 | md5sum\r")
    console.expect("ready")
    writer = threading.Thread(target=line.send, args=(data,), daemon=True)
    writer.start()
    assert re.search("[0-9a-f]{32}", console.expect("  -"))[0] == hashlib.md5(data).hexdigest()
    writer.join()
    console.send("cat /proc/tty/driver/serial\r")
    assert " bo:" not in console.expect(PROMPT)


def test_a_reader_that_pauses_loses_nothing_with_flow_control(start, linux):
    vm = start(*linux, serials=2, timeout=240)
    data = bytes(i * i >> 3 & 255 for i in range(2 << 20))
    console, line = vm.serial
    console.expect(PROMPT)
    console.send("stty -F /dev/ttyS1 raw -echo crtscts; exec 3</dev/ttyS1; echo rea''dy; sleep 6; "
                 f"head -c {len(data)} <&3 | md5sum\r")
    console.expect("ready")
    writer = threading.Thread(target=line.send, args=(data,), daemon=True)
    writer.start()
    assert re.search("[0-9a-f]{32}", console.expect("  -"))[0] == hashlib.md5(data).hexdigest()
    writer.join()


def test_a_stopped_guest_does_not_move(start, linux):
    vm = start(*linux, timeout=120)
    vm.serial[0].expect(PROMPT)
    vm.monitor.command("stop")
    first = vm.monitor.command("info registers")
    assert "\nNIP " in first
    assert vm.monitor.command("info registers") == first
    vm.serial[0].send("echo $((6*7))\r")
    assert vm.serial[0].read_for(0.5) == ""
    vm.monitor.command("cont")
    vm.serial[0].expect("42")


def test_looking_at_a_running_guest(start, linux):
    vm = start(*linux, timeout=120)
    vm.serial[0].expect(PROMPT)
    stop_in_kernel(vm)
    assert re.fullmatch(r"\* CPU #0: thread_id=\d+\n", vm.monitor.command("info cpus"))
    assert re.fullmatch(r"0x[0-9a-f]+\n", vm.monitor.command("p $pc"))
    code = vm.monitor.command("x/3i 0xc0000100")
    assert re.search(r"^0xc0000100:  [0-9a-f]{8}  [a-z]", code, re.M)
    assert vm.monitor.command("x/xw 0xc0000100")[9:] == vm.monitor.command("xp/xw 0x100")[17:]
    assert vm.monitor.command("gva2gpa 0xc0000100") == "gpa: 0x100\n"
    assert "Cannot access memory" in vm.monitor.command("x 0x80000000")
    assert "hawk-mpic" in vm.monitor.command("info pic")
    assert "serial-mm" in vm.monitor.command("info qtree")
    assert "guest instructions executed" in vm.monitor.command("info jit")
    assert "DBAT0" in vm.monitor.command("info tlb")
    assert "vmlinux" in vm.monitor.command("info roms")


def test_the_monitor_resets_the_machine(start, linux):
    vm = start(*linux, timeout=120)
    vm.serial[0].expect(PROMPT)
    vm.monitor.command("system_reset")
    vm.serial[0].expect("Linux version")
    vm.serial[0].expect(PROMPT)


def test_no_reboot_ends_at_the_guests_reset(start, linux):
    vm = start(*linux, "-no-reboot", timeout=120)
    vm.serial[0].expect(PROMPT)
    vm.serial[0].send("reboot -f\r")
    assert vm.wait() == 0


def test_a_panic_reboots_by_itself(start, linux):
    vm = start(*linux[:-1], "console=ttyS0 panic=1 rdinit=/nonexistent", "-no-reboot", timeout=120)
    vm.serial[0].expect("Kernel panic")
    assert vm.wait() == 0


def test_log_lines_name_cpu_and_pc(start, linux):
    vm = start(*linux, "-d", "guest_errors", timeout=120)
    vm.serial[0].expect(PROMPT)
    vm.serial[0].send("dd if=/dev/mem bs=4 skip=$((0x90000000/4)) count=1 2>&1 | tail -1\r")
    vm.serial[0].expect(PROMPT)
    lines = [line for line in vm.error_text().splitlines() if line.startswith("guest_errors")]
    for line in lines:
        assert re.match(r"guest_errors: cpu0 pc=[0-9a-f]{8}( \S+\+0x[0-9a-f]+)?: ", line), line
    assert lines  # the kernel tries AMD's commands on the flash


def test_symbols_come_from_a_system_map(start, linux, guest_image):
    vm = start(*linux, "-symbols", guest_image("ppc/System.map-mvme5100"), timeout=120)
    vm.serial[0].expect(PROMPT)
    stop_in_kernel(vm)
    assert vm.monitor.command("x/i 0xc0000000").startswith("_text:\n0xc0000000:  60000000  nop\n")


def test_log_lines_name_the_symbol(start, tmp_path):
    """A little program with symbols that reads where nothing is."""
    compiler = shutil.which("powerpc-linux-gnu-gcc")
    if not compiler:
        pytest.skip("no PowerPC compiler")
    source = tmp_path / "a.S"
    source.write_text(".globl _start\n.type _start,@function\n_start: b reader\n"
                      ".type reader,@function\nreader: nop\n lis 3,0x9000\n lwz 4,0(3)\n"
                      "1: b 1b\n.size reader,.-reader\n")
    program = tmp_path / "a.elf"
    subprocess.run([compiler, "-nostdlib", "-static", "-Wl,-Ttext=0x10000", "-Wl,--build-id=none",
                    "-o", program, source], check=True)
    vm = start("-machine", "VMC", "-kernel", program, "-d", "guest_errors")
    vm.monitor.command("info status")
    for _ in range(100):
        if "reader+0x8" in vm.error_text():
            break
        time.sleep(0.05)
    assert "guest_errors: cpu0 pc=0001000c reader+0x8: " in vm.error_text()
    assert "reader:\n0x00010004: " in vm.monitor.command("x/4i 0x10004")


def test_a_reader_that_sleeps_does_not_stop_the_machine(start, linux):
    vm = start(*linux[:-1], "console=ttyS0 ignore_loglevel", timeout=120)
    vm.serial[0].expect(PROMPT)
    vm.serial[0].send("while :; do cat /proc/kallsyms; done\r")  # and nobody reads
    for _ in range(20):
        assert vm.monitor.command("info status", timeout=10) == "VM status: running\n"
        time.sleep(0.1)
    vm.monitor.command("stop", timeout=10)
    assert vm.quit() == 0
