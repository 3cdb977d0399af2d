/** Events as /dev/trace has them, what caused each, and which follow a request on its way out of a VM and back. */

export interface Event {
  /** Its number. */
  readonly seq: number;
  /** ns since the world's start. */
  readonly time: number;
  readonly kind: string;
  /** The host, a VM, or a VM's device: `db/virtio0`. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Caused extends Event {
  /** The number of the event that led to it; null where that is not known. */
  readonly cause: number | null;
}

export const vmOf = ({ subject, detail, kind }: Event): string | null => {
  if (kind.startsWith('kvm.')) return detail['vm'] as string;
  if (kind === 'domain.state') return detail['domain'] as string;
  return subject.split('/', 1)[0] ?? null;
};

/** Registers of the virtio slots, and the interrupt lines of the slots, as on QEMU's `virt` machine. */
const VIRTIO = { base: 0x1000_1000, end: 0x1000_9000, stride: 0x1000, firstSource: 1, slots: 8 };

/** The slot whose registers an exit was about: `store to 0x10001050`; null for any other exit. */
function slotOf({ detail }: Event): number | null {
  const [, digits] = / (?:to|from) 0x([0-9a-f]+)$/.exec(String(detail['detail'])) ?? [];
  const address = Number.parseInt(digits ?? '', 16);
  if (!(address >= VIRTIO.base && address < VIRTIO.end)) return null;
  return Math.floor((address - VIRTIO.base) / VIRTIO.stride);
}

const deviceOfSource = ({ subject, detail }: Event): string =>
  `${subject.split('/', 1)[0]}/virtio${(detail['source'] as number) - VIRTIO.firstSource}`;

const isVirtioSource = ({ detail }: Event): boolean => {
  const source = detail['source'] as number;
  return source >= VIRTIO.firstSource && source < VIRTIO.firstSource + VIRTIO.slots;
};

/** Whether it belongs to a request's way, or to a machine's beginning and end: what is shown when nothing is asked for. */
export function isOnTheWay(event: Event): boolean {
  if (event.kind === 'vm.exit') return slotOf(event) !== null;
  if (event.kind.startsWith('irq.')) return isVirtioSource(event);
  return /^(virtq|virtio|block|image|net|switch|kvm|domain|policy)\.|^vm\.(start|stop)$/.test(event.kind);
}

/**
 * An exit is noted when it has been handled, after all that it led to at that moment: it is put before that. Then each event gets its cause:
 * the last station before it on the way of the same device.
 */
export function withCauses(events: readonly Event[]): Caused[] {
  const last = new Map<string, number>();
  return exitsFirst(events).map((event) => {
    const { seq, kind, subject } = event;
    const from = (station: string, device = subject) => last.get(`${device} ${station}`) ?? null;
    const note = (station: string, device = subject) => last.set(`${device} ${station}`, seq);
    let cause: number | null = null;
    if (kind === 'vm.exit') {
      const slot = slotOf(event);
      if (slot !== null) note('exit', `${subject}/virtio${slot}`);
    } else if (kind === 'virtq.notify' || kind === 'virtio.status') cause = from('exit');
    else if (kind === 'virtq.pop') cause = from('notify');
    else if (kind.startsWith('image.')) cause = from('pop');
    else if (kind === 'block.request') cause = from('image') ?? from('pop');
    else if (kind === 'virtq.push') cause = from('request') ?? from('pop');
    else if (kind === 'irq.raise' && isVirtioSource(event)) cause = from('push', deviceOfSource(event));
    else if (kind === 'irq.lower' && isVirtioSource(event)) cause = from('exit', deviceOfSource(event));
    else if (kind === 'irq.claim' || kind === 'irq.complete') cause = from('raise', deviceOfSource(event));
    if (kind === 'irq.raise') note('raise', deviceOfSource(event));
    else if (STATIONS[kind] !== undefined) note(STATIONS[kind]);
    if (kind === 'virtq.push')
      for (const station of ['image', 'request']) last.delete(`${subject} ${station}`);
    return { ...event, cause };
  });
}

const STATIONS: Readonly<Record<string, string>> = {
  'virtq.notify': 'notify',
  'virtq.pop': 'pop',
  'image.read': 'image',
  'image.write': 'image',
  'image.flush': 'image',
  'block.request': 'request',
  'virtq.push': 'push',
};

/** Moves each exit before the events of its VM that it was noted behind, at the same time and after the exit before it. */
function exitsFirst(events: readonly Event[]): Event[] {
  const out: Event[] = [];
  const lastExit = new Map<string, number>();
  for (const event of events) {
    let at = out.length;
    if (event.kind === 'vm.exit') {
      const before = lastExit.get(event.subject) ?? -1;
      const led = (other: Event) =>
        other.time === event.time && other.seq > before && other.subject.startsWith(`${event.subject}/`);
      while (at > 0 && led(out[at - 1]!)) at--;
      lastExit.set(event.subject, event.seq);
    }
    out.splice(at, 0, event);
  }
  return out;
}
