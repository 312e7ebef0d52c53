"""Rows of departures.py about address translation: label, the manual's section, condition, what may differ.

SPDX-License-Identifier: MIT
"""

from manual_mmu import STORE
from translation import PTE_C, PTE_R

ALL = (1 << 64) - 1
REFERENCED = {f"pte{n}.1": PTE_R for n in range(8)}
CHANGED = {f"pte{n}.1": PTE_C for n in range(8)}
REGISTERS = {f"r{n}": ALL for n in range(32)}
MEMORY = {f"m{i:x}": 0xff for i in range(0x2000)}
SEVERAL_LOADS = ("lmw", "lswi", "lswx")


def faults(d, vector):
    return d.sequence.mmu and d.ours["vector"] == vector


ROWS = [
    ("R is set only by accesses that are allowed", "MPC750UM 5.4.1, figure 5-9", lambda d: d.sequence.mmu, REFERENCED),
    ("a fetch from a guarded page or one without any right succeeds", "PEM 7.4.4, 7.5.4, 5.2.1.5",
     lambda d: faults(d, 0x400), None),
    ("dcbz of a write-through or uncached page, or with the cache off, zeroes; DAR has the line's address",
     "MPC750UM 4.5.6", lambda d: d.sequence.mmu and d.name == "dcbz", None),
    ("loads and stores in a direct-store segment are done, or are another fault", "MPC750UM 4.5.3, PEM 7.7",
     lambda d: faults(d, 0x300) and d.ours["dsisr"] & 0x04000000, None),
    ("icbi is translated", "MPC750UM 3.4.2.6", lambda d: d.sequence.mmu and d.name == "icbi", None),
    ("a fault of dcbi isn't a store's", "PEM 8", lambda d: faults(d, 0x300) and d.name == "dcbi", {"dsisr": STORE}),
    ("what a load multiple or string instruction loads before its fault (undefined)", "PEM 4.2.4.5, 6.4.3",
     lambda d: faults(d, 0x300) and d.name in SEVERAL_LOADS, REGISTERS),
    ("what is stored in the first page before a fault in the second (undefined)", "PEM 6.4.3",
     lambda d: faults(d, 0x300), {**MEMORY, **CHANGED}),
    ("stwcx. without a reservation isn't translated", "PEM 8",
     lambda d: d.sequence.mmu and d.name == "stwcx.", None),
]
