/*
 * "ide-hd": an ATA disk.
 *
 * A command that moves blocks does so in portions: a DRQ block by the data register, a bufferful by
 * DMA. Each portion is one request to the block layer. Queued commands are in ide-hd-queue.c.
 *
 * References: ATA/ATAPI-6 chapter 8 (commands), 6 (addresses; translation by cylinders, heads
 * and sectors); ATA/ATAPI-8 Command Set (ACS-2) for DATA SET MANAGEMENT and words 106, 169 and 217.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ide-hd.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "system/runstate.h"

#define MAX_CYLINDERS    16383
#define USUAL_HEADS      16
#define USUAL_SECTORS    63
#define MAX_28           0x0fffffff /* sectors */
#define MAX_TRIM_BLOCKS  8          /* of 64 ranges each */

/* Flags of commands. */
enum {
    TRANSFER_DEEP = 1 << 0,
    TRANSFER_DMA = 1 << 1,
    TRANSFER_MULTIPLE = 1 << 2,
    TRANSFER_WRITE = 1 << 3,
    TRANSFER_FUA = 1 << 4,
    TRANSFER_NOTHING = 1 << 5, /* the sectors are only looked at */
    TRANSFER_ONE = 1 << 6,     /* whatever the count register says */
};

/* --- addresses --- */

static uint64_t num_sectors(const IdeHd *s)
{
    uint64_t sectors;

    blk_get_geometry(s->blk, &sectors);
    return sectors;
}

static uint64_t now_cylinders(const IdeHd *s)
{
    return MIN(num_sectors(s) / (s->now_heads * s->now_sectors), UINT16_MAX);
}

bool ide_hd_is_in_range(const IdeHd *s, uint64_t lba, uint64_t count)
{
    uint64_t total = num_sectors(s);

    return lba <= total && count <= total - lba;
}

/* The address in the registers; UINT64_MAX: there is no such sector. */
static uint64_t get_lba(const IdeHd *s)
{
    const IdeUnit *u = &s->parent_obj;
    uint8_t low = u->lba[0], mid = u->lba[1], high = u->lba[2];
    uint32_t cylinder = high << 8 | mid, head = u->device & DEVICE_HEAD;
    uint64_t lba = high << 16 | mid << 8 | low;

    if (s->deep) {
        for (int i = 0; i < 3; i++) {
            lba |= (uint64_t)(u->lba[i] >> 8) << (24 + 8 * i);
        }
        return lba;
    }
    if (!s->by_chs) {
        return lba | head << 24;
    }
    if (low < 1 || low > s->now_sectors || head >= s->now_heads || cylinder >= now_cylinders(s)) {
        return UINT64_MAX;
    }
    return ((uint64_t)cylinder * s->now_heads + head) * s->now_sectors + low - 1;
}

static void put_low(uint16_t *deep, uint8_t value)
{
    *deep = (*deep & 0xff00) | value;
}

/* Where a command has failed, in the registers as it had its address there. */
static void put_lba(IdeHd *s, uint64_t lba)
{
    IdeUnit *u = &s->parent_obj;

    if (s->by_chs) {
        uint64_t track = lba / s->now_sectors, cylinder = track / s->now_heads;

        put_low(&u->lba[0], lba % s->now_sectors + 1);
        put_low(&u->lba[1], cylinder);
        put_low(&u->lba[2], cylinder >> 8);
        u->device = (u->device & ~DEVICE_HEAD) | track % s->now_heads;
        return;
    }
    for (int i = 0; i < 3; i++) {
        if (s->deep) {
            u->lba[i] = (lba >> (24 + 8 * i) & 0xff) << 8;
        }
        put_low(&u->lba[i], lba >> 8 * i);
    }
    if (!s->deep) {
        u->device = (u->device & ~DEVICE_HEAD) | (lba >> 24 & DEVICE_HEAD);
    }
}

/* --- work with the image --- */

static void step_done(void *opaque, int ret);
static void next_portion(IdeHd *s);

static void put_vector(IdeHd *s, uint32_t sectors)
{
    s->iov = (struct iovec){ s->parent_obj.buffer, (size_t)sectors * IDE_SECTOR };
    qemu_iovec_init_external(&s->qiov, &s->iov, 1);
}

static uint32_t next_sectors(const IdeHd *s)
{
    return MIN(s->left, s->portion);
}

