/* Discover, offer, request, acknowledgement. Options 66 and 67 name the boot server and the boot file; where
 * they are missing, the header's fields siaddr and file do. */
#include "dhcp.h"
#include "internet.h"
#include "rom.h"
#include "text.h"

#define FIXED 236 /* before the magic cookie and the options */
#define COOKIE 0x63825363u
#define OPTIONS (FIXED + 4)
#define SIZE (OPTIONS + 60)
#define SERVER_PORT 67
#define CLIENT_PORT 68
#define EVERYBODY 0xffffffffu

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };
enum {
  SUBNET_MASK = 1,
  ROUTER = 3,
  REQUESTED_ADDRESS = 50,
  MESSAGE_TYPE = 53,
  SERVER = 54,
  PARAMETERS = 55,
  TFTP_SERVER = 66,
  BOOT_FILE = 67,
  END = 255
};

static uint8_t message[SIZE];
static uint32_t transaction;

static void send(uint8_t type, const struct lease *offered) {
  memset(message, 0, sizeof message);
  message[0] = 1; /* a request */
  message[1] = 1; /* over Ethernet */
  message[2] = 6;
  put32(message + 4, transaction);
  put16(message + 10, 0x8000); /* answer to all: this machine hears no other address yet */
  memcpy(message + 28, card_mac(), 6);
  put32(message + FIXED, COOKIE);
  uint8_t *at = message + OPTIONS;
  *at++ = MESSAGE_TYPE, *at++ = 1, *at++ = type;
  if (offered != NULL) {
    *at++ = REQUESTED_ADDRESS, *at++ = 4, put32(at, offered->address), at += 4;
    *at++ = SERVER, *at++ = 4, put32(at, offered->server), at += 4;
  }
  *at++ = PARAMETERS, *at++ = 4;
  *at++ = SUBNET_MASK, *at++ = ROUTER, *at++ = TFTP_SERVER, *at++ = BOOT_FILE;
  *at = END;
  udp_send(EVERYBODY, SERVER_PORT, CLIENT_PORT, message, sizeof message);
}

/* Four numbers with points between; 0 for anything else. Names are not looked up. */
static uint32_t address_of(const uint8_t *text, uint32_t size) {
  uint32_t value = 0, part = 0, points = 0, digits = 0;
  for (uint32_t i = 0; i < size && text[i] != 0; i++) {
    if (text[i] == '.' && digits > 0)
      value = value << 8 | part, part = 0, digits = 0, points++;
    else if (text[i] >= '0' && text[i] <= '9' && digits < 3)
      part = part * 10 + text[i] - '0', digits++;
    else
      return 0;
    if (part > 255) return 0;
  }
  return points == 3 && digits > 0 ? value << 8 | part : 0;
}

static void copy_name(char *to, const uint8_t *from, uint32_t size) {
  copy_text(to, (const char *)from, size < 127 ? size + 1 : 128);
}

/* One field of options; false when they reach beyond it. */
static bool read_options(const uint8_t *at, const uint8_t *end, struct lease *lease, uint8_t *type) {
  while (at < end && *at != END) {
    if (*at == 0) { /* padding */
      at++;
      continue;
    }
    if (at + 1 >= end || at + 2 + at[1] > end) return false;
    const uint8_t *value = at + 2;
    uint32_t length = at[1];
    if (*at == MESSAGE_TYPE && length == 1) *type = *value;
    if (length >= 4 && *at == SERVER) lease->server = get32(value);
    if (length >= 4 && *at == SUBNET_MASK) lease->mask = get32(value);
    if (length >= 4 && *at == ROUTER) lease->router = get32(value);
    if (*at == TFTP_SERVER && address_of(value, length) != 0) lease->boot_server = address_of(value, length);
    if (*at == BOOT_FILE) copy_name(lease->file, value, length);
    at = value + length;
  }
  return true;
}

/* The type of a message to this machine, with what it offers; 0 for anything else. */
static uint8_t read(const struct datagram *d, struct lease *lease) {
  const uint8_t *m = d->bytes;
  uint8_t type = 0;
  if (d->size < OPTIONS || d->from_port != SERVER_PORT || m[0] != 2 || get32(m + 4) != transaction) return 0;
  if (memcmp(m + 28, card_mac(), 6) != 0 || get32(m + FIXED) != COOKIE) return 0;
  *lease = (struct lease){.address = get32(m + 16), .boot_server = get32(m + 20)};
  copy_name(lease->file, m + 108, 128);
  return read_options(m + OPTIONS, m + d->size, lease, &type) ? type : 0;
}

static uint8_t await(uint8_t wanted, uint32_t within, struct lease *lease) {
  struct datagram datagram;
  for (uint32_t start = now(), passed = 0; passed < within; passed = now() - start) {
    if (!udp_receive(CLIENT_PORT, within - passed, &datagram)) return 0;
    uint8_t type = read(&datagram, lease);
    if (type == wanted || type == NAK) return type;
  }
  return 0;
}

int dhcp_request(struct lease *lease) {
  const uint8_t *mac = card_mac();
  struct lease offered;
  for (uint32_t tries = 0; tries < 4; tries++) {
    uint32_t patience = 1000000u << (tries < 2 ? tries : 2);
    transaction = get32(mac + 2) + tries;
    send(DISCOVER, NULL);
    if (await(OFFER, patience, &offered) != OFFER) continue;
    send(REQUEST, &offered);
    if (await(ACK, patience, lease) != ACK) continue;
    if (lease->server == 0) lease->server = offered.server;
    if (lease->file[0] == 0) copy_text(lease->file, offered.file, sizeof lease->file);
    if (lease->boot_server == 0) lease->boot_server = offered.boot_server;
    return DONE;
  }
  return NO_OFFER;
}
