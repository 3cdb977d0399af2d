/** `digits`, 32 hexadecimal ones, in their groups (RFC 9562, section 4). */
export const formatUuid = (digits: string): string =>
  digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Of 16 random bytes: version 4 (RFC 9562, section 5.4). */
export function randomUuid(random: Uint8Array): string {
  const bytes = [...random];
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return formatUuid(bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(''));
}
