/*
 * Objects of five kinds in a list, asked through tables of functions: indirect calls whose target
 * changes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(4800);

enum { OBJECTS = 2000 };

typedef struct Shape Shape;

typedef struct ShapeClass {
    uint32_t (*area)(const Shape *shape);
    void (*grow)(Shape *shape, uint32_t by);
    uint32_t (*corners)(const Shape *shape);
} ShapeClass;

struct Shape {
    const ShapeClass *class;
    uint32_t width, height;
};

static NOINLINE uint32_t rectangle_area(const Shape *s)
{
    return s->width * s->height;
}

static NOINLINE uint32_t square_area(const Shape *s)
{
    return s->width * s->width;
}

static NOINLINE uint32_t triangle_area(const Shape *s)
{
    return s->width * s->height / 2;
}

static NOINLINE uint32_t ring_area(const Shape *s)
{
    return (s->width * s->width - s->height * s->height) * 355 >> 7;
}

static NOINLINE uint32_t line_area(const Shape *s)
{
    return s->width ^ s->width;
}

static NOINLINE void grow_both(Shape *s, uint32_t by)
{
    s->width += by;
    s->height += by >> 1;
}

static NOINLINE void grow_width(Shape *s, uint32_t by)
{
    s->width = (s->width + by) & 0xffff;
}

static NOINLINE uint32_t four(const Shape *s)
{
    return 4 + (s->height == 0);
}

static NOINLINE uint32_t three(const Shape *s)
{
    return 3 - (s->width == s->height);
}

static NOINLINE uint32_t none(const Shape *s)
{
    return s->width == 0;
}

static const ShapeClass classes[] = {
    { rectangle_area, grow_both, four },
    { square_area, grow_width, four },
    { triangle_area, grow_both, three },
    { ring_area, grow_width, none },
    { line_area, grow_width, none },
};

static Shape shapes[OBJECTS];

static NOINLINE uint32_t visit(Shape *shape, uint32_t by)
{
    uint32_t area = shape->class->area(shape);

    shape->class->grow(shape, by & 15);
    return area + shape->class->corners(shape);
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 83, sum = 0;

    for (int i = 0; i < OBJECTS; i++) {
        uint32_t dice = next_random(&seed);

        shapes[i] =
            (Shape){ &classes[dice % ARRAY_SIZE(classes)], dice >> 8 & 255, dice >> 16 & 255 };
    }
    while (rounds--) {
        for (int i = 0; i < OBJECTS; i++) {
            sum += visit(&shapes[i], sum >> 3);
        }
    }
    return sum;
}
