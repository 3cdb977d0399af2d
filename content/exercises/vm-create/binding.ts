/** How `createVm` and the host meet: the host functions behind the learner's `Host`, and the prelude that makes it of them. */
import { type HostFunctions, type Json, OsError } from '../../../src/exercise/index.ts';
import type { CreationSteps, StepName } from '../../../src/exercise/virtualization.ts';

/** Making one VM needs some dozens. */
const MOST_CALLS = 2000;

function text(value: Json | undefined, what: string): string {
  if (typeof value === 'string') return value;
  throw new OsError('EINVAL', `${JSON.stringify(value ?? null)} is no ${what}`);
}

function number(value: Json | undefined, what: string): number {
  if (typeof value === 'number') return value;
  throw new OsError('EINVAL', `${JSON.stringify(value ?? null)} is no ${what}`);
}

/** Where a vCPU begins; the step itself looks at the address. */
function start(value: Json | undefined): { readonly pc: number } | null {
  if (value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value) && 'pc' in value)
    return { pc: number(value.pc, 'address') };
  throw new OsError('EINVAL', `${JSON.stringify(value ?? null)} is no place to begin at: { pc } or null`);
}

type Call = (name: string, args: readonly (Json | undefined)[]) => void;

function stepCalls(steps: CreationSteps): Readonly<Record<StepName, Call>> {
  return {
    takeName: (name) => steps.takeName(name),
    giveName: (name) => steps.giveName(name),
    takeMemory: (name, [bytes]) => steps.takeMemory(name, number(bytes, 'number of bytes')),
    giveMemory: (name) => steps.giveMemory(name),
    takeTables: (name) => steps.takeTables(name),
    giveTables: (name) => steps.giveTables(name),
    makeOverlay: (name, [image, overlay]) =>
      steps.makeOverlay(name, text(image, 'image'), text(overlay, 'name of an overlay')),
    removeOverlay: (name) => steps.removeOverlay(name),
    takeMac: (name, [mac]) => steps.takeMac(name, text(mac, 'MAC address')),
    giveMac: (name) => steps.giveMac(name),
    makeDevices: (name) => steps.makeDevices(name),
    removeDevices: (name) => steps.removeDevices(name),
    makeVcpu: (name, [id, place]) => steps.makeVcpu(name, number(id, 'number of a vCPU'), start(place)),
    removeVcpu: (name, [id]) => steps.removeVcpu(name, number(id, 'number of a vCPU')),
  };
}

function facts({ summary }: CreationSteps): Json {
  const { memory, cpus, cpuRatio, firmwareEntry, images, vms } = summary;
  const shown = vms.map(({ name, memory: bytes, vcpus, mac, overlay }) => ({
    name,
    memory: bytes,
    vcpus,
    mac,
    overlay,
  }));
  return { memory, cpus, cpuRatio, firmwareEntry, images, vms: shown };
}

/** For one call of `createVm`. Throws OsError ELOOP when it goes on for longer than any VM can need. */
export function hostFunctions(steps: CreationSteps): HostFunctions {
  let left = MOST_CALLS;
  const count = () => {
    if (left-- <= 0)
      throw new OsError('ELOOP', `createVm() does not come to an end: ${MOST_CALLS} calls of the host`);
  };
  const functions: Record<string, HostFunctions[string]> = {
    facts() {
      count();
      return facts(steps);
    },
  };
  for (const [step, call] of Object.entries(stepCalls(steps))) {
    const counted: HostFunctions[string] = (name, ...args) => {
      count();
      call(text(name, 'name'), args);
      return null;
    };
    functions[step] = counted;
  }
  return functions;
}

const STEPS: readonly StepName[] = [
  'takeName',
  'giveName',
  'takeMemory',
  'giveMemory',
  'takeTables',
  'giveTables',
  'makeOverlay',
  'removeOverlay',
  'takeMac',
  'giveMac',
  'makeDevices',
  'removeDevices',
  'makeVcpu',
  'removeVcpu',
];

const FACTS = ['memory', 'cpus', 'cpuRatio', 'firmwareEntry', 'images', 'vms'] as const;

export const PRELUDE = `(host) => {
  'use strict';
  const freeze = Object.freeze, view = {};
  for (const name of ${JSON.stringify(FACTS)})
    Object.defineProperty(view, name, { get: () => host.facts()[name], enumerable: true });
  for (const name of ${JSON.stringify(STEPS)})
    view[name] = (...args) => { host[name](...args.map((arg) => arg === undefined ? null : arg)); };
  freeze(view);
  return (args) => [freeze(args[0]), view];
}`;

export const HOST_FUNCTIONS: readonly string[] = ['facts', ...STEPS];
