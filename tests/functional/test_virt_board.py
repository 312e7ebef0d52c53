"""The `virt` board: Debian's arm64 kernel to a shell and what it does there; what the board refuses; its device tree.

SPDX-License-Identifier: MIT
"""

import gzip
import hashlib
import random
import re
import shutil
import struct
import subprocess

import pytest

import installedqemu
from conftest import ROOT, has_libc, more, packed
from sysemu import PATIENT_LINUX, run

VIRT = ["-machine", "virt", "-display", "none"]
SHELL = "/ # "
COMPILER = "aarch64-linux-gnu-gcc"


@pytest.fixture(scope="session")
def image(guest_image):
    return guest_image("arm64/Image")


@pytest.fixture(scope="session")
def initrd(guest_image):
    return guest_image("arm64/initramfs.cpio.gz")


@pytest.fixture(scope="session")
def initrd_modules(guest_image):
    return guest_image("arm64/initramfs-modules.cpio")


@pytest.fixture
def linux(start, image, initrd):
    """linux(*args): Debian's kernel at its shell. Not at a random address, since moving there takes a third of the boot."""
    def boot(*args, kernel=image, archive=initrd):
        emulator = start(*VIRT, "-kernel", kernel, "-initrd", archive,
                         "-append", f"console=ttyAMA0 quiet nokaslr {PATIENT_LINUX}", *args, timeout=240)
        emulator.serial[0].expect("ARM64-GUEST-UP")
        emulator.serial[0].expect(SHELL)
        return emulator
    return boot


def said(emulator, command):
    """A command's output in the guest. What is typed may be echoed twice, the marks come once."""
    serial = emulator.serial[0]
    serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))\n")
    return serial.expect("DONE-42\r\n").split("SAYS-41\r\n", 1)[1]


def power_off(emulator):
    emulator.serial[0].send("poweroff -f\n")
    assert emulator.wait(60) == 0


@pytest.mark.parametrize("cpu,part", [more("cortex-a53", "0xd03"), ("cortex-a57", "0xd07"), more("cortex-a72", "0xd08")])
def test_a_shell_comes_and_goes(linux, cpu, part):
    emulator = linux("-cpu", cpu)
    assert f": {part}" in said(emulator, "grep 'CPU part' /proc/cpuinfo")
    assert "e071f707df7bbeee2a6a1eb48011ddd0" in said(emulator, "seq 1 20000 | md5sum")
    assert "cd52d81e25f372e6fa4db2c0dfceb59862c1969cab17096da352b34950c973cc" in \
        said(emulator, "dd if=/dev/zero bs=1M count=20 2>/dev/null | sha256sum")
    assert "3.1415926" in said(emulator, "echo 'scale=8; 4*a(1)' | bc -l")
    assert "Undefined" not in said(emulator, "dmesg")
    power_off(emulator)


BASE = "fp asimd evtstrm aes pmull sha1 sha2 crc32"
ARMV8_2 = f"{BASE} atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
EXTENSIONS = {
    "cortex-a35": f"{BASE} cpuid",
    "cortex-a55": ARMV8_2,
    "cortex-a76": f"{ARMV8_2} ssbs",
    "neoverse-n1": f"{ARMV8_2} ssbs",
    "max": f"{ARMV8_2} ssbs jscvt fcma sha3 sm3 sm4 sha512 asimdfhm dit ilrcpc uscat flagm paca pacg dcpodp flagm2 frint i8mm "
           "bf16 dgh rng bti sb sve sve2 sveaes svepmull svebitperm svesha3 svesm4 svei8mm svef32mm svef64mm svebf16",
}


@pytest.mark.parametrize("cpu", [cpu if cpu == "max" else more(cpu) for cpu in EXTENSIONS])
def test_extensions(linux, cpu):
    """What the kernel finds, and what it does with it: PAN, the hardware's access flag, keys for pointers."""
    emulator = linux("-cpu", cpu)
    features = re.search(r"Features\s*: (.*?)\r", said(emulator, "cat /proc/cpuinfo"))[1].split()
    assert set(features) == set(EXTENSIONS[cpu].split())
    assert "3.1415926" in said(emulator, "echo 'scale=8; 4*a(1)' | bc -l")
    log = said(emulator, "dmesg")
    assert "Undefined" not in log
    if cpu == "max":
        assert "detected: Privileged Access Never" in log
        assert "detected: Address authentication (architected QARMA5 algorithm)" in log
    power_off(emulator)


