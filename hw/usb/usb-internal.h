/*
 * What the files of the USB core share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_USB_USB_INTERNAL_H
#define HW_USB_USB_INTERNAL_H

#include "hw/usb/usb.h"

/* The default state, whatever it was in; pending transfers end. */
void usb_reset_state(USBDevice *dev);
/* All pending transfers end with USB_NO_ANSWER. */
void usb_end_pending(USBDevice *dev);

#endif
