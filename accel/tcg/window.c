/*
 * Memory windows: 4 GiB of host address space that look like the guest's, one for each MMU mode
 * that has block-translated (or untranslated) memory.
 *
 * A window shows RAM and ROM where the mode's blocks put them; everything else (devices,
 * page-translated addresses, nothing) is inaccessible, so that generated code that touches it
 * faults into fault.c. Guarded pages (guard.c) are read-only. A window never shows more than the
 * guest may access; it may show less.
 *
 * Guard zones on both sides catch base + 32-bit address + displacement.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "internal.h"
#include "qemu/rcu.h"
#include "system/cpus.h"
#include "system/ramblock.h"

#define WINDOW_SIZE  (4 * GiB)
#define WINDOW_GUARD (2 * GiB)

/*
 * What a mode without a window has: code that was translated for a CPU that has one may be executed
 * by one that hasn't, and faults.
 */
static uint8_t *empty_window;

/*
 * So many stack accesses that miss the window, and the guest's stacks are taken for
 * page-translated.
 */
#define STACK_FAULTS_MAX 32

uint8_t *window_reserve(void)
{
    void *p = mmap(NULL, WINDOW_SIZE + 2 * WINDOW_GUARD, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : (uint8_t *)p + WINDOW_GUARD;
}

void window_release(uint8_t *base)
{
    if (base) {
        munmap(base - WINDOW_GUARD, WINDOW_SIZE + 2 * WINDOW_GUARD);
    }
}

const uint8_t *window_empty(void)
{
    return empty_window;
}

static void hide(MemoryWindow *window, const WindowMap *map)
{
    void *p = mmap(window->base + map->start, map->size, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    g_assert(p != MAP_FAILED);
}

/*
 * Runs of pages have limits in the host: if one more is too many, all of the map becomes one, and
 * stores bring pages back.
 */
static void protect_run(MemoryWindow *window, const WindowMap *map, uint64_t start, uint64_t end)
{
    uint8_t *base = window->base + map->start;

    if (start < end && mprotect(base + start, end - start, PROT_READ) != 0 &&
        mprotect(base, map->size, PROT_READ) != 0) {
        hide(window, map);
    }
}

/* The guarded ones of the map's pages in [start, end). */
static void protect_guarded_pages(MemoryWindow *window, const WindowMap *map, uint64_t start,
                                  uint64_t end)
{
    uint64_t run = start; /* the guarded pages before `at` start here */
    ram_addr_t offset;
    RAMBlock *rb = qemu_ram_block_from_addr(map->ram_addr, &offset);

    for (uint64_t at = start; at < end; at += TARGET_PAGE_SIZE) {
        if (!page_is_guarded(rb, offset + at)) {
            protect_run(window, map, run, at);
            run = at + TARGET_PAGE_SIZE;
        }
    }
    protect_run(window, map, run, end);
}

static bool show(MemoryWindow *window, const WindowMap *map)
{
    void *p = mmap(window->base + map->start, map->size, map->prot, MAP_SHARED | MAP_FIXED, map->fd,
                   map->fd_offset);

    if (p == MAP_FAILED) {
        hide(window, map);
        return false;
    }
    if (map->prot & PROT_WRITE) {
        protect_guarded_pages(window, map, 0, map->size);
    }
    return true;
}

/* ---- What a window ought to show ---- */

static void add_map(GArray *maps, const WindowBlock *block, const MemoryRegionSection *section,
                    hwaddr phys, uint64_t size)
{
    MemoryRegion *mr = section->mr;
    RAMBlock *rb = mr->ram_block;
    uint64_t offset = section->offset_within_region + (phys - section->offset_within_address_space);
    bool writable = (block->prot & PAGE_WRITE) && !section->readonly &&
                    memory_access_is_direct(mr, true);
    WindowMap map = {
        .start = block->start + (phys - block->phys),
        .size = size,
        .fd = rb->fd,
        .fd_offset = rb->fd_offset + offset,
        .ram_addr = rb->offset + offset,
        .prot = PROT_READ | (writable ? PROT_WRITE : 0),
    };

    if (QEMU_IS_ALIGNED(map.start | map.size | map.fd_offset, TARGET_PAGE_SIZE)) {
        g_array_append_val(maps, map);
    }
}

static void add_block(CPUState *cpu, GArray *maps, const WindowBlock *block)
{
    hwaddr phys = block->phys;
    hwaddr end = block->phys + block->size;
    AddressSpace *as = cpu_address_space(cpu, block->attrs);

    while (phys < end) {
        MemoryRegionSection section = address_space_lookup(as, phys);
        MemSize section_end = (MemSize)section.offset_within_address_space + section.size;
        hwaddr stop = section_end < end ? (hwaddr)section_end : end;

        if (section.mr && memory_access_is_direct(section.mr, false) &&
            section.mr->ram_block->fd >= 0 && (block->prot & PAGE_READ)) {
            add_map(maps, block, &section, phys, stop - phys);
        }
        phys = stop;
    }
}

static int compare_maps(gconstpointer a, gconstpointer b)
{
    const WindowMap *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

static GArray *wanted_maps(CPUState *cpu, const MemoryWindow *window)
{
    GArray *maps = g_array_new(false, false, sizeof(WindowMap));

    for (size_t i = 0; i < window->nb_blocks; i++) {
        add_block(cpu, maps, &window->blocks[i]);
    }
    g_array_sort(maps, compare_maps);
    return maps;
}

static bool same_map(const WindowMap *a, const WindowMap *b)
{
    return a->start == b->start && a->size == b->size && a->fd == b->fd &&
           a->fd_offset == b->fd_offset && a->ram_addr == b->ram_addr && a->prot == b->prot;
}

static bool has_map(const GArray *maps, const WindowMap *map)
{
    for (unsigned i = 0; i < maps->len; i++) {
        if (same_map(&g_array_index(maps, WindowMap, i), map)) {
            return true;
        }
    }
    return false;
}

/* Remaps what differs between the old list of mappings and the new one. */
static void update(CPUState *cpu, int mmu_idx)
{
    MemoryWindow *window = &cpu->tcg->window[mmu_idx];
    GArray *old = window->maps;
    GArray *new = wanted_maps(cpu, window);

    for (unsigned i = 0; i < old->len; i++) {
        if (!has_map(new, &g_array_index(old, WindowMap, i))) {
            hide(window, &g_array_index(old, WindowMap, i));
        }
    }
    for (unsigned i = 0; i < new->len; i++) {
        if (!has_map(old, &g_array_index(new, WindowMap, i))) {
            show(window, &g_array_index(new, WindowMap, i));
            tcg_stats(cpu)->window_remaps++;
        }
    }
    g_array_unref(old);
    window->maps = new;
}

void cpu_window_set_blocks(CPUState *cpu, int mmu_idx, const WindowBlock *blocks, size_t nb)
{
    MemoryWindow *window;

    if (!cpu->tcg) {
        return; /* not started: the model says it again at reset */
    }
    window = &cpu->tcg->window[mmu_idx];
    g_assert(nb <= MAX_WINDOW_BLOCKS);
    if (nb == 0 && window->nb_blocks == 0) {
        return;
    }
    if (!window->base && (!empty_window || !(window->base = window_reserve()))) {
        return;
    }
    memcpy(window->blocks, blocks, nb * sizeof(*blocks));
    window->nb_blocks = nb;
    RCU_READ_LOCK_GUARD();
    update(cpu, mmu_idx);
    cpu->jit->window[mmu_idx] = (uintptr_t)window->base;
    paged_windows_publish(cpu);
}

uint32_t window_modes(CPUState *cpu)
{
    uint32_t modes = 0;

    for (int i = 0; i < NB_MMU_MODES; i++) {
        if (cpu->tcg->window[i].nb_blocks) {
            modes |= 1u << i;
        }
    }
    return modes;
}

uint32_t stack_window_modes(CPUState *cpu)
{
    uint32_t modes = window_modes(cpu);

    for (int i = 0; i < NB_MMU_MODES; i++) {
        if (cpu->tcg->stack_faults[i] > STACK_FAULTS_MAX) {
            modes &= ~(1u << i);
        }
    }
    return modes;
}

void window_update_all(CPUState *cpu)
{
    RCU_READ_LOCK_GUARD();
    for (int i = 0; i < NB_MMU_MODES; i++) {
        if (cpu->tcg->window[i].base) {
            update(cpu, i);
        }
    }
}

/*
 * Calls func for each writable map that shows some of [start, start + len), with the part of the
 * map.
 */
static bool for_each_map(CPUState *cpu, ram_addr_t start, uint64_t len,
                         bool (*func)(MemoryWindow *, const WindowMap *, uint64_t, uint64_t))
{
    bool good = true;

    for (int i = 0; i < NB_MMU_MODES; i++) {
        MemoryWindow *window = &cpu->tcg->window[i];

        for (unsigned j = 0; window->base && j < window->maps->len; j++) {
            const WindowMap *map = &g_array_index(window->maps, WindowMap, j);
            ram_addr_t first = MAX(start, map->ram_addr);
            ram_addr_t end = MIN(start + len, map->ram_addr + map->size);

            if ((map->prot & PROT_WRITE) && first < end) {
                good &= func(window, map, first - map->ram_addr, end - map->ram_addr);
            }
        }
    }
    return good;
}

static bool protect_part(MemoryWindow *window, const WindowMap *map, uint64_t start, uint64_t end)
{
    protect_guarded_pages(window, map, start, end);
    return true;
}

void window_protect_pages(CPUState *cpu, ram_addr_t start, uint64_t len)
{
    for_each_map(cpu, start, len, protect_part);
}

static bool unprotect_part(MemoryWindow *window, const WindowMap *map, uint64_t start, uint64_t end)
{
    return mprotect(window->base + map->start + start, end - start, map->prot) == 0;
}

bool window_unprotect_page(CPUState *cpu, ram_addr_t page)
{
    return for_each_map(cpu, page, TARGET_PAGE_SIZE, unprotect_part);
}

ram_addr_t window_ram_addr(CPUState *cpu, int mmu_idx, vaddr addr)
{
    const MemoryWindow *window = &cpu->tcg->window[mmu_idx];

    for (unsigned i = 0; i < window->maps->len; i++) {
        const WindowMap *map = &g_array_index(window->maps, WindowMap, i);

        if (addr - map->start < map->size && (map->prot & PROT_WRITE)) {
            return map->ram_addr + (addr - map->start);
        }
    }
    return RAM_ADDR_INVALID;
}

bool tcg_in_window(CPUArchState *env, unsigned mode, uint32_t addr)
{
    const MemoryWindow *window = &current_cpu->tcg->window[mode];

    for (unsigned i = 0; i < window->maps->len; i++) {
        const WindowMap *map = &g_array_index(window->maps, WindowMap, i);

        if (addr - map->start < map->size) {
            return true;
        }
    }
    return false;
}

/* ---- Changes of the memory map ---- */

static void memory_map_changed(CPUState *cpu, void *data)
{
    cpu->tcg->map_changed = false;
    window_update_all(cpu);
    tlb_flush(cpu);
}

static void note_change(MemoryListener *listener, MemoryRegionSection *section)
{
    container_of(listener, SpaceListener, listener)->tcg->map_changed = true;
}

static void commit(MemoryListener *listener)
{
    CPUTcgState *tcg = container_of(listener, SpaceListener, listener)->tcg;

    if (!tcg->map_changed || !tcg->cpu->created) {
        return;
    }
    if (qemu_cpu_is_self(tcg->cpu)) {
        memory_map_changed(tcg->cpu, NULL);
    } else {
        async_run_on_cpu(tcg->cpu, memory_map_changed, NULL);
    }
}

void window_free(CPUState *cpu)
{
    for (int i = 0; i < CPU_MAX_ADDRESS_SPACES && cpu->spaces[i]; i++) {
        memory_listener_unregister(&cpu->tcg->listeners[i].listener);
    }
    for (int i = 0; i < NB_MMU_MODES; i++) {
        window_release(cpu->tcg->window[i].base);
        g_array_unref(cpu->tcg->window[i].maps);
    }
}

void window_init(CPUState *cpu)
{
    if (!empty_window) {
        empty_window = window_reserve();
    }
    for (int i = 0; i < NB_MMU_MODES; i++) {
        cpu->tcg->window[i].maps = g_array_new(false, false, sizeof(WindowMap));
        cpu->jit->window[i] = (uintptr_t)empty_window;
    }
    cpu->tcg->cpu = cpu;
    for (int i = 0; i < CPU_MAX_ADDRESS_SPACES && cpu->spaces[i]; i++) {
        SpaceListener *l = &cpu->tcg->listeners[i];

        l->tcg = cpu->tcg;
        l->listener = (MemoryListener){
            .name = "tcg",
            .region_add = note_change,
            .region_del = note_change,
            .commit = commit,
        };
        memory_listener_register(&l->listener, cpu->spaces[i]);
    }
}
