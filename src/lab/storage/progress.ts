/** The little that a reading page shows of an exercise without loading the lab: mirrored where a page can read it at once. */
import { isFull } from '../panels/results.ts';
import type { Report } from '../worker/protocol.ts';

/** How far work that is stored has come; points are there once it was checked. */
export type ExerciseProgress =
  | { readonly state: 'started'; readonly points?: number; readonly of?: number }
  | { readonly state: 'passed'; readonly points: number; readonly of: number };

/** Writes what work with this result has reached, and tells the page; an exercise once passed stays passed, and one once checked, checked. */
export function publishProgress(exerciseId: string, report: Report | null): void {
  const key = `virtbook.progress.${exerciseId}`;
  try {
    const before = localStorage.getItem(key);
    if (before !== null && (report === null || (before.includes('"passed"') && !isFull(report)))) return;
    const text = JSON.stringify(progressOf(report));
    if (text === before) return;
    localStorage.setItem(key, text);
  } catch {
    // Without this storage the card shows no progress; the work itself is kept elsewhere.
    return;
  }
  document.dispatchEvent(new CustomEvent('virtbook:progress', { detail: { exerciseId } }));
}

function progressOf(report: Report | null): ExerciseProgress {
  if (report === null) return { state: 'started' };
  return { state: isFull(report) ? 'passed' : 'started', ...report.score };
}
