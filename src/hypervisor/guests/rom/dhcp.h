/* What the network tells a machine that boots from it (RFC 2131, RFC 2132). */
#pragma once
#include <stdint.h>

struct lease {
  uint32_t address, mask, router;
  uint32_t server;      /* who leases */
  uint32_t boot_server; /* who has the boot file; siaddr, or option 66 when that is an address */
  char file[128];       /* option 67, or the header's field */
};

/* Asks the card's network; DONE or NO_OFFER. */
int dhcp_request(struct lease *lease);
