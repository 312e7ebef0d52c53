/*
 * RAM blocks: host memory for guests, on memfds.
 *
 * A memfd can be mapped again elsewhere, page by page: that is what the translator's memory
 * windows are made of. A file whose changes must stay private is therefore copied into a memfd
 * instead of being mapped privately.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "internal.h"
#include "system/ram-access.h"

#define BITS_PER_LONG (8 * sizeof(long))

static QLIST_HEAD(, RAMBlock) ram_blocks = QLIST_HEAD_INITIALIZER(ram_blocks);
static GMutex ram_blocks_lock;
static ram_addr_t next_ram_addr;

/*
 * Keeps ram_addr_t of two blocks apart, so that an address one past a block's end belongs to
 * none.
 */
#define RAM_ADDR_GAP TARGET_PAGE_SIZE

/* ---- Marks ---- */

static unsigned long page_bit(ram_addr_t offset)
{
    return 1UL << ((offset >> TARGET_PAGE_BITS) % BITS_PER_LONG);
}

static unsigned long *page_word(const RAMBlock *rb, ram_addr_t offset)
{
    assert(offset < rb->max_length && "a page beyond its RAM block");
    return &rb->code_pages[(offset >> TARGET_PAGE_BITS) / BITS_PER_LONG];
}

void ram_block_set_code_page(RAMBlock *rb, ram_addr_t offset)
{
    qatomic_or(page_word(rb, offset), page_bit(offset));
}

void ram_block_clear_code_page(RAMBlock *rb, ram_addr_t offset)
{
    qatomic_and(page_word(rb, offset), ~page_bit(offset));
}

bool ram_block_test_code_page(const RAMBlock *rb, ram_addr_t offset)
{
    return qatomic_read(page_word(rb, offset)) & page_bit(offset);
}

bool ram_block_test_code_range(const RAMBlock *rb, ram_addr_t offset, ram_addr_t len)
{
    ram_addr_t end = MIN(offset + len, rb->max_length);

    for (ram_addr_t at = offset & TARGET_PAGE_MASK; at < end;) {
        unsigned long word = qatomic_read(page_word(rb, at));
        if (word & page_bit(at)) {
            return true;
        }
        /* Most words of a large block have no bit set: 64 pages at a step. */
        if (!word) {
            at = ROUND_UP(at + 1, TARGET_PAGE_SIZE * BITS_PER_LONG);
        } else {
            at += TARGET_PAGE_SIZE;
        }
    }
    return false;
}

/* ---- Making pages ahead ---- */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14; older ones refuse it, which does no harm */
#endif

bool ram_block_make_piece(RAMBlock *rb, ram_addr_t offset)
{
    ram_addr_t start = ROUND_DOWN(offset, RAM_MAKE_AHEAD);
    size_t len = MIN(RAM_MAKE_AHEAD, rb->used_length - start);

    qatomic_or(&rb->made[offset / RAM_MAKE_AHEAD / BITS_PER_LONG], RAM_MAKE_BIT(offset));
    return !madvise(rb->host + start, len, MADV_POPULATE_WRITE);
}

/* ---- Names ---- */

static RAMBlock *block_by_name(const char *name)
{
    RAMBlock *rb;

    QLIST_FOREACH (rb, &ram_blocks, next) {
        if (!strcmp(rb->idstr, name)) {
            return rb;
        }
    }
    return NULL;
}

/*
 * Sets idstr to `name`, with a number if another block has that name. Lock held, rb not in the
 * list.
 */
static void set_unique_name(RAMBlock *rb, const char *name)
{
    g_strlcpy(rb->idstr, name, sizeof(rb->idstr));
    for (unsigned n = 2; block_by_name(rb->idstr); n++) {
        g_snprintf(rb->idstr, sizeof(rb->idstr), "%.230s#%u", name, n);
    }
}

void qemu_ram_set_idstr(RAMBlock *rb, const char *name, const char *device_path)
{
    g_autofree char *full =
        device_path ? g_strdup_printf("%s/%s", device_path, name) : g_strdup(name);

    g_mutex_lock(&ram_blocks_lock);
    QLIST_REMOVE(rb, next);
    set_unique_name(rb, full);
    QLIST_INSERT_HEAD(&ram_blocks, rb, next);
    g_mutex_unlock(&ram_blocks_lock);
}

/* ---- Making and freeing ---- */

