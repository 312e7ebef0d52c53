/*
 * Intel 8255x: the receive unit and the address filter in front of it.
 *
 * Reference: 8255x Open Source Software Developer Manual, sections 6.4.3 and 6.5.4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "i82557-internal.h"

/* Bits of the configure command that matter here. */
static const ConfigBit
    config_save_bad = { 6, 0x80 },
    config_discard_short = { 7, 0x01 },
    config_rx_checksum = { 9, 0x01 },
    config_promiscuous = { 15, 0x01 },
    config_no_broadcast = { 15, 0x02 },
    config_ignore_local = { 15, 0x10 },     /* U/L bit of addresses */
    config_strip = { 18, 0x01 },
    config_keep_fcs = { 18, 0x04 },
    config_long_frames = { 18, 0x08 },
    config_reject_pauses = { 19, 0x20 },
    config_multiple_ia = { 20, 0x40 },
    config_all_multicast = { 21, 0x08 };

/* --- address filter --- */

/* What the low bits of an RFD's status say of the destination address. */
#define RX_STATUS_NO_MATCH 0x0004
#define RX_STATUS_NOT_IA   0x0002

unsigned i8255x_hash_bit(const uint8_t address[6])
{
    return net_crc32(address, 6) >> 26;
}

static bool is_own_address(const I8255xState *s, const uint8_t *address)
{
    uint8_t differs = (address[0] ^ s->address[0]) &
                      (configured(s, config_ignore_local) ? ~0x02 : 0xff);

    return !differs && memcmp(address + 1, s->address + 1, 5) == 0;
}

/* Is the frame ours? *status: why. */
static bool accepts(const I8255xState *s, const uint8_t *address, uint16_t *status)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    bool is_group = address[0] & 1, in_hash = s->hash >> i8255x_hash_bit(address) & 1;

    *status = RX_STATUS_NOT_IA;
    if (memcmp(address, broadcast, 6) == 0) {
        if (!configured(s, config_no_broadcast)) {
            return true;
        }
    } else if (is_group) {
        if (in_hash || configured(s, config_all_multicast)) {
            return true;
        }
    } else if (is_own_address(s, address)) {
        *status = 0;
        return true;
    } else if (in_hash && configured(s, config_multiple_ia)) {
        return true;
    }
    *status |= RX_STATUS_NO_MATCH;
    return configured(s, config_promiscuous);
}

/* --- receive unit --- */

#define RFD_SIZE   16
#define RFD_EL     0x8000 /* of the command word */
#define RFD_S      0x4000
#define RFD_SF     0x0008
#define RFD_C      0x8000 /* of the status word */
#define RFD_OK     0x2000
#define RFD_NO_ROOM 0x0200
#define RFD_SHORT  0x0080
#define RFD_TYPE   0x0020 /* the field behind the addresses is a type */
#define RFD_EOF    0x8000 /* of the actual count */
#define RFD_F      0x4000
#define RFD_COUNT  0x3fff

static void ru_leave_ready(I8255xState *s, RUState state)
{
    s->ru_state = state;
    i8255x_raise(s, CAUSE_RNR);
}

static uint16_t type_or_length(const uint8_t *frame)
{
    return lduw_be_p(frame + 12);
}

static bool is_length(uint16_t type_or_length)
{
    return type_or_length <= 1500;
}

/* Pause frames have been acted on (by whom they paused: nobody) when this returns true. */
static bool is_rejected_pause(I8255xState *s, const uint8_t *frame)
{
    static const uint8_t address[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };
    bool is_pause;

    if (i8255x_model(s)->generation < 8 || type_or_length(frame) != 0x8808) {
        return false;
    }
    is_pause = memcmp(frame, address, 6) == 0 && lduw_be_p(frame + 14) == 1;
    s->counters[is_pause ? FC_PAUSES : FC_UNSUPPORTED]++;
    if (is_pause) {
        i8255x_lacking("pausing after a flow control frame");
        i8255x_raise(s, CAUSE_FCP);
    }
    return configured(s, config_reject_pauses);
}