/* A range of TRIM: 48 bits of address, 16 of length. */
static void get_range(const IdeHd *s, uint64_t *lba, uint64_t *count)
{
    uint64_t entry = ldq_le_p(s->parent_obj.buffer + s->range * 8);

    *lba = entry & 0xffffffffffff;
    *count = entry >> 48;
}

static BlockAIOCB *start_step(IdeHd *s)
{
    int64_t offset = s->lba * IDE_SECTOR;
    uint64_t lba, count;

    switch (s->step) {
    case STEP_READ:
    case STEP_VERIFY:
        put_vector(s, next_sectors(s));
        return blk_aio_preadv(s->blk, offset, &s->qiov, 0, step_done, s);
    case STEP_WRITE:
        put_vector(s, next_sectors(s));
        return blk_aio_pwritev(s->blk, offset, &s->qiov, s->fua ? BDRV_REQ_FUA : 0, step_done, s);
    case STEP_DISCARD:
        get_range(s, &lba, &count);
        return blk_aio_pdiscard(s->blk, lba * IDE_SECTOR, count * IDE_SECTOR, step_done, s);
    default:
        return blk_aio_flush(s->blk, step_done, s);
    }
}

static void run_step(IdeHd *s)
{
    s->parked = s->drained > 0;
    if (!s->parked) {
        s->aio = start_step(s);
    }
}

static void work(IdeHd *s, IdeStep step)
{
    ide_work(&s->parent_obj);
    s->standby = false;
    s->step = step;
    run_step(s);
}

/* A disk that can't read says where; one that can't write has a fault. */
static void report_error(IdeHd *s)
{
    IdeUnit *u = &s->parent_obj;

    if (s->step == STEP_READ || s->step == STEP_VERIFY) {
        put_lba(s, s->lba);
        ide_fail(u, ERROR_UNC);
        return;
    }
    if (s->step == STEP_WRITE) {
        put_lba(s, s->lba);
    }
    ide_fault(u);
}

/* The next range of TRIM that has a length, from number `range` on. */
static void next_range(IdeHd *s)
{
    uint64_t lba, count;

    for (; s->range < s->left; s->range++) {
        get_range(s, &lba, &count);
        if (count) {
            work(s, STEP_DISCARD);
            return;
        }
    }
    ide_good(&s->parent_obj);
}

static void step_worked(IdeHd *s)
{
    IdeUnit *u = &s->parent_obj;
    uint32_t sectors = next_sectors(s);

    switch (s->step) {
    case STEP_READ:
        ide_data_in(u, sectors * IDE_SECTOR, s->dma);
        break;
    case STEP_VERIFY:
    case STEP_WRITE:
        s->lba += sectors;
        s->left -= sectors;
        if (s->left) {
            next_portion(s);
        } else {
            ide_good(u);
        }
        break;
    case STEP_DISCARD:
        s->range++;
        next_range(s);
        break;
    default:
        ide_good(u);
    }
}

static void step_done(void *opaque, int ret)
{
    IdeHd *s = opaque;
    bool is_read = s->step == STEP_READ || s->step == STEP_VERIFY;
    BlockErrorAction action = BLOCK_ERROR_ACTION_IGNORE;

    s->aio = NULL;
    if (s->step == STEP_NONE) {
        return; /* it was cancelled */
    }
    if (ret == -ENOTSUP && s->step == STEP_DISCARD) {
        ret = 0; /* advice */
    }
    if (ret < 0) {
        action = blk_get_error_action(s->blk, is_read, -ret);
        blk_error_action(s->blk, action, is_read, -ret);
    }
    if (action == BLOCK_ERROR_ACTION_STOP) {
        s->parked = true;
    } else if (action == BLOCK_ERROR_ACTION_REPORT) {
        report_error(s);
    } else {
        step_worked(s);
    }
}

static void resume(IdeHd *s)
{
    if (s->parked) {
        run_step(s);
    }
    ide_hd_resume_queue(s);
}

static void hd_cancel(IdeUnit *u)
{
    IdeHd *s = IDE_HD(u);

    s->step = STEP_NONE;
    s->parked = false;
    if (s->aio) {
        blk_aio_cancel(s->aio);
    }
}

/* --- blocks --- */

