/* Attack on memory: write a word by its physical address, wherever it lies. */
#include "../box.h"
#include "../library.h"

int poke_main(int argc, char **argv) {
  uint64_t address, value;
  if (argc != 3 || !parse_number(argv[1], &address) || !parse_number(argv[2], &value))
    return fail("usage: poke ADDRESS VALUE");
  uint32_t word = (uint32_t)value, high = (uint32_t)(address >> 32);
  int error = system_call(SYS_PHYSICAL, (uint32_t)address, high, 1, (uint32_t)&word, 0);
  if (error == -EIO) return fail("0x%x%08x: access fault", high, (uint32_t)address);
  if (error != 0)
    return fail("0x%x%08x: not an address of a word (34 bits, a multiple of 4)", high, (uint32_t)address);
  print("0x%x%08x: %08x written\n", high, (uint32_t)address, word);
  return 0;
}
