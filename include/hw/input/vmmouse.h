/*
 * vmmouse: the pointer behind VMware's port (hw/misc/vmport.h), which tells positions.
 *
 * Its property "i8042" is the keyboard controller whose mouse raises the interrupt for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INPUT_VMMOUSE_H
#define HW_INPUT_VMMOUSE_H

#define TYPE_VMMOUSE "vmmouse"

#endif
