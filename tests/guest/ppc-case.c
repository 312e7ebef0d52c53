/*
 * Test cases of PowerPC instructions: names of registers, reading settings, comparing states.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-case.h"
#include "target/ppc/spr.h"

#define REGISTER(text, field)                                                                      \
    {                                                                                              \
        text, offsetof(PPCTestState, field), sizeof(((PPCTestState *)0)->field)                    \
    }

static const struct {
    const char *name;
    size_t offset;
    size_t size;
} named_registers[] = {
    REGISTER("cr", cr),           REGISTER("xer", xer), REGISTER("lr", lr),
    REGISTER("ctr", ctr),         REGISTER("msr", msr), REGISTER("fpscr", fpscr),
    REGISTER("reserve", reserve), REGISTER("nip", nip), REGISTER("vec", stop),
};

/* The index if `name` is `prefix` and a number below `limit`, else -1. */
static int numbered(const char *name, const char *prefix, int limit)
{
    size_t length = strlen(prefix);
    char *end;
    long n;

    if (strncmp(name, prefix, length) || !g_ascii_isdigit(name[length])) {
        return -1;
    }
    n = strtol(name + length, &end, 10);
    return *end || n >= limit ? -1 : n;
}

static int spr_number(const char *name)
{
    PowerPCCPUClass *pcc = POWERPC_CPU_GET_CLASS(ppc_machine_cpu());
    int n = numbered(name, "spr", PPC_NB_SPRS);

    for (int i = 0; n < 0 && i < PPC_NB_SPRS; i++) {
        const PPCSPR *spr = ppc_spr_lookup(pcc, i);

        if (spr && !g_ascii_strcasecmp(spr->name, name)) {
            n = i;
        }
    }
    return n;
}

/* Where a register is in a state, and its size; NULL if there is none of this name. */
static void *find_register(PPCTestState *s, const char *name, size_t *size)
{
    int n;

    *size = 4;
    if ((n = numbered(name, "r", 32)) >= 0) {
        return &s->gpr[n];
    }
    if ((n = numbered(name, "sr", 16)) >= 0) {
        return &s->sr[n];
    }
    if ((n = numbered(name, "f", 32)) >= 0) {
        *size = 8;
        return &s->fpr[n];
    }
    for (size_t i = 0; i < ARRAY_SIZE(named_registers); i++) {
        if (!strcmp(name, named_registers[i].name)) {
            *size = named_registers[i].size;
            return (char *)s + named_registers[i].offset;
        }
    }
    n = spr_number(name);
    return n >= 0 ? &s->spr[n] : NULL;
}

static void set_value(void *at, size_t size, uint64_t value)
{
    if (size == 8) {
        *(uint64_t *)at = value;
    } else {
        *(uint32_t *)at = value;
    }
}

static bool parse_register(char *name, const char *value, PPCTestState *s, PPCTestState *any)
{
    size_t size;
    void *at = find_register(s, name, &size);
    char *end;
    uint64_t number = 0;

    if (!at) {
        return false;
    }
    if (!strcmp(value, "*")) {
        if (any) {
            set_value(find_register(any, name, &size), size, UINT64_MAX);
        }
        return any != NULL;
    }
    number = strtoull(value, &end, 16);
    set_value(at, size, number);
    return end != value && !*end;
}

static bool parse_memory(const char *name, const char *value, PPCTestState *s)
{
    char *end;
    uint32_t addr = strtoul(name + 1, &end, 16);

    if (*end != ']') {
        return false;
    }
    for (; value[0] && value[1]; value += 2, addr++) {
        if (addr - PPC_DATA >= PPC_DATA_SIZE) {
            return false;
        }
        s->data[addr - PPC_DATA] =
            g_ascii_xdigit_value(value[0]) << 4 | g_ascii_xdigit_value(value[1]);
    }
    return !*value;
}

bool ppc_case_parse(const char *text, PPCTestState *s, PPCTestState *any, const char **bad)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);

    for (char **word = words; *word; word++) {
        char *equals = strchr(*word, '=');

        if (!**word) {
            continue;
        }
        if (equals) {
            *equals = '\0';
        }
        if (!equals || !(**word == '[' ? parse_memory(*word, equals + 1, s)
                                       : parse_register(*word, equals + 1, s, any))) {
            *bad = strstr(text, *word);
            return false;
        }
    }
    return true;
}

static void compare(GString *out, const char *name, uint64_t expected, uint64_t actual,
                    uint64_t any)
{
    if ((expected ^ actual) & ~any) {
        g_string_append_printf(out, " %s=%" PRIx64 " (is %" PRIx64 ")", name, expected, actual);
    }
}

static void compare_numbered(GString *out, const char *prefix, const uint32_t *expected,
                             const uint32_t *actual, const uint32_t *any, int n)
{
    for (int i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("%s%d", prefix, i);

        compare(out, name, expected[i], actual[i], any[i]);
    }
}

static void compare_data(GString *out, const PPCTestState *expected, const PPCTestState *actual)
{
    for (unsigned i = 0; i < PPC_DATA_SIZE; i++) {
        if (expected->data[i] != actual->data[i]) {
            g_string_append_printf(out, " [%x]=%02x (is %02x)", PPC_DATA + i, expected->data[i],
                                   actual->data[i]);
        }
    }
}

char *ppc_case_differences(const PPCTestState *expected, const PPCTestState *actual,
                           const PPCTestState *any)
{
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < ARRAY_SIZE(named_registers); i++) {
        size_t offset = named_registers[i].offset;

        compare(out, named_registers[i].name, *(const uint32_t *)((const char *)expected + offset),
                *(const uint32_t *)((const char *)actual + offset),
                *(const uint32_t *)((const char *)any + offset));
    }
    compare_numbered(out, "r", expected->gpr, actual->gpr, any->gpr, 32);
    compare_numbered(out, "sr", expected->sr, actual->sr, any->sr, 16);
    compare_numbered(out, "spr", expected->spr, actual->spr, any->spr, PPC_NB_SPRS);
    for (int i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("f%d", i);

        compare(out, name, expected->fpr[i], actual->fpr[i], any->fpr[i]);
    }
    compare_data(out, expected, actual);
    return g_string_free(out, out->len == 0);
}
