/*
 * Fuzz target: SCSI units, with an adapter that sends any CDB, moves data in any pieces and takes
 * requests back at any time, while media come and go.
 *
 * An input is a list of steps: a byte that says what, then its arguments.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "core/qdev-properties.h"
#include "hw/scsi/scsi.h"
#include "hw/virtio/virtio-mmio.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/block-backend.h"
#include "system/block-commands.h"

#define DISK_SIZE 0x10000
#define ROOM      0x20000
#define NUM_UNITS 3
#define MAX_UNDER_WAY 8

enum { STEP_COMMAND, STEP_CANCEL, STEP_TURN, STEP_RESET, STEP_EJECT, STEP_INSERT, STEP_DRAIN,
       NUM_STEPS };

typedef struct Command {
    ScsiRequest *r; /* NULL: free */
    uint8_t *data;
    size_t room, piece, done;
    QEMUIOVector qiov;
} Command;

static ScsiBus *bus;
static Command commands[MAX_UNDER_WAY];
static char *disc;

#define CDB(unit, text) "\0" unit "\0\1" text
static const char inquiry[] = CDB("\0", "\x12\0\0\0\x24\0");
static const char read_10[] = CDB("\0", "\x28\0\0\0\0\1\0\0\2\0");
static const char write_10[] = CDB("\0", "\x2a\0\0\0\0\1\0\0\2\0");
static const char modes[] = CDB("\1", "\x1a\0\x3f\0\xff\0") CDB("\0", "\x15\x10\0\0\x18\0");
static const char given[] = CDB("\0", "\x42\0\0\0\0\0\0\0\x18\0") CDB("\0", "\x93\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0");
static const char toc[] = CDB("\2", "\x43\0\2\0\0\0\0\0\xff\0") CDB("\2", "\x46\0\0\0\0\0\0\0\xff\0");
static const char lid[] = CDB("\2", "\x1b\0\0\0\2\0") "\4\5" CDB("\2", "\x4a\1\0\0\x10\0\0\0\x8\0");

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(inquiry), FUZZ_TEXT(read_10), FUZZ_TEXT(write_10), FUZZ_TEXT(modes), FUZZ_TEXT(given),
    FUZZ_TEXT(toc), FUZZ_TEXT(lid), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\1\0"), FUZZ_TEXT("\2"), FUZZ_TEXT("\3"), FUZZ_TEXT("\4"), FUZZ_TEXT("\5"),
    FUZZ_TEXT("\x9e\x10"), FUZZ_TEXT("\x8a"), FUZZ_TEXT("\xaa"), FUZZ_TEXT("\xbe"),
    FUZZ_TEXT("\x41"), FUZZ_TEXT("\x51"), FUZZ_TEXT("\x52"), FUZZ_TEXT("\xff\xff\xff\xff"),
    { NULL, 0 },
};

static void end_command(Command *c)
{
    g_clear_pointer(&c->r, scsi_request_unref);
    g_free(c->data);
}

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

    c->done += bytes;
    go_on(c);
}

static void complete(ScsiRequest *r)
{
    g_assert(r->status == SCSI_GOOD || r->sense_size);
    end_command(r->owner);
}

static void cancelled(ScsiRequest *r)
{
    end_command(r->owner);
}

static const ScsiHost host = {
    .max_target = 3, .max_lun = 3, .moved = moved, .complete = complete, .cancelled = cancelled,
};

static char *new_image(void)
{
    char *path = NULL;
    int fd = g_file_open_tmp("fuzz-scsi-XXXXXX", &path, NULL);

    g_assert_cmpint(ftruncate(fd, DISK_SIZE), ==, 0);
    close(fd);
    return path;
}

static int64_t still(void)
{
    return 0;
}

static void remove_disc(void)
{
    unlink(disc);
}

void fuzz_init(void)
{
    DeviceState *adapter;

    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    qemu_clock_set_virtual_source(still);
    qemu_set_log(0, &error_abort);
    adapter = qdev_new(TYPE_VIRTIO_MMIO); /* any device can have the bus */
    bus = scsi_bus_new(adapter, "scsi.0", &host);
    disc = new_image();
    atexit(remove_disc);
    for (uint32_t i = 0; i < NUM_UNITS; i++) {
        g_autofree char *name = g_strdup_printf("unit%u", i);
        g_autofree char *path = i < 2 ? new_image() : NULL;
        DeviceState *unit = qdev_new(i < 2 ? TYPE_SCSI_HD : TYPE_SCSI_CD);

        if (path) {
            blk_new_open(name, path, "raw", false, &error_abort);
            unlink(path);
        } else {
            blk_new(name);
        }
        qdev_prop_set_string(unit, "drive", name);
        qdev_prop_set_uint32(unit, "scsi-id", 0);
        qdev_prop_set_uint32(unit, "lun", i);
        if (i == 1) {
            qdev_prop_set_bit(unit, "removable", true);
            qdev_prop_set_uint32(unit, "logical_block_size", 4096);
            qdev_prop_set_string(unit, "serial", "123");
        }
        qdev_realize_and_unref(unit, BUS(bus), &error_abort);
    }
}

/* --- steps --- */

typedef struct Input {
    const uint8_t *at, *end;
} Input;

static uint8_t take(Input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static void command(Input *in)
{
    uint32_t lun = take(in) % (NUM_UNITS + 1);
    uint8_t piece = take(in), room = take(in), cdb[16];
    ScsiUnit *unit = scsi_bus_find(bus, 0, lun);
    Command *c = NULL;
    unsigned size = 0;

    for (int i = 0; i < MAX_UNDER_WAY && !c; i++) {
        c = commands[i].r ? NULL : &commands[i];
    }
    do {
        cdb[size++] = take(in);
    } while (size < MAX(scsi_cdb_length(cdb[0]), 6));
    if (!c) {
        return;
    }
    *c = (Command){ .room = room ? ROOM : 100, .piece = piece ? piece * 97 : SIZE_MAX };
    c->data = g_malloc0(c->room);
    for (int i = 0; i < 64; i++) {
        c->data[i] = take(in);
    }
    c->r = scsi_request_new(unit ? unit : scsi_bus_find_target(bus, 0), lun, lun, cdb, size, c);
    scsi_request_start(c->r);
    if (c->r->length) {
        go_on(c);
    }
}

static void step(Input *in)
{
    Command *c;

    switch (take(in) % NUM_STEPS) {
    case STEP_COMMAND:
        command(in);
        break;
    case STEP_CANCEL:
        c = &commands[take(in) % MAX_UNDER_WAY];
        if (c->r) {
            scsi_request_cancel(c->r);
            end_command(c);
        }
        break;
    case STEP_TURN:
        main_loop_wait(true);
        break;
    case STEP_RESET:
        scsi_bus_reset(bus);
        break;
    case STEP_EJECT:
        block_eject("unit2", take(in) & 1, NULL);
        break;
    case STEP_INSERT:
        block_change_medium("unit2", disc, "raw", "read-only", take(in) & 1, NULL);
        break;
    case STEP_DRAIN:
        blk_drain_all();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };

    while (in.at < in.end) {
        step(&in);
    }
    scsi_bus_reset(bus);
    for (int i = 0; i < MAX_UNDER_WAY; i++) {
        g_assert(!commands[i].r);
    }
    block_eject("unit2", true, NULL);
    main_loop_wait(true);
    return 0;
}
