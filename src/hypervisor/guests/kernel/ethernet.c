/* Ethernet II frames: destination, source, type, payload. */
#include "log.h"
#include "machine.h"
#include "network.h"
#include "systemCalls.h"
#include "text.h"

#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806

struct network network;

void ethernet_receive(const uint8_t *frame, uint32_t size) {
  if (size < ETHERNET_HEADER) return;
  network.rx_packets++;
  network.rx_bytes += size;
  sockets_deliver(SOCKET_FRAMES, 0, 0, 0, 0, frame, size); /* these see everything that came */
  static const uint8_t broadcast[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  if (memcmp(frame, network.mac, MAC_SIZE) != 0 && memcmp(frame, broadcast, MAC_SIZE) != 0) return;
  uint16_t type = get16(frame + 12);
  if (type == TYPE_ARP) arp_receive(frame + ETHERNET_HEADER, size - ETHERNET_HEADER);
  if (type == TYPE_IPV4) ipv4_receive(frame + ETHERNET_HEADER, size - ETHERNET_HEADER);
}

void ethernet_send(const uint8_t destination[MAC_SIZE], uint16_t type, const void *payload, uint32_t size) {
  static uint8_t frame[MAX_FRAME];
  if (size > MAX_FRAME - ETHERNET_HEADER) return;
  memcpy(frame, destination, MAC_SIZE);
  memcpy(frame + MAC_SIZE, network.mac, MAC_SIZE);
  put16(frame + 12, type);
  memcpy(frame + ETHERNET_HEADER, payload, size);
  uint32_t total = ETHERNET_HEADER + size;
  if (total < 60) { /* the shortest frame, without its checksum */
    memset(frame + total, 0, 60 - total);
    total = 60;
  }
  interface_send(frame, total);
}

/* a.b.c.d up to `end`; false when it is none. */
static bool parse_address(const char **at, uint32_t *address) {
  *address = 0;
  for (int i = 0; i < 4; i++) {
    uint32_t part = 0, digits = 0;
    for (; **at >= '0' && **at <= '9' && digits < 3; ++*at, digits++) part = part * 10 + **at - '0';
    if (digits == 0 || part > 255 || (i < 3 && *(*at)++ != '.')) return false;
    *address = *address << 8 | part;
  }
  return true;
}

void network_init(void) {
  char value[48];
  if (!network.up || !command_line_value("ip", value, sizeof value)) return;
  if (strcmp(value, "dhcp") == 0) return; /* init asks for it (programs/init.c) */
  const char *at = value;
  uint32_t address, prefix = 0, gateway = 0;
  bool valid = parse_address(&at, &address) && *at++ == '/';
  while (valid && *at >= '0' && *at <= '9') prefix = prefix * 10 + *at++ - '0';
  if (valid && starts_with(at, ",gw=")) {
    at += 4;
    valid = parse_address(&at, &gateway);
  }
  if (!valid || *at != 0 || prefix > 32) {
    log_line("network: ip=%s is not of the form ADDRESS/PREFIX[,gw=ADDRESS]", value);
    return;
  }
  network.address = address;
  network.prefix = prefix;
  network.gateway = gateway;
  log_line("network: eth0 has %I/%u%s", address, prefix, gateway == 0 ? ", no gateway" : "");
}
