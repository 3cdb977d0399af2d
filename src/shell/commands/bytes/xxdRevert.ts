/** xxd -r: a dump as bytes again. */
import { type Fd, LineReader, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { orNull } from '../support.ts';

/** -r -p: all pairs of digits, whatever stands between them; `0x` is no digit. */
export function* revertPlain(input: Fd, output: Fd): Sys<void> {
  const reader = new LineReader(input);
  for (let line = yield* reader.nextText(); line !== null; line = yield* reader.nextText()) {
    // What is neither a digit nor a space ends the line's data, as `0x` begins it anew.
    const data = line.replace(/0x/gi, ' ');
    const bytes: number[] = [];
    for (const [pair] of data.matchAll(/[0-9a-f]\s*[0-9a-f]/gi))
      bytes.push(Number.parseInt(pair.replace(/\s/g, ''), 16));
    yield* writeAll(output, Uint8Array.from(bytes));
  }
}

/** -r: each line goes where its address says; gaps of a pipe are filled with zeros. Null, or what is wrong. */
export function* revert(input: Fd, output: Fd, shift: number, columns: number): Sys<string | null> {
  const reader = new LineReader(input);
  const seekable = (yield* orNull(() => sys.lseek(output, 0, 'cur'))) !== null;
  let at = 0;
  for (let line = yield* reader.nextText(); line !== null; line = yield* reader.nextText()) {
    const match = /^\s*([0-9a-f]+):?(.*)$/i.exec(line);
    if (match === null) continue;
    const address = Number.parseInt(match[1]!, 16) + shift;
    // Two spaces end the bytes: the text behind them is not looked at.
    const data = /^\s?((?:[0-9a-f]{2,}\s?)*)/i.exec(match[2]!)![1]!.replace(/\s/g, '');
    const bytes = Uint8Array.from(
      (data.match(/../g) ?? []).slice(0, columns).map((pair) => Number.parseInt(pair, 16)),
    );
    if (address !== at) {
      if (seekable) yield* sys.lseek(output, address, 'set');
      else if (address < at) return 'Sorry, cannot seek backwards.';
      else yield* writeAll(output, new Uint8Array(address - at));
    }
    yield* writeAll(output, bytes);
    at = address + bytes.length;
  }
  return null;
}
