/*
 * Lists of pieces of guest memory, between which and a buffer devices copy.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/dma.h"

void qemu_sglist_init(QEMUSGList *qsg, DeviceState *dev, int alloc_hint, AddressSpace *as)
{
    guint room = MAX(alloc_hint, 0);

    *qsg = (QEMUSGList){ .as = as, .dev = (DeviceState *)object_ref(dev) };
    qsg->storage = g_array_sized_new(FALSE, FALSE, sizeof(*qsg->sg), room);
}

void qemu_sglist_add(QEMUSGList *qsg, dma_addr_t base, dma_addr_t len)
{
    ScatterGatherEntry piece = { .base = base, .len = len };

    g_array_append_val(qsg->storage, piece);
    qsg->sg = (ScatterGatherEntry *)qsg->storage->data;
    qsg->nsg = qsg->storage->len;
    qsg->size += len;
}

void qemu_sglist_destroy(QEMUSGList *qsg)
{
    g_array_unref(qsg->storage);
    object_unref(qsg->dev);
    memset(qsg, 0, sizeof(*qsg));
}

/* The list from its start and the buffer from its start, as far as both go. */
static MemTxResult exchange(const QEMUSGList *list, DMADirection dir, void *buffer,
                            dma_addr_t buffer_size, dma_addr_t *residual, MemTxAttrs attrs)
{
    dma_addr_t end = MIN(buffer_size, list->size), done = 0;
    MemTxResult failures = MEMTX_OK;

    for (const ScatterGatherEntry *piece = list->sg; done < end; piece++) {
        dma_addr_t part = MIN(piece->len, end - done);

        failures |= dma_memory_rw(list->as, piece->base, (char *)buffer + done, part, dir, attrs);
        done += part;
    }
    if (residual) {
        *residual = list->size - end;
    }
    return failures;
}

MemTxResult dma_buf_read(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                         MemTxAttrs attrs)
{
    return exchange(sg, DMA_DIRECTION_FROM_DEVICE, ptr, len, residual, attrs);
}

MemTxResult dma_buf_write(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                          MemTxAttrs attrs)
{
    return exchange(sg, DMA_DIRECTION_TO_DEVICE, ptr, len, residual, attrs);
}
