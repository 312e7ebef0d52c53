/*
 * A CPU with two physical address spaces, chosen per access by its attributes: a 755 whose addresses
 * from 0x10000000 on, a quarter of a GiB, are secure accesses to another space. On the back end
 * named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-machine.h"
#include "exec/cputlb.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"

#define TYPE_TWO_SPACES "two-spaces-powerpc-cpu"
#define SECURE          0x10000000u
#define SECURE_SIZE     0x10000000u
#define RAM_SIZE        0x10000u
#define DEVICE          0x20000u

#define D(op, rt, ra, d) ((op) << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define ADDI(rt, ra, d)  D(14u, rt, ra, d)
#define LWZ(rt, d, ra)   D(32u, rt, ra, d)
#define STW(rs, d, ra)   D(36u, rs, ra, d)
#define MTCTR(rs)        (0x7c0903a6u | (rs) << 21)
#define BCTRL            0x4e800421u
#define BLR              0x4e800020u
#define MTLR(rs)         (0x7c0803a6u | (rs) << 21)
#define MFLR(rt)         (0x7c0802a6u | (rt) << 21)

static PPCTestState s;
static AddressSpace secure;
static MemoryRegion secure_root, secure_ram, secure_device;
static MemTxAttrs device_attrs;

/* ---- The other memory ---- */

static MemTxResult device_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                               MemTxAttrs attrs)
{
    device_attrs = attrs;
    *data = 0xd0 + addr;
    return MEMTX_OK;
}

static const MemoryRegionOps device_ops = {
    .read_with_attrs = device_read,
    .endianness = DEVICE_BIG_ENDIAN,
};

static void make_secure_memory(void)
{
    memory_region_init(&secure_root, NULL, "secure", UINT64_MAX);
    memory_region_init_ram(&secure_ram, NULL, "secure-ram", RAM_SIZE, &error_fatal);
    memory_region_init_io(&secure_device, NULL, &device_ops, NULL, "secure-device", 0x1000);
    memory_region_add_subregion(&secure_root, 0, &secure_ram);
    memory_region_add_subregion(&secure_root, DEVICE, &secure_device);
    address_space_init(&secure, &secure_root, "secure");
}

/* ---- The CPU ---- */

static TCGCPUOps ops;
static const TCGCPUOps *plain_ops;

static bool is_secure(vaddr addr)
{
    return addr - SECURE < SECURE_SIZE;
}

static bool fill(CPUState *cpu, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                 uintptr_t ra)
{
    TLBPage page = { .phys = addr - SECURE, .size = TARGET_PAGE_SIZE, .attrs = { .secure = 1 },
                     .prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC, .global = true };

    if (!is_secure(addr)) {
        return plain_ops->tlb_fill(cpu, addr, size, access, mmu_idx, probe, ra);
    }
    tlb_set_page_full(cpu, mmu_idx, addr, &page);
    return true;
}

static hwaddr phys_page(CPUState *cpu, vaddr addr, MemTxAttrs *attrs)
{
    *attrs = (MemTxAttrs){ .secure = is_secure(addr) };
    return is_secure(addr) ? addr - SECURE : addr;
}

static unsigned space_index(CPUState *cpu, MemTxAttrs attrs)
{
    return attrs.secure ? 1 : 0;
}

static void two_spaces_init(Object *obj)
{
    make_secure_memory();
    CPU(obj)->spaces[0] = &address_space_memory;
    CPU(obj)->spaces[1] = &secure;
}

static void two_spaces_class_init(ObjectClass *oc, void *data)
{
    CPUClass *cc = CPU_CLASS(oc);

    plain_ops = cc->tcg_ops;
    ops = *plain_ops;
    ops.tlb_fill = fill;
    cc->tcg_ops = &ops;
    cc->get_phys_page_debug = phys_page;
    cc->address_space_index = space_index;
}

static const TypeInfo two_spaces_info = {
    .name = TYPE_TWO_SPACES,
    .parent = POWERPC_CPU_TYPE_NAME("755_v2.8"),
    .instance_init = two_spaces_init,
    .class_init = two_spaces_class_init,
};

static void register_types(void)
{
    type_register_static(&two_spaces_info);
}

type_init(register_types)

/* ---- Access from outside ---- */

static void put(AddressSpace *as, hwaddr addr, uint32_t value)
{
    address_space_stl_be(as, addr, value, MEMTXATTRS_UNSPECIFIED, NULL);
}

