/*
 * Intel 8255x: the command unit, its actions, and the statistical counters.
 *
 * Reference: 8255x Open Source Software Developer Manual, sections 6.3.3, 6.4.1, 6.4.2 and 6.5.3.
 * The configure command's bits, here and in i82557-ru.c, are where Intel's own driver (e100) has
 * them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "i82557-internal.h"

/* Bits of the configure command that matter here. */
static const ConfigBit
    config_ci_only = { 6, 0x08 },           /* no CNA interrupt when suspended */
    config_tco_counters = { 6, 0x04 },
    config_standard_tcb = { 6, 0x10 },
    config_basic_counters = { 6, 0x20 },
    config_extended_rfd = { 7, 0x20 },
    config_own_source = { 10, 0x08 },       /* the source address comes from memory */
    config_pad = { 18, 0x02 };

/* --- statistical counters --- */

static unsigned counters_in_dump(I8255xState *s)
{
    unsigned generation = i8255x_model(s)->generation;

    if (generation >= 9 && configured(s, config_tco_counters)) {
        return NUM_COUNTERS;
    }
    return generation >= 8 && !configured(s, config_basic_counters) ? NUM_FLOW_COUNTERS
                                                                    : NUM_BASIC_COUNTERS;
}

void i8255x_dump_counters(I8255xState *s, uint32_t done)
{
    uint8_t dump[(NUM_COUNTERS + 1) * 4];
    unsigned n = counters_in_dump(s);
    bool was_in_dma = s->in_dma;

    for (unsigned i = 0; i < n; i++) {
        stl_le_p(dump + 4 * i, s->counters[i]);
    }
    stl_le_p(dump + 4 * n, done);
    s->in_dma = true;
    i8255x_dma_put(s, s->counters_address, dump, 4 * (n + 1));
    s->in_dma = was_in_dma;
    if (done == DUMP_RESET_DONE) {
        memset(s->counters, 0, sizeof(s->counters));
    }
}

/* --- action commands --- */

#define CB_SIZE 16
#define CB_EL   0x8000 /* of the command word */
#define CB_S    0x4000
#define CB_I    0x2000
#define CB_NC   0x0010 /* transmit: FCS and source address come from memory */
#define CB_SF   0x0008 /* transmit: flexible mode */
#define CB_C    0x8000 /* of the status word */
#define CB_OK   0x2000

static void action_nop(I8255xState *s, uint32_t at, const uint8_t *cb)
{
}

static void action_address(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    memcpy(s->address, cb + 8, 6);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->address);
}

/* The first byte's count says how many there are; those that aren't given stay. */
static void action_configure(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    unsigned count = cb[8] & 0x3f;

    i8255x_dma_get(s, at + 8, s->config, MIN(count, CONFIG_SIZE));
    if (configured(s, config_extended_rfd)) {
        i8255x_lacking("extended receive frame descriptor");
    }
}

static void action_multicast(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    unsigned size = lduw_le_p(cb + 8) & 0x3fff;
    uint8_t *list = s->tx_frame; /* free between frames */

    G_STATIC_ASSERT(TX_FRAME_MAX >= 0x3fff);
    i8255x_dma_get(s, at + 10, list, size);
    s->hash = 0;
    for (unsigned i = 0; i + 6 <= size; i += 6) {
        s->hash |= UINT64_C(1) << i8255x_hash_bit(list + i);
    }
}

static void tx_done(NetClientState *nc, ssize_t ret)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    s->tx_waits = false;
    if (s->cu_state == CU_ACTIVE) {
        qemu_bh_schedule(s->cu_turn);
    }
}

/* Onto the wire with the frame in tx_frame, or back through a loop. */
static void send_frame(I8255xState *s, size_t size)
{
    NetClientState *nc = qemu_get_queue(s->nic);

    s->counters[TX_GOOD]++;
    if (configured(s, CONFIG_LOOPBACK) || i82555_is_loop(&s->phy)) {
        i8255x_receive(s, s->tx_frame, size, true);
    } else if (!i82555_link_is_up(&s->phy)) {
        s->counters[TX_LOST_CARRIER]++;
    } else {
        s->tx_waits = qemu_send_packet_async(nc, s->tx_frame, size, tx_done) == 0;
    }
}

/* Collects a part of the frame behind the *size bytes that are there; false if it is too long. */
static bool gather(I8255xState *s, uint32_t from, uint32_t len, size_t *size)
{
    if (len > TX_FRAME_MAX - *size) {
        return false;
    }
    i8255x_dma_get(s, from, s->tx_frame + *size, len);
    *size += len;
    return true;
}

