/** Made by `npm run guests`: the sources of the programs that attack, by their places in this folder. */
export const ATTACK_SOURCES: Readonly<Record<string, string>> = {
  'kernel/attacks/dma.c': `/*
 * Lets the disk do what the processor may not: the device gets an address outside of this machine's memory
 * for its data, and reads a sector to there, or writes from there to the disk. The second stage of
 * translation does not see a device's accesses; whoever plays the device has to check the address.
 */
#include <stddef.h>
#include "../blockDevice.h"
#include "../fsLock.h"
#include "../process.h"
#include "../syscall.h"

/* The physical address in a[0], the sector of vda in a[1]; a[2]: from memory to disk, else from disk to
 * memory. */
int sys_dma(const uint32_t *a) {
  const struct volume *volume = volume_of("vda");
  if (volume == NULL) return -ENODEV;
  void *target = (void *)a[0];
  fs_lock();
  int error = volume->disk->request(volume->disk, a[2] ? REQUEST_WRITE : REQUEST_READ, a[1], &target, 1);
  fs_unlock();
  return error;
}
`,
  'kernel/attacks/hog.c': `/*
 * Takes the processor and never gives it back: interrupts off, an endless loop. Inside the guest nothing can
 * stop this any more; whether the other guests go on is up to the hypervisor, whose timer the guest cannot
 * turn off.
 */
#include "../log.h"
#include "../riscv.h"
#include "../syscall.h"

int sys_hog(const uint32_t *a) {
  (void)a;
  log_line("hog: interrupts off, for ever");
  csr_write(sie, 0);
  csr_clear(sstatus, SSTATUS_SIE);
  for (;;) asm volatile("");
}
`,
  'kernel/attacks/physical.c': `/*
 * Reads and writes memory by its physical address, as a malicious guest's kernel may at any time: it owns its
 * page tables, so it can make an entry that points wherever it likes. What stands in its way is the second
 * stage of translation alone.
 */
#include "../paging.h"
#include "../process.h"
#include "../riscv.h"
#include "../syscall.h"

uint32_t probe_load(const volatile uint32_t *from, uint32_t *value);
uint32_t probe_store(volatile uint32_t *to, uint32_t value);

/* Address in a[0] and a[1] (34 bits: Sv32's entries reach so far), store or load in a[2], the value at a[3].
 */
int sys_physical(const uint32_t *a) {
  uint32_t value;
  if (a[1] >> 2 != 0 || a[0] % 4 != 0) return -EINVAL;
  if (!copy_from_user(&value, a[3], sizeof value)) return -EFAULT;
  volatile uint32_t *at = (uint32_t *)(window_to(a[1] << 20 | a[0] >> 12) + a[0] % PAGE_SIZE);
  uint32_t cause = a[2] ? probe_store(at, value) : probe_load(at, &value);
  if (cause != 0) return -EIO; /* an access fault came instead of the memory */
  return copy_to_user(a[3], &value, sizeof value) ? 0 : -EFAULT;
}
`,
  'programs/attacks/dma.c': `/* Attack on memory by way of the disk: a sector is read to an address, or written from there, that belongs to
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
    print("512 bytes from 0x%08x are now in sector %u of /dev/vda\\n", (uint32_t)address, (uint32_t)sector);
  else
    print("sector %u of /dev/vda is now at 0x%08x\\n", (uint32_t)sector, (uint32_t)address);
  return 0;
}
`,
  'programs/attacks/hog.c': `/* Attack on the processor: its kernel part (kernel/attacks/hog.c) turns interrupts off and loops. This never
 * comes back. */
#include "../box.h"
#include "../library.h"

int hog_main(int argc, char **argv) {
  (void)argc, (void)argv;
  return fail_with("hog", system_call(SYS_HOG, 0, 0, 0, 0, 0));
}
`,
  'programs/attacks/peek.c': `/* Attack on memory: read words by their physical address, wherever they lie. A word that belongs to nobody
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
    print("0x%x%08x: %08x\\n", (uint32_t)(address >> 32), (uint32_t)address, value);
  }
  return 0;
}
`,
  'programs/attacks/poke.c': `/* Attack on memory: write a word by its physical address, wherever it lies. */
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
  print("0x%x%08x: %08x written\\n", high, (uint32_t)address, word);
  return 0;
}
`,
  'programs/attacks/sniff.c': `/* Attack on the network: look at every frame that reaches this machine's port, also those meant for others.
 */
#include "../box.h"
#include "../library.h"

int sniff_main(int argc, char **argv) {
  static uint8_t frame[1520];
  uint64_t count = UINT64_MAX;
  if (argc > 2 || (argc == 2 && !parse_number(argv[1], &count))) return fail("usage: sniff [COUNT]");
  int fd = system_call(SYS_SOCKET, SOCKET_FRAMES, 0, 0, 0, 0);
  if (fd < 0) return fail_with("socket", fd);
  while (count > 0) {
    int size = system_call(SYS_RECVFROM, (uint32_t)fd, (uint32_t)frame, sizeof frame, 0, 60000);
    if (size == -EAGAIN) continue;
    if (size < 0) return fail_with("recvfrom", size);
    print("%M > %M type %04x, %d bytes:", frame + 6, frame, (uint32_t)frame[12] << 8 | frame[13], size);
    for (int i = 14; i < size && i < 30; i++) print(" %02x", frame[i]);
    print("\\n");
    count--;
  }
  return 0;
}
`,
  'programs/attacks/spoof.c': `/* Attack on the network: send a frame under another machine's address, so that the switch sends that
 * machine's traffic here. */
#include "../box.h"
#include "../library.h"

int spoof_main(int argc, char **argv) {
  uint8_t frame[14 + 46] = {0};
  if (argc < 3 || argc > 4 || !parse_mac(argv[1], frame + 6) || !parse_mac(argv[2], frame))
    return fail("usage: spoof SOURCE-MAC DESTINATION-MAC [TEXT]");
  frame[12] = 0x88; /* type 88b5: for local experiments (IEEE 802) */
  frame[13] = 0xb5;
  copy_text((char *)frame + 14, argc > 3 ? argv[3] : "spoofed", sizeof frame - 14);
  int fd = system_call(SYS_SOCKET, SOCKET_FRAMES, 0, 0, 0, 0);
  if (fd < 0) return fail_with("socket", fd);
  int result = system_call(SYS_SENDTO, (uint32_t)fd, (uint32_t)frame, sizeof frame, 0, 0);
  if (result < 0) return fail_with("sendto", result);
  print("sent %d bytes from %M to %M\\n", result, frame + 6, frame);
  return 0;
}
`,
};
