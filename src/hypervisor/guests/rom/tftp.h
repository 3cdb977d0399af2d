#pragma once
#include <stdint.h>

/* Reads a file (RFC 1350, octet mode) to `to`: its size, or NOT_FOUND, TFTP_ERROR, TOO_LONG, NO_SERVER. A
 * server's own words about an error are printed. */
int tftp_read(uint32_t server, const char *path, uint8_t *to, uint32_t most);
