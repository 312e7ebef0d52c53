/*
 * NVM Express: commands on namespaces (6).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "nvme-internal.h"
#include "qemu/log.h"

#define VERIFY_STEP (1 * MiB)
#define RANGE_SIZE  16
#define MAX_RANGES  256
#define DSM_DEALLOCATE (1u << 2)
#define RW_FUA         (1u << 30) /* dword 12 */
#define ZEROES_DEAC    (1u << 25)

typedef struct IoCommand IoCommand;

struct IoCommand {
    uint8_t opcode;
    bool writes, reads; /* the medium */
    /* Checks the command. NVME_OK, or the status that ends it. */
    uint16_t (*prepare)(NvmeRequest *r);
    /* Starts the access that is next. */
    void (*start)(NvmeRequest *r);
    /* That has worked: a status, or NVME_PENDING if there is another one to start. */
    uint16_t (*done)(NvmeRequest *r);
};

static const IoCommand *command_of(const NvmeRequest *r);
static void access_done(void *opaque, int ret);

/* ---- blocks ---- */

/* SLBA and NLB of the command are the bytes that it is about. */
static uint16_t set_range(NvmeRequest *r, uint64_t first, uint64_t count)
{
    uint64_t blocks = nvme_ns_blocks(r->ns);

    if (first > blocks || count > blocks - first) {
        return NVME_LBA_OUT_OF_RANGE | NVME_DNR;
    }
    r->offset = first << r->ns->lba_bits;
    r->bytes = count << r->ns->lba_bits;
    return NVME_OK;
}

static uint16_t prepare_range(NvmeRequest *r)
{
    return set_range(r, ldq_le_p(r->command + 40), (nvme_dword(r, 12) & 0xffff) + 1);
}

