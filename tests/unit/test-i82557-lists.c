/*
 * Intel 8255x: command blocks and receive descriptors, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "i82557-test.h"

/* --- command unit --- */

static void a_list_is_walked_to_its_end(void)
{
    start();
    block(0, NOP);
    block(1, I | NOP);
    block(2, EL | NOP);
    command(CU_START, CBL);
    for (int i = 0; i < 3; i++) {
        g_assert_cmphex(word(CBL + 64 * i), ==, COMPLETE);
    }
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
    g_assert_cmphex(get(CAUSES, 1), ==, CX | CNA);
}

static void addresses_count_from_the_base(void)
{
    start();
    command(CU_BASE, 0x1000);
    block(0, NOP);
    set_lword(CBL + 4, 64);
    block(1, EL | NOP);
    command(CU_START, 0);
    g_assert_cmphex(word(CBL + 64), ==, COMPLETE);
}

static void a_suspended_list_goes_on_only_when_its_s_bit_is_gone(void)
{
    start();
    block(0, S | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_SUSPENDED);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
    command(CU_RESUME, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_SUSPENDED);
    g_assert_cmphex(word(CBL + 64), ==, 0);
    set_word(CBL + 2, NOP);
    command(CU_RESUME, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
    g_assert_cmphex(word(CBL + 64), ==, COMPLETE);
}

static void a_static_resume_does_not_look_back(void)
{
    start();
    block(0, S | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    command(CU_STATIC_RESUME, 0);
    g_assert_cmphex(word(CBL + 64), ==, COMPLETE);
}

static void an_idle_unit_ignores_resume(void)
{
    start();
    block(0, EL | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    command(CU_RESUME, 0);
    g_assert_cmphex(word(CBL + 64), ==, 0);
}

static void suspending_interrupts_unless_configured_otherwise(void)
{
    start();
    configure(6, 0x08, 0);
    block(0, S | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(get(CAUSES, 1), ==, 0);
    command(CU_STATIC_RESUME, 0);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
}

static void an_endless_list_lets_others_run(void)
{
    start();
    block(0, I | NOP);
    set_lword(CBL + 4, CBL);
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE);
    set_word(CBL, 0);
    nic_test_turn();
    g_assert_cmphex(word(CBL), ==, COMPLETE); /* it is walked on */
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE);
    set_word(CBL + 2, EL | NOP);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void a_resume_meets_the_suspension_to_come(void)
{
    start();
    block(0, NOP);
    set_lword(CBL + 4, CBL);
    block(1, EL | NOP);
    command(CU_START, CBL);
    set_word(CBL + 2, NOP); /* active, between two turns: the driver appends and resumes */
    set_lword(CBL + 4, CBL + 64 * 2);
    block(2, S | NOP);
    set_lword(CBL + 64 * 2 + 4, CBL + 64);
    command(CU_RESUME, 0);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 1), ==, CU_SUSPENDED); /* S is still there */
    set_word(CBL + 64 * 2 + 2, NOP);
    command(CU_RESUME, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void a_list_that_leads_nowhere_ends(void)
{
    start();
    block(0, NOP);
    set_lword(CBL + 4, 0xe0000000);
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
    g_assert_cmphex(nic_get_config(t, PCI_STATUS, 2) & PCI_STATUS_REC_MASTER_ABORT, !=, 0);
}

static void without_mastering_nothing_is_touched(void)
{
    start();
    nic_config(t, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    block(0, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(word(CBL), ==, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void a_list_in_the_csr_is_harmless(void)
{
    start();
    block(0, EL | TRANSMIT | SF);
    command(CU_START, CSR);
    /* A frame received into the SCB must not give commands. */
    set_lword(RFA, 0);
    set_lword(RFA + 4, RFA);
    set_lword(RFA + 12, 1600 << 16);
    command(RU_START, CSR - 16);
    arrive(100, own);
    g_assert_cmphex(word(CBL), ==, 0);
}

/* --- transmit --- */

static void assert_sent(unsigned n, const uint8_t *frame, size_t size)
{
    gsize sent_size;
    const void *sent;

    g_assert_cmpuint(t->sent->len, >, n);
    sent = g_bytes_get_data(t->sent->pdata[n], &sent_size);
    g_assert_cmpmem(sent, sent_size, frame, size);
}

/* A simplified transmit block with that frame. */
static uint32_t transmit_block(unsigned n, uint16_t bits, const uint8_t *frame, size_t size)
{
    uint32_t at = CBL + 2048 * n;

    set_word(at, 0);
    set_word(at + 2, bits | TRANSMIT);
    set_lword(at + 4, at + 2048);
    set_lword(at + 8, 0xffffffff);
    set_lword(at + 12, size | 0x8000);
    memcpy(nic_memory(t, at + 16), frame, size);
    return at;
}

static void a_simplified_block_is_sent(void)
{
    uint8_t frame[1514];

    start();
    make_frame(frame, sizeof(frame), other);
    command(CU_START, transmit_block(0, EL, frame, sizeof(frame)));
    g_assert_cmphex(word(CBL), ==, COMPLETE);
    assert_sent(0, frame, sizeof(frame));
    g_assert_cmpuint(counter(TX_GOOD), ==, 1);
}

static void short_frames_are_padded_if_configured(void)
{
    uint8_t frame[60] = { 0 };

    start();
    make_frame(frame, 42, other);
    command(CU_START, transmit_block(0, EL, frame, 42));
    assert_sent(0, frame, 60);
    configure(18, 0, 0x02);
    command(CU_START, transmit_block(0, EL, frame, 42));
    assert_sent(1, frame, 42);
}

/* Buffers of 100, 0 and 200 bytes. */
static void make_buffers(uint32_t tbds, const uint8_t *frame)
{
    static const uint16_t sizes[] = { 100, 0, 200 };
    unsigned done = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        uint32_t buffer = 0x6001 + 0x400 * i;

        memcpy(nic_memory(t, buffer), frame + done, sizes[i]);
        set_lword(tbds + 8 * i, buffer);
        set_lword(tbds + 8 * i + 4, sizes[i]);
        done += sizes[i];
    }
}

static void a_flexible_block_collects_its_buffers(void)
{
    uint8_t frame[300];
    uint32_t at;

    start();
    make_frame(frame, sizeof(frame), other);
    at = block(0, EL | SF | TRANSMIT);
    set_lword(at + 8, 0x5000);
    set_lword(at + 12, 3u << 24);
    make_buffers(0x5000, frame);
    command(CU_START, at);
    assert_sent(0, frame, 300);

    set_lword(0x5004, 100 | 1 << 16); /* EL on the first */
    command(CU_START, at);
    assert_sent(1, frame, 100);

    set_lword(0x5004, 100);
    set_lword(at + 12, 3u << 24 | 20); /* 20 bytes in the block, then the buffers */
    memcpy(nic_memory(t, at + 16), frame, 20);
    make_buffers(0x5000, frame + 20 - 20);
    command(CU_START, at);
    g_assert_cmpuint(g_bytes_get_size(t->sent->pdata[2]), ==, 320);
}

static void an_extended_block_has_two_buffers_inside(void)
{
    uint8_t frame[300];
    uint32_t at;

    start();
    configure(6, 0, 0x10);
    make_frame(frame, sizeof(frame), other);
    at = block(0, EL | SF | TRANSMIT);
    make_buffers(at + 16, frame);
    set_lword(at + 8, at + 16 + 16); /* the third, as it happens, right behind */
    set_lword(at + 12, 3u << 24);
    command(CU_START, at);
    assert_sent(0, frame, 300);
}

static void the_source_address_is_inserted_if_configured(void)
{
    uint8_t frame[60];

    start();
    configure(10, 0, 0x08);
    make_frame(frame, 60, other);
    memset(frame + 6, 0, 6);
    command(CU_START, transmit_block(0, EL, frame, 60));
    memcpy(frame + 6, own, 6);
    assert_sent(0, frame, 60);
}

static void the_check_sequence_may_come_from_memory(void)
{
    uint8_t frame[64];

    start();
    make_frame(frame, 60, other);
    stl_le_p(frame + 60, ~net_crc32_le(frame, 60));
    command(CU_START, transmit_block(0, EL | NC, frame, 64));
    assert_sent(0, frame, 60);
    frame[60] ^= 1;
    command(CU_START, transmit_block(0, EL | NC, frame, 64));
    g_assert_cmpuint(t->sent->len, ==, 1); /* a wrong one reaches nobody */
}

static void too_long_frames_are_not_sent(void)
{
    uint32_t at;

    start();
    at = block(0, EL | SF | TRANSMIT);
    set_lword(at + 8, 0x5000);
    set_lword(at + 12, 255u << 24);
    for (int i = 0; i < 255; i++) {
        set_lword(0x5000 + 8 * i, 0x6000);
        set_lword(0x5004 + 8 * i, 0x7fff);
    }
    command(CU_START, at);
    g_assert_cmphex(word(at), ==, COMPLETE);
    g_assert_cmpuint(t->sent->len, ==, 0);
}

static void the_unit_waits_for_the_network(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, other);
    transmit_block(0, 0, frame, 60);
    transmit_block(1, 0, frame, 60);
    transmit_block(2, EL, frame, 60);
    t->room = 1;
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE);
    g_assert_cmpuint(t->sent->len, ==, 1);
    t->room = -1;
    qemu_flush_queued_packets(t->cable);
    nic_test_turn();
    g_assert_cmpuint(t->sent->len, ==, 3);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void without_link_carrier_is_lost(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, other);
    net_set_link(t->cable->name, false, &error_abort);
    command(CU_START, transmit_block(0, EL, frame, 60));
    g_assert_cmpuint(t->sent->len, ==, 0);
    g_assert_cmpuint(counter(TX_LOST_CARRIER), ==, 1);
}

static void an_answer_comes_in_while_sending(void)
{
    uint8_t frame[60], answer[60];

    start();
    make_frame(frame, 60, other);
    make_frame(answer, 60, own);
    start_receiving(4);
    t->reply = answer;
    t->reply_size = 60;
    command(CU_START, transmit_block(0, EL, frame, 60));
    g_assert_cmpmem(nic_memory(t, RFA + 16), 60, answer, 60);
}

static void loops_return_what_is_sent(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, own);
    for (int kind = 0; kind < 2; kind++) {
        configure(10, kind == 0 ? 0x40 : 0, 0);
        mdi(1, 1, 0, kind == 0 ? 0x3000 : 0x7000);
        start_receiving(2);
        command(CU_START, transmit_block(0, EL, frame, 60));
        g_assert_cmpuint(t->sent->len, ==, 0);
        g_assert_cmpmem(nic_memory(t, RFA + 16), 60, frame, 60);
        command(RU_ABORT, 0);
    }
}

/* --- receive --- */

static void a_frame_fills_a_descriptor(void)
{
    uint8_t frame[1514];

    start();
    make_frame(frame, 1514, own);
    start_receiving(3);
    g_assert_cmphex(get(STATUS, 1), ==, RU_READY);
    arrive(1514, own);
    g_assert_cmphex(word(RFA), ==, COMPLETE | 0x20);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 1514);
    g_assert_cmpmem(nic_memory(t, RFA + 16), 1514, frame, 1514);
    g_assert_cmphex(get(CAUSES, 1), ==, FR);
    arrive(100, own);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x20);
    g_assert_cmpuint(counter(RX_GOOD), ==, 2);
}

static void short_frames_were_padded_by_their_sender(void)
{
    start();
    start_receiving(2);
    memset(nic_memory(t, RFA + 16), 0xee, 100);
    arrive(42, own);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 60);
    g_assert_cmphex(*nic_memory(t, RFA + 16 + 59), ==, 0);
    g_assert_cmphex(*nic_memory(t, RFA + 16 + 60), ==, 0xee);
}

