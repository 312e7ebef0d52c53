/*
 * qcow2: the header with its extensions, and what it names: tables and the places of metadata.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qcow2.h"

/* --- writing --- */

int qcow2_write_header(Qcow2 *q, unsigned field, const void *data, unsigned size)
{
    return bdrv_pwrite(qcow2_file(q), field, size, data);
}

int qcow2_set_incompatible(Qcow2 *q, uint64_t set, uint64_t clear)
{
    uint64_t wanted = (q->incompatible | set) & ~clear;
    uint8_t raw[8];
    int ret;

    if (q->version < 3 || wanted == q->incompatible) {
        return 0;
    }
    stq_be_p(raw, wanted);
    ret = clear ? bdrv_flush(qcow2_file(q)) : 0; /* what made it true must be there before */
    ret = ret < 0 ? ret : qcow2_write_header(q, HDR_INCOMPATIBLE, raw, sizeof(raw));
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    if (ret == 0) {
        q->incompatible = wanted;
    }
    return ret;
}

int qcow2_corrupt(Qcow2 *q, const char *format, ...)
{
    va_list args;

    if (!__atomic_exchange_n(&q->corrupt, true, __ATOMIC_ACQ_REL)) {
        g_autofree char *what = NULL;

        va_start(args, format);
        what = g_strdup_vprintf(format, args);
        va_end(args);
        error_report("qcow2 image '%s' is corrupt: %s; nothing is written to it any more "
                     "(\"sysemu-img check -r all\" may repair it)", q->bs->filename, what);
        if (!q->bs->flags.read_only) {
            qcow2_set_incompatible(q, INCOMPAT_CORRUPT, 0);
        }
    }
    return -EIO;
}

static void add_extension(GByteArray *out, uint32_t type, const void *data, uint32_t size)
{
    static const uint8_t padding[8];
    uint8_t head[8];

    stl_be_p(head, type);
    stl_be_p(head + 4, size);
    g_byte_array_append(out, head, sizeof(head));
    g_byte_array_append(out, data, size);
    g_byte_array_append(out, padding, -size & 7);
}

/* One entry of the feature name table. */
static void add_feature(GByteArray *out, uint8_t kind, uint8_t bit, const char *name)
{
    uint8_t entry[48] = { kind, bit };

    g_strlcpy((char *)entry + 2, name, sizeof(entry) - 2);
    g_byte_array_append(out, entry, sizeof(entry));
}

static void add_extensions(Qcow2 *q, GByteArray *out)
{
    g_autoptr(GByteArray) names = g_byte_array_new();

    if (q->backing_format) {
        add_extension(out, EXT_BACKING_FORMAT, q->backing_format, strlen(q->backing_format));
    }
    if (q->data_file_name) {
        add_extension(out, EXT_DATA_FILE, q->data_file_name, strlen(q->data_file_name));
    }
    if (q->version >= 3) {
        add_feature(names, 0, 0, "dirty bit");
        add_feature(names, 0, 1, "corrupt bit");
        add_feature(names, 0, 2, "external data file");
        add_feature(names, 0, 3, "compression type");
        add_feature(names, 0, 4, "extended L2 entries");
        add_feature(names, 1, 0, "lazy refcounts");
        add_feature(names, 2, 0, "bitmaps");
        add_feature(names, 2, 1, "raw external data");
        if (out->len + names->len + 24 + MAX_BACKING_NAME < (guint)q->cluster_size) {
            add_extension(out, EXT_FEATURE_NAMES, names->data, names->len);
        }
    }
    if (q->bitmaps_offset) {
        uint8_t bitmaps[24] = { 0 };

        stl_be_p(bitmaps, q->nb_bitmaps);
        stq_be_p(bitmaps + 8, q->bitmaps_size);
        stq_be_p(bitmaps + 16, q->bitmaps_offset);
        add_extension(out, EXT_BITMAPS, bitmaps, sizeof(bitmaps));
    }
    add_extension(out, EXT_END, NULL, 0);
}