static void next_portion(IdeHd *s)
{
    if (s->step == STEP_WRITE) {
        ide_data_out(&s->parent_obj, next_sectors(s) * IDE_SECTOR, s->dma, !s->dma);
    } else {
        work(s, s->step);
    }
}

/* All ranges are looked at before one is given back. */
static void begin_discarding(IdeHd *s)
{
    uint64_t lba, count;

    for (s->range = 0; s->range < s->left; s->range++) {
        get_range(s, &lba, &count);
        if (count && !ide_hd_is_in_range(s, lba, count)) {
            ide_fail(&s->parent_obj, ERROR_IDNF);
            return;
        }
    }
    s->range = 0;
    next_range(s);
}

static void hd_block_done(IdeUnit *u)
{
    IdeHd *s = IDE_HD(u);

    switch (s->step) {
    case STEP_READ:
        s->lba += u->filled / IDE_SECTOR;
        s->left -= u->filled / IDE_SECTOR;
        if (s->left) {
            next_portion(s);
        } else if (s->dma) {
            ide_good(u);
        } else {
            ide_good_silently(u);
        }
        break;
    case STEP_WRITE:
        work(s, STEP_WRITE);
        break;
    case STEP_DISCARD:
        begin_discarding(s);
        break;
    default: /* what the disk says of itself */
        ide_good_silently(u);
    }
}

/* The address and number in the registers: false, and the command has failed, if out of range. */
static bool take_extent(IdeHd *s, const IdeCommand *c)
{
    IdeUnit *u = &s->parent_obj;

    s->deep = c->flags & TRANSFER_DEEP;
    s->by_chs = !s->deep && !(u->device & DEVICE_LBA);
    s->lba = get_lba(s);
    s->left = c->flags & TRANSFER_ONE ? 1 : s->deep ? u->count : u->count & 0xff;
    if (!s->left) {
        s->left = s->deep ? 0x10000 : 0x100;
    }
    if (!ide_hd_is_in_range(s, s->lba, s->left)) {
        ide_fail(u, ERROR_IDNF);
        return false;
    }
    return true;
}

static void transfer(IdeUnit *u, const IdeCommand *c)
{
    IdeHd *s = IDE_HD(u);

    if (c->flags & TRANSFER_MULTIPLE && !s->multiple) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    if (!take_extent(s, c)) {
        return;
    }
    s->dma = c->flags & TRANSFER_DMA;
    s->fua = c->flags & TRANSFER_FUA;
    s->portion = c->flags & (TRANSFER_DMA | TRANSFER_NOTHING) ? IDE_BUFFER / IDE_SECTOR
                 : c->flags & TRANSFER_MULTIPLE               ? s->multiple
                                                              : 1;
    s->step = c->flags & TRANSFER_WRITE     ? STEP_WRITE
              : c->flags & TRANSFER_NOTHING ? STEP_VERIFY
                                            : STEP_READ;
    if (s->step == STEP_WRITE) {
        ide_data_out(u, next_sectors(s) * IDE_SECTOR, s->dma, false);
    } else {
        next_portion(s);
    }
}

static void seek(IdeUnit *u, const IdeCommand *c)
{
    if (take_extent(IDE_HD(u), c)) {
        ide_good(u);
    }
}

static void flush(IdeUnit *u, const IdeCommand *c)
{
    work(IDE_HD(u), STEP_FLUSH);
}

/* DATA SET MANAGEMENT */
static void trim(IdeUnit *u, const IdeCommand *c)
{
    IdeHd *s = IDE_HD(u);

    if (u->features != 1 || !u->count || u->count > MAX_TRIM_BLOCKS || !s->discard_granularity) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    s->left = u->count * (IDE_SECTOR / 8);
    s->step = STEP_DISCARD;
    ide_data_out(u, u->count * IDE_SECTOR, true, false);
}

/* --- modes --- */

static void set_translation(IdeUnit *u, const IdeCommand *c)
{
    IdeHd *s = IDE_HD(u);
    uint8_t sectors = u->count;

    if (!sectors || sectors > USUAL_SECTORS) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    s->now_heads = (u->device & DEVICE_HEAD) + 1;
    s->now_sectors = sectors;
    ide_good(u);
}

static void set_multiple(IdeUnit *u, const IdeCommand *c)
{
    uint8_t sectors = u->count;

    if (sectors > IDE_MAX_MULTIPLE || (sectors && !is_power_of_2(sectors))) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    IDE_HD(u)->multiple = sectors;
    ide_good(u);
}