static void the_last_descriptor_ends_receiving(void)
{
    start();
    start_receiving(1);
    arrive(60, own);
    g_assert_cmphex(word(RFA), ==, COMPLETE | 0x20);
    g_assert_cmphex(get(STATUS, 1), ==, RU_NO_RESOURCES);
    g_assert_cmphex(get(CAUSES, 1), ==, FR | RNR);
    arrive(60, own);
    g_assert_cmpuint(counter(RX_NO_RESOURCES), ==, 1);
    start_receiving(1);
    g_assert_cmphex(get(STATUS, 1), ==, RU_READY);
}

static void a_last_descriptor_without_room_is_left_alone(void)
{
    start();
    start_receiving(1);
    set_lword(RFA + 12, 0);
    arrive(60, own);
    g_assert_cmphex(word(RFA), ==, 0);
    g_assert_cmphex(get(STATUS, 1), ==, RU_NO_RESOURCES);
    g_assert_cmphex(get(CAUSES, 1), ==, RNR);
}

static void a_suspended_unit_is_resumed_behind(void)
{
    start();
    start_receiving(3);
    set_word(RFA + 2, S);
    arrive(60, own);
    g_assert_cmphex(get(STATUS, 1), ==, RU_SUSPENDED);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 2048), ==, 0);
    command(RU_RESUME, 0);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x20);
    g_assert_cmpuint(counter(RX_NO_RESOURCES), ==, 0);
}

