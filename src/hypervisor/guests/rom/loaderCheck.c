#include "rom.h"

int loader_check(uint32_t size) {
  const uint32_t *words = (const uint32_t *)LOADER;
  uint32_t sum = 0;
  if (size < SECTOR || words[0] != LOADER_MAGIC || words[1] * SECTOR != size) return NO_LOADER;
  for (uint32_t i = 0; i < size / 4; i++) sum += words[i];
  return sum == 0 ? DONE : NO_LOADER;
}
