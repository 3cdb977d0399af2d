#include "rom.h"

const char *reason_of(int reason) {
  switch (reason) {
    case NO_DEVICE: return "there is no device";
    case NOT_BOOTABLE: return "neither a disk nor a network card";
    case REFUSED: return "the device refuses the driver's features";
    case TOO_SHORT: return "the disk is too short to have a boot sector";
    case READ_ERROR: return "sector 0 cannot be read (I/O error)";
    case NO_ANSWER: return "no answer from the device";
    case NO_SIGNATURE: return "no boot signature (0x55 0xaa) at the end of sector 0";
    case NO_OFFER: return "no DHCP server offered an address";
    case NO_FILE_NAME: return "the DHCP server named no boot file";
    case NO_SERVER: return "no answer from the TFTP server";
    case NOT_FOUND: return "the TFTP server does not have the boot file";
    case TFTP_ERROR: return "the TFTP server reported an error";
    case TOO_LONG: return "the boot file is too long";
    case NO_LOADER: return "the boot file is no loader (wrong magic, size or checksum)";
    case LINK_DOWN: return "no cable is plugged in (link down)";
    default: return "unknown reason";
  }
}
