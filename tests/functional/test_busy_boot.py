"""Linux boots while the monitor and a debugger look at the running CPU without a pause.

With a build that has the thread sanitizer (scripts/check --full), none of its reports may come of that.

SPDX-License-Identifier: MIT
"""

import os
import time

import sysemu as library
from gdbremote import Remote

SUPPRESSIONS = os.path.join(os.path.dirname(__file__), os.pardir, "tsan.supp")
COMMANDS = ["info jit", "x/20i $pc", "x/64xw 0xc0000000", "info registers", "info cpus", "xp/16xw 0", "info mtree -f",
            "info qtree", "gva2gpa 0xc0000000", "p $r1", "info status"]


def use_debugger(path):
    remote = Remote(path, timeout=60)
    try:
        remote.ask("?")
        remote.ask("g")
        remote.ask("mc0000000,100")  # an error until the kernel has mapped it
        remote.monitor("info jit")
        remote.ask("Z0,c0001000,4")
        remote.ask("z0,c0001000,4")
        remote.ask("s")
        remote.send("c")
        remote.raw(b"\x03")
        remote.receive()
        remote.ask("D")
    finally:
        remote.close()


def test_looking_at_a_running_machine_disturbs_nothing(sysemu, guest_image, tmp_path, request):
    seconds = 30 if request.config.getoption("--smp-rounds") > 1 else 8
    kernel, initrd = guest_image("ppc/vmlinux-mvme5100"), guest_image("ppc/initramfs.cpio.gz")
    debugger = str(tmp_path / "gdb")
    options = f"suppressions={SUPPRESSIONS} log_path={tmp_path}/report exitcode=0"
    vm = library.Emulator(sysemu, "-machine", "VMC", "-cpu", "755", "-kernel", kernel, "-initrd", initrd, "-append",
                          "console=ttyS0 selftest=1", "-gdb", f"unix:{debugger}", timeout=120,
                          env={**os.environ, "TSAN_OPTIONS": options})
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for command in COMMANDS:
                vm.monitor.command(command, timeout=120)
            use_debugger(debugger)
            vm.serial[0].read_for(0.2)
        assert vm.quit() == 0
    finally:
        vm.kill()
    reports = "".join(path.read_text() for path in tmp_path.glob("report.*"))
    assert "WARNING: ThreadSanitizer" not in reports, reports[:4000]
