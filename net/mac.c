/*
 * Ethernet addresses: reading them, and giving one to a NIC that has none.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net/net.h"
#include "net/nic-list.h"

/* Locally administered; the last three bytes count. */
static const MACAddr first_default = { { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 } };

bool net_mac_parse(const char *text, MACAddr *mac)
{
    g_auto(GStrv) bytes = g_strsplit_set(text, ":-", -1);
    MACAddr parsed;

    if (g_strv_length(bytes) != ARRAY_SIZE(parsed.a)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(parsed.a); i++) {
        const char *digits = bytes[i];

        if (strlen(digits) != 2 || !g_ascii_isxdigit(digits[0]) || !g_ascii_isxdigit(digits[1])) {
            return false;
        }
        parsed.a[i] = g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1]);
    }
    *mac = parsed;
    return true;
}

typedef struct MacSearch {
    MACAddr wanted;
    bool found;
} MacSearch;

static void compare_nic(NICState *nic, void *opaque)
{
    MacSearch *s = opaque;

    s->found |= !memcmp(&nic->conf->macaddr, &s->wanted, sizeof(s->wanted));
}

static bool mac_is_taken(MACAddr mac)
{
    MacSearch search = { .wanted = mac };

    qemu_foreach_nic(compare_nic, &search);
    for (int i = 0; i < nb_nics; i++) {
        search.found |= !memcmp(&nd_table[i].macaddr, &mac, sizeof(mac));
    }
    return search.found;
}

void qemu_macaddr_default_if_unset(MACAddr *mac)
{
    static const MACAddr unset;
    MACAddr candidate = first_default;

    if (memcmp(mac, &unset, sizeof(unset))) {
        return;
    }
    while (mac_is_taken(candidate)) {
        int byte = 5;

        while (++candidate.a[byte] == 0 && byte > 3) {
            byte--;
        }
    }
    *mac = candidate;
}
