/*
 * Options about screens, keyboards and sound: -display, -vnc, -vga, -k, -audiodev, -audio.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio/audiodev.h"
#include "cli.h"
#include "hw/core/device-add.h"
#include "qemu/cutils.h"
#include "ui/input.h"
#include "ui/vnc.h"

/* Keys of displays in general have no effect on none; others are mistakes. */
static void check_display_keys(const char *text, Error **errp)
{
    static const char *const known[] = { "gl", "full-screen", "window-close", "show-cursor", NULL };
    g_auto(GStrv) keys = g_strsplit(text, ",", 0);

    for (char **key = keys; *key; key++) {
        *strchrnul(*key, '=') = 0;
        if (!g_strv_contains(known, *key)) {
            error_setg(errp, "Parameter '%s' is unexpected", *key);
            return;
        }
    }
}

/* The option's first word: "none", or "vnc" of "vnc=:1". */
static char *display_type(const char *arg)
{
    return g_strndup(arg, strcspn(arg, ",="));
}

CLI_HANDLER(display)
{
    static const char *const lacking[] = { "gtk", "curses", "egl-headless", "spice-app", "dbus",
                                           "cocoa", NULL };
    g_autofree char *type = display_type(arg);
    const char *rest = arg + strlen(type);

    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        printf("Available display backend types:\nnone\nvnc\n");
        for (unsigned i = 0; display_get(i); i++) {
            puts(display_get(i)->name);
        }
        exit(0);
    }
    cli->display_given = true;
    if (g_str_equal(type, "vnc")) {
        if (*rest != '=') {
            error_setg(errp, "vnc: expected vnc=[HOST]:N or vnc=unix:PATH");
            return;
        }
        cli_add_pending(cli, "vnc", rest + 1);
    } else if (g_str_equal(type, "none")) {
        cli->display = NULL;
        if (*rest) {
            check_display_keys(rest + 1, errp);
        }
    } else if (display_find(type) && (!*rest || *rest == ',')) {
        cli->display = display_find(type);
        cli->has_screen = true;
        g_free(cli->display_options);
        cli->display_options = g_strdup(*rest ? rest + 1 : NULL);
        g_free(cli->display_loc);
        cli->display_loc = g_strdup(cli->loc);
    } else if (g_str_equal(type, "sdl")) {
        error_setg(errp, "display 'sdl' is not in this build: SDL 2 was missing");
    } else if (g_strv_contains(lacking, type)) {
        error_setg(errp, "display '%s' is not supported yet: 'none', 'sdl' and 'vnc' are", type);
    } else {
        error_setg(errp, "Parameter 'type' does not accept value '%s'", arg);
    }
}

void cli_start_display(Cli *cli)
{
    Error *err = NULL;

    if (cli->display && !cli->display->start(cli->display_options, &err)) {
        error_prepend(&err, "%s: ", cli->display_loc);
        cli_fail(err);
    }
}

CLI_HANDLER(vnc)
{
    vnc_start(arg, errp);
}

/* What -vga may say, and the devices that it means, on PCI and on a machine with an ISA bus only. */
static const struct {
    const char *name, *desc, *pci, *isa;
} cards[] = {
    { "none", "no graphic card", NULL, NULL },
    { "std", "standard VGA", "VGA", "isa-vga" },
    { "cirrus", "Cirrus VGA", "cirrus-vga", "isa-cirrus-vga" },
    { "virtio", "Virtio VGA", "virtio-vga", NULL },
};

static int find_card(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(cards); i++) {
        if (g_str_equal(cards[i].name, name)) {
            return i;
        }
    }
    return -1;
}

/* NULL: the machine can't have it, or it is none. */
static const char *card_type(const MachineClass *mc, int card)
{
    ObjectClass *oc = mc->default_display ? object_class_by_name(mc->default_display) : NULL;

    return oc && object_class_dynamic_cast(oc, "isa-device") ? cards[card].isa : cards[card].pci;
}

/*
 * What the machine has besides what -device says. Boards with a place for it have made it already.
 */
CLI_HANDLER(vga)
{
    static const char *const lacking[] = { "vmware", "qxl", "xenfb", "tcx", "cg3", NULL };
    const MachineClass *mc = cli->machine_class;
    int card = find_card(arg);

    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        for (size_t i = 0; i < ARRAY_SIZE(cards); i++) {
            printf("%-20s %s\n", cards[i].name, cards[i].desc);
        }
        exit(0);
    }
    if (g_strv_contains(lacking, arg)) {
        error_setg(errp, "'%s' is not supported yet: 'std', 'cirrus', 'virtio' and 'none' are", arg);
    } else if (card < 0) {
        error_setg(errp, "unknown vga type: %s", arg);
    } else if (cards[card].pci && !card_type(mc, card)) {
        error_setg(errp, "machine '%s' has no bus for vga type '%s'", mc->name, arg);
    } else if (cards[card].pci && !mc->default_display) {
        device_add_from_str(cards[card].pci, errp);
    }
}

/* A -device that is the machine's VGA, of which there can be one. */
static bool is_graphics_card(const char *device)
{
    g_autofree char *type = g_strndup(device, strcspn(device, ","));

    for (size_t i = 0; i < ARRAY_SIZE(cards); i++) {
        if (g_strcmp0(type, cards[i].pci) == 0 || g_strcmp0(type, cards[i].isa) == 0) {
            return true;
        }
    }
    return false;
}

void cli_choose_display(Cli *cli)
{
    const MachineClass *mc = cli->machine_class;
    const char *type = cli->nodefaults ? NULL : mc->default_display;
    bool asked_for = false; /* by -vga, of which the last one counts */

    for (guint i = 0; i < cli->pending->len; i++) {
        const CliPending *p = &g_array_index(cli->pending, CliPending, i);

        if (p->option->handle == cli_vga) {
            int card = find_card(p->arg);

            asked_for = true;
            type = card >= 0 && mc->default_display ? card_type(mc, card) : NULL;
        } else if (!asked_for && p->option->handle == cli_device && is_graphics_card(p->arg)) {
            type = NULL;
        }
    }
    cli->machine->display_type = type;
}

/* Answers a question and ends. */
static void answer(char *text)
{
    if (text) {
        fputs(text, stdout);
        exit(0);
    }
}

CLI_HANDLER(audiodev)
{
    answer(audiodev_help(arg));
    audiodev_add_from_str(arg, errp);
}

CLI_HANDLER(audio)
{
    g_auto(GStrv) devices = NULL;

    answer(audiodev_short_help(arg));
    if (audiodev_add_short(arg, &devices, errp)) {
        for (char **device = devices; device && *device; device++) {
            cli_add_pending(cli, "device", *device);
        }
    }
}

CLI_HANDLER(layout)
{
    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        printf("Keyboard layouts are those of xkb: us, de, fr(bepo) … and the names\n"
               "en-us en-gb ar bepo da de-ch et fr-be fr-ca fr-ch ja nl-be pt-br sl sv\n");
        exit(0);
    }
    input_set_layout(arg, errp);
}
