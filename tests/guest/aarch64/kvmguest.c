/*
 * The smallest use of /dev/kvm: a guest of a few instructions, with a GICv3 if KVM has one. What it writes to its port, and
 * reads there, comes here; its virtual timer interrupts it three times; it ends by PSCI.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define RAM      0x40000000ul
#define RAM_SIZE 0x100000ul
#define PORT     0x09000000ul
#define CORE_REG(name)                                                                             \
    (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offsetof(struct kvm_regs, name) / 4)

/* x9: how many interrupts; x10: 1 with a GIC. */
extern const char guest_start[], guest_end[];
__asm__(
    ".section .rodata\n"
    ".globl guest_start, guest_end\n"
    ".balign 4\n"
    "guest_start: ldr x1, =0x09000000\n"
    "  mov x10, x0\n"
    "  adr x2, greeting\n"
    "  bl say\n"
    "  mrs x0, CurrentEL\n"
    "  lsr x0, x0, #2\n"
    "  bl digit\n"
    "  ldr w0, [x1, #8]\n"
    "  str w0, [x1, #12]\n"
    "  cbz x10, off\n"
    "  ldr x0, =0x40000800\n"
    "  msr vbar_el1, x0\n"
    "  ldr x3, =0x08000000\n"
    "  mov w0, #0x12\n"
    "  str w0, [x3]\n" /* GICD_CTLR */
    "  ldr x3, =0x080b0000\n"
    "  mov w0, #-1\n"
    "  str w0, [x3, #0x80]\n" /* GICR_IGROUPR0 */
    "  mov w0, #1 << 27\n"
    "  str w0, [x3, #0x100]\n" /* GICR_ISENABLER0 */
    "  mov x0, #7\n"
    "  msr s3_0_c12_c12_5, x0\n" /* ICC_SRE_EL1 */
    "  isb\n"
    "  mov x0, #0xf0\n"
    "  msr s3_0_c4_c6_0, x0\n" /* ICC_PMR_EL1 */
    "  mov x0, #1\n"
    "  msr s3_0_c12_c12_7, x0\n" /* ICC_IGRPEN1_EL1 */
    "  mov x9, #0\n"
    "  msr cntv_tval_el0, xzr\n"
    "  msr cntv_ctl_el0, x0\n"
    "  isb\n"
    "  msr daifclr, #2\n"
    "1: cmp x9, #3\n"
    "  b.eq 2f\n"
    "  wfi\n"
    "  b 1b\n"
    "2: msr daifset, #2\n"
    "  adr x2, interrupts\n"
    "  bl say\n"
    "  mov x0, x9\n"
    "  bl digit\n"
    "off: ldr w0, =0x84000008\n"
    "  hvc #0\n"
    "  b .\n"
    "say: ldrb w0, [x2], #1\n"
    "  cbz w0, 1f\n"
    "  strb w0, [x1]\n"
    "  b say\n"
    "1: ret\n"
    "digit: add x0, x0, #'0'\n"
    "  strb w0, [x1]\n"
    "  mov w0, #10\n"
    "  strb w0, [x1]\n"
    "  ret\n"
    "greeting: .asciz \"hello from the guest at EL\"\n"
    "interrupts: .asciz \"interrupts: \"\n"
    ".balign 8\n"
    ".ltorg\n"
    ".org guest_start + 0xa80\n" /* 800: vectors; 280: IRQ */
    "  mrs x3, s3_0_c12_c12_0\n" /* ICC_IAR1_EL1 */
    "  add x9, x9, #1\n"
    "  mov x4, #1000\n"
    "  msr cntv_tval_el0, x4\n"
    "  cmp x9, #3\n"
    "  cset x4, lo\n"
    "  msr cntv_ctl_el0, x4\n" /* three are enough */
    "  isb\n"
    "  msr s3_0_c12_c12_1, x3\n" /* ICC_EOIR1_EL1 */
    "  eret\n"
    "guest_end:\n"
    ".previous\n");

static int check(const char *what, int result)
{
    if (result < 0) {
        printf("KVMGUEST %s: %s\n", what, strerror(errno));
        exit(1);
    }
    return result;
}

/* False: KVM emulates none here. */
static int make_gic(int vm)
{
    struct kvm_create_device gic = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
    uint64_t distributor = 0x08000000, redistributors = 0x080a0000;
    const struct kvm_device_attr attributes[] = {
        { 0, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, (uintptr_t)&distributor },
        { 0, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, (uintptr_t)&redistributors },
        { 0, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0 },
    };

    if (ioctl(vm, KVM_CREATE_DEVICE, &gic) < 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        check("GIC", ioctl(gic.fd, KVM_SET_DEVICE_ATTR, &attributes[i]));
    }
    return 1;
}

static void set_register(int cpu, uint64_t id, uint64_t value)
{
    struct kvm_one_reg reg = { id, (uintptr_t)&value };

    check("register", ioctl(cpu, KVM_SET_ONE_REG, &reg));
}

static void serve(struct kvm_run *run)
{
    uint32_t value = 0x12345678;

    if (!run->mmio.is_write) {
        memcpy(run->mmio.data, &value, sizeof(value));
    } else if (run->mmio.phys_addr == PORT) {
        putchar(run->mmio.data[0]);
    } else {
        memcpy(&value, run->mmio.data, sizeof(value));
        printf("MMIO write %llx: %x\n", run->mmio.phys_addr, value);
    }
}

int main(void)
{
    int kvm = check("open", open("/dev/kvm", O_RDWR));
    int vm = check("machine", ioctl(kvm, KVM_CREATE_VM, 0)), cpu, has_gic;
    void *ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = RAM, .memory_size = RAM_SIZE, .userspace_addr = (uintptr_t)ram,
    };
    struct kvm_vcpu_init init;
    struct kvm_run *run;

    memcpy(ram, guest_start, guest_end - guest_start);
    check("memory", ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));
    cpu = check("CPU", ioctl(vm, KVM_CREATE_VCPU, 0));
    check("target", ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init));
    init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
    check("init", ioctl(cpu, KVM_ARM_VCPU_INIT, &init));
    has_gic = make_gic(vm);
    run = mmap(NULL, check("size", ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0)), PROT_READ | PROT_WRITE,
               MAP_SHARED, cpu, 0);
    set_register(cpu, CORE_REG(regs.pc), RAM);
    set_register(cpu, CORE_REG(regs.regs[0]), has_gic);
    for (;;) {
        check("run", ioctl(cpu, KVM_RUN, 0));
        if (run->exit_reason == KVM_EXIT_MMIO) {
            serve(run);
        } else {
            printf(run->exit_reason == KVM_EXIT_SYSTEM_EVENT ? "KVMGUEST off\n"
                                                             : "KVMGUEST stopped: %u\n",
                   run->exit_reason);
            return 0;
        }
    }
}
