/*
 * Asks the network for an address (RFC 2131): discover, offer, request, acknowledgement. All by whole frames,
 * since a machine without an address cannot send packets in its own name yet.
 */
#include "box.h"
#include "library.h"

#define ETHERNET 14
#define IPV4 20
#define UDP 8
#define BOOTP 236 /* the fixed part of the message (RFC 951), before the magic cookie and the options */
#define AT_MESSAGE (ETHERNET + IPV4 + UDP)
#define AT_OPTIONS (AT_MESSAGE + BOOTP + 4)
#define FRAME_SIZE (AT_OPTIONS + 60)

/* Message types (9.6) and options (RFC 2132). */
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };
enum { SUBNET_MASK = 1, ROUTER = 3, REQUESTED_ADDRESS = 50, MESSAGE_TYPE = 53, SERVER = 54, END = 255 };

#define TRANSACTION 0x56420001u

struct lease {
  uint32_t address, server, mask, router;
};

static uint8_t frame[1520];
static uint8_t mac[6];

static uint32_t get32(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }

static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }

static void headers(void) {
  memset(frame, 0xff, 6); /* to all */
  memcpy(frame + 6, mac, 6);
  put16(frame + 12, 0x0800);
  uint8_t *ip = frame + ETHERNET;
  ip[0] = 0x45;
  put16(ip + 2, FRAME_SIZE - ETHERNET);
  ip[8] = 64;
  ip[9] = 17;                 /* UDP */
  put32(ip + 16, 0xffffffff); /* from 0.0.0.0 to all */
  uint32_t sum = 0;
  for (int i = 0; i < IPV4; i += 2) sum += (uint32_t)ip[i] << 8 | ip[i + 1];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  put16(ip + 10, ~sum);
  uint8_t *udp = ip + IPV4; /* its checksum is left out: 0 */
  put16(udp, 68);
  put16(udp + 2, 67);
  put16(udp + 4, FRAME_SIZE - ETHERNET - IPV4);
}

static void send(int fd, uint8_t type, const struct lease *offered) {
  memset(frame, 0, FRAME_SIZE);
  headers();
  uint8_t *message = frame + AT_MESSAGE;
  message[0] = 1; /* a request */
  message[1] = 1; /* over Ethernet */
  message[2] = 6;
  put32(message + 4, TRANSACTION);
  put16(message + 10, 0x8000); /* answer to all: this machine hears no other address yet */
  memcpy(message + 28, mac, 6);
  put32(message + BOOTP, 0x63825363); /* the magic cookie: options follow */
  uint8_t *option = frame + AT_OPTIONS;
  *option++ = MESSAGE_TYPE, *option++ = 1, *option++ = type;
  if (offered != NULL) {
    *option++ = REQUESTED_ADDRESS, *option++ = 4, put32(option, offered->address), option += 4;
    *option++ = SERVER, *option++ = 4, put32(option, offered->server), option += 4;
  }
  *option++ = 55, *option++ = 2, *option++ = SUBNET_MASK, *option++ = ROUTER; /* what it wants to know */
  *option = END;
  system_call(SYS_SENDTO, (uint32_t)fd, (uint32_t)frame, FRAME_SIZE, 0, 0);
}

/* The type of a message to this machine, with what it offers; 0 for anything else. */
static int read_message(int size, struct lease *lease) {
  const uint8_t *message = frame + AT_MESSAGE;
  if (size < AT_OPTIONS || frame[12] != 8 || frame[13] != 0 || frame[ETHERNET] != 0x45 ||
      frame[ETHERNET + 9] != 17)
    return 0;
  if (frame[ETHERNET + IPV4 + 2] != 0 || frame[ETHERNET + IPV4 + 3] != 68) return 0;
  if (message[0] != 2 || get32(message + 4) != TRANSACTION || memcmp(message + 28, mac, 6) != 0) return 0;
  if (get32(message + BOOTP) != 0x63825363) return 0;
  int type = 0;
  lease->address = get32(message + 16);
  for (const uint8_t *at = frame + AT_OPTIONS, *end = frame + size; at + 1 < end && *at != END;) {
    if (*at == 0) { /* padding */
      at++;
      continue;
    }
    const uint8_t *value = at + 2;
    uint32_t length = at[1];
    if (value + length > end) return 0;
    if (*at == MESSAGE_TYPE && length == 1) type = *value;
    if (length >= 4 && *at == SERVER) lease->server = get32(value);
    if (length >= 4 && *at == SUBNET_MASK) lease->mask = get32(value);
    if (length >= 4 && *at == ROUTER) lease->router = get32(value);
    at = value + length;
  }
  return type;
}

/* Waits up to two seconds for a message of this type; false when none came. */
static bool wait_for_message(int fd, int wanted, struct lease *lease) {
  uint32_t start = microseconds();
  for (;;) {
    uint32_t passed = ((microseconds() - start) & 0x7fffffff) / 1000;
    if (passed >= 2000) return false;
    int size = system_call(SYS_RECVFROM, (uint32_t)fd, (uint32_t)frame, sizeof frame, 0, 2000 - passed);
    if (size < 0) return false;
    int type = read_message(size, lease);
    if (type == wanted) return true;
    if (type == NAK) return false;
  }
}

/* The interface's own address, as /proc/net shows it. */
static bool find_mac(void) {
  static char text[256];
  int fd = open("/proc/net", O_RDONLY);
  int count = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (count < 28 || !starts_with(text, "eth0: mac ")) return false;
  text[27] = 0;
  return parse_mac(text + 10, mac);
}

int dhcp_main(int argc, char **argv) {
  (void)argc, (void)argv;
  struct lease lease = {0};
  int fd = system_call(SYS_SOCKET, SOCKET_FRAMES, 0, 0, 0, 0);
  if (fd < 0 || !find_mac()) return fail("no network interface");
  for (int tries = 0; tries < 3; tries++) {
    send(fd, DISCOVER, NULL);
    if (!wait_for_message(fd, OFFER, &lease)) continue;
    send(fd, REQUEST, &lease);
    if (!wait_for_message(fd, ACK, &lease)) continue;
    uint32_t prefix = 0;
    for (uint32_t mask = lease.mask; mask >> 31 != 0; mask <<= 1) prefix++;
    system_call(SYS_NETWORK, lease.address, prefix, lease.router, 0, 0);
    print("dhcp: %I/%u", lease.address, prefix);
    if (lease.router != 0) print(", gateway %I", lease.router);
    print(", from %I\n", lease.server);
    return 0;
  }
  return fail("nobody offered an address");
}
