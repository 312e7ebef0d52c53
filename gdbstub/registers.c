/*
 * Registers in packets, and their description in XML.
 *
 * Registers travel in the guest's byte order, each in its own size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/runstate.h"

void gdb_on_cpu(CPUState *cpu, run_on_cpu_func func, void *data)
{
    if (runstate_is_running()) {
        run_on_cpu(cpu, func, data);
    } else {
        func(cpu, data);
    }
}

static const GdbFeature *const *features_of(CPUState *cpu)
{
    static const GdbFeature *const none[] = { NULL };

    return CPU_GET_CLASS(cpu)->gdb_features ? CPU_GET_CLASS(cpu)->gdb_features(cpu) : none;
}

#define MAX_BYTES (GDB_MAX_BITS / 8)
#define MAX_DOUBLEWORDS (GDB_MAX_BITS / 64)

/* Values as bytes, in the order in which the CPU sees its memory: GDB has one order for both. */
static void put_value(CPUState *cpu, uint8_t *bytes, unsigned size, const uint64_t *value)
{
    bool big_endian = cpu_memory_view(cpu).big_endian;

    for (unsigned i = 0; i < size; i++) {
        unsigned at = big_endian ? size - 1 - i : i;

        bytes[at] = value[i / 8] >> (i % 8 * 8);
    }
}

static void get_value(bool big_endian, const uint8_t *bytes, unsigned size,
                      uint64_t value[MAX_DOUBLEWORDS])
{
    memset(value, 0, MAX_DOUBLEWORDS * sizeof(*value));
    for (unsigned i = 0; i < size; i++) {
        value[i / 8] |= (uint64_t)bytes[big_endian ? size - 1 - i : i] << (i % 8 * 8);
    }
}

static bool is_wide(const GdbFeature *f, unsigned n)
{
    return f->registers[n].bits > 64;
}

static void append_register(CPUState *cpu, const GdbFeature *f, unsigned n, GString *out)
{
    uint8_t bytes[MAX_BYTES];
    unsigned size = f->registers[n].bits / 8;
    uint64_t value[MAX_DOUBLEWORDS] = { 0 };

    if (is_wide(f, n)) {
        f->read_wide(cpu, f, n, value);
    } else {
        value[0] = f->read(cpu, f, n);
    }
    put_value(cpu, bytes, size, value);
    gdb_append_hex(out, bytes, size);
}

static bool write_register(CPUState *cpu, const GdbFeature *f, unsigned n, const uint64_t *value)
{
    return is_wide(f, n) ? f->write_wide(cpu, f, n, value) : f->write(cpu, f, n, value[0]);
}

/* ---- All general registers ---- */

static void read_general(CPUState *cpu, void *data)
{
    for (const GdbFeature *const *f = features_of(cpu); *f && (*f)->general; f++) {
        for (unsigned n = 0; n < (*f)->nb_registers; n++) {
            append_register(cpu, *f, n, data);
        }
    }
}

void gdb_read_general(CPUState *cpu, GString *out)
{
    gdb_on_cpu(cpu, read_general, out);
}

static void write_general(CPUState *cpu, void *data)
{
    const uint8_t *p = ((GByteArray *)data)->data;
    bool big_endian = cpu_memory_view(cpu).big_endian; /* before one of them changes it */

    for (const GdbFeature *const *f = features_of(cpu); *f && (*f)->general; f++) {
        for (unsigned n = 0; n < (*f)->nb_registers; n++) {
            unsigned size = (*f)->registers[n].bits / 8;
            uint64_t value[MAX_DOUBLEWORDS];

            get_value(big_endian, p, size, value);
            write_register(cpu, *f, n, value);
            p += size;
        }
    }
}

static size_t general_size(CPUState *cpu)
{
    size_t size = 0;

    for (const GdbFeature *const *f = features_of(cpu); *f && (*f)->general; f++) {
        for (unsigned n = 0; n < (*f)->nb_registers; n++) {
            size += (*f)->registers[n].bits / 8;
        }
    }
    return size;
}

