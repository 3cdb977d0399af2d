/**
 * A lab without a page, for tests of its actions: the fake session in this thread, the lab's state, and views that only note what they are
 * told. What the page is told of input goes through `page`.
 */
import { vi } from 'vitest';
import { Actions } from '../../src/lab/actions.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { Notice } from '../../src/lab/layout/notices.ts';
import { initialState, takeSession } from '../../src/lab/state.ts';
import type { Work } from '../../src/lab/storage/records.ts';
import { LabClient } from '../../src/lab/worker/client.ts';
import { SessionHost } from '../../src/lab/worker/sessionHost.ts';
import { LabClock } from './labClock.ts';
import { FAKE_EXERCISE, loadExercise } from './labSession.ts';

const SIZE = { cols: 80, rows: 24 };

export async function labPage() {
  const page = new EventTarget();
  vi.stubGlobal('document', page);
  const clock = new LabClock();
  const client = new LabClient({
    spawn: () => ({
      remote: new SessionHost({ now: () => clock.now, later: clock.later, loadExercise }),
      preparedSeed: null,
      onFetching: () => {},
      onError: () => {},
      terminate: () => {},
    }),
    events: new Proxy({} as never, { get: () => () => {} }),
    every: () => () => {},
  });
  const state = { ...initialState(), seed: 's1', exercise: FAKE_EXERCISE };
  const files: Record<string, string> = Object.fromEntries(
    FAKE_EXERCISE.files.map(({ name, starter }) => [name, starter]),
  );
  /** What the reader sees and hears, in its order: panes that are shown, focus, words. */
  const seen: string[] = [];
  const notices = new Map<string, Notice>();
  const shell = {
    primary: { disabled: false },
    reset: { focus: () => {} },
    status: (text: string) => void seen.push(`status ${text}`),
    announce: (text: string) => void seen.push(`says ${text}`),
    show: (pane: string) => void seen.push(`shows ${pane}`),
    notices: {
      show: (notice: Notice) => notices.set(notice.kind, notice),
      clear: (kind: string) => notices.delete(kind),
    },
  };
  const views = {
    shell,
    editor: {
      get files() {
        return { ...files };
      },
      setTexts: (texts: Record<string, string>) => void Object.assign(files, texts),
    },
    results: { focus: () => void seen.push('focus result') },
    hints: { focusLast: () => {} },
    explain: { closeAnswer: () => {}, setText: () => {} },
    terminals: { size: SIZE, show: () => {}, focus: () => void seen.push('focus terminal') },
  };
  const request = { exerciseId: FAKE_EXERCISE.id, size: SIZE };
  const lab = {
    state,
    client,
    views,
    exerciseId: FAKE_EXERCISE.id,
    store: { writeAttempt: async () => {} },
    save: () => {},
    draw: () => {},
    takeWork: ({ explanation, report, reached }: Work) =>
      void Object.assign(state, reached, { explanation, report }),
    showSession: () => {},
    start: async (given: { seed: string }) => {
      const result = await client.reopen({ ...request, ...given });
      takeSession(state, result.state);
      return result;
    },
  } as unknown as Lab;
  takeSession(state, (await client.open({ ...request, seed: 's1' })).state);
  return { lab, state, client, files, seen, notices, page, actions: new Actions(lab) };
}
