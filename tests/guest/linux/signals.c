/*
 * setjmp, signals and floating-point state: registers and FPSCR are those of the interrupted code
 * again, and exceptions arrive as the signals, codes and addresses that they are.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>
#include "check.h"

#define HIGH_FPRS(op)                                                                              \
    op " 14,0(%0)\n" op " 15,8(%0)\n" op " 16,16(%0)\n" op " 17,24(%0)\n" op " 18,32(%0)\n" op     \
       " 19,40(%0)\n" op " 20,48(%0)\n" op " 21,56(%0)\n" op " 30,64(%0)\n" op " 31,72(%0)\n"
#define NB_FPRS 10

static double before[NB_FPRS], other[NB_FPRS], after[NB_FPRS];
static sigjmp_buf jump;

static __attribute__((noinline)) void spoil_and_jump(void)
{
    __asm__ volatile(HIGH_FPRS("lfd") : : "b"(other) : "memory");
    longjmp(jump, 7);
}

static void setjmp_keeps_registers(void)
{
    int value;

    for (int i = 0; i < NB_FPRS; i++) {
        before[i] = i + 0.5;
        other[i] = -i;
    }
    __asm__ volatile(HIGH_FPRS("lfd")
                     :
                     : "b"(before)
                     : "memory", "fr14", "fr15", "fr16", "fr17", "fr18", "fr19", "fr20", "fr21",
                       "fr30", "fr31");
    value = setjmp(jump);
    if (!value) {
        spoil_and_jump();
    }
    __asm__ volatile(HIGH_FPRS("stfd") : : "b"(after) : "memory");
    EXPECT(value == 7);
    EXPECT(!memcmp(before, after, sizeof(after)));
    PASS();
}

static volatile unsigned ticks;

static void spoil_fp_state(int signal)
{
    double one = 1, zero = 0;

    ticks++;
    fesetround(ticks & 1 ? FE_UPWARD : FE_TOWARDZERO);
    HIDEF(one);
    HIDEF(zero);
    one /= zero;
    HIDEF(one);
    __asm__ volatile(HIGH_FPRS("lfd")
                     :
                     : "b"(other)
                     : "memory", "fr14", "fr15", "fr16", "fr17", "fr18", "fr19", "fr20", "fr21",
                       "fr30", "fr31");
}

static double series(int n)
{
    double sum = 0, sign = 1;

    for (int i = 0; i < n; i++) {
        sum += sign / (2 * i + 1);
        sign = -sign;
    }
    return sum;
}

static void timer_signals_leave_fp_alone(void)
{
    struct itimerval on = { { 0, 2000 }, { 0, 2000 } }, off = { 0 };
    double quiet = series(20000);
    int good = 0, runs = 0;

    signal(SIGALRM, spoil_fp_state);
    feclearexcept(FE_ALL_EXCEPT);
    setitimer(ITIMER_REAL, &on, NULL);
    while (ticks < 20 && runs < 2000) {
        good +=
            series(20000) == quiet && fegetround() == FE_TONEAREST && !fetestexcept(FE_DIVBYZERO);
        runs++;
    }
    setitimer(ITIMER_REAL, &off, NULL);
    EXPECT(ticks >= 20);
    EXPECT(good == runs);
    PASS();
}

static volatile int got_signal, got_code;
static volatile uint32_t got_nip;

static void record(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    got_signal = signal;
    got_code = info->si_code;
    got_nip = uc->uc_mcontext.uc_regs->gregs[32];
    uc->uc_mcontext.uc_regs->gregs[32] += 4; /* go on behind the instruction */
    if (signal == SIGFPE) { /* FEX would raise the next one at once */
        uc->uc_mcontext.uc_regs->fpregs.fpscr = 0;
    }
}

static void catch (int signal)
{
    struct sigaction action = { .sa_sigaction = record, .sa_flags = SA_SIGINFO };

    sigaction(signal, &action, NULL);
}

