/*
 * Fuzz target: disk images. The input is a list of changes to small valid images, which are then
 * opened, checked, read, written, given snapshots and closed; and the text of options.
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
static const char vdi_size[] = "\0\56" "\0\x40\0\0\0\0\0\0";
static const char vmdk_grain[] = "\0\2" "\0\0\0\0\1\0\0\0";
static const char vpc_blocks[] = "\0\103" "\0\0\1\0\0\0\x40\0";
static const char text[] = "driver=qcow2,node-name=a,,b,file.driver=file";
static const char json[] = "\"driver\":\"raw\",\"file\":{\"size\":5,\"x\":[true,null]}}";
static const char snapshots[] = "\0\7" "\0\0\0\1\0\0\0\1";

#define BYTES(array) { (array), sizeof(array) - 1 }

const FuzzSeed fuzz_seeds[] = {
    { none, 1 }, BYTES(size_field), BYTES(l1_entry), BYTES(l2_entry), BYTES(compressed),
    BYTES(counts), BYTES(features), BYTES(snapshots),
    BYTES(vdi_size), BYTES(vmdk_grain), BYTES(vpc_blocks), BYTES(text), BYTES(json), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    BYTES(l1_entry), BYTES(l2_entry), BYTES(compressed), BYTES(counts), BYTES(features),
    BYTES(snapshots), BYTES("\x80\0\0\0\0\0"), BYTES("\xff\xff\xff\xff"), BYTES("\0\0\x10\0"),
    { NULL, 0 },
};

typedef struct Template {
    const char *format;
    uint8_t *data;
    size_t size;
} Template;

static int file = -1;
static char path[64];
static Template qcow2; /* with data, zeros and a snapshot */
static Template foreign[3];

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

static void make_qcow2(void)
{
    uint8_t bytes[3000];
    BlockOptions *o = block_options_new();
    BlockDriverState *bs;
    struct stat st;

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
    qcow2 = (Template) { "qcow2", g_malloc(st.st_size), st.st_size };
    g_assert(pread(file, qcow2.data, qcow2.size, 0) == (ssize_t)qcow2.size);
}

/* Two blocks of 4 KiB, of which the first is there. */
static void make_vdi(Template *t)
{
    *t = (Template) { "vdi", g_malloc0(12288), 12288 };
    stl_le_p(t->data + 0x40, 0xbeda107f);
    stl_le_p(t->data + 0x44, 0x10001);
    stl_le_p(t->data + 0x4c, 1);
    stl_le_p(t->data + 0x154, 0x200);
    stl_le_p(t->data + 0x158, 4096);
    stq_le_p(t->data + 0x170, 8192);
    stl_le_p(t->data + 0x178, 4096);
    stl_le_p(t->data + 0x180, 2);
    stl_le_p(t->data + 0x204, 0xffffffff);
}

static void make_vmdk(Template *t)
{
    *t = (Template) { "vmdk", g_malloc0(12288), 12288 };
    memcpy(t->data, "KDMV\1", 5);
    stq_le_p(t->data + 12, 16);
    stq_le_p(t->data + 20, 8);
    stl_le_p(t->data + 44, 512);
    stq_le_p(t->data + 56, 1);
    stl_le_p(t->data + 512, 2);
    stl_le_p(t->data + 1024, 8);
}

static void vpc_sum(uint8_t *data, size_t size, size_t at)
{
    uint32_t sum = 0;

    stl_be_p(data + at, 0);
    for (size_t i = 0; i < size; i++) {
        sum += data[i];
    }
    stl_be_p(data + at, ~sum);
}

static void make_vpc(Template *t)
{
    *t = (Template) { "vpc", g_malloc0(12288), 12288 };
    memcpy(t->data, "conectix", 8);
    stq_be_p(t->data + 16, 512);
    stq_be_p(t->data + 48, 8192);
    stl_be_p(t->data + 60, 3);
    memcpy(t->data + 512, "cxsparse", 8);
    stq_be_p(t->data + 512 + 16, 1536);
    stl_be_p(t->data + 512 + 28, 2);
    stl_be_p(t->data + 512 + 32, 4096);
    stl_be_p(t->data + 1536, 4);
    stl_be_p(t->data + 1540, 0xffffffff);
}

static void make_image(const Template *t, const uint8_t *data, size_t size)
{
    g_autofree uint8_t *image = g_memdup2(t->data, t->size);
    size_t length = t->size;

    for (; size >= CHANGE_SIZE; data += CHANGE_SIZE, size -= CHANGE_SIZE) {
        size_t at = (size_t)lduw_be_p(data) * 8;

        if (at + 8 <= t->size) {
            memcpy(image + at, data + 2, 8);
        }
    }
    if (size == 2) {
        length = MIN(t->size, (size_t)lduw_be_p(data) * 8); /* and cut short */
    }
    if (g_str_equal(t->format, "vpc")) { /* what lies behind the sums wants to be seen, too */
        vpc_sum(image, 512, 64);
        vpc_sum(image + 512, 1024, 36);
    }
    g_assert(ftruncate(file, 0) == 0);
    g_assert(pwrite(file, image, length, 0) == (ssize_t)length);
}

void fuzz_init(void)
{
    qemu_init_main_loop(&error_abort);
    file = memfd_create("fuzz", MFD_CLOEXEC);
    g_assert(file >= 0);
    g_snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    make_qcow2();
    make_vdi(&foreign[0]);
    make_vmdk(&foreign[1]);
    make_vpc(&foreign[2]);
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        BlockDriverState *bs;

        make_image(&foreign[i], none, 0);
        bs = open_image(true, foreign[i].format);
        g_assert_nonnull(bs); /* unchanged they are right */
        bdrv_unref(bs);
    }
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
    for (int64_t offset = 0; offset < length; offset += 65536) { /* by request a thread is woken */
        bdrv_pread(bs, offset, MIN(65536, length - offset), buf);
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

static void try_qcow2(const uint8_t *data, size_t size)
{
    BlockCheck look = { 0 }, mend = { .fix_leaks = true, .fix_errors = true };
    BlockDriverState *bs;

    make_image(&qcow2, data, size);
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
}

static void try_options(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *json = g_strconcat("{", text, NULL);
    BlockOptions *o = block_options_new();

    block_options_parse(o, text, NULL);
    block_options_parse(o, json, NULL);
    block_options_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ErrorSink before = error_set_sink((ErrorSink) { keep_quiet, NULL });

    try_qcow2(data, size);
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        BlockDriverState *bs;

        make_image(&foreign[i], data, size);
        bs = open_image(true, foreign[i].format);
        if (bs) {
            use_image(bs);
            bdrv_unref(bs);
        }
    }
    try_options(data, size);
    error_set_sink(before);
    return 0;
}
