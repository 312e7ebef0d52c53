/*
 * memory-backend-file: memory in a file, or in a nameless one that is made in a directory.
 *
 * share=on: what the guest writes is in the file, and others see it. share=off: the file's contents
 * are read when the backend is made, and it stays as it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/magic.h>
#include <sys/statfs.h>
#include "qapi/error.h"
#include "system/hostmem.h"
#include "system/ramblock.h"

OBJECT_DECLARE_SIMPLE_TYPE(HostMemoryBackendFile, MEMORY_BACKEND_FILE)

struct HostMemoryBackendFile {
    HostMemoryBackend parent_obj;

    char *mem_path;
    uint64_t align; /* bytes, 0: the host's page size */
    bool readonly;
};

static bool check_align(HostMemoryBackendFile *f, Error **errp)
{
    uint64_t page = sysconf(_SC_PAGESIZE);

    if (f->align % page || (f->align & (f->align - 1))) {
        error_setg(errp, "alignment 0x%" PRIx64 " must be a power of two and a multiple of page "
                         "size 0x%" PRIx64, f->align, page);
        return false;
    }
    return true;
}

/* An empty file grows; one that ends too early is a mistake. */
static bool check_file(int fd, HostMemoryBackendFile *f, uint64_t size, Error **errp)
{
    struct statfs fs;
    struct stat st;

    if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0) {
        error_setg_errno(errp, errno, "cannot look at '%s'", f->mem_path);
        return false;
    }
    if (fs.f_type == HUGETLBFS_MAGIC) {
        error_setg(errp, "'%s': huge pages are not supported yet", f->mem_path);
        return false;
    }
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < size && (st.st_size || f->readonly)) {
        error_setg(errp, "backing store size 0x%" PRIx64 " of '%s' does not match 'size' option "
                         "0x%" PRIx64, (uint64_t)st.st_size, f->mem_path, size);
        return false;
    }
    return true;
}

static int open_store(HostMemoryBackendFile *f, Error **errp)
{
    int fd;

    if (g_file_test(f->mem_path, G_FILE_TEST_IS_DIR)) {
        fd = open(f->mem_path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    } else {
        fd = open(f->mem_path, f->readonly ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC,
                  0644);
    }
    if (fd < 0) {
        error_setg_errno(errp, errno, "can't open backing store %s for guest RAM", f->mem_path);
    }
    return fd;
}

static void file_alloc(HostMemoryBackend *b, Error **errp)
{
    HostMemoryBackendFile *f = MEMORY_BACKEND_FILE(b);
    uint32_t flags = RAM_MIGRATABLE | (b->share ? RAM_SHARED : 0);
    int fd;

    if (!f->mem_path) {
        error_setg(errp, "Parameter 'mem-path' is missing");
        return;
    }
    fd = check_align(f, errp) ? open_store(f, errp) : -1;
    if (fd < 0) {
        return;
    }
    if (check_file(fd, f, b->size, errp)) {
        memory_region_init_ram_from_file_fd(&b->mr, OBJECT(b), host_memory_backend_id(b), b->size,
                                            f->align, flags, fd, f->readonly, errp);
    }
    if (!memory_region_is_ram(&b->mr)) {
        close(fd);
    }
}

static char *get_mem_path(Object *obj, Error **errp)
{
    return g_strdup(MEMORY_BACKEND_FILE(obj)->mem_path);
}

static void set_mem_path(Object *obj, const char *value, Error **errp)
{
    HostMemoryBackendFile *f = MEMORY_BACKEND_FILE(obj);

    if (host_memory_backend_may_change(MEMORY_BACKEND(obj), "mem-path", errp)) {
        g_free(f->mem_path);
        f->mem_path = g_strdup(value);
    }
}

static bool get_readonly(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_FILE(obj)->readonly;
}

static void set_readonly(Object *obj, bool value, Error **errp)
{
    if (host_memory_backend_may_change(MEMORY_BACKEND(obj), "readonly", errp)) {
        MEMORY_BACKEND_FILE(obj)->readonly = value;
    }
}

static void get_align(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, MEMORY_BACKEND_FILE(obj)->align);
}

static void set_align(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    if (host_memory_backend_may_change(MEMORY_BACKEND(obj), name, errp)) {
        qvalue_to_size(v, name, &MEMORY_BACKEND_FILE(obj)->align, errp);
    }
}

static void file_class_init(ObjectClass *oc, void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = file_alloc;
    object_class_property_add_str(oc, "mem-path", get_mem_path, set_mem_path);
    object_class_property_set_description(oc, "mem-path", "A file, or a directory to make one in");
    object_class_property_add_bool(oc, "readonly", get_readonly, set_readonly);
    object_class_property_set_description(oc, "readonly", "Neither guest nor host can write it");
    object_class_property_add(oc, "align", "int", get_align, set_align, NULL, NULL);
    object_class_property_set_description(oc, "align", "Alignment of the mapping (ex: 2M)");
}

static void file_finalize(Object *obj)
{
    g_free(MEMORY_BACKEND_FILE(obj)->mem_path);
}

static const TypeInfo file_types[] = {
    {
        .name = TYPE_MEMORY_BACKEND_FILE,
        .parent = TYPE_MEMORY_BACKEND,
        .class_init = file_class_init,
        .instance_size = sizeof(HostMemoryBackendFile),
        .instance_finalize = file_finalize,
    },
};

DEFINE_TYPES(file_types)
