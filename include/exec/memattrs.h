/*
 * Attributes and result of a memory transaction.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_MEMATTRS_H
#define EXEC_MEMATTRS_H

#include "qemu/osdep.h"

typedef struct MemTxAttrs {
    unsigned int unspecified : 1; /* the initiator has nothing to say about the transaction */
    unsigned int secure : 1;
    unsigned int user : 1;
    unsigned int memory : 1;         /* RAM and ROM only: an I/O region refuses */
    unsigned int requester_id : 16;  /* PCI requester id, 0 for none */
    unsigned int byte_enables : 1;   /* over a bus that cuts what a device doesn't take as it is */
} MemTxAttrs;

#define MEMTXATTRS_UNSPECIFIED ((MemTxAttrs){ .unspecified = 1 })

/* Bits, so that the results of the parts of one access can be or-ed. */
typedef uint32_t MemTxResult;
#define MEMTX_OK           0U
#define MEMTX_ERROR        (1U << 0) /* the device answered with an error */
#define MEMTX_DECODE_ERROR (1U << 1) /* nothing at that address */
#define MEMTX_ACCESS_ERROR (1U << 2) /* the attributes forbid it */

#endif