/* Collects the buffers of a flexible-mode frame; the first two are in an extended block itself. */
static bool gather_buffers(I8255xState *s, uint32_t at, const uint8_t *cb, size_t *size)
{
    bool extended = i8255x_model(s)->generation >= 8 && !configured(s, config_standard_tcb);
    uint32_t array = ldl_le_p(cb + 8);
    unsigned count = cb[15], in_block = extended ? 2 : 0;

    /* A count of 255 means "until the EL bit" then: there are no frames of so many pieces. */
    for (unsigned i = 0; i < count; i++, s->work_left--) {
        uint32_t place = i < in_block ? at + CB_SIZE + 8 * i : array + 8 * (i - in_block);
        uint8_t tbd[8];

        i8255x_dma_get(s, place, tbd, sizeof(tbd));
        if (!gather(s, ldl_le_p(tbd), lduw_le_p(tbd + 4) & 0x7fff, size)) {
            return false;
        }
        if (tbd[6] & 1) {
            break;
        }
    }
    return true;
}

static void action_transmit(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    uint16_t command = lduw_le_p(cb + 2), count = lduw_le_p(cb + 12) & 0x3fff;
    size_t size = 0;

    if (!gather(s, at + CB_SIZE, count, &size) ||
        ((command & CB_SF) && !gather_buffers(s, at, cb, &size))) {
        i8255x_guest_error("transmit", "the frame has 16 KiB or more, and is not sent");
        return;
    }
    if (command & CB_NC) {
        if (size < FCS_SIZE ||
            ~net_crc32_le(s->tx_frame, size - FCS_SIZE) !=
                ldl_le_p(s->tx_frame + size - FCS_SIZE)) {
            i8255x_guest_error("transmit", "the frame's check sequence is wrong: nobody takes it");
            s->counters[TX_GOOD]++;
            return;
        }
        size -= FCS_SIZE;
    } else if (!configured(s, config_own_source) && size >= 12) {
        memcpy(s->tx_frame + 6, s->address, 6);
    }
    if (size < 14) {
        i8255x_guest_error("transmit", "the frame is shorter than its header, and is not sent");
        return;
    }
    if (size < ETHER_MIN && configured(s, config_pad)) {
        memset(s->tx_frame + size, 0, ETHER_MIN - size);
        size = ETHER_MIN;
    }
    send_frame(s, size);
}

static void action_microcode(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    i8255x_lacking("microcode");
}

/* Of the registers' 596 bytes, the configuration and the address; what else is there reads as 0. */
void i8255x_dump_registers(I8255xState *s, uint32_t to)
{
    uint8_t dump[596] = { 0 };

    memcpy(dump, s->config, CONFIG_SIZE);
    memcpy(dump + CONFIG_SIZE, s->address, sizeof(s->address));
    i8255x_lacking("dump of internal registers other than configuration and address");
    i8255x_dma_put(s, to, dump, sizeof(dump));
}

static void action_dump(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    i8255x_dump_registers(s, ldl_le_p(cb + 8));
}

static void action_diagnose(I8255xState *s, uint32_t at, const uint8_t *cb)
{
}

static void (*const actions[8])(I8255xState *s, uint32_t at, const uint8_t *cb) = {
    action_nop,      action_address,   action_configure, action_multicast,
    action_transmit, action_microcode, action_dump,      action_diagnose,
};

/* --- command unit --- */

static uint32_t dma_get_long(I8255xState *s, uint32_t from)
{
    uint8_t bytes[4];

    i8255x_dma_get(s, from, bytes, sizeof(bytes));
    return ldl_le_p(bytes);
}

void i8255x_cu_resume(I8255xState *s, bool rereads)
{
    if (rereads && (dma_get_long(s, s->cu_base + s->cu_last) >> 16 & CB_S)) {
        return;
    }
    s->cu_state = CU_ACTIVE;
}

static void cu_suspend(I8255xState *s)
{
    s->cu_state = CU_SUSPENDED;
    if (!configured(s, config_ci_only)) {
        i8255x_raise(s, CAUSE_CNA);
    }
    if (s->cu_resume) {
        s->cu_resume = false;
        i8255x_cu_resume(s, true);
    }
}

static void cu_execute_block(I8255xState *s)
{
    uint32_t at = s->cu_base + s->cu_next;
    uint8_t cb[CB_SIZE];
    uint16_t command;

    i8255x_dma_get(s, at, cb, sizeof(cb));
    command = lduw_le_p(cb + 2);
    s->cu_last = s->cu_next;
    s->cu_next = ldl_le_p(cb + 4);
    actions[command & 7](s, at, cb);
    i8255x_dma_put_word(s, at, CB_C | CB_OK);

    if (command & CB_I) {
        i8255x_raise(s, CAUSE_CX);
    }
    if (command & CB_EL) {
        s->cu_state = CU_IDLE;
        s->cu_resume = false;
        i8255x_raise(s, CAUSE_CNA);
    } else if (command & CB_S) {
        cu_suspend(s);
    }
}

void i8255x_cu_run(I8255xState *s)
{
    s->in_dma = true;
    for (s->work_left = WORK_PER_TURN; s->cu_state == CU_ACTIVE && !s->tx_waits; s->work_left--) {
        if (s->work_left <= 0) {
            qemu_bh_schedule(s->cu_turn);
            break;
        }
        cu_execute_block(s);
    }
    s->in_dma = false;
    /* Answers to what was sent may have come meanwhile. */
    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}