/* Power: a motor that nobody hears. Only whether it runs can be asked for. */
static void spin_up(IdeUnit *u, const IdeCommand *c)
{
    IDE_HD(u)->standby = false;
    ide_good(u);
}

static void spin_down(IdeUnit *u, const IdeCommand *c)
{
    IDE_HD(u)->standby = true;
    ide_good(u);
}

static void check_power(IdeUnit *u, const IdeCommand *c)
{
    put_low(&u->count, IDE_HD(u)->standby ? 0x00 : 0xff);
    ide_good(u);
}

static void set_features(IdeUnit *u, const IdeCommand *c)
{
    enum {
        CACHE_ON = 0x02, TRANSFER_MODE = 0x03, LOOK_AHEAD_OFF = 0x55, KEEP_SETTINGS = 0x66,
        CACHE_OFF = 0x82, LOOK_AHEAD_ON = 0xaa, DEFAULTS_AT_RESET = 0xcc,
    };
    IdeHd *s = IDE_HD(u);
    bool possible = true;

    switch (u->features & 0xff) {
    case CACHE_ON:
    case CACHE_OFF:
        blk_set_enable_write_cache(s->blk, (u->features & 0xff) == CACHE_ON);
        if ((u->features & 0xff) == CACHE_OFF) { /* with what is in it */
            work(s, STEP_FLUSH);
            return;
        }
        break;
    case TRANSFER_MODE:
        possible = ide_set_transfer_mode(u);
        break;
    case LOOK_AHEAD_ON:
    case LOOK_AHEAD_OFF:
        s->look_ahead = (u->features & 0xff) == LOOK_AHEAD_ON;
        break;
    case KEEP_SETTINGS: /* software resets change none of them */
    case DEFAULTS_AT_RESET:
        break;
    default:
        possible = false;
    }
    if (possible) {
        ide_good(u);
    } else {
        ide_fail(u, ERROR_ABRT);
    }
}

/* --- SMART: a disk that never fails by itself --- */

static void smart_answer(IdeUnit *u, bool thresholds)
{
    enum { ATTRIBUTE_REALLOCATED = 5, PREFAILURE = 0x0001, ONLINE = 0x0002 };
    uint8_t *entry = u->buffer + 2, sum = 0;

    memset(u->buffer, 0, IDE_SECTOR);
    stw_le_p(u->buffer, 0x0010); /* revision of the structure */
    entry[0] = ATTRIBUTE_REALLOCATED;
    if (thresholds) {
        entry[1] = 36;
    } else {
        stw_le_p(entry + 1, PREFAILURE | ONLINE);
        entry[3] = entry[4] = 100; /* now and at worst; the raw number is 0 */
    }
    for (int i = 0; i < IDE_SECTOR - 1; i++) {
        sum += u->buffer[i];
    }
    u->buffer[IDE_SECTOR - 1] = -sum;
    ide_data_in(u, IDE_SECTOR, false);
}

static void smart(IdeUnit *u, const IdeCommand *c)
{
    enum {
        READ_DATA = 0xd0, READ_THRESHOLDS = 0xd1, AUTOSAVE = 0xd2, ENABLE = 0xd8, DISABLE = 0xd9,
        RETURN_STATUS = 0xda, KEY_MID = 0x4f, KEY_HIGH = 0xc2,
    };
    IdeHd *s = IDE_HD(u);
    uint8_t what = u->features;

    if ((u->lba[1] & 0xff) != KEY_MID || (u->lba[2] & 0xff) != KEY_HIGH ||
        (!s->smart && what != ENABLE)) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    switch (what) {
    case READ_DATA:
    case READ_THRESHOLDS:
        smart_answer(u, what == READ_THRESHOLDS);
        break;
    case ENABLE:
    case DISABLE:
        s->smart = what == ENABLE;
        ide_good(u);
        break;
    case AUTOSAVE:
    case RETURN_STATUS: /* the key stays as it is: no threshold is exceeded */
        ide_good(u);
        break;
    default:
        ide_fail(u, ERROR_ABRT);
    }
}

/* --- what it says of itself --- */

static void put_words(IdeUnit *u, unsigned n, uint64_t value, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        ide_put_word(u, n + i, value >> 16 * i);
    }
}

