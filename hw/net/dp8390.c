/*
 * National DP8390 network interface controller, as NE2000 cards have it.
 *
 * The controller has an address space of its own: the station PROM at 0, 16 KiB of packet memory at
 * 4000. Software reaches it through a "remote DMA": a start address, a count, and a data port.
 * Frames to be sent are put there; received ones go into a ring of pages of 256 bytes between
 * PSTART and PSTOP, each behind a header of four bytes. CURR is where the next one goes, BNRY the
 * first page that software still needs.
 *
 *     00-0f registers, in four pages (CR chooses)   10-17 data port   18-1f reading resets
 *
 * A frame that finds the ring full waits with the network, so that OVW doesn't happen. In the
 * loopback modes, which are for tests of the chip's FIFO, frames go nowhere.
 *
 * Reference: National DP8390D/NS32490D data sheet, "Internal Registers" and "Packet Reception";
 * National AN-475, AN-874.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "dp8390.h"
#include "qemu/bswap.h"
#include "qemu/log.h"

#define CR_STP   0x01
#define CR_STA   0x02
#define CR_TXP   0x04
#define CR_RD    0x38
#define CR_READ  0x08
#define CR_WRITE 0x10
#define CR_SEND  0x18 /* read the packet at BNRY */
#define CR_ABORT 0x20
#define CR_PAGE(cr) ((cr) >> 6)

#define ISR_PRX 0x01
#define ISR_PTX 0x02
#define ISR_TXE 0x08
#define ISR_RDC 0x40 /* remote DMA complete */
#define ISR_RST 0x80 /* stopped */

#define DCR_WTS 0x01 /* words, not bytes, through the data port */
#define DCR_LS  0x08 /* 0: loopback */

#define TCR_LOOP 0x06

#define RCR_AB  0x04
#define RCR_AM  0x08
#define RCR_PRO 0x10
#define RCR_MON 0x20

#define RSR_PRX 0x01
#define RSR_PHY 0x20 /* to a group */

#define TSR_PTX 0x01

#define PAGE_SIZE_8390 256
#define HEADER_SIZE 4
#define FCS_SIZE    4
#define FRAME_MAX   1514
#define DATA_PORT   0x10
#define RESET_PORT  0x18

/* ---- where registers are ---- */

static const uint8_t read_pages[3][16] = {
    { NIC_CR, NIC_CLDA0, NIC_CLDA1, NIC_BNRY, NIC_TSR, NIC_NCR, NIC_NONE, NIC_ISR, NIC_CRDA0, NIC_CRDA1, NIC_CARD, NIC_CARD,
      NIC_RSR, NIC_CNTR0, NIC_CNTR1, NIC_CNTR2 },
    { NIC_CR, NIC_PAR0, NIC_PAR0 + 1, NIC_PAR0 + 2, NIC_PAR0 + 3, NIC_PAR0 + 4, NIC_PAR0 + 5, NIC_CURR, NIC_MAR0,
      NIC_MAR0 + 1, NIC_MAR0 + 2, NIC_MAR0 + 3, NIC_MAR0 + 4, NIC_MAR0 + 5, NIC_MAR0 + 6, NIC_MAR0 + 7 },
    { NIC_CR, NIC_PSTART, NIC_PSTOP, NIC_NONE, NIC_TPSR, NIC_NONE, NIC_NONE, NIC_NONE, NIC_NONE, NIC_NONE, NIC_NONE,
      NIC_NONE, NIC_RCR, NIC_TCR, NIC_DCR, NIC_IMR },
};

