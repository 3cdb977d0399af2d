/** Networks in a file, so that they outlive the daemon; the real one keeps a key-value store at the same place. */
import { isOsError } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { parsePrefix } from '../../network/index.ts';
import { makeDirs, readText, writeText } from '../files.ts';
import { DOCKER_ROOT } from '../model.ts';
import { poolOf } from './ipam.ts';
import type { Network, NetworkRecord } from './types.ts';

const FOLDER = `${DOCKER_ROOT}/network/files`;
const STORE = `${FOLDER}/local-kv.db`;

export function* loadRecords(): Sys<NetworkRecord[]> {
  return JSON.parse((yield* readText(STORE)) ?? '[]') as NetworkRecord[];
}

/** The file is whole at any time: the new one takes the old one's place. */
export function* saveRecords(records: readonly NetworkRecord[]): Sys<void> {
  yield* makeDirs(FOLDER, 0o750);
  yield* writeText(`${STORE}.new`, JSON.stringify(records));
  try {
    yield* sys.rename(`${STORE}.new`, STORE);
  } catch (error) {
    // Somebody else has just saved the same networks.
    if (!isOsError(error, 'ENOENT')) throw error;
  }
}

/** A network without endpoints. */
export function networkOfRecord(record: NetworkRecord): Network {
  const [config] = record.IPAM;
  if (config === undefined)
    return { record, subnet: null, gateway: 0, range: null, taken: new Set(), endpoints: new Map() };
  const pool = poolOf(config, []);
  return {
    record,
    subnet: parsePrefix(config.Subnet),
    gateway: pool.gateway,
    range: pool.range,
    taken: new Set([pool.gateway, ...pool.auxiliary]),
    endpoints: new Map(),
  };
}
