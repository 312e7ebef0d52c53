/*
 * A push button: GPIO input 0 going high presses it, GPIO output 0 is high as long as it is held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_GPIO_GPIO_KEY_H
#define HW_GPIO_GPIO_KEY_H

#define TYPE_GPIO_KEY "gpio-key"

#define GPIO_KEY_HELD_MS 100

#endif