static uint32_t get(AddressSpace *as, hwaddr addr)
{
    return address_space_ldl_be(as, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

/* ---- Tests ---- */

/* r3: the data's address, r4: the same in the other space. */
static void run(const uint32_t *code, size_t nb)
{
    ppc_state_init(&s);
    s.msr |= 0x1000; /* ME */
    s.nip = PPC_CODE;
    s.gpr[3] = PPC_DATA;
    s.gpr[4] = SECURE + PPC_DATA;
    stl_be_p(s.data, 0x11);
    ppc_machine_run(&s, code, nb);
}

static void test_data(void)
{
    static const uint32_t code[] = { LWZ(5, 0, 3), LWZ(6, 0, 4), STW(6, 4, 3), STW(5, 4, 4) };

    put(&secure, PPC_DATA, 0x22);
    run(code, ARRAY_SIZE(code));
    g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
    g_assert_cmphex(s.gpr[5], ==, 0x11);
    g_assert_cmphex(s.gpr[6], ==, 0x22);
    g_assert_cmphex(get(&address_space_memory, PPC_DATA + 4), ==, 0x22);
    g_assert_cmphex(get(&secure, PPC_DATA + 4), ==, 0x11);
}

static void test_device(void)
{
    uint32_t code[] = { D(15u, 4, 0, (SECURE + DEVICE) >> 16), LWZ(5, 4, 4) };

    run(code, ARRAY_SIZE(code));
    g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
    g_assert_cmphex(s.gpr[5], ==, 0xd4);
    g_assert_true(device_attrs.secure);
}

/* The same address in both spaces, and what each has there is changed. */
static void test_code(void)
{
    static const uint32_t code[] = {
        MFLR(10), D(15u, 7, 0, SECURE >> 16), ADDI(7, 7, 0x5000), MTCTR(7), BCTRL,
        ADDI(7, 0, 0x5000), MTCTR(7), BCTRL, MTLR(10),
    };

    for (unsigned round = 1; round < 4; round++) {
        put(&secure, 0x5000, ADDI(5, 0, round));
        put(&secure, 0x5004, BLR);
        put(&address_space_memory, 0x5000, ADDI(6, 0, 0x100 + round));
        put(&address_space_memory, 0x5004, BLR);
        run(code, ARRAY_SIZE(code));
        g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
        g_assert_cmphex(s.gpr[5], ==, round);
        g_assert_cmphex(s.gpr[6], ==, 0x100 + round);
    }
}

/* The translator hears of changes in either. */
static void test_map_changes(void)
{
    static const uint32_t code[] = { LWZ(5, 0, 4) };

    put(&secure, PPC_DATA, 0x33);
    run(code, ARRAY_SIZE(code));
    g_assert_cmphex(s.gpr[5], ==, 0x33);
    memory_region_set_enabled(&secure_ram, false);
    run(code, ARRAY_SIZE(code));
    g_assert_cmphex(s.stop, ==, 0x200);
    memory_region_set_enabled(&secure_ram, true);
    run(code, ARRAY_SIZE(code));
    g_assert_cmpuint(s.stop, ==, PPC_STOP_END);
    g_assert_cmphex(s.gpr[5], ==, 0x33);
}

static void test_debugger(void)
{
    CPUState *cpu = CPU(ppc_machine_cpu());
    uint32_t word = cpu_to_be32(0x44);

    put(&address_space_memory, PPC_DATA, 0x55);
    g_assert_cmpint(cpu_memory_rw_debug(cpu, SECURE + PPC_DATA, &word, 4, true), ==, 0);
    g_assert_cmphex(get(&secure, PPC_DATA), ==, 0x44);
    g_assert_cmphex(get(&address_space_memory, PPC_DATA), ==, 0x55);
    g_assert_cmpint(cpu_memory_rw_debug(cpu, PPC_DATA, &word, 4, false), ==, 0);
    g_assert_cmphex(be32_to_cpu(word), ==, 0x55);
}

int main(int argc, char **argv)
{
    static const PPCTest tests[] = {
        { "/ppc-spaces/loads-and-stores", test_data },
        { "/ppc-spaces/devices-hear-the-attributes", test_device },
        { "/ppc-spaces/code", test_code },
        { "/ppc-spaces/changes-of-the-map", test_map_changes },
        { "/ppc-spaces/debuggers", test_debugger },
        { NULL },
    };

    return ppc_machine_test_model(argc, argv, TYPE_TWO_SPACES, NULL, tests);
}
