#include "text.h"

struct output {
  void (*put)(char c, void *context);
  void *context;
};

static void pad(struct output *o, int count, char c) {
  while (count-- > 0) o->put(c, o->context);
}

static void put_text(struct output *o, const char *text, int width, bool left) {
  int missing = width - (int)strlen(text);
  if (!left) pad(o, missing, ' ');
  while (*text != 0) o->put(*text++, o->context);
  if (left) pad(o, missing, ' ');
}

static void put_number(struct output *o, uint32_t value, uint32_t base, bool negative, int width, bool left,
                       bool zeros) {
  char digits[12];
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  if (negative) digits[count++] = '-';
  if (!left) pad(o, width - count, zeros ? '0' : ' ');
  for (int i = count; i-- > 0;) o->put(digits[i], o->context);
  if (left) pad(o, width - count, ' ');
}

/* Four or six bytes with a separator: an IPv4 address in network order, a MAC address. */
static void put_bytes(struct output *o, const uint8_t *bytes, int count, uint32_t base, char between) {
  for (int i = 0; i < count; i++) {
    if (i > 0) o->put(between, o->context);
    put_number(o, bytes[i], base, false, base == 16 ? 2 : 0, false, true);
  }
}

void format(void (*put)(char c, void *context), void *context, const char *text, va_list arguments) {
  struct output o = {put, context};
  for (; *text != 0; text++) {
    if (*text != '%') {
      put(*text, context);
      continue;
    }
    bool left = false, zeros = false;
    int width = 0;
    for (text++; *text == '-' || *text == '0'; text++) *text == '-' ? (left = true) : (zeros = true);
    for (; *text >= '0' && *text <= '9'; text++) width = width * 10 + *text - '0';
    switch (*text) {
      case 'd': {
        int32_t value = va_arg(arguments, int32_t);
        put_number(&o, value < 0 ? -(uint32_t)value : (uint32_t)value, 10, value < 0, width, left, zeros);
        break;
      }
      case 'u': put_number(&o, va_arg(arguments, uint32_t), 10, false, width, left, zeros); break;
      case 'x': put_number(&o, va_arg(arguments, uint32_t), 16, false, width, left, zeros); break;
      case 'c': put((char)va_arg(arguments, int), context); break;
      case 's': put_text(&o, va_arg(arguments, const char *), width, left); break;
      case 'I': {
        uint32_t address = va_arg(arguments, uint32_t);
        uint8_t bytes[4] = {address >> 24, address >> 16, address >> 8, address};
        put_bytes(&o, bytes, 4, 10, '.');
        break;
      }
      case 'M': put_bytes(&o, va_arg(arguments, const uint8_t *), 6, 16, ':'); break;
      default: put(*text, context);
    }
  }
}
