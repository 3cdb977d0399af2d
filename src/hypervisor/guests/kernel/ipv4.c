/* IPv4 without fragments and options (RFC 791). */
#include "network.h"
#include "systemCalls.h"

#define VERSION_AND_LENGTH 0x45 /* version 4, five words of header */
#define DONT_FRAGMENT 0x4000
#define TTL 64

uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t size) {
  for (; size > 1; size -= 2, bytes += 2) sum += get16(bytes);
  return size == 1 ? sum + (uint32_t)(*bytes << 8) : sum;
}

uint16_t checksum_end(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

void ipv4_receive(const uint8_t *packet, uint32_t size) {
  if (size < IPV4_HEADER || packet[0] != VERSION_AND_LENGTH) return;
  uint32_t total = get16(packet + 2), destination = get32(packet + 16);
  if (total < IPV4_HEADER || total > size || checksum_end(checksum_add(0, packet, IPV4_HEADER)) != 0) return;
  if ((get16(packet + 6) & ~DONT_FRAGMENT) != 0) return; /* a fragment */
  if (network.address == 0 || (destination != network.address && destination != 0xffffffff)) return;
  uint32_t source = get32(packet + 12);
  const uint8_t *payload = packet + IPV4_HEADER;
  if (packet[9] == PROTOCOL_ICMP) icmp_receive(source, packet[8], payload, total - IPV4_HEADER);
  if (packet[9] == PROTOCOL_UDP) udp_receive(source, packet[8], payload, total - IPV4_HEADER);
}

int ipv4_send(uint32_t destination, uint8_t protocol, uint8_t *packet, uint32_t payload_size) {
  static uint16_t identification;
  if (!network.up || network.address == 0) return -ENETUNREACH;
  if (payload_size > MAX_FRAME - ETHERNET_HEADER - IPV4_HEADER) return -EMSGSIZE;
  uint32_t mask = network.prefix == 0 ? 0 : 0xffffffffu << (32 - network.prefix);
  bool direct = ((destination ^ network.address) & mask) == 0;
  uint32_t next_hop = direct ? destination : network.gateway;
  if (next_hop == 0) return -ENETUNREACH;
  packet[0] = VERSION_AND_LENGTH;
  packet[1] = 0;
  put16(packet + 2, (uint16_t)(IPV4_HEADER + payload_size));
  put16(packet + 4, ++identification);
  put16(packet + 6, DONT_FRAGMENT);
  packet[8] = TTL;
  packet[9] = protocol;
  put16(packet + 10, 0);
  put32(packet + 12, network.address);
  put32(packet + 16, destination);
  put16(packet + 10, checksum_end(checksum_add(0, packet, IPV4_HEADER)));
  arp_send_ipv4(next_hop, packet, IPV4_HEADER + payload_size);
  return 0;
}
