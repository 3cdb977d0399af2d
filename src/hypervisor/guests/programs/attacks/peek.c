/* Attack on memory: read words by their physical address, wherever they lie. A word that belongs to nobody
 * gives a fault. */
#include "../box.h"
#include "../library.h"

int peek_main(int argc, char **argv) {
  uint64_t address, words = 1;
  if (argc < 2 || argc > 3 || !parse_number(argv[1], &address) ||
      (argc == 3 && !parse_number(argv[2], &words)))
    return fail("usage: peek ADDRESS [WORDS]");
  for (; words > 0; words--, address += 4) {
    uint32_t value = 0;
    int error =
        system_call(SYS_PHYSICAL, (uint32_t)address, (uint32_t)(address >> 32), 0, (uint32_t)&value, 0);
    if (error == -EIO) return fail("0x%x%08x: access fault", (uint32_t)(address >> 32), (uint32_t)address);
    if (error != 0)
      return fail("0x%x%08x: not an address of a word (34 bits, a multiple of 4)", (uint32_t)(address >> 32),
                  (uint32_t)address);
    print("0x%x%08x: %08x\n", (uint32_t)(address >> 32), (uint32_t)address, value);
  }
  return 0;
}
