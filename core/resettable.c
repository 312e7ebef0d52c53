/*
 * Reset in three phases over a tree.
 *
 * The tree is listed once, children first; then the phases go over the list one after the other. So
 * what a phase's function adds to the tree or takes out of it neither misses a phase nor gets half
 * of them.
 *
 * Each object is a small machine: a phase finds it in the stage in which it is due, or passes by.
 * Resets count: a second one finds the object held in reset already.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/resettable.h"

static ResettableState *state_of(Object *obj)
{
    return RESETTABLE_GET_CLASS(obj)->get_state(obj);
}

/* --- which objects --- */

static void list_below(Object *obj, void *list, ResetType type)
{
    const ResettableClass *class = RESETTABLE_GET_CLASS(obj);

    if (class->child_foreach) {
        class->child_foreach(obj, list_below, list, type);
    }
    g_ptr_array_add(list, object_ref(obj));
}

static GPtrArray *list_of(Object *top, ResetType type)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(object_unref);

    list_below(top, list, type);
    return list;
}

/* --- the phases --- */

static void enter(const ResettablePhases *phases, Object *obj, ResetType type)
{
    if (phases->enter) {
        phases->enter(obj, type);
    }
}

static void hold(const ResettablePhases *phases, Object *obj, ResetType type)
{
    if (phases->hold) {
        phases->hold(obj);
    }
}

static void leave(const ResettablePhases *phases, Object *obj, ResetType type)
{
    if (phases->exit) {
        phases->exit(obj);
    }
}

static const struct Phase {
    ResetStage due, during, done;
    void (*act)(const ResettablePhases *phases, Object *obj, ResetType type);
} phase_enter = { RESET_STAGE_OUT, RESET_STAGE_ENTERING, RESET_STAGE_ENTERED, enter },
  phase_hold = { RESET_STAGE_ENTERED, RESET_STAGE_HELD, RESET_STAGE_HELD, hold },
  phase_exit = { RESET_STAGE_HELD, RESET_STAGE_OUT, RESET_STAGE_OUT, leave };

static void run(const struct Phase *phase, Object *obj, ResetType type)
{
    ResettableState *s = state_of(obj);

    if (s->stage == phase->due) {
        s->stage = phase->during;
        phase->act(&RESETTABLE_GET_CLASS(obj)->phases, obj, type);
        if (s->stage == phase->during) { /* otherwise it was reset meanwhile */
            s->stage = phase->done;
        }
    }
}

static void put_into_reset(const GPtrArray *list, ResetType type)
{
    for (unsigned i = 0; i < list->len; i++) {
        state_of(g_ptr_array_index(list, i))->count++;
    }
    for (unsigned i = 0; i < list->len; i++) {
        run(&phase_enter, g_ptr_array_index(list, i), type);
    }
    for (unsigned i = 0; i < list->len; i++) {
        run(&phase_hold, g_ptr_array_index(list, i), type);
    }
}

static void let_out_of_reset(const GPtrArray *list, ResetType type)
{
    for (unsigned i = 0; i < list->len; i++) {
        Object *obj = g_ptr_array_index(list, i);
        ResettableState *s = state_of(obj);

        /* What came while the others were held isn't in reset. */
        if (s->count > 0 && --s->count == 0) {
            run(&phase_exit, obj, type);
        }
    }
}

void resettable_assert_reset(Object *obj, ResetType type)
{
    g_autoptr(GPtrArray) list = list_of(obj, type);

    put_into_reset(list, type);
}

void resettable_release_reset(Object *obj, ResetType type)
{
    g_autoptr(GPtrArray) list = list_of(obj, type);

    assert(resettable_is_in_reset(obj) && "released more often than reset");
    let_out_of_reset(list, type);
}

void resettable_reset(Object *obj, ResetType type)
{
    g_autoptr(GPtrArray) list = list_of(obj, type);

    put_into_reset(list, type);
    let_out_of_reset(list, type);
}

bool resettable_is_in_reset(Object *obj)
{
    return state_of(obj)->count > 0;
}

void resettable_cold_reset_fn(void *obj)
{
    resettable_reset(obj, RESET_TYPE_COLD);
}

void resettable_class_set_parent_phases(ResettableClass *rc, ResettableEnterPhase enter,
                                        ResettableHoldPhase hold, ResettableExitPhase exit,
                                        ResettablePhases *parent_phases)
{
    const ResettablePhases inherited = rc->phases;

    rc->phases = (ResettablePhases){
        enter ? enter : inherited.enter,
        hold ? hold : inherited.hold,
        exit ? exit : inherited.exit,
    };
    *parent_phases = inherited;
}

static const TypeInfo resettable_types[] = {
    { TYPE_RESETTABLE_INTERFACE, TYPE_INTERFACE, .class_size = sizeof(ResettableClass) },
};

DEFINE_TYPES(resettable_types)
