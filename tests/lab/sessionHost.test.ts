import { describe, expect, test } from 'vitest';
import { decodeUtf8 } from '../../src/base/index.ts';
import type { HostedSession, SessionStart } from '../../src/lab/worker/hosted.ts';
import type { Frame, LabEvents, OpenRequest, Transcript } from '../../src/lab/worker/protocol.ts';
import { SessionHost } from '../../src/lab/worker/sessionHost.ts';
import { LabClock, settled } from '../support/labClock.ts';
import { loadExercise } from '../support/labSession.ts';

const REQUEST: OpenRequest = { exerciseId: 'fake-adder', seed: 's1', size: { cols: 80, rows: 24 } };

function hosted() {
  const clock = new LabClock();
  const host = new SessionHost({ now: () => clock.now, later: clock.later, loadExercise });
  const frames: Frame[] = [];
  const records: Transcript[] = [];
  const told: string[] = [];
  const events: LabEvents = {
    frame: (frame) => frames.push(frame),
    transcript: (record) => records.push(record),
    resetAsked: () => told.push('reset asked'),
    progress: (text) => told.push(text),
    fetching: (what) => told.push(`fetching ${what}`),
    failed: (message) => told.push(`failed: ${message}`),
  };
  const printed = () =>
    frames.flatMap(({ outputs }) => outputs.map(({ bytes }) => decodeUtf8(bytes))).join('');
  return { clock, host, frames, records, told, events, printed };
}

/** The record of a session in which this was typed. */
async function recordOf(typed: string): Promise<Transcript> {
  const { clock, host, events, records } = hosted();
  await host.open(REQUEST, events);
  host.input(0, typed);
  await clock.pass(1000);
  return records.at(-1)!;
}

