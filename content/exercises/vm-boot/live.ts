/**
 * The learner's `boot` in place of the boot ROM of every VM here: asked at each start and reset. While it gives null, or does not run at all,
 * the ROM does its work; what it says wrongly ends the VM's boot, and is told.
 */
import { type Json, type LiveCode, type LiveHost, OsError } from '../../../src/exercise/index.ts';
import type { Boot, BootDevice, BootResult } from '../../../src/exercise/virtualization.ts';
import { bootArguments, hostFunctions, type ToldDevice } from './binding.ts';

function told(device: BootDevice): ToldDevice {
  if (device.kind === 'disk') {
    const { kind, name, slot, sectors } = device;
    return { kind, name, slot, sectors };
  }
  const { kind, name, slot, link, entry } = device;
  return { kind, name, slot, link, entry };
}

/** As many sectors as there are; a real disk's driver gives no more either. */
function readFrom(device: BootDevice | undefined, sector: number, count: number): Uint8Array {
  if (device?.kind !== 'disk') throw new OsError('EINVAL');
  const there = Math.min(count, device.sectors - sector);
  if (there <= 0) return new Uint8Array(0);
  const read = device.read(sector, there);
  if (typeof read === 'string') throw new OsError('EIO', read);
  return read;
}

function learnersBoot({ code, report, print }: LiveHost, vm: string): Boot {
  const ended = (message: string): never => {
    report(`boot (${vm}): ${message}`);
    throw new Error(message);
  };
  return (devices, order, memory) => {
    const sandbox = code();
    if (sandbox === null) {
      report(`boot (${vm}): the code does not run yet: see its problems in the editor; the boot ROM is used`);
      return null;
    }
    sandbox.bindHost(
      hostFunctions({
        read: (device, sector, count) => readFrom(devices[device], sector, count),
        write: (address, bytes) => memory.write(address, bytes),
      }),
    );
    const result = sandbox.call('boot', bootArguments(devices.map(told), order, memory));
    for (const line of result.output) print(`${vm}: ${line}`);
    if (result.ok) return answerOf(result.value);
    const { file, line, code: cause } = result.error;
    const message =
      cause === 'ELOOP' ? result.error.message.replace(/^.*: (?=boot\(\))/, '') : result.error.message;
    return ended(`${message}${file === undefined ? '' : ` (${file}, line ${line})`}`);
  };
}

/** The hypervisor looks at what an answer is made of, and says what is wrong with it. */
function answerOf(value: Json): BootResult | null {
  return value as unknown as BootResult | null;
}

export const live: LiveCode = {
  boots: (host) => (vm) => learnersBoot(host, vm),
};