static void abort_stops_at_once(void)
{
    start();
    start_receiving(3);
    command(RU_ABORT, 0);
    g_assert_cmphex(get(STATUS, 1), ==, 0);
    g_assert_cmphex(get(CAUSES, 1), ==, RNR);
    arrive(60, own);
    g_assert_cmphex(word(RFA), ==, 0);
}

static void receive_addresses_count_from_the_base(void)
{
    start();
    start_receiving(3);
    command(RU_ABORT, 0);
    command(RU_BASE, 0x8000);
    set_lword(RFA + 4, 2048);
    command(RU_START, 0);
    arrive(60, own);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x20);
}

static void a_frame_that_does_not_fit_is_cut(void)
{
    start();
    start_receiving(3);
    set_lword(RFA + 12, 64 << 16);
    memset(nic_memory(t, RFA + 16), 0xee, 100);
    arrive(100, own);
    g_assert_cmphex(word(RFA), ==, 0x8000 | 0x0200 | 0x20);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 64);
    g_assert_cmphex(*nic_memory(t, RFA + 16 + 64), ==, 0xee);
    g_assert_cmpuint(counter(RX_GOOD), ==, 0);
}

static void long_frames_need_permission(void)
{
    start();
    configure(18, 0, 0x08);
    start_receiving(4);
    arrive(1518, own);
    g_assert_cmphex(word(RFA), ==, 0);
    configure(18, 0x08, 0);
    arrive(1518, own);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 1518);
}

