/*
 * Reading files over the network: ARP, IPv4 and UDP as far as TFTP needs them.
 *
 * References: RFC 826 (ARP), RFC 791 (IP), RFC 768 (UDP), RFC 1350 (TFTP).
 *
 * SPDX-License-Identifier: MIT
 */
#include "udp.h"

#define ETHER_ARP   0x0806
#define TFTP_PORT   69
#define OWN_PORT    2069
#define BLOCK_SIZE  512
#define TRIES       8
#define TIMEOUT     25000000u /* of the time base: a second */

enum { TFTP_READ = 1, TFTP_DATA = 3, TFTP_ACK = 4, TFTP_ERROR = 5 };

typedef struct arp_frame {
    u8 to[6], from[6];
    u16 type, hardware, protocol;
    u8 hardware_size, protocol_size;
    u16 operation;
    u8 sender[6];
    u16 sender_ip[2];
    u8 target[6];
    u16 target_ip[2];
} arp_frame;

/* One transfer. */
typedef struct transfer {
    net_parameters p;
    u8 server[6];
    u16 port;    /* of the server, 0: not known yet */
    u16 block;   /* wanted next */
    udp_frame frame;
} transfer;

static void send_arp(transfer *t, u16 operation, const u8 *to, u32 ip)
{
    arp_frame a;

    memset(&a, 0, sizeof(a));
    if (to) {
        memcpy(a.to, to, 6);
        memcpy(a.target, to, 6);
    } else {
        memset(a.to, 0xff, 6);
    }
    memcpy(a.from, fw->nic.mac, 6);
    memcpy(a.sender, fw->nic.mac, 6);
    a.type = ETHER_ARP;
    a.hardware = 1;
    a.protocol = ETHER_IP;
    a.hardware_size = 6;
    a.protocol_size = 4;
    a.operation = operation;
    set_ip(a.sender_ip, t->p.client);
    set_ip(a.target_ip, ip);
    net_send(&a, sizeof(a));
}

/* Answers who asks for us; 1 if it is the answer that we want. */
static int handle_arp(transfer *t, const arp_frame *a, u32 wanted)
{
    if (a->operation == 1 && get_ip(a->target_ip) == t->p.client) {
        u8 sender[6];
        u32 ip = get_ip(a->sender_ip);

        memcpy(sender, a->sender, 6);
        send_arp(t, 2, sender, ip);
    } else if (a->operation == 2 && get_ip(a->sender_ip) == wanted) {
        memcpy(t->server, a->sender, 6);
        return 1;
    }
    return 0;
}

static void send(transfer *t, const void *data, u32 size)
{
    set_ip(t->frame.source, t->p.client);
    set_ip(t->frame.dest, t->p.server);
    t->frame.source_port = OWN_PORT;
    t->frame.dest_port = t->port ? t->port : TFTP_PORT;
    memcpy(t->frame.data, data, size);
    send_udp(&t->frame, t->server, size);
}

/* What has come: the size of a UDP packet for us (in t->frame), or 0. *arp: the answer came. */
static u32 poll(transfer *t, u32 wanted_ip, int *arp)
{
    u32 size = net_receive(&t->frame, sizeof(t->frame));

    if (size >= sizeof(arp_frame) && t->frame.type == ETHER_ARP) {
        *arp |= handle_arp(t, (const arp_frame *)&t->frame, wanted_ip);
    } else if (get_ip(t->frame.source) == t->p.server) {
        return udp_size(&t->frame, size, OWN_PORT);
    }
    return 0;
}

/* The hardware address of the server, or of the gateway on the way. */
static int resolve(transfer *t)
{
    u32 ip = (t->p.client ^ t->p.server) & t->p.mask && t->p.gateway ? t->p.gateway : t->p.server;

    for (int i = 0; i < TRIES; i++) {
        u32 start = timebase();
        int answered = 0;

        send_arp(t, 1, 0, ip);
        while (timebase() - start < TIMEOUT) {
            poll(t, ip, &answered);
            if (answered) {
                return 1;
            }
        }
    }
    print_ip(ip);
    print(" does not answer\n");
    return 0;
}