@pytest.mark.parametrize("longest", [more(1), more(2), 4])
def test_what_compilers_make_of_sve2(linux, initrd, tmp_path, longest):
    """Loops built for SVE2 give what they give built without; vectors of that many quadwords."""
    if not has_libc(COMPILER) or not shutil.which("cpio"):
        pytest.skip(f"no {COMPILER} with libc (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross) or no cpio")
    for name, options in (("plain", ["-O1"]), ("sve2", ["-O3", "-march=armv8.5-a+sve2"])):
        subprocess.run([COMPILER, *options, "-ffp-contract=off", "-static", "-Wall", "-o", tmp_path / name,
                        ROOT / "tests/guest/aarch64/vectorized.c"], check=True)
    first = initrd.read_bytes()
    archive = tmp_path / "initrd"
    archive.write_bytes(first + bytes(-len(first) % 4) + packed(tmp_path, "plain", "sve2"))
    emulator = linux("-cpu", f"max,sve-max-vq={longest}", archive=archive)
    plain = said(emulator, "/plain")
    assert plain.count("overlapping") == 40 and "sums" in plain
    assert said(emulator, "/sve2") == plain
    power_off(emulator)


@pytest.mark.parametrize("cpus", [more(2), 4])
def test_several_cpus(linux, cpus):
    emulator = linux("-smp", cpus, "-m", "256M")
    assert said(emulator, "nproc").strip() == str(cpus)
    jobs = " & ".join("seq 1 30000 | md5sum" for _ in range(2 * cpus))
    sums = re.findall(r"([0-9a-f]{32}) ", said(emulator, f"{jobs} & wait"))
    assert len(sums) == 2 * cpus and len(set(sums)) == 1
    # a CPU that is taken away and brought back
    assert "ONLINE 1" in said(emulator, "cd /sys/devices/system/cpu/cpu1; echo 0 >online; echo 1 >online; "
                                        "echo ONLINE $(cat online); cd /")
    power_off(emulator)


@pytest.mark.parametrize("cpus,last", [(2, "1"), more(18, "101")])
def test_gicv3(linux, initrd_modules, cpus, last):
    """Interrupts between CPUs, private ones of each, and a PCI card's pin; 18 CPUs are two clusters."""
    emulator = linux("-machine", "virt,gic-version=3,its=off", "-smp", cpus, "-m", "512M", archive=initrd_modules)
    assert said(emulator, "nproc").strip() == str(cpus)
    assert f"CPU{cpus - 1}: found redistributor {last} region 0" in said(emulator, "dmesg")
    assert "lease of 10.0.2.15 obtained" in said(emulator, "ip link set eth0 up; udhcpc -i eth0 -n -q 2>&1")
    interrupts = said(emulator, "cat /proc/interrupts")
    timer = re.search(rf"^ *\d+:((?: +\d+){{{cpus}}}) +GICv3 +27 Level +arch_timer", interrupts, re.MULTILINE)
    assert all(int(count) > 0 for count in timer[1].split())
    assert re.search(r"GICv3 +36 Level +virtio0", interrupts)
    power_off(emulator)


MESSAGES = r"^ *(\d+):((?: +\d+){%d}) +ITS-MSI +\d+ Edge +(\S+)\r?$"