bool gdb_write_general(CPUState *cpu, const char *hex, size_t len)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    size_t size = general_size(cpu);

    g_byte_array_set_size(bytes, size);
    if (len != 2 * size || !gdb_parse_hex(hex, bytes->data, size)) {
        return false;
    }
    run_on_cpu(cpu, write_general, bytes);
    return true;
}

/* ---- One register ---- */

typedef struct RegisterAccess {
    const GdbFeature *feature;
    unsigned n;
    uint64_t value[MAX_DOUBLEWORDS];
    bool done;
    GString *out;
} RegisterAccess;

static bool find_register(CPUState *cpu, unsigned n, RegisterAccess *access)
{
    for (const GdbFeature *const *f = features_of(cpu); *f; f++) {
        if (n < (*f)->nb_registers) {
            access->feature = *f;
            access->n = n;
            return true;
        }
        n -= (*f)->nb_registers;
    }
    return false;
}

static void read_one(CPUState *cpu, void *data)
{
    RegisterAccess *access = data;

    append_register(cpu, access->feature, access->n, access->out);
}

bool gdb_read_register(CPUState *cpu, unsigned n, GString *out)
{
    RegisterAccess access = { .out = out };

    if (!find_register(cpu, n, &access)) {
        return false;
    }
    gdb_on_cpu(cpu, read_one, &access);
    return true;
}

static void write_one(CPUState *cpu, void *data)
{
    RegisterAccess *access = data;

    access->done = write_register(cpu, access->feature, access->n, access->value);
}

bool gdb_write_register(CPUState *cpu, unsigned n, const char *hex)
{
    RegisterAccess access = { .done = false };
    uint8_t bytes[MAX_BYTES];
    unsigned size;

    if (!find_register(cpu, n, &access)) {
        return false;
    }
    size = access.feature->registers[access.n].bits / 8;
    if (!gdb_parse_hex(hex, bytes, size) || hex[2 * size]) {
        return false;
    }
    get_value(cpu_memory_view(cpu).big_endian, bytes, size, access.value);
    run_on_cpu(cpu, write_one, &access);
    return access.done;
}

/* ---- Description ---- */

static void describe_register(GString *xml, const GdbRegister *r, unsigned number)
{
    g_string_append_printf(xml, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\"", r->name, r->bits,
                           number);
    if (r->type) {
        g_string_append_printf(xml, " type=\"%s\"", r->type);
    }
    if (r->group) {
        g_string_append_printf(xml, " group=\"%s\"", r->group);
    }
    if (r->control) {
        g_string_append(xml, " save-restore=\"no\"");
    }
    g_string_append(xml, "/>\n");
}

const GString *gdb_target_xml(GdbServer *server)
{
    unsigned number = 0;
    GString *xml;

    if (server->described == server->cpu) {
        return server->target_xml;
    }
    if (server->target_xml) {
        g_string_free(server->target_xml, TRUE);
    }
    server->described = server->cpu;
    xml = server->target_xml = g_string_new("<?xml version=\"1.0\"?>\n"
                                            "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                                            "<target version=\"1.0\">\n");
    if (CPU_GET_CLASS(server->cpu)->gdb_architecture) {
        g_string_append_printf(xml, "<architecture>%s</architecture>\n",
                               CPU_GET_CLASS(server->cpu)->gdb_architecture);
    }
    for (const GdbFeature *const *f = features_of(server->cpu); *f; f++) {
        g_string_append_printf(xml, "<feature name=\"%s\">\n", (*f)->name);
        g_string_append(xml, (*f)->types ? (*f)->types : "");
        for (unsigned n = 0; n < (*f)->nb_registers; n++) {
            describe_register(xml, &(*f)->registers[n], number++);
        }
        g_string_append(xml, "</feature>\n");
    }
    g_string_append(xml, "</target>\n");
    return xml;
}
