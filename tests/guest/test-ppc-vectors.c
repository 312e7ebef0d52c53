/*
 * Guest accesses of 16 bytes through the whole accelerator: windows, TLB, two pages, devices, pages
 * that fault. A 755 has none, so this one has an instruction of its own at PPC_CODE, and pages of
 * its own from 0x10000000 on, on the back end named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-machine.h"
#include "exec/cputlb.h"
#include "exec/translator.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "tcg/tcg-op.h"

#define TYPE_VECTOR_CPU "vector-powerpc-cpu"
#define PAGES           0x10000000u
#define PAGES_SIZE      0x10000u
#define RAM             0x00100000u /* what they show */
#define DEVICE          0x80000000u
#define ADDI(rt, ra, d) (14u << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))

static PPCTestState s;
static bool store, mapped[PAGES_SIZE / TARGET_PAGE_SIZE];
static MemOp order;
static uint8_t device_bytes[64];

/* ---- The CPU ---- */

static TCGCPUOps ops;
static const TCGCPUOps *plain_ops;

static void nothing(DisasContextBase *db, CPUState *cpu)
{
}

static void begin_insn(DisasContextBase *db, CPUState *cpu)
{
    translator_ldl_be(db, db->pc_next, 0);
    tcg_gen_insn_start(db->pc_next, 0);
}

/* r16 to r19, as bytes in memory's order, to or from the address in r3. */
static void translate_access(DisasContextBase *db, CPUState *cpu)
{
    TCGv_vec value = tcg_temp_new_vec(TCG_TYPE_V128);
    TCGv_i32 address = tcg_temp_new_i32();
    unsigned mode = plain_ops->data_mmu_index(cpu);

    tcg_gen_ld_i32(address, tcg_env, offsetof(CPUPPCState, gpr[3]));
    if (store) {
        tcg_gen_ld_vec(value, tcg_env, offsetof(CPUPPCState, gpr[16]));
        tcg_gen_qemu_st_vec(value, (TCGv_addr){ .i32 = address }, mode, order);
    } else {
        tcg_gen_qemu_ld_vec(value, (TCGv_addr){ .i32 = address }, mode, order);
        tcg_gen_st_vec(value, tcg_env, offsetof(CPUPPCState, gpr[16]));
    }
    tcg_gen_st_i32(tcg_constant_i32(PPC_CODE + 4), tcg_env, offsetof(CPUPPCState, nip));
    tcg_gen_exit_tb(NULL, 0);
    db->is_jmp = DISAS_NORETURN;
    db->pc_next += 4;
}

static void translate(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input)
{
    static const TranslatorOps own = {
        .init_disas_context = nothing, .tb_start = nothing, .insn_start = begin_insn,
        .translate_insn = translate_access, .tb_stop = nothing, .finish = nothing,
    };
    DisasContextBase db;

    if (tb->pc == PPC_CODE) {
        translator_loop(cpu, tb, input, &own, &db);
    } else {
        plain_ops->translate_code(cpu, tb, input);
    }
}

static bool fill(CPUState *cpu, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                 uintptr_t ra)
{
    TLBPage page = { .phys = RAM + (addr - PAGES), .size = TARGET_PAGE_SIZE,
                     .attrs = MEMTXATTRS_UNSPECIFIED, .prot = PAGE_READ | PAGE_WRITE,
                     .global = true };

    if (addr - PAGES >= PAGES_SIZE) {
        return plain_ops->tlb_fill(cpu, addr, size, access, mmu_idx, probe, ra);
    }
    if (!mapped[(addr - PAGES) / TARGET_PAGE_SIZE] && probe) {
        return false;
    }
    if (!mapped[(addr - PAGES) / TARGET_PAGE_SIZE]) {
        cpu->exception_index = PPC_EXCP_DSI;
        cpu_loop_exit_restore(cpu, ra);
    }
    tlb_set_page_full(cpu, mmu_idx, addr, &page);
    return true;
}

static void vector_cpu_class_init(ObjectClass *oc, void *data)
{
    CPUClass *cc = CPU_CLASS(oc);

    plain_ops = cc->tcg_ops;
    ops = *plain_ops;
    ops.translate_code = translate;
    ops.tlb_fill = fill;
    cc->tcg_ops = &ops;
}

static const TypeInfo vector_cpu_info = {
    .name = TYPE_VECTOR_CPU,
    .parent = POWERPC_CPU_TYPE_NAME("755_v2.8"),
    .class_init = vector_cpu_class_init,
};

static void register_types(void)
{
    type_register_static(&vector_cpu_info);
}

type_init(register_types)

/* ---- The rest of the machine ---- */

static uint64_t device_read(void *opaque, hwaddr addr, unsigned size)
{
    return ldn_be_p(device_bytes + addr, size);
}

static void device_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    stn_be_p(device_bytes + addr, size, data);
}

static void make_device(void)
{
    static const MemoryRegionOps device_ops = {
        .read = device_read, .write = device_write, .endianness = DEVICE_BIG_ENDIAN,
        .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
        .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    };
    MemoryRegion *device = g_new0(MemoryRegion, 1);

    memory_region_init_io(device, NULL, &device_ops, NULL, "device", sizeof(device_bytes));
    memory_region_add_subregion(get_system_memory(), DEVICE, device);
}

static void flush(CPUState *cpu, void *unused)
{
    tlb_flush(cpu);
}

static void map_pages(bool first, bool second)
{
    mapped[1] = first;
    mapped[2] = second;
    run_on_cpu(CPU(ppc_machine_cpu()), flush, NULL);
}

