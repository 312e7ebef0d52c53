/*
 * The device tree for the kernel: the one compiled into the image, copied with what only this board
 * at this moment knows.
 *
 * Reference: Devicetree Specification v0.3, chapter 5 (flattened format).
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define FDT_MAGIC      0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4
#define FDT_END        9

typedef struct fdt_header {
    u32 magic, total_size, off_struct, off_strings, off_reserve, version, last_compatible;
    u32 boot_cpu, size_strings, size_struct;
} fdt_header;

/* vmc.dts, compiled */
extern const fdt_header device_tree[];

/* Names that the copy adds, after those of the original. */
static const char added_names[] = "bootargs\0linux,initrd-start\0linux,initrd-end";
#define NAME_BOOTARGS     0
#define NAME_INITRD_START 9
#define NAME_INITRD_END   28

typedef struct writer {
    u32 *out;
    u32 names; /* offset of added_names in the strings */
} writer;

static void put_word(writer *w, u32 v)
{
    *w->out++ = v;
}

static void put_property(writer *w, u32 name, const void *value, u32 len)
{
    put_word(w, FDT_PROP);
    put_word(w, len);
    put_word(w, w->names + name);
    w->out[len / 4] = 0;
    memcpy(w->out, value, len);
    w->out += (len + 3) / 4;
}

static void put_chosen(writer *w, const char *bootargs, u32 initrd_start, u32 initrd_end)
{
    put_property(w, NAME_BOOTARGS, bootargs, strlen(bootargs) + 1);
    if (initrd_end) {
        put_property(w, NAME_INITRD_START, &initrd_start, 4);
        put_property(w, NAME_INITRD_END, &initrd_end, 4);
    }
}

/* Size in words of the token at p. */
static u32 token_words(const u32 *p)
{
    if (*p == FDT_BEGIN_NODE) {
        return 1 + (strlen((const char *)(p + 1)) + 4) / 4;
    }
    return *p == FDT_PROP ? 3 + (p[1] + 3) / 4 : 1;
}

static void copy_structure(writer *w, const fdt_header *from, const char *bootargs,
                           u32 initrd_start, u32 initrd_end)
{
    const u32 *p = (const u32 *)((u32)from + from->off_struct);
    const char *strings = (const char *)((u32)from + from->off_strings);
    const char *node = "";

    for (;; p += token_words(p)) {
        u32 *copy = w->out;

        memcpy(w->out, p, token_words(p) * 4);
        w->out += token_words(p);
        if (*p == FDT_BEGIN_NODE) {
            node = (const char *)(p + 1);
            if (!strcmp(node, "chosen")) {
                /* properties come before subnodes, in any order */
                put_chosen(w, bootargs, initrd_start, initrd_end);
            }
        } else if (*p == FDT_PROP && !strcmp(node, "memory") && !strcmp(strings + p[2], "reg")) {
            copy[4] = fw->ram_size;
        } else if (*p == FDT_END) {
            return;
        }
    }
}

/* Writes the tree to `dest`; returns its size. */
u32 make_device_tree(u32 dest, const char *bootargs, u32 initrd_start, u32 initrd_end)
{
    const fdt_header *from = device_tree;
    fdt_header *to = (fdt_header *)dest;
    writer w = { .out = (u32 *)(dest + from->off_struct), .names = from->size_strings };

    memcpy(to, from, from->off_struct); /* header and reservations */
    copy_structure(&w, from, bootargs, initrd_start, initrd_end);
    to->size_struct = (u32)w.out - (dest + to->off_struct);
    to->off_strings = (u32)w.out - dest;
    memcpy(w.out, (const u8 *)from + from->off_strings, from->size_strings);
    memcpy((u8 *)w.out + from->size_strings, added_names, sizeof(added_names));
    to->size_strings = from->size_strings + sizeof(added_names);
    to->total_size = to->off_strings + to->size_strings;
    return to->total_size;
}
