/** Code that comes after the prompt: keys echo without it, what may run something waits for it, and nothing typed is lost. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8 } from '../../src/base/index.ts';
import type { LabEvents, OpenRequest, Transcript } from '../../src/lab/worker/protocol.ts';
import { SessionHost } from '../../src/lab/worker/sessionHost.ts';
import { LATER_NAMES, providedNames } from '../../src/shell/commands/later.ts';
import { LabClock, settled } from '../support/labClock.ts';
import { loadExercise } from '../support/labSession.ts';

const REQUEST: OpenRequest = { exerciseId: 'fake-adder', seed: 's1', size: { cols: 80, rows: 24 } };

/** A host whose command code arrives, or fails to, when the test says so. */
async function opened(request: OpenRequest = REQUEST) {
  const clock = new LabClock();
  const loads: { arrive: () => void; fail: () => void }[] = [];
  const host = new SessionHost({
    now: () => clock.now,
    later: clock.later,
    loadExercise,
    loadCommands: () =>
      new Promise<void>((resolve, reject) => {
        loads.push({ arrive: resolve, fail: () => reject(new Error('offline')) });
      }),
  });
  let printed = '';
  const records: Transcript[] = [];
  const fetching: (string | null)[] = [];
  const events: LabEvents = {
    frame: ({ outputs }) => {
      for (const { bytes } of outputs) printed += decodeUtf8(bytes);
    },
    transcript: (record) => records.push(record),
    resetAsked: () => {},
    progress: () => {},
    fetching: (what) => fetching.push(what),
    failed: (message) => {
      throw new Error(message);
    },
  };
  const opening = host.open(request, events);
  if (request.transcript === undefined) await opening;
  return { host, clock, loads, opening, records, fetching, printed: () => printed };
}

describe('before the code of the commands is there', () => {
  test('a reader who waits for it for more than a second is told so, and when it has come', async () => {
    const { host, clock, loads, fetching } = await opened();
    host.input(0, 'a\r');
    await clock.pass(900);
    expect(fetching).toEqual([]);
    await clock.pass(200);
    expect(fetching).toEqual(['the commands']);
    loads[0]!.arrive();
    await clock.pass(100);
    expect(fetching).toEqual(['the commands', null]);
  });

  test('keys echo at once, and the first one fetches it', async () => {
    const { host, loads, printed } = await opened();
    expect(loads.length).toBe(0);
    host.input(0, 'e');
    host.input(0, 'c\x7f');
    expect(printed()).toMatch(/^ec/);
    expect(loads.length).toBe(1);
  });

  test('Enter waits for it, and so does what is typed after; then all is done in its order', async () => {
    const { host, clock, loads, printed } = await opened();
    host.input(0, 'echo one');
    host.input(0, '\r');
    host.input(0, 'echo two\r');
    await clock.pass(2000);
    expect(printed()).toBe('echo one');
    loads[0]!.arrive();
    await clock.pass(100);
    expect(printed()).toMatch(/one\r?\n[\s\S]*two/);
    expect(loads.length).toBe(1);
  });

  test('no virtual time passes while it is waited for', async () => {
    const { host, clock, loads, records } = await opened();
    host.input(0, 'x\r');
    await settled();
    const before = host.transcript() as unknown as { end: number };
    await clock.pass(5000);
    expect((host.transcript() as unknown as { end: number }).end).toBe(before.end);
    loads[0]!.arrive();
    await clock.pass(500);
    expect(records.length).toBeGreaterThan(0);
  });

  test('when it cannot be had the terminal says so, and the next key tries again with all that waited', async () => {
    const { host, clock, loads, printed } = await opened();
    host.input(0, 'echo kept\r');
    loads[0]!.fail();
    await clock.pass(100);
    expect(printed()).toContain('could not be loaded');
    host.input(0, '\r');
    expect(loads.length).toBe(2);
    loads[1]!.arrive();
    await clock.pass(100);
    expect(printed()).toMatch(/kept/);
  });

  test('a record is not replayed without it, and not given up either', async () => {
    const first = await opened();
    first.host.input(0, 'echo before\r');
    first.loads[0]!.arrive();
    await first.clock.pass(1000);
    const transcript = first.host.transcript();
    const again = await opened({ ...REQUEST, transcript });
    await settled();
    again.loads[0]!.fail();
    await expect(again.opening).rejects.toThrow('offline');
    const third = await opened({ ...REQUEST, transcript });
    await settled();
    third.loads[0]!.arrive();
    const { state, problem } = await third.opening;
    expect(problem).toBeNull();
    expect(decodeUtf8(state.terminals[0]!.printed)).toContain('before');
  });
});

test('the names that hosts have before the code are those that the code provides', () => {
  expect([...LATER_NAMES]).toEqual(providedNames());
});
