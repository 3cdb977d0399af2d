/** The reference model: which VMs there are, and why another one must be refused. It keeps books and makes nothing. */
import type { VmSpec } from '../../../src/exercise/virtualization.ts';
import { type Act, type Case, DAMAGED, MISSING, PAGE, promised } from './cases.ts';

export class Books {
  readonly memory: number;
  /** vCPUs that there may be in all. */
  readonly allowed: number;
  readonly #vms = new Map<string, VmSpec & { readonly address: string }>();
  readonly #underway = new Set<string>();

  constructor({ memory, cpus, cpuRatio }: Pick<Case, 'memory' | 'cpus' | 'cpuRatio'>) {
    this.memory = memory;
    this.allowed = cpus * cpuRatio;
  }

  get vms(): readonly VmSpec[] {
    return [...this.#vms.values()];
  }

  /** What is done by others than the learner. */
  note(act: Act): void {
    if (act.act === 'given') this.add(act.spec, act.spec.mac!);
    else if (act.act === 'underway') this.#underway.add(act.name);
    else if (act.act === 'remove') this.#vms.delete(act.name);
  }

  /** A VM was made, and has this MAC address. */
  add(spec: VmSpec, address: string): void {
    this.#vms.set(spec.name, { ...spec, address });
  }

  /** Codes of all that speaks against `spec`; none: it is to be made. */
  refusals({ name, memory, vcpus, image, mac }: VmSpec): readonly string[] {
    const codes: string[] = [];
    if (!Number.isInteger(vcpus) || vcpus < 1) codes.push('EINVAL');
    if (memory % PAGE !== 0 || memory < PAGE) codes.push('EINVAL');
    const promises = this.vms.reduce((sum, vm) => sum + promised(vm.memory), promised(memory));
    if (promises > this.memory) codes.push('ENOMEM');
    const all = this.vms.reduce((sum, vm) => sum + vm.vcpus, vcpus);
    if (all > this.allowed) codes.push('EAGAIN');
    if (this.#vms.has(name) || this.#underway.has(name)) codes.push('EEXIST');
    if (image === MISSING) codes.push('ENOENT');
    if (image === DAMAGED) codes.push('EIO');
    if (mac !== null && [...this.#vms.values()].some(({ address }) => address === mac)) codes.push('EEXIST');
    return [...new Set(codes)];
  }
}