static void the_check_sequence_is_stored_if_configured(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, own);
    configure(18, 0x04, 0);
    start_receiving(2);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 64);
    g_assert_cmphex(lword(RFA + 16 + 60), ==, ~net_crc32_le(frame, 60));
}

/* The example of the manual: the sum of the bytes behind the header, as little-endian words. */
static void the_checksum_is_appended_if_configured(void)
{
    static const uint8_t payload[] = { 0xf1, 0xf5, 0x54, 0x79, 0xe7, 0x9e, 0xf5 };
    uint8_t frame[60] = { 0 };

    start();
    memcpy(frame, own, 6);
    frame[12] = 8;
    memcpy(frame + 14, payload, sizeof(payload));
    configure(9, 0x01, 0);
    start_receiving(2);
    qemu_send_packet(t->cable, frame, 60);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 62);
    g_assert_cmphex(word(RFA + 16 + 60), ==, 0x0f23);
}

static void padding_is_stripped_if_configured(void)
{
    uint8_t frame[60] = { 0 };

    start();
    memcpy(frame, own, 6);
    frame[13] = 20; /* a length */
    configure(18, 0x01, 0);
    start_receiving(2);
    qemu_send_packet(t->cable, frame, 60);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 34);
    g_assert_cmphex(word(RFA), ==, COMPLETE);
}

/* --- address filter --- */

static void the_filter_takes_own_and_broadcast_frames(void)
{
    start();
    g_assert_cmphex(status_of(own), ==, COMPLETE | 0x20);
    g_assert_cmphex(status_of(all), ==, COMPLETE | 0x22);
    g_assert_cmphex(status_of(other), ==, 0);
    g_assert_cmphex(status_of(group), ==, 0);
}

static void filters_are_configured(void)
{
    uint8_t global[6];

    start();
    configure(15, 0x02, 0);
    g_assert_cmphex(status_of(all), ==, 0);
    configure(15, 0x01, 0);
    g_assert_cmphex(status_of(other), ==, COMPLETE | 0x26);
    g_assert_cmphex(status_of(own), ==, COMPLETE | 0x20);
    configure(21, 0x08, 0);
    g_assert_cmphex(status_of(group), ==, COMPLETE | 0x22);
    memcpy(global, own, 6);
    global[0] ^= 2;
    g_assert_cmphex(status_of(global), ==, 0);
    configure(15, 0x10, 0);
    g_assert_cmphex(status_of(global), ==, COMPLETE | 0x20);
}

