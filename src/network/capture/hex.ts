/** Bytes as tcpdump(1) dumps them with `-X`: sixteen in a line, in pairs, and as text. */

export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    let digits = '';
    let text = '';
    for (const [index, byte] of part.entries()) {
      digits += (index % 2 === 0 ? ' ' : '') + byte.toString(16).padStart(2, '0');
      text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    }
    lines.push(`\t0x${at.toString(16).padStart(4, '0')}: ${digits.padEnd(41)} ${text}`);
  }
  return lines;
}
