/*
 * Sound back end "none": takes what is played at the right pace, and nobody hears it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio-internal.h"
#include "qemu/module.h"

static const AudioDriver none_driver = {
    .name = "none",
};

static void register_none(void)
{
    audio_driver_register(&none_driver);
}

type_init(register_none)
