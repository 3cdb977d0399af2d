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
