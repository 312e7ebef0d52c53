/*
 * NVM Express: the data of commands.
 *
 * A command's data pointer is two PRP entries (4.3): the first may begin within a page; the second
 * is the next page, or leads to a list of pages whose last entry, where more follow, leads to the
 * next list. Data passes a buffer of our own: the disk never sees the guest's memory, which may
 * turn out to be registers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "nvme-internal.h"

#define PRP1 24
#define PRP2 32
#define PRP_SIZE 8

bool nvme_dma_get(NvmeController *s, uint64_t from, void *to, size_t size)
{
    bool outer = s->in_dma, ok;

    s->in_dma = true;
    ok = pci_dma_read(&s->parent_obj, from, to, size) == MEMTX_OK;
    s->in_dma = outer;
    if (!ok) {
        memset(to, 0xff, size);
    }
    return ok;
}

bool nvme_dma_put(NvmeController *s, uint64_t to, const void *from, size_t size)
{
    bool outer = s->in_dma, ok;

    s->in_dma = true;
    ok = pci_dma_write(&s->parent_obj, to, from, size) == MEMTX_OK;
    s->in_dma = outer;
    return ok;
}

/* Pages that lie behind each other are one piece. */
static void add_piece(NvmeRequest *r, uint64_t addr, uint32_t size)
{
    NvmePiece *last = r->pieces->len ? &g_array_index(r->pieces, NvmePiece, r->pieces->len - 1) : NULL;
    NvmePiece piece = { addr, size };

    if (last && last->addr + last->size == addr) {
        last->size += size;
    } else {
        g_array_append_val(r->pieces, piece);
    }
}

/*
 * `bytes` more, from the list at `at` on. A list of which one page says nothing but where the next
 * one is has as many pages as it has entries at most: more would be a ring.
 */
static uint16_t map_list(NvmeRequest *r, uint64_t at, size_t bytes)
{
    NvmeController *s = r->sq->s;
    uint32_t page = nvme_page_size(s);
    size_t pages_left = DIV_ROUND_UP(bytes, page) + 1;
    g_autofree uint64_t *list = g_malloc(page);

    while (bytes && pages_left--) {
        unsigned room = (page - at % page) / PRP_SIZE;
        unsigned entries = MIN(room, DIV_ROUND_UP(bytes, page)), i;

        if (at % PRP_SIZE) {
            return NVME_INVALID_PRP_OFFSET;
        }
        if (!nvme_dma_get(s, at, list, entries * PRP_SIZE)) {
            return NVME_TRANSFER_ERROR;
        }
        for (i = 0; i < entries && bytes; i++) {
            uint64_t entry = le64_to_cpu(list[i]);
            uint32_t n = MIN(bytes, page);

            if (i + 1 == room && bytes > page) {
                at = entry;
                break;
            }
            if (entry % page) {
                return NVME_INVALID_PRP_OFFSET;
            }
            add_piece(r, entry, n);
            bytes -= n;
        }
    }
    return bytes ? NVME_INVALID_FIELD : NVME_OK;
}

uint16_t nvme_map(NvmeRequest *r, size_t bytes)
{
    uint32_t page = nvme_page_size(r->sq->s);
    uint64_t first = ldq_le_p(r->command + PRP1), second = ldq_le_p(r->command + PRP2);
    uint32_t n = MIN(bytes, page - first % page);

    if (r->command[1] >> 6) { /* SGLs, which identify doesn't offer */
        return NVME_INVALID_FIELD;
    }
    if (first % 4) {
        return NVME_INVALID_PRP_OFFSET;
    }
    r->pieces = g_array_new(false, false, sizeof(NvmePiece));
    r->data = g_malloc(MAX(bytes, 1));
    qemu_iovec_init_buf(&r->qiov, r->data, bytes);
    add_piece(r, first, n);
    bytes -= n;
    if (bytes > page) {
        return map_list(r, second, bytes);
    }
    if (bytes) {
        if (second % page) {
            return NVME_INVALID_PRP_OFFSET;
        }
        add_piece(r, second, bytes);
    }
    return NVME_OK;
}

uint16_t nvme_from_guest(NvmeRequest *r, void *buf, size_t bytes)
{
    uint8_t *to = buf;

    for (unsigned i = 0; i < r->pieces->len && bytes; i++) {
        const NvmePiece *piece = &g_array_index(r->pieces, NvmePiece, i);
        size_t n = MIN(bytes, piece->size);

        if (!nvme_dma_get(r->sq->s, piece->addr, to, n)) {
            return NVME_TRANSFER_ERROR;
        }
        to += n;
        bytes -= n;
    }
    return NVME_OK;
}

uint16_t nvme_to_guest(NvmeRequest *r, const void *buf, size_t bytes)
{
    const uint8_t *from = buf;

    for (unsigned i = 0; i < r->pieces->len && bytes; i++) {
        const NvmePiece *piece = &g_array_index(r->pieces, NvmePiece, i);
        size_t n = MIN(bytes, piece->size);

        if (!nvme_dma_put(r->sq->s, piece->addr, from, n)) {
            return NVME_TRANSFER_ERROR;
        }
        from += n;
        bytes -= n;
    }
    return NVME_OK;
}

uint16_t nvme_answer(NvmeRequest *r, const void *buf, size_t bytes)
{
    uint16_t status = nvme_map(r, bytes);

    return status == NVME_OK ? nvme_to_guest(r, buf, bytes) : status;
}
