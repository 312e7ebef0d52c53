/*
 * DMA controllers of a PC: two 8237As with page registers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DMA_I8257_H
#define HW_DMA_I8257_H

#include "hw/isa/isa.h"

#define TYPE_I8257 "i8257"

/*
 * Puts both onto the bus, at their usual ports, and makes them its DMA controllers. With
 * `high_page_enable` there are EISA's registers for address bits 24 to 31, too. Ends the program
 * where they can't be made. Big lock.
 */
void i8257_dma_init(ISABus *bus, bool high_page_enable);

#endif
