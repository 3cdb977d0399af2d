/** Numbers as /proc/net writes them. */

export const hex = (value: number, digits: number): string =>
  (value >>> 0).toString(16).toUpperCase().padStart(digits, '0');

/** An address as a little-endian machine reads the bytes of the network. */
export function littleEndian(address: number): string {
  const bytes = [0, 8, 16, 24].map((shift) => (address >>> shift) & 255);
  return bytes.map((byte) => hex(byte, 2)).join('');
}
