/* Bytes and strings: the few functions of the C library that kernel and programs share. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int c);
/* Copies as much as fits, always with a 0 at the end. */
void copy_text(char *to, const char *from, size_t size);
bool starts_with(const char *text, const char *start);
/* Decimal, or hexadecimal after 0x. False when `text` is not a number from its first to its last character.
 */
bool parse_number(const char *text, uint64_t *value);

/* printf's %d %u %x %c %s %%, with a width, `-` and `0`; and %I, an IPv4 address, and %M, the six bytes of a
 * MAC address. */
void format(void (*put)(char c, void *context), void *context, const char *text, va_list arguments);

/* Division of 64 bits by 32, which RV32 has no instruction for; compilers would call their run-time library.
 */
uint64_t divide(uint64_t value, uint32_t by, uint32_t *remainder);