static void request(transfer *t, const char *file)
{
    u8 data[2 + 128 + 8];
    u32 len = strlen(file) < 127 ? strlen(file) : 127;

    data[0] = 0;
    data[1] = TFTP_READ;
    memcpy(data + 2, file, len);
    memcpy(data + 2 + len, "\0octet", 7);
    send(t, data, len + 9);
}

static void acknowledge(transfer *t, u16 block)
{
    u8 data[4] = { 0, TFTP_ACK, block >> 8, block };

    send(t, data, sizeof(data));
}

/* The next block's size, with its data in t->frame.data + 4; negative: no more will come. */
static int next_block(transfer *t, const char *file)
{
    for (int i = 0; i < TRIES; i++) {
        u32 start = timebase(), size;
        int ignored = 0;

        if (t->block == 1 && !t->port) {
            request(t, file);
        } else {
            acknowledge(t, t->block - 1);
        }
        while (timebase() - start < TIMEOUT) {
            size = poll(t, 0, &ignored);
            if (size < 4 || (t->port && t->frame.source_port != t->port)) {
                continue;
            }
            if (t->frame.data[1] == TFTP_ERROR) {
                t->frame.data[size < 1400 ? size : 1400] = 0;
                print("%s: %s\n", file, (const char *)t->frame.data + 4);
                return -1;
            }
            t->port = t->frame.source_port;
            if (t->frame.data[1] == TFTP_DATA &&
                (t->frame.data[2] << 8 | t->frame.data[3]) == t->block) {
                t->block++;
                return size - 4;
            }
        }
    }
    print("%s: the server has stopped answering\n", file);
    return -1;
}

/* From now on blocks of the file can be read; 0 after a message. */
static int open_file(transfer *t, const net_parameters *p)
{
    memset(t, 0, sizeof(*t));
    memcpy(&t->p, p, sizeof(*p));
    t->block = 1;
    return resolve(t);
}

/*
 * Reads a file from p's server to `to`, without its first `skip` bytes, at most `most` of the
 * others (0: all); how many came, or TFTP_FAILED after a message.
 */
u32 tftp_read(const net_parameters *p, const char *file, u32 to, u32 most, u32 skip)
{
    u32 done = 0, at = 0, room = to < free_memory() ? free_memory() - to : 0;
    transfer t;
    int size;

    if (!open_file(&t, p)) {
        return TFTP_FAILED;
    }
    do {
        u32 from = 0, len;

        size = next_block(&t, file);
        if (size < 0) {
            return TFTP_FAILED;
        }
        len = size;
        if (at < skip) {
            from = skip - at < len ? skip - at : len;
        }
        at += len;
        len -= from;
        if (most && len > most - done) {
            len = most - done;
        }
        if (len > room - done) {
            print("%s does not fit into memory at %x\n", file, to);
            return TFTP_FAILED;
        }
        memcpy((void *)(to + done), t.frame.data + 4 + from, len);
        done += len;
    } while (size == BLOCK_SIZE);
    acknowledge(&t, t.block - 1);
    return done;
}

/* --- block by block, for programs: one file at a time --- */

typedef struct open_file_state {
    transfer t;
    char name[64];
} open_file_state;

static open_file_state *open_state(void)
{
    return (open_file_state *)((u32)fw + OPEN_FILE);
}

int tftp_open(const net_parameters *p, const char *file)
{
    u32 len = strlen(file) < 63 ? strlen(file) : 63;

    memset(open_state()->name, 0, sizeof(open_state()->name));
    memcpy(open_state()->name, file, len);
    return open_file(&open_state()->t, p);
}

int tftp_block(u32 block, u32 to)
{
    transfer *t = &open_state()->t;
    int size;

    if (!open_state()->name[0] || t->block != block) {
        return -1;
    }
    size = next_block(t, open_state()->name);
    if (size < 0) {
        return -1;
    }
    memcpy((void *)to, t->frame.data + 4, size);
    if (size < BLOCK_SIZE) {
        acknowledge(t, block);
        open_state()->name[0] = 0;
    }
    return size;
}
