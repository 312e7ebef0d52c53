/*
 * Fuzz target: disk images. The input is a list of changes to a small valid image, which is then
 * opened, checked, read, written, given snapshots and closed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include <sys/mman.h>
#include "block/block-int.h"
#include "block/create.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"

#define IMAGE_SIZE (1 << 20)

/* A change: where (2 bytes, in units of 8), 8 bytes of contents. */
#define CHANGE_SIZE 10

static const uint8_t none[1];
/* header fields, L1 entry, L2 entry, refcount table entry, counts; clusters are 4 KiB */
static const char size_field[] = "\0\3" "\0\0\0\0\0\x10\0\0";
static const char l1_entry[] = "\6\0" "\x80\0\0\0\0\0\x40\0";
static const char l2_entry[] = "\10\0" "\x80\0\0\0\0\0\x20\0";
static const char compressed[] = "\10\2" "\x40\0\0\0\0\0\x50\1";
static const char counts[] = "\4\0" "\0\1\0\1\0\2\0\0";
static const char features[] = "\0\11" "\0\0\0\0\0\0\0\1";
static const char snapshots[] = "\0\7" "\0\0\0\1\0\0\0\1";

#define BYTES(array) { (array), sizeof(array) - 1 }

const FuzzSeed fuzz_seeds[] = {
    { none, 1 }, BYTES(size_field), BYTES(l1_entry), BYTES(l2_entry), BYTES(compressed),
    BYTES(counts), BYTES(features), BYTES(snapshots), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    BYTES(l1_entry), BYTES(l2_entry), BYTES(compressed), BYTES(counts), BYTES(features),
    BYTES(snapshots), BYTES("\x80\0\0\0\0\0"), BYTES("\xff\xff\xff\xff"), BYTES("\0\0\x10\0"),
    { NULL, 0 },
};

static int file = -1;
static char path[64];
static uint8_t *valid; /* an image with data, zeros and a snapshot */
static size_t valid_size;

static void keep_quiet(void *opaque, const char *text)
{
}

static BlockDriverState *open_image(bool read_only, const char *format)
{
    BlockFlags flags = { .read_only = read_only, .unmap = true };
    BlockOptions *o = block_options_new();
    Error *err = NULL;
    BlockDriverState *bs;

    block_options_set(o, "cache-size", "64k");
    if (!g_str_equal(format, "qcow2")) {
        block_options_free(o);
        o = NULL;
    }
    bs = bdrv_open_filename(path, format, o, &flags, NULL, &err);
    g_assert_true((bs == NULL) == (err != NULL));
    error_free(err);
    return bs;
}

void fuzz_init(void)
{
    uint8_t bytes[3000];
    BlockOptions *o = block_options_new();
    BlockDriverState *bs;
    struct stat st;

    qemu_init_main_loop(&error_abort);
    file = memfd_create("fuzz", MFD_CLOEXEC);
    g_assert(file >= 0);
    g_snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    block_options_set(o, "size", "1M");
    block_options_set(o, "cluster_size", "4096");
    g_assert(block_create(path, "qcow2", o, &error_abort));
    bs = open_image(false, "qcow2");
    memset(bytes, 7, sizeof(bytes));
    bdrv_pwrite(bs, 100, sizeof(bytes), bytes);
    bdrv_pwrite(bs, 700000, sizeof(bytes), bytes);
    bs->driver->snapshot_create(bs, "s", &error_abort);
    bdrv_pwrite(bs, 5000, sizeof(bytes), bytes);
    bdrv_pwrite_zeroes(bs, 40960, 8192, 0);
    bdrv_unref(bs);
    g_assert(fstat(file, &st) == 0);
    valid_size = st.st_size;
    valid = g_malloc(valid_size);
    g_assert(pread(file, valid, valid_size, 0) == (ssize_t)valid_size);
}

static void make_image(const uint8_t *data, size_t size)
{
    g_autofree uint8_t *image = g_memdup2(valid, valid_size);
    size_t length = valid_size;

    for (; size >= CHANGE_SIZE; data += CHANGE_SIZE, size -= CHANGE_SIZE) {
        size_t at = (size_t)lduw_be_p(data) * 8;

        if (at + 8 <= valid_size) {
            memcpy(image + at, data + 2, 8);
        }
    }
    if (size == 2) {
        length = MIN(valid_size, (size_t)lduw_be_p(data) * 8); /* and cut short */
    }
    g_assert(ftruncate(file, 0) == 0);
    g_assert(pwrite(file, image, length, 0) == (ssize_t)length);
}

static void use_image(BlockDriverState *bs)
{
    g_autofree uint8_t *buf = g_malloc0(IMAGE_SIZE);
    int64_t length = MIN(bdrv_length(bs), IMAGE_SIZE), n, map;
    BlockFormatInfo info = { .specific = g_ptr_array_new_with_free_func(g_free) };

    for (int64_t offset = 0; offset < length; offset += n) {
        if (bdrv_status(bs, offset, length - offset, &n, &map) < 0) {
            n = 4096;
        }
        g_assert_cmpint(n, >, 0);
    }
    for (int64_t offset = 0; offset < length; offset += 4096) {
        bdrv_pread(bs, offset, MIN(4096, length - offset), buf);
    }
    if (bs->driver->info) {
        bs->driver->info(bs, &info);
    }
    g_free(info.backing_filename);
    g_free(info.backing_format);
    g_ptr_array_unref(info.specific);
    if (bs->flags.read_only || length < 65536) {
        return;
    }
    bdrv_pwrite(bs, 0, 20000, buf);
    bdrv_pwrite_zeroes(bs, 30000, 20000, BDRV_REQ_MAY_UNMAP);
    bdrv_pdiscard(bs, 0, 8192);
    bdrv_flush(bs);
    bdrv_pwrite(bs, 50000, 15000, buf);
    if (bs->driver->snapshot_create) {
        bs->driver->snapshot_apply(bs, "s", NULL);
        bs->driver->snapshot_create(bs, "t", NULL);
        bs->driver->snapshot_delete(bs, "s", NULL);
    }
    bdrv_pwrite(bs, 4000, 5000, buf);
    bdrv_truncate(bs, 2 << 20, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ErrorSink before = error_set_sink((ErrorSink) { keep_quiet, NULL });
    BlockCheck look = { 0 }, mend = { .fix_leaks = true, .fix_errors = true };
    BlockDriverState *bs;

    make_image(data, size);
    bs = open_image(true, "qcow2");
    if (bs) {
        bs->driver->check(bs, &look, NULL);
        use_image(bs);
        bdrv_unref(bs);
    }
    bs = open_image(false, "qcow2");
    if (bs) {
        use_image(bs);
        bdrv_unref(bs);
    }
    bs = open_image(false, "qcow2");
    if (bs) {
        bs->driver->check(bs, &mend, NULL);
        use_image(bs);
        bdrv_unref(bs);
    }
    error_set_sink(before);
    return 0;
}
