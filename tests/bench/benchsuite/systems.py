"""What the benchmark's guests are: architectures with their compilers and emulators, and the boards that these have.

SPDX-License-Identifier: MIT
"""

import dataclasses
import platform


@dataclasses.dataclass(frozen=True)
class Board:
    """kernel: the image of Linux below the folder of guests (guestimages). bare: the emulator's options for a ROM, if the board runs
    programs without an operating system; console: the address of a 16550, the logarithm of the distance of its registers, and, if it
    is on a PCI card, that card's device number; rom_padding: bytes in a ROM image before the last MiB, which ends with the address
    space."""
    kernel: str
    linux: tuple
    bare: tuple = ()
    console: tuple = ()
    rom_padding: int = 0


def _virt(kernel, cpu):
    return Board(kernel, ("-m", "512", "-machine", "virt", "-cpu", cpu, "-nodefaults", "-display", "none", "-serial", "stdio",
                          "-append", "console=ttyAMA0 quiet"))


def _pc(kernel):
    return Board(kernel, ("-m", "512", "-machine", "pc", "-cpu", "max", "-nodefaults", "-display", "none", "-serial", "stdio",
                          "-append", "console=ttyS0 quiet"))


BOARDS = {
    "VMC": Board("ppc/vmlinux-mvme5100",
                 ("-m", "256", "-machine", "VMC", "-cpu", "755", "-nodefaults", "-display", "none", "-serial", "stdio",
                  "-append", "console=ttyS0,9600 quiet"),
                 ("-machine", "VMC", "-cpu", "755", "-serial", "stdio"),
                 ("-DBOARD_UART=0xfef88000u", "-DBOARD_UART_SHIFT=4")),
    "g3beige": Board("ppc/vmlinux-pmac",
                     ("-m", "256", "-M", "g3beige", "-cpu", "750", "-nographic", "-append", "console=ttyPZ0 quiet"),
                     ("-M", "g3beige", "-cpu", "750", "-chardev", "stdio,id=serial", "-device", "pci-serial,chardev=serial,addr=0d"),
                     ("-DBOARD_UART=0xfe001000u", "-DBOARD_UART_SHIFT=0", "-DBOARD_PCI_UART=13"), 3 << 20),
    "pc-amd64": _pc("amd64/vmlinuz"),
    "pc-i386": _pc("i386/vmlinuz"),
    "virt-arm64": _virt("arm64/Image", "cortex-a57"),
    "virt-armhf": _virt("armhf/zImage", "cortex-a15"),
}


@dataclasses.dataclass(frozen=True)
class Architecture:
    """compiler: of the guest's programs, with the options that make them what Debian's are. theirs: QEMU's board, where that isn't
    the same as ours. fp: further options of programs that calculate."""
    name: str
    compiler: tuple
    ours: str
    emulator: str
    theirs: str = ""
    fp: tuple = ()

    def board_of_qemu(self):
        return self.theirs or self.ours

    def runs_bare(self):
        return bool(BOARDS[self.ours].bare)

    def runs_on_host(self):
        """Whether the guest's executables are the host's, too."""
        return platform.machine() == "x86_64" and self.name in ("x86_64", "i386")


# The first one is what is measured unless others are asked for.
ARCHITECTURES = {architecture.name: architecture for architecture in (
    Architecture("ppc", ("powerpc-linux-gnu-gcc", "-m32", "-mcpu=750"), "VMC", "qemu-system-ppc", "g3beige"),
    Architecture("x86_64", ("x86_64-linux-gnu-gcc",), "pc-amd64", "qemu-system-x86_64"),
    Architecture("i386", ("i686-linux-gnu-gcc",), "pc-i386", "qemu-system-i386", fp=("-msse2", "-mfpmath=sse")),
    Architecture("aarch64", ("aarch64-linux-gnu-gcc",), "virt-arm64", "qemu-system-aarch64"),
    Architecture("arm", ("arm-linux-gnueabihf-gcc", "-marm", "-mfpu=neon-vfpv4"), "virt-armhf", "qemu-system-arm"),
    Architecture("thumb", ("arm-linux-gnueabihf-gcc", "-mthumb", "-mfpu=neon-vfpv4"), "virt-armhf", "qemu-system-arm"),
)}
PPC = ARCHITECTURES["ppc"]