bool qcow2_rewrite_header(Qcow2 *q, Error **errp)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    uint32_t name_size = q->backing_name ? strlen(q->backing_name) : 0;
    int ret;

    g_byte_array_set_size(out, q->header_length);
    ret = bdrv_pread(qcow2_file(q), 0, q->header_length, out->data);
    add_extensions(q, out);
    stq_be_p(out->data + HDR_BACKING_OFFSET, name_size ? out->len : 0);
    stl_be_p(out->data + HDR_BACKING_SIZE, name_size);
    if (name_size) {
        g_byte_array_append(out, (const uint8_t *)q->backing_name, name_size);
    }
    if (out->len > q->cluster_size) {
        error_setg(errp, "Header of '%s': %u bytes don't fit into a cluster of %" PRId64,
                   q->bs->filename, out->len, q->cluster_size);
        return false;
    }
    ret = ret < 0 ? ret : bdrv_pwrite(qcow2_file(q), 0, out->len, out->data);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the header of '%s'", q->bs->filename);
    }
    return ret == 0;
}

/* --- where metadata are --- */

void qcow2_metadata_add(Qcow2 *q, int64_t offset, uint64_t bytes)
{
    uint64_t n = qcow2_clusters(q, bytes);

    for (uint64_t c = (uint64_t)offset >> q->cluster_bits; n--; c++) {
        g_hash_table_add(q->metadata, GSIZE_TO_POINTER(c + 1));
    }
}

void qcow2_metadata_remove(Qcow2 *q, int64_t offset, uint64_t bytes)
{
    uint64_t n = qcow2_clusters(q, bytes);

    for (uint64_t c = (uint64_t)offset >> q->cluster_bits; n--; c++) {
        g_hash_table_remove(q->metadata, GSIZE_TO_POINTER(c + 1));
    }
}

bool qcow2_is_metadata(Qcow2 *q, int64_t offset, int64_t bytes)
{
    uint64_t last = (uint64_t)(offset + bytes - 1) >> q->cluster_bits;

    for (uint64_t c = (uint64_t)offset >> q->cluster_bits; c <= last; c++) {
        if (g_hash_table_contains(q->metadata, GSIZE_TO_POINTER(c + 1))) {
            return true;
        }
    }
    return false;
}

void qcow2_note_metadata(Qcow2 *q)
{
    g_hash_table_remove_all(q->metadata);
    qcow2_metadata_add(q, 0, q->cluster_size);
    qcow2_metadata_add(q, q->l1_offset, q->l1_entries * sizeof(uint64_t));
    qcow2_metadata_add(q, q->reftable_offset, q->reftable_entries * sizeof(uint64_t));
    qcow2_metadata_add(q, q->snapshots_offset, q->snapshots_bytes);
    for (uint32_t i = 0; i < q->l1_entries; i++) {
        if (q->l1[i] & ENTRY_OFFSET) {
            qcow2_metadata_add(q, q->l1[i] & ENTRY_OFFSET, 1);
        }
    }
    for (uint32_t i = 0; i < q->reftable_entries; i++) {
        if (q->reftable[i] & REFTABLE_OFFSET) {
            qcow2_metadata_add(q, q->reftable[i] & REFTABLE_OFFSET, 1);
        }
    }
}

/* --- reading --- */

bool qcow2_bad(Qcow2 *q, Error **errp, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    error_setg(errp, "qcow2 image '%s': %s", qcow2_file(q)->filename, what);
    return false;
}

/* A table of @bytes at @offset: in whole clusters, inside of what offsets can say. */
static bool check_place(Qcow2 *q, const char *what, uint64_t offset, uint64_t bytes, Error **errp)
{
    if (qcow2_in_cluster(q, offset) || offset > ENTRY_OFFSET || bytes > ENTRY_OFFSET - offset) {
        return qcow2_bad(q, errp, "%s at 0x%" PRIx64 ", which is no place for it", what, offset);
    }
    return true;
}

