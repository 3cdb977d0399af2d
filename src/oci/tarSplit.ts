/**
 * A layer's archive taken apart from the contents of its files, and put together again, byte for byte: whatever tool has made it. What is left
 * is kept as Docker keeps it (`tar-split.json.gz` of the layer database): a line for each run of bytes (`type` 2) and for each file (`type` 1)
 * in their order; the checksums that Docker has there besides are left out, for the archive's digest says more.
 */
import { concatBytes, decodeUtf8, encodeUtf8, fromBase64, toBase64 } from '../base/index.ts';
import { gzipped, unpackLayer } from './compression.ts';
import { TarError } from './tar.ts';
import { TarDecoder } from './tarReader.ts';

/** A part of an archive: bytes, or the contents of a file below the layer's directory. */
export type TarPart =
  | { readonly bytes: Uint8Array }
  | {
      readonly name: string;
      /** Bytes. */
      readonly size: number;
    };

/** The parts of an archive, adjacent. Throws TarError when it is damaged. */
export function tarParts(tar: Uint8Array): TarPart[] {
  const files: { name: string; at: number; size: number }[] = [];
  /** The last entry of a name is what lies in the directory. */
  const last = new Map<string, number>();
  const decoder = new TarDecoder();
  for (let at = 0; !decoder.ended; ) {
    const part = tar.subarray(at, at + decoder.wanted);
    const entry = decoder.take(part);
    if (entry !== null) {
      last.set(entry.name, at);
      if (entry.type === 'file' && entry.content.length > 0)
        files.push({ name: entry.name, at, size: entry.content.length });
    }
    at += part.length;
  }
  const parts: TarPart[] = [];
  let from = 0;
  for (const { name, at, size } of files) {
    if (last.get(name) !== at) continue;
    parts.push({ bytes: tar.subarray(from, at) }, { name, size });
    from = at + size;
  }
  return [...parts, { bytes: tar.subarray(from) }];
}

/** The file that says how to put the archive together again. */
export function splitTar(tar: Uint8Array): Uint8Array {
  const lines = tarParts(tar).map((part, position) =>
    JSON.stringify(
      'bytes' in part
        ? { type: 2, payload: toBase64(part.bytes), position }
        : { type: 1, name: part.name, size: part.size, position },
    ),
  );
  return gzipped(encodeUtf8(`${lines.join('\n')}\n`));
}

/** Reads such a file. Throws TarError when it is damaged. */
export function readSplit(file: Uint8Array): TarPart[] {
  try {
    return decodeUtf8(unpackLayer(file))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { type, payload, name, size } = JSON.parse(line) as Record<string, unknown>;
        if (type === 2 && typeof payload === 'string')
          return { bytes: fromBase64(payload) ?? new Uint8Array(0) };
        if (type === 1 && typeof name === 'string' && typeof size === 'number') return { name, size };
        throw new TarError(`a part of type ${String(type)}`);
      });
  } catch (error) {
    const why = error instanceof SyntaxError ? 'a line is no JSON' : (error as Error).message;
    throw new TarError(`the record of a layer's archive is damaged: ${why}`);
  }
}

/** The archive of parts whose files' contents are given in their order. */
export function joinTar(parts: readonly TarPart[], contents: readonly Uint8Array[]): Uint8Array {
  let next = 0;
  return concatBytes(parts.map((part) => ('bytes' in part ? part.bytes : contents[next++]!)));
}
