/** Two hosts on one cable, 10.0.0.1 and 10.0.0.2. */
import { type NetworkWorld, networkWorld } from './networkWorld.ts';

/** `more` are further addresses of the second host; `macs` gives them 02:00:00:00:00:01 and 02:00:00:00:00:02. */
export function twoHosts(
  [first, second]: readonly [string, string] = ['one', 'two'],
  {
    more = [],
    macs = false,
    seed,
  }: { more?: readonly string[]; macs?: boolean; seed?: string | undefined } = {},
): NetworkWorld {
  const host = (name: string, number: number, others: readonly string[]) => ({
    name,
    network: {
      devices: [
        {
          name: 'eth0',
          ...(macs && { mac: `02:00:00:00:00:0${number}` }),
          addresses: [`10.0.0.${number}/24`, ...others],
        },
      ],
    },
  });
  return networkWorld(
    {
      hosts: [host(first, 1, []), host(second, 2, more)],
      cables: [{ between: [`${first}/eth0`, `${second}/eth0`] }],
    },
    seed,
  );
}
