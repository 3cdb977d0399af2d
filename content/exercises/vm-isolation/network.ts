/** The check on the network: who gets a frame. */
import type { Check, Random, Sandbox, Verdict } from '../../../src/exercise/index.ts';
import type { Frame, Port } from './api.d.ts';
import { ask, UNSTEADY } from './asking.ts';

export interface NetworkCase {
  readonly ports: readonly Port[];
  /** Index of the port that the frame comes in by. */
  readonly from: number;
  readonly frame: Frame;
}

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const mac = (last: number) => `52:54:00:00:00:${last.toString(16).padStart(2, '0')}`;

/** The ports that are to get a frame, and the reason. Port by port: each is asked whether it is meant. */
export function meant({ ports, from, frame }: NetworkCase): {
  readonly names: readonly string[];
  readonly why: string;
} {
  const sender = ports[from]!;
  if (frame.vlan !== null)
    return { names: [], why: `${sender.name}'s VM has written a VLAN tag, which none is to do` };
  if (sender.macs.every((own) => own !== frame.source))
    return { names: [], why: `${frame.source} is not an address of ${sender.name}` };
  const names: string[] = [];
  const everybody = '13579bdf'.includes(frame.destination[1]!);
  for (const [index, port] of ports.entries()) {
    if (index === from || port.vlan !== sender.vlan) continue;
    if (everybody || port.macs.some((own) => own === frame.destination)) names.push(port.name);
  }
  const why = everybody
    ? `it is for everybody in VLAN ${sender.vlan}`
    : names.length > 0
      ? `${frame.destination} is ${names[0]}'s`
      : `no port of VLAN ${sender.vlan} has ${frame.destination}`;
  return { names, why };
}

const port = (name: string, vlan: number, ...last: number[]): Port => ({ name, vlan, macs: last.map(mac) });
const four = [
  port('alice', 10, 0x0a),
  port('bob', 10, 0x0b),
  port('mallory', 20, 0x0c),
  port('carol', 20, 0x0d, 0x0e),
];
const untagged = (source: string, destination: string): Frame => ({
  source,
  destination,
  type: 0x800,
  vlan: null,
});

const EXAMPLES: readonly NetworkCase[] = [
  { ports: four, from: 0, frame: untagged(mac(0x0a), mac(0x0b)) },
  { ports: four, from: 3, frame: untagged(mac(0x0e), mac(0x0c)) },
  { ports: four, from: 1, frame: untagged(mac(0x0b), BROADCAST) },
  { ports: four, from: 2, frame: untagged(mac(0x0a), mac(0x0d)) },
  { ports: four, from: 2, frame: untagged(mac(0x0c), mac(0x0a)) },
  { ports: four, from: 0, frame: untagged(mac(0x0a), mac(0x77)) },
  { ports: four, from: 2, frame: { ...untagged(mac(0x0c), BROADCAST), vlan: 10 } },
  { ports: four, from: 0, frame: untagged(mac(0x0a), '01:00:5e:00:00:fb') },
];

function randomCase(random: Random): NetworkCase {
  let next = 0x20;
  const ports = Array.from({ length: random.between(2, 6) }, (_, i) =>
    port(
      `vnet${i}`,
      random.pick([10, 10, 20]),
      ...Array.from({ length: random.between(1, 2) }, () => next++),
    ),
  );
  const from = random.below(ports.length);
  const all = ports.flatMap(({ macs }) => macs);
  const frame: Frame = {
    source: random.chance(3, 4) ? random.pick(ports[from]!.macs) : random.pick([...all, mac(0x99)]),
    destination: random.pick([...all, ...all, BROADCAST, '33:33:00:00:00:01', '52:54:01:00:00:01']),
    type: random.pick([0x800, 0x806, 0x86dd]),
    vlan: random.chance(1, 6) ? random.pick([10, 20, 1]) : null,
  };
  return { ports, from, frame };
}

interface Wrong {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly printed: { readonly printed?: readonly string[] };
  readonly reached: readonly string[];
}

const listText = (names: readonly string[]) => (names.length === 0 ? 'nobody' : names.join(', '));

