/**
 * A session for tests of the lab: no world, only what the lab can see of one. Its terminal echoes, answers `echo`, reaches the goal on
 * `touch done`, and, on `hang`, never comes back. Deterministic, with a record that replays.
 */
import { encodeUtf8, type Nanos } from '../../src/base/index.ts';
import type { HostedSession, LoadedExercise, SessionStart } from '../../src/lab/worker/hosted.ts';
import type {
  Diagnostics,
  GoalStatus,
  LabExercise,
  Prediction,
  Report,
  Submission,
  Transcript,
} from '../../src/lab/worker/protocol.ts';

interface Recorded {
  readonly seed: string;
  readonly events: readonly (readonly [kind: string, ...args: unknown[]])[];
}

const STARTER = `import type { Adder } from './api.d.ts';

/** Adds two numbers. */
export const add: Adder = (a, b) => {
  return 0;
};
`;

export const FAKE_EXERCISE: LabExercise = {
  id: 'fake-adder',
  title: 'How does an adder add?',
  contentHash: 'hash-1',
  predict: {
    kind: 'choices',
    question: 'Which of three files survive?',
    options: [
      { id: 'layer', text: 'The file in the container' },
      { id: 'volume', text: 'The file in the volume' },
      { id: 'bind', text: 'The file in the bind mount' },
    ],
    answer: ['volume', 'bind'],
    explanation: 'Only the writable layer goes with the container.',
  },
  files: [
    { name: 'adder.ts', starter: STARTER },
    { name: 'notes.yaml', starter: 'a: 1\n' },
  ],
  api: [
    {
      path: 'api.d.ts',
      text: '/** Adds. */\nexport type Adder = (a: number, b: number) => number;\nexport declare function peek(address: number): number;\n',
    },
  ],
  hintCount: 3,
  hosts: ['bluebox', 'redbox'],
};

const HINTS = ['What is 1 + 1?', 'Which operator adds?', 'Return a + b.'];

export class FakeSession implements HostedSession {
  answerOpened = false;
  prediction: Prediction | null = null;
  now: Nanos = 0;
  #options: SessionStart;
  #events: (readonly [string, ...unknown[]])[] = [];
  #terminals: { id: number; host: string; line: string }[] = [];
  #nextTerminal = 0;
  #files = new Map(FAKE_EXERCISE.files.map(({ name, starter }) => [name, starter]));
  #hints: string[] = [];
  #done = false;
  #doneAt = Number.POSITIVE_INFINITY;
  #diagnostics: Diagnostics[] = [];
  #resetAsked = false;

  constructor(options: SessionStart) {
    this.#options = options;
  }

  static async restore(options: SessionStart): Promise<FakeSession> {
    const session = new FakeSession(options);
    const { seed, events } = options.transcript as unknown as Recorded;
    if (seed !== options.seed) {
      const error = new Error(`the record is of seed ${seed}`);
      error.name = 'ReplayError';
      throw error;
    }
    for (const [kind, ...args] of events) {
      const method = session[kind as 'input'] as (...given: unknown[]) => unknown;
      await method.apply(session, args);
    }
    return session;
  }

  advance(by: Nanos): void {
    this.now += by;
    this.#done ||= this.now >= this.#doneAt;
  }

  openTerminal(host: string): number {
    this.#events.push(['openTerminal', host]);
    const id = this.#nextTerminal++;
    this.#terminals.push({ id, host, line: '' });
    this.#print(id, `Welcome to \x1b[1m${host}\x1b[0m. See https://example.org/\r\n`);
    this.#prompt(id);
    return id;
  }

  input(id: number, data: string): void {
    this.#events.push(['input', id, data]);
    const terminal = this.#terminals.find((each) => each.id === id);
    if (!terminal) return;
    for (const key of data) {
      if (key === '\r') {
        this.#print(id, '\r\n');
        this.#run(id, terminal.line);
        terminal.line = '';
        this.#prompt(id);
      } else if (key === '\x7f') {
        terminal.line = terminal.line.slice(0, -1);
        this.#print(id, '\b \b');
      } else if (key >= ' ') {
        terminal.line += key;
        this.#print(id, key);
      }
    }
  }

  resize(): void {}

  closeTerminal(id: number): void {
    this.#events.push(['closeTerminal', id]);
    this.#terminals = this.#terminals.filter((each) => each.id !== id);
  }

