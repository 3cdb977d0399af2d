/** awk's texts have one character for each byte, as mawk counts them: `length("ä")` is 2 in UTF-8. */
import { bytesFromText, textFromBytes } from '../../text.ts';

/** Bytes as a string with one character each. */
export function fromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

export function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Arguments and the environment are shell text. */
export function fromShell(text: string): string {
  return fromBytes(bytesFromText(text));
}

/** For file names, commands and messages. */
export function toShell(text: string): string {
  return textFromBytes(toBytes(text));
}
