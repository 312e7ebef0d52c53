/*
 * qcow2: unpacking compressed clusters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include <zstd.h>
#include "qcow2.h"

/* Raw deflate without headers; the data may be followed by anything. */
static int unpack_deflate(const void *in, size_t in_size, void *out, size_t out_size)
{
    z_stream stream = { .next_in = (Bytef *)in, .avail_in = in_size, .next_out = out,
                        .avail_out = out_size };
    int ret;

    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return -ENOMEM;
    }
    ret = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    /* Z_BUF_ERROR: the cluster is full, and the end mark wasn't read */
    return (ret == Z_STREAM_END || ret == Z_BUF_ERROR) && !stream.avail_out ? 0 : -EIO;
}

static int unpack_zstd(const void *in, size_t in_size, void *out, size_t out_size)
{
    ZSTD_inBuffer from = { in, in_size, 0 };
    ZSTD_outBuffer to = { out, out_size, 0 };
    ZSTD_DCtx *context = ZSTD_createDCtx();
    bool stuck = !context;

    while (!stuck && to.pos < to.size) {
        size_t in_before = from.pos, out_before = to.pos;
        size_t ret = ZSTD_decompressStream(context, &to, &from);

        stuck = ZSTD_isError(ret) || (from.pos == in_before && to.pos == out_before);
    }
    ZSTD_freeDCtx(context);
    return stuck ? -EIO : 0;
}

int qcow2_unpack(CompressionType type, const void *in, size_t in_size, void *out, size_t out_size)
{
    return type == COMPRESSION_ZSTD ? unpack_zstd(in, in_size, out, out_size)
                                    : unpack_deflate(in, in_size, out, out_size);
}
