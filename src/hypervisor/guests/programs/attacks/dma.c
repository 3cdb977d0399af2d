/* Attack on memory by way of the disk: a sector is read to an address, or written from there, that belongs to
 * somebody else. */
#include "../box.h"
#include "../library.h"

int dma_main(int argc, char **argv) {
  uint64_t address, sector;
  bool write = argc == 4 && strcmp(argv[1], "write") == 0;
  bool valid = argc == 4 && (write || strcmp(argv[1], "read") == 0) && parse_number(argv[2], &address) &&
               parse_number(argv[3], &sector);
  if (!valid || address >> 32 != 0 || sector >> 32 != 0) return fail("usage: dma read|write ADDRESS SECTOR");
  int error = system_call(SYS_DMA, (uint32_t)address, (uint32_t)sector, write, 0, 0);
  if (error != 0) return fail("0x%08x: %s", (uint32_t)address, error_text(error));
  if (write)
    print("512 bytes from 0x%08x are now in sector %u of /dev/vda\n", (uint32_t)address, (uint32_t)sector);
  else
    print("sector %u of /dev/vda is now at 0x%08x\n", (uint32_t)sector, (uint32_t)address);
  return 0;
}
