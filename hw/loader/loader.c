/*
 * Raw images, and getting files into this process.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <gio/gio.h>
#include <sys/mman.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "loader-internal.h"

#define READ_CHUNK (1 * MiB)

/* Of file names. */
static GHashTable *opened;

void loader_note_opened(const char *filename)
{
    opened = opened ? opened : g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(opened, g_strdup(filename));
}

bool loader_has_opened(const char *filename)
{
    return opened && g_hash_table_contains(opened, filename);
}

static int open_image(const char *filename, struct stat *st)
{
    int fd = open(filename, O_RDONLY | O_CLOEXEC);

    loader_note_opened(filename);
    if (fd >= 0 && (fstat(fd, st) < 0 || S_ISDIR(st->st_mode))) {
        int saved = S_ISDIR(st->st_mode) ? EISDIR : errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int64_t get_image_size(const char *filename)
{
    struct stat st;
    int fd = open_image(filename, &st);
    int64_t size;

    if (fd < 0) {
        return -1;
    }
    size = lseek(fd, 0, SEEK_END);
    close(fd);
    return size;
}

/* Up to `size` bytes, fewer at the end of the file; -1 with errno. */
static ssize_t read_full(int fd, uint8_t *buf, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, buf + done, size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        done += n;
    }
    return done;
}

ssize_t load_image_size(const char *filename, void *addr, size_t size)
{
    struct stat st;
    int fd = open_image(filename, &st);
    ssize_t n;

    if (fd < 0) {
        return -1;
    }
    n = read_full(fd, addr, size);
    close(fd);
    return n;
}

static void too_large(const char *filename, uint64_t max, Error **errp)
{
    error_setg(errp, "'%s' is too large: at most %" PRIu64 " bytes fit", filename, max);
}

/* The size isn't known beforehand for pipes: read in chunks and stop beyond max. */
static GByteArray *read_chunks(int fd, uint64_t expected, uint64_t max)
{
    GByteArray *data = g_byte_array_sized_new(MIN(expected, max) + 1);
    ssize_t n;

    do {
        uint64_t chunk = MIN(MAX(READ_CHUNK, expected), max + 1 - data->len);
        guint old = data->len;

        g_byte_array_set_size(data, old + chunk);
        n = read_full(fd, data->data + old, chunk);
        g_byte_array_set_size(data, old + MAX(n, 0));
    } while (n > 0 && data->len <= max);
    if (n < 0) {
        int saved = errno;
        g_byte_array_free(data, TRUE);
        errno = saved;
        return NULL;
    }
    return data;
}

typedef struct Mapping {
    void *start;
    size_t size;
} Mapping;

static void unmap(gpointer p)
{
    Mapping *m = p;

    munmap(m->start, m->size);
    g_free(m);
}

/*
 * A regular file, into pages that the kernel makes at once: half the time of faulting them in one
 * by one. Not a mapping of the file, which may be written while the machine runs. NULL: do it the
 * other way.
 */
static GBytes *read_regular(int fd, size_t size)
{
    Mapping *m;
    void *p = size ? mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
                   : MAP_FAILED;

    if (p == MAP_FAILED) {
        return NULL;
    }
    if (read_full(fd, p, size) != (ssize_t)size) {
        munmap(p, size);
        lseek(fd, 0, SEEK_SET);
        return NULL;
    }
    m = g_new(Mapping, 1);
    *m = (Mapping){ p, size };
    return g_bytes_new_with_free_func(p, size, unmap, m);
}

static GBytes *read_open_file(int fd, uint64_t expected, uint64_t max, const char *filename,
                              Error **errp)
{
    GBytes *bytes = read_regular(fd, expected);
    GByteArray *data;

    if (bytes) {
        return bytes;
    }
    data = read_chunks(fd, expected, max);
    if (!data) {
        error_setg_errno(errp, errno, "could not read '%s'", filename);
        return NULL;
    }
    if (data->len > max) {
        too_large(filename, max, errp);
        g_byte_array_unref(data);
        return NULL;
    }
    return g_byte_array_free_to_bytes(data);
}

GBytes *loader_read_file(const char *filename, uint64_t max, Error **errp)
{
    struct stat st;
    int fd = open_image(filename, &st);
    GBytes *data;

    max = MIN(max, LOADER_MAX_FILE - 2 * READ_CHUNK);
    if (fd < 0) {
        error_setg_errno(errp, errno, "could not open '%s'", filename);
        return NULL;
    }
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max) {
        close(fd);
        too_large(filename, max, errp);
        return NULL;
    }
    data = read_open_file(fd, S_ISREG(st.st_mode) ? st.st_size : 0, max, filename, errp);
    close(fd);
    return data;
}

