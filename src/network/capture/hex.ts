/** Bytes as tcpdump(1) dumps them with `-x`, `-X` and `-A`. */

/** Sixteen in a line, in pairs, and as text unless `text` is false. */
export function hexLines(bytes: Uint8Array, text = true): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    let digits = '';
    let characters = '';
    for (const [index, byte] of part.entries()) {
      digits += (index % 2 === 0 ? ' ' : '') + byte.toString(16).padStart(2, '0');
      characters += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    }
    const shown = text ? `${digits.padEnd(41)} ${characters}` : digits;
    lines.push(`\t0x${at.toString(16).padStart(4, '0')}: ${shown}`);
  }
  return lines;
}

/** All as text: lines stay lines, what cannot be printed is a dot. */
export function asciiText(bytes: Uint8Array): string {
  let out = '';
  for (const [index, byte] of bytes.entries()) {
    // The end of a line of HTTP and its like.
    if (byte === 13 && bytes[index + 1] === 10) continue;
    const shown = (byte > 0x20 && byte < 0x7f) || byte === 32 || byte === 9 || byte === 10;
    out += shown ? String.fromCharCode(byte) : '.';
  }
  return out;
}
