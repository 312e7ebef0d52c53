/*
 * Programs in whatever format a file has.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "loader-internal.h"

static bool load_raw(const char *filename, const ProgramOptions *opt, ProgramInfo *info,
                     Error **errp)
{
    *info = (ProgramInfo){ PROGRAM_RAW, opt->addr, true };
    return load_image_checked(filename, opt->addr, opt->max_size ? opt->max_size : UINT64_MAX,
                              opt->elf.as, errp) >= 0;
}

static bool load_hex(const char *filename, const ProgramOptions *opt, ProgramInfo *info,
                     Error **errp)
{
    HexImageInfo hex;

    if (hex_image_load(filename, opt->elf.as, &hex, errp) < 0) {
        return false;
    }
    *info = (ProgramInfo){ PROGRAM_HEX, hex.entry, false };
    return true;
}

static bool load_wrapped(const char *filename, const ProgramOptions *opt, ProgramInfo *info,
                         Error **errp)
{
    UImageInfo uimage;

    if (uimage_load_at(filename, opt->uimage_arch, opt->addr, opt->max_size, opt->elf.as, &uimage,
                       errp) < 0) {
        return false;
    }
    *info = (ProgramInfo){ PROGRAM_UIMAGE, uimage.entry, uimage.placed };
    return true;
}

bool load_program(const char *filename, const ProgramOptions *options, ProgramInfo *info,
                  Error **errp)
{
    ElfLoadOptions elf = options->elf;
    ElfLoadResult result;
    Error *err = NULL;
    int ret;

    if (options->force_raw) {
        return load_raw(filename, options, info, errp);
    }
    elf.place_pie = options->has_addr;
    elf.pie_base = options->addr;
    ret = elf_load(filename, &elf, &result, &err);
    if (ret == 0) {
        *info = (ProgramInfo){ PROGRAM_ELF, result.entry, elf.place_pie && result.is_pie };
        return true;
    }
    if (ret != ELF_LOAD_NOT_ELF) {
        error_propagate(errp, err);
        return false;
    }
    error_free(err);
    if (uimage_probe(filename)) {
        return load_wrapped(filename, options, info, errp);
    }
    return hex_image_probe(filename) ? load_hex(filename, options, info, errp)
                                     : load_raw(filename, options, info, errp);
}
