/*
 * IPMI: what all BMCs and all interfaces share. See hw/ipmi/ipmi.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/ipmi/ipmi.h"
#include "ipmi-interface.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* ---- The BMC's side ---- */

bool ipmi_bmc_connect(IpmiBmc *bmc, uint8_t protocol, void (*attention_changed)(void *opaque),
                      void *opaque, Error **errp)
{
    if (!bmc) {
        error_setg(errp, "IPMI device requires a bmc attribute to be set");
        return false;
    }
    if (bmc->attention_changed) {
        error_setg(errp, "BMC is already in use");
        return false;
    }
    bmc->protocol = protocol;
    bmc->attention_changed = attention_changed;
    bmc->opaque = opaque;
    return true;
}

void ipmi_bmc_disconnect(IpmiBmc *bmc)
{
    bmc->attention_changed = NULL;
}

void ipmi_bmc_handle(IpmiBmc *bmc, const IpmiMessage *request, IpmiMessage *response)
{
    IPMI_BMC_GET_CLASS(bmc)->handle(bmc, request, response);
}

IpmiAttention ipmi_bmc_attention(IpmiBmc *bmc)
{
    IpmiAttention attention = { false };

    IPMI_BMC_GET_CLASS(bmc)->get_attention(bmc, &attention);
    return attention;
}

/* ---- The interfaces' side ---- */

void ipmi_interface_update(IpmiInterface *s)
{
    s->set_irq(s->opaque, s->kind->wants_interrupt(s, ipmi_bmc_attention(s->bmc)));
}

void ipmi_interface_ask(IpmiInterface *s)
{
    ipmi_bmc_handle(s->bmc, &s->request, &s->response);
    s->at = 0;
}

static void attention_changed(void *opaque)
{
    ipmi_interface_update(opaque);
}

bool ipmi_interface_init(IpmiInterface *s, Object *owner, unsigned size, Error **errp)
{
    g_autofree char *name = g_strconcat("ipmi-", s->kind->name, NULL);

    if (!ipmi_bmc_connect(s->bmc, s->kind->protocol, attention_changed, s, errp)) {
        return false;
    }
    memory_region_init_io(&s->io, owner, s->kind->ops, s, name, size);
    return true;
}

void ipmi_interface_exit(IpmiInterface *s)
{
    ipmi_bmc_disconnect(s->bmc);
}

static int check_loaded(void *opaque, int version_id)
{
    const IpmiInterface *s = opaque;

    return s->request.len <= IPMI_MAX_MESSAGE && s->response.len <= IPMI_MAX_MESSAGE &&
                   s->at <= s->response.len
               ? 0
               : -EINVAL;
}

static const VMStateDescription vmstate_message = {
    .name = "ipmi-message",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(bytes, IpmiMessage, IPMI_MAX_MESSAGE),
        VMSTATE_UINT32(len, IpmiMessage),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_ipmi_interface = {
    .name = "ipmi-interface",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = check_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(request, IpmiInterface, 1, vmstate_message, IpmiMessage),
        VMSTATE_STRUCT(response, IpmiInterface, 1, vmstate_message, IpmiMessage),
        VMSTATE_UINT32(at, IpmiInterface),
        VMSTATE_UINT8(status, IpmiInterface),
        VMSTATE_UINT8(data, IpmiInterface),
        VMSTATE_UINT8(mask, IpmiInterface),
        VMSTATE_UINT8(error, IpmiInterface),
        VMSTATE_UINT8(phase, IpmiInterface),
        VMSTATE_BOOL(attention_seen, IpmiInterface),
        VMSTATE_END_OF_LIST()
    },
};

static const TypeInfo ipmi_types[] = {
    {
        .name = TYPE_IPMI_BMC,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(IpmiBmc),
        .class_size = sizeof(IpmiBmcClass),
        .abstract = true,
    },
};

DEFINE_TYPES(ipmi_types)
