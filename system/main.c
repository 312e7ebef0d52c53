/*
 * The emulator's main().
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return sysemu_main(argc, argv);
}
