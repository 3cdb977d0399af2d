#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A directory is read from its start. */
void name_begin(void);
/* Takes its next entry of 32 bytes: whether it is the file `name`, by its short name or by the long one in
 * the entries before. Capitals and small letters are the same. */
bool name_matches(const uint8_t *entry, const char *name, uint32_t length);
