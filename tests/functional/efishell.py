"""EDK2's shell on the first serial line, as the packages' firmware for both ARM and PCs starts it.

SPDX-License-Identifier: MIT
"""

import re

GUID = "c0ffee00-93ca-11d2-aa0d-00e098032b8c"
PROMPT = re.compile(rb"Shell>")


def keeps_a_variable(emulator, flash):
    """Sets one and reads it in the shell, switches the machine off, and looks for it in the file of the flash."""
    serial = emulator.serial[0]
    serial.expect("seconds to skip")
    serial.send("\x1b")
    serial.expect(PROMPT)
    serial.send(f"setvar sysemu -guid {GUID} -bs -nv =0x1234\r")
    serial.expect(PROMPT)
    serial.send(f"setvar sysemu -guid {GUID}\r")
    assert re.search(r"34 12|3412", serial.expect(PROMPT))
    serial.send("reset -s\r")
    assert emulator.wait(60) == 0
    assert "sysemu".encode("utf-16-le") in flash.read_bytes()
