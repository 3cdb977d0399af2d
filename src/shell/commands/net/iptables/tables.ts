/** The tables that iptables(8) has, and the chains at hooks that each is given when it is used. */
import type { BaseChain } from '../../../../network/index.ts';

type BuiltIn = Omit<BaseChain, 'policy'>;

function chains(
  priority: number,
  names: readonly string[],
  type: BaseChain['type'] = 'filter',
): ReadonlyMap<string, BuiltIn> {
  return new Map(
    names.map((name) => {
      const hook = name.toLowerCase() as BaseChain['hook'];
      return [name, { type, hook, priority }];
    }),
  );
}

const nat = (name: string, priority: number) => chains(priority, [name], 'nat');

/** In the order in which iptables-save(8) tells them. */
export const TABLES: ReadonlyMap<string, ReadonlyMap<string, BuiltIn>> = new Map([
  [
    'mangle',
    new Map([
      ...chains(-150, ['PREROUTING', 'INPUT', 'FORWARD']),
      ...chains(-150, ['OUTPUT'], 'route'),
      ...chains(-150, ['POSTROUTING']),
    ]),
  ],
  ['raw', chains(-300, ['PREROUTING', 'OUTPUT'])],
  ['filter', chains(0, ['INPUT', 'FORWARD', 'OUTPUT'])],
  [
    'nat',
    new Map([
      ...nat('PREROUTING', -100),
      ...nat('INPUT', 100),
      ...nat('OUTPUT', -100),
      ...nat('POSTROUTING', 100),
    ]),
  ],
]);
