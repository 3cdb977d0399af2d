import { describe, expect, test } from 'vitest';
import {
  type ClientEvents,
  LabClient,
  type WorkerHandle,
  WorkerReplaced,
} from '../../src/lab/worker/client.ts';
import type { LabWorker, OpenRequest } from '../../src/lab/worker/protocol.ts';
import { SessionHost } from '../../src/lab/worker/sessionHost.ts';
import { LOOK_INTERVAL } from '../../src/lab/worker/watchdog.ts';
import { LabClock, settled } from '../support/labClock.ts';
import { loadExercise } from '../support/labSession.ts';

const REQUEST: OpenRequest = { exerciseId: 'fake-adder', seed: 's1', size: { cols: 80, rows: 24 } };
const never = new Promise<never>(() => {});

/** A client whose workers run in this thread; `stuck` makes one stop answering. */
function setUp() {
  const clock = new LabClock();
  const workers: {
    stuck: boolean;
    ended: boolean;
    fail: (message: string) => void;
    fetching: () => void;
    progress: (text: string) => void;
  }[] = [];
  const told: string[] = [];
  const progress: string[] = [];
  const spawn = (): WorkerHandle => {
    const host = new SessionHost({ now: () => clock.now, later: clock.later, loadExercise });
    const worker = {
      ...{ stuck: false, ended: false, progress: () => {}, fetching: () => {} },
      fail: (_message: string) => {},
    };
    workers.push(worker);
    const open = host.open.bind(host);
    host.open = (request, heard) => {
      worker.progress = heard.progress as () => void;
      return open(request, heard);
    };
    const remote = new Proxy(host, {
      get:
        (_target, name) =>
        (...args: unknown[]) =>
          worker.stuck ? never : (host[name as 'ping'] as (...given: unknown[]) => unknown)(...args),
    }) as LabWorker;
    return {
      ...{ remote, preparedSeed: null, terminate: () => void (worker.ended = true) },
      onFetching: (tell) => void (worker.fetching = tell),
      onError: (tell) => void (worker.fail = tell),
    };
  };
  const events: ClientEvents = {
    frame: () => {},
    transcript: () => {},
    resetAsked: () => {},
    progress: (text) => progress.push(text),
    fetching: (what) => told.push(`fetching ${what}`),
    failed: (message) => told.push(`failed ${message}`),
    slow: (doing) => told.push(`slow ${doing}`),
    answering: () => told.push('answering'),
    stuck: (doing, afresh) => told.push(`stuck ${doing} ${afresh}`),
    replaced: (result, doing, afresh) =>
      told.push(`replaced ${doing} ${afresh} ${result.state.files['adder.ts']?.slice(0, 6)}`),
  };
  let look = () => {};
  const every = (run: () => void) => {
    look = run;
    return () => {
      look = () => {};
    };
  };
  const client = new LabClient({ spawn, events, every });
  const pass = async (milliseconds: number) => {
    for (let waited = 0; waited < milliseconds; waited += LOOK_INTERVAL) {
      look();
      await clock.pass(LOOK_INTERVAL);
    }
  };
  return { client, workers, told, progress, pass };
}