static void run(uint32_t addr, bool is_store, MemOp byte_order)
{
    const uint32_t code[] = { ADDI(5, 0, is_store), ADDI(6, 0, byte_order) };

    store = is_store;
    order = byte_order;
    ppc_state_init(&s);
    s.msr |= 0x1000; /* ME */
    s.nip = PPC_CODE;
    s.gpr[3] = addr;
    for (unsigned i = 0; i < 16; i++) {
        ((uint8_t *)&s.gpr[16])[i] = 0xa0 + i;
    }
    ppc_machine_run(&s, code, ARRAY_SIZE(code));
}

/* ---- Tests ---- */

/* Byte i of what was loaded, or is stored, is that at address i. */
static unsigned place(unsigned i)
{
    return order & MO_BE ? 15 - i : i;
}

static void check_both(uint32_t addr, hwaddr phys, MemOp byte_order)
{
    uint8_t bytes[16];

    run(addr, true, byte_order);
    g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
    address_space_read(&address_space_memory, phys, MEMTXATTRS_UNSPECIFIED, bytes, 16);
    for (unsigned i = 0; i < 16; i++) {
        g_assert_cmphex(bytes[i], ==, 0xa0 + place(i));
        bytes[i] = 0x10 + i;
    }
    address_space_write(&address_space_memory, phys, MEMTXATTRS_UNSPECIFIED, bytes, 16);
    run(addr, false, byte_order);
    g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
    for (unsigned i = 0; i < 16; i++) {
        g_assert_cmphex(((uint8_t *)&s.gpr[16])[i], ==, 0x10 + place(i));
    }
}

static void test_everywhere(void)
{
    map_pages(true, true);
    for (unsigned i = 0; i < 20; i++) {
        MemOp byte_order = i & 1 ? MO_BE : MO_LE;

        check_both(RAM + 0x1ff0 + i, RAM + 0x1ff0 + i, byte_order);
        check_both(PAGES + 0x1ff0 + i, RAM + 0x1ff0 + i, byte_order);
        check_both(PAGES + 0x1100 + i, RAM + 0x1100 + i, byte_order);
        check_both(DEVICE + i, DEVICE + i, byte_order);
    }
}

/* One of two pages isn't there: nothing is stored, and the instruction hasn't been executed. */
static void test_half_mapped(void)
{
    for (unsigned missing = 1; missing <= 2; missing++) {
        for (unsigned before = 1; before < 16; before++) {
            uint32_t at = 0x2000 - before;
            uint8_t bytes[16], zeros[16] = { 0 };

            address_space_write(&address_space_memory, RAM + at, MEMTXATTRS_UNSPECIFIED, zeros, 16);
            map_pages(missing != 1, missing != 2);
            run(PAGES + at, true, MO_BE);
            g_assert_cmphex(s.stop, ==, 0x300);
            g_assert_cmphex(s.spr[26], ==, PPC_CODE); /* SRR0 */
            address_space_read(&address_space_memory, RAM + at, MEMTXATTRS_UNSPECIFIED, bytes, 16);
            g_assert_cmpmem(bytes, 16, zeros, 16);
            run(PAGES + at, false, MO_LE);
            g_assert_cmphex(s.stop, ==, 0x300);
            g_assert_cmphex(s.gpr[17], ==, 0xa7a6a5a4);
            map_pages(true, true);
            check_both(PAGES + at, RAM + at, MO_LE);
        }
    }
}

/* Alignment is asked for by the instruction. */
static void test_alignment(void)
{
    map_pages(true, true);
    check_both(PAGES + 0x1010, RAM + 0x1010, MO_LE | MO_ALIGN);
    check_both(RAM + 0x1010, RAM + 0x1010, MO_BE | MO_ALIGN);
    run(RAM + 0x1018, true, MO_LE | MO_ALIGN);
    g_assert_cmphex(s.stop, ==, 0x600);
    run(PAGES + 0x1018, false, MO_LE | MO_ALIGN);
    g_assert_cmphex(s.stop, ==, 0x600);
}

/* A store into the code that runs next. */
static void test_code_is_stored_to(void)
{
    static const uint32_t code[] = { 0x60000000, 0x60000000, 0x60000000, 0x60000000 };

    ppc_state_init(&s);
    s.nip = PPC_CODE + 0x100;
    ppc_machine_run(&s, code, ARRAY_SIZE(code));
    store = true;
    order = MO_LE;
    for (unsigned round = 1; round < 4; round++) {
        ppc_state_init(&s);
        s.nip = PPC_CODE;
        s.gpr[3] = PPC_CODE + 4;
        for (unsigned i = 0; i < 4; i++) {
            s.gpr[16 + i] = cpu_to_be32(ADDI(8 + i, 0, round + i));
        }
        ppc_machine_run(&s, (uint32_t[]){ 0x60000000, 0x60000000, 0x60000000, 0x60000000, 0x60000000 }, 5);
        g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
        for (unsigned i = 0; i < 4; i++) {
            g_assert_cmphex(s.gpr[8 + i], ==, round + i);
        }
    }
}

int main(int argc, char **argv)
{
    static const PPCTest tests[] = {
        { "/ppc-vectors/anywhere", test_everywhere },
        { "/ppc-vectors/half-mapped", test_half_mapped },
        { "/ppc-vectors/alignment", test_alignment },
        { "/ppc-vectors/stores-into-code", test_code_is_stored_to },
        { NULL },
    };

    return ppc_machine_test_model(argc, argv, TYPE_VECTOR_CPU, make_device, tests);
}
