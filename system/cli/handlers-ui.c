/*
 * Options about screens and keyboards: -display, -vnc, -vga, -k.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
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

/*
 * What the machine has besides what -device says. Boards with a place for it have made it already.
 */
CLI_HANDLER(vga)
{
    static const char *const lacking[] = { "cirrus", "vmware", "qxl", "xenfb", "tcx", "cg3",
                                           "virtio", NULL };

    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        printf("none                 no graphic card\n"
               "std                  standard VGA, on PCI\n");
        exit(0);
    }
    if (g_str_equal(arg, "std")) {
        if (!cli->machine_class->default_display) {
            device_add_from_str("VGA", errp);
        }
    } else if (g_strv_contains(lacking, arg)) {
        error_setg(errp, "'%s' is not supported yet: 'std' and 'none' are", arg);
    } else if (strcmp(arg, "none")) {
        error_setg(errp, "unknown vga type: %s", arg);
    }
}

/* A -device that is the machine's VGA, of which there can be one. */
static bool is_graphics_card(const char *device)
{
    static const char *const cards[] = { "VGA", "virtio-vga", NULL };
    g_autofree char *type = g_strndup(device, strcspn(device, ","));

    return g_strv_contains(cards, type);
}

void cli_choose_display(Cli *cli)
{
    const char *type = cli->nodefaults ? NULL : cli->machine_class->default_display;
    bool asked_for = false; /* by -vga, of which the last one counts */

    for (guint i = 0; i < cli->pending->len; i++) {
        const CliPending *p = &g_array_index(cli->pending, CliPending, i);

        if (p->option->handle == cli_vga) {
            asked_for = true;
            type = g_str_equal(p->arg, "std") ? cli->machine_class->default_display : NULL;
        } else if (!asked_for && p->option->handle == cli_device && is_graphics_card(p->arg)) {
            type = NULL;
        }
    }
    cli->machine->display_type = type;
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