static RAMBlock *block_new(MemoryRegion *mr, ram_addr_t size, ram_addr_t max_size, uint32_t flags)
{
    RAMBlock *rb = g_new0(RAMBlock, 1);
    ram_addr_t page = sysconf(_SC_PAGESIZE);

    rb->mr = mr;
    rb->fd = -1;
    rb->flags = flags;
    rb->host_page_size = page;
    rb->used_length = ROUND_UP(size, page);
    rb->max_length = ROUND_UP(max_size, page);
    return rb;
}

/* Gives the finished block its place in the numbering and in the list. */
static RAMBlock *block_publish(RAMBlock *rb)
{
    ram_addr_t pages = DIV_ROUND_UP(rb->max_length, TARGET_PAGE_SIZE);

    rb->code_pages = g_new0(unsigned long, DIV_ROUND_UP(pages, BITS_PER_LONG));
    rb->dirty[DIRTY_MEMORY_VGA] = g_new0(unsigned long, DIV_ROUND_UP(pages, BITS_PER_LONG));
    rb->dirty[DIRTY_MEMORY_MIGRATION] = g_new0(unsigned long, DIV_ROUND_UP(pages, BITS_PER_LONG));
    g_mutex_lock(&ram_blocks_lock);
    rb->offset = next_ram_addr;
    next_ram_addr += pages * TARGET_PAGE_SIZE + RAM_ADDR_GAP;
    set_unique_name(rb, rb->mr->name ? rb->mr->name : "ram");
    QLIST_INSERT_HEAD(&ram_blocks, rb, next);
    g_mutex_unlock(&ram_blocks_lock);
    return rb;
}

static RAMBlock *block_fail(RAMBlock *rb, bool close_fd, int os_error, Error **errp)
{
    error_setg_errno(errp, os_error, "cannot set up guest memory '%s' of %" PRIu64 " bytes",
                     memory_region_name(rb->mr), rb->max_length);
    if (os_error == EFBIG) {
        error_append_hint(errp, "Guest memory is a file to the host, and 'ulimit -f' limits its "
                          "size.\n");
    } else if (os_error == ENOMEM) {
        error_append_hint(errp, "Is there a limit, by 'ulimit -v' or a control group?\n");
    }
    if (close_fd && rb->fd >= 0) {
        close(rb->fd);
    }
    g_free(rb);
    return NULL;
}

static bool check_size(ram_addr_t size, MemoryRegion *mr, Error **errp)
{
    if (!size || size > INT64_MAX) {
        error_setg(errp, "guest memory '%s' cannot be %" PRIu64 " bytes large",
                   memory_region_name(mr), size);
        return false;
    }
    return true;
}

/* Address space where `len` bytes can be mapped aligned; NULL: anywhere will do. */
static void *aligned_place(size_t len, size_t align)
{
    uint8_t *room, *at;

    if (align <= (size_t)sysconf(_SC_PAGESIZE)) {
        return NULL;
    }
    room = mmap(NULL, len + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return room;
    }
    at = (uint8_t *)ROUND_UP((uintptr_t)room, align);
    if (at > room) {
        munmap(room, at - room);
    }
    munmap(at + len, room + align - at);
    return at;
}

static bool block_map(RAMBlock *rb, int prot)
{
    void *at = aligned_place(rb->max_length, rb->mr->align);
    void *host = at == MAP_FAILED ? at
                                  : mmap(at, rb->max_length, prot,
                                         MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0), rb->fd,
                                         rb->fd_offset);

    if (host == MAP_FAILED && at && at != MAP_FAILED) {
        munmap(at, rb->max_length);
    }
    rb->host = host;
    return host != MAP_FAILED;
}

RAMBlock *qemu_ram_alloc(ram_addr_t size, ram_addr_t max_size, uint32_t flags, MemoryRegion *mr,
                         Error **errp)
{
    RAMBlock *rb;

    if (!check_size(size, mr, errp) || !check_size(MAX(size, max_size), mr, errp)) {
        return NULL;
    }
    rb = block_new(mr, size, MAX(size, max_size), flags | RAM_SHARED);
    rb->fd = memfd_create(memory_region_name(mr), MFD_CLOEXEC);
    if (rb->fd < 0 || ftruncate(rb->fd, rb->max_length) < 0 ||
        !block_map(rb, PROT_READ | PROT_WRITE)) {
        return block_fail(rb, true, errno, errp);
    }
    rb->made = g_new0(unsigned long, DIV_ROUND_UP(rb->max_length, RAM_MAKE_AHEAD * BITS_PER_LONG));
    return block_publish(rb);
}

RAMBlock *qemu_ram_alloc_from_ptr(ram_addr_t size, void *host, MemoryRegion *mr, Error **errp)
{
    RAMBlock *rb;

    if (!check_size(size, mr, errp)) {
        return NULL;
    }
    rb = block_new(mr, size, size, RAM_PREALLOC);
    rb->used_length = rb->max_length = size;
    rb->host = host;
    return block_publish(rb);
}

