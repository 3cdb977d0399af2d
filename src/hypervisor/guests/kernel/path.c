#include "path.h"
#include "systemCalls.h"
#include "text.h"

/* Appends the parts of `path` to `to`, of which `length` bytes are used; the root is length 0 here. */
static bool append(char *to, uint32_t *length, const char *path) {
  while (*path != 0) {
    if (*path == '/') {
      path++;
      continue;
    }
    uint32_t size = 0;
    while (path[size] != 0 && path[size] != '/') size++;
    if (size == 2 && path[0] == '.' && path[1] == '.') {
      while (*length > 0 && to[--*length] != '/') continue;
    } else if (size != 1 || path[0] != '.') {
      if (*length + size + 2 > MAX_PATH) return false;
      to[(*length)++] = '/';
      memcpy(to + *length, path, size);
      *length += size;
    }
    path += size;
  }
  return true;
}

bool path_resolve(char *to, const char *directory, const char *path) {
  uint32_t length = 0;
  if (*path != '/' && !append(to, &length, directory)) return false;
  if (!append(to, &length, path)) return false;
  if (length == 0) to[length++] = '/';
  to[length] = 0;
  return true;
}
