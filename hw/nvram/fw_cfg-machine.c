/*
 * What machine and user tell the firmware: see hw/nvram/fw_cfg-machine.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/nvram/fw_cfg-machine.h"
#include "hw/core/boot-order.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "system/reset.h"
#include "system/system.h"

/* ---- The machine's ---- */

static void add_uuid(FWCfgState *s)
{
    static uint8_t uuid[SYSTEM_UUID_SIZE];

    system_uuid_bytes(uuid);
    fw_cfg_add_bytes(s, FW_CFG_UUID, uuid, sizeof(uuid));
}

/* The name of the file says of which kind the picture is. */
static void add_splash(FWCfgState *s, const char *filename)
{
    g_autoptr(GError) gerr = NULL;
    bool jpeg, bmp;
    char *picture;
    gsize size;

    if (!g_file_get_contents(filename, &picture, &size, &gerr)) {
        error_report("-boot splash=: %s", gerr->message);
        exit(1);
    }
    jpeg = size > 2 && !memcmp(picture, "\xff\xd8", 2);
    bmp = size > 2 && !memcmp(picture, "BM", 2);
    if (!jpeg && !bmp) {
        error_report("-boot splash=: '%s' is neither a JPEG nor a BMP picture", filename);
        exit(1);
    }
    fw_cfg_add_file(s, jpeg ? "bootsplash.jpg" : "bootsplash.bmp", picture, size);
}

/* Milliseconds; -1: for ever (or, of the menu, not asked for). */
static void add_boot_wishes(FWCfgState *s, const BootConfiguration *boot)
{
    static uint8_t menu_wait[2], fail_wait[4];

    fw_cfg_add_i16(s, FW_CFG_BOOT_MENU, boot->menu);
    if (boot->splash_time >= 0) {
        stw_le_p(menu_wait, boot->splash_time);
        fw_cfg_add_file(s, "etc/boot-menu-wait", menu_wait, sizeof(menu_wait));
    }
    if (boot->splash) {
        add_splash(s, boot->splash);
    }
    stl_le_p(fail_wait, boot->reboot_timeout);
    fw_cfg_add_file(s, "etc/boot-fail-wait", fail_wait, sizeof(fail_wait));
}

/* Devices come after the machine, and may come and go while it runs: a reset sees those there are. */
static void list_boot_devices(void *opaque)
{
    size_t size;
    char *list = get_boot_devices_list(&size);

    g_free(fw_cfg_modify_file(fw_cfg_find(), "bootorder", list, size));
}

static void add_boot_devices(Notifier *notifier, void *data)
{
    list_boot_devices(NULL);
    qemu_register_reset(list_boot_devices, NULL);
}

static Notifier machine_is_complete = { .notify = add_boot_devices };

void fw_cfg_add_machine_items(FWCfgState *s, MachineState *machine)
{
    add_uuid(s);
    fw_cfg_add_i16(s, FW_CFG_NOGRAPHIC, !machine->enable_graphics);
    add_boot_wishes(s, &machine->boot_config);
    machine->inputs_taken |= MACHINE_INPUT_BOOT_WISHES;
    notifier_remove(&machine_is_complete);
    qemu_add_machine_init_done_notifier(&machine_is_complete);
}

/* ---- The user's: -fw_cfg ---- */

static QemuOptsList fw_cfg_list = {
    .name = "fw_cfg",
    .implied_opt_name = "name",
    .head = QTAILQ_HEAD_INITIALIZER(fw_cfg_list.head),
    .desc = {
        { .name = "name", .type = QEMU_OPT_STRING },
        { .name = "file", .type = QEMU_OPT_STRING },
        { .name = "string", .type = QEMU_OPT_STRING },
        { .name = "gen_id", .type = QEMU_OPT_STRING },
        { NULL },
    },
};

