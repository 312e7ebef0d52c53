/*
 * VMware's port 5658: an ISA device without state of its own, one on a board.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MISC_VMPORT_H
#define HW_MISC_VMPORT_H

#include "qemu/osdep.h"
#include "qom/object.h"

#define TYPE_VMPORT "vmport"

/* The commands of other devices. */
enum {
    VMPORT_POINTER_DATA = 39,
    VMPORT_POINTER_STATUS = 40,
    VMPORT_POINTER_COMMAND = 41,
};

/*
 * A command: regs[R_EAX] and the other general registers are those of the CPU that has accessed the
 * port. Called with the big lock held.
 */
typedef void VMPortCommand(void *opaque, uint64_t *regs);

/* The machine's port; NULL: it has none. */
Object *vmport_find(void);
/*
 * Who answers a command that the port itself doesn't know; NULL: nobody any more. False: somebody
 * else does.
 */
bool vmport_set_command(Object *vmport, unsigned command, VMPortCommand *func, void *opaque);

#endif
