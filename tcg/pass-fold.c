/* placeholder */
#include "qemu/osdep.h"
#include "tcg-internal.h"
void tcg_pass_fold(TCGContext *s)
{
}
