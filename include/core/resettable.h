/*
 * Reset in three phases over a tree of devices and buses.
 *
 * enter: set the device's own state, touch nobody else. hold: act on others (lines, memory) as a
 * device held in reset does. exit: leave reset. Each phase is finished for the whole tree, children
 * first, before the next one starts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_RESETTABLE_H
#define CORE_RESETTABLE_H

#include "qom/object.h"

#define TYPE_RESETTABLE_INTERFACE "resettable"

typedef enum ResetType {
    RESET_TYPE_COLD,
} ResetType;

typedef void (*ResettableEnterPhase)(Object *obj, ResetType type);
typedef void (*ResettableHoldPhase)(Object *obj);
typedef void (*ResettableExitPhase)(Object *obj);
typedef void (*ResettableChildCallback)(Object *obj, void *opaque, ResetType type);
typedef void (*ResettableChildForeach)(Object *obj, ResettableChildCallback cb, void *opaque,
                                       ResetType type);

typedef struct ResettablePhases {
    ResettableEnterPhase enter;
    ResettableHoldPhase hold;
    ResettableExitPhase exit;
} ResettablePhases;

typedef enum ResetStage {
    RESET_STAGE_OUT,
    RESET_STAGE_ENTERING,
    RESET_STAGE_ENTERED,
    RESET_STAGE_HELD,
} ResetStage;

/* Per object, returned by get_state; all zeros at first. */
typedef struct ResettableState {
    unsigned count; /* resets it is in now; > 0: held in reset */
    ResetStage stage;
} ResettableState;

typedef struct ResettableClass {
    InterfaceClass parent_class;

    ResettablePhases phases;
    ResettableState *(*get_state)(Object *obj);
    ResettableChildForeach child_foreach;
} ResettableClass;

DECLARE_CLASS_CHECKERS(ResettableClass, RESETTABLE, TYPE_RESETTABLE_INTERFACE)

/* All phases at once. */
void resettable_reset(Object *obj, ResetType type);
/* Put into reset and let out of it again; they count. */
void resettable_assert_reset(Object *obj, ResetType type);
void resettable_release_reset(Object *obj, ResetType type);
bool resettable_is_in_reset(Object *obj);
/* A QEMUResetHandler that resets the object it is given. */
void resettable_cold_reset_fn(void *opaque);

/* Sets a class's phases, keeping its parent's in *parent_phases; NULL phases are inherited. */
void resettable_class_set_parent_phases(ResettableClass *rc, ResettableEnterPhase enter,
                                        ResettableHoldPhase hold, ResettableExitPhase exit,
                                        ResettablePhases *parent_phases);

#endif
