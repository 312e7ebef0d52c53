/*
 * Two threads take turns, by a mutex and a condition variable.
 *
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>

#include "bench.h"

BENCH_ROUNDS(17000);

typedef struct Game {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t turn, rounds, sum;
} Game;

static Game game = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0 };

static void *play(void *player)
{
    uint32_t own = player != NULL;

    pthread_mutex_lock(&game.mutex);
    for (;;) {
        while (game.turn != own && game.rounds) {
            pthread_cond_wait(&game.changed, &game.mutex);
        }
        if (!game.rounds) {
            break;
        }
        game.sum = mix(game.sum, own + game.rounds--);
        game.turn = !own;
        pthread_cond_signal(&game.changed);
    }
    pthread_cond_signal(&game.changed);
    pthread_mutex_unlock(&game.mutex);
    return NULL;
}

uint32_t bench(uint32_t rounds)
{
    pthread_t other;

    game.rounds = rounds;
    if (pthread_create(&other, NULL, play, &game)) {
        bench_fail("pthread_create");
    }
    play(NULL);
    pthread_join(other, NULL);
    return game.sum;
}
