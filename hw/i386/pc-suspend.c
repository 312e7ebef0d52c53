/*
 * The PC suspended to RAM: what firmware finds when it is woken up.
 *
 * The memory controller has its settings still, the PAM registers among them: SeaBIOS runs from the
 * RAM that it had put below 1 MiB, and finds there what it needs to wake the OS up. The clock's
 * memory says that it is to do that.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i386/pc.h"
#include "hw/pci/pci.h"
#include "hw/rtc/mc146818rtc.h"
#include "system/runstate.h"

enum { CMOS_SHUTDOWN_STATUS = 0x0f, WAKE_FROM_S3 = 0xfe };

static PCIDevice *memory_controller(PCState *s)
{
    return pci_find_device(s->bus, 0, PCI_DEVFN(0, 0));
}

static void suspended(Notifier *notifier, void *data)
{
    PCState *s = container_of(notifier, PCState, suspended);

    memcpy(s->kept_pam, memory_controller(s)->config + PC_MACHINE_GET_CLASS(s)->pam,
           sizeof(s->kept_pam));
    rtc_set_memory(s->rtc, CMOS_SHUTDOWN_STATUS, WAKE_FROM_S3);
}

static void woken_up(Notifier *notifier, void *data)
{
    PCState *s = container_of(notifier, PCState, woken_up);
    PCIDevice *dev = memory_controller(s);

    for (unsigned i = 0; i < sizeof(s->kept_pam); i++) {
        PCI_DEVICE_GET_CLASS(dev)->config_write(dev, PC_MACHINE_GET_CLASS(s)->pam + i,
                                                s->kept_pam[i], 1);
    }
}

void pc_suspend_setup(PCState *s)
{
    if (!pc_has_s3(s)) {
        return;
    }
    s->suspended.notify = suspended;
    qemu_register_suspend_notifier(&s->suspended);
    s->woken_up.notify = woken_up;
    qemu_register_wakeup_notifier(&s->woken_up);
}