describe('the client of the worker', () => {
  test('a worker that answers is left alone', async () => {
    const { client, workers, told, pass } = setUp();
    await client.open(REQUEST);
    await pass(30_000);
    expect(workers).toHaveLength(1);
    expect(told).toEqual([]);
  });

  test('a stuck worker is replaced from its last record, and what was asked is answered with WorkerReplaced', async () => {
    const { client, workers, told, pass } = setUp();
    await client.open(REQUEST);
    await client.call('saveFile', 'adder.ts', 'mine, live');
    await pass(1000);
    workers[0]!.stuck = true;
    const asked = client.call('input', 0, 'hang\r').catch((error: unknown) => error);
    await pass(5000);
    expect(await asked).toBeInstanceOf(WorkerReplaced);
    expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
    expect(told.filter((text) => !text.startsWith('slow'))).toEqual([
      'stuck input false',
      'replaced input false mine, ',
    ]);
  });

  test('a world that stops by itself after a replacement begins afresh, without the files', async () => {
    const { client, workers, told, pass } = setUp();
    await client.open(REQUEST);
    await client.call('saveFile', 'adder.ts', 'poison');
    await pass(1000);
    workers[0]!.stuck = true;
    await pass(5000);
    workers[1]!.stuck = true;
    await pass(5000);
    expect(told.filter((text) => text.startsWith('replaced'))).toEqual([
      'replaced run false poison',
      'replaced run true import',
    ]);
  });

  test('what was typed is unrecorded until a record with it has come', async () => {
    const { client, pass } = setUp();
    await client.open(REQUEST);
    const typed = ['l', 's', '\r'].map((data) => ({ terminal: 1, data }));
    for (const { terminal, data } of typed) await client.call('input', terminal, data);
    expect(client.unrecorded).toEqual(typed);
    await pass(1000);
    expect(client.unrecorded).toEqual([]);
    expect(JSON.stringify(client.record)).toContain('\\r');
    await client.call('input', 1, 'x');
    expect(client.unrecorded).toEqual([{ terminal: 1, data: 'x' }]);
    await client.open({ ...REQUEST, transcript: client.record! });
    expect(client.unrecorded).toEqual([]);
  });

  test('a key after which the world failed, or does not answer, is not kept to be typed again', async () => {
    const { client, workers, told, pass } = setUp();
    await client.open(REQUEST);
    await client.call('input', 1, 'x');
    workers[0]!.fail('of ours');
    expect(client.unrecorded).toEqual([]);
    await client.reopen(REQUEST);
    workers[1]!.stuck = true;
    client.call('input', 1, 'hang\r').catch(() => {});
    expect(client.unrecorded).toHaveLength(1);
    while (!told.includes('slow input')) await pass(LOOK_INTERVAL);
    expect(client.unrecorded).toEqual([]);
  });

  test.each(['check', 'submission', 'reset'] as const)('a %s is given longer than a key', async (name) => {
    const { client, workers, told, pass } = setUp();
    await client.open(REQUEST);
    workers[0]!.stuck = true;
    client.call(name).catch(() => {});
    await pass(10_000);
    expect(workers).toHaveLength(1);
    expect(told).toContain(`slow ${name}`);
    await pass(40_000);
    expect(workers).toHaveLength(2);
  });

  test('a worker whose code is long on its way is not stuck, and the page says what is waited for', async () => {
    const { client, workers, told, pass } = setUp();
    workers[0]!.stuck = true;
    client.open(REQUEST).catch(() => {});
    for (let second = 0; second < 120; second += 1) {
      workers[0]!.fetching();
      await pass(1000);
    }
    expect(workers).toHaveLength(1);
    expect(new Set(told)).toEqual(new Set(['fetching the code of the world']));
    await pass(50_000);
    expect(workers).toHaveLength(2);
  });

  test('how far a check has come is told while it runs, not when its answer was quicker', async () => {
    const { client, workers, progress } = setUp();
    await client.open(REQUEST);
    progress.length = 0;
    const check = client.call('check');
    workers[0]!.progress('Check 1 of 2');
    await check;
    await settled();
    workers[0]!.progress('Check 2 of 2');
    expect(progress).toEqual(['Check 1 of 2']);
  });

  test('a closed client can open again with a new worker', async () => {
    const { client, workers } = setUp();
    await client.open(REQUEST);
    client.close();
    await settled();
    const { state } = await client.open(REQUEST);
    expect(workers).toHaveLength(2);
    expect(state.terminals).toHaveLength(1);
  });

  test('a worker that fails before it is asked for anything is told of when it is, and another try has another one', async () => {
    const { client, workers, told, pass } = setUp();
    workers[0]!.fail('no script');
    await expect(client.open(REQUEST)).rejects.toThrow('no script');
    expect(told).toEqual([]);
    const { state } = await client.reopen(REQUEST);
    expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
    expect(state.terminals).toHaveLength(1);
    workers[1]!.fail('the world broke');
    workers[1]!.stuck = true;
    await pass(60_000);
    expect(told).toEqual(['failed the world broke']);
    expect(workers).toHaveLength(2);
  });
});
