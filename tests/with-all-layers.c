/*
 * The emulator without a main program of its own, for tests: `with-all-layers PROGRAM.sh [ARGUMENT]...`
 * loads PROGRAM.so, which needs only its own objects linked, and becomes it. (The script, by which it
 * can be started again, is its name.)
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <dlfcn.h>

int main(int argc, char **argv)
{
    const char *dot = argc > 1 ? strrchr(argv[1], '.') : NULL;
    g_autofree char *path = dot ? g_strdup_printf("%.*s.so", (int)(dot - argv[1]), argv[1]) : NULL;
    void *program = path ? dlopen(path, RTLD_NOW) : NULL;
    int (*program_main)(int argc, char **argv) = program ? dlsym(program, "main") : NULL;

    if (!path) {
        fprintf(stderr, "usage: %s PROGRAM.sh [ARGUMENT]...\n", argv[0]);
        return 1;
    }
    if (!program_main) {
        fprintf(stderr, "%s: %s\n", argv[0], dlerror());
        return 1;
    }
    return program_main(argc - 1, argv + 1);
}