/* ---- gzip ---- */

bool loader_is_gzip(const uint8_t *data, size_t len)
{
    return len >= 18 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
}

/* One gzip member from in[*pos]; false with err set on corrupt or too long data. */
static bool gunzip_member(const uint8_t *in, size_t len, size_t *pos, GByteArray *out, uint64_t max,
                          GError **err)
{
    g_autoptr(GZlibDecompressor) z = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    GConverterResult r;

    do {
        uint8_t buf[64 * KiB];
        gsize consumed = 0, produced = 0;

        r = g_converter_convert(G_CONVERTER(z), in + *pos, len - *pos, buf, sizeof(buf),
                                G_CONVERTER_INPUT_AT_END, &consumed, &produced, err);
        if (r == G_CONVERTER_ERROR) {
            return false;
        }
        if (out->len + (uint64_t)produced > max) {
            g_set_error(err, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                        "it unpacks to more than the %" PRIu64 " bytes that fit", max);
            return false;
        }
        g_byte_array_append(out, buf, produced);
        *pos += consumed;
    } while (r != G_CONVERTER_FINISHED);
    return true;
}

GBytes *loader_gunzip(GBytes *packed, uint64_t max, const char *filename, Error **errp)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) err = NULL;
    size_t len, pos = 0;
    const uint8_t *in = g_bytes_get_data(packed, &len);

    max = MIN(max, LOADER_MAX_FILE - READ_CHUNK);
    if (!loader_is_gzip(in, len)) {
        error_setg(errp, "'%s' is not in gzip format", filename);
        return NULL;
    }
    do {
        if (!gunzip_member(in, len, &pos, out, max, &err)) {
            error_setg(errp, "'%s' cannot be unpacked: %s", filename, err->message);
            return NULL;
        }
    } while (loader_is_gzip(in + pos, len - pos));
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

/* ---- Raw images as roms ---- */

ssize_t load_image_checked(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as,
                           Error **errp)
{
    g_autoptr(GBytes) data = loader_read_file(filename, max_sz, errp);

    if (!data) {
        return -1;
    }
    if (!g_bytes_get_size(data)) {
        error_setg(errp, "'%s' is empty", filename);
        return -1;
    }
    rom_add_bytes(filename, data, g_bytes_get_size(data), addr, NULL, as);
    return g_bytes_get_size(data);
}

ssize_t load_image_targphys_as(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as)
{
    return load_image_checked(filename, addr, max_sz, as, NULL);
}

ssize_t load_image_targphys(const char *filename, hwaddr addr, uint64_t max_sz)
{
    return load_image_targphys_as(filename, addr, max_sz, NULL);
}

ssize_t load_image_mr(const char *filename, MemoryRegion *mr)
{
    g_autoptr(GBytes) data = loader_read_file(filename, memory_region_size(mr), NULL);

    if (!data || !memory_region_get_ram_ptr(mr)) {
        return -1;
    }
    rom_add_bytes(filename, data, g_bytes_get_size(data), 0, mr, NULL);
    return g_bytes_get_size(data);
}

ssize_t load_image_gzipped(const char *filename, hwaddr addr, uint64_t max_sz)
{
    g_autoptr(GBytes) packed = loader_read_file(filename, UINT64_MAX, NULL);
    g_autoptr(GBytes) data = packed ? loader_gunzip(packed, max_sz, filename, NULL) : NULL;

    if (!data) {
        return -1;
    }
    rom_add_bytes(filename, data, g_bytes_get_size(data), addr, NULL, NULL);
    return g_bytes_get_size(data);
}