static bool parse_numbers(Qcow2 *q, const uint8_t *h, size_t len, Error **errp)
{
    static const char *const ciphers[] = { "none", "AES", "LUKS" };
    uint32_t crypt = ldl_be_p(h + HDR_CRYPT_METHOD);

    if (len < QCOW2_V2_HEADER_SIZE || (uint32_t)ldl_be_p(h) != QCOW2_MAGIC) {
        error_setg(errp, "Image is not in qcow2 format");
        return false;
    }
    q->version = ldl_be_p(h + HDR_VERSION);
    q->cluster_bits = ldl_be_p(h + HDR_CLUSTER_BITS);
    q->refcount_order = 4;
    q->header_length = QCOW2_V2_HEADER_SIZE;
    if (q->version < 2 || q->version > 3) {
        return qcow2_bad(q, errp, "version %u is not supported, expected 2 or 3", q->version);
    }
    if (q->cluster_bits < MIN_CLUSTER_BITS || q->cluster_bits > MAX_CLUSTER_BITS) {
        return qcow2_bad(q, errp, "clusters of 2^%u bytes, expected 2^%d to 2^%d", q->cluster_bits,
                         MIN_CLUSTER_BITS, MAX_CLUSTER_BITS);
    }
    q->cluster_size = 1ll << q->cluster_bits;
    q->l2_bits = q->cluster_bits - 3;
    if (crypt) {
        return qcow2_bad(q, errp, "it is encrypted (%s), which is not supported",
                         crypt < G_N_ELEMENTS(ciphers) ? ciphers[crypt] : "unknown method");
    }
    if (q->version == 3) {
        if (len < QCOW2_V3_HEADER_SIZE) {
            return qcow2_bad(q, errp, "the header ends too early");
        }
        q->incompatible = ldq_be_p(h + HDR_INCOMPATIBLE);
        q->compatible = ldq_be_p(h + HDR_COMPATIBLE);
        q->autoclear = ldq_be_p(h + HDR_AUTOCLEAR);
        q->refcount_order = ldl_be_p(h + HDR_REFCOUNT_ORDER);
        q->header_length = ldl_be_p(h + HDR_HEADER_LENGTH);
    }
    if (q->refcount_order > 6) {
        return qcow2_bad(q, errp, "refcounts of 2^%u bits, expected 2^0 to 2^6", q->refcount_order);
    }
    q->refblock_bits = q->cluster_bits + 3 - q->refcount_order;
    if (q->version == 3 && (q->header_length < QCOW2_V3_HEADER_SIZE || q->header_length % 8 ||
                            q->header_length > q->cluster_size)) {
        return qcow2_bad(q, errp, "a header of %u bytes", q->header_length);
    }
    return true;
}

static bool parse_tables(Qcow2 *q, const uint8_t *h, uint32_t *nb_snapshots, Error **errp)
{
    uint64_t size = ldq_be_p(h + HDR_SIZE);
    uint64_t clusters = (uint32_t)ldl_be_p(h + HDR_REFTABLE_CLUSTERS);
    unsigned l1_shift = q->cluster_bits + q->l2_bits;

    q->l1_entries = ldl_be_p(h + HDR_L1_SIZE);
    q->l1_offset = ldq_be_p(h + HDR_L1_OFFSET);
    q->reftable_offset = ldq_be_p(h + HDR_REFTABLE_OFFSET);
    q->snapshots_offset = ldq_be_p(h + HDR_SNAPSHOTS_OFFSET);
    *nb_snapshots = ldl_be_p(h + HDR_NB_SNAPSHOTS);
    if (size > INT64_MAX - q->cluster_size) {
        return qcow2_bad(q, errp, "a size of %" PRIu64 " bytes", size);
    }
    if (q->l1_entries > MAX_L1_BYTES / sizeof(uint64_t)) {
        return qcow2_bad(q, errp, "an L1 table of %u entries, expected at most %zu", q->l1_entries,
                         MAX_L1_BYTES / sizeof(uint64_t));
    }
    if ((size >> l1_shift) + ((size & ((1ull << l1_shift) - 1)) != 0) > q->l1_entries) {
        return qcow2_bad(q, errp, "an L1 table of %u entries is too small for %" PRIu64 " bytes",
                         q->l1_entries, size);
    }
    if (!clusters || clusters > (uint64_t)MAX_REFTABLE_BYTES >> q->cluster_bits) {
        return qcow2_bad(q, errp, "a refcount table of %" PRIu64 " clusters, expected 1 to %d",
                         clusters, MAX_REFTABLE_BYTES >> q->cluster_bits);
    }
    q->reftable_entries = clusters << (q->cluster_bits - 3);
    if (*nb_snapshots > MAX_SNAPSHOTS) {
        return qcow2_bad(q, errp, "%u snapshots, expected at most %d", *nb_snapshots,
                         MAX_SNAPSHOTS);
    }
    bdrv_set_length(q->bs, size);
    return check_place(q, "L1 table", q->l1_offset, q->l1_entries * sizeof(uint64_t), errp) &&
           check_place(q, "refcount table", q->reftable_offset, clusters << q->cluster_bits,
                       errp) &&
           (!*nb_snapshots || check_place(q, "snapshot table", q->snapshots_offset,
                                          MAX_SNAPSHOT_BYTES, errp));
}

