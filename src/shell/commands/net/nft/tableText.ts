/** A table as `nft list` writes it: its sets, then its chains. */
import type { TableInfo } from '../../../../linux/net/netlink/filterRequests.ts';
import { chainText, type FormatOptions, handle } from './format.ts';
import { setText } from './setText.ts';

/** `numbered` is whether -a tells the table's own handle. */
export function tableText(
  table: TableInfo,
  options: FormatOptions,
  { sets, chains }: Pick<TableInfo, 'sets' | 'chains'> = table,
  numbered = true,
): string {
  const body = [
    ...sets.map((set) => setText(set, options)),
    ...chains.map((chain) => chainText(chain, table.family, options)),
  ].join('\n');
  return `table ${table.family} ${table.name} {${numbered ? handle(table.handle, options) : ''}\n${body}}\n`;
}