@pytest.mark.parametrize("cpus", [more(1), 2, more(4)])
def test_the_its_takes_messages(linux, initrd_modules, tmp_path, cpus):
    """A disk, NVMe and two NICs, one of them behind a port; their interrupts move from CPU to CPU while they are at work."""
    disks = [tmp_path / "virtio.img", tmp_path / "nvme.img"]
    for number, disk in enumerate(disks):
        disk.write_bytes(hashlib.sha256(bytes([number])).digest() * (1 << 19))
    emulator = linux("-machine", "virt,gic-version=3", "-smp", cpus, "-m", "512M", "-nic", "user", "-drive", f"format=raw,file={disks[0]}",
                     "-drive", f"if=none,id=two,format=raw,file={disks[1]}", "-device", "nvme,drive=two,serial=two",
                     "-device", "pcie-root-port,id=port", "-netdev", "user,id=net", "-device", "e1000e,netdev=net,bus=port",
                     "-d", "guest_errors", archive=initrd_modules)
    log = said(emulator, "dmesg")
    assert "ITS@0x0000000008080000: allocated 8192 Devices" in log
    assert f"CPU{cpus - 1}: using allocated LPI pending table" in log
    for nic in ("eth0", "eth1"):
        assert "lease of 10.0.2.15 obtained" in said(emulator, f"ip link set {nic} up; udhcpc -i {nic} -n -q 2>&1; ip link set {nic} down")
    move = "for i in $(cd /proc/irq; echo [0-9]*); do echo $((1 << n %% %d)) >/proc/irq/$i/smp_affinity; done 2>/dev/null" % cpus
    said(emulator, f"{{ n=0; while [ ! -e /stop ]; do n=$((n + 1)); {move}; done & }}")
    read = "for n in 1 2 3; do echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/%s bs=4k 2>/dev/null | sha256sum; done"
    for name, disk in (("vda", disks[0]), ("nvme0n1", disks[1])):
        sums = re.findall(r"[0-9a-f]{64}", said(emulator, read % name))
        assert sums == [hashlib.sha256(disk.read_bytes()).hexdigest()] * 3
    said(emulator, "touch /stop")
    counts = {name: [int(n) for n in numbers.split()] for _, numbers, name in
              re.findall(MESSAGES % cpus, said(emulator, "cat /proc/interrupts"), re.MULTILINE)}
    assert sum(sum(c) for name, c in counts.items() if "-req." in name) > 100
    assert sum(sum(c) for name, c in counts.items() if name.startswith("nvme0q")) > 100
    assert sum(len([n for n in c if n]) for c in counts.values()) > cpus  # they have been elsewhere
    assert "gicv3: cpu0" in emulator.monitor.command("info pic") and "its: enabled" in emulator.monitor.command("info pic")
    assert "arm-gicv3" not in emulator.error_text()
    power_off(emulator)


@pytest.mark.takes_long
def test_the_its_after_a_reboot(linux, initrd_modules):
    """The NIC is on a conventional bus: its messages come from the bridge."""
    emulator = linux("-machine", "virt,gic-version=3", "-smp", "2", "-device", "pci-bridge,id=bridge,chassis_nr=1",
                     "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,bus=bridge,addr=2", archive=initrd_modules)
    lease = "ip link set eth0 up; udhcpc -i eth0 -n -q 2>&1"
    assert "lease of 10.0.2.15 obtained" in said(emulator, lease)
    emulator.serial[0].send("reboot -f\n")
    emulator.serial[0].expect("ARM64-GUEST-UP")
    emulator.serial[0].expect(SHELL)
    assert "lease of 10.0.2.15 obtained" in said(emulator, lease)
    power_off(emulator)


def test_the_its_is_left_out(linux, initrd_modules):
    emulator = linux("-machine", "virt,gic-version=3,its=off", "-nic", "user", archive=initrd_modules)
    assert "lease of 10.0.2.15 obtained" in said(emulator, "ip link set eth0 up; udhcpc -i eth0 -n -q 2>&1")
    interrupts = said(emulator, "cat /proc/interrupts")
    assert "ITS-MSI" not in interrupts and re.search(r"GICv3 +36 Level +virtio0", interrupts)
    assert "gicv3_its" not in emulator.monitor.command("info mtree")
    power_off(emulator)


def test_reboot(linux):
    emulator = linux()
    emulator.serial[0].send("reboot -f\n")
    emulator.serial[0].expect("ARM64-GUEST-UP")
    emulator.serial[0].expect(SHELL)
    power_off(emulator)


def test_a_packed_kernel(linux, image, tmp_path):
    packed = tmp_path / "Image.gz"
    packed.write_bytes(gzip.compress(image.read_bytes(), 1))
    power_off(linux(kernel=packed))


