/** Weight and limits of a container's I/O, these by device: from the paths of the API to the numbers of config.json. */
import { isOsError } from '../base/index.ts';
import { fileTypeOf, type Sys, sys } from '../linux/index.ts';
import { EngineError, type HostConfig, type ThrottleDevice } from './model.ts';
import type { SpecResources } from './runtime/spec.ts';

type BlockIo = NonNullable<SpecResources['blockIO']>;

function* throttles(devices: readonly ThrottleDevice[]) {
  const found: { major: number; minor: number; rate: number }[] = [];
  for (const { Path, Rate } of devices) {
    try {
      const { mode, rdev } = yield* sys.stat(Path);
      if (fileTypeOf(mode) !== 'blk') throw new EngineError(400, `${Path} is not a block device`);
      found.push({ ...rdev, rate: Rate });
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new EngineError(400, `stat ${Path}: ${error.message[0]!.toLowerCase()}${error.message.slice(1)}`);
    }
  }
  return found;
}

/** Throws EngineError for what is no block device. */
export function* blockIoOf(host: HostConfig): Sys<{ readonly blockIO?: BlockIo }> {
  const weight = host.BlkioWeight !== 0 && { weight: host.BlkioWeight };
  if (!limitsDevices(host)) return weight ? { blockIO: weight } : {};
  const devices = {
    throttleReadBpsDevice: yield* throttles(host.BlkioDeviceReadBps),
    throttleWriteBpsDevice: yield* throttles(host.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: yield* throttles(host.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: yield* throttles(host.BlkioDeviceWriteIOps),
  };
  const blockIO: BlockIo = {
    ...weight,
    ...Object.fromEntries(Object.entries(devices).filter(([, limits]) => limits.length > 0)),
  };
  return { blockIO };
}

const limitsDevices = (host: HostConfig): boolean =>
  host.BlkioDeviceReadBps.length > 0 ||
  host.BlkioDeviceWriteBps.length > 0 ||
  host.BlkioDeviceReadIOps.length > 0 ||
  host.BlkioDeviceWriteIOps.length > 0;
