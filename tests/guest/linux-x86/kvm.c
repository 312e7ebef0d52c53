/*
 * A virtual machine in the guest: /dev/kvm, small programs in real, protected and long mode.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../linux/check.h"

enum { MEMORY_SIZE = 2 << 20, CODE_AT = 0x1000, PORT = 0x80 };

typedef struct Machine {
    int kvm, vm, cpu;
    uint8_t *memory;
    struct kvm_run *run;
} Machine;

static void close_machine(Machine *m)
{
    munmap(m->memory, MEMORY_SIZE);
    close(m->cpu);
    close(m->vm);
    close(m->kvm);
}

static bool open_machine(Machine *m, const uint8_t *code, size_t size)
{
    struct kvm_userspace_memory_region region = { .memory_size = MEMORY_SIZE };
    int run_size;

    m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
    m->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    region.userspace_addr = (uintptr_t)m->memory;
    if (m->vm < 0 || m->memory == MAP_FAILED || ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region)) {
        return false;
    }
    memcpy(m->memory + CODE_AT, code, size);
    m->cpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
    run_size = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    m->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->cpu, 0);
    return m->cpu >= 0 && m->run != MAP_FAILED;
}

static bool start_at(Machine *m, uint64_t ip, uint64_t rax, uint64_t rbx)
{
    struct kvm_sregs sregs;
    struct kvm_regs regs = { .rip = ip, .rax = rax, .rbx = rbx, .rflags = 2, .rsp = 0x8000 };

    if (ioctl(m->cpu, KVM_GET_SREGS, &sregs)) {
        return false;
    }
    sregs.cs.base = sregs.cs.selector = 0;
    return !ioctl(m->cpu, KVM_SET_SREGS, &sregs) && !ioctl(m->cpu, KVM_SET_REGS, &regs);
}

static int run(Machine *m)
{
    while (ioctl(m->cpu, KVM_RUN, 0) < 0) {
        if (errno != EINTR && errno != EAGAIN) {
            return -1;
        }
    }
    return m->run->exit_reason;
}

static uint8_t port_byte(const Machine *m)
{
    return *((const uint8_t *)m->run + m->run->io.data_offset);
}

/* add al, bl; out PORT, al; hlt */
static void real_mode_adds_and_halts(void)
{
    static const uint8_t code[] = { 0x00, 0xd8, 0xe6, PORT, 0xf4 };
    struct kvm_regs regs;
    Machine m;

    EXPECT(open_machine(&m, code, sizeof(code)));
    EXPECT(start_at(&m, CODE_AT, 40, 2));
    EXPECT(run(&m) == KVM_EXIT_IO);
    EXPECT(m.run->io.direction == KVM_EXIT_IO_OUT && m.run->io.port == PORT && port_byte(&m) == 42);
    EXPECT(run(&m) == KVM_EXIT_HLT);
    EXPECT(!ioctl(m.cpu, KVM_GET_REGS, &regs) && regs.rip == CODE_AT + sizeof(code));
    close_machine(&m);
    PASS();
}

/* mov eax, ds:[0] through a segment at 1 MiB + 15 MiB: no memory is there */
static void a_device_answers_where_no_memory_is(void)
{
    static const uint8_t code[] = { 0xb8, 0x00, 0xf0, 0x8e, 0xd8, 0x67, 0x66, 0xa1, 0, 0, 0, 0,
                                    0x67, 0x66, 0xa3, 4, 0, 0, 0, 0xf4 };
    struct kvm_userspace_memory_region region = { .memory_size = 0x80000 };
    Machine m;

    EXPECT(open_machine(&m, code, sizeof(code)));
    region.userspace_addr = (uintptr_t)m.memory;
    region.memory_size = 0;
    EXPECT(!ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region));
    region.memory_size = 0x80000;
    EXPECT(!ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region));
    EXPECT(start_at(&m, CODE_AT, 0, 0));
    EXPECT(run(&m) == KVM_EXIT_MMIO);
    EXPECT(m.run->mmio.phys_addr == 0xf0000 && !m.run->mmio.is_write && m.run->mmio.len == 4);
    memcpy(m.run->mmio.data, "\x78\x56\x34\x12", 4);
    EXPECT(run(&m) == KVM_EXIT_MMIO);
    EXPECT(m.run->mmio.phys_addr == 0xf0004 && m.run->mmio.is_write && m.run->mmio.len == 4);
    EXPECT(!memcmp(m.run->mmio.data, "\x78\x56\x34\x12", 4));
    EXPECT(run(&m) == KVM_EXIT_HLT);
    close_machine(&m);
    PASS();
}

