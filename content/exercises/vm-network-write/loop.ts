/** The check on loops: two hosts with two cables between them, of which the spanning tree has blocked one end. Both switches are the learner's. */
import {
  type Check,
  type Random,
  type Sandbox,
  shrinkList,
  type Verdict,
} from '../../../src/exercise/index.ts';
import type { Entry, Frame, Out, Port } from './api.d.ts';
import { type Answer, ask, stepText } from './asking.ts';
import { access, BROADCAST, frame, mac } from './cases.ts';
import { outText } from './picture.ts';
import { type Arrival, SwitchModel } from './reference.ts';

type Side = 'left' | 'right';
const SIDES: readonly Side[] = ['left', 'right'];
const CABLES = ['eth0', 'eth1'] as const;

/** A VM at one of the switches. */
interface Vm {
  readonly side: Side;
  readonly port: string;
  readonly mac: string;
}

const VMS: readonly Vm[] = [
  { side: 'left', port: 'tap0', mac: mac(0x0a) },
  { side: 'left', port: 'tap1', mac: mac(0x0b) },
  { side: 'right', port: 'tap0', mac: mac(0x0c) },
  { side: 'right', port: 'tap1', mac: mac(0x0d) },
];

export interface LoopCase {
  /** The end of a cable that is blocked. */
  readonly blocked: { readonly side: Side; readonly cable: (typeof CABLES)[number] };
  /** VMs that send, by index, and to which address. */
  readonly sends: readonly { readonly from: number; readonly to: string }[];
}

/** Where a frame came by on its way. */
interface Hop {
  readonly side: Side;
  readonly arrival: Arrival;
  readonly out: readonly Out[];
}

interface Journey {
  readonly hops: readonly Hop[];
  /** Copies by the VM's address. */
  readonly copies: ReadonlyMap<string, number>;
  /** It does not come to an end. */
  readonly storm: boolean;
}

/** A frame passes two switches; whoever keeps it going for so many hops does so for ever. */
const MOST_HOPS = 30;

type Receive = (side: Side, arrival: Arrival) => readonly Out[];

function portsOf(side: Side, { blocked }: LoopCase): readonly Port[] {
  const isBlocked = (name: string) => blocked.side === side && blocked.cable === name;
  return ['tap0', 'tap1', ...CABLES].map((name) => ({ ...access(name), blocked: isBlocked(name) }));
}

/** Follows a frame from a VM through both switches until all its copies have arrived. */
function journey(receive: Receive, from: Vm, sent: Frame, now: number): Journey {
  const waiting: { side: Side; port: string }[] = [from];
  const hops: Hop[] = [];
  const copies = new Map<string, number>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (hops.length === MOST_HOPS) return { hops, copies, storm: true };
    const { side, port } = next;
    const arrival = { port, frame: sent, now };
    const out = receive(side, arrival);
    hops.push({ side, arrival, out });
    for (const { port: leaving } of out) {
      const vm = VMS.find((each) => each.side === side && each.port === leaving);
      if (vm !== undefined) copies.set(vm.mac, (copies.get(vm.mac) ?? 0) + 1);
      else waiting.push({ side: side === 'left' ? 'right' : 'left', port: leaving });
    }
  }
  return { hops, copies, storm: false };
}

interface Found {
  readonly at: number;
  readonly ours: Journey;
  readonly right: Journey;
  /** The first hop that is not as it should be. */
  readonly hop: number;
  readonly why: string;
  readonly printed: Answer['printed'];
  readonly problem: string | null;
}

const sameOut = (a: readonly Out[], b: readonly Out[]) =>
  a
    .map(({ port }) => port)
    .sort()
    .join() ===
  b
    .map(({ port }) => port)
    .sort()
    .join();

/** The first send that goes another way than it should. */
function judge(code: Sandbox, tried: LoopCase): Found | null {
  const models = new Map(SIDES.map((side) => [side, new SwitchModel(portsOf(side, tried))]));
  const tables = new Map<Side, readonly Entry[]>(SIDES.map((side) => [side, []]));
  for (const [at, { from, to }] of tried.sends.entries()) {
    const vm = VMS[from]!;
    const sent = frame(vm.mac, to);
    const reasons: string[] = [];
    const right = journey(
      (side, arrival) => {
        const { out, why } = models.get(side)!.receive(arrival);
        reasons.push(why);
        return out;
      },
      vm,
      sent,
      at,
    );
    let printed: Answer['printed'] = {};
    let problem: string | null = null;
    const ours = journey(
      (side, arrival) => {
        const answer = ask(code, portsOf(side, tried), tables.get(side)!, arrival);
        if (answer.printed.printed !== undefined) printed = answer.printed;
        problem ??= answer.problem;
        if (answer.result === null) return [];
        tables.set(side, answer.result.table);
        return answer.result.out;
      },
      vm,
      sent,
      at,
    );
    const hop = ours.hops.findIndex(
      (each, i) => right.hops[i] === undefined || !sameOut(each.out, right.hops[i].out),
    );
    if (hop < 0 && problem === null) continue;
    const first = Math.max(0, hop);
    return {
      at,
      ours,
      right,
      hop: first,
      why: reasons[first] ?? 'it has arrived everywhere already',
      printed,
      problem,
    };
  }
  return null;
}

