#include "text.h"

/* Word by word where both are aligned: pages and sectors are, and they are what is copied most. Eight words a
 * turn, since what goes round a word costs more than the word. */
#define WORDS 8

void *memcpy(void *to, const void *from, size_t size) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if ((((uintptr_t)d | (uintptr_t)s) & 3) == 0) {
    for (; size >= WORDS * 4; size -= WORDS * 4, d += WORDS * 4, s += WORDS * 4) {
      uint32_t *words = (uint32_t *)d;
      const uint32_t *others = (const uint32_t *)s;
      words[0] = others[0], words[1] = others[1], words[2] = others[2], words[3] = others[3];
      words[4] = others[4], words[5] = others[5], words[6] = others[6], words[7] = others[7];
    }
    for (; size >= 4; size -= 4, d += 4, s += 4) *(uint32_t *)d = *(const uint32_t *)s;
  }
  while (size-- > 0) *d++ = *s++;
  return to;
}

void *memmove(void *to, const void *from, size_t size) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if (d <= s || d >= s + size) return memcpy(to, from, size);
  while (size-- > 0) d[size] = s[size];
  return to;
}

void *memset(void *to, int value, size_t size) {
  uint8_t *d = to;
  uint32_t word = (uint8_t)value * 0x01010101u;
  for (; size > 0 && ((uintptr_t)d & 3) != 0; size--) *d++ = (uint8_t)value;
  for (; size >= WORDS * 4; size -= WORDS * 4, d += WORDS * 4) {
    uint32_t *words = (uint32_t *)d;
    words[0] = words[1] = words[2] = words[3] = word;
    words[4] = words[5] = words[6] = words[7] = word;
  }
  for (; size >= 4; size -= 4, d += 4) *(uint32_t *)d = word;
  while (size-- > 0) *d++ = (uint8_t)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t size) {
  const uint8_t *x = a, *y = b;
  for (; size > 0; size--, x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

int strncmp(const char *a, const char *b, size_t size) {
  for (; size > 0; size--, a++, b++)
    if (*a != *b || *a == 0) return (uint8_t)*a - (uint8_t)*b;
  return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *strchr(const char *text, int c) {
  for (; *text != (char)c; text++)
    if (*text == 0) return NULL;
  return (char *)text;
}

void copy_text(char *to, const char *from, size_t size) {
  while (size-- > 1 && *from != 0) *to++ = *from++;
  *to = 0;
}

bool starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

bool parse_number(const char *text, uint64_t *value) {
  bool hexadecimal = text[0] == '0' && text[1] == 'x';
  uint32_t base = hexadecimal ? 16 : 10;
  if (hexadecimal) text += 2;
  if (*text == 0) return false;
  for (*value = 0; *text != 0; text++) {
    uint32_t digit;
    if (*text >= '0' && *text <= '9')
      digit = *text - '0';
    else if (hexadecimal && *text >= 'a' && *text <= 'f')
      digit = *text - 'a' + 10;
    else
      return false;
    *value = *value * base + digit;
  }
  return true;
}

/* The upper word by one instruction, the lower one bit by bit as on paper: `rest` stays below `by`. */
uint64_t divide(uint64_t value, uint32_t by, uint32_t *remainder) {
  uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value, rest = high % by, quotient = 0;
  for (int bit = 31; bit >= 0; bit--) {
    uint32_t carry = rest >> 31;
    rest = rest << 1 | (low >> bit & 1);
    quotient <<= 1;
    if (carry || rest >= by) rest -= by, quotient |= 1;
  }
  *remainder = rest;
  return (uint64_t)(high / by) << 32 | quotient;
}
