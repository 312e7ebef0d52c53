/*
 * NVM Express by a scripted driver: queues, commands, errors, events, snapshots; one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pci-test.h"
#include <glib/gstdio.h>
#include "system/block-backend.h"
#include "system/runstate.h"

#define REGS   PCI_TEST_BARS
#define SECOND 0x08000000 /* another controller's registers lie so much higher */
#define BLOCKS 4096       /* of 512 bytes */

enum { CAP = 0, VS = 8, INTMS = 0xc, INTMC = 0x10, CC = 0x14, CSTS = 0x1c, AQA = 0x24, ASQ = 0x28, ACQ = 0x30, BELLS = 0x1000 };
enum { ENABLE = 1 | 6 << 16 | 4 << 20 };
enum { OK = 0, INVALID_OPCODE = 1, INVALID_FIELD = 2, INVALID_NAMESPACE = 0xb, OUT_OF_RANGE = 0x80, DNR = 0x4000 };

/* Queues: number n's commands are at 1000 * (2n + 1), its completions behind them. */
#define ENTRIES 8
#define SQ_AT(n) (0x1000 + 0x2000 * (n))
#define CQ_AT(n) (SQ_AT(n) + 0x1000)
#define DATA    0x40000
#define LISTS   0x30000

static PciTest t;
static char *image;
static BlockBackend *blk;
static PCIDevice *dev;
static unsigned tails[3], heads[3];
static uint32_t at = REGS; /* of the controller that the functions below drive */

static uint32_t get(unsigned reg)
{
    return rd(&t.mem_as, at + reg, MO_LEUL);
}

static void put(unsigned reg, uint32_t value)
{
    wr(&t.mem_as, at + reg, value, MO_LEUL);
}

static PCIDevice *new_controller(BlockBackend *own)
{
    PCIDevice *controller = pci_new(-1, "nvme");

    qdev_prop_set_string(DEVICE(controller), "serial", "S-1");
    if (own) {
        qdev_prop_set_drive(DEVICE(controller), "drive", own);
    }
    qdev_realize(DEVICE(controller), BUS(t.bus), &error_abort);
    device_cold_reset(DEVICE(controller));
    return controller;
}

static uint8_t *mem(uint32_t addr)
{
    return pci_test_memory(&t, addr);
}

static void start(void)
{
    int fd = g_file_open_tmp("nvme-XXXXXX", &image, NULL);
    uint8_t block[512];

    for (int i = 0; i < BLOCKS; i++) {
        memset(block, i * 7, sizeof(block));
        stl_le_p(block, i);
        g_assert_cmpint(write(fd, block, sizeof(block)), ==, sizeof(block));
    }
    close(fd);
    blk = blk_new_open("disk", image, "raw", false, &error_abort);
    at = REGS;
    dev = new_controller(blk);
    pci_test_enable(&t, dev, -1, 0);
    memset(mem(0), 0, PCI_TEST_RAM);
    memset(tails, 0, sizeof(tails));
    memset(heads, 0, sizeof(heads));
    put(AQA, (ENTRIES - 1) * 0x10001);
    put(ASQ, SQ_AT(0));
    put(ACQ, CQ_AT(0));
    put(CC, ENABLE);
    g_assert_cmphex(get(CSTS), ==, 1);
}

static void end(void)
{
    test_drop(DEVICE(dev));
    blk_unref(blk);
    unlink(image);
    g_free(image);
}

/* ---- commands ---- */

typedef struct Command {
    uint8_t opcode, flags;
    uint32_t nsid;
    uint64_t prp1, prp2;
    uint32_t dw[6]; /* 10 to 15 */
} Command;

static void submit(unsigned q, Command c)
{
    uint8_t *to = mem(SQ_AT(q) + 64 * tails[q]);

    memset(to, 0, 64);
    to[0] = c.opcode;
    to[1] = c.flags;
    stw_le_p(to + 2, 0x100 + tails[q]);
    stl_le_p(to + 4, c.nsid);
    stq_le_p(to + 24, c.prp1);
    stq_le_p(to + 32, c.prp2);
    for (int i = 0; i < 6; i++) {
        stl_le_p(to + 40 + 4 * i, c.dw[i]);
    }
    tails[q] = (tails[q] + 1) % ENTRIES;
    put(BELLS + 8 * q, tails[q]);
}