static const uint8_t write_pages[3][16] = {
    { NIC_CR, NIC_PSTART, NIC_PSTOP, NIC_BNRY, NIC_TPSR, NIC_TBCR0, NIC_TBCR1, NIC_ISR, NIC_RSAR0, NIC_RSAR1, NIC_RBCR0,
      NIC_RBCR1, NIC_RCR, NIC_TCR, NIC_DCR, NIC_IMR },
    { NIC_CR, NIC_PAR0, NIC_PAR0 + 1, NIC_PAR0 + 2, NIC_PAR0 + 3, NIC_PAR0 + 4, NIC_PAR0 + 5, NIC_CURR, NIC_MAR0,
      NIC_MAR0 + 1, NIC_MAR0 + 2, NIC_MAR0 + 3, NIC_MAR0 + 4, NIC_MAR0 + 5, NIC_MAR0 + 6, NIC_MAR0 + 7 },
    { NIC_CR }, /* page 2 is for diagnostics, and only read */
};

static void update_interrupt(Dp8390 *nic)
{
    bool level = nic->regs[NIC_ISR] & nic->regs[NIC_IMR] & 0x7f; /* RST doesn't interrupt */

    if (level != nic->irq_level) {
        nic->irq_level = level;
        nic->card->set_irq(nic, level);
    }
}

static void add_causes(Dp8390 *nic, uint8_t causes)
{
    nic->regs[NIC_ISR] |= causes;
    update_interrupt(nic);
}

/* ---- the controller's memory ---- */

static uint8_t load(const Dp8390 *nic, uint16_t addr)
{
    if (addr < DP8390_MEMORY_START) {
        return nic->prom[addr % DP8390_PROM_SIZE];
    }
    addr -= DP8390_MEMORY_START;
    return addr < DP8390_MEMORY_SIZE ? nic->memory[addr] : 0xff;
}

static void store(Dp8390 *nic, uint16_t addr, uint8_t value)
{
    addr -= DP8390_MEMORY_START;
    if (addr < DP8390_MEMORY_SIZE) {
        nic->memory[addr] = value;
    }
}

/* The next address, of a transfer that stays in the ring. */
static uint16_t advance(const Dp8390 *nic, uint16_t addr)
{
    addr++;
    return addr == nic->regs[NIC_PSTOP] * PAGE_SIZE_8390 ? nic->regs[NIC_PSTART] * PAGE_SIZE_8390 : addr;
}

/* One byte of a remote DMA has passed. */
static void remote_step(Dp8390 *nic)
{
    nic->remote_address = advance(nic, nic->remote_address);
    if (nic->remote_count && --nic->remote_count == 0) {
        add_causes(nic, ISR_RDC);
    }
}

/*
 * Words pass whole: of one that is read as a byte, the upper half is lost, which is how drivers
 * read the PROM. The access takes `size` bytes, or the words that they begin.
 */
static unsigned bytes_moved(const Dp8390 *nic, unsigned size)
{
    return nic->regs[NIC_DCR] & DCR_WTS ? MAX(size, 2) : size;
}

static uint32_t data_read(Dp8390 *nic, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes_moved(nic, size); i++) {
        uint8_t byte = nic->remote_count ? load(nic, nic->remote_address) : 0xff;

        value |= i < size ? (uint32_t)byte << 8 * i : 0;
        if (nic->remote_count) {
            remote_step(nic);
        }
    }
    return value;
}

static void data_write(Dp8390 *nic, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < bytes_moved(nic, size) && nic->remote_count; i++) {
        store(nic, nic->remote_address, value >> 8 * i);
        remote_step(nic);
    }
}

/* ---- sending ---- */

static bool is_started(const Dp8390 *nic)
{
    return (nic->regs[NIC_CR] & (CR_STA | CR_STP)) == CR_STA;
}

static bool is_loop(const Dp8390 *nic)
{
    return (nic->regs[NIC_TCR] & TCR_LOOP) || !(nic->regs[NIC_DCR] & DCR_LS);
}