def test_a_virtio_disk(linux, tmp_path):
    """In the last of the transports, whose interrupt is 32 + 16 + 31."""
    disk = tmp_path / "disk.img"
    disk.write_bytes(b"written by the host\n".ljust(1 << 20, b"\0"))
    emulator = linux("-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "virtio-blk-device,drive=disk")
    assert "written by the host" in said(emulator, "head -1 /dev/vda")
    assert re.search(r"GIC-0 +79 Level +virtio0", said(emulator, "cat /proc/interrupts"))
    said(emulator, "echo written by the guest | dd of=/dev/vda bs=512 seek=2 conv=sync; sync")
    power_off(emulator)
    assert disk.read_bytes()[1024:].startswith(b"written by the guest\n")


def test_pci_devices_and_messages(linux, initrd_modules, tmp_path):
    """A disk and the default NIC on the root bus, and an entropy source behind a port: each has interrupts of its own."""
    disk = tmp_path / "disk.img"
    disk.write_bytes(b"written by the host\n".ljust(1 << 20, b"\0"))
    emulator = linux("-drive", f"format=raw,file={disk}", "-nic", "user", "-device", "pcie-root-port,id=port",
                     "-device", "virtio-rng-pci,bus=port", archive=initrd_modules)
    assert "written by the host" in said(emulator, "head -1 /dev/vda")
    assert "lease of 10.0.2.15 obtained" in said(emulator, "ip link set eth0 up; udhcpc -i eth0 -n -q 2>&1")
    assert "virtio_rng.0" in said(emulator, "cat /sys/class/misc/hw_random/rng_available")
    assert said(emulator, "head -c 64 /dev/hwrng | wc -c").strip() == "64"
    interrupts = said(emulator, "cat /proc/interrupts")
    for source in ("virtio[0-9]-req.0", "virtio[0-9]-input.0", "virtio[0-9]-output.0", "virtio[0-9]-input"):
        assert int(re.search(rf"^ *[0-9]+: +(\d+) +MSI +\d+ Edge +{source}\r?$", interrupts, re.MULTILINE)[1]) > 0
    said(emulator, "echo written by the guest | dd of=/dev/vda bs=512 seek=2 conv=sync; sync")
    power_off(emulator)
    assert disk.read_bytes()[1024:].startswith(b"written by the guest\n")


@pytest.mark.parametrize("machine", [more("iommu=smmuv3"), "iommu=smmuv3,gic-version=3"])
def test_functions_behind_the_smmu(linux, initrd_modules, tmp_path, machine):
    """
    Disks and a NIC on the root bus, an entropy source behind a port: each is a stream of its own; a ring of many pages.

    Debian's kernel invalidates each translation as soon as its buffer is done (iommu.strict=1 is its default).
    """
    contents = [bytes(random.Random(n).randbytes(4 << 20)) for n in range(2)]
    disks = [tmp_path / "a", tmp_path / "b"]
    for disk, data in zip(disks, contents):
        disk.write_bytes(data)
    emulator = linux("-machine", machine, "-smp", "2", "-m", "256",
                     "-drive", f"if=none,id=a,format=raw,file={disks[0]}", "-device", "virtio-blk-pci,drive=a,queue-size=1024,iommu_platform=on",
                     "-drive", f"if=none,id=b,format=raw,file={disks[1]}", "-device", "nvme,drive=b,serial=1",
                     "-nic", "user,model=e1000e", "-device", "pcie-root-port,id=port",
                     "-device", "virtio-rng-pci,bus=port,iommu_platform=on", archive=initrd_modules)
    assert said(emulator, "dmesg").count("Adding to iommu group") == 5
    sums = said(emulator, "md5sum /dev/vda /dev/nvme0n1")
    assert [line.split()[0] for line in sums.splitlines()] == [hashlib.md5(data).hexdigest() for data in contents]
    assert "lease of 10.0.2.15 obtained" in said(emulator, "ip link set eth0 up; udhcpc -i eth0 -n -q 2>&1")
    assert said(emulator, "head -c 64 /dev/hwrng | wc -c").strip() == "64"
    said(emulator, "dd if=/dev/vda of=/dev/nvme0n1 bs=1M; sync")
    assert "event 0x" not in said(emulator, "dmesg") # no fault
    assert re.search(r"^ *\d+: +0 +0 .*arm-smmu-v3-evtq\r?$", said(emulator, "grep smmu /proc/interrupts"), re.M)
    power_off(emulator)
    assert disks[1].read_bytes() == contents[0]


def test_pins_and_low_addresses(linux, initrd_modules):
    """highmem=off, and a card that has no messages: in slot 3 its INTA is the root bus's INTD, SPI 6."""
    emulator = linux("-machine", "virt,highmem=off", "-netdev", "user,id=net", "-device", "i82559er,netdev=net,addr=3",
                      archive=initrd_modules)
    assert "ECAM at [mem 0x3f000000-0x3fffffff] for [bus 00-0f]" in said(emulator, "dmesg")
    assert "lease of 10.0.2.15 obtained" in said(emulator, "ip link set eth0 up; udhcpc -i eth0 -n -q 2>&1")
    assert re.search(r"^ *\d+: +[1-9]\d* +GIC-0 +38 Level +eth0", said(emulator, "cat /proc/interrupts"), re.MULTILINE)
    power_off(emulator)


def test_the_guest_sees_files_and_the_power_button(linux, initrd_modules, tmp_path):
    contents = tmp_path / "contents"
    contents.write_bytes(bytes(range(256)) * 300)
    emulator = linux("-fw_cfg", "name=opt/org.test/text,string=as it is", "-fw_cfg", f"opt/org.test/file,file={contents}",
                     "-boot", "menu=on,splash-time=500", archive=initrd_modules)
    files = "/sys/firmware/qemu_fw_cfg"
    assert said(emulator, f"modprobe qemu_fw_cfg; cat {files}/rev").strip() == "3"
    assert said(emulator, f"cat {files}/by_name/opt/org.test/text/raw").startswith("as it is")
    assert hashlib.md5(contents.read_bytes()).hexdigest() in said(emulator, f"md5sum {files}/by_name/opt/org.test/file/raw")
    assert said(emulator, f"hexdump -v -e '1/1 \"%02x\"' {files}/by_name/etc/boot-menu-wait/raw").startswith("f401")
    # Pressed and released: type 1 (EV_KEY), code 0x74 (KEY_POWER), value 1, then 0, and an event of another kind behind each
    said(emulator, "modprobe evdev; exec 3</dev/input/event0")
    emulator.monitor.command("system_powerdown")
    events = said(emulator, "head -c 96 <&3 | hexdump -v -e '1/1 \"%02x\"'")
    assert [events.strip()[48 * n + 32:48 * n + 48] for n in (0, 2)] == ["0100740001000000", "0100740000000000"]
    power_off(emulator)


def test_the_time_of_day_is_the_rtcs(linux):
    emulator = linux("-rtc", "base=2001-02-03T04:05:06")
    assert "Sat Feb  3 04:0" in said(emulator, "date")
    power_off(emulator)


def test_the_monitor_shows_the_cpu(linux):
    emulator = linux()
    emulator.monitor.command("stop")
    registers = emulator.monitor.command("info registers")
    assert registers.count("CPU#0") == 1
    # It may be anywhere: in the kernel's half of the addresses at EL1 or, the shell having just asked, in its own at EL0.
    pc, level = re.search(r"PC=([0-9a-f]{16})\n", registers)[1], re.search(r" (EL[01])[ht]\b", registers)[1]
    assert (pc[:4], level) in [("ffff", "EL1"), ("0000", "EL0")]
    assert re.search(r"^ffff.* EL1 r-x EL0 --- ", emulator.monitor.command("info tlb"), re.MULTILINE)
    tree = emulator.monitor.command("info mtree -f")
    for line in ("0000000009000000-0000000009000fff", "0000000040000000-0000000047ffffff", "0000000008010000-0000000008011fff"):
        assert line in tree
    emulator.monitor.command("cont")
    power_off(emulator)


# --- Command line

def test_the_command_named_after_the_architecture_has_this_board(sysemu):
    qemu = sysemu.parent / "qemu-system-aarch64"
    machines = run(qemu, "-machine", "help").stdout
    assert re.search(r"^virt +ARM Virtual Machine \(alias of (virt-\d\.\d)\)\n\1 +ARM Virtual Machine \(default\)$", machines, re.MULTILINE)
    assert "VMC" not in machines
    models = set(run(qemu, "-cpu", "help").stdout.split())
    assert {f"cortex-a{n}" for n in (7, 15, 35, 53, 55, 57, 72, 76)} | {"neoverse-n1", "max"} <= models
    assert "max-aarch32" not in models


@pytest.mark.parametrize("args,message", [
    (["-machine", "virt,gic-version=4"], "gic-version=4 isn't there yet: 2, 3 and max (3) are"),
    (["-machine", "virt,highmem=off", "-m", "4G"], "highmem=off leaves room for 3072 MB of RAM, there are 4096 MB (-m)"),
    (["-machine", "virt,iommu=vtd"], "iommu=vtd: expected none or smmuv3"),
    (["-machine", "virt,acpi=maybe"], "acpi=maybe: expected on, off or auto"),
    (["-machine", "virt", "-cpu", "max,sme=on"], "sme=on isn't there yet"),
    (["-machine", "virt", "-cpu", "max,sve-max-vq=5"], "sve-max-vq=5: vectors have 1 to 4 quadwords"),
    (["-machine", "virt", "-cpu", "max,sve128=off"], "sve128=off: SVE always has vectors of 128 bits"),
    (["-machine", "virt", "-cpu", "max,sve256=off"], "sve256=off: powers of two are there"),
    (["-machine", "virt", "-cpu", "max,pauth=off,pauth-qarma3=on"], "pauth-impdef, pauth-qarma3 and pauth-qarma5 need pauth=on"),
    (["-machine", "virt", "-cpu", "max,pauth-impdef=on,pauth-qarma3=on"],
     "pauth-impdef, pauth-qarma3 and pauth-qarma5: only one of them can be on"),
    (["-machine", "virt", "-cpu", "cortex-a9"], "unable to find CPU model 'cortex-a9'"),
    (["-machine", "virt", "-smp", "9"], "-smp 9: a GICv2 has 8 CPUs at most, gic-version=3 has more"),
    (["-machine", "virt,gic-version=3", "-smp", "124"], "123"),
    (["-machine", "virt", "-kernel", "/does/not/exist"], "could not open '/does/not/exist'"),
    (["-machine", "virt", "-bios", "/does/not/exist"], "could not find firmware '/does/not/exist'"),
    (["-machine", "virt", *("-fw_cfg opt/x%d,string=x " * 31 % tuple(range(31))).split(), "-device", "ramfb"], "no room for file 'etc/ramfb'"),
    (["-machine", "virt", "-device", "ramfb", "-fw_cfg", "etc/ramfb,string=x"], "there already is a file 'etc/ramfb'"),
    (["-machine", "virt", "-fw_cfg", "string=x"], "a name is missing: name=opt/NAME"),
    (["-machine", "virt", "-fw_cfg", "opt/x"], "expected one of string=TEXT and file=FILE"),
    (["-machine", "virt", "-fw_cfg", "opt/x,string=a,file=b"], "expected one of string=TEXT and file=FILE"),
    (["-machine", "virt", "-fw_cfg", "opt/x,file=/does/not/exist"], "can't load '/does/not/exist'"),
    (["-machine", "virt", "-fw_cfg", "opt/x,gen_id=o"], "gen_id: there is no object yet that makes contents"),
    (["-machine", "virt", "-fw_cfg", "opt/x,string=a", "-fw_cfg", "opt/x,string=a"], "there already is a file 'opt/x'"),
    (["-machine", "virt", "-fw_cfg", "opt/" + "x" * 52 + ",string=a"], "has 56 characters, expected 1 to 55"),
    (["-machine", "virt", "-initrd", "/etc/passwd"], "-initrd only allowed with -kernel option"),
])
def test_what_is_refused(sysemu, args, message):
    result = run(sysemu, *args, "-display", "none")
    assert result.returncode == 1
    assert message in result.stdout


def image_header(text_offset=0, size=0x1000, flags=0):
    return struct.pack("<IIQQQ", 0x14000000, 0, text_offset, size, flags) + bytes(24) + b"ARMd" + bytes(4)


REFUSED_KERNELS = {
    "big-endian": (lambda: image_header(flags=1), "is big-endian, expected a little-endian one"),
    "offset": (lambda: image_header(text_offset=0x300000), "no such offset"),
    "size": (lambda: image_header(size=1 << 40), "needs 1048576 MB of RAM, there are 128 MB (-m)"),
    "overflow": (lambda: image_header(size=2**64 - 1), "MB of RAM, there are 128 MB (-m)"),
    "cut-gzip": (lambda: gzip.compress(bytes(1000))[:-10], "could not be unpacked"),
    "large-gzip": (lambda: gzip.compress(bytes(200 << 20), 1), "unpacks to more than the 128 MB that there are"),
}


@pytest.mark.parametrize("kind", REFUSED_KERNELS)
def test_kernels_that_are_refused(sysemu, tmp_path, kind):
    contents, message = REFUSED_KERNELS[kind]
    kernel = tmp_path / "kernel"
    kernel.write_bytes(contents())
    result = run(sysemu, *VIRT, "-kernel", kernel)
    assert (result.returncode, result.stdout.count("\n")) == (1, 1)
    assert message in result.stdout


# --- The device tree

def tree(program, tmp_path, *args):
    if not shutil.which("dtc"):
        pytest.skip("dtc is not installed")
    blob = tmp_path / "virt.dtb"
    done = run(program, "-machine", f"virt,dumpdtb={blob}", "-display", "none", *args)
    assert done.returncode == 0, done.stdout
    return subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", blob], check=True, capture_output=True, text=True).stdout


def test_the_tree_says_what_was_asked_for(sysemu, tmp_path):
    source = tree(sysemu, tmp_path, "-smp", "3", "-m", "3G", "-cpu", "cortex-a72")
    assert source.count('compatible = "arm,cortex-a72"') == 3
    assert "reg = <0x00 0x40000000 0x00 0xc0000000>" in source
    assert 'method = "hvc"' in source


def test_seeds_are_random_or_not_there(sysemu, tmp_path):
    seeds = [re.findall(r"(kaslr|rng)-seed = <(.*)>;", tree(sysemu, tmp_path)) for _ in range(2)]
    assert [name for name, _ in seeds[0]] == ["kaslr", "rng"]
    assert not set(seeds[0]) & set(seeds[1])
    assert "-seed" not in tree(sysemu, tmp_path, "-machine", "dtb-randomness=off")


@pytest.mark.parametrize("smp,expected", [
    ("3", ["core0 100", "core1 101", "core2 102"]),
    ("5,maxcpus=8,cores=4", ["core0 100", "core1 101", "core2 102", "core3 103", "core0 104"]),
    ("4,cores=1,threads=2", ["core0", "thread0 100", "thread1 101", "core0", "thread0 102", "thread1 103"]),
])
def test_the_topology_is_in_the_tree(sysemu, tmp_path, smp, expected):
    source = tree(sysemu, tmp_path, "-smp", smp)
    found = re.findall(r"(core\d|thread\d) \{\s+(?:cpu = <0x(\w+)>)?", source)
    assert [" ".join(filter(None, pair)) for pair in found] == expected


def nodes(source):
    """Path of each node with its properties."""
    found, path = {}, []
    for line in source.splitlines():
        line = line.strip()
        if line.endswith("{"):
            path.append(line[:-1].strip())
            found["/".join(path)] = {}
        elif line == "};":
            path.pop()
        elif path and line:
            name, _, value = line.rstrip(";").partition(" = ")
            found["/".join(path)][name] = value
    return found


@pytest.mark.parametrize("machine", ["", ",highmem=off", ",gic-version=3", ",gic-version=3,its=off", ",iommu=smmuv3"])
def test_devices_are_where_the_reference_has_them(sysemu, tmp_path, machine):
    reference = installedqemu.find("qemu-system-aarch64")
    if not reference:
        pytest.skip("qemu-system-aarch64 is not installed")
    args = ["-machine", f"virt{machine}", "-cpu", "cortex-a57", "-smp", "2", "-m", "256"]
    ours, theirs = (nodes(tree(program, tmp_path, *args)) for program in (sysemu, reference))
    for path in ("//pl011@9000000", "//pl031@9010000", "//timer", "//pmu", "//memory@40000000", "//flash@0", "//psci",
                 "//cpus/cpu@0", "//cpus/cpu@1", "//intc@8000000", "//intc@8000000/v2m@8020000", "//pcie@10000000",
                 "//intc@8000000/its@8080000", "//fw-cfg@9020000", "//smmuv3@9050000", "//pl061@9030000", "//gpio-keys", "//gpio-keys/poweroff"):
        if ("v2m" in path and "gic-version=3" in machine) or ("its@" in path and not machine.endswith("gic-version=3")):
            assert path not in ours and path not in theirs
            continue
        if "smmuv3@" in path and "smmuv3" not in machine:
            assert path not in ours and path not in theirs
            continue
        mine, other = ours[path], theirs[path]
        for name in ("compatible", "reg", "interrupts", "#interrupt-cells", "enable-method", "method", "bank-width", "ranges",
                     "bus-range", "interrupt-map-mask", "device_type", "linux,pci-domain",
                     "linux,code", "label", "#gpio-cells", "#redistributor-regions", "#msi-cells", "#iommu-cells", "interrupt-names", "dma-coherent"):
            assert mine.get(name) == other.get(name), (path, name)
        assert ("msi-map" in mine) == ("msi-map" in other)
        assert ("iommu-map" in mine) == ("iommu-map" in other)
