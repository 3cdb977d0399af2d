/* Sends one datagram, or shows those that come to a port. */
#include "box.h"
#include "library.h"

static int listen(uint32_t port) {
  static char text[1501];
  struct endpoint from;
  int fd = system_call(SYS_SOCKET, SOCKET_UDP, port, 0, 0, 0);
  if (fd < 0) return fail_with("socket", fd);
  for (;;) {
    int size =
        system_call(SYS_RECVFROM, (uint32_t)fd, (uint32_t)text, sizeof text - 1, (uint32_t)&from, 60000);
    if (size == -EAGAIN) continue;
    if (size < 0) return fail_with("recvfrom", size);
    text[size] = 0;
    print("%I:%u: %s\n", from.address, from.port, text);
  }
}

int udp_main(int argc, char **argv) {
  struct endpoint to = {0};
  uint64_t port;
  if (argc == 3 && strcmp(argv[1], "listen") == 0 && parse_number(argv[2], &port) && port < 65536)
    return listen((uint32_t)port);
  if (argc != 5 || strcmp(argv[1], "send") != 0 || !parse_address(argv[2], &to.address) ||
      !parse_number(argv[3], &port) || port > 65535)
    return fail("usage: udp send ADDRESS PORT TEXT | udp listen PORT");
  to.port = (uint16_t)port;
  int fd = system_call(SYS_SOCKET, SOCKET_UDP, 0, 0, 0, 0);
  if (fd < 0) return fail_with("socket", fd);
  int result = system_call(SYS_SENDTO, (uint32_t)fd, (uint32_t)argv[4], strlen(argv[4]), (uint32_t)&to, 0);
  return result < 0 ? fail_with("sendto", result) : 0;
}