static void put_features(IdeHd *s)
{
    enum {
        SMART = 0x0001, POWER = 0x0008, CACHE = 0x0020, LOOK_AHEAD = 0x0040, /* words 82 and 85 */
        DEEP = 0x0400, FLUSH = 0x1000, FLUSH_DEEP = 0x2000,                  /* 83 and 86 */
        LOGS = 0x0020, FUA = 0x0040, WWN = 0x0100,                           /* 84 and 87 */
        VALID = 0x4000,
    };
    IdeUnit *u = &s->parent_obj;
    uint16_t named = (u->wwn ? WWN : 0) | (ide_is_serial(u) ? LOGS : 0);

    ide_put_word(u, 82, SMART | POWER | CACHE | LOOK_AHEAD);
    ide_put_word(u, 83, VALID | DEEP | FLUSH | FLUSH_DEEP);
    ide_put_word(u, 84, VALID | FUA | named);
    ide_put_word(u, 85, (s->smart ? SMART : 0) | POWER | (s->look_ahead ? LOOK_AHEAD : 0) |
                            (blk_enable_write_cache(s->blk) ? CACHE : 0));
    ide_put_word(u, 86, DEEP | FLUSH | FLUSH_DEEP);
    ide_put_word(u, 87, VALID | FUA | named);
}

static void put_geometry(IdeHd *s)
{
    IdeUnit *u = &s->parent_obj;
    uint64_t total = num_sectors(s), cylinders = now_cylinders(s);

    ide_put_word(u, 1, s->cylinders);
    ide_put_word(u, 3, s->heads);
    ide_put_word(u, 6, s->sectors);
    ide_put_word(u, 54, cylinders);
    ide_put_word(u, 55, s->now_heads);
    ide_put_word(u, 56, s->now_sectors);
    put_words(u, 57, cylinders * s->now_heads * s->now_sectors, 2);
    put_words(u, 60, MIN(total, MAX_28), 2);
    put_words(u, 100, total, 4);
}

static void identify(IdeUnit *u, const IdeCommand *c)
{
    enum {
        FIXED = 0x0040, WHAT_IDENTIFIES = 0xc837,
        CAN_DMA = 0x0100, CAN_LBA = 0x0200, CAN_IORDY = 0x0c00, /* word 49 */
        MAJOR_4_TO_6 = 0x0070, VALID = 0x4000, SEVERAL_SECTORS = 0x2000,
    };
    IdeHd *s = IDE_HD(u);
    unsigned exponent = ctz32(s->physical_block / IDE_SECTOR);

    memset(u->buffer, 0, IDE_SECTOR);
    ide_put_word(u, 0, FIXED);
    ide_put_word(u, 2, WHAT_IDENTIFIES); /* complete, and needs no spin-up */
    ide_put_text(u, 10, 10, u->serial);
    ide_put_text(u, 23, 4, u->version);
    ide_put_text(u, 27, 20, u->model);
    ide_put_word(u, 47, 0x8000 | IDE_MAX_MULTIPLE);
    ide_put_word(u, 49, CAN_DMA | CAN_LBA | CAN_IORDY);
    ide_put_word(u, 50, VALID);
    ide_put_word(u, 53, 0x0007); /* words 54-58, 64-70 and 88 mean something */
    ide_put_word(u, 59, s->multiple ? 0x0100 | s->multiple : 0);
    ide_put_word(u, 80, MAJOR_4_TO_6);
    put_geometry(s);
    put_features(s);
    ide_put_modes(u);
    ide_put_word(u, 106, VALID | (exponent ? SEVERAL_SECTORS | exponent : 0));
    for (unsigned i = 0; i < 4; i++) { /* the highest word first */
        ide_put_word(u, 108 + i, u->wwn >> (48 - 16 * i));
    }
    if (s->discard_granularity) {
        ide_put_word(u, 105, MAX_TRIM_BLOCKS);
        ide_put_word(u, 169, 0x0001);
    }
    ide_put_word(u, 217, s->rotation_rate);
    ide_put_serial(u);
    ide_put_checksum(u);
    ide_data_in(u, IDE_SECTOR, false);
}

