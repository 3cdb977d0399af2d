/** What all slots have in common (virtio 1.2, 4.2.2): the values of MagicValue and Version, and the size of the registers' space. */
export const MAGIC = 0x74726976;
export const VERSION = 2;
export const VIRTIO_MMIO_SIZE = 0x1000;
