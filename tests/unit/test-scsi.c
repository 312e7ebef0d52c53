/*
 * SCSI units behind a host adapter that a script is: what each command answers, in which pieces its
 * data may be moved, and what is then in the image.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/scsi/scsi.h"
#include "hw/virtio/virtio-mmio.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "system/block-backend.h"
#include "system/block-commands.h"

#define BLOCKS 64
#define ROOM   (BLOCKS * 512)

static DeviceState *adapter;
static ScsiBus *bus;
static char *path;
static BlockBackend *blk;

/* --- the adapter --- */

typedef struct Command {
    ScsiRequest *r;
    uint8_t *data;
    size_t room, piece; /* bytes that it gives or takes; how many at a time */
    size_t done;
    QEMUIOVector qiov;
    bool ended, cancelled;
} Command;

static void go_on(Command *c)
{
    size_t size = MIN(MIN(c->piece, c->room - c->done), c->r->length - c->done);

    if (size) {
        qemu_iovec_init_buf(&c->qiov, c->data + c->done, size);
        scsi_request_move(c->r, &c->qiov);
    } else if (c->done < c->r->length) {
        scsi_request_end_data(c->r);
    }
}

static void moved(ScsiRequest *r, size_t bytes)
{
    Command *c = r->owner;

    g_assert_cmpuint(bytes, ==, c->qiov.size);
    c->done += bytes;
    g_assert_cmpuint(r->moved, ==, c->done);
    go_on(c);
}

static void complete(ScsiRequest *r)
{
    Command *c = r->owner;

    g_assert_false(c->ended || c->cancelled);
    c->ended = true;
}

static void cancelled(ScsiRequest *r)
{
    Command *c = r->owner;

    g_assert_false(c->ended || c->cancelled);
    c->cancelled = true;
}

static unsigned changes[4];

static void changed(ScsiBus *b, ScsiUnit *unit, ScsiChange what)
{
    g_assert_true(b == bus);
    changes[what]++;
}

static const ScsiHost host = {
    .max_target = 7, .max_lun = 300, .moved = moved, .complete = complete, .cancelled = cancelled,
    .changed = changed,
};

static uint8_t answer[ROOM + 1];
static ScsiRequest *last; /* of run(), until the next */
static size_t piece = SIZE_MAX;

static void start(Command *c, uint32_t target, uint32_t lun, const char *cdb, size_t size,
                  void *data, size_t room)
{
    ScsiUnit *unit = scsi_bus_find(bus, target, lun);

    *c = (Command){ .data = data, .room = room, .piece = piece };
    c->r = scsi_request_new(unit ? unit : scsi_bus_find_target(bus, target), lun, 0, (void *)cdb,
                            size, c);
    scsi_request_start(c->r);
    if (c->r->length) {
        go_on(c);
    }
}

/* Until it has ended: status, or sense as key << 16 | code << 8 | qualifier. */
static uint32_t run(uint32_t target, uint32_t lun, const char *cdb, size_t size, void *data,
                    size_t room)
{
    Command c;

    start(&c, target, lun, cdb, size, data, room);
    while (!c.ended) {
        main_loop_wait(false);
    }
    g_clear_pointer(&last, scsi_request_unref);
    last = c.r;
    if (c.r->status == SCSI_GOOD) {
        g_assert_cmpuint(c.r->sense_size, ==, 0);
        return 0;
    }
    g_assert_cmphex(c.r->status, ==, SCSI_CHECK_CONDITION);
    g_assert_cmphex(c.r->sense[0], ==, 0x70);
    return c.r->sense[2] << 16 | c.r->sense[12] << 8 | c.r->sense[13];
}

/* A command to unit 0:0 whose answer goes to `answer`. */
#define COMMAND(cdb) run(0, 0, cdb, sizeof(cdb) - 1, answer, ROOM)
#define SEND(cdb, data, size) run(0, 0, cdb, sizeof(cdb) - 1, data, size)

static const char test_unit_ready[] = "\0\0\0\0\0";

/* --- units --- */

