/*
 * Options that QEMU has (7.2 to 11.1) and that aren't there yet: refused by name, but where the
 * argument asks for what is the case anyway.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"

/* accepted: each part of the argument must match one of these patterns. */
typedef struct LackingOption {
    const char *name;
    bool has_arg;
    const char *accepted;
    const char *advice; /* what to do instead, as a sentence; or NULL */
} LackingOption;

#define ALONE(n, advice)            { n, false, NULL, advice }
#define WITH_ARG(n, advice)         { n, true, NULL, advice }
#define EXCEPT(n, accepted, advice) { n, true, accepted, advice }

#define NO_SCREEN  "-display sdl[,full-screen=on] is a window, and -vnc shows the screen to a viewer."
#define NO_XEN     "Guest code is always translated; there is no Xen here."
#define NO_STATES  "A machine can't be saved and restored yet."

static const LackingOption lacking_options[] = {
    /* drives */
    WITH_ARG("iscsi", "Images are files, block devices and NBD exports of the host."),

    /* TPM */
    WITH_ARG("tpmdev", NULL),

    /* graphics and sound */
    ALONE("audio-help", "There are no variables of the environment for sound; see -audiodev help."),
    ALONE("full-screen", NO_SCREEN), WITH_ARG("g", NO_SCREEN),
    ALONE("portrait", NO_SCREEN), WITH_ARG("rotate", NO_SCREEN), WITH_ARG("spice", NO_SCREEN),

    /* firmware and boot */
    ALONE("old-param", NULL),
    WITH_ARG("prom-env", "No board has Open Firmware yet; -append is the kernel's command line."),
    WITH_ARG("shim", "-kernel starts Linux by its boot protocol, without UEFI's secure boot."),
    ALONE("win2k-hack", "Disks aren't slowed down so; throttling.iops-total= of -drive does it."),

    /* running */
    ALONE("enable-kvm", "Guest code is always translated: leave the option out."),
    WITH_ARG("seed", NULL),
    ALONE("xen-attach", NO_XEN), WITH_ARG("xen-domid", NO_XEN),
    ALONE("xen-domid-restrict", NO_XEN),

    /* snapshots and migration */
    WITH_ARG("dump-vmstate", NO_STATES), WITH_ARG("incoming", NO_STATES),
    WITH_ARG("loadvm", NO_STATES), ALONE("only-migratable", NO_STATES),

    /* control and debugging */
    ALONE("enable-sync-profile", NULL),
    WITH_ARG("plugin", "-d in_asm,exec,io and -trace show what the guest does."),
    WITH_ARG("qtest", NULL),
    WITH_ARG("qtest-log", NULL), ALONE("semihosting", NULL),
    EXCEPT("semihosting-config", "enable=off", NULL),

    /* the process */
    ALONE("async-teardown", NULL),
    EXCEPT("compat", "deprecated-input=accept,deprecated-output=accept,unstable-input=accept,"
                     "unstable-output=accept", NULL),
    EXCEPT("overcommit", "mem-lock=off,cpu-pm=off", NULL), ALONE("preconfig", NULL),
    WITH_ARG("set", "Say it where the thing is made, or -global."),
    WITH_ARG("writeconfig", "What -readconfig reads is written by hand, and so is a script for the shell."),
};

static const LackingOption *find_lacking(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(lacking_options); i++) {
        if (g_str_equal(lacking_options[i].name, name)) {
            return &lacking_options[i];
        }
    }
    return NULL;
}

bool cli_lacks_option(const char *name, bool *has_arg)
{
    const LackingOption *o = find_lacking(name);

    if (o) {
        *has_arg = o->has_arg;
    }
    return o != NULL;
}

bool cli_lack_matters(const char *name, const char *arg)
{
    const LackingOption *o = find_lacking(name);
    g_auto(GStrv) accepted = o->accepted ? g_strsplit(o->accepted, ",", 0) : NULL;
    g_auto(GStrv) parts = g_strsplit(arg ? arg : "", ",", 0);

    if (!accepted || !parts[0]) {
        return true;
    }
    for (char **part = parts; *part; part++) {
        char **pattern = accepted;

        while (*pattern && !g_pattern_match_simple(*pattern, *part)) {
            pattern++;
        }
        if (!*pattern) {
            return true;
        }
    }
    return false;
}

const char *cli_advice(const char *name)
{
    return find_lacking(name)->advice;
}
