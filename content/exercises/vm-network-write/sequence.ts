/** Frames that come in one after another at one switch, held against the reference: the first difference, and the shortest way to it. */
import { type Feedback, type Sandbox, shrinkList } from '../../../src/exercise/index.ts';
import type { Entry, Out, Port, Result } from './api.d.ts';
import { type Answer, ask, stepText } from './asking.ts';
import { outText, portsPicture, tablePicture } from './picture.ts';
import { type Arrival, type Place, SwitchModel } from './reference.ts';

export interface Sequence {
  readonly ports: readonly Port[];
  readonly arrivals: readonly Arrival[];
}

/** What a check looks at. */
export type Aspect = 'table' | 'out';

interface Wrong {
  /** Index of the arrival. */
  readonly at: number;
  /** What is wrong first: a shorter way is to lead to the same. */
  readonly aspect: Aspect | 'answer';
  readonly feedback: Feedback;
}

const pairOf = ({ mac, vlan }: { readonly mac: string; readonly vlan: number }) => `${vlan} ${mac}`;
const outKey = ({ port, tag }: Out) => `${port} ${tag}`;

/** The first pair of VLAN and address that the table has otherwise than it should; null when there is none. */
function tableFault(table: readonly Entry[], right: readonly Place[]): string | null {
  const wanted = new Map(right.map((place) => [pairOf(place), place]));
  const seen = new Set<string>();
  for (const entry of table) {
    const place = wanted.get(pairOf(entry));
    const what = `${entry.mac} in VLAN ${entry.vlan}`;
    if (place === undefined) return `the table has ${what} at ${entry.port}`;
    if (place.port !== entry.port) return `the table has ${what} at ${entry.port} instead of ${place.port}`;
    if (seen.has(pairOf(entry))) return `the table has ${what} twice`;
    seen.add(pairOf(entry));
  }
  const missing = right.find((place) => !seen.has(pairOf(place)));
  return missing === undefined ? null : `the table does not have ${missing.mac} in VLAN ${missing.vlan}`;
}

/** What is wrong with where a frame goes; null: nothing. */
function outFault(out: readonly Out[], right: readonly Out[], from: string): string | null {
  const wanted = new Set(right.map(outKey));
  const seen = new Set<string>();
  for (const each of out) {
    const { port, tag } = each;
    if (!right.some((meant) => meant.port === port))
      return port === from ? `the frame goes back out of ${port}` : `the frame goes out of ${port}`;
    if (!wanted.has(outKey(each)))
      return `the frame leaves ${port} ${tag === null ? 'without a tag' : `with a tag of VLAN ${tag}`}`;
    if (seen.has(outKey(each))) return `the frame leaves ${port} twice`;
    seen.add(outKey(each));
  }
  const missing = right.find((each) => !seen.has(outKey(each)));
  return missing === undefined ? null : `the frame does not go out of ${missing.port}`;
}

/** Plays a sequence on the learner's code; the first difference. */
function judge(code: Sandbox, { ports, arrivals }: Sequence, aspects: readonly Aspect[]): Wrong | null {
  const model = new SwitchModel(ports);
  let table: readonly Entry[] = [];
  for (const [at, arrival] of arrivals.entries()) {
    const right = model.receive(arrival);
    const known = model.known(arrival.now);
    const answer = ask(code, ports, table, arrival);
    const { result } = answer;
    const wrongOut =
      result !== null && aspects.includes('out') ? outFault(result.out, right.out, arrival.port) : null;
    const wrongTable = result !== null && aspects.includes('table') ? tableFault(result.table, known) : null;
    const fault = answer.problem ?? wrongOut ?? wrongTable;
    if (fault !== null) {
      const aspect = answer.problem !== null ? 'answer' : wrongOut !== null ? 'out' : 'table';
      const feedback = feedbackOf({ ports, arrivals, at, table, answer, fault, known, right });
      return { at, aspect, feedback };
    }
    table = result!.table;
  }
  return null;
}

interface Found extends Sequence {
  readonly at: number;
  /** Before the frame. */
  readonly table: readonly Entry[];
  readonly answer: Answer;
  readonly fault: string;
  readonly known: readonly Place[];
  readonly right: { readonly out: readonly Out[]; readonly why: string };
}

function feedbackOf({ ports, arrivals, at, table, answer, fault, known, right }: Found): Feedback {
  const arrival = arrivals[at]!;
  const { frame, port, now } = arrival;
  const { source, destination, vlan } = frame;
  const what = `a frame from ${source} to ${destination}${vlan === null ? '' : ` with a tag of VLAN ${vlan}`} comes in at ${port}`;
  const result: Result = answer.result ?? { table: [], out: [] };
  const outIsWrong = answer.result === null || outFault(result.out, right.out, port) !== null;
  const place = ({ mac, vlan: id, port: where }: Place) => `${mac} in VLAN ${id} at ${where}`;
  return {
    summary: `After ${at === 0 ? 'the first step' : `${at + 1} steps`}: ${what}, and ${answer.problem === null ? fault : `receive gave what cannot be done: ${fault}`}.`,
    expected: outIsWrong
      ? `${outText(right.out)}: ${right.why}`
      : `in the table: ${known.length === 0 ? 'nothing' : known.map(place).join('; ')}`,
    actual: outIsWrong
      ? answer.result === null
        ? (answer.problem ?? '')
        : outText(result.out)
      : `in the table: ${result.table.length === 0 ? 'nothing' : result.table.map(place).join('; ')}`,
    counterexample: {
      steps: arrivals.slice(0, at + 1).map(stepText),
      before: `${portsPicture(ports, port, null)}\n${tablePicture(table, null, now)}`,
      after: `${portsPicture(ports, port, { out: result.out, right: right.out })}\n${tablePicture(result.table, known, now)}`,
    },
    ...answer.printed,
  };
}

/** Ports that nothing comes in by are left out, as long as it stays `wrong`. */
function fewerPorts(sequence: Sequence, wrong: (candidate: Sequence) => boolean): Sequence {
  let best = sequence;
  for (const { name } of sequence.ports) {
    if (best.arrivals.some(({ port }) => port === name)) continue;
    const candidate = { ...best, ports: best.ports.filter((port) => port.name !== name) };
    if (wrong(candidate)) best = candidate;
  }
  return best;
}

/** The feedback of the first sequence that goes wrong, made as short as it can be; null when all are right. */
export function firstFault(
  code: Sandbox,
  sequences: Iterable<Sequence>,
  aspects: readonly Aspect[],
): Feedback | null {
  for (const sequence of sequences) {
    const found = judge(code, sequence, aspects);
    if (found === null) continue;
    const { ports } = sequence;
    const wrong = (candidate: Sequence) => judge(code, candidate, aspects)?.aspect === found.aspect;
    const arrivals = shrinkList(
      sequence.arrivals.slice(0, found.at + 1),
      (shorter) => wrong({ ports, arrivals: shorter }),
      80,
    );
    // Code that keeps something of its own between calls may not do it again: then the whole way is shown.
    return (judge(code, fewerPorts({ ports, arrivals }, wrong), aspects) ?? found).feedback;
  }
  return null;
}
