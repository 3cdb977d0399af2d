/** Capture files in libpcap's format (draft-ietf-opsawg-pcap): what tcpdump and Wireshark read and write. */
import type { Nanos } from '../../base/index.ts';

/** Times in microseconds, or in nanoseconds. */
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const HEADER_LENGTH = 24;
const RECORD_LENGTH = 16;
/** tcpdump's own limit. */
const SNAP_LENGTH = 262_144;

export interface CaptureRecord {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** What was captured of the frame. */
  readonly frame: Uint8Array;
  /** How long the frame was. */
  readonly length: number;
}

/** The file's header; little-endian, as most machines write it. */
export function captureHeader(resolution: 'micro' | 'nano' = 'micro', snapLength = SNAP_LENGTH): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, resolution === 'micro' ? MAGIC_MICROSECONDS : MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return bytes;
}

/** One frame as it stands in the file, behind the header or other records. `epoch` is the time at which the world began, in seconds. */
export function captureRecord(
  frame: Uint8Array,
  time: Nanos,
  epoch: number,
  resolution: 'micro' | 'nano' = 'micro',
  snapLength = SNAP_LENGTH,
): Uint8Array {
  const kept = frame.subarray(0, snapLength);
  const bytes = new Uint8Array(RECORD_LENGTH + kept.length);
  const view = new DataView(bytes.buffer);
  const fraction = time % 1_000_000_000;
  view.setUint32(0, epoch + Math.floor(time / 1_000_000_000), true);
  view.setUint32(4, resolution === 'micro' ? Math.floor(fraction / 1000) : fraction, true);
  view.setUint32(8, kept.length, true);
  view.setUint32(12, frame.length, true);
  bytes.set(kept, RECORD_LENGTH);
  return bytes;
}

export interface CaptureFile {
  /** How many bytes of a frame there are at most. */
  readonly snapLength: number;
  readonly records: readonly CaptureRecord[];
}

/** What a file that cannot be read says, in tcpdump's words. */
export class CaptureError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CaptureError';
  }
}

/** All frames of a file of either byte order and resolution. Throws CaptureError for what is no capture of Ethernet, or ends too soon. */
export function readCapture(bytes: Uint8Array): CaptureFile {
  if (bytes.length < HEADER_LENGTH)
    throw new CaptureError(
      `truncated dump file; tried to read ${HEADER_LENGTH} file header bytes, only got ${bytes.length}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = [MAGIC_MICROSECONDS, MAGIC_NANOSECONDS].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS)
    throw new CaptureError('unknown file format');
  if (view.getUint32(20, little) !== LINKTYPE_ETHERNET)
    throw new CaptureError(`link-layer type ${view.getUint32(20, little)} is not Ethernet`);
  const told = view.getUint32(16, little);
  // As libpcap: 0 and what is no int mean the most.
  const snapLength = told === 0 || told > 0x7fff_ffff ? SNAP_LENGTH : told;
  const unit = magic === MAGIC_NANOSECONDS ? 1n : 1000n;
  const records: CaptureRecord[] = [];
  for (let at = HEADER_LENGTH; at < bytes.length; ) {
    if (at + RECORD_LENGTH > bytes.length)
      throw new CaptureError(
        `truncated dump file; tried to read ${RECORD_LENGTH} header bytes, only got ${bytes.length - at}`,
      );
    const captured = view.getUint32(at + 8, little);
    if (captured > bytes.length - at - RECORD_LENGTH)
      throw new CaptureError(
        `truncated dump file; tried to read ${captured} captured bytes, only got ${bytes.length - at - RECORD_LENGTH}`,
      );
    const time =
      BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little)) * unit;
    const start = at + RECORD_LENGTH;
    records.push({
      time,
      frame: bytes.subarray(start, start + Math.min(captured, snapLength)),
      length: view.getUint32(at + 12, little),
    });
    at = start + captured;
  }
  return { snapLength, records };
}