function topology({ blocked }: LoopCase): string {
  const lines = CABLES.map((cable) => {
    const mark = blocked.cable === cable ? `   ✕ blocked at ${blocked.side}` : '';
    return `  left ${cable} ═══ right ${cable}${mark}`;
  });
  const vms = VMS.map(({ side, port, mac: own }) => `  ${side} ${port}   ${own}`);
  return ['cables', ...lines, 'VMs', ...vms].join('\n');
}

/** So many hops of a storm are drawn. */
const SHOWN_HOPS = 8;

function pathPicture({ ours, right, hop }: Found): string {
  const lines = ours.hops.slice(0, Math.max(SHOWN_HOPS, hop + 1)).map(({ side, arrival, out }, i) => {
    const mark = i === hop ? `   ◀ should go ${outText(right.hops[i]?.out ?? [])}` : '';
    return `  ${String(i + 1).padStart(2)}  ${side}: in by ${arrival.port}, ${outText(out)}${mark}`;
  });
  if (ours.storm) lines.push('   …  and so on, for ever');
  const copies = VMS.map(
    ({ mac: own }) => `  ${own}  ${ours.copies.get(own) ?? 0} instead of ${right.copies.get(own) ?? 0}`,
  );
  return ['path', ...lines, ...(ours.storm ? [] : ['copies', ...copies])].join('\n');
}

function faultOf({ ours, right, hop, problem }: Found): string {
  if (problem !== null) return `receive gave what cannot be done: ${problem}`;
  const { side, arrival, out } = ours.hops[hop]!;
  const where = `the ${side} switch, which got it by ${arrival.port}, sends it ${outText(out)}`;
  if (ours.storm) return `it goes round and round: ${where}`;
  const wrong = VMS.find(({ mac: own }) => (ours.copies.get(own) ?? 0) !== (right.copies.get(own) ?? 0));
  if (wrong === undefined) return where;
  return `${wrong.mac} gets it ${ours.copies.get(wrong.mac) ?? 0} times instead of ${right.copies.get(wrong.mac) ?? 0}: ${where}`;
}

const EXAMPLES: readonly LoopCase[] = SIDES.flatMap((side) =>
  CABLES.map((cable) => ({
    blocked: { side, cable },
    sends: [
      { from: 0, to: BROADCAST },
      { from: 2, to: mac(0x0a) },
      { from: 0, to: mac(0x0c) },
    ],
  })),
);

const drawCase = (random: Random): LoopCase => ({
  blocked: { side: random.pick(SIDES), cable: random.pick(CABLES) },
  sends: Array.from({ length: random.between(3, 8) }, () => ({
    from: random.below(VMS.length),
    to: random.pick([BROADCAST, ...VMS.map((vm) => vm.mac)]),
  })),
});

const DRAWN = 15;

export const loopCheck: Check = {
  id: 'loop',
  title: 'Two cables, one blocked: each frame arrives once, and none goes round for ever',
  points: 10,
  run({ code, random }): Verdict {
    for (const tried of [...EXAMPLES, ...Array.from({ length: DRAWN }, () => drawCase(random))]) {
      const wrong = judge(code, tried);
      if (wrong === null) continue;
      const { blocked } = tried;
      const shorter = shrinkList(
        tried.sends.slice(0, wrong.at + 1),
        (list) => judge(code, { blocked, sends: list }) !== null,
        40,
      );
      const again = judge(code, { blocked, sends: shorter });
      // Code that keeps something of its own between calls may not do it again: then the whole way is shown.
      const [found, sends] = again === null ? [wrong, tried.sends] : [again, shorter];
      const { from, to } = sends[found.at]!;
      const place = VMS[from]!;
      const { arrival } = found.ours.hops[found.hop]!;
      return {
        passed: false,
        feedback: {
          summary: `${place.mac} at ${place.side} ${place.port} sends a frame to ${to}, and ${faultOf(found)}.`,
          expected: `${outText(found.right.hops[found.hop]?.out ?? [])}: ${found.why}`,
          actual: found.problem ?? outText(found.ours.hops[found.hop]!.out),
          counterexample: {
            steps: [
              ...sends
                .slice(0, found.at + 1)
                .map(
                  ({ from: i, to: target }) =>
                    `${VMS[i]!.mac} (${VMS[i]!.side} ${VMS[i]!.port}) sends to ${target}`,
                ),
              `${found.ours.hops[found.hop]!.side}: ${stepText(arrival)}`,
            ],
            before: topology({ blocked, sends }),
            after: pathPicture(found),
          },
          ...found.printed,
          misconception:
            'Frames have no time to live. In a circle of switches one broadcast is copied for ever, at the speed of the cables; the spanning tree opens the circle by blocking a port, and that works only if nothing goes in or out there, and nothing is learned there.',
          next: 'Where is port.blocked asked? It concerns the port a frame comes in by and each port it could leave by.',
        },
      };
    }
    return { passed: true };
  },
};
