/*
 * The emulator without a main program of its own, for tests: `with-all-layers PROGRAM [ARGUMENT]...` loads PROGRAM.so, which
 * needs only its own objects linked, and becomes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <dlfcn.h>

int main(int argc, char **argv)
{
    g_autofree char *path = argc > 1 ? g_strconcat(argv[1], ".so", NULL) : NULL;
    void *program = path ? dlopen(path, RTLD_NOW) : NULL;
    int (*program_main)(int argc, char **argv) = program ? dlsym(program, "main") : NULL;

    if (!path) {
        fprintf(stderr, "usage: %s PROGRAM [ARGUMENT]...\n", argv[0]);
        return 1;
    }
    if (!program_main) {
        fprintf(stderr, "%s: %s\n", argv[0], dlerror());
        return 1;
    }
    return program_main(argc - 1, argv + 1);
}