/* Reads up to the block's size from fd, which may end earlier. */
static bool copy_from_fd(RAMBlock *rb, int fd, uint64_t fd_offset)
{
    for (ram_addr_t done = 0; done < rb->used_length;) {
        ssize_t n = pread(fd, rb->host + done, rb->used_length - done, fd_offset + done);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n == 0) {
            break;
        }
        done += MAX(n, 0);
    }
    return true;
}

static RAMBlock *alloc_private_copy(ram_addr_t size, MemoryRegion *mr, uint32_t flags, int fd,
                                    uint64_t fd_offset, Error **errp)
{
    RAMBlock *rb = qemu_ram_alloc(size, size, flags, mr, errp);

    if (rb && !copy_from_fd(rb, fd, fd_offset)) {
        error_setg_errno(errp, errno, "cannot read guest memory '%s'", memory_region_name(mr));
        qemu_ram_free(rb);
        return NULL;
    }
    if (rb) {
        close(fd);
    }
    return rb;
}

RAMBlock *qemu_ram_alloc_from_fd(ram_addr_t size, MemoryRegion *mr, uint32_t flags, int fd,
                                 uint64_t fd_offset, bool readonly, Error **errp)
{
    struct stat st;
    RAMBlock *rb;

    if (!check_size(size, mr, errp)) {
        return NULL;
    }
    if (!(flags & RAM_SHARED)) {
        return alloc_private_copy(size, mr, flags, fd, fd_offset, errp);
    }
    rb = block_new(mr, size, size, flags | (readonly ? RAM_READONLY : 0));
    rb->fd = fd;
    rb->fd_offset = fd_offset;
    /* A mapping beyond the end of its file is a SIGBUS: grow it. */
    if (fstat(fd, &st) < 0 ||
        (S_ISREG(st.st_mode) && (uint64_t)st.st_size < fd_offset + rb->max_length &&
         (readonly || ftruncate(fd, fd_offset + rb->max_length) < 0)) ||
        !block_map(rb, readonly ? PROT_READ : PROT_READ | PROT_WRITE)) {
        return block_fail(rb, false, errno, errp);
    }
    return block_publish(rb);
}

RAMBlock *qemu_ram_alloc_from_file(ram_addr_t size, MemoryRegion *mr, uint32_t flags,
                                   const char *path, bool readonly, Error **errp)
{
    int mode = readonly ? O_RDONLY : O_RDWR | ((flags & RAM_SHARED) ? O_CREAT : 0);
    int fd = open(path, mode | O_CLOEXEC, 0644);
    RAMBlock *rb;

    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot open '%s' for guest memory '%s'", path,
                         memory_region_name(mr));
        return NULL;
    }
    rb = qemu_ram_alloc_from_fd(size, mr, flags, fd, 0, readonly, errp);
    if (!rb) {
        close(fd);
    }
    return rb;
}

/* The block is out of the list; readers may still look at it. */
typedef struct DeadBlock {
    struct rcu_head rcu;
    RAMBlock *rb;
} DeadBlock;

static void block_reclaim(struct rcu_head *head)
{
    DeadBlock *dead = container_of(head, DeadBlock, rcu);
    RAMBlock *rb = dead->rb;

    if (!(rb->flags & RAM_PREALLOC)) {
        munmap(rb->host, rb->max_length);
    }
    if (rb->fd >= 0) {
        close(rb->fd);
    }
    g_free(rb->code_pages);
    g_free(rb->made);
    for (unsigned i = 0; i < DIRTY_MEMORY_NUM; i++) {
        g_free(rb->dirty[i]);
    }
    g_free(rb);
    g_free(dead);
}

void qemu_ram_free(RAMBlock *rb)
{
    DeadBlock *dead;

    if (!rb) {
        return;
    }
    g_mutex_lock(&ram_blocks_lock);
    QLIST_REMOVE(rb, next);
    g_mutex_unlock(&ram_blocks_lock);
    dead = g_new0(DeadBlock, 1);
    dead->rb = rb;
    call_rcu1(&dead->rcu, block_reclaim);
}

void qemu_ram_discard(RAMBlock *rb, ram_addr_t offset, ram_addr_t len)
{
    if (rb->fd < 0 || fallocate(rb->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                rb->fd_offset + offset, len) < 0) {
        memset(rb->host + offset, 0, len);
    }
}

