/** Fields of on-disk structures, big-endian (`be`) in qcow2, little-endian (`le`) in partition tables and FAT. */

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const be16 = (bytes: Uint8Array, at: number) => view(bytes).getUint16(at);
export const be32 = (bytes: Uint8Array, at: number) => view(bytes).getUint32(at);
/** 64 bits as a number: above 2^53 only its size means something, and no file is that large. */
export const be64 = (bytes: Uint8Array, at: number) => be32(bytes, at) * 2 ** 32 + be32(bytes, at + 4);
export const setBe16 = (bytes: Uint8Array, at: number, value: number) => view(bytes).setUint16(at, value);
export const setBe32 = (bytes: Uint8Array, at: number, value: number) => view(bytes).setUint32(at, value);
export function setBe64(bytes: Uint8Array, at: number, value: number): void {
  setBe32(bytes, at, Math.floor(value / 2 ** 32));
  setBe32(bytes, at + 4, value % 2 ** 32);
}

export const le16 = (bytes: Uint8Array, at: number) => view(bytes).getUint16(at, true);
export const le32 = (bytes: Uint8Array, at: number) => view(bytes).getUint32(at, true);
export const le64 = (bytes: Uint8Array, at: number) => le32(bytes, at) + le32(bytes, at + 4) * 2 ** 32;
export const setLe16 = (bytes: Uint8Array, at: number, value: number) =>
  view(bytes).setUint16(at, value, true);
export const setLe32 = (bytes: Uint8Array, at: number, value: number) =>
  view(bytes).setUint32(at, value, true);
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