/* The one's complement sum of what follows the Ethernet header: the 82559's help with TCP. */
static uint16_t payload_sum(const uint8_t *frame, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 14; i + 1 < size; i += 2) {
        sum += lduw_le_p(frame + i);
    }
    if (size > 14 && (size & 1)) {
        sum += frame[size - 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

/*
 * The frame in rx_frame, `size` bytes without FCS, as it is stored: without padding, with FCS, with
 * its checksum, as configured. Returns the size.
 */
static size_t finish_frame(I8255xState *s, size_t size)
{
    size_t payload = type_or_length(s->rx_frame);
    uint32_t fcs = net_crc32_le(s->rx_frame, size);
    uint16_t sum = payload_sum(s->rx_frame, size);

    if (configured(s, config_strip) && is_length(payload) && 14 + payload < size) {
        size = 14 + payload;
    }
    if (configured(s, config_keep_fcs)) {
        stl_le_p(s->rx_frame + size, ~fcs);
        size += FCS_SIZE;
    }
    if (configured(s, config_rx_checksum) && i8255x_model(s)->generation >= 9) {
        stw_le_p(s->rx_frame + size, sum);
        size += 2;
    }
    return size;
}

/* Stores the frame in rx_frame into the next RFD, if there is one. */
static void ru_store(I8255xState *s, size_t size, uint16_t status)
{
    uint32_t rfd_address = s->ru_base + s->ru_next;
    uint8_t rfd[RFD_SIZE];
    uint16_t command, room;
    size_t stored;

    i8255x_dma_get(s, rfd_address, rfd, sizeof(rfd));
    command = lduw_le_p(rfd + 2);
    room = lduw_le_p(rfd + 14) & RFD_COUNT;
    if (command & RFD_SF) {
        i8255x_lacking("flexible receive frame descriptor");
    }
    /* The last one, without room, only marks the end: it isn't touched. */
    if ((command & RFD_SF) || (room == 0 && (command & RFD_EL))) {
        s->counters[RX_NO_RESOURCES]++;
        ru_leave_ready(s, RU_NO_RESOURCES);
        return;
    }

    if (!is_length(type_or_length(s->rx_frame))) {
        status |= RFD_TYPE;
    }
    size = finish_frame(s, size);
    stored = MIN(size, room);
    i8255x_dma_put(s, rfd_address + RFD_SIZE, s->rx_frame, stored);
    if (stored < size) {
        status |= RFD_NO_ROOM;
        s->counters[RX_NO_RESOURCES]++;
    } else if (!(status & RFD_SHORT)) {
        status |= RFD_OK;
        s->counters[RX_GOOD]++;
    }
    i8255x_dma_put_word(s, rfd_address + 12, RFD_EOF | RFD_F | stored);
    i8255x_dma_put_word(s, rfd_address, status | RFD_C);

    s->ru_next = ldl_le_p(rfd + 4);
    i8255x_raise(s, CAUSE_FR);
    if (command & RFD_EL) {
        ru_leave_ready(s, RU_NO_RESOURCES);
    } else if (command & RFD_S) {
        ru_leave_ready(s, RU_SUSPENDED);
    }
}

void i8255x_receive(I8255xState *s, const uint8_t *frame, size_t size, bool from_loop)
{
    uint16_t status;
    bool is_short = from_loop && size < ETHER_MIN;

    if (size < 14 || size > RX_FRAME_MAX) {
        return;
    }
    memcpy(s->rx_frame, frame, size);
    if (!is_short && size < ETHER_MIN) {
        memset(s->rx_frame + size, 0, ETHER_MIN - size);
        size = ETHER_MIN;
    }
    if (is_short) {
        s->counters[RX_SHORT]++;
        if (configured(s, config_discard_short)) {
            return;
        }
    }
    if (!accepts(s, s->rx_frame, &status) || is_rejected_pause(s, s->rx_frame) ||
        (size > ETHER_MAX && !configured(s, config_long_frames))) {
        return;
    }
    if (is_short) {
        status |= RFD_SHORT;
        if (!configured(s, config_save_bad)) {
            return;
        }
    }
    if (s->ru_state == RU_READY) {
        ru_store(s, size, status);
    } else if (s->ru_state == RU_NO_RESOURCES) {
        s->counters[RX_NO_RESOURCES]++;
    }
}
