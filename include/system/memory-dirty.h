/*
 * Dirty tracking: which pages of a RAM region were written since a client last looked.
 *
 * Each client has bitmaps of its own, one bit for each page of each RAM block, kept only for
 * regions that are logged for it. Every write sets them: those of devices, the monitor and loaders
 * as they happen; of guest code, the first one to a page since it was cleared, which the
 * translator keeps write-protected till then (memory_clean_pages_hook). Log and harvest under the
 * big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_MEMORY_DIRTY_H
#define SYSTEM_MEMORY_DIRTY_H

#include "qemu/osdep.h"

/* Clients. CODE is the translator's, whose marks have functions of their own. */
#define DIRTY_MEMORY_VGA       0
#define DIRTY_MEMORY_CODE      1
#define DIRTY_MEMORY_MIGRATION 2
#define DIRTY_MEMORY_NUM       3

/* Who wants everything logged for DIRTY_MEMORY_MIGRATION. */
#define GLOBAL_DIRTY_MIGRATION  (1u << 0)
#define GLOBAL_DIRTY_DIRTY_RATE (1u << 1)
#define GLOBAL_DIRTY_LIMIT      (1u << 2)

typedef struct DirtyBitmapSnapshot DirtyBitmapSnapshot;

/* Switches logging of a RAM region (or an alias of one) for a client; all pages start dirty. */
void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client);
/* Bits 1 << client. */
uint8_t memory_region_get_dirty_log_mask(const MemoryRegion *mr);
bool memory_region_is_logging(const MemoryRegion *mr, uint8_t client);

/* Is any page of [addr, addr + size) dirty for the client? */
bool memory_region_get_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client);
void memory_region_reset_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client);

/*
 * The translator's: called when pages of a logged RAM region were cleared, before anybody looks at
 * what is in them. Stores that follow must be marked (ram_block_mark_dirty()). Big lock.
 */
extern void (*memory_clean_pages_hook)(MemoryRegion *mr, hwaddr offset, hwaddr len);

/*
 * Takes the bits of [addr, addr + size) and clears them, in one step for each word: no write gets
 * lost. g_free() the result.
 */
DirtyBitmapSnapshot *memory_region_snapshot_and_clear_dirty(MemoryRegion *mr, hwaddr addr,
                                                            hwaddr size, unsigned client);
/* [addr, addr + size) must lie in what the snapshot was taken of. */
bool memory_region_snapshot_get_dirty(MemoryRegion *mr, DirtyBitmapSnapshot *snap, hwaddr addr,
                                      hwaddr size);

/* Logs all snapshot-able RAM for the migration client, as long as any flag is on. */
void memory_global_dirty_log_start(unsigned int flags);
void memory_global_dirty_log_stop(unsigned int flags);
/* Asks all listeners for what they know to be dirty. */
void memory_global_dirty_log_sync(void);

#endif
