/** Where a host calls the learner's code as part of itself. */
import type { HostSpec } from '../world/index.ts';
import type { Exercise, LiveHost } from './types.ts';

/** `spec` with what the exercise makes of the learner's code on it: file systems, and parts of its hypervisor. */
export function inPlaces(spec: HostSpec, { live: code }: Exercise, live: LiveHost): HostSpec {
  const filesystems = code?.filesystems?.(live);
  const services = code?.services?.(live);
  const boots = code?.boots?.(live);
  const policies = code?.policies?.(live);
  const { hypervisor } = spec;
  return {
    ...spec,
    ...(filesystems !== undefined && { filesystems }),
    ...(hypervisor !== undefined && {
      hypervisor: {
        ...hypervisor,
        ...(services && { services }),
        ...(boots && { boots }),
        ...(policies && { policies }),
      },
    }),
  };
}
