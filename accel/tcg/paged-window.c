/*
 * Paged windows: host address space that looks like what page-translated user code sees, so that an
 * access in a region is one host instruction there, too.
 *
 * There are a few for each CPU, each for one MMU mode in one translation context. At first one
 * shows nothing. An access that faults goes on by its slow path, and if that finds RAM that
 * generated code may access through the TLB, the page is shown from then on, with the rights that
 * the TLB entry gives. What makes the TLB forget a page, or a right, hides it here: a window never
 * shows more than the guest may access.
 *
 * That costs microseconds for each page, where a TLB entry costs some nanoseconds. So only regions
 * use these windows, and a region that causes too much of that is translated again without them
 * (region.c).
 *
 * Only for modes in which the guest can't change the context (TCGCPUOps.paged_window_modes), since
 * generated code keeps the window's address in a register. All of this belongs to the CPU's thread,
 * or to who holds all CPUs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "internal.h"
#include "qemu/atomic.h"
#include "system/ramblock.h"

bool tcg_paged_windows = true;

#define NB_WINDOWS 8
#define MAX_SHOWN 16384
/* Mappings that the rest of the process may need. */
#define OTHER_MAPPINGS 16000
#define NB_CLASSES     (1u << PAGE_CLASS_BITS)
#define NB_CHAINS      64 /* of each class of pages */
#define NB_RAM_CHAINS  1024

/* Number of a Shown, plus one; 0 ends a list. */
typedef uint16_t ShownRef;

typedef struct Shown {
    uint64_t page; /* number of the virtual page */
    ram_addr_t ram_addr;
    ShownRef next, next_of_ram;
    uint8_t window;
    bool writable;
} Shown;

typedef struct Window {
    uint8_t *base;  /* host address of guest address 0, NULL: not reserved yet */
    uint32_t owner; /* id of the TLBOwner whose pages these are */
    uint8_t mode;
    unsigned nb_shown;
} Window;

struct PagedWindows {
    Window windows[NB_WINDOWS];
    unsigned next; /* to be used for another context */
    Shown shown[MAX_SHOWN];
    ShownRef free;      /* list of those that were used, by `next` */
    unsigned nb_used;   /* the others haven't been used at all */
    ShownRef by_page[NB_CLASSES][NB_CHAINS];
    ShownRef by_ram[NB_RAM_CHAINS];
};

static unsigned nb_shown_in_all; /* of all CPUs */

/*
 * How many that may be. The host has a limit for a process's mappings; a page that is shown may be
 * two of them, and hiding one must never meet the limit.
 */
static unsigned max_shown_in_all(void)
{
    static gsize max; /* plus one */

    if (g_once_init_enter(&max)) {
        g_autofree char *text = NULL;
        uint64_t limit = 65530;

        if (g_file_get_contents("/proc/sys/vm/max_map_count", &text, NULL, NULL)) {
            limit = g_ascii_strtoull(text, NULL, 10);
        }
        g_once_init_leave(&max, limit > OTHER_MAPPINGS ? 1 + (limit - OTHER_MAPPINGS) / 2 : 1);
    }
    return MIN(max - 1, UINT_MAX);
}

/* ---- Lists ---- */

static Shown *shown_of(PagedWindows *p, ShownRef ref)
{
    return ref ? &p->shown[ref - 1] : NULL;
}

static ShownRef *page_chain(PagedWindows *p, uint64_t page)
{
    uint64_t h = (page >> PAGE_CLASS_BITS) * 0x9e3779b97f4a7c15ull;

    return &p->by_page[page % NB_CLASSES][h >> 32 & (NB_CHAINS - 1)];
}

static ShownRef *ram_chain(PagedWindows *p, ram_addr_t ram_addr)
{
    uint64_t h = (ram_addr >> TARGET_PAGE_BITS) * 0x9e3779b97f4a7c15ull;

    return &p->by_ram[h >> 32 & (NB_RAM_CHAINS - 1)];
}

static Shown *find(PagedWindows *p, unsigned window, uint64_t page)
{
    Shown *s = shown_of(p, *page_chain(p, page));

    while (s && (s->page != page || s->window != window)) {
        s = shown_of(p, s->next);
    }
    return s;
}

static ShownRef take_free(PagedWindows *p)
{
    ShownRef ref = p->free;

    if (ref) {
        p->free = shown_of(p, ref)->next;
        return ref;
    }
    return p->nb_used < MAX_SHOWN ? ++p->nb_used : 0;
}

static void add(PagedWindows *p, ShownRef ref)
{
    Shown *s = shown_of(p, ref);
    ShownRef *of_page = page_chain(p, s->page), *of_ram = ram_chain(p, s->ram_addr);

    s->next = *of_page;
    s->next_of_ram = *of_ram;
    *of_page = *of_ram = ref;
    p->windows[s->window].nb_shown++;
    qatomic_inc(&nb_shown_in_all);
}

