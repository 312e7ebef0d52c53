"""Address translation as the manual has it, over plain data: what the generator needs to know where accesses go, and the judge
to know how they fault.

Reference: Programming Environments Manual for 32-Bit Implementations, chapter 7.

SPDX-License-Identifier: MIT
"""

import collections

T, KS, KP, N = 0x80000000, 0x40000000, 0x20000000, 0x10000000
VSID = 0xffffff
W, I, M, G = 0x40, 0x20, 0x10, 8    # of BATs' lower words and of PTEs' second ones
PTE_V, PTE_H = 0x80000000, 0x40
PTE_R, PTE_C = 0x100, 0x80
VS, VP = 2, 1
PAGE = 0x1000
WORD = 0xffffffff

# fault: None, "miss", "protection", "direct-store" or "no-execute"; pte: the address of the entry that was found
Translation = collections.namedtuple("Translation", "fault physical wimg pte")


def bat(effective, physical, length, valid, wimg, pp):
    """A pair of words; length: bytes, a power of two from 128 KiB on."""
    return effective & ~(length - 1) | (length // 0x20000 - 1) << 2 | valid, physical & ~(length - 1) | wimg | pp


def bat_mask(upper):
    return (upper & 0x1ffc) << 15 | 0x1ffff


def block_allows(pp, access):
    return pp == 2 or (pp & 1 and access != "store")


def page_allows(pp, key, access):
    if key and pp < 2:
        return pp == 1 and access != "store"
    return pp != 3 or access != "store"


class Mmu:
    """The registers, and the page table as {address: word}."""

    def __init__(self):
        self.sr = [0] * 16
        self.sdr1 = 0
        self.bats = {"I": [(0, 0)] * 4, "D": [(0, 0)] * 4}
        self.table = {}  # {address: word}
        self.tags = {}   # {(group, an entry's first word): its address}

    def pteg(self, vsid, ea, secondary):
        value = (vsid & 0x7ffff) ^ (ea >> 12 & 0xffff)
        value = ~value & 0x7ffff if secondary else value
        return self.sdr1 & 0xffff0000 | (value >> 10 & self.sdr1 & 0x1ff) << 16 | (value & 0x3ff) << 6

    def add(self, at, upper, lower):
        """An entry at an address that has none."""
        self.table[at], self.table[at + 4] = upper, lower
        self.tags[at & ~63, upper] = at

    def find(self, ea):
        """The address of the entry that matches, or None."""
        vsid = self.sr[ea >> 28] & VSID
        want = PTE_V | vsid << 7 | ea >> 22 & 0x3f
        at = self.tags.get((self.pteg(vsid, ea, False), want))
        return self.tags.get((self.pteg(vsid, ea, True), want | PTE_H)) if at is None else at

    def matching_bats(self, ea, side):
        """Those that are valid for anybody."""
        return [(upper, lower) for upper, lower in self.bats[side]
                if upper & (VS | VP) and not (ea ^ upper) & ~bat_mask(upper) & WORD]

    def doubly_mapped(self, ea, side):
        """Two BATs that match are an error of the program."""
        matching = self.matching_bats(ea, side)
        return len(matching) > 1 and any(sum(1 for upper, _ in matching if upper & valid) > 1 for valid in (VS, VP))

    def translate(self, ea, access, user):
        """access: "load", "store" or "fetch"."""
        valid = VP if user else VS
        for upper, lower in self.bats["I" if access == "fetch" else "D"]:
            if not upper & valid or (ea ^ upper) & ~bat_mask(upper) & WORD:
                continue
            physical = lower & 0xfffe0000 & ~bat_mask(upper) | ea & bat_mask(upper)
            return Translation(None if block_allows(lower & 3, access) else "protection", physical, lower & 0x78, None)
        sr = self.sr[ea >> 28]
        if sr & T:
            return Translation("direct-store", None, 0, None)
        if access == "fetch" and sr & N:
            return Translation("no-execute", None, 0, None)
        at = self.find(ea)
        if at is None:
            return Translation("miss", None, 0, None)
        lower = self.table[at + 4]
        fault = None if page_allows(lower & 3, bool(sr & (KP if user else KS)), access) else "protection"
        if access == "fetch" and lower & G:
            fault = "no-execute"
        return Translation(fault, lower & 0xfffff000 | ea & 0xfff, lower & 0x78, at)
