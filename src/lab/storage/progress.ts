/** The little that a reading page shows of an exercise without loading the lab: mirrored where a page can read it at once. */

export interface ExerciseProgress {
  readonly state: 'started' | 'passed';
  readonly points: number;
  readonly of: number;
}

/** Writes the progress and tells the page; an exercise once passed stays passed. */
export function publishProgress(exerciseId: string, progress: ExerciseProgress): void {
  const key = `virtbook.progress.${exerciseId}`;
  try {
    if (localStorage.getItem(key)?.includes('"passed"') && progress.state !== 'passed') return;
    localStorage.setItem(key, JSON.stringify(progress));
  } catch {
    // Without this storage the card shows no progress; the work itself is kept elsewhere.
  }
  document.dispatchEvent(new CustomEvent('virtbook:progress', { detail: { exerciseId, ...progress } }));
}
