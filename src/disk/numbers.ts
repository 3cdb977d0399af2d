/** Fields of on-disk structures, big-endian (`be`) in qcow2, little-endian (`le`) in partition tables and FAT. */

/** An index outside of an array reads as undefined, and as zero in a sum: fields have to lie within. Throws a RangeError. */
function within(bytes: Uint8Array, at: number, size: number): void {
  if (!(at >= 0 && at + size <= bytes.length)) throw new RangeError(`no field of ${size} bytes at ${at}`);
}

export function be16(bytes: Uint8Array, at: number): number {
  within(bytes, at, 2);
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
export function be32(bytes: Uint8Array, at: number): number {
  within(bytes, at, 4);
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
/** 64 bits as a number: above 2^53 only its size means something, and no file is that large. */
export const be64 = (bytes: Uint8Array, at: number) => be32(bytes, at) * 2 ** 32 + be32(bytes, at + 4);
export function setBe16(bytes: Uint8Array, at: number, value: number): void {
  within(bytes, at, 2);
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
export function setBe32(bytes: Uint8Array, at: number, value: number): void {
  within(bytes, at, 4);
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
export function setBe64(bytes: Uint8Array, at: number, value: number): void {
  setBe32(bytes, at, Math.floor(value / 2 ** 32));
  setBe32(bytes, at + 4, value % 2 ** 32);
}

export function le16(bytes: Uint8Array, at: number): number {
  within(bytes, at, 2);
  return bytes[at]! | (bytes[at + 1]! << 8);
}
export function le32(bytes: Uint8Array, at: number): number {
  within(bytes, at, 4);
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
export const le64 = (bytes: Uint8Array, at: number) => le32(bytes, at) + le32(bytes, at + 4) * 2 ** 32;
export function setLe16(bytes: Uint8Array, at: number, value: number): void {
  within(bytes, at, 2);
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}
export function setLe32(bytes: Uint8Array, at: number, value: number): void {
  within(bytes, at, 4);
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
export function setLe64(bytes: Uint8Array, at: number, value: number): void {
  setLe32(bytes, at, value % 2 ** 32);
  setLe32(bytes, at + 4, Math.floor(value / 2 ** 32));
}

export const roundUp = (value: number, unit: number) => Math.ceil(value / unit) * unit;

/** True when every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