/* Runs one instruction and says where it is. */
#define FAULTING(insn, ...)                                                                        \
    ({                                                                                             \
        uint32_t at_;                                                                              \
                                                                                                   \
        got_signal = 0;                                                                            \
        __asm__ volatile("lis %0,1f@ha\n\taddi %0,%0,1f@l\n1:\t" insn                              \
                         : "=&b"(at_)                                                              \
                         : __VA_ARGS__                                                             \
                         : "memory", "fr1", "r0", "r11");                                          \
        at_;                                                                                       \
    })

static void fp_exceptions_are_sigfpe(void)
{
    static const struct {
        int enable, code;
        double a, b;
    } cases[] = {
        { FE_DIVBYZERO, FPE_FLTDIV, 1, 0 },         { FE_INVALID, FPE_FLTINV, 0, 0 },
        { FE_OVERFLOW, FPE_FLTOVF, 1e300, 1e-300 }, { FE_UNDERFLOW, FPE_FLTUND, 1e-300, 1e300 },
        { FE_INEXACT, FPE_FLTRES, 1, 3 },
    };

    catch (SIGFPE);
    for (int i = 0; i < 5; i++) {
        uint32_t at;

        feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(cases[i].enable);
        at = FAULTING("fdiv 1,%1,%2", "f"(cases[i].a), "f"(cases[i].b));
        fedisableexcept(FE_ALL_EXCEPT);
        feclearexcept(FE_ALL_EXCEPT);
        EXPECT(got_signal == SIGFPE);
        EXPECT(got_code == cases[i].code);
        EXPECT(got_nip == at);
    }
    PASS();
}

static void program_exceptions(void)
{
    uint32_t at;

    catch (SIGILL);
    catch (SIGTRAP);
    at = FAULTING(".long 0", "r"(0));
    EXPECT(got_signal == SIGILL && got_code == ILL_ILLOPC && got_nip == at);
    at = FAULTING("mfmsr 0", "r"(0));
    EXPECT(got_signal == SIGILL && got_code == ILL_PRVOPC && got_nip == at);
    at = FAULTING("mtspr 272,0", "r"(0));
    EXPECT(got_signal == SIGILL && got_code == ILL_PRVOPC && got_nip == at);
    at = FAULTING("twi 31,0,0", "r"(0));
    EXPECT(got_signal == SIGTRAP && got_code == TRAP_BRKPT && got_nip == at);
    PASS();
}

/* The kernel does what the processor refuses, except for reservations. */
static void alignment(void)
{
    static uint8_t buffer[64] __attribute__((aligned(16)));
    uint32_t value, at;
    double d = 1.25, e = 0;

    memcpy(buffer + 2, &d, sizeof(d));
    __asm__ volatile("lfd %0,2(%1)" : "=f"(e) : "b"(buffer) : "memory");
    EXPECT(bits_of(e) == bits_of(d));
    __asm__ volatile("stfd %0,13(%1)" : : "f"(d), "b"(buffer) : "memory");
    EXPECT(!memcmp(buffer + 13, &d, sizeof(d)));
    __asm__ volatile("lwz %0,3(%1)" : "=r"(value) : "b"(buffer) : "memory");
    EXPECT(!memcmp(&value, buffer + 3, 4));
    catch (SIGBUS);
    at = FAULTING("lwarx 0,0,%1", "r"(buffer + 2));
    EXPECT(got_signal == SIGBUS && got_code == BUS_ADRALN && got_nip == at);
    PASS();
}

static void jump_out(int signal)
{
    siglongjmp(jump, 1);
}

static void jumps_out_of_handlers(void)
{
    volatile int n = 0;

    signal(SIGSEGV, jump_out);
    while (n < 500) {
        if (!sigsetjmp(jump, 1)) {
            *(volatile int *)(uintptr_t)(n & 1 ? 0 : 0x60000000) = 1;
        } else {
            n++;
        }
    }
    signal(SIGSEGV, SIG_DFL);
    EXPECT(n == 500);
    PASS();
}

int main(void)
{
    setjmp_keeps_registers();
    timer_signals_leave_fp_alone();
    fp_exceptions_are_sigfpe();
    program_exceptions();
    alignment();
    jumps_out_of_handlers();
    return 0;
}
