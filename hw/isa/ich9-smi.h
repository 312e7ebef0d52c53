/*
 * ICH9's SMIs: what causes them, what enables them, and what firmware has agreed on with the
 * machine.
 *
 * Once firmware wants broadcasts, an SMI goes to all CPUs, as the chip's does; otherwise to the one
 * that causes it. Besides that firmware can ask for a part in CPUs' coming and going
 * (hw/acpi/cpu-hotplug.h). It says so by files of fw_cfg: etc/smi/supported-features has what there
 * is, it writes etc/smi/requested-features and reads from etc/smi/features-ok whether that can be;
 * then it is final until a reset.
 *
 * References: Intel I/O Controller Hub 9 (ICH9) Family Datasheet (316972), 13.8.3.8 (SMI_EN),
 * 13.8.3.9 (SMI_STS), 5.13.4 (causes); EDK2's OvmfPkg/SmmControl2Dxe/SmiFeatures.c, which describes
 * the files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ISA_ICH9_SMI_H
#define HW_ISA_ICH9_SMI_H

#include "core/register.h"
#include "hw/nvram/fw_cfg.h"
#include "qemu/timer.h"

/* Bits of SMI_EN and, but for the first, of SMI_STS. */
enum { ICH9_SMI_GLOBAL = 1u << 0, ICH9_SMI_BIOS = 1u << 2, ICH9_SMI_SLEEP = 1u << 4,
       ICH9_SMI_APM = 1u << 5, ICH9_SMI_SOFTWARE_TIMER = 1u << 6, ICH9_SMI_TCO = 1u << 13,
       ICH9_SMI_PERIODIC = 1u << 14 };

/* What firmware may ask for. */
enum { ICH9_SMI_BROADCAST = 1u << 0, ICH9_SMI_CPU_ARRIVALS = 1u << 1,
       ICH9_SMI_CPU_REMOVALS = 1u << 2 };

/* What the bridge has to do with it. */
typedef struct Ich9SmiOps {
    void (*raise)(void *opaque, bool all_cpus);
    uint32_t (*locked)(void *opaque);       /* bits of SMI_EN that stay as they are */
    void (*release)(void *opaque);          /* BIOS_RLS: the OS may have the global lock */
    int64_t (*period)(void *opaque, uint32_t cause); /* ns, of one of the two timers */
    void (*agreed)(void *opaque);           /* `features` has changed */
} Ich9SmiOps;

typedef struct Ich9Smi {
    RegisterBlock regs; /* "acpi-smi": 8 ports */
    const Ich9SmiOps *ops;
    void *opaque;
    QEMUTimer *periodic, *software;
    uint64_t supported, features; /* what there is; what firmware has agreed on */
    bool agreed;
    uint8_t supported_file[8], requested_file[8], ok_file;
} Ich9Smi;

/* In the bridge's instance_init() and instance_finalize(); it maps the region. */
void ich9_smi_init(Ich9Smi *s, DeviceState *owner, const Ich9SmiOps *ops, void *opaque);
void ich9_smi_finalize(Ich9Smi *s);
/* Makes the files; `supported` is what firmware may ask for. */
void ich9_smi_add_files(Ich9Smi *s, FWCfgState *fw_cfg, uint64_t supported);
/* enabled: SMI_EN after the reset. */
void ich9_smi_reset(Ich9Smi *s, uint32_t enabled);
/* The cause is noted, and there is an SMI if it is enabled. */
void ich9_smi_request(Ich9Smi *s, uint32_t cause);
/* True if this and SMIs as such are enabled. */
bool ich9_smi_is_enabled(const Ich9Smi *s, uint32_t cause);

extern const VMStateDescription vmstate_ich9_smi;
#define VMSTATE_ICH9_SMI(_field, _state)                                                           \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_ich9_smi, Ich9Smi)

#endif
