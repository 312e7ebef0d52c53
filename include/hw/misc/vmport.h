/*
 * VMware's port 5658: an ISA device without state of its own, one on a board.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MISC_VMPORT_H
#define HW_MISC_VMPORT_H

#define TYPE_VMPORT "vmport"

#endif
