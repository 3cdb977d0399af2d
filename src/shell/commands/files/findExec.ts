/** find's `-exec COMMAND {} +`: one run for as many names as fit on a command line. */
import type { Sys } from '../../../linux/index.ts';
import { runChild } from '../processes/running.ts';

/** Bytes of names in one run. */
const BATCH = 131_072;

/** `add` is called for each name; `finish`, at the end, tells whether every run ended well. */
export function gathering(command: readonly string[], env: ReadonlyMap<string, string>) {
  let paths: string[] = [];
  let size = 0;
  let good = true;
  const run = function* (): Sys<void> {
    const batch = paths;
    [paths, size] = [[], 0];
    if (batch.length > 0 && (yield* runChild('find', [...command, ...batch], env)) !== 0) good = false;
  };
  return {
    *add(path: string): Sys<void> {
      if (size + path.length + 1 > BATCH) yield* run();
      paths.push(path);
      size += path.length + 1;
    },
    *finish(): Sys<boolean> {
      yield* run();
      return good;
    },
  };
}
