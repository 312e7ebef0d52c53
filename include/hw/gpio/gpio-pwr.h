/*
 * Power control by lines: firmware raises one to switch the machine off or to reset it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_GPIO_GPIO_PWR_H
#define HW_GPIO_GPIO_PWR_H

#define TYPE_GPIO_PWR "gpio-pwr"

/* GPIO inputs by name. */
#define GPIO_PWR_RESET    "reset"
#define GPIO_PWR_SHUTDOWN "shutdown"

#endif