/* MDTS is in pages of the smallest size; without, there is the limit of our own buffers. */
static uint16_t prepare_transfer(NvmeRequest *r)
{
    const NvmeController *s = r->sq->s;
    uint16_t status = prepare_range(r);

    if (status != NVME_OK) {
        return status;
    }
    if (r->bytes > (int64_t)NVME_PAGE << (s->mdts ? s->mdts : 13)) {
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    r->flags = nvme_dword(r, 12) & RW_FUA ? BDRV_REQ_FUA : 0;
    return nvme_map(r, r->bytes);
}

static void start_read(NvmeRequest *r)
{
    blk_aio_preadv(r->ns->blk, r->offset, &r->qiov, 0, access_done, r);
}

static uint16_t read_done(NvmeRequest *r)
{
    r->ns->reads++;
    r->ns->blocks_read += r->bytes / 512;
    return nvme_to_guest(r, r->data, r->bytes);
}

static uint16_t prepare_write(NvmeRequest *r)
{
    uint16_t status = prepare_transfer(r);

    return status == NVME_OK ? nvme_from_guest(r, r->data, r->bytes) : status;
}

static void start_write(NvmeRequest *r)
{
    blk_aio_pwritev(r->ns->blk, r->offset, &r->qiov, r->flags, access_done, r);
}

static uint16_t write_done(NvmeRequest *r)
{
    r->ns->writes++;
    r->ns->blocks_written += r->bytes / 512;
    return NVME_OK;
}

static uint16_t compare_done(NvmeRequest *r)
{
    g_autofree uint8_t *wanted = g_malloc(r->bytes);
    uint16_t status = nvme_from_guest(r, wanted, r->bytes);

    r->ns->reads++;
    if (status != NVME_OK) {
        return status;
    }
    return memcmp(wanted, r->data, r->bytes) ? NVME_COMPARE_FAILURE | NVME_DNR : NVME_OK;
}

static uint16_t prepare_zeroes(NvmeRequest *r)
{
    uint32_t dw12 = nvme_dword(r, 12);

    r->flags = (dw12 & RW_FUA ? BDRV_REQ_FUA : 0) | (dw12 & ZEROES_DEAC ? BDRV_REQ_MAY_UNMAP : 0);
    return prepare_range(r);
}

static void start_zeroes(NvmeRequest *r)
{
    blk_aio_pwrite_zeroes(r->ns->blk, r->offset, r->bytes, r->flags, access_done, r);
}

/* Everything is read, a piece at a time, and goes nowhere. */
static uint16_t prepare_verify(NvmeRequest *r)
{
    uint16_t status = prepare_range(r);

    if (status == NVME_OK) {
        r->data = g_malloc(MIN(r->bytes, VERIFY_STEP));
    }
    return status;
}

static void start_verify(NvmeRequest *r)
{
    int64_t at = (int64_t)r->step * VERIFY_STEP;

    qemu_iovec_init_buf(&r->qiov, r->data, MIN(r->bytes - at, VERIFY_STEP));
    blk_aio_preadv(r->ns->blk, r->offset + at, &r->qiov, 0, access_done, r);
}

static uint16_t verify_done(NvmeRequest *r)
{
    r->step++;
    return (int64_t)r->step * VERIFY_STEP < r->bytes ? NVME_PENDING : NVME_OK;
}

/* ---- flush (6.8) ---- */

/* The first namespace from `step` on, which goes there; false: no more. */
static bool next_namespace(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;

    while (r->step < NVME_MAX_NAMESPACES && !s->namespaces[r->step]) {
        r->step++;
    }
    return r->step < NVME_MAX_NAMESPACES;
}

static void start_flush(NvmeRequest *r)
{
    if (nvme_nsid(r) == NVME_ALL_NAMESPACES) {
        r->ns = r->sq->s->namespaces[r->step];
    }
    blk_aio_flush(r->ns->blk, access_done, r);
}

static uint16_t flush_done(NvmeRequest *r)
{
    if (nvme_nsid(r) != NVME_ALL_NAMESPACES) {
        return NVME_OK;
    }
    r->step++;
    return next_namespace(r) ? NVME_PENDING : NVME_OK;
}

/* ---- dataset management (6.7): ranges that nobody needs any more, and other advice ---- */

static uint16_t prepare_dataset(NvmeRequest *r)
{
    unsigned count = (nvme_dword(r, 10) & 0xff) + 1;
    uint16_t status;

    if (!(nvme_dword(r, 11) & DSM_DEALLOCATE)) { /* nothing here is faster for knowing the rest */
        return NVME_OK;
    }
    status = nvme_map(r, count * RANGE_SIZE);
    if (status == NVME_OK) {
        status = nvme_from_guest(r, r->data, count * RANGE_SIZE);
    }
    for (unsigned i = 0; i < count && status == NVME_OK; i++) {
        const uint8_t *range = r->data + i * RANGE_SIZE;

        status = set_range(r, ldq_le_p(range + 8), ldl_le_p(range + 4));
    }
    return status;
}

static void start_discard(NvmeRequest *r)
{
    const uint8_t *range = r->data + r->step * RANGE_SIZE;

    r->offset = ldq_le_p(range + 8) << r->ns->lba_bits;
    r->bytes = (int64_t)ldl_le_p(range + 4) << r->ns->lba_bits;
    blk_aio_pdiscard(r->ns->blk, r->offset, r->bytes, access_done, r);
}

static uint16_t discard_done(NvmeRequest *r)
{
    return r->step++ < (nvme_dword(r, 10) & 0xff) ? NVME_PENDING : NVME_OK;
}

/* ---- from begin to end ---- */

static const IoCommand io_commands[] = {
    { 0x00, false, false, NULL, start_flush, flush_done },
    { 0x01, true, false, prepare_write, start_write, write_done },
    { 0x02, false, true, prepare_transfer, start_read, read_done },
    { 0x05, false, true, prepare_transfer, start_read, compare_done },
    { 0x08, true, false, prepare_zeroes, start_zeroes, write_done },
    { 0x09, true, false, prepare_dataset, start_discard, discard_done },
    { 0x0c, false, true, prepare_verify, start_verify, verify_done },
};

static const IoCommand *command_of(const NvmeRequest *r)
{
    for (unsigned i = 0; i < ARRAY_SIZE(io_commands); i++) {
        if (io_commands[i].opcode == r->command[0]) {
            return &io_commands[i];
        }
    }
    return NULL;
}

static uint16_t status_of(const IoCommand *command, int error)
{
    switch (error) {
    case -ENOSPC:
        return NVME_CAPACITY_EXCEEDED;
    case -EACCES:
        return NVME_WRITE_TO_READ_ONLY | NVME_DNR;
    case -ENOMEDIUM:
        return NVME_INTERNAL_ERROR;
    default:
        return command->reads ? NVME_READ_ERROR : NVME_WRITE_FAULT;
    }
}

static void access_done(void *opaque, int ret)
{
    NvmeRequest *r = opaque;
    const IoCommand *command = command_of(r);
    uint16_t status;

    if (ret == -ENOTSUP && command->start == start_discard) {
        ret = 0; /* it is advice */
    }
    if (ret < 0) {
        BlockErrorAction action = blk_get_error_action(r->ns->blk, command->reads, -ret);

        blk_error_action(r->ns->blk, action, command->reads, -ret);
        if (action == BLOCK_ERROR_ACTION_STOP) {
            r->state = REQUEST_STOPPED;
            return;
        }
        if (action == BLOCK_ERROR_ACTION_REPORT) {
            nvme_finish(r, status_of(command, ret));
            return;
        }
    }
    status = command->done(r);
    if (status == NVME_PENDING) {
        command->start(r);
    } else {
        nvme_finish(r, status);
    }
}

uint16_t nvme_io_begin(NvmeRequest *r)
{
    const IoCommand *command = command_of(r);
    bool of_all = command && command->start == start_flush && nvme_nsid(r) == NVME_ALL_NAMESPACES;
    uint16_t status = NVME_OK;

    if (!command) {
        qemu_log_dev(LOG_UNIMP, TYPE_NVME, "I/O command", "opcode %02x isn't there", r->command[0]);
        return NVME_INVALID_OPCODE | NVME_DNR;
    }
    r->ns = nvme_ns_find(r->sq->s, nvme_nsid(r));
    if (of_all ? !next_namespace(r) : !r->ns) {
        return of_all ? NVME_OK : NVME_INVALID_NAMESPACE | NVME_DNR;
    }
    if (command->writes && !blk_is_writable(r->ns->blk)) {
        return NVME_WRITE_TO_READ_ONLY | NVME_DNR;
    }
    if (command->prepare) {
        status = command->prepare(r);
    }
    if (status != NVME_OK || (command->start == start_discard && !r->data)) {
        return status;
    }
    command->start(r);
    return NVME_PENDING;
}