static const IdeCommand hd_commands[] = {
    { 0x06, .begin = trim },
    { 0x10, 0x1f, .begin = ide_nothing }, /* RECALIBRATE (ATA-3) */
    { 0x20, 0x21, 0, transfer },
    { 0x24, 0, TRANSFER_DEEP, transfer },
    { 0x25, 0, TRANSFER_DEEP | TRANSFER_DMA, transfer },
    { 0x29, 0, TRANSFER_DEEP | TRANSFER_MULTIPLE, transfer },
    { 0x2f, .begin = ide_hd_read_log },
    { 0x30, 0x31, TRANSFER_WRITE, transfer },
    { 0x34, 0, TRANSFER_DEEP | TRANSFER_WRITE, transfer },
    { 0x35, 0, TRANSFER_DEEP | TRANSFER_WRITE | TRANSFER_DMA, transfer },
    { 0x39, 0, TRANSFER_DEEP | TRANSFER_WRITE | TRANSFER_MULTIPLE, transfer },
    { 0x3d, 0, TRANSFER_DEEP | TRANSFER_WRITE | TRANSFER_DMA | TRANSFER_FUA, transfer },
    { 0x40, 0x41, TRANSFER_NOTHING, transfer },
    { 0x42, 0, TRANSFER_DEEP | TRANSFER_NOTHING, transfer },
    { 0x70, 0x7f, TRANSFER_ONE, seek },
    { 0x90, .begin = ide_nothing }, /* EXECUTE DEVICE DIAGNOSTIC: the channel does it */
    { 0x91, .begin = set_translation },
    { 0x94, .begin = spin_down }, /* these four: as e0h to e3h (ATA-3) */
    { 0x95, .begin = spin_up },
    { 0x96, .begin = spin_down },
    { 0x97, .begin = spin_up },
    { 0x98, .begin = check_power },
    { 0x99, .begin = spin_down },
    { 0xb0, .begin = smart },
    { 0xc4, 0, TRANSFER_MULTIPLE, transfer },
    { 0xc5, 0, TRANSFER_WRITE | TRANSFER_MULTIPLE, transfer },
    { 0xc6, .begin = set_multiple },
    { 0xc8, 0xc9, TRANSFER_DMA, transfer },
    { 0xca, 0xcb, TRANSFER_WRITE | TRANSFER_DMA, transfer },
    { 0xce, 0, TRANSFER_DEEP | TRANSFER_WRITE | TRANSFER_MULTIPLE | TRANSFER_FUA, transfer },
    { 0xe0, .begin = spin_down }, /* STANDBY IMMEDIATE */
    { 0xe1, .begin = spin_up },   /* IDLE IMMEDIATE */
    { 0xe2, .begin = spin_down }, /* STANDBY */
    { 0xe3, .begin = spin_up },   /* IDLE */
    { 0xe5, .begin = check_power },
    { 0xe6, .begin = spin_down }, /* SLEEP: any command wakes it up */
    { 0xe7, .begin = flush },
    { 0xea, .begin = flush },
    { 0xec, .begin = identify },
    { 0xef, .begin = set_features },
    { .begin = NULL },
};

/* --- around it --- */

static void machine_stops_or_goes_on(void *opaque, bool running, RunState state)
{
    if (running) {
        resume(opaque);
    }
}

static void drained_begin(void *opaque)
{
    IDE_HD(opaque)->drained++;
}

static void drained_end(void *opaque)
{
    if (--IDE_HD(opaque)->drained == 0) {
        resume(opaque);
    }
}

static const BlockDevOps hd_ops = { .drained_begin = drained_begin, .drained_end = drained_end };

static void hd_reset(IdeUnit *u)
{
    IdeHd *s = IDE_HD(u);

    s->now_heads = s->heads;
    s->now_sectors = s->sectors;
    s->multiple = 0;
    s->smart = s->look_ahead = true;
    s->standby = false;
    ide_hd_reset_log(s);
    blk_set_enable_write_cache(s->blk, s->cache_at_reset);
    blk_iostatus_reset(s->blk);
}

static void hd_get_geometry(IdeUnit *u, IdeGeometry *geometry)
{
    const IdeHd *s = IDE_HD(u);

    *geometry = (IdeGeometry){ s->cylinders, s->heads, s->sectors };
}

/* --- making one --- */

