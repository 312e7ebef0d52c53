/*
 * Intel's 8255x family of PCI Fast Ethernet controllers: the names of the devices.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NET_I82557_H
#define HW_NET_I82557_H

#define TYPE_I8255X   "i8255x"   /* abstract */
#define TYPE_I82559ER "i82559er" /* what the VMC board has */

#endif