bool qemu_ram_resize(RAMBlock *rb, ram_addr_t newsize, Error **errp)
{
    ram_addr_t length = ROUND_UP(newsize, rb->host_page_size);

    if (!newsize || newsize > rb->max_length || !(rb->flags & RAM_RESIZEABLE)) {
        error_setg(errp, "guest memory '%s' cannot be resized to %" PRIu64 " bytes", rb->idstr,
                   newsize);
        return false;
    }
    if (length < rb->used_length) {
        qemu_ram_discard(rb, length, rb->used_length - length);
    }
    rb->used_length = length;
    if (rb->resized) {
        rb->resized(rb->idstr, length, rb->host);
    }
    return true;
}

/* From here on it pays to let the kernel copy: it makes new pages without a fault for each. */
#define BULK_WRITE (256 * KiB)

void qemu_ram_write(RAMBlock *rb, ram_addr_t offset, const void *buf, size_t len)
{
    const uint8_t *from = buf;

    if (rb->flags & RAM_READONLY) {
        return;
    }
    while (len >= BULK_WRITE && rb->fd >= 0 && (rb->flags & RAM_SHARED)) {
        ssize_t n = pwrite(rb->fd, from, len, rb->fd_offset + offset);
        if (n <= 0) {
            break;
        }
        from += n;
        offset += n;
        len -= n;
    }
    ram_write(rb->host + offset, from, len);
}

/* ---- Asking ---- */

const char *qemu_ram_get_idstr(const RAMBlock *rb)
{
    return rb->idstr;
}

void *qemu_ram_get_host_addr(const RAMBlock *rb)
{
    return rb->host;
}

ram_addr_t qemu_ram_get_offset(const RAMBlock *rb)
{
    return rb->offset;
}

ram_addr_t qemu_ram_get_used_length(const RAMBlock *rb)
{
    return rb->used_length;
}

ram_addr_t qemu_ram_get_max_length(const RAMBlock *rb)
{
    return rb->max_length;
}

int qemu_ram_get_fd(const RAMBlock *rb)
{
    return rb->fd;
}

uint64_t qemu_ram_get_fd_offset(const RAMBlock *rb)
{
    return rb->fd_offset;
}

bool qemu_ram_is_shared(const RAMBlock *rb)
{
    return rb->flags & RAM_SHARED;
}

bool qemu_ram_is_migratable(const RAMBlock *rb)
{
    return rb->flags & RAM_MIGRATABLE;
}

void qemu_ram_set_migratable(RAMBlock *rb)
{
    rb->flags |= RAM_MIGRATABLE;
}

RAMBlock *qemu_ram_block_by_name(const char *name)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ram_blocks_lock);

    return block_by_name(name);
}

RAMBlock *qemu_ram_block_from_addr(ram_addr_t addr, ram_addr_t *offset)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ram_blocks_lock);
    RAMBlock *rb;

    QLIST_FOREACH (rb, &ram_blocks, next) {
        if (addr - rb->offset < rb->max_length) {
            *offset = addr - rb->offset;
            return rb;
        }
    }
    return NULL;
}

RAMBlock *qemu_ram_block_from_host(const void *ptr, bool round_offset, ram_addr_t *offset)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ram_blocks_lock);
    RAMBlock *rb;

    QLIST_FOREACH (rb, &ram_blocks, next) {
        uintptr_t at = (uintptr_t)ptr - (uintptr_t)rb->host;
        if (at < rb->max_length) {
            *offset = round_offset ? at & TARGET_PAGE_MASK : at;
            return rb;
        }
    }
    return NULL;
}

MemoryRegion *memory_region_from_host(const void *ptr, ram_addr_t *offset)
{
    RAMBlock *rb = qemu_ram_block_from_host(ptr, false, offset);

    return rb ? rb->mr : NULL;
}

void *qemu_map_ram_ptr(RAMBlock *rb, ram_addr_t addr)
{
    ram_addr_t offset = addr;

    if (!rb) {
        rb = qemu_ram_block_from_addr(addr, &offset);
    }
    return rb && offset < rb->max_length ? rb->host + offset : NULL;
}

int qemu_ram_foreach_block(RAMBlockIterFunc func, void *opaque)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new();
    RAMBlock *rb;
    int ret = 0;

    g_mutex_lock(&ram_blocks_lock);
    QLIST_FOREACH (rb, &ram_blocks, next) {
        g_ptr_array_add(blocks, rb);
    }
    g_mutex_unlock(&ram_blocks_lock);
    /* Oldest first. */
    for (unsigned i = blocks->len; i > 0 && !ret; i--) {
        ret = func(g_ptr_array_index(blocks, i - 1), opaque);
    }
    return ret;
}
