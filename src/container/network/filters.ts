/** `--filter` of networks (daemon/network/filter.go): of each key one value must fit. */
import { EngineError } from '../model.ts';
import type { NetworkFilter } from '../networking.ts';
import { PREDEFINED_NAMES } from './predefined.ts';
import type { Network } from './types.ts';

type Test = (network: Network, value: string) => boolean;

function labelFits({ record }: Network, value: string): boolean {
  const at = value.indexOf('=');
  if (at < 0) return value in record.Labels;
  return record.Labels[value.slice(0, at)] === value.slice(at + 1);
}

const isPredefined = ({ record }: Network) => PREDEFINED_NAMES.includes(record.Name);

const TESTS: Readonly<Record<string, Test>> = {
  driver: ({ record }, value) => record.Driver === value,
  name: ({ record }, value) => record.Name.includes(value),
  id: ({ record }, value) => record.Id.includes(value),
  label: labelFits,
  scope: (_, value) => value === 'local',
  dangling: (network, value) =>
    (!isPredefined(network) && network.endpoints.size === 0) === ['1', 'true'].includes(value),
  type(network, value) {
    if (value !== 'builtin' && value !== 'custom')
      throw new EngineError(400, `invalid filter: 'type'='${value}'`);
    return isPredefined(network) === (value === 'builtin');
  },
};

/** Throws EngineError for a key that there is not. */
export function fits(network: Network, wanted: NetworkFilter): boolean {
  for (const [key, values] of wanted) {
    const test = TESTS[key];
    if (test === undefined) throw new EngineError(400, `invalid filter '${key}'`);
    const all = key === 'label';
    if (all ? !values.every((value) => test(network, value)) : !values.some((value) => test(network, value)))
      return false;
  }
  return true;
}
