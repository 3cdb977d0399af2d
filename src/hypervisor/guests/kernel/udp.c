/* UDP (RFC 768). */
#include "network.h"
#include "systemCalls.h"

/* Over a pseudo header of addresses, protocol and length, and the datagram. */
static uint16_t checksum(uint32_t source, uint32_t destination, const uint8_t *datagram, uint32_t size) {
  uint8_t pseudo[12] = {0};
  put32(pseudo, source);
  put32(pseudo + 4, destination);
  pseudo[9] = PROTOCOL_UDP;
  put16(pseudo + 10, (uint16_t)size);
  return checksum_end(checksum_add(checksum_add(0, pseudo, sizeof pseudo), datagram, size));
}

void udp_receive(uint32_t source, uint8_t ttl, const uint8_t *datagram, uint32_t size) {
  if (size < UDP_HEADER) return;
  uint32_t length = get16(datagram + 4);
  if (length < UDP_HEADER || length > size) return;
  /* Checksum 0 means that the sender made none. */
  if (get16(datagram + 6) != 0 && checksum(source, network.address, datagram, length) != 0) return;
  sockets_deliver(SOCKET_UDP, get16(datagram + 2), source, get16(datagram), ttl, datagram + UDP_HEADER,
                  length - UDP_HEADER);
}

int udp_send(uint16_t source_port, uint32_t destination, uint16_t port, uint8_t *packet, uint32_t size) {
  uint8_t *datagram = packet + IPV4_HEADER;
  uint32_t length = UDP_HEADER + size;
  put16(datagram, source_port);
  put16(datagram + 2, port);
  put16(datagram + 4, (uint16_t)length);
  put16(datagram + 6, 0);
  uint16_t sum = checksum(network.address, destination, datagram, length);
  put16(datagram + 6, sum != 0 ? sum : 0xffff);
  return ipv4_send(destination, PROTOCOL_UDP, packet, length);
}
