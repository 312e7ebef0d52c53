/*
 * VMC board: the global environment, variables of the board that its firmware keeps in NVRAM for
 * operating systems.
 *
 * The first 4 KiB of NVRAM are the PReP partition, which PPCBug kept on boards that have nothing
 * else of PReP: a header, behind it the variables ("NAME=VALUE" and a zero each, up to an empty
 * one), then room for an operating system's own. -machine gev=FILE fills them from a text.
 *
 * Reference: PowerPC Reference Platform Specification 1.1, NVRAM; Linux 2.4's asm-ppc/prep_nvram.h
 * (the header); PPCBug Firmware Package User's Manual, GEV and GEVBOOT (where they are). None of
 * them says what the checksum starts from: readers there are don't look at it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/ppc/vmc.h"
#include "hw/rtc/m48t37.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/units.h"

#define PARTITION      (4 * KiB)
#define VERSION        0x02
#define CRC1           0x04
#define LAST_OS        0x08
#define ENDIAN         0x09
#define GE_ADDRESS     0xc4
#define GE_LENGTH      0xc8
#define CONFIG         0xd4
#define OS_AREA        0xe8
#define HEADER         0xf8

#define VARIABLES_SIZE (PARTITION - OS_AREA_SIZE - HEADER)
#define OS_AREA_SIZE   256
#define OS_IS_FIRMWARE 1

/* CRC-CCITT, the most significant bit first. */
static uint16_t crc_of(uint16_t crc, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
        }
    }
    return crc;
}

static void make_partition(uint8_t *nvram, const GByteArray *variables)
{
    memset(nvram, 0, PARTITION);
    stw_be_p(nvram, PARTITION / KiB);
    nvram[VERSION] = 1;
    nvram[LAST_OS] = OS_IS_FIRMWARE;
    nvram[ENDIAN] = 'B';
    stl_be_p(nvram + GE_ADDRESS, HEADER);
    stl_be_p(nvram + GE_LENGTH, VARIABLES_SIZE);
    stl_be_p(nvram + CONFIG, PARTITION); /* of no length */
    stl_be_p(nvram + OS_AREA, HEADER + VARIABLES_SIZE);
    stl_be_p(nvram + OS_AREA + 4, OS_AREA_SIZE);
    if (variables) {
        memcpy(nvram + HEADER, variables->data, variables->len);
    }
    stw_be_p(nvram + CRC1, crc_of(crc_of(UINT16_MAX, nvram, CRC1), nvram + LAST_OS,
                                  HEADER + VARIABLES_SIZE - LAST_OS));
}

/* ---- The text ---- */

static bool is_there(const GByteArray *variables, const char *name, size_t length)
{
    for (size_t at = 0; at < variables->len; at += strlen((char *)variables->data + at) + 1) {
        const char *variable = (char *)variables->data + at;

        if (!strncmp(variable, name, length) && variable[length] == '=') {
            return true;
        }
    }
    return false;
}

static bool add_variable(GByteArray *variables, const char *path, unsigned line, const char *text,
                         Error **errp)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text) {
        error_setg(errp, "gev: %s, line %u: expected NAME=VALUE", path, line);
    } else if (is_there(variables, text, equals - text)) {
        error_setg(errp, "gev: %s, line %u: '%.*s' is there already", path, line,
                   (int)(equals - text), text);
    } else if (variables->len + strlen(text) + 2 > VARIABLES_SIZE) {
        error_setg(errp, "gev: %s, line %u: NVRAM has room for %u bytes of variables", path, line,
                   (unsigned)VARIABLES_SIZE);
    } else {
        g_byte_array_append(variables, (const uint8_t *)text, strlen(text) + 1);
        return true;
    }
    return false;
}

/* A variable a line; a backslash at its end: the value goes on in the next line of its own. */
static bool parse(GByteArray *variables, const char *path, char *text, Error **errp)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) variable = g_string_new(NULL);

    for (unsigned i = 0; lines[i]; i++) {
        g_strchomp(lines[i]);
        if (!variable->len && (!lines[i][0] || lines[i][0] == '#')) {
            continue;
        }
        g_string_append(variable, lines[i]);
        if (g_str_has_suffix(variable->str, "\\") && lines[i + 1]) {
            variable->str[variable->len - 1] = '\n';
            continue;
        }
        if (!add_variable(variables, path, i + 1, variable->str, errp)) {
            return false;
        }
        g_string_truncate(variable, 0);
    }
    return true;
}

/* ---- The property ---- */

static char *get_gev(Object *obj, Error **errp)
{
    return g_strdup(VMC_MACHINE(obj)->gev_path ?: "");
}

static void set_gev(Object *obj, const char *path, Error **errp)
{
    VMCState *s = VMC_MACHINE(obj);
    g_autoptr(GByteArray) variables = g_byte_array_new();
    g_autoptr(GError) err = NULL;
    g_autofree char *text = NULL;
    size_t length;

    if (!g_file_get_contents(path, &text, &length, &err)) {
        error_setg(errp, "gev: %s", err->message);
    } else if (strlen(text) != length) {
        error_setg(errp, "gev: %s is not a text", path);
    } else if (parse(variables, path, text, errp)) {
        g_free(s->gev_path);
        s->gev_path = g_strdup(path);
        g_clear_pointer(&s->gev, g_byte_array_unref);
        s->gev = g_steal_pointer(&variables);
    }
}

void vmc_gev_add_property(ObjectClass *oc)
{
    object_class_property_add_str(oc, "gev", get_gev, set_gev);
    object_class_property_set_description(
        oc, "gev", "File with the board's global environment variables: NAME=VALUE, one a line");
}

void vmc_gev_fill(VMCState *s, DeviceState *rtc, bool is_kept)
{
    uint8_t partition[PARTITION];

    if (is_kept && !s->gev) {
        return;
    }
    make_partition(partition, s->gev);
    for (unsigned i = 0; i < PARTITION; i++) {
        m48t37_write(OBJECT(rtc), i, partition[i]);
    }
}