/* How many completions have come since they were last counted; *status and *result: the last one's. */
static unsigned completions(unsigned q, unsigned *status, uint32_t *result)
{
    unsigned n = 0;

    while ((lduw_le_p(mem(CQ_AT(q) + 16 * (heads[q] % ENTRIES) + 14)) & 1) == !(heads[q] / ENTRIES & 1)) {
        const uint8_t *entry = mem(CQ_AT(q) + 16 * (heads[q] % ENTRIES));

        *status = lduw_le_p(entry + 14) >> 1;
        *result = ldl_le_p(entry);
        g_assert_cmpuint(lduw_le_p(entry + 10), ==, q);
        heads[q]++;
        n++;
    }
    return n;
}

static uint32_t last_result;

/* The status of a command that is alone. */
static unsigned run(unsigned q, Command c)
{
    unsigned status = 0xffff;

    submit(q, c);
    while (completions(q, &status, &last_result) == 0) {
        main_loop_wait(false);
    }
    put(BELLS + 8 * q + 4, heads[q] % ENTRIES);
    return status;
}

static void make_queues(unsigned entries)
{
    g_assert_cmphex(run(0, (Command){ 5, .prp1 = CQ_AT(1), .dw = { (entries - 1) << 16 | 1, 1 << 16 | 3 } }), ==, OK);
    g_assert_cmphex(run(0, (Command){ 1, .prp1 = SQ_AT(1), .dw = { (entries - 1) << 16 | 1, 1 << 16 | 1 } }), ==, OK);
}

static Command transfer(uint8_t opcode, uint64_t block, unsigned count, uint64_t prp1, uint64_t prp2)
{
    return (Command){ opcode, 0, 1, prp1, prp2, { block, block >> 32, count - 1 } };
}

/* ---- the rules ---- */

static void identify_tells_the_controller_and_its_namespaces(void)
{
    start();
    g_assert_cmphex(get(VS), ==, 0x10400);
    g_assert_cmphex(run(0, (Command){ 6, .prp1 = DATA, .dw = { 1 } }), ==, OK);
    g_assert_cmpmem(mem(DATA + 4), 20, "S-1                 ", 20);
    g_assert_cmphex(mem(DATA)[512], ==, 0x66);
    g_assert_cmphex(run(0, (Command){ 6, .nsid = 1, .prp1 = DATA }), ==, OK);
    g_assert_cmpuint(ldq_le_p(mem(DATA)), ==, BLOCKS);
    g_assert_cmpuint(mem(DATA)[130], ==, 9);
    g_assert_cmphex(run(0, (Command){ 6, .prp1 = DATA, .dw = { 2 } }), ==, OK);
    g_assert_cmpuint(ldl_le_p(mem(DATA)), ==, 1);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 4)), ==, 0);
    g_assert_cmphex(run(0, (Command){ 6, .nsid = 7, .prp1 = DATA, .dw = { 3 } }), ==, INVALID_NAMESPACE | DNR);
    g_assert_cmphex(run(0, (Command){ 0x80, .nsid = 1 }), ==, INVALID_OPCODE | DNR); /* format */
    end();
}