/* sti; 1: inc bx; jmp 1b. The handler: mov al, 7; out PORT, al; hlt */
static void an_interrupt_is_taken(void)
{
    static const uint8_t code[] = { 0xfb, 0x43, 0xeb, 0xfd };
    static const uint8_t handler[] = { 0xb0, 7, 0xe6, PORT, 0xf4 };
    struct kvm_interrupt interrupt = { .irq = 0x20 };
    Machine m;

    EXPECT(open_machine(&m, code, sizeof(code)));
    memcpy(m.memory + 0x2000, handler, sizeof(handler));
    memcpy(m.memory + 4 * 0x20, "\x00\x20\x00\x00", 4);
    EXPECT(start_at(&m, CODE_AT, 0, 0));
    m.run->request_interrupt_window = 1;
    EXPECT(run(&m) == KVM_EXIT_IRQ_WINDOW_OPEN);
    m.run->request_interrupt_window = 0;
    EXPECT(!ioctl(m.cpu, KVM_INTERRUPT, &interrupt));
    EXPECT(run(&m) == KVM_EXIT_IO && port_byte(&m) == 7);
    close_machine(&m);
    PASS();
}

/* Long mode with pages of 2 MiB: mov rax, [rbx]; mul; mov [rbx + 8], rax; out; hlt */
static void long_mode_has_its_own_pages(void)
{
    static const uint8_t code[] = { 0x48, 0x8b, 0x03, 0x48, 0x0f, 0xaf, 0xc0, 0x48, 0x89, 0x43, 0x08,
                                    0xe6, PORT, 0xf4 };
    struct kvm_segment flat = { .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1,
                                .l = 1, .g = 1 };
    struct kvm_regs regs = { .rip = 0x40001000, .rbx = 0x40000800, .rflags = 2, .rsp = 0x40008000 };
    struct kvm_sregs sregs;
    uint64_t value = 0x12345678, result;
    Machine m;

    EXPECT(open_machine(&m, code, sizeof(code)));
    memcpy(m.memory + 0x800, &value, 8);
    /* The third GiB of addresses: at 40000000h is what lies at 0. */
    *(uint64_t *)(m.memory + 0x10000) = 0x11000 | 3;
    *(uint64_t *)(m.memory + 0x11008) = 0x12000 | 3;
    *(uint64_t *)(m.memory + 0x12000) = 0x83;
    EXPECT(!ioctl(m.cpu, KVM_GET_SREGS, &sregs));
    sregs.cr3 = 0x10000;
    sregs.cr4 = 0x20;
    sregs.cr0 = 0x80050033;
    sregs.efer = 0x500;
    sregs.cs = flat;
    flat.type = 3;
    flat.selector = 16;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat;
    EXPECT(!ioctl(m.cpu, KVM_SET_SREGS, &sregs));
    EXPECT(!ioctl(m.cpu, KVM_SET_REGS, &regs));
    EXPECT(run(&m) == KVM_EXIT_IO);
    EXPECT(run(&m) == KVM_EXIT_HLT);
    memcpy(&result, m.memory + 0x808, 8);
    EXPECT(result == value * value);
    close_machine(&m);
    PASS();
}

/* 1: dec ecx; jnz 1b; out PORT, al; jmp to the beginning: exits, and time for the host's interrupts */
static void many_exits_and_long_runs(void)
{
    static const uint8_t code[] = { 0x66, 0xb9, 0x40, 0x42, 0x0f, 0x00, 0x66, 0x49, 0x75, 0xfc, 0x40,
                                    0xe6, PORT, 0xeb, 0xf1 };
    Machine m;

    EXPECT(open_machine(&m, code, sizeof(code)));
    EXPECT(start_at(&m, CODE_AT, 0, 0));
    for (unsigned i = 1; i <= 20; i++) {
        EXPECT(run(&m) == KVM_EXIT_IO && port_byte(&m) == i);
    }
    close_machine(&m);
    PASS();
}

int main(void)
{
    real_mode_adds_and_halts();
    a_device_answers_where_no_memory_is();
    an_interrupt_is_taken();
    long_mode_has_its_own_pages();
    many_exits_and_long_runs();
    return 0;
}
