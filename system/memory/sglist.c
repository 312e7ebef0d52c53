/*
 * Lists of pieces of guest memory, between which and a buffer devices copy.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/dma.h"

void qemu_sglist_init(QEMUSGList *qsg, DeviceState *dev, int alloc_hint, AddressSpace *as)
{
    *qsg = (QEMUSGList){
        .sg = g_new(ScatterGatherEntry, MAX(alloc_hint, 1)),
        .nalloc = MAX(alloc_hint, 1),
        .dev = dev,
        .as = as,
    };
    if (dev) {
        object_ref(dev);
    }
}

void qemu_sglist_add(QEMUSGList *qsg, dma_addr_t base, dma_addr_t len)
{
    if (qsg->nsg == qsg->nalloc) {
        qsg->nalloc = 2 * qsg->nalloc + 1;
        qsg->sg = g_renew(ScatterGatherEntry, qsg->sg, qsg->nalloc);
    }
    qsg->sg[qsg->nsg++] = (ScatterGatherEntry){ base, len };
    qsg->size += len;
}

void qemu_sglist_destroy(QEMUSGList *qsg)
{
    object_unref(qsg->dev);
    g_free(qsg->sg);
    *qsg = (QEMUSGList){ 0 };
}

static MemTxResult copy(uint8_t *buf, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                        DMADirection dir, MemTxAttrs attrs)
{
    dma_addr_t left = MIN(len, sg->size);
    MemTxResult result = MEMTX_OK;

    for (int i = 0; left && i < sg->nsg; i++) {
        dma_addr_t n = MIN(left, sg->sg[i].len);

        result |= dma_memory_rw(sg->as, sg->sg[i].base, buf, n, dir, attrs);
        buf += n;
        left -= n;
    }
    if (residual) {
        *residual = sg->size - MIN(len, sg->size);
    }
    return result;
}

MemTxResult dma_buf_read(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                         MemTxAttrs attrs)
{
    return copy(ptr, len, residual, sg, DMA_DIRECTION_FROM_DEVICE, attrs);
}

MemTxResult dma_buf_write(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                          MemTxAttrs attrs)
{
    return copy(ptr, len, residual, sg, DMA_DIRECTION_TO_DEVICE, attrs);
}
