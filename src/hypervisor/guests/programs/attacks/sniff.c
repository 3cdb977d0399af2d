/* Attack on the network: look at every frame that reaches this machine's port, also those meant for others.
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
    print("\n");
    count--;
  }
  return 0;
}