static void write_image(const char *to, unsigned blocks)
{
    g_autofree uint8_t *bytes = g_malloc(blocks * 512);

    for (unsigned i = 0; i < blocks * 512; i++) {
        bytes[i] = i / 512 + 1;
    }
    g_assert_true(g_file_set_contents(to, (char *)bytes, blocks * 512, NULL));
}

static DeviceState *plug(const char *type, BlockBackend *on, uint32_t target, uint32_t lun)
{
    DeviceState *dev = qdev_new(type);

    qdev_prop_set_uint32(dev, "scsi-id", target);
    qdev_prop_set_uint32(dev, "lun", lun);
    if (on) {
        g_assert_true(qdev_prop_set_drive_err(dev, "drive", on, &error_abort));
    }
    qdev_realize(dev, BUS(bus), &error_abort);
    return dev;
}

static void unplug(DeviceState *dev)
{
    qdev_unrealize(dev);
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
}

static DeviceState *new_disk(bool read_only)
{
    int fd = g_file_open_tmp("scsi-XXXXXX", &path, NULL);

    close(fd);
    write_image(path, BLOCKS);
    blk = blk_new_open("disk", path, "raw", read_only, &error_abort);
    return plug(TYPE_SCSI_HD, blk, 0, 0);
}

static void end(DeviceState *dev)
{
    g_clear_pointer(&last, scsi_request_unref);
    unplug(dev);
    blk_unref(blk);
    unlink(path);
    g_clear_pointer(&path, g_free);
    piece = SIZE_MAX;
}

static uint8_t byte_of_block(unsigned block)
{
    uint8_t bytes[512];

    g_assert_cmpint(blk_pread(blk, block * 512, 512, bytes), ==, 0);
    for (int i = 1; i < 512; i++) {
        g_assert_cmphex(bytes[i], ==, bytes[0]);
    }
    return bytes[0];
}

/* --- tests --- */

static void a_disk_says_what_it_is(void)
{
    DeviceState *dev = new_disk(false);

    g_assert_cmphex(COMMAND("\x12\0\0\0\x24\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\0\5\x12\x1f\0\0\2SYSEMU  HARDDISK        1.0 ", 36), ==, 0);
    g_assert_cmphex(COMMAND("\x12\0\0\0\5\0"), ==, 0); /* no more than it has room for */
    g_assert_cmpuint(last->moved, ==, 5);
    g_assert_cmphex(COMMAND("\x12\0\x80\0\x24\0"), ==, 0x52400); /* a page without EVPD */
    g_assert_cmphex(COMMAND("\x12\1\0\0\xff\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\0\0\5\0\x83\xb0\xb1\xb2", 9), ==, 0); /* no serial number */
    g_assert_cmphex(COMMAND("\x12\1\x83\0\xff\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\x83\0\x10\2\1\0\xcSYSEMU  disk", 20), ==, 0);
    g_assert_cmphex(COMMAND("\x12\1\x80\0\xff\0"), ==, 0x52400);
    g_assert_cmphex(COMMAND("\x25\0\0\0\0\0\0\0\0\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\0\0\x3f\0\0\2\0", 8), ==, 0);
    g_assert_cmphex(COMMAND("\x9e\x10\0\0\0\0\0\0\0\0\0\0\0\x20\0\0"), ==, 0);
    g_assert_cmpuint(ldq_be_p(answer), ==, 63);
    g_assert_cmphex(answer[14], ==, 0x80);
    g_assert_cmphex(COMMAND("\xa0\0\0\0\0\0\0\0\0\x20\0\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\0\0\x8\0\0\0\0\0\0\0\0\0\0\0\0", 16), ==, 0);
    end(dev);
}

