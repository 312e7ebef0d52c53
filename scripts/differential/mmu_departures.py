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
    ("R is set only by accesses that are allowed",
     "MPC750UM 5.4.1, table 5-8: by the search that finds the entry, before protection is looked at",
     lambda d: d.sequence.mmu, REFERENCED),
    ("a fetch from a guarded page or one without any right succeeds",
     "PEM 6.4.4: ISI for guarded memory and for what PP and the key forbid; 7.4.4, 7.5.4",
     lambda d: faults(d, 0x400), None),
    ("dcbz of a write-through or uncached page, or with the cache off, zeroes; DAR has the line's address",
     "MPC750UM 4.5.6, table 4-3: alignment exception, before a DSI; PEM 6.4.3: DAR is any byte of the line",
     lambda d: d.sequence.mmu and d.name == "dcbz", None),
    ("loads and stores in a direct-store segment are done, or are another fault",
     "MPC750UM 4.5.3: DSI with DSISR bit 5",
     lambda d: faults(d, 0x300) and d.ours["dsisr"] & 0x04000000, None),
    ("icbi is translated and faults", "750GXUM 3.4.2.6: it isn't, and can't fault",
     lambda d: d.sequence.mmu and d.name == "icbi", None),
    ("a fault of dcbi isn't a store's", "PEM 8, `dcbi`: treated as a store; 6.4.3, DSISR bit 6",
     lambda d: faults(d, 0x300) and d.name == "dcbi", {"dsisr": STORE}),
    ("what a load multiple or string instruction loads before its fault (undefined)",
     "750GXUM 2.3.4.3.5: may be interrupted by the DSI of a second page; PEM 6.4.3",
     lambda d: faults(d, 0x300) and d.name in SEVERAL_LOADS, REGISTERS),
    ("what is stored in the first page before a fault in the second (undefined)",
     "PEM 6.4.3: may have been done in part",
     lambda d: faults(d, 0x300), {**MEMORY, **CHANGED}),
    ("stwcx. without a reservation isn't translated", "PEM 8, `stwcx.`: whether it faults then is open",
     lambda d: d.sequence.mmu and d.name == "stwcx.", None),
]
