/** Names of tables of routes (/etc/iproute2/rt_tables). */
import { Refused } from '../words.ts';

const TABLES: ReadonlyMap<string, number> = new Map([
  ['default', 253],
  ['main', 254],
  ['local', 255],
]);

/** Throws Refused for what is neither a table's name nor a number. */
export function tableNumber(text: string): number {
  const number = TABLES.get(text) ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN);
  if (!(number <= 0xffff_ffff))
    throw new Refused(`Error: argument "${text}" is wrong: table id value is invalid\n`, 255);
  return number;
}
