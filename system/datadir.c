/*
 * Where firmware and other data files are found.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/system.h"

/* Where Debian's packages have the PC's firmware, and its network cards'. */
static const char *const package_dirs[] = { "/usr/share/seabios", "/usr/lib/ipxe/qemu",
                                            "/usr/share/qemu" };

static GPtrArray *data_dirs;

void qemu_add_data_dir(const char *path)
{
    data_dirs = data_dirs ? data_dirs : g_ptr_array_new();
    g_ptr_array_add(data_dirs, g_strdup(path));
}

static void add_dir_beside(const char *exe_dir, const char *relative)
{
    g_autofree char *path = g_build_filename(exe_dir, relative, NULL);
    g_autofree char *canonical = g_canonicalize_filename(path, NULL);

    qemu_add_data_dir(canonical);
}

/* In the build folder each board's firmware is in a folder of its own below roms/. */
static void add_build_dirs(const char *exe_dir)
{
    g_autofree char *roms = g_build_filename(exe_dir, "roms", NULL);
    GDir *d = g_dir_open(roms, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *sub = g_build_filename("roms", name, NULL);

        add_dir_beside(exe_dir, sub);
    }
    if (d) {
        g_dir_close(d);
    }
}

static void add_built_in_dirs(void)
{
    static bool done;
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = exe ? g_path_get_dirname(exe) : NULL;

    if (dir && !done) {
        add_build_dirs(dir);
        add_dir_beside(dir, "../share/sysemu");
        for (size_t i = 0; i < ARRAY_SIZE(package_dirs); i++) {
            qemu_add_data_dir(package_dirs[i]);
        }
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
