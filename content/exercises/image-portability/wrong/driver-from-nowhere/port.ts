import type { Format, Image, Plan, Reason, Step, Target } from './api.d.ts';

/** 1,073,741,824 bytes; a GB has 1,000,000,000. */
const GIB = 2 ** 30;

export function transferSeconds(bytes: number, ratedBitsPerSecond: number, efficiency: number): number {
  const bits = bytes * 8;
  return bits / (ratedBitsPerSecond * efficiency);
}

/** The next whole multiple of the target's unit, in bytes. */
function sizeFor(image: Image, target: Target): number {
  const unit = target.sizeMultipleGiB * GIB;
  return unit === 0 ? image.size : Math.ceil(image.size / unit) * unit;
}

function firstOf(wanted: readonly string[], there: readonly string[]): string | undefined {
  return wanted.find((each) => there.includes(each));
}

function reasons(image: Image, target: Target): Reason[] {
  const found: Reason[] = [];
  const drivers = [...image.initramfs, ...image.modules];
  if (image.cloudLicences.length > 0) found.push('licence');
  if (image.encrypted) found.push('encrypted');
  if (image.instanceStore) found.push('instance-store');
  if (!target.architectures.includes(image.architecture)) found.push('architecture');
  if (!target.bootModes.includes(image.bootMode) && !target.convertsBootMode) found.push('boot-mode');
  if (sizeFor(image, target) > target.largestGiB * GIB) found.push('too-large');
  if (firstOf(target.diskDrivers, drivers) === undefined) found.push('disk-driver');
  if (firstOf(target.networkDrivers, drivers) === undefined) found.push('network-driver');
  return found;
}

/** A file of the target's, and one that can be resized if it has to be. */
function fileSteps(image: Image, target: Target): Step[] {
  const bytes = sizeFor(image, target);
  const grows = bytes !== image.size;
  const fits = (format: Format) =>
    target.formats.includes(format) && (!grows || format === 'raw' || format === 'qcow2');
  const direct = image.exports.find(fits);
  const steps: Step[] = [{ do: 'export', format: direct ?? image.exports[0]! }];
  if (direct === undefined) steps.push({ do: 'convert', format: target.formats.find(fits)! });
  if (grows) steps.push({ do: 'resize', bytes });
  return steps;
}

/** What has to change on the disk itself. */
function repairs(image: Image, target: Target): Step[] {
  const steps: Step[] = [];
  const drivers: string[] = [];
  for (const wanted of [target.diskDrivers, target.networkDrivers]) {
    // Misconception: whatever driver the target names can be added.
    if (firstOf(wanted, image.initramfs) === undefined) drivers.push(wanted[0]!);
  }
  if (drivers.length > 0) steps.push({ do: 'add-drivers', drivers });
  if (image.root.startsWith('/dev/') && image.root !== target.rootDevice) steps.push({ do: 'set-root' });
  if (image.console !== target.console) steps.push({ do: 'set-console', console: target.console });
  if (firstOf(target.agents, image.agents) === undefined)
    steps.push({ do: 'install-agent', agent: target.agents[0]! });
  return steps;
}

export function plan(image: Image, target: Target): Plan {
  const refused = reasons(image, target);
  if (refused.length > 0) return { refused };
  const bootMode = target.bootModes.includes(image.bootMode) ? image.bootMode : target.bootModes[0]!;
  return {
    steps: [
      ...fileSteps(image, target),
      ...repairs(image, target),
      ...(target.packedAs === null ? [] : [{ do: 'pack' } as const]),
      { do: 'upload' },
      { do: 'import', bootMode },
    ],
  };
}
