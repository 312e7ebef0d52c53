/*
 * Counts by perf_event_open: instructions of a loop of known length, cycles, and samples.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

static int event(uint64_t config, uint64_t period, int user_only)
{
    struct perf_event_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.size = sizeof(attr);
    attr.type = PERF_TYPE_HARDWARE;
    attr.config = config;
    attr.disabled = 1;
    attr.exclude_kernel = user_only;
    attr.exclude_hv = user_only;
    attr.sample_period = period;
    attr.wakeup_events = 1;
    return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static void loop(uint64_t n)
{
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(n) : : "cc");
}

static uint64_t count(int fd, uint64_t rounds)
{
    uint64_t value = 0;

    ioctl(fd, PERF_EVENT_IOC_RESET, 0);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    loop(rounds);
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    return read(fd, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

static volatile unsigned samples;

static void sampled(int number)
{
    (void)number;
    samples++;
}

int main(void)
{
    int insns = event(PERF_COUNT_HW_INSTRUCTIONS, 0, 1), cycles = event(PERF_COUNT_HW_CPU_CYCLES, 0, 0);
    int often = event(PERF_COUNT_HW_INSTRUCTIONS, 10000000, 1);
    uint64_t n;

    if (insns < 0 || cycles < 0 || often < 0) {
        perror("perf_event_open");
        return 1;
    }
    n = count(insns, 50000000);
    printf("instructions %llu\n", (unsigned long long)n);
    n = count(cycles, 50000000);
    printf("cycles %llu\n", (unsigned long long)n);
    signal(SIGIO, sampled);
    fcntl(often, F_SETFL, O_ASYNC);
    fcntl(often, F_SETOWN, getpid());
    count(often, 50000000);
    printf("samples %u\n", samples);
    return 0;
}
