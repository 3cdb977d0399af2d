import { expect, test } from 'vitest';
import { inTurn } from '../../src/lab/worker/inTurn.ts';
import type { LabWorker, Report } from '../../src/lab/worker/protocol.ts';
import { settled } from '../support/labClock.ts';

/** A worker that notes what is done, and whose checks end when they are told to. */
function slowChecks() {
  const done: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const check = () => {
    done.push('check');
    return new Promise<Report>((resolve, reject) => {
      ends.push((error) => {
        done.push('checked');
        if (error) reject(error);
        else resolve({} as Report);
      });
    });
  };
  const worker = {
    check,
    ping: () => void done.push('ping'),
    input: (_: number, data: string) => void done.push(data),
    openHint: (index: number) => `hint ${index}`,
  } as unknown as LabWorker;
  return { worker: inTurn(worker), done, ends };
}

test('what nothing is before is done at once, and answered as ever', () => {
  const { worker, done } = slowChecks();
  worker.input(0, 'a');
  expect(done).toEqual(['a']);
  expect(worker.openHint(2)).toBe('hint 2');
});

test('while a check takes its time, a sign of life is given, and keys wait for its end, in their order', async () => {
  const { worker, done, ends } = slowChecks();
  void worker.check();
  worker.input(0, 'a');
  const again = worker.check();
  worker.input(0, 'b');
  worker.ping();
  await settled();
  expect(done).toEqual(['check', 'ping']);
  ends[0]!();
  await settled();
  expect(done).toEqual(['check', 'ping', 'checked', 'a', 'check']);
  ends[1]!();
  await again;
  await settled();
  expect(done.slice(-2)).toEqual(['checked', 'b']);
  worker.input(0, 'c');
  expect(done.at(-1)).toBe('c');
});

test('a request that fails holds nobody up', async () => {
  const { worker, done, ends } = slowChecks();
  const failing = worker.check();
  worker.input(0, 'a');
  ends[0]!(new Error('of the check'));
  await expect(failing).rejects.toThrow('of the check');
  await settled();
  expect(done).toEqual(['check', 'checked', 'a']);
});