function judge(code: Sandbox, tried: NetworkCase): Wrong | null {
  const { ports, from, frame } = tried;
  const { name } = ports[from]!;
  const what = `${name}'s frame from ${frame.source} to ${frame.destination}${frame.vlan === null ? '' : ` with a tag of VLAN ${frame.vlan}`}`;
  const { value, printed } = ask(code, 'forward', [frame, ports[from]!, ports], `In forward for ${what}`);
  const { names: right, why } = meant(tried);
  const expected = `${listText(right)}: ${why}`;
  if (
    !Array.isArray(value) ||
    value.some((each) => typeof each !== 'string' || !ports.some((one) => one.name === each))
  )
    return {
      summary: `forward gave ${JSON.stringify(value)} for ${what}, which is no list of names of ports.`,
      expected,
      actual: JSON.stringify(value),
      printed,
      reached: [],
    };
  const reached = [...new Set(value as string[])].sort();
  if (JSON.stringify(reached) === JSON.stringify([...right].sort())) return null;
  const extra = reached.find((each) => !right.includes(each));
  const summary =
    extra === undefined
      ? `${what} does not reach ${right.find((each) => !reached.includes(each))}, though ${why}.`
      : `${what} reaches ${extra === name ? `${extra}, where it came from` : extra}, but ${why}.`;
  return { summary, expected, actual: listText(reached), printed, reached };
}

/** Fewer ports, as long as it goes wrong. */
function smaller(code: Sandbox, tried: NetworkCase): NetworkCase {
  let best = tried;
  for (const { name } of tried.ports) {
    const sender = best.ports[best.from]!;
    if (name === sender.name) continue;
    const ports = best.ports.filter((each) => each.name !== name);
    const candidate = { ...best, ports, from: ports.indexOf(sender) };
    if (judge(code, candidate) !== null) best = candidate;
  }
  return best;
}

/** The switch with its ports; arrows where the frame came in and where it went. */
function switchText(
  { ports, from }: NetworkCase,
  names: readonly string[],
  right: readonly string[],
): string {
  const width = Math.max(...ports.map(({ name }) => name.length));
  const wayOf = (index: number, name: string): string => {
    if (index === from) return '─▶';
    return names.includes(name) ? '◀─' : '  ';
  };
  const noteOf = (name: string): string => {
    if (names.includes(name) === right.includes(name)) return '';
    return names.includes(name) ? '  ◀ not meant' : '  ◀ missing';
  };
  const rows = ports.flatMap(({ name, vlan, macs }, index) => [
    `${wayOf(index, name)} ${name.padEnd(width)} VLAN ${vlan}${noteOf(name)}`,
    ...macs.map((mac) => `      ${mac}`),
  ]);
  return rows.join('\n');
}

const RANDOM_CASES = 60;

export const networkCheck: Check = {
  id: 'network',
  title: 'Network: a frame reaches only whom it is for, under its sender’s own name, in its own VLAN',
  points: 20,
  run({ code, random }): Verdict {
    const cases = [...EXAMPLES, ...Array.from({ length: RANDOM_CASES }, () => randomCase(random))];
    for (const tried of cases) {
      const found = judge(code, tried);
      if (found === null) continue;
      const small = smaller(code, tried);
      const again = judge(code, small);
      const shown = again === null ? tried : small;
      const { summary, expected, actual, printed, reached } = again ?? found;
      const { frame, ports, from } = shown;
      const tag = frame.vlan === null ? 'null' : `${frame.vlan}`;
      return {
        passed: false,
        feedback: {
          summary,
          expected,
          actual,
          counterexample: {
            steps: [
              `forward({ source: '${frame.source}', destination: '${frame.destination}', vlan: ${tag} }, ${ports[from]!.name})`,
            ],
            before: switchText(shown, [], []),
            after: switchText(shown, reached, meant(shown).names),
          },
          ...printed,
          misconception:
            'A guest writes every byte of its frames. Who has sent a frame, and in which VLAN it is, is known from the port it came in by; whom it reaches, from the ports’ own addresses.',
          next:
            again === null
              ? UNSTEADY
              : 'Ask in this order: may this port send such a frame at all? Which ports are in its VLAN? Which of those is it for?',
        },
      };
    }
    return { passed: true };
  },
};
