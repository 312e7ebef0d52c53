/*
 * Port 61h of a PC: the speaker and what controls it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_AUDIO_PCSPK_H
#define HW_AUDIO_PCSPK_H

#include "hw/isa/isa.h"

#define TYPE_PC_SPEAKER "isa-pcspk"

/*
 * Realizes a new one on the bus, with that timer's counter 2 behind it, and drops the caller's
 * reference. Ends the program where it can't be. Big lock.
 */
void pcspk_init(ISADevice *speaker, ISABus *bus, ISADevice *pit);

#endif