/* Takes what `*link` names, in the chain of its page, out of both lists. */
static void take_out(PagedWindows *p, ShownRef *link)
{
    ShownRef ref = *link, *of_ram;
    Shown *s = shown_of(p, ref);

    *link = s->next;
    for (of_ram = ram_chain(p, s->ram_addr); *of_ram != ref;) {
        of_ram = &shown_of(p, *of_ram)->next_of_ram;
    }
    *of_ram = s->next_of_ram;
    p->windows[s->window].nb_shown--;
    qatomic_dec(&nb_shown_in_all);
    s->next = p->free;
    p->free = ref;
}

/* ---- Hiding ---- */

/* It must succeed: what stayed could be seen by a guest that has lost the right to it. */
static void map_nothing(const Window *w, uint64_t start, uint64_t size)
{
    void *at = mmap(w->base + start, size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    g_assert(at != MAP_FAILED);
}

static void hide(CPUState *cpu, ShownRef *link)
{
    PagedWindows *p = cpu->tcg->paged;
    const Shown *s = shown_of(p, *link);

    map_nothing(&p->windows[s->window], s->page << TARGET_PAGE_BITS, TARGET_PAGE_SIZE);
    take_out(p, link);
    tcg_stats(cpu)->pages_hidden++;
    cpu->tcg->window_work++;
}

static void hide_all_of(CPUState *cpu, unsigned n)
{
    PagedWindows *p = cpu->tcg->paged;
    Window *w = &p->windows[n];

    if (!w->nb_shown) {
        return;
    }
    map_nothing(w, 0, 4 * GiB);
    cpu->tcg->window_work += 1 + w->nb_shown / 4;
    tcg_stats(cpu)->pages_hidden += w->nb_shown;
    for (unsigned c = 0; c < NB_CLASSES * NB_CHAINS; c++) {
        ShownRef *link = &p->by_page[c / NB_CHAINS][c % NB_CHAINS];

        while (*link) {
            if (shown_of(p, *link)->window == n) {
                take_out(p, link);
            } else {
                link = &shown_of(p, *link)->next;
            }
        }
    }
}

void paged_windows_flush(CPUState *cpu)
{
    for (unsigned n = 0; cpu->tcg->paged && n < NB_WINDOWS; n++) {
        hide_all_of(cpu, n);
    }
}

void paged_windows_free(CPUState *cpu)
{
    PagedWindows *p = cpu->tcg->paged;

    for (unsigned n = 0; p && n < NB_WINDOWS; n++) {
        hide_all_of(cpu, n);
        window_release(p->windows[n].base);
    }
    g_free(p);
}

void paged_windows_flush_pages(CPUState *cpu, uint64_t page, unsigned bits)
{
    PagedWindows *p = cpu->tcg->paged;
    uint64_t mask = bits < 64 ? (1ull << bits) - 1 : UINT64_MAX;
    unsigned step = 1u << MIN(bits, PAGE_CLASS_BITS);

    for (unsigned class = page & (step - 1); p && class < NB_CLASSES; class += step) {
        for (unsigned chain = 0; chain < NB_CHAINS; chain++) {
            ShownRef *link = &p->by_page[class][chain];

            while (*link) {
                if ((shown_of(p, *link)->page ^ page) & mask) {
                    link = &shown_of(p, *link)->next;
                } else {
                    hide(cpu, link);
                }
            }
        }
    }
}

void paged_windows_protect(CPUState *cpu, ram_addr_t start, uint64_t len)
{
    PagedWindows *p = cpu->tcg->paged;
    ram_addr_t ram_addr = start & TARGET_PAGE_MASK;

    for (; p && ram_addr < start + len; ram_addr += TARGET_PAGE_SIZE) {
        Shown *s = shown_of(p, *ram_chain(p, ram_addr)), *next;
        ram_addr_t offset;
        RAMBlock *rb = qemu_ram_block_from_addr(ram_addr, &offset);

        for (; s && rb && page_is_guarded(rb, offset); s = next) {
            uint8_t *at = p->windows[s->window].base + (s->page << TARGET_PAGE_BITS);

            next = shown_of(p, s->next_of_ram);
            if (s->ram_addr == ram_addr && s->writable) {
                if (mprotect(at, TARGET_PAGE_SIZE, PROT_READ) != 0) {
                    hide_all_of(cpu, s->window); /* too many mappings: one is what is left */
                    next = shown_of(p, *ram_chain(p, ram_addr));
                } else {
                    s->writable = false;
                }
            }
        }
    }
}

/* ---- Showing ---- */

/* The window of the mode in the current context, or -1. */
static int current_window(const CPUState *cpu, int mode)
{
    const PagedWindows *p = cpu->tcg->paged;

    for (int n = 0; n < NB_WINDOWS; n++) {
        if (p->windows[n].base && p->windows[n].owner == cpu->tcg->tlb[mode].owner &&
            p->windows[n].mode == mode) {
            return n;
        }
    }
    return -1;
}

/* One in place of that which has been used longest; -1: the host has no addresses for it. */
static int new_window(CPUState *cpu, int mode)
{
    PagedWindows *p = cpu->tcg->paged;
    unsigned n = p->next;
    Window *w = &p->windows[n];

    if (w->base) {
        hide_all_of(cpu, n);
    } else if (!(w->base = window_reserve())) {
        return -1;
    }
    p->next = (n + 1) % NB_WINDOWS;
    w->owner = cpu->tcg->tlb[mode].owner;
    w->mode = mode;
    return n;
}

static bool is_paged(const CPUState *cpu, int mode)
{
    return tcg_paged_windows && tcg_use_windows && (cpu->tcg->ops->paged_window_modes >> mode & 1) &&
           cpu->tcg->tlb[mode].depends && !cpu->tcg->window[mode].nb_blocks && max_shown_in_all();
}

uint32_t paged_window_modes(CPUState *cpu)
{
    uint32_t modes = 0;

    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        modes |= (uint32_t)is_paged(cpu, mode) << mode;
    }
    return modes;
}

