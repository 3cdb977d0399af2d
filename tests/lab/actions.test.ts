import { afterEach, describe, expect, test, vi } from 'vitest';
import { labPage } from '../support/labPage.ts';

afterEach(() => void vi.unstubAllGlobals());

/** A key of the page's. */
const key = (name: string, modifiers: object = {}) =>
  Object.assign(new Event('keydown'), { key: name, ...modifiers });

describe('a check', () => {
  test('leads the reader to the result, who waits for it', async () => {
    const { actions, seen } = await labPage();
    await actions.check();
    expect(seen.slice(-3)).toEqual(['shows guide', 'focus result', expect.stringMatching(/^says 2 of 6/)]);
  });

  test.each<[string, Event]>([
    ['typed', key('x')],
    ['pressed', new Event('pointerdown')],
  ])('leaves the reader alone who has %s meanwhile, and says what came of it', async (_what, event) => {
    const { actions, seen, page } = await labPage();
    const checking = actions.check();
    page.dispatchEvent(event);
    await checking;
    expect(seen.slice(-2)).toEqual(['status Checked: 2 of 6 points.', expect.stringMatching(/^says 2 of 6/)]);
    expect(seen).not.toContain('focus result');
    expect(seen).not.toContain('shows guide');
  });

  test.each([
    ['Control alone', key('Control')],
    ['Ctrl+Enter again', key('Enter', { ctrlKey: true })],
    ['a key that is still down', key('Enter', { repeat: true })],
  ])('%s is not going on to something else', async (_what, event) => {
    const { actions, seen, page } = await labPage();
    const checking = actions.check();
    page.dispatchEvent(event);
    await checking;
    expect(seen).toContain('focus result');
  });
});

describe('what is written during a check', () => {
  /** A lab in which this happens while the world checks. */
  async function during(happens: (lab: Awaited<ReturnType<typeof labPage>>) => void) {
    const lab = await labPage();
    const call = lab.client.call.bind(lab.client) as (...given: unknown[]) => Promise<unknown>;
    const calling = (...given: unknown[]) => {
      if (given[0] === 'check') happens(lab);
      return call(...given);
    };
    lab.client.call = calling as typeof lab.client.call;
    return lab;
  }

  test('makes its result one of former code', async () => {
    let version = 0;
    const { actions, state, files } = await during(() => {
      if (version === 0) files['adder.ts'] = `changed ${++version}`;
    });
    await actions.check();
    expect(state.stale).toBe(true);
    await actions.check();
    expect(state.stale).toBe(false);
  });

  test('makes its result one of a former world', async () => {
    const { actions, state } = await during((lab) => lab.actions.type(0, 'x'));
    await actions.check();
    expect(state.stale).toBe(true);
  });

  test('is not handed in unchecked, and that is told', async () => {
    const { actions, state, notices } = await during(({ files }) => {
      files['adder.ts'] = 'changed';
    });
    await actions.submit();
    expect(notices.get('action')?.text).toMatch(/^The submission could not be made: you changed something/);
    expect(state.attempts).toEqual([]);
  });
});

describe('undoing a reset', () => {
  test.each([true, false])(
    'brings the result back, fresh as it was (the code was reset, too: %s)',
    async (codeToo) => {
      const { actions, state, files } = await labPage();
      files['adder.ts'] = 'export const add = (a, b) => a + b;';
      await actions.check();
      const { report } = state;
      expect(report?.score.points).toBe(6);
      await actions.resetWorld(codeToo);
      await actions.undoReset();
      expect(state.report).toEqual(report);
      expect(state.stale).toBe(false);
      expect(files['adder.ts']).toContain('a + b');
    },
  );

  test('a result that was out of date stays so', async () => {
    const { actions, state } = await labPage();
    await actions.check();
    actions.type(0, 'x');
    await actions.resetWorld(true);
    await actions.undoReset();
    expect(state.stale).toBe(true);
  });
});

describe('what has failed', () => {
  test('is told until the same succeeds', async () => {
    const { actions, client, notices, seen } = await labPage();
    const call = client.call.bind(client);
    const answers = vi.spyOn(client, 'call').mockRejectedValueOnce(new Error('no network'));
    await actions.check();
    expect(notices.get('action')?.text).toBe(
      'The check could not be finished: no network. Your code is safe; try it again.',
    );
    expect(seen.at(-1)).toBe('status ');
    answers.mockImplementation(call);
    await actions.openHint();
    expect(notices.has('action')).toBe(true);
    await actions.check();
    expect(notices.has('action')).toBe(false);
  });
});