static void transmit(Dp8390 *nic)
{
    uint8_t frame[FRAME_MAX];
    unsigned size = nic->regs[NIC_TBCR0] | nic->regs[NIC_TBCR1] << 8;
    uint16_t from = nic->regs[NIC_TPSR] * PAGE_SIZE_8390;

    nic->regs[NIC_CR] &= ~CR_TXP;
    nic->regs[NIC_TSR] = TSR_PTX;
    nic->regs[NIC_NCR] = 0;
    if (size > FRAME_MAX || size < 14) {
        qemu_log_dev(LOG_GUEST_ERROR, nic->card->name, "TBCR", "no frame has %u bytes: nothing is sent", size);
        nic->regs[NIC_TSR] = 0;
        add_causes(nic, ISR_TXE);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        frame[i] = load(nic, from + i);
    }
    if (!is_loop(nic)) {
        qemu_send_packet(qemu_get_queue(nic->nic), frame, size);
    }
    add_causes(nic, ISR_PTX);
}

/* ---- receiving ---- */

static unsigned ring_pages(const Dp8390 *nic)
{
    return nic->regs[NIC_PSTOP] > nic->regs[NIC_PSTART] ? nic->regs[NIC_PSTOP] - nic->regs[NIC_PSTART] : 0;
}

/* Pages that a frame of `size` bytes without FCS takes. */
static unsigned pages_of(size_t size)
{
    return DIV_ROUND_UP(HEADER_SIZE + size + FCS_SIZE, PAGE_SIZE_8390);
}

/* From CURR up to BNRY, which isn't reached. An empty ring has both in one place. */
static unsigned free_pages(const Dp8390 *nic)
{
    unsigned all = ring_pages(nic), curr = nic->regs[NIC_CURR], bnry = nic->regs[NIC_BNRY];

    if (all == 0 || curr < nic->regs[NIC_PSTART] || curr >= nic->regs[NIC_PSTOP]) {
        return 0;
    }
    return bnry > curr ? bnry - curr - 1 : all - (curr - bnry) - 1;
}

static bool is_for_us(const Dp8390 *nic, const uint8_t *address)
{
    uint8_t rcr = nic->regs[NIC_RCR];
    unsigned bit;

    if (!(address[0] & 1)) {
        return (rcr & RCR_PRO) || memcmp(address, &nic->regs[NIC_PAR0], 6) == 0;
    }
    if (memcmp(address, "\xff\xff\xff\xff\xff\xff", 6) == 0) {
        return rcr & RCR_AB;
    }
    bit = net_crc32(address, 6) >> 26;
    return (rcr & RCR_AM) && (nic->regs[NIC_MAR0 + bit / 8] >> bit % 8 & 1);
}

static void put_byte(Dp8390 *nic, uint16_t *at, uint8_t value)
{
    store(nic, *at, value);
    *at = advance(nic, *at);
}

static void put_frame(Dp8390 *nic, const uint8_t *frame, size_t size)
{
    unsigned next = nic->regs[NIC_CURR] + pages_of(size), count = size + FCS_SIZE;
    uint16_t at = nic->regs[NIC_CURR] * PAGE_SIZE_8390;
    uint8_t fcs[FCS_SIZE];

    if (next >= nic->regs[NIC_PSTOP]) {
        next -= ring_pages(nic);
    }
    nic->regs[NIC_RSR] = RSR_PRX | (frame[0] & 1 ? RSR_PHY : 0);
    put_byte(nic, &at, nic->regs[NIC_RSR]);
    put_byte(nic, &at, next);
    put_byte(nic, &at, count);
    put_byte(nic, &at, count >> 8);
    for (size_t i = 0; i < size; i++) {
        put_byte(nic, &at, frame[i]);
    }
    stl_le_p(fcs, ~net_crc32_le(frame, size));
    for (size_t i = 0; i < FCS_SIZE; i++) {
        put_byte(nic, &at, fcs[i]);
    }
    nic->regs[NIC_CURR] = next;
    add_causes(nic, ISR_PRX);
}

