/* SPDX-License-Identifier: MIT */
    .section .rodata
    .balign 8
    .globl device_tree
device_tree:
    .incbin DTB_FILE
