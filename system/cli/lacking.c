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
} LackingOption;

#define ALONE(n)            { n, false, NULL }
#define WITH_ARG(n)         { n, true, NULL }
#define EXCEPT(n, accepted) { n, true, accepted }

static const LackingOption lacking_options[] = {
    /* drives */
    WITH_ARG("blockdev"), WITH_ARG("cdrom"), WITH_ARG("fda"), WITH_ARG("fdb"), WITH_ARG("hda"),
    WITH_ARG("hdb"), WITH_ARG("hdc"), WITH_ARG("hdd"), WITH_ARG("iscsi"), WITH_ARG("mtdblock"),
    WITH_ARG("sd"), ALONE("snapshot"), WITH_ARG("fsdev"), WITH_ARG("virtfs"),

    /* network, USB, TPM */
    EXCEPT("net", "none"), EXCEPT("nic", "none"), WITH_ARG("netdev"), ALONE("usb"),
    WITH_ARG("usbdevice"), WITH_ARG("tpmdev"),

    /* graphics and sound */
    EXCEPT("vga", "none"), EXCEPT("audio", "none"), EXCEPT("audiodev", "none,id=*"), ALONE("audio-help"),
    ALONE("full-screen"), WITH_ARG("g"), WITH_ARG("k"), ALONE("portrait"), WITH_ARG("rotate"),
    WITH_ARG("spice"), EXCEPT("vnc", "none"),

    /* firmware and boot */
    WITH_ARG("acpitable"), WITH_ARG("fw_cfg"), ALONE("old-param"), WITH_ARG("option-rom"),
    WITH_ARG("prom-env"), WITH_ARG("shim"), WITH_ARG("smbios"), WITH_ARG("uuid"),
    ALONE("win2k-hack"),

    /* running */
    WITH_ARG("action"), ALONE("enable-kvm"), WITH_ARG("seed"),
    ALONE("singlestep"), EXCEPT("watchdog-action", "reset"), ALONE("xen-attach"),
    WITH_ARG("xen-domid"), ALONE("xen-domid-restrict"),

    /* snapshots and migration */
    WITH_ARG("dump-vmstate"), WITH_ARG("incoming"), WITH_ARG("loadvm"), ALONE("only-migratable"),

    /* control and debugging */
    WITH_ARG("debugcon"), ALONE("enable-sync-profile"), ALONE("jitdump"),
    ALONE("perfmap"), WITH_ARG("plugin"), WITH_ARG("qmp"), WITH_ARG("qmp-pretty"),
    WITH_ARG("qtest"), WITH_ARG("qtest-log"), ALONE("semihosting"),
    EXCEPT("semihosting-config", "enable=off"),

    /* the process */
    WITH_ARG("add-fd"), ALONE("async-teardown"), WITH_ARG("chroot"),
    EXCEPT("compat", "deprecated-input=accept,deprecated-output=accept,unstable-input=accept,"
                     "unstable-output=accept"),
    ALONE("daemonize"), EXCEPT("overcommit", "mem-lock=off,cpu-pm=off"), ALONE("preconfig"),
    WITH_ARG("readconfig"), EXCEPT("run-with", "async-teardown=off"), WITH_ARG("runas"),
    EXCEPT("sandbox", "off"), WITH_ARG("set"),
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
