#!/usr/bin/env python3
"""Makes Linux 6.1's MVME5100 board file bootable: reads it, writes the corrected text.

Two faults keep the unmodified kernel from booting and from rebooting:
 - the interrupt controller's base is read from the host bridge by a discover_phbs hook, which runs after the interrupt
   controller is set up; here the set-up calls the discovery itself, and the hook goes;
 - the reset register is first touched after the exception vectors have been moved away, and the page fault of that access
   has nowhere to go; here it is read once before.

usage: fix-mvme5100.py mvme5100.c > fixed.c

SPDX-License-Identifier: MIT
"""

import re
import sys

EDITS = [
    # (what to find, what to put there)
    (r"(?=static void __init mvme5100_pic_init\(void\)\n)",
     "static void __init mvme5100_setup_pci(void);\n\n"),
    (r"(?=\tnp = of_find_node_by_type\(NULL, \"open-pic\"\);)", "\tmvme5100_setup_pci();\n\n"),
    (r"(?=\tmtmsr\(mfmsr\(\) \| MSR_IP\);)", "\tin_8((u_char *)restart);\n"),
    (r"\t\.discover_phbs[^\n]*\n", ""),
]


def fix(text):
    for pattern, replacement in EDITS:
        text, count = re.subn(pattern, replacement, text)
        if count != 1:
            sys.exit(f"fix-mvme5100.py: expected one match of {pattern!r}, found {count}: "
                     "this is not the board file of Linux 6.1")
    return text


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as source:
        sys.stdout.write(fix(source.read()))


if __name__ == "__main__":
    main()
