/**
 * Shell text is JavaScript strings; bytes that are not UTF-8 travel in them as lone surrogates U+DC80 … U+DCFF (as
 * Python's surrogateescape does), so that every byte sequence survives a round trip.
 */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../base/index.ts';

const ESCAPE_BASE = 0xdc00;

/** Bytes as shell text. */
export function textFromBytes(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  return text.includes('\ufffd') ? decodeEscaping(bytes) : text;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

function decodeEscaping(bytes: Uint8Array): string {
  const isReplacement = (part: Uint8Array) => part[0] === 0xef && part[1] === 0xbf && part[2] === 0xbd;
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i]!);
    const part = bytes.subarray(i, i + length);
    const text = length > 0 && part.length === length ? decodeUtf8(part) : '\ufffd';
    if (!text.includes('\ufffd') || isReplacement(part)) {
      out += text;
      i += length;
    } else {
      out += String.fromCharCode(ESCAPE_BASE + bytes[i]!);
      i++;
    }
  }
  return out;
}

const escaped = /[\udc80-\udcff]/;
const loneEscape = /(?<![\ud800-\udbff])[\udc80-\udcff]/;

/** Shell text as bytes. */
export function bytesFromText(text: string): Uint8Array {
  if (!escaped.test(text) || !loneEscape.test(text)) return encodeUtf8(text);
  const parts: Uint8Array[] = [];
  let plain = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const previous = i > 0 ? text.charCodeAt(i - 1) : 0;
    if (code < 0xdc80 || code > 0xdcff || (previous >= 0xd800 && previous <= 0xdbff)) continue;
    parts.push(encodeUtf8(text.slice(plain, i)), Uint8Array.of(code - ESCAPE_BASE));
    plain = i + 1;
  }
  parts.push(encodeUtf8(text.slice(plain)));
  return concatBytes(parts);
}

/** One byte as shell text. */
export function textFromByte(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : ESCAPE_BASE + byte);
}

/** Joins bytes that `textFromByte` made into the characters they encode. */
export function normalizeText(text: string): string {
  return loneEscape.test(text) ? textFromBytes(bytesFromText(text)) : text;
}
