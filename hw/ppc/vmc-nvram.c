/*
 * VMC board: what the board's firmware keeps in NVRAM for starting over the network.
 *
 * PPCBug's parameter block lies at 1000; operating systems read their own address there (EPICS on
 * RTEMS does), our firmware uses it too. Its first thirteen words are numbers, then come four
 * control bytes and two texts. Machine properties fill it; without them and without a drive that
 * keeps the NVRAM, it suits -nic user.
 *
 * Reference: PPCBug Firmware Package User's Manual (PPCBUGA2/UM), .NETCFIG and the NIOT command.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "qapi/error.h"
#include "hw/ppc/vmc.h"
#include "hw/rtc/m48t37.h"
#include "qemu/bswap.h"

#define BLOCK      0x1000
#define TEXT_SIZE  64
#define WORD(n)    (BLOCK + 4 * (n))
#define CONTROL    WORD(13)
#define BOOT_FILE  (CONTROL + 4)
#define ARGUMENTS  (BOOT_FILE + TEXT_SIZE)

#define LOAD_ADDRESS 0x001f0000 /* PPCBug's own default, for the boot file and its entry */

/* What users set, in the order of VMCState.nvram_values. */
static const struct {
    const char *property, *description;
    uint16_t place;
    bool is_text; /* else an IPv4 address */
    const char *value;
} settings[VMC_NVRAM_SETTINGS] = {
    { "net-client", "The board's own IP address in NVRAM", WORD(8), false, "10.0.2.15" },
    { "net-server", "Where the boot file comes from", WORD(9), false, "10.0.2.2" },
    { "net-mask", "Subnet mask in NVRAM", WORD(10), false, "255.255.255.0" },
    { "net-broadcast", "Broadcast address in NVRAM", WORD(11), false, "10.0.2.255" },
    { "net-gateway", "Gateway in NVRAM", WORD(12), false, "10.0.2.2" },
    { "boot-file", "File that the firmware's network boot loads", BOOT_FILE, true, "" },
    { "boot-args", "Arguments for it", ARGUMENTS, true, "" },
};

static int index_of(const char *name)
{
    for (int i = 0; i < VMC_NVRAM_SETTINGS; i++) {
        if (g_str_equal(settings[i].property, name)) {
            return i;
        }
    }
    g_assert_not_reached();
}

static void get_property(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    int i = index_of(name);
    const char *given = VMC_MACHINE(obj)->nvram_values[i];

    qvalue_set_str(v, given ? given : settings[i].value);
}

static void set_property(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    VMCState *s = VMC_MACHINE(obj);
    int i = index_of(name);
    struct in_addr address;
    const char *text;

    if (!qvalue_to_str(v, name, &text, errp)) {
        return;
    }
    if (!settings[i].is_text && inet_pton(AF_INET, text, &address) != 1) {
        error_setg(errp, "%s: '%s' is not an IPv4 address", name, text);
    } else if (settings[i].is_text && strlen(text) >= TEXT_SIZE) {
        error_setg(errp, "%s: '%s' is too long: %zu bytes, maximum %d", name, text, strlen(text),
                   TEXT_SIZE - 1);
    } else {
        g_free(s->nvram_values[i]);
        s->nvram_values[i] = g_strdup(text);
    }
}

void vmc_nvram_add_properties(ObjectClass *oc)
{
    for (int i = 0; i < VMC_NVRAM_SETTINGS; i++) {
        object_class_property_add(oc, settings[i].property, "string", get_property, set_property,
                                  NULL, NULL);
        object_class_property_set_description(oc, settings[i].property, settings[i].description);
    }
}

static void put(Object *rtc, uint32_t at, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        m48t37_write(rtc, at + i, ((const uint8_t *)data)[i]);
    }
}

static void put_setting(Object *rtc, int i, const char *value)
{
    char text[TEXT_SIZE] = { 0 };
    struct in_addr address;

    if (settings[i].is_text) {
        g_strlcpy(text, value, sizeof(text));
        put(rtc, settings[i].place, text, sizeof(text));
    } else if (inet_pton(AF_INET, value, &address) == 1) {
        put(rtc, settings[i].place, &address, 4); /* in the order of the wire, which is ours */
    }
}

void vmc_nvram_fill(VMCState *s, DeviceState *rtc, bool is_kept)
{
    static const uint8_t control[4] = { 0, 0, 'W', 'Y' }; /* BOOTP when needed, its answers count */
    uint8_t word[4];

    if (!is_kept) {
        stl_be_p(word, LOAD_ADDRESS);
        put(OBJECT(rtc), WORD(2), word, 4);
        put(OBJECT(rtc), WORD(3), word, 4);
        put(OBJECT(rtc), CONTROL, control, 4);
    }
    for (int i = 0; i < VMC_NVRAM_SETTINGS; i++) {
        if (s->nvram_values[i]) {
            put_setting(OBJECT(rtc), i, s->nvram_values[i]);
        } else if (!is_kept) {
            put_setting(OBJECT(rtc), i, settings[i].value);
        }
    }
}