static bool check_drive(IdeHd *s, Error **errp)
{
    if (!s->blk) {
        error_setg(errp, "drive property not set");
    } else if (!blk_is_inserted(s->blk)) {
        error_setg(errp, "Device needs media, but drive is empty");
    } else if (!blk_is_writable(s->blk)) {
        error_setg(errp, "drive=%s can't be written to: an IDE disk has no write protection",
                   blk_shown_name(s->blk));
    } else if (s->logical_block != IDE_SECTOR) {
        error_setg(errp, "logical_block_size=%u: an IDE disk has sectors of 512 bytes",
                   s->logical_block);
    } else if (!is_power_of_2(s->physical_block) || s->physical_block < IDE_SECTOR ||
               s->physical_block > IDE_SECTOR << 15) {
        error_setg(errp, "physical_block_size=%u: expected a power of two from 512 to %u",
                   s->physical_block, IDE_SECTOR << 15);
    } else {
        return true;
    }
    return false;
}

static bool set_geometry(IdeHd *s, Error **errp)
{
    if (!s->cylinders && !s->heads && !s->sectors) {
        s->heads = USUAL_HEADS;
        s->sectors = USUAL_SECTORS;
        s->cylinders = CLAMP(num_sectors(s) / (USUAL_HEADS * USUAL_SECTORS), 1, MAX_CYLINDERS);
        return true;
    }
    if (s->cylinders < 1 || s->cylinders > UINT16_MAX || s->heads < 1 || s->heads > 16 ||
        s->sectors < 1 || s->sectors > USUAL_SECTORS) {
        error_setg(errp, "cyls=%u,heads=%u,secs=%u: expected all three, of 1 to 65535, 16 and 63",
                   s->cylinders, s->heads, s->sectors);
        return false;
    }
    return true;
}

static bool apply_error_actions(IdeHd *s, Error **errp)
{
    BlockdevOnError on_read = blk_get_on_error(s->blk, true);
    BlockdevOnError on_write = blk_get_on_error(s->blk, false);

    if ((s->rerror && !blk_parse_on_error("rerror", s->rerror, &on_read, errp)) ||
        (s->werror && !blk_parse_on_error("werror", s->werror, &on_write, errp))) {
        return false;
    }
    blk_set_on_error(s->blk, on_read, on_write);
    return true;
}

static void hd_realize(IdeUnit *u, Error **errp)
{
    IdeHd *s = IDE_HD(u);

    if (!check_drive(s, errp) || !ide_check_names(u, "SYSEMU HARDDISK", errp) ||
        !set_geometry(s, errp) || !apply_error_actions(s, errp)) {
        return;
    }
    if (s->write_cache != ON_OFF_AUTO_AUTO) {
        blk_set_enable_write_cache(s->blk, s->write_cache == ON_OFF_AUTO_ON);
    }
    s->cache_at_reset = blk_enable_write_cache(s->blk);
    s->queue = g_ptr_array_new();
    blk_set_dev_ops(s->blk, &hd_ops, s);
    s->state_change = qemu_add_vm_change_state_handler(machine_stops_or_goes_on, s);
}

static void hd_unrealize(IdeUnit *u)
{
    IdeHd *s = IDE_HD(u);

    qemu_del_vm_change_state_handler(s->state_change);
    blk_set_dev_ops(s->blk, NULL, NULL);
    g_clear_pointer(&s->queue, g_ptr_array_unref);
}

static int hd_before_load(void *opaque)
{
    hd_cancel(opaque);
    return 0;
}

/* What was under way when the state was saved is done again. */
static int hd_loaded(void *opaque, int version)
{
    IdeHd *s = opaque;
    IdeUnit *u = &s->parent_obj;

    if (ide_check_loaded(u) || s->step >= STEP_COUNT || s->now_heads < 1 || s->now_heads > 16 ||
        s->now_sectors < 1 || s->now_sectors > USUAL_SECTORS || s->multiple > IDE_MAX_MULTIPLE ||
        s->left > 0x10000 || s->portion > IDE_BUFFER / IDE_SECTOR ||
        (s->step == STEP_DISCARD &&
         (s->left > MAX_TRIM_BLOCKS * (IDE_SECTOR / 8) || s->range > s->left))) {
        return -EINVAL;
    }
    if (s->step == STEP_READ || s->step == STEP_VERIFY || s->step == STEP_WRITE) {
        bool moves = u->phase >= PHASE_DATA_IN && u->phase <= PHASE_DMA_OUT;

        if (!ide_hd_is_in_range(s, s->lba, s->left) || !s->portion ||
            (u->phase == PHASE_WORKING && !s->left) ||
            (moves && u->filled != next_sectors(s) * IDE_SECTOR)) {
            return -EINVAL;
        }
    }
    if (u->phase == PHASE_WORKING && s->step == STEP_NONE) {
        return -EINVAL;
    }
    s->parked = u->phase == PHASE_WORKING;
    blk_set_enable_write_cache(s->blk, s->cache_saved);
    return 0;
}