/* Says which features the image wants that aren't known here, by the names that it gives them. */
static bool check_features(Qcow2 *q, const uint8_t *names, size_t names_size, Error **errp)
{
    uint64_t unknown = q->incompatible & ~(uint64_t)INCOMPAT_KNOWN;
    g_autoptr(GString) list = g_string_new(NULL);

    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = NULL;

        if (!(unknown >> bit & 1)) {
            continue;
        }
        for (size_t i = 0; i + 48 <= names_size; i += 48) {
            if (names[i] == 0 && names[i + 1] == bit) {
                name = (const char *)names + i + 2;
            }
        }
        g_string_append_printf(list, "%s%s%.46s", list->len ? ", " : "", name ? "" : "bit ",
                               name ? name : "");
        if (!name) {
            g_string_append_printf(list, "%u", bit);
        }
    }
    if (unknown) {
        g_autofree char *printable = g_strescape(list->str, NULL);

        return qcow2_bad(q, errp, "unsupported features: %s", printable);
    }
    return true;
}

static bool parse_bitmaps(Qcow2 *q, const uint8_t *data, uint32_t size, Error **errp)
{
    if (size != 24) {
        return qcow2_bad(q, errp, "a bitmaps extension of %u bytes, expected 24", size);
    }
    q->nb_bitmaps = ldl_be_p(data);
    q->bitmaps_size = ldq_be_p(data + 8);
    q->bitmaps_offset = ldq_be_p(data + 16);
    if (!q->nb_bitmaps || q->nb_bitmaps > MAX_BITMAPS || q->bitmaps_size > MAX_SNAPSHOT_BYTES) {
        return qcow2_bad(q, errp, "%u bitmaps in a directory of %" PRIu64 " bytes", q->nb_bitmaps,
                         q->bitmaps_size);
    }
    return check_place(q, "bitmap directory", q->bitmaps_offset, q->bitmaps_size, errp);
}

/* @h: the first @size bytes of the file; extensions are from @at to @end. */
static bool parse_extensions(Qcow2 *q, const uint8_t *h, size_t at, size_t end, Error **errp)
{
    const uint8_t *names = NULL;
    size_t names_size = 0;

    while (at + 8 <= end) {
        uint32_t type = ldl_be_p(h + at), size = ldl_be_p(h + at + 4);

        at += 8;
        if (type == EXT_END) {
            break;
        }
        if (size > end - at) {
            return qcow2_bad(q, errp, "header extension 0x%08x is too long", type);
        }
        switch (type) {
        case EXT_BACKING_FORMAT:
            g_free(q->backing_format);
            q->backing_format = g_strndup((const char *)h + at, size);
            break;
        case EXT_DATA_FILE:
            g_free(q->data_file_name);
            q->data_file_name = g_strndup((const char *)h + at, size);
            break;
        case EXT_FEATURE_NAMES:
            names = h + at;
            names_size = size;
            break;
        case EXT_BITMAPS:
            if (!parse_bitmaps(q, h + at, size, errp)) {
                return false;
            }
            break;
        }
        at += (size + 7) & ~7u;
    }
    return check_features(q, names, names_size, errp);
}

