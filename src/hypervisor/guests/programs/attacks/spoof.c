/* Attack on the network: send a frame under another machine's address, so that the switch sends that
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
  print("sent %d bytes from %M to %M\n", result, frame + 6, frame);
  return 0;
}