static void what_it_lacks_is_an_error(void)
{
    DeviceState *dev = new_disk(false);

    g_assert_cmphex(COMMAND("\xff\0\0\0\0\0"), ==, 0x52000);
    g_assert_cmphex(COMMAND("\x43\0\0\0\0\0\0\0\0\0"), ==, 0x52000); /* a CD drive's */
    g_assert_cmphex(COMMAND("\x9e\x12\0\0\0\0\0\0\0\0\0\0\0\x20\0\0"), ==, 0x52000);
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\0"), ==, 0x52000); /* half of a CDB */
    g_assert_cmphex(COMMAND("\x28\x20\0\0\0\0\0\0\1\0"), ==, 0x52400); /* protection */
    g_assert_cmphex(run(0, 9, test_unit_ready, 6, answer, ROOM), ==, 0x52500);
    g_assert_cmphex(run(0, 9, "\x12\0\0\0\x24\0", 6, answer, ROOM), ==, 0);
    g_assert_cmphex(answer[0], ==, 0x7f);
    g_assert_cmphex(run(0, 9, "\3\0\0\0\x12\0", 6, answer, ROOM), ==, 0);
    g_assert_cmphex(answer[2], ==, 5);
    g_assert_cmphex(answer[12], ==, 0x25);
    end(dev);
}

static void blocks_are_moved_in_any_pieces(void)
{
    static const size_t pieces[] = { SIZE_MAX, 512, 1, 700 };
    uint8_t data[1024];
    DeviceState *dev = new_disk(false);

    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        piece = pieces[i];
        memset(answer, 0, 1024);
        g_assert_cmphex(COMMAND("\x8\0\0\x9\2\0"), ==, 0);
        g_assert_cmphex(answer[511], ==, 10);
        g_assert_cmphex(answer[512], ==, 11);
        g_assert_cmpuint(last->moved, ==, 1024);
        memset(data, 0xa0 + i, sizeof(data));
        g_assert_cmphex(SEND("\x2a\0\0\0\0\x14\0\0\2\0", data, 1024), ==, 0);
        g_assert_cmphex(byte_of_block(19), ==, 20);
        g_assert_cmphex(byte_of_block(20), ==, 0xa0 + i);
        g_assert_cmphex(byte_of_block(21), ==, 0xa0 + i);
        g_assert_cmphex(byte_of_block(22), ==, 23);
        memset(data, 0xb0 + i, sizeof(data));
        g_assert_cmphex(SEND("\x8a\x8\0\0\0\0\0\0\0\x1e\0\0\0\2\0\0", data, 1024), ==, 0);
        g_assert_cmphex(byte_of_block(31), ==, 0xb0 + i);
        g_assert_cmphex(SEND("\xaa\0\0\0\0\x20\0\0\0\1\0\0", data, 1024), ==, 0);
        g_assert_cmphex(byte_of_block(32), ==, 0xb0 + i);
    }
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\0\0\0\0\0"), ==, 0); /* none at all */
    g_assert_cmphex(COMMAND("\x35\0\0\0\0\0\0\0\0\0"), ==, 0);
    end(dev);
}

static void an_adapter_may_end_early(void)
{
    uint8_t data[1024];
    DeviceState *dev = new_disk(false);

    memset(data, 0xcc, sizeof(data));
    piece = 512;
    g_assert_cmphex(SEND("\x2a\0\0\0\0\x14\0\0\2\0", data, 512), ==, 0);
    g_assert_cmpuint(last->length, ==, 1024);
    g_assert_cmpuint(last->moved, ==, 512);
    g_assert_cmphex(byte_of_block(20), ==, 0xcc);
    g_assert_cmphex(byte_of_block(21), ==, 22);
    g_assert_cmphex(SEND("\x42\0\0\0\0\0\0\0\x18\0", data, 4), ==, 0x51a00);
    g_assert_cmphex(SEND("\x15\x10\0\0\x18\0", data, 0), ==, 0); /* no parameters: nothing changes */
    end(dev);
}

static void what_is_outside_is_refused(void)
{
    uint8_t data[1024] = { 0 };
    DeviceState *dev = new_disk(false);

    g_assert_cmphex(SEND("\x2a\0\0\0\0\x3f\0\0\2\0", data, 1024), ==, 0x52100);
    g_assert_cmphex(byte_of_block(63), ==, 64);
    g_assert_cmphex(COMMAND("\x88\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1\0\0"), ==, 0x52100);
    g_assert_cmphex(COMMAND("\x88\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0"), ==,
                    0x52100);
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\x40\0\0\1\0"), ==, 0x52100);
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\x40\0\0\0\0"), ==, 0);
    g_assert_cmphex(COMMAND("\x2b\0\0\0\0\x40\0\0\0\0"), ==, 0x52100);
    g_assert_cmphex(SEND("\x93\0\0\0\0\0\0\0\0\x3f\0\0\0\2\0\0", data, 512), ==, 0x52100);
    g_assert_cmphex(SEND("\x93\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", data, 512), ==, 0x52400);
    end(dev);
}