static bool parse_rest(Qcow2 *q, const uint8_t *h, size_t len, Error **errp)
{
    uint64_t name_offset = ldq_be_p(h + HDR_BACKING_OFFSET);
    uint32_t name_size = ldl_be_p(h + HDR_BACKING_SIZE);
    size_t end = len;

    if (name_offset) {
        if (name_size > MAX_BACKING_NAME || name_offset > (uint64_t)q->cluster_size ||
            name_size > q->cluster_size - name_offset || name_offset + name_size > len) {
            return qcow2_bad(q, errp, "the name of the backing file (%u bytes at 0x%" PRIx64 ") is "
                             "not in the first cluster", name_size, name_offset);
        }
        q->backing_name = name_size ? g_strndup((const char *)h + name_offset, name_size) : NULL;
        end = name_offset;
    }
    if (!parse_extensions(q, h, q->header_length, end, errp)) {
        return false;
    }
    if (q->incompatible & INCOMPAT_COMPRESSION) {
        q->compression = q->header_length > HDR_COMPRESSION ? h[HDR_COMPRESSION] : 0;
        if (q->compression != COMPRESSION_ZSTD) {
            return qcow2_bad(q, errp, "compression type %u is not supported", q->compression);
        }
    } else if (q->header_length > HDR_COMPRESSION && h[HDR_COMPRESSION]) {
        return qcow2_bad(q, errp, "compression type %u without the feature bit for it",
                         h[HDR_COMPRESSION]);
    }
    if ((q->autoclear & AUTOCLEAR_RAW_DATA) && !(q->incompatible & INCOMPAT_DATA_FILE)) {
        q->autoclear &= ~(uint64_t)AUTOCLEAR_RAW_DATA;
    }
    return true;
}

static uint64_t *read_entries(Qcow2 *q, int64_t offset, uint32_t entries, const char *what,
                              Error **errp)
{
    size_t bytes = entries * sizeof(uint64_t);
    g_autofree uint64_t *table = g_malloc(MAX(bytes, 8));
    int ret;

    if (entries && offset + (int64_t)bytes > bdrv_length(qcow2_file(q)) &&
        offset >= bdrv_length(qcow2_file(q))) {
        qcow2_bad(q, errp, "%s at 0x%" PRIx64 ", behind the end of the file", what, offset);
        return NULL;
    }
    ret = bdrv_pread(qcow2_file(q), offset, bytes, table);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the %s of '%s'", what,
                         qcow2_file(q)->filename);
        return NULL;
    }
    for (uint32_t i = 0; i < entries; i++) {
        be64_to_cpus(&table[i]);
    }
    return g_steal_pointer(&table);
}

bool qcow2_read_metadata(Qcow2 *q, Error **errp)
{
    int64_t length = bdrv_length(qcow2_file(q));
    g_autofree uint8_t *h = NULL;
    uint8_t head[QCOW2_V3_HEADER_SIZE] = { 0 };
    size_t len = MIN(length, (int64_t)sizeof(head));
    uint32_t nb_snapshots;

    if (bdrv_pread(qcow2_file(q), 0, len, head) < 0) {
        return qcow2_bad(q, errp, "its header can't be read");
    }
    if (!parse_numbers(q, head, len, errp) || !parse_tables(q, head, &nb_snapshots, errp)) {
        return false;
    }
    len = q->cluster_size;
    h = g_malloc0(len);
    if (bdrv_pread(qcow2_file(q), 0, len, h) < 0) {
        return qcow2_bad(q, errp, "its first cluster can't be read");
    }
    if (!parse_rest(q, h, len, errp)) {
        return false;
    }
    q->l1 = read_entries(q, q->l1_offset, q->l1_entries, "L1 table", errp);
    q->reftable = q->l1 ? read_entries(q, q->reftable_offset, q->reftable_entries,
                                       "refcount table", errp) : NULL;
    if (!q->reftable || !qcow2_read_snapshots(q, nb_snapshots, errp)) {
        return false;
    }
    qcow2_note_metadata(q);
    return true;
}
