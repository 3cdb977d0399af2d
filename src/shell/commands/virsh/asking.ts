/** Requests to the daemon, and its refusals in virsh's words. */
import { type DomainSummary, Refusal } from '../../../libvirt/client.ts';
import type { Sys } from '../../../linux/index.ts';
import { type Arguments, type Virsh, VirshError } from './commands.ts';

/** Throws VirshError when there is no such domain. */
export function* lookup({ connection }: Virsh, args: Arguments): Sys<DomainSummary> {
  const key = args.value('domain')!;
  try {
    return yield* connection.ask('lookup', { key });
  } catch (error) {
    if (error instanceof Refusal && error.missing) throw new VirshError(`failed to get domain '${key}'`);
    throw error;
  }
}

/** Does `ask`; a refusal gets a line before it that says what has failed. */
export function* orFail<T>(what: string, ask: () => Sys<T>): Sys<T> {
  try {
    return yield* ask();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new VirshError(`${what}\nerror: ${error.message}`);
  }
}
