/*
 * Rays of light and spheres: distances, square roots, reflections, branches on what was hit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"
#include "root.h"

BENCH_ROUNDS(76);

enum { SPHERES = 6, WIDTH = 48, HEIGHT = 36, REFLECTIONS = 3 };

typedef struct Vector {
    double x, y, z;
} Vector;

typedef struct Sphere {
    Vector centre;
    double radius, brightness;
} Sphere;

static Sphere spheres[SPHERES];

static double dot(Vector a, Vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static Vector add_scaled(Vector a, Vector b, double factor)
{
    return (Vector){ a.x + b.x * factor, a.y + b.y * factor, a.z + b.z * factor };
}

static Vector normalized(Vector a)
{
    double factor = inverse_root(dot(a, a));

    return (Vector){ a.x * factor, a.y * factor, a.z * factor };
}

/* How far along the ray (its direction has length 1) the sphere begins; less than 0: it misses. */
static double distance(const Sphere *sphere, Vector from, Vector direction)
{
    Vector to = add_scaled(sphere->centre, from, -1);
    double along = dot(to, direction),
           square = along * along - dot(to, to) + sphere->radius * sphere->radius;

    return square <= 0 ? -1 : along - square * inverse_root(square);
}

static NOINLINE double trace(Vector from, Vector direction)
{
    double light = 0, weight = 1;

    for (int i = 0; i < REFLECTIONS; i++) {
        const Sphere *hit = NULL;
        double nearest = 1e9;
        Vector normal;

        for (int j = 0; j < SPHERES; j++) {
            double at = distance(&spheres[j], from, direction);

            if (at > 1e-6 && at < nearest) {
                nearest = at;
                hit = &spheres[j];
            }
        }
        if (!hit) {
            return light + weight * (0.5 + 0.5 * direction.y);
        }
        from = add_scaled(from, direction, nearest);
        normal = normalized(add_scaled(from, hit->centre, -1));
        light += weight * hit->brightness;
        weight *= 0.5;
        direction = normalized(add_scaled(direction, normal, -2 * dot(direction, normal)));
    }
    return light;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 23, sum = 0;

    while (rounds--) {
        for (int i = 0; i < SPHERES; i++) {
            Sphere *sphere = &spheres[i];

            sphere->centre.x = next_random_double(&seed) * 4 - 2;
            sphere->centre.y = next_random_double(&seed) * 4 - 2;
            sphere->centre.z = next_random_double(&seed) * 4 + 3;
            sphere->radius = next_random_double(&seed) + 0.5;
            sphere->brightness = next_random_double(&seed);
        }
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                Vector direction = { (x - WIDTH / 2) * (1.0 / WIDTH),
                                     (y - HEIGHT / 2) * (1.0 / WIDTH), 1 };

                sum = mix_double(sum, trace((Vector){ 0, 0, -1 }, normalized(direction)));
            }
        }
    }
    return sum;
}