static void blocks_go_where_the_pages_say(void)
{
    start();
    make_queues(ENTRIES);
    /* two pages, the first from its middle on */
    g_assert_cmphex(run(1, transfer(2, 10, 8, DATA + 0x800, DATA + 0x5000)), ==, OK);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 0x800)), ==, 10);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 0x5000)), ==, 14);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 0x5800)), ==, 0);
    /* a list that goes on in another one */
    stq_le_p(mem(LISTS + 0xff0), DATA + 0x3000);
    stq_le_p(mem(LISTS + 0xff8), LISTS + 0x1000);
    stq_le_p(mem(LISTS + 0x1000), DATA + 0x9000);
    stq_le_p(mem(LISTS + 0x1008), DATA + 0x7000);
    g_assert_cmphex(run(1, transfer(2, 100, 32, DATA, LISTS + 0xff0)), ==, OK);
    g_assert_cmpuint(ldl_le_p(mem(DATA)), ==, 100);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 0x3000)), ==, 108);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 0x9000)), ==, 116);
    g_assert_cmpuint(ldl_le_p(mem(DATA + 0x7000)), ==, 124);
    /* and back to another place */
    g_assert_cmphex(run(1, transfer(1, 200, 32, DATA, LISTS + 0xff0)), ==, OK);
    g_assert_cmphex(run(1, transfer(5, 200, 32, DATA, LISTS + 0xff0)), ==, OK);
    mem(DATA + 0x7000)[1]++;
    g_assert_cmphex(run(1, transfer(5, 200, 32, DATA, LISTS + 0xff0)), ==, 0x285 | DNR);
    g_assert_cmphex(run(1, transfer(0, 0, 1, 0, 0)), ==, OK);
    end();
}

static void zeroes_verify_and_deallocation_are_there(void)
{
    uint8_t block[512];

    start();
    make_queues(ENTRIES);
    g_assert_cmphex(run(1, transfer(8, 4, 3, 0, 0)), ==, OK);
    g_assert_cmpint(blk_pread(blk, 6 * 512, 512, block), ==, 0);
    for (int i = 0; i < 512; i++) {
        g_assert_cmphex(block[i], ==, 0);
    }
    g_assert_cmpint(blk_pread(blk, 7 * 512, 512, block), ==, 0);
    g_assert_cmpuint(ldl_le_p(block), ==, 7);
    g_assert_cmphex(run(1, transfer(0xc, 0, BLOCKS, 0, 0)), ==, OK);
    g_assert_cmphex(run(1, transfer(0xc, 1, BLOCKS, 0, 0)), ==, OUT_OF_RANGE | DNR);
    stl_le_p(mem(DATA + 4), 8);
    stq_le_p(mem(DATA + 8), 64);
    stl_le_p(mem(DATA + 20), 8);
    stq_le_p(mem(DATA + 24), BLOCKS - 8);
    g_assert_cmphex(run(1, (Command){ 9, 0, 1, DATA, 0, { 1, 4 } }), ==, OK);
    stq_le_p(mem(DATA + 24), BLOCKS - 7);
    g_assert_cmphex(run(1, (Command){ 9, 0, 1, DATA, 0, { 1, 4 } }), ==, OUT_OF_RANGE | DNR);
    end();
}

static void nonsense_has_its_status(void)
{
    start();
    make_queues(ENTRIES);
    g_assert_cmphex(run(1, transfer(2, BLOCKS - 1, 2, DATA, 0)), ==, OUT_OF_RANGE | DNR);
    g_assert_cmphex(run(1, transfer(2, UINT64_MAX, 1, DATA, 0)), ==, OUT_OF_RANGE | DNR);
    g_assert_cmphex(run(1, transfer(0x77, 0, 1, DATA, 0)), ==, INVALID_OPCODE | DNR);
    g_assert_cmphex(run(1, (Command){ 2, 0, 9, DATA }), ==, INVALID_NAMESPACE | DNR);
    g_assert_cmphex(run(1, (Command){ 2, 0x40, 1, DATA }), ==, INVALID_FIELD); /* SGL */
    g_assert_cmphex(run(1, transfer(2, 0, 16, DATA, DATA + 4)), ==, 0x13);
    g_assert_cmphex(run(1, transfer(2, 0, 8, 0xfff00000, 0)), ==, 4);
    g_assert_cmphex(run(1, transfer(2, 0, 2048, DATA, LISTS)), ==, INVALID_FIELD | DNR); /* MDTS */
    /* a list that leads to its own last entry */
    stq_le_p(mem(LISTS + 0xff8), LISTS + 0xff8);
    g_assert_cmphex(run(1, transfer(2, 0, 1024, DATA, LISTS + 0xff8)), ==, INVALID_FIELD);
    /* queues */
    g_assert_cmphex(run(0, (Command){ 5, .prp1 = CQ_AT(2), .dw = { 7 << 16 | 1, 3 } }), ==, 0x101 | DNR);
    g_assert_cmphex(run(0, (Command){ 5, .prp1 = CQ_AT(2), .dw = { 7 << 16 | 65, 3 } }), ==, 0x101 | DNR);
    g_assert_cmphex(run(0, (Command){ 5, .prp1 = CQ_AT(2), .dw = { 0xffffu << 16 | 2, 3 } }), ==, 0x102 | DNR);
    g_assert_cmphex(run(0, (Command){ 5, .prp1 = CQ_AT(2), .dw = { 7 << 16 | 2, 99 << 16 | 3 } }), ==, 0x108 | DNR);
    g_assert_cmphex(run(0, (Command){ 1, .prp1 = SQ_AT(2), .dw = { 7 << 16 | 2, 2 << 16 | 1 } }), ==, 0x100 | DNR);
    g_assert_cmphex(run(0, (Command){ 4, .dw = { 1 } }), ==, 0x10c | DNR);
    g_assert_cmphex(run(0, (Command){ 0, .dw = { 1 } }), ==, OK);
    g_assert_cmphex(run(0, (Command){ 4, .dw = { 1 } }), ==, OK);
    end();
}