static void blocks_are_given_back_and_filled(void)
{
    uint8_t list[8 + 32] = { 0, 38, 0, 32 }, data[512];
    DeviceState *dev = new_disk(false);

    stq_be_p(list + 8, 2);
    stl_be_p(list + 16, 3);
    stq_be_p(list + 24, 60);
    stl_be_p(list + 32, 4);
    g_assert_cmphex(SEND("\x42\0\0\0\0\0\0\0\x28\0", list, sizeof(list)), ==, 0);
    stl_be_p(list + 32, 5); /* past the end: nothing happens */
    g_assert_cmphex(SEND("\x42\0\0\0\0\0\0\0\x28\0", list, sizeof(list)), ==, 0x52100);
    stw_be_p(list + 2, 48);
    g_assert_cmphex(SEND("\x42\0\0\0\0\0\0\0\x28\0", list, sizeof(list)), ==, 0x51a00);

    memset(data, 0, sizeof(data));
    g_assert_cmphex(SEND("\x41\0\0\0\0\x8\0\0\4\0", data, 512), ==, 0);
    g_assert_cmphex(byte_of_block(7), ==, 8);
    g_assert_cmphex(byte_of_block(8), ==, 0);
    g_assert_cmphex(byte_of_block(11), ==, 0);
    g_assert_cmphex(byte_of_block(12), ==, 13);
    memset(data, 0x77, sizeof(data));
    g_assert_cmphex(SEND("\x93\x8\0\0\0\0\0\0\0\x10\0\0\0\x10\0\0", data, 512), ==, 0);
    g_assert_cmphex(byte_of_block(15), ==, 16);
    g_assert_cmphex(byte_of_block(16), ==, 0x77);
    g_assert_cmphex(byte_of_block(31), ==, 0x77);
    g_assert_cmphex(byte_of_block(32), ==, 33);
    g_assert_cmphex(COMMAND("\x93\1\0\0\0\0\0\0\0\x14\0\0\0\1\0\0"), ==, 0); /* no data: zeros */
    g_assert_cmphex(byte_of_block(20), ==, 0);
    g_assert_cmphex(byte_of_block(21), ==, 0x77);
    end(dev);
}