  async saveFile(name: string, content: string): Promise<readonly Diagnostics[]> {
    this.#events.push(['saveFile', name, content]);
    this.#files.set(name, content);
    const at = content.indexOf('@@');
    const line = content.slice(0, at).split('\n').length;
    this.#diagnostics = at < 0 ? [] : [{ file: name, line, column: 1, message: 'Unexpected character “@”.' }];
    return this.#diagnostics;
  }

  predict(answer: Prediction): void {
    this.#events.push(['predict', answer]);
    this.prediction = answer;
  }

  openHint(index: number): string {
    this.#events.push(['openHint', index]);
    this.#hints.push(HINTS[index] ?? '');
    return HINTS[index] ?? '';
  }

  openAnswer(): void {
    this.#events.push(['openAnswer']);
    this.answerOpened = true;
  }

  async check(): Promise<Report> {
    this.#events.push(['check']);
    const code = this.#files.get('adder.ts') ?? '';
    if (code.includes('FOREVER')) for (;;);
    const right = code.includes('a + b');
    return {
      score: { points: right ? 6 : 2, of: 6 },
      checks: [
        { id: 'zero', title: 'Adding nothing', points: 2, of: 2, status: 'passed' },
        right
          ? { id: 'sum', title: 'Adding two numbers', points: 4, of: 4, status: 'passed' }
          : {
              id: 'sum',
              title: 'Adding two numbers',
              points: 0,
              of: 4,
              status: 'failed',
              feedback: {
                summary: '1 and 2 gave 0.',
                expected: '3',
                actual: '0',
                counterexample: { steps: ['add(1, 2)'], before: 'sum: none', after: 'sum: 0' },
                where: { file: 'adder.ts', line: 5, column: 3 },
                misconception: 'returning a constant',
                next: 'the return statement',
              },
            },
      ],
      goals: this.goals(),
      worldHash: 'abc',
    };
  }

  takeResetRequest(): boolean {
    const asked = this.#resetAsked;
    this.#resetAsked = false;
    return asked;
  }

  async reset(): Promise<void> {
    this.#events.push(['reset']);
    this.#done = false;
    this.#terminals = [];
    this.openTerminal('bluebox');
  }

  /** A record of this fake's own form: the lab hands it back as it got it. */
  transcript(): Transcript {
    const recorded: Recorded = { seed: this.#options.seed, events: [...this.#events] };
    return recorded as unknown as Transcript;
  }

  async submission(): Promise<Submission> {
    return { transcript: this.transcript(), report: await this.check(), digest: 'abc' };
  }

  goals(): readonly GoalStatus[] {
    return [
      { id: 'done', title: 'The file done exists', holds: this.#done },
      { id: 'never', title: 'The file never exists', holds: false },
    ];
  }

  terminals() {
    return this.#terminals.map(({ id, host }) => ({ id, host }));
  }

  hints(): readonly string[] {
    return this.#hints;
  }

  files() {
    return Object.fromEntries(this.#files);
  }

  diagnostics(): readonly Diagnostics[] {
    return this.#diagnostics;
  }

  #run(id: number, line: string): void {
    if (line === 'hang') for (;;);
    if (line === 'touch done') this.#done = true;
    // Something that goes on by itself for five seconds.
    if (line === 'touch done later') this.#doneAt = this.now + 5_000_000_000;
    else if (line === 'lab reset') this.#resetAsked = true;
    else if (line.startsWith('echo ')) this.#print(id, `${line.slice(5)}\r\n`);
    else if (line === 'crash') throw new Error('the kernel lost its way');
    else if (line !== '') this.#print(id, `\x1b[31mbash: ${line}: command not found\x1b[0m\r\n`);
  }

  #prompt(id: number): void {
    const host = this.#terminals.find((each) => each.id === id)?.host;
    this.#print(id, `\x1b[32mstudent@${host}\x1b[0m:\x1b[34m~\x1b[0m$ `);
  }

  #print(id: number, text: string): void {
    this.#options.onOutput(id, encodeUtf8(text));
  }
}

/** The fake in the place of a loaded exercise. */
export async function loadExercise(id: string): Promise<LoadedExercise> {
  if (id !== FAKE_EXERCISE.id) throw new Error(`there is no exercise ${id}`);
  return {
    description: () => FAKE_EXERCISE,
    start: (options) =>
      options.transcript ? FakeSession.restore(options) : Promise.resolve(new FakeSession(options)),
  };
}