static void features_are_kept(void)
{
    start();
    g_assert_cmphex(run(0, (Command){ 9, .dw = { 7, 0xfffefffe } }), ==, OK);
    g_assert_cmphex(last_result, ==, 63 * 0x10001);
    g_assert_cmphex(run(0, (Command){ 9, .dw = { 6, 0 } }), ==, OK);
    g_assert_false(blk_enable_write_cache(blk));
    g_assert_cmphex(run(0, (Command){ 10, .dw = { 6 } }), ==, OK);
    g_assert_cmpuint(last_result, ==, 0);
    put(CC, 0);
    g_assert_true(blk_enable_write_cache(blk));
    g_assert_cmphex(get(CSTS), ==, 0);
    end();
}

static void events_wait_for_requests_and_these_for_events(void)
{
    unsigned status;

    start();
    submit(0, (Command){ 12 });
    g_assert_cmpuint(completions(0, &status, &last_result), ==, 0);
    put(BELLS + 8 * 40, 1); /* no such queue */
    g_assert_cmpuint(completions(0, &status, &last_result), ==, 1);
    g_assert_cmphex(last_result, ==, 0x10000);
    put(BELLS + 8 * 40, 1); /* its type is masked until the log page has been read */
    submit(0, (Command){ 12 });
    g_assert_cmpuint(completions(0, &status, &last_result), ==, 0);
    g_assert_cmphex(run(0, (Command){ 2, .prp1 = DATA, .dw = { 15 << 16 | 1 } }), ==, OK);
    g_assert_cmpuint(heads[0], ==, 3);
    g_assert_cmphex(ldl_le_p(mem(CQ_AT(0) + 16)), ==, 0x10000);
    for (int i = 0; i < 4; i++) {
        submit(0, (Command){ 12 });
    }
    g_assert_cmphex(run(0, (Command){ 12 }), ==, 0x105 | DNR);
    end();
}

/* The pin is up as long as software hasn't taken all completions, and mask bits don't hide it. */
static void the_pin_follows_the_queues(void)
{
    unsigned status;

    start();
    submit(0, (Command){ 8 });
    g_assert_cmpint(t.irq, ==, 1);
    put(INTMS, 1);
    g_assert_cmpint(t.irq, ==, 0);
    put(INTMC, 1);
    g_assert_cmpint(t.irq, ==, 1);
    g_assert_cmpuint(completions(0, &status, &last_result), ==, 1);
    put(BELLS + 4, 1);
    g_assert_cmpint(t.irq, ==, 0);
    end();
}

