#include <stdarg.h>
#include "loader.h"
#include "text.h"

static void put(char c, void *context) {
  (void)context;
  SERVICES->print(c);
}

void print(const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  format(put, NULL, text, arguments);
  va_end(arguments);
}
