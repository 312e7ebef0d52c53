/*
 * The network boot parameters in NVRAM, as PPCBug keeps them at 1000.
 *
 * Reference: PPCBug Firmware Package User's Manual, NIOT and .NETCFIG.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define RTC_ADDR_HIGH (RTC_ADDR_LOW + 8)
#define RTC_DATA      (RTC_ADDR_LOW + 16)
#define PARAMETERS    0x1000

u8 nvram_byte(u32 at)
{
    out8(RTC_ADDR_LOW, at);
    out8(RTC_ADDR_HIGH, at >> 8);
    return in8(RTC_DATA);
}

void set_nvram_byte(u32 at, u8 value)
{
    out8(RTC_ADDR_LOW, at);
    out8(RTC_ADDR_HIGH, at >> 8);
    out8(RTC_DATA, value);
}

void read_parameters(net_parameters *p)
{
    for (u32 i = 0; i < sizeof(*p); i++) {
        ((u8 *)p)[i] = nvram_byte(PARAMETERS + i);
    }
    p->file[sizeof(p->file) - 1] = 0;
    p->arguments[sizeof(p->arguments) - 1] = 0;
}

void write_parameters(const net_parameters *p)
{
    for (u32 i = 0; i < sizeof(*p); i++) {
        set_nvram_byte(PARAMETERS + i, ((const u8 *)p)[i]);
    }
}

static u32 *address_named(net_parameters *p, const char *name)
{
    static const char *const names[] = { "client", "server", "mask", "broadcast", "gateway" };

    for (u32 i = 0; i < 5; i++) {
        if (!strcmp(name, names[i])) {
            return &p->client + i;
        }
    }
    return 0;
}

/* "10.0.2.15"; 0 if it isn't such an address. */
int parse_ip(const char *text, u32 *ip)
{
    u32 value = 0, parts = 0;

    for (;; text++) {
        u32 part = 0, digits = 0;

        for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++) {
            part = part * 10 + (*text - '0');
        }
        if (!digits || part > 255) {
            return 0;
        }
        value = value << 8 | part;
        if (++parts == 4) {
            *ip = value;
            return !*text;
        }
        if (*text != '.') {
            return 0;
        }
    }
}

void print_ip(u32 ip)
{
    print("%u.%u.%u.%u", ip >> 24, ip >> 16 & 0xff, ip >> 8 & 0xff, ip & 0xff);
}

static void print_parameters(const net_parameters *p)
{
    static const char *const names[] = { "client", "server", "mask", "broadcast", "gateway" };

    for (u32 i = 0; i < 5; i++) {
        print("%-10s ", names[i]);
        print_ip((&p->client)[i]);
        print("\n");
    }
    print("%-10s %s\n%-10s %s\n%-10s %08x\n%-10s %08x\n", "file", p->file, "args", p->arguments,
          "load", p->load, "entry", p->entry);
}

static void set_text(char *to, u32 size, const char *from)
{
    memset(to, 0, size);
    memcpy(to, from, strlen(from) < size ? strlen(from) : size - 1);
}

void edit_parameters(const char *name, const char *value)
{
    net_parameters p;
    u32 *address = 0;

    read_parameters(&p);
    if (!name) {
        print_parameters(&p);
        return;
    }
    address = address_named(&p, name);
    if (!value) {
        value = "";
    }
    if (address) {
        if (!parse_ip(value, address)) {
            print("'%s' is not an IP address\n", value);
            return;
        }
    } else if (!strcmp(name, "file")) {
        set_text(p.file, sizeof(p.file), value);
    } else if (!strcmp(name, "args")) {
        set_text(p.arguments, sizeof(p.arguments), value);
    } else if (!strcmp(name, "load") || !strcmp(name, "entry")) {
        if (!parse_number(value, name[0] == 'l' ? &p.load : &p.entry)) {
            print("'%s' is not a hexadecimal number of up to 8 digits\n", value);
            return;
        }
    } else {
        print("niot [client|server|mask|broadcast|gateway|file|args|load|entry VALUE]\n");
        return;
    }
    write_parameters(&p);
}
