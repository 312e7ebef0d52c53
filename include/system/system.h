/*
 * What the command line said, for boards and devices.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_SYSTEM_H
#define SYSTEM_SYSTEM_H

#include "qemu/osdep.h"
#include "chardev/char.h"
#include "qemu/notify.h"

/* The host side of the i-th serial line: NULL for "none" and beyond those given and the default. */
Chardev *serial_hd(int i);
/* How many -serial options (or defaults) there are. */
int serial_max_hds(void);
void serial_set_hd(int i, Chardev *chr);

/* The host sides of parallel lines; NULL beyond those given and the default. */
#define MAX_PARALLEL_PORTS 3
extern Chardev *parallel_hds[MAX_PARALLEL_PORTS];

/* -name, NULL if not given. */
extern const char *qemu_name;
/* -uuid, in lower case; all zero if not given. */
extern const char *qemu_uuid;
#define SYSTEM_UUID_SIZE 16
/* The same as so many bytes, in the order in which its digits stand. */
void system_uuid_bytes(uint8_t *bytes);
/* "ppc" when started as qemu-system-ppc, NULL when started as sysemu. */
extern const char *qemu_arch_name;

/*
 * The file `name` of kind QEMU_FILE_TYPE_*: as given if it exists, else in the directories of -L,
 * roms/ beside the executable, and the installed share/sysemu. A new string, or NULL.
 */
#define QEMU_FILE_TYPE_BIOS   0
#define QEMU_FILE_TYPE_KEYMAP 1
char *qemu_find_file(int type, const char *name);
/* Puts a directory in front of the built-in ones. */
void qemu_add_data_dir(const char *path);
/* Prints them, -L help. */
void qemu_list_data_dirs(void);

/* Called once on the way out, after the CPUs have stopped. */
void qemu_add_exit_notifier(Notifier *notify);
void qemu_remove_exit_notifier(Notifier *notify);
void qemu_run_exit_notifiers(void);
/* Called once the machine has been built (at once if it has been). */
void qemu_add_machine_init_done_notifier(Notifier *notify);
void qemu_remove_machine_init_done_notifier(Notifier *notify);
void qemu_run_machine_init_done_notifiers(void);

#endif
