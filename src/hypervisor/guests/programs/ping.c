/* Echo requests, one a second, and the time until the reply (RFC 792). */
#include "box.h"
#include "library.h"

#define SIZE 64

static uint16_t checksum(const uint8_t *bytes, uint32_t size) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i + 1 < size; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }

/* The message: type 8, code, checksum, identifier, sequence number, data. */
static int send(int fd, const struct endpoint *to, uint32_t sequence) {
  uint8_t message[SIZE];
  for (uint32_t i = 0; i < SIZE; i++) message[i] = (uint8_t)i;
  message[0] = 8;
  message[1] = 0;
  put16(message + 2, 0);
  put16(message + 4, (uint32_t)getpid());
  put16(message + 6, sequence);
  put16(message + 2, checksum(message, SIZE));
  return system_call(SYS_SENDTO, (uint32_t)fd, (uint32_t)message, SIZE, (uint32_t)to, 0);
}

/* Waits for the reply with this number. Its size, or a negative error. */
static int receive(int fd, uint32_t sequence, struct endpoint *from, uint32_t milliseconds) {
  static uint8_t message[1500];
  uint32_t start = microseconds();
  for (;;) {
    uint32_t passed = ((microseconds() - start) & 0x7fffffff) / 1000;
    if (passed >= milliseconds) return -EAGAIN;
    int size = system_call(SYS_RECVFROM, (uint32_t)fd, (uint32_t)message, sizeof message, (uint32_t)from,
                           milliseconds - passed);
    if (size < 0) return size;
    uint32_t identifier = (uint32_t)message[4] << 8 | message[5],
             number = (uint32_t)message[6] << 8 | message[7];
    if (size >= 8 && message[0] == 0 && identifier == (uint32_t)getpid() && number == sequence) return size;
  }
}

int ping_main(int argc, char **argv) {
  uint64_t count = UINT64_MAX;
  struct endpoint to = {0}, from;
  if (argc == 4 && strcmp(argv[1], "-c") == 0 && parse_number(argv[2], &count)) argv += 2, argc -= 2;
  if (argc != 2 || !parse_address(argv[1], &to.address)) return fail("usage: ping [-c COUNT] ADDRESS");
  int fd = system_call(SYS_SOCKET, SOCKET_ICMP, 0, 0, 0, 0);
  if (fd < 0) return fail_with("socket", fd);
  print("PING %s %d bytes of data.\n", argv[1], SIZE - 8);
  uint32_t sent = 0, received = 0;
  while (sent < count) {
    uint32_t start = microseconds();
    int error = send(fd, &to, ++sent);
    if (error < 0) return fail_with("sendto", error);
    int size = receive(fd, sent, &from, 1000);
    uint32_t passed = (microseconds() - start) & 0x7fffffff;
    if (size >= 0) {
      received++;
      print("%d bytes from %I: icmp_seq=%u ttl=%u time=%u.%03u ms\n", size, from.address, sent, from.ttl,
            passed / 1000, passed % 1000);
    } else if (size == -EAGAIN) {
      print("no answer yet for icmp_seq=%u\n", sent);
    }
    if (sent < count && passed < 1000000) sleep_milliseconds(1000 - passed / 1000);
  }
  print("--- %s ping statistics ---\n%u packets transmitted, %u received, %u%% packet loss\n", argv[1], sent,
        received, sent > 0 ? (sent - received) * 100 / sent : 0);
  return received > 0 ? 0 : 1;
}
