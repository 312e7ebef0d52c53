/*
 * Firmware of the VMC board: sets up, says what is there, and offers a prompt.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

/* From reset, on the first stack: the end of RAM. */
u32 early_main(void);
int main(void);
void report_exception(u32 vector, u32 srr0, u32 srr1, u32 dar, u32 dsisr, u32 lr, u32 sp);

u32 early_main(void)
{
    memset(fw, 0, sizeof(*fw));
    console_init();
    return sdram_size();
}

static const char *processor_name(u32 pvr)
{
    /* The 740 and 750 share a PVR, as do the 745 and 755. */
    if ((pvr & 0xfffff000) == 0x00083000) {
        return "PowerPC 745/755";
    }
    return pvr >> 16 == 0x0008 ? "PowerPC 740/750" : "PowerPC";
}

void inventory(void)
{
    u32 pvr = processor_version();

    print("Processor  %s, PVR %08x\n", processor_name(pvr), pvr);
    print("Memory     %u MiB\n", fw->ram_size >> 20);
    print("Bridge     Hawk, %04x:%04x revision %x\n", in32(SMC_BASE) >> 16, in32(SMC_BASE) & 0xffff,
          in8(SMC_BASE + 8 + 1));
    print("MPIC       at %08x\n", pci_read(0, 0, 0x14) & ~0xfu);
    print("Flash A    at %08x, ", FLASH_A);
    flash_print();
    print("PCI\n");
    pci_list();
}

static const char *exception_name(u32 vector)
{
    static const struct {
        u32 vector;
        const char *name;
    } names[] = {
        { 0x200, "machine check" },   { 0x300, "data storage" }, { 0x400, "instruction storage" },
        { 0x500, "external" },        { 0x600, "alignment" },    { 0x700, "program" },
        { 0x800, "FP unavailable" },  { 0x900, "decrementer" },  { 0xc00, "system call" },
    };

    for (u32 i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].vector == vector) {
            return names[i].name;
        }
    }
    return "unexpected";
}

void report_exception(u32 vector, u32 srr0, u32 srr1, u32 dar, u32 dsisr, u32 lr, u32 sp)
{
    if (fw->probing) {
        restore_state(fw->jmp);
    }
    print("\n%s exception (%03x) at %08x\n", exception_name(vector), vector, srr0);
    print("SRR1 %08x  DAR %08x  DSISR %08x  LR %08x  SP %08x\n", srr1, dar, dsisr, lr, sp);
    while (!fw->ready) {
    }
    restore_state(fw->jmp);
}

int main(void)
{
    memset(fw, 0, sizeof(*fw));
    fw->ram_size = (u32)fw + FIRMWARE_RAM;
    print("\n\nVMC firmware\n\n");
    pci_init();
    pci_assign();
    inventory();
    print("Memory test ... %s\n", quick_memory_test() ? "passed" : "FAILED");
    print("\nhelp lists the commands.\n");
    save_state(fw->jmp);
    fw->ready = 1;
    for (;;) {
        print("VMC> ");
        read_line(fw->line, sizeof(fw->line));
        run_command();
    }
}