static void setup_commands_change_addresses(void)
{
    uint32_t at;

    start();
    at = block(0, EL | ADDRESS);
    memcpy(nic_memory(t, at + 8), other, 6);
    command(CU_START, at);
    g_assert_cmphex(status_of(own), ==, 0);
    g_assert_cmphex(status_of(other), ==, COMPLETE | 0x20);

    at = block(0, EL | MULTICAST);
    set_word(at + 8, 12);
    memcpy(nic_memory(t, at + 10), group, 6);
    memcpy(nic_memory(t, at + 16), own, 6);
    command(CU_START, at);
    g_assert_cmphex(status_of(group), ==, COMPLETE | 0x22);
    g_assert_cmphex(status_of(own), ==, 0); /* in the hash, but that is for groups ... */
    configure(20, 0x40, 0);
    g_assert_cmphex(status_of(own), ==, COMPLETE | 0x22); /* ... unless configured otherwise */

    set_word(at + 8, 0);
    command(CU_START, at);
    g_assert_cmphex(status_of(group), ==, 0);
}

#define ROW(path, function) { "/i82557/" path, function }

static const NicTestCase tests[] = {
    ROW("cu/list", a_list_is_walked_to_its_end),
    ROW("cu/base", addresses_count_from_the_base),
    ROW("cu/suspend-and-resume", a_suspended_list_goes_on_only_when_its_s_bit_is_gone),
    ROW("cu/static-resume", a_static_resume_does_not_look_back),
    ROW("cu/idle-resume", an_idle_unit_ignores_resume),
    ROW("cu/ci-only", suspending_interrupts_unless_configured_otherwise),
    ROW("cu/endless", an_endless_list_lets_others_run),
    ROW("cu/resume-while-active", a_resume_meets_the_suspension_to_come),
    ROW("cu/nowhere", a_list_that_leads_nowhere_ends),
    ROW("cu/no-mastering", without_mastering_nothing_is_touched),
    ROW("cu/list-in-csr", a_list_in_the_csr_is_harmless),
    ROW("tx/simplified", a_simplified_block_is_sent),
    ROW("tx/padding", short_frames_are_padded_if_configured),
    ROW("tx/flexible", a_flexible_block_collects_its_buffers),
    ROW("tx/extended", an_extended_block_has_two_buffers_inside),
    ROW("tx/source-address", the_source_address_is_inserted_if_configured),
    ROW("tx/own-fcs", the_check_sequence_may_come_from_memory),
    ROW("tx/too-long", too_long_frames_are_not_sent),
    ROW("tx/waits", the_unit_waits_for_the_network),
    ROW("tx/no-link", without_link_carrier_is_lost),
    ROW("tx/answer", an_answer_comes_in_while_sending),
    ROW("tx/loopback", loops_return_what_is_sent),
    ROW("rx/frame", a_frame_fills_a_descriptor),
    ROW("rx/short", short_frames_were_padded_by_their_sender),
    ROW("rx/el", the_last_descriptor_ends_receiving),
    ROW("rx/el-without-room", a_last_descriptor_without_room_is_left_alone),
    ROW("rx/suspend-and-resume", a_suspended_unit_is_resumed_behind),
    ROW("rx/abort", abort_stops_at_once),
    ROW("rx/base", receive_addresses_count_from_the_base),
    ROW("rx/no-room", a_frame_that_does_not_fit_is_cut),
    ROW("rx/long", long_frames_need_permission),
    ROW("rx/fcs", the_check_sequence_is_stored_if_configured),
    ROW("rx/checksum", the_checksum_is_appended_if_configured),
    ROW("rx/strip", padding_is_stripped_if_configured),
    ROW("filter/default", the_filter_takes_own_and_broadcast_frames),
    ROW("filter/configure", filters_are_configured),
    ROW("filter/setup", setup_commands_change_addresses),
};

int main(int argc, char **argv)
{
    return run_tests(&argc, &argv, tests, G_N_ELEMENTS(tests));
}