/* Nobody takes completions at first: they wait, and none is lost. */
static void a_full_completion_queue_holds_completions_back(void)
{
    start();
    g_assert_cmphex(run(0, (Command){ 5, .prp1 = CQ_AT(1), .dw = { 3 << 16 | 1, 1 << 16 | 3 } }), ==, OK);
    g_assert_cmphex(run(0, (Command){ 1, .prp1 = SQ_AT(1), .dw = { 7 << 16 | 1, 1 << 16 | 1 } }), ==, OK);
    for (int i = 0; i < 7; i++) {
        submit(1, transfer(0x77, 0, 1, 0, 0));
    }
    g_assert_cmphex(lduw_le_p(mem(CQ_AT(1) + 3 * 16 + 14)), ==, 0);
    for (unsigned n = 0; n < 7; n++) {
        const uint8_t *entry = mem(CQ_AT(1) + n % 4 * 16);

        g_assert_cmphex(lduw_le_p(entry + 14), ==, (INVALID_OPCODE | DNR) << 1 | !(n / 4 & 1));
        g_assert_cmphex(lduw_le_p(entry + 12), ==, 0x100 + n);
        put(BELLS + 12, (n + 1) % 4);
    }
    end();
}

static void a_snapshot_has_what_waits(void)
{
    PCIDevice *other;
    unsigned status;

    start();
    make_queues(ENTRIES);
    submit(0, (Command){ 12 });
    other = new_controller(NULL);
    test_copy_state(DEVICE(dev), DEVICE(other));
    pci_test_enable(&t, other, -1, SECOND);
    at = REGS + SECOND;
    put(BELLS + 8 * 40, 1);
    g_assert_cmpuint(completions(0, &status, &last_result), ==, 1);
    g_assert_cmphex(last_result, ==, 0x10000);
    g_assert_cmphex(run(1, transfer(2, 0, 1, DATA, 0)), ==, INVALID_NAMESPACE | DNR);
    test_drop(DEVICE(other));
    end();
}

static void a_snapshot_has_what_is_known_of_a_namespace(void)
{
    g_autofree char *path = NULL;
    BlockBackend *second;
    PCIDevice *other;

    start();
    make_queues(ENTRIES);
    g_assert_cmphex(run(1, transfer(2, 0, 8, DATA, 0)), ==, OK);
    g_assert_cmphex(run(1, transfer(1, 0, 1, DATA, 0)), ==, OK);
    g_assert_cmphex(run(0, (Command){ 9, .dw = { 6, 0 } }), ==, OK); /* no write cache */
    close(g_file_open_tmp("nvme-XXXXXX", &path, NULL));
    g_assert_cmpint(truncate(path, 512 * BLOCKS), ==, 0);
    second = blk_new_open("second", path, "raw", false, &error_abort);
    other = new_controller(second);
    g_assert_true(blk_enable_write_cache(second));
    test_copy_state(DEVICE(dev), DEVICE(other));
    g_assert_false(blk_enable_write_cache(second));
    pci_test_enable(&t, other, -1, SECOND);
    at = REGS + SECOND;
    g_assert_cmphex(run(0, (Command){ 2, .prp1 = DATA, .dw = { 127 << 16 | 2 } }), ==, OK); /* health */
    g_assert_cmpuint(ldq_le_p(mem(DATA + 32)), ==, 1);
    g_assert_cmpuint(ldq_le_p(mem(DATA + 64)), ==, 1);
    g_assert_cmpuint(ldq_le_p(mem(DATA + 80)), ==, 1);
    put(CC, 0);
    g_assert_true(blk_enable_write_cache(second));
    test_drop(DEVICE(other));
    blk_unref(second);
    unlink(path);
    end();
}

static void a_shutdown_says_when_it_is_done(void)
{
    start();
    put(CC, ENABLE | 1 << 14);
    while ((get(CSTS) >> 2 & 3) != 2) {
        main_loop_wait(false);
    }
    put(CC, 0);
    put(CC, ENABLE);
    g_assert_cmphex(get(CSTS), ==, 1);
    put(CC, 0);
    put(AQA, 0);
    put(CC, ENABLE);
    g_assert_cmphex(get(CSTS), ==, 2);
    end();
}

