/*
 * Multiboot kernels, with modules from -initrd "FILE ARGUMENTS,FILE ARGUMENTS".
 *
 * What the kernel is told lies behind its modules, and those behind the kernel. Firmware's memory
 * map is added by the option ROM.
 *
 * Reference: Multiboot Specification 0.6.96, 3.1 (header), 3.3 (boot information).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "boot-internal.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

#define BOOT_ROM    "sysemu-multiboot.bin"
#define LOADER_NAME "sysemu"

#define HEADER_MAGIC  0x1badb002u
#define HEADER_WITHIN 8192

/* The header, in words. */
enum { HDR_MAGIC, HDR_FLAGS, HDR_CHECKSUM, HDR_WORDS, /* always there */
       HDR_ADDR = HDR_WORDS, HDR_LOAD_START, HDR_LOAD_END, HDR_BSS_END, HDR_ENTRY,
       HDR_ADDRESS_WORDS };
enum { WANTS_ALIGNED = 1 << 0, WANTS_MEMORY = 1 << 1, WANTS_VIDEO = 1 << 2, MUST_KNOW = 0xffff,
       HAS_ADDRESSES = 1 << 16 };

/* The information: offsets, and what it says is there. */
enum { INFO_FLAGS = 0, INFO_CMDLINE = 16, INFO_MODULE_COUNT = 20, INFO_MODULES = 24,
       INFO_LOADER = 64, INFO_SIZE = 120 };
enum { TELLS_MEMORY = 1 << 0, TELLS_CMDLINE = 1 << 2, TELLS_MODULES = 1 << 3, TELLS_MAP = 1 << 6,
       TELLS_LOADER = 1 << 9 };
enum { MODULE_START = 0, MODULE_END = 4, MODULE_STRING = 8, MODULE_SIZE = 16 };

#define MODULE_ALIGN (4 * KiB)

static uint32_t header_word(const BootContext *boot, gsize header, unsigned word)
{
    return ldl_le_p(boot->kernel + header + 4 * word);
}

static bool find_header(const BootContext *boot, gsize *header)
{
    gsize end = MIN(boot->kernel_size, HEADER_WITHIN);

    for (gsize at = 0; at + 4 * HDR_WORDS <= end; at += 4) {
        if (header_word(boot, at, HDR_MAGIC) == HEADER_MAGIC &&
            header_word(boot, at, HDR_FLAGS) + header_word(boot, at, HDR_CHECKSUM) ==
                -HEADER_MAGIC) {
            *header = at;
            return true;
        }
    }
    return false;
}

static void check_wishes(const BootContext *boot, uint32_t flags)
{
    uint32_t unknown = flags & MUST_KNOW & ~(WANTS_ALIGNED | WANTS_MEMORY | WANTS_VIDEO);

    if (unknown) {
        boot_give_up("-kernel: '%s' wants what isn't in multiboot 0.6.96: flags %04x",
                     boot->machine->kernel_filename, unknown);
    }
    if (flags & WANTS_VIDEO) {
        warn_report("-kernel: '%s' asks for a video mode, it will find the one that firmware has "
                    "set", boot->machine->kernel_filename);
    }
}

/* The header says which part of the file goes where; 0 as an end: all of it, or no BSS. */
static void read_by_addresses(BootContext *boot, gsize header, BootImage *image)
{
    const char *name = boot->machine->kernel_filename;
    uint32_t start, load_end, bss_end, before, length;
    BootPart *part;

    if (boot->kernel_size - header < 4 * HDR_ADDRESS_WORDS) {
        boot_give_up("-kernel: '%s' is truncated: its multiboot header isn't all there", name);
    }
    start = header_word(boot, header, HDR_LOAD_START);
    load_end = header_word(boot, header, HDR_LOAD_END);
    bss_end = header_word(boot, header, HDR_BSS_END);
    before = header_word(boot, header, HDR_ADDR) - start; /* of the header */
    if (before > header) {
        boot_give_up("-kernel: the multiboot header of '%s' says that it lies %u bytes behind what "
                     "is loaded, but it is at %zu of the file", name, before, (size_t)header);
    }
    length = MIN(boot->kernel_size - (header - before), UINT32_MAX);
    if (load_end) {
        if (load_end < start || load_end - start > length) {
            boot_give_up("-kernel: the multiboot header of '%s' wants %08x to %08x loaded, the "
                         "file has %u bytes for it", name, start, load_end, length);
        }
        length = load_end - start;
    }
    if (bss_end && (bss_end < start || bss_end - start < length)) {
        boot_give_up("-kernel: the multiboot header of '%s' has the end of its BSS, %08x, before "
                     "that of what is loaded", name, bss_end);
    }
    part = boot_image_extend(boot, image, start, bss_end ? bss_end - start : length);
    boot_image_allocate(image);
    memcpy(part->bytes, boot->kernel + (header - before), length);
    image->entry = header_word(boot, header, HDR_ENTRY);
}

/* ---- Modules ---- */

typedef struct Module {
    char *string; /* file and arguments */
    uint32_t start, size; /* from the first module's */
} Module;

static void clear_module(gpointer module)
{
    g_free(((Module *)module)->string);
}

/* Between commas; two stand for one that is meant. */
static GPtrArray *split_modules(const char *list)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    GString *part = g_string_new(NULL);

    for (const char *p = list; *p; p++) {
        if (*p == ',' && p[1] != ',') {
            g_ptr_array_add(parts, g_string_free(part, false));
            part = g_string_new(NULL);
        } else {
            g_string_append_c(part, *p);
            p += *p == ',';
        }
    }
    g_ptr_array_add(parts, g_string_free(part, false));
    return parts;
}