describe('the host of a session', () => {
  test('a new session opens a terminal on the first host and gives what it printed once', async () => {
    const { clock, host, events, printed } = hosted();
    const { state, problem } = await host.open(REQUEST, events);
    expect(problem).toBeNull();
    expect(state.terminals.map(({ host: name }) => name)).toEqual(['bluebox']);
    expect(decodeUtf8(state.terminals[0]!.printed)).toContain('student@bluebox');
    await clock.pass(100);
    expect(printed()).toBe('');
  });

  test('a session prepared for the seed is the one that opens; for another seed a new one is built', async () => {
    const built: string[] = [];
    const clock = new LabClock();
    const host = new SessionHost({
      now: () => clock.now,
      later: clock.later,
      loadExercise: async (id) => {
        const loaded = await loadExercise(id);
        const start = (options: SessionStart) => {
          built.push(options.seed);
          return loaded.start(options);
        };
        return { ...loaded, start };
      },
    });
    const { events } = hosted();
    host.prepare('fake-adder', 's1');
    await settled();
    expect(built).toEqual(['s1']);
    const { state } = await host.open(REQUEST, events);
    expect(state.terminals).toHaveLength(1);
    expect(built).toEqual(['s1']);
    await host.open(REQUEST, events);
    host.prepare('fake-adder', 's2');
    await settled();
    await host.open({ ...REQUEST, seed: 's3' }, events);
    expect(built).toEqual(['s1', 's1', 's2', 's3']);
    host.prepare('fake-adder', 's4');
    await host.open({ ...REQUEST, seed: 's5' }, events);
    expect(built.at(-1)).toBe('s5');
  });

  test('what takes long lets the worker answer every tenth of a second, and sooner costs nothing', async () => {
    const clock = new LabClock();
    let breathe: () => Promise<void> = () => Promise.reject();
    const host = new SessionHost({
      now: () => clock.now,
      later: clock.later,
      loadExercise: async (id) => {
        const loaded = await loadExercise(id);
        const start = (options: SessionStart) => {
          breathe = options.breathe!;
          return loaded.start(options);
        };
        return { ...loaded, start };
      },
    });
    await host.open(REQUEST, hosted().events);
    const breaths: string[] = [];
    await breathe();
    await clock.pass(150);
    void breathe().then(() => breaths.push('taken'));
    await settled();
    expect(breaths).toEqual([]);
    await clock.pass(0);
    expect(breaths).toEqual(['taken']);
    await breathe();
  });

  test('a session that was prepared has its prompt before it is asked for, and then the size of the page', async () => {
    const started: HostedSession[] = [];
    const host = new SessionHost({
      now: () => 0,
      later: () => {},
      loadExercise: async (id) => {
        const loaded = await loadExercise(id);
        const start = async (options: SessionStart) => {
          const session = await loaded.start(options);
          started.push(session);
          return session;
        };
        return { ...loaded, start };
      },
    });
    host.prepare('fake-adder', 's1');
    await settled();
    expect(started[0]!.terminals()).toHaveLength(1);
    const resized: unknown[] = [];
    started[0]!.resize = (...args) => resized.push(args);
    const { state } = await host.open({ ...REQUEST, size: { cols: 100, rows: 30 } }, hosted().events);
    expect(decodeUtf8(state.terminals[0]!.printed)).toMatch(/student@bluebox.*\$ /);
    expect(resized).toEqual([[state.terminals[0]!.id, { cols: 100, rows: 30 }]]);
  });

  test('a record that was replayed ahead is where the session goes on; another record is replayed anew', async () => {
    const transcript = await recordOf('echo kept\r');
    const { host, events } = hosted();
    let replayed = 0;
    const counting = new SessionHost({
      now: () => 0,
      later: () => {},
      loadExercise: async (id) => {
        const loaded = await loadExercise(id);
        const start = (options: SessionStart) => {
          replayed++;
          return loaded.start(options);
        };
        return { ...loaded, start };
      },
    });
    counting.prepare('fake-adder', 's1', transcript);
    await settled();
    expect(replayed).toBe(1);
    const request = { ...REQUEST, transcript: structuredClone(transcript) };
    const { state, problem } = await counting.open(request, events);
    expect({ replayed, problem }).toEqual({ replayed: 1, problem: null });
    expect(decodeUtf8(state.terminals[0]!.printed)).toContain('kept\r\n');
    host.prepare('fake-adder', 's1', transcript);
    await settled();
    const other = await host.open({ ...REQUEST, transcript: await recordOf('echo other\r') }, events);
    expect(decodeUtf8(other.state.terminals[0]!.printed)).toContain('other\r\n');
    expect(decodeUtf8(other.state.terminals[0]!.printed)).not.toContain('kept');
  });

  test('what a session printed that is not asked for is not shown in the one that is', async () => {
    const transcript = await recordOf('echo kept\r');
    for (const request of [
      { ...REQUEST, seed: 's2' },
      { ...REQUEST, transcript },
    ]) {
      const { host, events } = hosted();
      host.prepare('fake-adder', 's1');
      await settled();
      const { state } = await host.open(request, events);
      expect(decodeUtf8(state.terminals[0]!.printed).match(/Welcome/g)).toHaveLength(1);
    }
  });

  test('a preparation that fails is tried again when the session is opened, and its reason told', async () => {
    const clock = new LabClock();
    let fails = 2;
    const host = new SessionHost({
      now: () => clock.now,
      later: clock.later,
      loadExercise: async (id) => {
        if (fails-- > 0) throw new Error('no network');
        return loadExercise(id);
      },
    });
    const { events } = hosted();
    host.prepare('fake-adder', 's1');
    await expect(host.open(REQUEST, events)).rejects.toThrow('no network');
    await expect(host.open(REQUEST, events)).resolves.toMatchObject({ problem: null });
  });

  test('a key is echoed before any time has passed', async () => {
    const { host, events, printed } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'x');
    expect(printed()).toBe('x');
  });

  test('a goal that is reached is told within half a second, and only when it changes', async () => {
    const { clock, host, events, frames } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'touch done\r');
    await clock.pass(500);
    host.input(0, 'echo a\r');
    await clock.pass(500);
    const goals = frames.flatMap((frame) => (frame.goals ? [frame.goals.map(({ holds }) => holds)] : []));
    expect(goals).toEqual([[true, false]]);
  });

  test('a goal that the world reaches by itself is told, though nothing was typed or printed', async () => {
    const { clock, host, events, frames } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'touch done later\r');
    await clock.pass(3000);
    const told = () => frames.filter(({ goals }) => goals?.[0]?.holds === true).length;
    expect(told()).toBe(0);
    await clock.pass(4000);
    expect(told()).toBe(1);
  });

  test('the record that was sent opens the same session again', async () => {
    const first = hosted();
    await first.host.open(REQUEST, first.events);
    first.host.predict(['volume']);
    first.host.input(0, 'echo kept\r');
    await first.host.saveFile('adder.ts', 'a + b');
    await first.clock.pass(1000);
    const second = hosted();
    const { state } = await second.host.open(
      { ...REQUEST, transcript: first.records.at(-1)! },
      second.events,
    );
    expect(decodeUtf8(state.terminals[0]!.printed)).toContain('kept\r\n');
    expect(state.files['adder.ts']).toBe('a + b');
    expect(state.prediction).toEqual(['volume']);
  });

  test('a record that does not replay gives a new session with the files, and says why', async () => {
    const { host, events } = hosted();
    const transcript = { seed: 'other', events: [] } as unknown as Transcript;
    const result = await host.open({ ...REQUEST, transcript, files: { 'adder.ts': 'mine' } }, events);
    expect(result.problem?.message).toBe('the record is of seed other');
    expect(result.state.files['adder.ts']).toBe('mine');
    expect(result.state.terminals).toHaveLength(1);
  });

  test('an error in the world is told once, and the world stands still', async () => {
    const { clock, host, events, told } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'crash\r');
    host.input(0, 'echo after\r');
    await clock.pass(1000);
    expect(told.filter((text) => text.startsWith('failed'))).toEqual(['failed: the kernel lost its way']);
  });

  test('before a check the record is sent, so that a check that never ends loses nothing', async () => {
    const { host, events, records } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'echo before\r');
    const report = host.check();
    expect(JSON.stringify(records.at(-1))).toContain('echo before');
    await settled();
    expect((await report).score).toEqual({ points: 2, of: 6 });
  });

  test('a reset that is asked for in the terminal is told once', async () => {
    const { clock, host, events, told } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'lab reset\r');
    await clock.pass(500);
    expect(told.filter((text) => text === 'reset asked')).toHaveLength(1);
  });

  test('a reset gives fresh terminals, and an unknown exercise is refused by name', async () => {
    const { host, events } = hosted();
    await host.open(REQUEST, events);
    host.input(0, 'echo gone\r');
    const state = await host.reset();
    expect(decodeUtf8(state.terminals[0]!.printed)).not.toContain('gone');
    await expect(hosted().host.open({ ...REQUEST, exerciseId: 'nope' }, events)).rejects.toThrow('nope');
  });
});