static ssize_t receive(NetClientState *nc, const uint8_t *frame, size_t size)
{
    Dp8390 *nic = qemu_get_nic_opaque(nc);

    if (!is_started(nic) || is_loop(nic) || size < 14 || size > FRAME_MAX || !is_for_us(nic, frame)) {
        return size;
    }
    if (nic->regs[NIC_RCR] & RCR_MON) {
        nic->regs[NIC_CNTR2] += nic->regs[NIC_CNTR2] < 192; /* the counters stop there */
        return size;
    }
    if (pages_of(size) > free_pages(nic)) {
        return pages_of(size) < ring_pages(nic) ? 0 : (ssize_t)size;
    }
    put_frame(nic, frame, size);
    return size;
}

static void ring_changed(Dp8390 *nic)
{
    qemu_flush_queued_packets(qemu_get_queue(nic->nic));
}

/* ---- registers ---- */

static void begin_remote(Dp8390 *nic, uint8_t command)
{
    if (command == CR_SEND) { /* its length is in its header */
        uint16_t at = nic->regs[NIC_BNRY] * PAGE_SIZE_8390;

        nic->remote_address = at;
        nic->remote_count = load(nic, at + 2) | load(nic, at + 3) << 8;
    } else if (nic->remote_count == 0 && command != CR_ABORT) {
        add_causes(nic, ISR_RDC);
    }
}

static void command_written(Dp8390 *nic, uint8_t value)
{
    bool ran = is_started(nic);

    nic->regs[NIC_CR] = (value & ~CR_TXP) | (nic->regs[NIC_CR] & CR_TXP);
    if (value & CR_STP) {
        add_causes(nic, ISR_RST);
        return;
    }
    if (value & CR_STA) {
        nic->regs[NIC_ISR] &= ~ISR_RST;
    }
    if (value & CR_RD) {
        begin_remote(nic, value & CR_ABORT ? CR_ABORT : value & CR_RD);
    }
    if ((value & CR_TXP) && (value & CR_STA)) {
        transmit(nic);
    }
    if (!ran) {
        ring_changed(nic);
    }
}

static void set_half(uint16_t *word, bool upper, uint8_t value)
{
    *word = upper ? (*word & 0x00ff) | value << 8 : (*word & 0xff00) | value;
}

static void register_written(Dp8390 *nic, unsigned page, unsigned addr, uint8_t value)
{
    unsigned reg = page < 3 ? write_pages[page][addr] : addr ? NIC_CARD : NIC_CR;

    switch (reg) {
    case NIC_CR:
        command_written(nic, value);
        break;
    case NIC_ISR:
        nic->regs[NIC_ISR] &= ~(value & 0x7f);
        update_interrupt(nic);
        break;
    case NIC_IMR:
        nic->regs[NIC_IMR] = value & 0x7f;
        update_interrupt(nic);
        break;
    case NIC_RSAR0:
    case NIC_RSAR1:
        set_half(&nic->remote_address, reg == NIC_RSAR1, value);
        break;
    case NIC_RBCR0:
    case NIC_RBCR1:
        set_half(&nic->remote_count, reg == NIC_RBCR1, value);
        break;
    case NIC_CARD:
        nic->card->write(nic, page, addr, value);
        break;
    case NIC_NONE:
        qemu_log_dev(LOG_GUEST_ERROR, nic->card->name, NULL, "write to register %u of page %u, which is only read", addr, page);
        break;
    default:
        nic->regs[reg] = value;
        ring_changed(nic);
    }
}