/* The string without its NUL, or what is in the file. */
static bool get_contents(QemuOpts *opts, char **data, size_t *len, Error **errp)
{
    const char *text = qemu_opt_get(opts, "string"), *file = qemu_opt_get(opts, "file");
    g_autoptr(GError) gerr = NULL;

    if (qemu_opt_get(opts, "gen_id")) {
        error_setg(errp, "gen_id: there is no object yet that makes contents");
    } else if (!text == !file) {
        error_setg(errp, "expected one of string=TEXT and file=FILE");
    } else if (text) {
        *data = g_strdup(text);
        *len = strlen(text);
        return true;
    } else if (g_file_get_contents(file, data, len, &gerr)) {
        return true;
    } else {
        error_setg(errp, "can't load '%s': %s", file, gerr->message);
    }
    return false;
}

bool fw_cfg_add_option(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&fw_cfg_list, arg, true, errp);
    FWCfgState *s = fw_cfg_find();
    const char *name;
    char *data;
    size_t len;

    if (!opts) {
        return false;
    }
    name = qemu_opt_get(opts, "name");
    if (!name) {
        error_setg(errp, "a name is missing: name=opt/NAME");
        return false;
    }
    if (!s) {
        error_setg(errp, "machine '%s' has no fw_cfg", MACHINE_GET_CLASS(current_machine)->name);
        return false;
    }
    if (!get_contents(opts, &data, &len, errp)) {
        return false;
    }
    if (!g_str_has_prefix(name, "opt/")) {
        warn_report("fw_cfg file '%s': names that don't begin with opt/ are the machine's, and "
                    "firmware may take it for one", name);
    }
    return fw_cfg_add_user_file(s, name, data, len, errp);
}

/* ---- The user's: -option-rom ---- */

static QemuOptsList option_rom_list = {
    .name = "option-rom",
    .implied_opt_name = "romfile",
    .head = QTAILQ_HEAD_INITIALIZER(option_rom_list.head),
    .desc = {
        { .name = "romfile", .type = QEMU_OPT_STRING },
        { .name = "bootindex", .type = QEMU_OPT_NUMBER },
        { NULL },
    },
};

bool fw_cfg_add_option_rom(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&option_rom_list, arg, true, errp);
    FWCfgState *s = fw_cfg_find();
    g_autoptr(GError) gerr = NULL;
    g_autofree char *path = NULL, *base = NULL, *name = NULL, *boot_path = NULL;
    uint64_t index;
    gsize size;
    char *rom;

    if (!opts) {
        return false;
    }
    if (!s) {
        error_setg(errp, "machine '%s' has no fw_cfg", MACHINE_GET_CLASS(current_machine)->name);
        return false;
    }
    if (!qemu_opt_get(opts, "romfile")) {
        error_setg(errp, "the file's name is missing");
        return false;
    }
    path = qemu_find_file(QEMU_FILE_TYPE_BIOS, qemu_opt_get(opts, "romfile"));
    if (!path) {
        error_setg(errp, "option ROM '%s' not found", qemu_opt_get(opts, "romfile"));
        return false;
    }
    index = qemu_opt_get_number(opts, "bootindex", INT32_MAX);
    if (index > INT32_MAX) {
        error_setg(errp, "bootindex=%" PRIu64 ": expected 0 to %d", index, INT32_MAX);
        return false;
    }
    if (qemu_opt_get(opts, "bootindex") && !check_boot_index(index, errp)) {
        return false;
    }
    if (!g_file_get_contents(path, &rom, &size, &gerr)) {
        error_setg(errp, "option ROM: %s", gerr->message);
        return false;
    }
    base = g_path_get_basename(path);
    name = g_strdup_printf("genroms/%s", base);
    boot_path = g_strdup_printf("/rom@%s", name);
    if (qemu_opt_get(opts, "bootindex")) {
        add_boot_device_path(index, NULL, boot_path);
    }
    return fw_cfg_add_user_file(s, name, rom, size, errp);
}

void fw_cfg_add_vga_rom(const char *romfile)
{
    g_autofree char *path = qemu_find_file(QEMU_FILE_TYPE_BIOS, romfile);
    g_autofree char *name = g_strdup_printf("vgaroms/%s", romfile);
    FWCfgState *s = fw_cfg_find();
    gsize size;
    char *rom;

    if (s && path && g_file_get_contents(path, &rom, &size, NULL)) {
        fw_cfg_add_file(s, name, rom, size);
    }
}
