/*
 * UDP over IPv4, and asking for an address by BOOTP.
 *
 * References: RFC 791 (IP), RFC 768 (UDP), RFC 951 (BOOTP), RFC 1533 (its options).
 *
 * SPDX-License-Identifier: MIT
 */
#include "udp.h"

static u32 ip_sum(const u16 *words, u32 n)
{
    u32 sum = 0;

    while (n--) {
        sum += *words++;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return ~(sum + (sum >> 16)) & 0xffff;
}

void send_udp(udp_frame *f, const u8 *to, u32 size)
{
    memcpy(f->to, to, 6);
    memcpy(f->from, fw->nic.mac, 6);
    f->type = ETHER_IP;
    f->version = 0x45;
    f->service = 0;
    f->length = 28 + size;
    f->id = timebase();
    f->fragment = 0;
    f->ttl = 64;
    f->protocol = PROTOCOL_UDP;
    f->checksum = 0;
    f->checksum = ip_sum((const u16 *)&f->version, 10);
    f->udp_length = 8 + size;
    f->udp_checksum = 0;
    net_send(f, UDP_HEADERS + size);
}

u32 udp_size(const udp_frame *f, u32 size, u16 port)
{
    if (size < UDP_HEADERS || f->type != ETHER_IP || f->version != 0x45 ||
        f->protocol != PROTOCOL_UDP || (f->fragment & 0x3fff) || f->dest_port != port ||
        f->udp_length < 8 || f->udp_length + 34u > size) {
        return 0;
    }
    return f->udp_length - 8;
}

/* --- BOOTP --- */

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define TRIES       8
#define TIMEOUT     25000000u /* of the time base: a second */

enum { OPTION_PAD = 0, OPTION_MASK = 1, OPTION_GATEWAY = 3, OPTION_END = 255 };

/* Nothing in it needs more than the halfword alignment that it has in a frame. */
typedef struct bootp_packet {
    u8 operation, hardware, hardware_size, hops;
    u16 id[2], seconds, flags, client[2], yours[2], server[2], gateway[2];
    u8 mac[16];
    char server_name[64], file[128];
    u8 options[64];
} bootp_packet;

static const u8 magic[4] = { 99, 130, 83, 99 };

static void ask(udp_frame *f, u32 id)
{
    static const u8 broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    bootp_packet *b = (bootp_packet *)f->data;

    memset(f, 0, sizeof(*f));
    set_ip(f->dest, 0xffffffff);
    f->source_port = CLIENT_PORT;
    f->dest_port = SERVER_PORT;
    b->operation = 1;
    b->hardware = 1;
    b->hardware_size = 6;
    set_ip(b->id, id);
    memcpy(b->mac, fw->nic.mac, 6);
    memcpy(b->options, magic, sizeof(magic));
    b->options[4] = OPTION_END;
    send_udp(f, broadcast, sizeof(*b));
}

static void take_options(net_parameters *p, const u8 *options, u32 size)
{
    if (size < 4 || memcmp(options, magic, 4)) {
        return;
    }
    for (u32 i = 4; i + 1 < size && options[i] != OPTION_END;) {
        u32 len = options[i + 1];

        if (options[i] == OPTION_PAD) {
            i++;
            continue;
        }
        if (i + 2 + len > size) {
            return;
        }
        if (options[i] == OPTION_MASK && len == 4) {
            memcpy(&p->mask, options + i + 2, 4);
        } else if (options[i] == OPTION_GATEWAY && len >= 4) {
            memcpy(&p->gateway, options + i + 2, 4);
        }
        i += 2 + len;
    }
}

/* What the server says, as far as p doesn't know it. */
static void take_answer(net_parameters *p, const bootp_packet *b, u32 size)
{
    p->client = p->client ? p->client : get_ip(b->yours);
    p->server = p->server ? p->server : get_ip(b->server);
    take_options(p, b->options, size - (u32)((const u8 *)b->options - (const u8 *)b));
    if (!p->file[0]) {
        memcpy(p->file, b->file, sizeof(p->file) - 1);
        p->file[sizeof(p->file) - 1] = 0;
    }
}

static int bootp(net_parameters *p)
{
    u32 id = timebase() ^ fw->nic.mac[5];
    udp_frame f;

    for (int i = 0; i < TRIES; i++) {
        u32 start = timebase();

        ask(&f, id);
        while (timebase() - start < TIMEOUT) {
            u32 size = udp_size(&f, net_receive(&f, sizeof(f)), CLIENT_PORT);
            const bootp_packet *b = (const bootp_packet *)f.data;

            if (size > (u32)((const u8 *)b->options - f.data) && b->operation == 2 &&
                get_ip(b->id) == id && !memcmp(b->mac, fw->nic.mac, 6)) {
                take_answer(p, b, size);
                return 1;
            }
        }
    }
    print("no BOOTP server answers\n");
    return 0;
}

int net_configure(u32 unit, net_parameters *p)
{
    read_parameters(p);
    if (!net_open(unit)) {
        print("Ethernet %u does not work\n", unit + 1);
        return 0;
    }
    if (!net_link()) {
        print("Ethernet %u has no link\n", unit + 1);
        return 0;
    }
    return (p->client && p->server) || bootp(p);
}