void paged_windows_publish(CPUState *cpu)
{
    for (int mode = 0; cpu->tcg->paged && mode < cpu->tcg->modes_used; mode++) {
        if (is_paged(cpu, mode)) {
            int n = current_window(cpu, mode);
            const uint8_t *base = n < 0 ? window_empty() : cpu->tcg->paged->windows[n].base;

            cpu->jit->window[mode] = (uintptr_t)base;
        }
    }
}

static bool map_page(const Window *w, uint64_t page, const TLBSlowEntry *slow, bool writable)
{
    const RAMBlock *rb = slow->ram;

    return mmap(w->base + (page << TARGET_PAGE_BITS), TARGET_PAGE_SIZE,
                PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED, rb->fd,
                rb->fd_offset + (slow->ram_addr - rb->offset)) != MAP_FAILED;
}

static void show(CPUState *cpu, unsigned n, vaddr addr)
{
    PagedWindows *p = cpu->tcg->paged;
    int mode = p->windows[n].mode;
    const TLBSlowEntry *slow = tlb_slow_entry(cpu, mode, addr);
    const CPUTLBEntry *fast = tlb_fast_entry(cpu, mode, addr);
    uint64_t page = addr >> TARGET_PAGE_BITS;
    uint64_t match = (addr & TARGET_PAGE_MASK) | cpu->jit->tlb[mode].tag;
    bool writable = fast->write == match;
    Shown *s = find(p, n, page);
    ShownRef ref;

    if (fast->read != match || !slow->ram || slow->ram->fd < 0) {
        return;
    }
    if (s) {
        if (s->ram_addr == slow->ram_addr && s->writable == writable) {
            return;
        }
        paged_windows_flush_pages(cpu, page, 64);
    }
    if (qatomic_read(&nb_shown_in_all) >= max_shown_in_all() || !(ref = take_free(p))) {
        paged_windows_flush(cpu); /* and if other CPUs have all that there may be, wait for them */
        ref = qatomic_read(&nb_shown_in_all) < max_shown_in_all() ? take_free(p) : 0;
    }
    if (!ref) {
        return;
    }
    if (!map_page(&p->windows[n], page, slow, writable)) {
        map_nothing(&p->windows[n], page << TARGET_PAGE_BITS, TARGET_PAGE_SIZE);
        shown_of(p, ref)->next = p->free;
        p->free = ref;
        return;
    }
    *shown_of(p, ref) = (Shown){ .page = page, .ram_addr = slow->ram_addr, .window = n,
                                 .writable = writable };
    add(p, ref);
    tcg_stats(cpu)->pages_shown++;
    cpu->tcg->window_work++;
}

void paged_window_accessed(CPUState *cpu, int mode, vaddr addr, unsigned size)
{
    int n;

    cpu->tcg->window_work++; /* the fault that led here */
    if (!is_paged(cpu, mode)) {
        return;
    }
    if (!cpu->tcg->paged) {
        cpu->tcg->paged = g_new0(PagedWindows, 1);
    }
    n = current_window(cpu, mode);
    if (n < 0) {
        n = new_window(cpu, mode);
    }
    if (n < 0) {
        return;
    }
    cpu->jit->window[mode] = cpu->jit->window_base = (uintptr_t)cpu->tcg->paged->windows[n].base;
    show(cpu, n, addr);
    if ((addr ^ (addr + size - 1)) & TARGET_PAGE_MASK) {
        show(cpu, n, (uint32_t)(addr + size - 1));
    }
}