static uint8_t register_read(Dp8390 *nic, unsigned page, unsigned addr)
{
    unsigned reg = page < 3 ? read_pages[page][addr] : addr ? NIC_CARD : NIC_CR;
    uint8_t value;

    switch (reg) {
    case NIC_CRDA0:
        return nic->remote_address;
    case NIC_CRDA1:
        return nic->remote_address >> 8;
    case NIC_CLDA0:
        return 0;
    case NIC_CLDA1:
        return nic->regs[NIC_CURR];
    case NIC_CARD:
        return nic->card->read(nic, page, addr);
    case NIC_CNTR0:
    case NIC_CNTR1:
    case NIC_CNTR2:
        value = nic->regs[reg];
        nic->regs[reg] = 0;
        return value;
    case NIC_RCR:
    case NIC_TCR:
    case NIC_DCR:
    case NIC_IMR:
        return nic->regs[reg] | (reg == NIC_TCR ? 0xe0 : reg == NIC_RCR ? 0xc0 : 0x80);
    default:
        return nic->regs[reg]; /* NIC_NONE's is 0 */
    }
}

static uint64_t io_read(void *opaque, hwaddr addr, unsigned size)
{
    Dp8390 *nic = opaque;
    uint32_t value = 0;

    if (addr >= RESET_PORT) {
        dp8390_reset(nic);
        return 0;
    }
    if (addr >= DATA_PORT) {
        return data_read(nic, size);
    }
    for (unsigned i = 0; i < size && addr + i < DATA_PORT; i++) {
        value |= (uint32_t)register_read(nic, CR_PAGE(nic->regs[NIC_CR]), addr + i) << 8 * i;
    }
    return value;
}

static void io_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Dp8390 *nic = opaque;
    if (addr >= RESET_PORT) {
        return; /* the end of the pulse that reading began */
    }
    if (addr >= DATA_PORT) {
        data_write(nic, value, size);
        return;
    }
    for (unsigned i = 0; i < size && addr + i < DATA_PORT; i++) {
        register_written(nic, CR_PAGE(nic->regs[NIC_CR]), addr + i, value >> 8 * i);
    }
}

const MemoryRegionOps dp8390_io_ops = {
    .read = io_read,
    .write = io_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- the whole ---- */

/* Packet memory and addresses stay. */
void dp8390_reset(Dp8390 *nic)
{
    nic->regs[NIC_CR] = CR_STP | CR_ABORT;
    nic->regs[NIC_ISR] = ISR_RST;
    nic->regs[NIC_IMR] = 0;
    nic->regs[NIC_TSR] = nic->regs[NIC_RSR] = 0;
    nic->regs[NIC_DCR] &= ~0x04; /* LAS */
    nic->regs[NIC_TCR] &= ~TCR_LOOP;
    update_interrupt(nic);
    qemu_format_nic_info_str(qemu_get_queue(nic->nic), nic->conf.macaddr.a);
}

static NetClientInfo net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .receive = receive,
};

/*
 * Each byte twice, so that words show it in both halves; two letters W say that the card has 16
 * bits.
 */
static void fill_prom(Dp8390 *nic)
{
    memset(nic->prom, 0, sizeof(nic->prom));
    for (unsigned i = 0; i < 6; i++) {
        nic->prom[2 * i] = nic->prom[2 * i + 1] = nic->conf.macaddr.a[i];
    }
    memset(nic->prom + 28, 'W', 4);
}

void dp8390_realize(Dp8390 *nic, const Dp8390Card *card, const char *model, const char *id)
{
    nic->card = card;
    qemu_macaddr_default_if_unset(&nic->conf.macaddr);
    fill_prom(nic);
    nic->nic = qemu_new_nic(&net_info, &nic->conf, model, id, nic);
}

void dp8390_unrealize(Dp8390 *nic)
{
    g_clear_pointer(&nic->nic, qemu_del_nic);
}

const VMStateDescription vmstate_dp8390 = {
    .name = "dp8390",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(regs, Dp8390, NIC_STORED),
        VMSTATE_UINT16(remote_address, Dp8390),
        VMSTATE_UINT16(remote_count, Dp8390),
        VMSTATE_UINT8_ARRAY(prom, Dp8390, DP8390_PROM_SIZE),
        VMSTATE_BUFFER(memory, Dp8390),
        VMSTATE_BOOL(irq_level, Dp8390),
        VMSTATE_END_OF_LIST()
    },
};