static void modes_are_told_and_set(void)
{
    uint8_t list[4 + 20] = { 0 };
    DeviceState *dev = new_disk(false);

    g_assert_cmphex(COMMAND("\x1a\x8\x8\0\xff\0"), ==, 0); /* caching, without descriptor */
    g_assert_cmpint(memcmp(answer, "\x17\0\0\0\x8\x12\4\0", 8), ==, 0);
    memcpy(list, answer, sizeof(list));
    g_assert_cmphex(COMMAND("\x1a\x8\x48\0\xff\0"), ==, 0); /* what of it can be changed */
    g_assert_cmpint(memcmp(answer, "\x17\0\0\0\x8\x12\4\0", 8), ==, 0);
    g_assert_cmphex(COMMAND("\x1a\x8\xc8\0\xff\0"), ==, 0x53900); /* saved */
    g_assert_cmphex(COMMAND("\x1a\0\x3f\0\xff\0"), ==, 0);
    g_assert_cmpuint(last->moved, ==, 4 + 8 + 12 + 24 + 20 + 12);
    g_assert_cmpint(memcmp(answer + 3, "\x8\0\0\0\x40\0\0\2\0", 9), ==, 0);
    g_assert_cmphex(COMMAND("\x5a\0\x3f\0\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmpuint(last->moved, ==, 8 + 8 + 12 + 24 + 20 + 12);
    g_assert_cmphex(COMMAND("\x1a\0\x3e\0\xff\0"), ==, 0x52400);
    g_assert_cmphex(COMMAND("\x1a\0\x8\1\xff\0"), ==, 0x52400); /* a subpage */

    list[0] = 0;
    list[6] = 0; /* WCE */
    g_assert_cmphex(SEND("\x15\x10\0\0\x18\0", list, sizeof(list)), ==, 0);
    g_assert_false(blk_enable_write_cache(blk));
    g_assert_cmphex(COMMAND("\x1a\x8\x8\0\xff\0"), ==, 0);
    g_assert_cmphex(answer[6], ==, 0);
    list[6] = 4;
    list[10] = 1; /* what can't be changed: all stays as it is */
    g_assert_cmphex(SEND("\x15\x10\0\0\x18\0", list, sizeof(list)), ==, 0x52600);
    g_assert_false(blk_enable_write_cache(blk));
    list[10] = 0;
    list[3] = 8; /* a descriptor, behind which the page doesn't fit */
    g_assert_cmphex(SEND("\x15\x10\0\0\x18\0", list, sizeof(list)), ==, 0x52600);
    g_assert_cmphex(SEND("\x15\0\0\0\x18\0", list, sizeof(list)), ==, 0x52400);
    device_cold_reset(dev);
    g_assert_true(blk_enable_write_cache(blk));
    end(dev);
}

static void read_only_is_write_protected(void)
{
    uint8_t data[512] = { 0 };
    DeviceState *dev = new_disk(true);

    g_assert_cmphex(SEND("\x2a\0\0\0\0\0\0\0\1\0", data, 512), ==, 0x72700);
    g_assert_cmphex(SEND("\x42\0\0\0\0\0\0\0\x18\0", data, 24), ==, 0x72700);
    g_assert_cmphex(COMMAND("\x1a\x8\x8\0\xff\0"), ==, 0);
    g_assert_cmphex(answer[2], ==, 0x80);
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\0\0\0\1\0"), ==, 0);
    end(dev);
}

static void unit_attentions_are_told_once(void)
{
    DeviceState *dev = new_disk(false);

    device_cold_reset(dev);
    g_assert_cmphex(COMMAND("\x12\0\0\0\x24\0"), ==, 0); /* it doesn't matter for these */
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x62900);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0);
    device_cold_reset(dev);
    g_assert_cmphex(COMMAND("\3\0\0\0\x12\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\x70\0\6\0\0\0\0\xa\0\0\0\0\x29\0", 14), ==, 0);
    g_assert_cmphex(COMMAND("\3\1\0\0\x12\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\x72\0\0\0\0\0\0\0", 8), ==, 0);

    changes[SCSI_UNIT_CAPACITY] = 0;
    g_assert_true(block_resize("disk", 32 * 512, &error_abort));
    g_assert_cmpuint(changes[SCSI_UNIT_CAPACITY], ==, 1);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x62a09);
    g_assert_cmphex(COMMAND("\x25\0\0\0\0\0\0\0\0\0"), ==, 0);
    g_assert_cmpuint(ldl_be_p(answer), ==, 31);
    end(dev);
}

