/*
 * IPMI: the block transfer interface (BT): a buffer for a whole request and one for its response.
 *
 * A message has its length first, and a sequence number behind the network function, which comes
 * back in the response.
 *
 * Reference: IPMI 2.0, chapter 11.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ipmi-interface.h"

enum { CONTROL = 0, BUFFER = 1, INTERRUPT_MASK = 2, BT_PORTS = 4 };
enum { CLEAR_WRITE = 1 << 0, CLEAR_READ = 1 << 1, TO_BMC = 1 << 2, TO_HOST = 1 << 3,
       SMS_ATN = 1 << 4, OEM = 1 << 5, HOST_BUSY = 1 << 6 };
enum { INTERRUPT_ENABLE = 1 << 0, INTERRUPT = 1 << 1, HARD_RESET = 1 << 7 };
/* In a message: the sequence number is between network function and command. */
enum { LENGTH = 0, SEQUENCE = 2, HEAD = 4 };

/* The buffer has what software wrote, as it wrote it: its length is in the first byte. */
static void take_request(IpmiInterface *s)
{
    IpmiMessage *m = &s->request;
    unsigned len = m->bytes[LENGTH];
    uint8_t sequence = m->bytes[SEQUENCE];

    if (len < HEAD - 1 || len >= m->len) {
        return; /* no message, so there's no answer (table 11-1) */
    }
    m->bytes[0] = m->bytes[1];
    memmove(m->bytes + 1, m->bytes + SEQUENCE + 1, len - SEQUENCE);
    m->len = len - 1;
    ipmi_interface_ask(s);

    m = &s->response;
    m->len = MIN(m->len, UINT8_MAX - 1);
    memmove(m->bytes + SEQUENCE + 1, m->bytes + 1, m->len - 1);
    m->bytes[1] = m->bytes[0];
    m->bytes[SEQUENCE] = sequence;
    m->bytes[LENGTH] = m->len + 1;
    m->len += 2;
    s->status |= TO_HOST;
    s->mask |= s->mask & INTERRUPT_ENABLE ? INTERRUPT : 0;
}

static void reset_buffers(IpmiInterface *s)
{
    s->request.len = s->response.len = s->at = 0;
}

/* Table 11-3: bits are set, cleared or turned by writing ones. */
static void control_written(IpmiInterface *s, uint8_t value)
{
    if (value & CLEAR_WRITE) {
        s->request.len = 0;
    }
    if (value & CLEAR_READ) {
        s->at = 0;
    }
    s->status &= ~(value & (TO_HOST | SMS_ATN));
    s->status ^= value & HOST_BUSY;
    s->status |= value & OEM;
    if (value & TO_BMC) {
        take_request(s);
        s->request.len = 0;
    }
}

static void mask_written(IpmiInterface *s, uint8_t value)
{
    s->mask = (s->mask & ~INTERRUPT_ENABLE & ~(value & INTERRUPT)) | (value & INTERRUPT_ENABLE);
    if (value & HARD_RESET) {
        reset_buffers(s);
        s->status = 0;
    }
}

static uint64_t bt_read(void *opaque, hwaddr addr, unsigned size)
{
    IpmiInterface *s = opaque;

    switch (addr) {
    case CONTROL:
        return s->status;
    case BUFFER:
        return s->at < s->response.len ? s->response.bytes[s->at++] : 0xff;
    case INTERRUPT_MASK:
        return s->mask;
    default:
        return 0xff;
    }
}

static void bt_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    IpmiInterface *s = opaque;

    if (addr == CONTROL) {
        control_written(s, value);
    } else if (addr == BUFFER && s->request.len < MIN(IPMI_MAX_MESSAGE, UINT8_MAX + 1)) {
        s->request.bytes[s->request.len++] = value;
    } else if (addr == INTERRUPT_MASK) {
        mask_written(s, value);
    }
    ipmi_interface_update(s);
}

static const MemoryRegionOps bt_ops = {
    .read = bt_read,
    .write = bt_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* SMS_ATN is set when there is something new, and software takes it back. */
static bool bt_wants_interrupt(IpmiInterface *s, IpmiAttention attention)
{
    if (attention.pending && !s->attention_seen) {
        s->status |= SMS_ATN;
        s->mask |= s->mask & INTERRUPT_ENABLE && attention.interrupts ? INTERRUPT : 0;
    }
    s->attention_seen = attention.pending;
    return s->mask & INTERRUPT;
}

static void bt_reset(IpmiInterface *s)
{
    reset_buffers(s);
    s->status = s->mask = 0;
    s->attention_seen = false;
}

const IpmiInterfaceKind ipmi_bt = {
    .name = "bt",
    .protocol = IPMI_PROTOCOL_BT,
    .smbios = IPMI_SMBIOS_BT,
    .pci_interface = 2,
    .port = 0xe4,
    .ports = BT_PORTS,
    .ops = &bt_ops,
    .reset = bt_reset,
    .wants_interrupt = bt_wants_interrupt,
};
