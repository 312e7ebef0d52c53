"""Programs that people drive an emulator with, as Debian has them: libvirt, labgrid, VNC's viewers.

SPDX-License-Identifier: MIT
"""

import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from test_displays import png_pixels, ppm_pixels

DOMAIN = """<domain type='qemu'>
  <name>vmc</name>
  <memory unit='MiB'>128</memory>
  <os><type arch='ppc' machine='VMC'>hvm</type></os>
  <devices>
    <emulator>{}</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <serial type='pty'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/> <source file='{}'/> <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'> <model type='virtio'/> </interface>
  </devices>
</domain>
"""


def needs(*programs):
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            pytest.skip(f"{program} is not installed")


# ---- libvirt ----

class Libvirt:
    """A libvirtd of one's own, on a Unix socket in a short folder; as nobody where the test is root's, since root's is the host's."""

    def __init__(self, folder):
        self.folder = folder
        self.prefix = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        if self.prefix:
            shutil.chown(folder, pwd.getpwnam("nobody").pw_uid)
        self.environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": str(folder), "LC_ALL": "C"}
        for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            self.environment[name] = str(folder / name[4:7].lower())
            self.run("mkdir", "-m", "700", self.environment[name])
        self.log = open(folder / "log", "w")
        self.daemon = subprocess.Popen([*self.prefix, "libvirtd", "--timeout", "30"], env=self.environment, cwd=folder,
                                       stdout=self.log, stderr=self.log)
        self.socket = folder / "run" / "libvirt" / "libvirt-sock"
        deadline = time.monotonic() + 60
        while not self.socket.exists():
            assert time.monotonic() < deadline and self.daemon.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)

    def run(self, *command):
        done = subprocess.run([*self.prefix, *command], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def virsh(self, line):
        return self.run("virsh", "-c", f"qemu+unix:///session?socket={self.socket}", *shlex.split(line))

    def close(self):
        subprocess.run([*self.prefix, "kill", *map(str, self.children())], env=self.environment, check=False)
        self.daemon.wait(60)
        self.log.close()

    def children(self):
        """The daemon, and the one for logs that it has started: those that have our folder in their environment."""
        ours = f"XDG_RUNTIME_DIR={self.environment['XDG_RUNTIME_DIR']}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if ours in (process / "environ").read_bytes():
                    yield process.name
            except OSError:
                pass


@pytest.fixture
def libvirt():
    needs("libvirtd", "virsh")
    if os.getuid() == 0:
        needs("runuser")
    with tempfile.TemporaryDirectory(prefix="lv", dir="/tmp") as name:
        os.chmod(name, 0o755)
        daemon = Libvirt(Path(name))
        yield daemon
        daemon.close()


def test_libvirt_has_a_domain(libvirt, sysemu):
    """libvirt takes the architecture from the program's name: the link, not `sysemu`."""
    emulator = Path(sysemu).with_name("qemu-system-ppc").absolute()
    image = libvirt.folder / "image"
    libvirt.run(Path(sysemu).with_name("sysemu-img").absolute(), "create", "-q", "-f", "qcow2", image, "16M")
    (libvirt.folder / "vmc.xml").write_text(DOMAIN.format(emulator, image))
    libvirt.virsh("define vmc.xml")
    libvirt.virsh("start vmc")
    assert libvirt.virsh("domstate vmc") == "running"
    libvirt.virsh("suspend vmc")
    assert libvirt.virsh("domstate vmc --reason") == "paused (user)"
    assert libvirt.virsh("qemu-monitor-command vmc --hmp 'info status'") == "VM status: paused"
    libvirt.virsh("resume vmc")
    assert libvirt.virsh("domstate vmc") == "running"
    assert libvirt.virsh("ttyconsole vmc").startswith("/dev/pts/")
    assert "vda rd_req 0" in libvirt.virsh("domblkstat vmc vda")
    libvirt.virsh("blockresize vmc vda 32M")
    assert re.search(rf"Capacity: +{32 << 20}\b", libvirt.virsh("domblkinfo vmc vda"))
    libvirt.virsh("reset vmc")
    libvirt.virsh("destroy vmc")
    assert libvirt.virsh("domstate vmc") == "shut off"
    libvirt.virsh("undefine vmc")


# ---- labgrid ----

LABGRID = """targets:
  main:
    drivers:
      - QEMUDriver:
          qemu_bin: emulator
          machine: VMC
          cpu: '755'
          memory: 128M
          boot_args: console=ttyS0 quiet
          kernel: kernel
          extra_args: -initrd {initrd}
      - ShellDriver:
          prompt: '/ # '
          login_prompt: 'login: '
          username: root
          login_timeout: 300
tools:
  emulator: {emulator}
images:
  kernel: {kernel}
"""

LABGRID_STEPS = """
import sys
from labgrid import Environment

target = Environment(sys.argv[1]).get_target("main")
qemu = target.get_driver("QEMUDriver", activate=False)
target.activate(qemu)
qemu.on()
print(target.get_driver("ShellDriver").run_check("uname -m", timeout=120))
print(qemu.monitor_command("query-status"))
qemu.off()
"""


def test_labgrid_gets_a_shell(sysemu, guest_image, tmp_path):
    python = "/usr/bin/python3"  # Debian's, which has it
    if subprocess.run([python, "-c", "import labgrid"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("labgrid is not installed")
    path = tmp_path / "env.yaml"
    path.write_text(LABGRID.format(initrd=guest_image("ppc/initramfs.cpio.gz"), kernel=guest_image("ppc/vmlinux-mvme5100"),
                                   emulator=Path(sysemu).with_name("qemu-system-ppc").absolute()))
    done = subprocess.run([python, "-c", LABGRID_STEPS, path], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "['ppc']" in done.stdout and "'status': 'running'" in done.stdout


# ---- viewers ----

def test_viewers_take_the_picture_that_the_screen_has(start, tmp_path):
    needs("gvnccapture", "vncsnapshot")
    """What the firmware says on a text console: vncsnapshot waits for something to be there."""
    emulator = start("-M", "VMC", "-vnc", "127.0.0.1:40,to=60", "-serial", "vc:80Cx24C")
    port = int(re.search(r"127\.0\.0\.1:(\d+)", emulator.monitor.command("info vnc")).group(1))
    picture, dump = tmp_path / "picture.png", tmp_path / "dump.ppm"
    deadline = time.monotonic() + 60
    while not dump.exists() or not any(map(any, ppm_pixels(dump)[2])):
        assert time.monotonic() < deadline
        emulator.monitor.command(f"screendump {dump}")
    emulator.monitor.command("stop")
    for command in (["gvnccapture", f"127.0.0.1:{port - 5900}", str(picture)],
                    ["vncsnapshot", f"127.0.0.1:{port - 5900}", str(tmp_path / "picture.jpg")]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "640x384 screen" in done.stdout + done.stderr
    assert (tmp_path / "picture.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    emulator.monitor.command(f"screendump {dump}")
    assert png_pixels(picture) == ppm_pixels(dump)