static void units_have_numbers(void)
{
    static const char report[] = "\xa0\0\0\0\0\0\0\0\0\x40\0";
    DeviceState *dev = new_disk(false), *more[4];
    BlockBackend *others[4];
    Error *err = NULL;

    for (int i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("other%d", i);

        others[i] = blk_new(name);
    }
    more[0] = plug(TYPE_SCSI_CD, others[0], 0, 299);
    more[1] = plug(TYPE_SCSI_CD, others[1], 0, SCSI_ANY);
    more[2] = plug(TYPE_SCSI_CD, others[2], SCSI_ANY, SCSI_ANY);
    g_assert_cmpuint(SCSI_UNIT(more[1])->lun, ==, 1);
    g_assert_cmpuint(SCSI_UNIT(more[2])->target, ==, 1);
    g_assert_cmphex(run(0, 0, report, 12, answer, ROOM), ==, 0);
    g_assert_cmpuint(ldl_be_p(answer), ==, 24);
    g_assert_cmpint(memcmp(answer + 16, "\0\1\0\0\0\0\0\0\x41\x2b\0\0\0\0\0\0", 16), ==, 0);
    g_assert_true(scsi_bus_find(bus, 0, 299) == SCSI_UNIT(more[0]));
    g_assert_null(scsi_bus_find_target(bus, 2));

    more[3] = qdev_new(TYPE_SCSI_CD);
    qdev_prop_set_uint32(more[3], "scsi-id", 0);
    qdev_prop_set_uint32(more[3], "lun", 1);
    g_assert_false(qdev_realize(more[3], BUS(bus), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "scsi-id=0,lun=1 of bus"));
    g_clear_pointer(&err, error_free);
    qdev_prop_set_uint32(more[3], "lun", 301);
    g_assert_false(qdev_realize(more[3], BUS(bus), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "has 0 to 300"));
    g_clear_pointer(&err, error_free);
    object_unparent(OBJECT(more[3]));
    object_unref(OBJECT(more[3]));

    unplug(more[1]);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x63f0e);
    unplug(more[0]);
    unplug(more[2]);
    for (int i = 0; i < 4; i++) {
        blk_unref(others[i]);
    }
    end(dev);
}

static void requests_can_be_taken_back(void)
{
    DeviceState *dev = new_disk(false);
    Command c[3];

    for (int i = 0; i < 3; i++) {
        start(&c[i], 0, 0, "\x28\0\0\0\0\0\0\0\4\0", 10, answer, ROOM);
    }
    scsi_request_cancel(c[1].r);
    scsi_request_unref(c[1].r);
    scsi_unit_cancel_all(SCSI_UNIT(dev));
    for (int i = 0; i < 3; i += 2) {
        g_assert_true(c[i].ended || c[i].cancelled);
        scsi_request_unref(c[i].r);
    }
    start(&c[0], 0, 0, test_unit_ready, 6, answer, ROOM);
    unplug(dev); /* with a request whose end hasn't been told */
    g_assert_true(c[0].cancelled);
    scsi_request_unref(c[0].r);
    dev = plug(TYPE_SCSI_HD, blk, 0, 0);
    end(dev);
}