static void data_may_reset_the_controller(void)
{
    MemoryRegion reset;

    for (unsigned i = 0; i < 2; i++) {
        start();
        make_queues(ENTRIES);
        pci_test_add_reset(&t, &reset, dev, 0x08000000);
        if (i == 0) {
            submit(1, transfer(2, 0, 8, 0x08000000, 0));
        } else { /* the completion itself */
            g_assert_cmphex(run(0, (Command){ 5, .prp1 = 0x08000000, .dw = { 7 << 16 | 2, 3 } }), ==, OK);
            g_assert_cmphex(run(0, (Command){ 1, .prp1 = SQ_AT(2), .dw = { 7 << 16 | 2, 2 << 16 | 1 } }), ==, OK);
            submit(2, transfer(0x77, 0, 1, 0, 0));
        }
        blk_drain_all();
        while (get(CSTS) & 1) {
            main_loop_wait(false);
        }
        pci_test_remove_reset(&t, &reset);
        end();
    }
}

/* Whatever a driver does, with pages that are the controller's own registers now and then. */
static void random_drivers_do_no_harm(void)
{
    static const uint32_t places[] = { DATA, LISTS, REGS, REGS + CC, REGS + BELLS, REGS + 0x2000, SQ_AT(1), CQ_AT(1), 0xfffff000 };
    static const uint8_t opcodes[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 1, 2, 9 };

    start();
    make_queues(ENTRIES);
    for (int i = 0; i < 3000; i++) {
        unsigned q = g_test_rand_int_range(0, 2);
        uint32_t place = places[g_test_rand_int_range(0, G_N_ELEMENTS(places))];

        switch (g_test_rand_int_range(0, 12)) {
        case 0:
            put(g_test_rand_int_range(0, 0x1010) & ~3, g_test_rand_int());
            break;
        case 1:
            stq_le_p(mem(LISTS + 8 * g_test_rand_int_range(0, 512)), place);
            break;
        case 2:
            if (get(CSTS) != 1) {
                put(CC, 0);
                put(AQA, (ENTRIES - 1) * 0x10001);
                put(ASQ, SQ_AT(0));
                put(ACQ, CQ_AT(0));
                put(CC, ENABLE);
            }
            break;
        case 3:
            main_loop_wait(true);
            break;
        case 4:
            put(BELLS + 8 * q + 4, g_test_rand_int_range(0, ENTRIES));
            break;
        default:
            submit(q, (Command){ opcodes[g_test_rand_int_range(0, G_N_ELEMENTS(opcodes))], 0, 1, place,
                                 places[g_test_rand_int_range(0, G_N_ELEMENTS(places))],
                                 { g_test_rand_int_range(0, 16) | 7 << 16, g_test_rand_int_range(0, 4), g_test_rand_int_range(0, 80) } });
        }
    }
    device_cold_reset(DEVICE(dev));
    end();
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    runstate_set(RUN_STATE_RUNNING);
    pci_test_init(&t);
    g_test_add_func("/nvme/identify-tells-the-controller-and-its-namespaces", identify_tells_the_controller_and_its_namespaces);
    g_test_add_func("/nvme/blocks-go-where-the-pages-say", blocks_go_where_the_pages_say);
    g_test_add_func("/nvme/zeroes-verify-and-deallocation-are-there", zeroes_verify_and_deallocation_are_there);
    g_test_add_func("/nvme/nonsense-has-its-status", nonsense_has_its_status);
    g_test_add_func("/nvme/features-are-kept", features_are_kept);
    g_test_add_func("/nvme/events-wait-for-requests-and-these-for-events", events_wait_for_requests_and_these_for_events);
    g_test_add_func("/nvme/the-pin-follows-the-queues", the_pin_follows_the_queues);
    g_test_add_func("/nvme/a-full-completion-queue-holds-completions-back", a_full_completion_queue_holds_completions_back);
    g_test_add_func("/nvme/a-snapshot-has-what-waits", a_snapshot_has_what_waits);
    g_test_add_func("/nvme/a-snapshot-has-what-is-known-of-a-namespace", a_snapshot_has_what_is_known_of_a_namespace);
    g_test_add_func("/nvme/a-shutdown-says-when-it-is-done", a_shutdown_says_when_it_is_done);
    g_test_add_func("/nvme/data-may-reset-the-controller", data_may_reset_the_controller);
    g_test_add_func("/nvme/random-drivers-do-no-harm", random_drivers_do_no_harm);
    return g_test_run();
}
