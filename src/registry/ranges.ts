/** Ranges of bytes: those a client asks for (RFC 9110, 14.1.2), and those a chunk of an upload says it is. */
import { RegistryError } from './errors.ts';

export interface Range {
  readonly first: number;
  /** The last byte itself is part of it. */
  readonly last: number;
}

/**
 * What of `size` bytes a `Range` header means: null for all of them, as for several ranges and for units other than bytes, which a server
 * may ignore. Throws RegistryError with 416 for a range that has none of the bytes.
 */
export function requestedRange(header: string | undefined, size: number): Range | null {
  const match = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(header?.trim() ?? '');
  if (match === null) return null;
  const [, from, to, suffix] = match;
  const range =
    from === undefined
      ? { first: Math.max(0, size - Number(suffix)), last: size - 1 }
      : { first: Number(from), last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
  if (range.first <= range.last) return range;
  throw new RegistryError(
    'SIZE_INVALID',
    { range: header, size },
    { status: 416, message: 'range not satisfiable', headers: { 'Content-Range': `bytes */${size}` } },
  );
}

/** A chunk's `Content-Range`: two numbers, both bytes part of it. Throws RegistryError for what is none. */
export function chunkRange(header: string): Range {
  const match = /^(\d+)-(\d+)$/.exec(header.trim());
  const range = { first: Number(match?.[1]), last: Number(match?.[2]) };
  if (match !== null && range.first <= range.last) return range;
  throw new RegistryError(
    'BLOB_UPLOAD_INVALID',
    { range: header },
    { message: 'Content-Range is malformed' },
  );
}
