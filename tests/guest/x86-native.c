/*
 * Code of tests, run by the host's CPU: in an x86-64 process, in 64-bit or in compatibility mode.
 *
 * The pages that the code and its data have in the test machine are mapped at the same addresses
 * here. Registers are exchanged with its state around a jump to the code; it comes back by a jump,
 * or by a signal that an exception raises.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "x86-machine.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "qemu/bswap.h"

#define WAY_BACK (X86_TEST_CODE - 0x100)

/* Linux's selectors for programs. */
enum { USER_CODE32 = 0x23, USER_DATA = 0x2b, USER_CODE64 = 0x33 };

/* What the assembly below exchanges; addressed directly, though this is loaded like a library. */
__attribute__((visibility("hidden"))) struct {
    uint64_t regs[X86_NB_REGS];
    uint64_t flags;
    uint64_t host_stack;
    uint64_t code;
    struct QEMU_PACKED {
        uint32_t offset;
        uint16_t selector;
    } code32;
} x86_native;

void x86_native_enter(void);
void x86_native_enter32(void);
void x86_native_back(void);
void x86_native_leave(void);

#define FOR_REGISTERS(X)                                                                           \
    X("rax", "0") X("rcx", "8") X("rdx", "16") X("rbx", "24") X("rbp", "40") X("rsi", "48")        \
    X("rdi", "56") X("r8", "64") X("r9", "72") X("r10", "80") X("r11", "88") X("r12", "96")        \
    X("r13", "104") X("r14", "112") X("r15", "120") X("rsp", "32")
#define LOAD(reg, offset) "mov x86_native+" offset "(%rip), %" reg "\n"
#define SAVE(reg, offset) "mov %" reg ", x86_native+" offset "(%rip)\n"
#define ENTER                                                                                      \
    "push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"                           \
    "mov %rsp, x86_native+136(%rip)\n"                                                             \
    "pushq x86_native+128(%rip)\npopfq\n" FOR_REGISTERS(LOAD)

asm(".text\n"
    "x86_native_enter:\n" ENTER "jmp *x86_native+144(%rip)\n"
    "x86_native_enter32:\n" ENTER "ljmp *x86_native+152(%rip)\n"
    "x86_native_back:\n" FOR_REGISTERS(SAVE)
    "mov x86_native+136(%rip), %rsp\n"
    "pushfq\npopq x86_native+128(%rip)\n"
    "x86_native_leave:\n"
    "mov x86_native+136(%rip), %rsp\n"
    "cld\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");

static volatile unsigned native_stop;

/* A fault's registers; then on behind the entry. */
static void fault_came(int signal, siginfo_t *info, void *context)
{
    static const int order[X86_NB_REGS] = {
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
        REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
    };
    greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        x86_native.regs[i] = gregs[order[i]];
    }
    x86_native.flags = gregs[REG_EFL];
    native_stop = gregs[REG_TRAPNO];
    gregs[REG_RIP] = (greg_t)(uintptr_t)x86_native_leave;
    gregs[REG_EFL] &= ~(greg_t)FLAG_DF;
    gregs[REG_CSGSFS] = (gregs[REG_CSGSFS] & ~0xffffll) | USER_CODE64;
}

static const int signals[] = { SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP };

/* At other times they are the emulator's. */
static void take_signals(struct sigaction *before)
{
    struct sigaction action = { .sa_sigaction = fault_came, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        sigaction(signals[i], &action, &before[i]);
    }
}

static void give_signals_back(const struct sigaction *before)
{
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        sigaction(signals[i], &before[i], NULL);
    }
}

static void set_up(void)
{
    static uint8_t signal_stack[64 * KiB];
    stack_t stack = { .ss_size = sizeof(signal_stack), .ss_sp = signal_stack };
    void *ram = mmap((void *)(uintptr_t)X86_TEST_RAM, X86_TEST_RAM_SIZE,
                     PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    g_assert(ram == (void *)(uintptr_t)X86_TEST_RAM);
    sigaltstack(&stack, NULL);
    asm volatile("mov %0, %%ds\nmov %0, %%es" : : "r"(USER_DATA));
}

/* jmp *0(%rip) */
static void write_jump(uint8_t *at, void (*to)(void))
{
    static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 };

    memcpy(at, jump, sizeof(jump));
    stq_le_p(at + sizeof(jump), (uintptr_t)to);
}

bool x86_native_run(X86TestState *s, const uint8_t *code, size_t bytes)
{
    static bool is_set_up;
    uint8_t *at = (uint8_t *)(uintptr_t)X86_TEST_CODE, *data = (void *)(uintptr_t)X86_TEST_DATA;
    struct sigaction before[ARRAY_SIZE(signals)];

    if (!is_set_up) {
        is_set_up = true;
        set_up();
    }
    memcpy(at, code, bytes);
    if (s->bits == 64) {
        write_jump(at + bytes, x86_native_back);
    } else {
        at[bytes] = 0xea;
        stl_le_p(at + bytes + 1, WAY_BACK);
        stw_le_p(at + bytes + 5, USER_CODE64);
        write_jump((uint8_t *)(uintptr_t)WAY_BACK, x86_native_back);
    }
    memcpy(data, s->data, sizeof(s->data));
    memcpy(x86_native.regs, s->regs, sizeof(s->regs));
    x86_native.flags = s->eflags | FLAG_1;
    x86_native.code = X86_TEST_CODE;
    x86_native.code32.offset = X86_TEST_CODE;
    x86_native.code32.selector = USER_CODE32;
    native_stop = X86_STOP_END;
    take_signals(before);
    (s->bits == 64 ? x86_native_enter : x86_native_enter32)();
    give_signals_back(before);
    memcpy(s->regs, x86_native.regs, sizeof(s->regs));
    s->eflags = x86_native.flags;
    s->stop = native_stop;
    memcpy(s->data, data, sizeof(s->data));
    return true;
}

bool x86_host_is_intel(void)
{
    unsigned a, b = 0, c = 0, d = 0;

    __get_cpuid(0, &a, &b, &c, &d);
    return b == signature_INTEL_ebx && c == signature_INTEL_ecx && d == signature_INTEL_edx;
}

#else

bool x86_native_run(X86TestState *s, const uint8_t *code, size_t bytes)
{
    return false;
}

bool x86_host_is_intel(void)
{
    return false;
}

#endif
