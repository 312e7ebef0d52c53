/*
 * Where firmware and other data files are found.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/system.h"

static GPtrArray *data_dirs;

void qemu_add_data_dir(const char *path)
{
    data_dirs = data_dirs ? data_dirs : g_ptr_array_new();
    g_ptr_array_add(data_dirs, g_strdup(path));
}

/* Relative to the executable: first the build folder's layout, then the installed one. */
static const char *const beside_executable[] = { "roms", "../share/sysemu" };

static void add_built_in_dirs(void)
{
    static bool done;
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = exe ? g_path_get_dirname(exe) : NULL;

    for (size_t i = 0; !done && dir && i < ARRAY_SIZE(beside_executable); i++) {
        g_autofree char *path = g_build_filename(dir, beside_executable[i], NULL);
        g_autofree char *canonical = g_canonicalize_filename(path, NULL);

        qemu_add_data_dir(canonical);
    }
    done = true;
}

char *qemu_find_file(int type, const char *name)
{
    const char *subdir = type == QEMU_FILE_TYPE_KEYMAP ? "keymaps" : "";

    if (access(name, R_OK) == 0) {
        return g_strdup(name);
    }
    add_built_in_dirs();
    for (guint i = 0; data_dirs && i < data_dirs->len; i++) {
        char *path = g_build_filename(g_ptr_array_index(data_dirs, i), subdir, name, NULL);

        if (access(path, R_OK) == 0) {
            return path;
        }
        g_free(path);
    }
    return NULL;
}

void qemu_list_data_dirs(void)
{
    add_built_in_dirs();
    for (guint i = 0; i < data_dirs->len; i++) {
        printf("%s\n", (const char *)g_ptr_array_index(data_dirs, i));
    }
}
