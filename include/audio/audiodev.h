/*
 * Back ends of sound, from options: -audiodev and -audio.
 *
 * All functions: big lock, the main thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUDIO_AUDIODEV_H
#define AUDIO_AUDIODEV_H

#include "audio/audio.h"

/*
 * "wav,id=snd0,path=x.wav", or JSON: makes that back end. False with *errp set, and nothing is
 * left, if not.
 */
bool audiodev_add_from_str(const char *text, Error **errp);
/*
 * -audio "wav,path=x.wav[,model=NAME]": makes a back end. Without a model it is the one that
 * devices without an `audiodev` property have from now on. *devices: what -device is to be told for
 * the model, NULL at the end, of the caller; NULL where there is none. False with *errp set.
 */
bool audiodev_add_short(const char *text, char ***devices, Error **errp);
/* NULL if there is none of that id. */
AudioDev *audiodev_find(const char *id);
const char *audiodev_id(const AudioDev *dev);

/* If text asks what there is ("help"; -audio: "model=help"): the answer, newly allocated; else NULL. */
char *audiodev_help(const char *text);
char *audiodev_short_help(const char *text);

/* Plays what was due, and completes files, on the way out. */
void audio_cleanup(void);

#endif