static void a_cd_drive(void)
{
    DeviceState *dev;
    g_autofree char *image = NULL;

    close(g_file_open_tmp("scsi-cd-XXXXXX", &image, NULL));
    write_image(image, BLOCKS);
    blk = blk_new("disk");
    dev = plug(TYPE_SCSI_CD, blk, 0, 0);
    path = g_strdup("");
    g_assert_cmphex(COMMAND("\x12\0\0\0\x24\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\5\x80\5\x12\x1f\0\0\2SYSEMU  CD-ROM          1.0 ", 36), ==,
                    0);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x23a00);
    g_assert_cmphex(COMMAND("\x46\0\0\0\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmphex(lduw_be_p(answer + 6), ==, 0);

    g_assert_true(block_change_medium("disk", image, "raw", "read-only", false, &error_abort));
    g_assert_cmphex(COMMAND("\x4a\1\0\0\x10\0\0\0\x8\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\6\4\x10\2\2\0\0", 8), ==, 0);
    g_assert_cmphex(COMMAND("\x4a\1\0\0\x10\0\0\0\x8\0"), ==, 0);
    g_assert_cmphex(answer[4], ==, 0);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x62800);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0);
    g_assert_cmphex(COMMAND("\x46\0\0\0\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmphex(lduw_be_p(answer + 6), ==, 8);
    g_assert_cmpuint(ldl_be_p(answer), ==, last->moved - 4);
    g_assert_cmphex(COMMAND("\x46\2\0\3\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmpint(memcmp(answer + 8, "\0\3\3\4\x29\0\0\0", 8), ==, 0);
    g_assert_cmphex(COMMAND("\x25\0\0\0\0\0\0\0\0\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\0\0\xf\0\0\x8\0", 8), ==, 0);
    g_assert_cmphex(COMMAND("\x43\0\0\0\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\x12\1\1\0\x14\1\0\0\0\0\0\0\x14\xaa\0\0\0\0\x10", 20), ==, 0);
    g_assert_cmphex(COMMAND("\x43\2\0\0\0\0\xaa\0\xff\0"), ==, 0);
    g_assert_cmpint(memcmp(answer, "\0\xa\1\1\0\x14\xaa\0\0\0\2\x10", 12), ==, 0);
    g_assert_cmphex(COMMAND("\x43\0\2\0\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmpuint(last->moved, ==, 4 + 4 * 11);
    g_assert_cmphex(COMMAND("\x43\0\0\0\0\0\2\0\xff\0"), ==, 0x52400);
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\1\0\0\1\0"), ==, 0);
    g_assert_cmphex(answer[0], ==, 5);
    g_assert_cmphex(COMMAND("\xbe\0\0\0\0\1\0\0\1\x10\0\0"), ==, 0);
    g_assert_cmpuint(last->moved, ==, 2048);
    g_assert_cmphex(COMMAND("\xbe\0\0\0\0\1\0\0\1\xf8\0\0"), ==, 0x56400);
    g_assert_cmphex(COMMAND("\x51\0\0\0\0\0\0\0\xff\0"), ==, 0);
    g_assert_cmphex(COMMAND("\x52\1\0\0\0\1\0\0\xff\0"), ==, 0);
    g_assert_cmpuint(ldl_be_p(answer + 24), ==, 16);
    g_assert_cmphex(COMMAND("\x2a\0\0\0\0\1\0\0\1\0"), ==, 0x52000);

    /* The lid, and who may open it. */
    g_assert_cmphex(COMMAND("\x1e\0\0\0\1\0"), ==, 0);
    g_assert_cmphex(COMMAND("\x1b\0\0\0\2\0"), ==, 0x55302);
    g_assert_false(block_eject("disk", false, NULL));
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x65a01);
    g_assert_cmphex(COMMAND("\x4a\1\0\0\x10\0\0\0\x8\0"), ==, 0);
    g_assert_cmphex(answer[4], ==, 1);
    g_assert_cmphex(COMMAND("\x1e\0\0\0\0\0"), ==, 0);
    g_assert_cmphex(COMMAND("\x1b\0\0\0\2\0"), ==, 0);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0x23a02);
    g_assert_cmphex(COMMAND("\x1b\0\0\0\3\0"), ==, 0);
    g_assert_cmphex(COMMAND("\0\0\0\0\0\0"), ==, 0);
    g_assert_true(block_eject("disk", false, &error_abort));
    g_assert_cmphex(COMMAND("\x28\0\0\0\0\1\0\0\1\0"), ==, 0x23a02);
    end(dev);
    unlink(image);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    adapter = qdev_new(TYPE_VIRTIO_MMIO); /* any device can have the bus */
    bus = scsi_bus_new(adapter, "scsi.0", &host);
    qemu_set_log(0, &error_abort);

    g_test_add_func("/scsi/hd/says-what-it-is", a_disk_says_what_it_is);
    g_test_add_func("/scsi/hd/what-it-lacks-is-an-error", what_it_lacks_is_an_error);
    g_test_add_func("/scsi/hd/blocks-are-moved-in-any-pieces", blocks_are_moved_in_any_pieces);
    g_test_add_func("/scsi/hd/an-adapter-may-end-early", an_adapter_may_end_early);
    g_test_add_func("/scsi/hd/what-is-outside-is-refused", what_is_outside_is_refused);
    g_test_add_func("/scsi/hd/given-back-and-filled", blocks_are_given_back_and_filled);
    g_test_add_func("/scsi/hd/modes", modes_are_told_and_set);
    g_test_add_func("/scsi/hd/read-only-is-write-protected", read_only_is_write_protected);
    g_test_add_func("/scsi/attentions-are-told-once", unit_attentions_are_told_once);
    g_test_add_func("/scsi/units-have-numbers", units_have_numbers);
    g_test_add_func("/scsi/requests-can-be-taken-back", requests_can_be_taken_back);
    g_test_add_func("/scsi/cd", a_cd_drive);
    return g_test_run();
}