static int hd_before_save(void *opaque)
{
    IdeHd *s = opaque;

    s->cache_saved = blk_enable_write_cache(s->blk);
    return 0;
}

static const VMStateDescription vmstate_hd = {
    .name = TYPE_IDE_HD,
    .version_id = 2,
    .minimum_version_id = 2,
    .pre_load = hd_before_load,
    .pre_save = hd_before_save,
    .post_load = hd_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_IDE_UNIT(parent_obj, IdeHd),
        VMSTATE_UINT32(now_heads, IdeHd),
        VMSTATE_UINT32(now_sectors, IdeHd),
        VMSTATE_UINT8(multiple, IdeHd),
        VMSTATE_BOOL(smart, IdeHd),
        VMSTATE_BOOL(look_ahead, IdeHd),
        VMSTATE_BOOL(standby, IdeHd),
        VMSTATE_UINT8(step, IdeHd),
        VMSTATE_BOOL(dma, IdeHd),
        VMSTATE_BOOL(deep, IdeHd),
        VMSTATE_BOOL(by_chs, IdeHd),
        VMSTATE_BOOL(fua, IdeHd),
        VMSTATE_UINT32(portion, IdeHd),
        VMSTATE_UINT64(lba, IdeHd),
        VMSTATE_UINT64(left, IdeHd),
        VMSTATE_UINT32(range, IdeHd),
        VMSTATE_UINT8_ARRAY(queue_error, IdeHd, 16),
        VMSTATE_BOOL(cache_saved, IdeHd),
        VMSTATE_END_OF_LIST()
    },
};

static Property hd_properties[] = {
    DEFINE_PROP_DRIVE("drive", IdeHd, blk),
    DEFINE_PROP_STRING("rerror", IdeHd, rerror),
    DEFINE_PROP_STRING("werror", IdeHd, werror),
    DEFINE_PROP_UINT32("cyls", IdeHd, cylinders, 0),
    DEFINE_PROP_UINT32("heads", IdeHd, heads, 0),
    DEFINE_PROP_UINT32("secs", IdeHd, sectors, 0),
    DEFINE_PROP_UINT32("logical_block_size", IdeHd, logical_block, IDE_SECTOR),
    DEFINE_PROP_UINT32("physical_block_size", IdeHd, physical_block, IDE_SECTOR),
    DEFINE_PROP_UINT32("discard_granularity", IdeHd, discard_granularity, IDE_SECTOR),
    DEFINE_PROP_UINT16("rotation_rate", IdeHd, rotation_rate, 0),
    DEFINE_PROP_ON_OFF_AUTO("write-cache", IdeHd, write_cache, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_END_OF_LIST(),
};

static void hd_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    IdeUnitClass *uc = IDE_UNIT_CLASS(klass);

    uc->commands = hd_commands;
    uc->status_at_reset = uc->status_ready = STATUS_DRDY | STATUS_DSC;
    uc->realize = hd_realize;
    uc->unrealize = hd_unrealize;
    uc->block_done = hd_block_done;
    uc->cancel = hd_cancel;
    uc->reset = hd_reset;
    uc->queue = ide_hd_queue;
    uc->cancel_queue = ide_hd_cancel_queue;
    uc->queue_failed = ide_hd_queue_failed;
    uc->get_geometry = hd_get_geometry;
    dc->desc = "IDE disk";
    dc->vmsd = &vmstate_hd;
    device_class_set_props(dc, hd_properties);
}

static const TypeInfo hd_types[] = {
    {
        .name = TYPE_IDE_HD,
        .parent = TYPE_IDE_UNIT,
        .instance_size = sizeof(IdeHd),
        .class_init = hd_class_init,
    },
};

DEFINE_TYPES(hd_types)
