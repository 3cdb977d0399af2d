/** Reads the host's trace: what one looks for in it, and its events as lines. */
import { assert, type TraceEvent } from '../../base/index.ts';

/** Registers of a virtio device's interface in memory, by their names in the specification (4.2.2). */
const REGISTERS: Readonly<Record<string, string>> = {
  '050': 'QueueNotify',
  '060': 'InterruptStatus',
  '064': 'InterruptACK',
  '070': 'Status',
};

/** The first virtio device of a VM begins at 0x10001000. */
const ACCESS = /^(store to|load from) 0x10001(\w{3})$/;

/** The first of `events` of this kind, and about this subject if one is given. */
export function first<K extends TraceEvent['kind']>(
  events: readonly TraceEvent[],
  kind: K,
  subject = '',
): Extract<TraceEvent, { kind: K }> {
  const found = events.find(
    (event): event is Extract<TraceEvent, { kind: K }> =>
      event.kind === kind && event.subject.startsWith(subject),
  );
  assert(found !== undefined, `no ${kind} of ${subject} was recorded`);
  return found;
}

/** The exits of `subject` by accesses to its first virtio device, as lines, in their order. */
export function accesses(events: readonly TraceEvent[], subject: string): string[] {
  return events.flatMap((event) => {
    const found = event.kind === 'vm.exit' && event.subject === subject && ACCESS.exec(event.detail.detail);
    if (!found) return [];
    const [, way = '', register = ''] = found;
    return `vm.exit: ${way} ${REGISTERS[register] ?? `register 0x${register}`}`;
  });
}
