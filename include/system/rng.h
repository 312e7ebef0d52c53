/*
 * Where random bytes come from: -object rng-random, rng-builtin.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_RNG_H
#define SYSTEM_RNG_H

#include "qom/object.h"

#define TYPE_RNG_BACKEND "rng-backend"
#define TYPE_RNG_BUILTIN "rng-builtin"
#define TYPE_RNG_RANDOM  "rng-random"
OBJECT_DECLARE_TYPE(RngBackend, RngBackendClass, RNG_BACKEND)

/* `size` bytes, which are the callee's only during the call. */
typedef void RngReceiver(void *opaque, const uint8_t *bytes, size_t size);

struct RngBackend {
    Object parent_obj;

    GQueue requests; /* oldest first */
};

struct RngBackendClass {
    ObjectClass parent_class;

    /* There is a request in the queue that wasn't there before. */
    void (*requested)(RngBackend *rng);
    /* There is none any more. */
    void (*idle)(RngBackend *rng);
};

/*
 * Asks for 1 .. size bytes. receive is called once, from the main loop, with the big lock held, with
 * as many as there are.
 */
void rng_request(RngBackend *rng, size_t size, RngReceiver *receive, void *opaque);
/* Takes back all requests of opaque. */
void rng_cancel(RngBackend *rng, void *opaque);

#endif
