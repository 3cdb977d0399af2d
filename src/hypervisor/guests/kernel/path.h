/* Paths: from what a program said to where it is from the root on. */
#pragma once
#include <stdbool.h>

/* `path` from `directory` on, without `.`, `..` and doubled slashes, into MAX_PATH bytes; false when it is
 * too long. */
bool path_resolve(char *to, const char *directory, const char *path);
