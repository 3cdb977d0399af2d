/** Network namespaces as ip's arguments name them. */
import type { Sys } from '../../../../linux/index.ts';

/** The process whose namespace `text` means; null when it means none. */
export function* namespacePid(text: string): Sys<number | null> {
  return /^\d+$/.test(text) ? Number(text) : null;
}