/* Their contents, page-aligned, one behind the other; of Module. */
static GArray *read_modules(BootContext *boot, uint64_t room, GByteArray *contents)
{
    GArray *modules = g_array_new(false, false, sizeof(Module));
    g_autoptr(GPtrArray) parts = NULL;

    g_array_set_clear_func(modules, clear_module);
    if (!boot->machine->initrd_filename) {
        return modules;
    }
    parts = split_modules(boot->machine->initrd_filename);
    for (guint i = 0; i < parts->len; i++) {
        const char *string = g_strchug(g_ptr_array_index(parts, i));
        g_autofree char *filename = g_strndup(string, strcspn(string, " "));
        static const uint8_t zeros[MODULE_ALIGN];
        gsize size;
        g_autofree uint8_t *bytes = boot_read_file("-initrd", filename, &size);
        uint32_t start = ROUND_UP(contents->len, MODULE_ALIGN);

        if (size > room || start > room - size) {
            boot_give_up("-initrd: with '%s' the modules don't fit behind the kernel into the "
                         "%" PRIu64 " MB of RAM below 4 GiB", filename,
                         (uint64_t)(boot->low_ram / MiB));
        }
        g_byte_array_append(contents, zeros, start - contents->len);
        g_byte_array_append(contents, bytes, size);
        g_array_append_val(modules, ((Module){ g_strdup(string), start, size }));
    }
    return modules;
}

/* ---- What the kernel is told ---- */

/* Appends a string; returns where it will be. */
static uint32_t add_string(GByteArray *info, uint32_t base, const char *string)
{
    uint32_t at = info->len;

    g_byte_array_append(info, (const uint8_t *)string, strlen(string) + 1);
    return base + at;
}

static GByteArray *make_information(BootContext *boot, uint32_t base, const GArray *modules,
                                    uint32_t modules_base)
{
    GByteArray *info = g_byte_array_new();
    g_autofree char *cmdline = g_strdup_printf("%s %s", boot->machine->kernel_filename,
                                               boot->machine->kernel_cmdline);
    uint32_t flags = TELLS_MEMORY | TELLS_CMDLINE | TELLS_MODULES | TELLS_MAP | TELLS_LOADER;
    uint32_t string;

    g_byte_array_set_size(info, INFO_SIZE + modules->len * MODULE_SIZE);
    memset(info->data, 0, info->len);
    for (guint i = 0; i < modules->len; i++) {
        const Module *module = &g_array_index(modules, Module, i);
        unsigned at = INFO_SIZE + i * MODULE_SIZE;

        string = add_string(info, base, module->string); /* may move info->data */
        stl_le_p(info->data + at + MODULE_START, modules_base + module->start);
        stl_le_p(info->data + at + MODULE_END, modules_base + module->start + module->size);
        stl_le_p(info->data + at + MODULE_STRING, string);
    }
    stl_le_p(info->data + INFO_MODULE_COUNT, modules->len);
    stl_le_p(info->data + INFO_MODULES, base + INFO_SIZE);
    string = add_string(info, base, cmdline);
    stl_le_p(info->data + INFO_CMDLINE, string);
    string = add_string(info, base, LOADER_NAME);
    stl_le_p(info->data + INFO_LOADER, string);
    stl_le_p(info->data + INFO_FLAGS, flags);
    return info;
}

static void give_piece(BootContext *boot, BootPiece piece, uint32_t addr, GByteArray *contents)
{
    gsize size = contents->len;

    boot_add_piece(boot, piece, addr, g_byte_array_free(contents, false), size);
}

const char *boot_multiboot(BootContext *boot)
{
    uint64_t end = boot->low_ram - MIN(boot->low_ram, BOOT_FIRMWARE_TABLES);
    g_autoptr(GByteArray) contents = g_byte_array_new();
    g_autoptr(GByteArray) info = NULL;
    g_autoptr(GArray) modules = NULL;
    uint64_t modules_base, info_base;
    uint32_t flags;
    BootImage image = { 0 };
    gsize header;

    if (!find_header(boot, &header)) {
        return NULL;
    }
    flags = header_word(boot, header, HDR_FLAGS);
    check_wishes(boot, flags);
    if (flags & HAS_ADDRESSES) {
        read_by_addresses(boot, header, &image);
    } else if (boot_is_elf(boot)) {
        boot_elf_read(boot, &image);
    } else {
        boot_give_up("-kernel: the multiboot kernel '%s' is no ELF file, and its header doesn't "
                     "say where it belongs", boot->machine->kernel_filename);
    }
    modules_base = ROUND_UP((uint64_t)boot_image_end(&image), MODULE_ALIGN);
    modules = read_modules(boot, end - MIN(end, modules_base), contents);
    info_base = ROUND_UP(modules_base + contents->len, MODULE_ALIGN);
    info = make_information(boot, info_base, modules, modules_base);
    if (info_base + info->len > end) {
        boot_give_up("-kernel: what '%s' is told doesn't fit behind it into the %" PRIu64 " MB of "
                     "RAM below 4 GiB", boot->machine->kernel_filename,
                     (uint64_t)(boot->low_ram / MiB));
    }
    boot_add_image(boot, &image, image.entry);
    if (modules->len) {
        give_piece(boot, BOOT_INITRD, modules_base, g_steal_pointer(&contents));
    }
    give_piece(boot, BOOT_CMDLINE, info_base, g_steal_pointer(&info));
    g_clear_pointer(&boot->kernel, g_free);
    return boot_add_rom(boot, BOOT_ROM);
}
