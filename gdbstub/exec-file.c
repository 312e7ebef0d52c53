/*
 * A program file for debuggers that were given none: the header of an ELF file, nothing in it.
 *
 * What describes a target's registers doesn't say in which order its bytes come; GDB takes that
 * from the program, and asks us for it if the user named none. With a raw image or firmware there
 * is no program, but a multi-architecture GDB has to learn the order all the same.
 *
 * Reference: the GDB manual, appendix "GDB Remote Serial Protocol", "Host I/O Packets" and
 * "General Query Packets"; System V ABI, chapter 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include "internal.h"

#define FILE_NAME "/guest"
#define FILE_FD   3

/* The protocol's own numbers. */
enum { FILEIO_ENOENT = 2, FILEIO_EBADF = 9, FILEIO_EINVAL = 22, FILEIO_REGULAR = 0100444 };

static void append_number(GString *out, bool big_endian, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        g_string_append_c(out, (char)(value >> 8 * (big_endian ? size - 1 - i : i)));
    }
}

static GString *make_file(CPUState *cpu)
{
    const CPUClass *cc = CPU_GET_CLASS(cpu);
    bool big_endian = cpu_memory_view(cpu).big_endian;
    bool wide = cpu->address_bits > 32;
    unsigned word = wide ? 8 : 4;
    const struct {
        unsigned size, value;
    } fields[] = { /* of Elf32_Ehdr or Elf64_Ehdr, behind e_ident */
        { 2, ET_EXEC }, { 2, cc->elf_machine }, { 4, EV_CURRENT }, { word, 0 }, { word, 0 },
        { word, 0 }, { 4, 0 }, { 2, wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr) },
        { 2, wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr) }, { 2, 0 },
        { 2, wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr) }, { 2, 0 }, { 2, 0 },
    };
    const char ident[EI_NIDENT] = {
        ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, wide ? ELFCLASS64 : ELFCLASS32,
        big_endian ? ELFDATA2MSB : ELFDATA2LSB, EV_CURRENT,
    };
    GString *file = g_string_new_len(ident, sizeof(ident));

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        append_number(file, big_endian, fields[i].value, fields[i].size);
    }
    return file;
}

bool gdb_has_exec_file(CPUState *cpu)
{
    return CPU_GET_CLASS(cpu)->elf_machine != EM_NONE;
}

/* "PID:OFFSET,LENGTH", PID may be left out. */
GDB_HANDLER(exec_file)
{
    uint64_t pid, offset, len;

    gdb_parse_number(&args, &pid);
    if (!gdb_parse_char(&args, ':') || !gdb_parse_number(&args, &offset) ||
        !gdb_parse_char(&args, ',') || !gdb_parse_number(&args, &len)) {
        gdb_error(server, EINVAL);
        return;
    }
    offset = MIN(offset, strlen(FILE_NAME));
    len = MIN(len, strlen(FILE_NAME) - offset);
    g_string_append_c(server->reply, offset + len < strlen(FILE_NAME) ? 'm' : 'l');
    g_string_append_len(server->reply, &FILE_NAME[offset], len);
}

static void fail(GdbServer *server, int number)
{
    g_string_printf(server->reply, "F-1,%x", number);
}

/* What a call gives back, and data that comes with it. */
static void succeed(GdbServer *server, uint64_t value, const char *data, size_t len)
{
    g_string_printf(server->reply, "F%" PRIx64 "%s", value, data ? ";" : "");
    gdb_append_escaped(server->reply, data, len);
}

/* "NAME,FLAGS,MODE", the name in hex */
static void open_file(GdbServer *server, const char *args, const char *end)
{
    char name[sizeof(FILE_NAME)] = "";
    const char *comma = memchr(args, ',', end - args);

    if (comma && comma - args == 2 * strlen(FILE_NAME) &&
        gdb_parse_hex(args, name, strlen(FILE_NAME)) && g_str_equal(name, FILE_NAME)) {
        succeed(server, FILE_FD, NULL, 0);
    } else {
        fail(server, FILEIO_ENOENT);
    }
}

static bool parse_fd(GdbServer *server, const char **args)
{
    uint64_t fd;

    if (!gdb_parse_number(args, &fd) || fd != FILE_FD) {
        fail(server, FILEIO_EBADF);
        return false;
    }
    return true;
}

static void close_file(GdbServer *server, const char *args, const char *end)
{
    if (parse_fd(server, &args)) {
        succeed(server, 0, NULL, 0);
    }
}

/* "FD,COUNT,OFFSET" */
static void read_file(GdbServer *server, const char *args, const char *end)
{
    g_autoptr(GString) file = make_file(server->cpu);
    uint64_t count, offset;

    if (!parse_fd(server, &args)) {
        return;
    }
    if (!gdb_parse_char(&args, ',') || !gdb_parse_number(&args, &count) ||
        !gdb_parse_char(&args, ',') || !gdb_parse_number(&args, &offset)) {
        fail(server, FILEIO_EINVAL);
        return;
    }
    offset = MIN(offset, file->len);
    count = MIN(count, file->len - offset);
    succeed(server, count, file->str + offset, count);
}

static void stat_file(GdbServer *server, const char *args, const char *end)
{
    g_autoptr(GString) file = make_file(server->cpu), out = g_string_new(NULL);
    const struct {
        unsigned size, value;
    } fields[] = { /* device, inode, mode, links, user, group, device; size, blocks; three times */
        { 4, 0 }, { 4, 0 }, { 4, FILEIO_REGULAR }, { 4, 1 }, { 4, 0 }, { 4, 0 }, { 4, 0 },
        { 8, file->len }, { 8, 512 }, { 8, 1 }, { 4, 0 }, { 4, 0 }, { 4, 0 },
    };

    if (!parse_fd(server, &args)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        append_number(out, true, fields[i].value, fields[i].size);
    }
    succeed(server, out->len, out->str, out->len);
}

static const GdbCommand file_commands[] = {
    { "open:", open_file },
    { "close:", close_file },
    { "pread:", read_file },
    { "fstat:", stat_file },
    { NULL },
};

GDB_HANDLER(file)
{
    gdb_dispatch(server, file_commands, args, end - args);
}
