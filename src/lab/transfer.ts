/** Attempts and files: what leaves the lab, comes back into it, or is kept by name. */
import { h } from './dom.ts';
import type { Lab } from './lab.ts';
import { openDialog } from './layout/dialog.ts';
import type { AttemptsOptions } from './panels/attempts.ts';
import { runSafely } from './runSafely.ts';
import { formerOf } from './state.ts';
import { download } from './storage/files.ts';
import { type Attempt, type ExportFile, parseExport } from './storage/records.ts';

export class Transfer {
  #lab: Lab;
  /** Takes back what an import replaced. */
  #undo: () => Promise<void>;

  constructor(lab: Lab, undo: () => Promise<void>) {
    this.#lab = lab;
    this.#undo = undo;
  }

  readonly attempts: AttemptsOptions = {
    onDownload: (attempt) => download(this.fileName(), attempt.submission),
    onRename: (attempt) => void this.#rename(attempt),
    onDelete: (attempt) => void this.#delete(attempt),
    onExport: () => void this.exportWork(),
    onImport: (file) => void this.#import(file),
  };

  /** Everything of this exercise in one file. */
  async exportWork(): Promise<void> {
    this.#lab.save();
    const { store, state, exerciseId } = this.#lab;
    const { shell } = this.#lab.views;
    if (!store.latest) return;
    const value: ExportFile = { format: 'virtbook-work/1', work: store.latest, attempts: state.attempts };
    download(`${exerciseId}.virtbook-work.json`, value);
    shell.announce('Your work was exported to a file.');
  }

  async downloadAsides(): Promise<void> {
    download(`${this.#lab.exerciseId}.set-aside.json`, await this.#lab.store.asides());
  }

  async #rename(attempt: Attempt): Promise<void> {
    const { state, store } = this.#lab;
    const { shell } = this.#lab.views;
    const input = h('input', { value: attempt.name, 'aria-label': 'Name of the attempt', maxlength: 80 });
    const choice = await openDialog(
      shell.root,
      'Rename the attempt',
      [input],
      [
        { value: 'rename', label: 'Rename' },
        { value: '', label: 'Cancel' },
      ],
    );
    if (choice !== 'rename' || input.value.trim() === '') return;
    const renamed = { ...attempt, name: input.value.trim() };
    await runSafely(this.#lab, 'The new name could not be stored', async () => {
      await store.writeAttempt(renamed);
      state.attempts = state.attempts.map((each) => (each.id === attempt.id ? renamed : each));
      this.#lab.draw();
    });
  }

  async #delete(attempt: Attempt): Promise<void> {
    const { state, store } = this.#lab;
    const { shell } = this.#lab.views;
    const question = h(
      'p',
      {},
      `“${attempt.name}” is removed from this browser. A file you downloaded stays.`,
    );
    const choice = await openDialog(
      shell.root,
      'Delete the attempt?',
      [question],
      [
        { value: 'delete', label: 'Delete' },
        { value: '', label: 'Cancel' },
      ],
    );
    if (choice !== 'delete') return;
    await runSafely(this.#lab, 'The attempt could not be deleted', async () => {
      await store.deleteAttempt(attempt.id);
      state.attempts = state.attempts.filter(({ id }) => id !== attempt.id);
      this.#lab.draw();
      this.#lab.views.focusAttempts();
    });
  }

  async #import(file: File): Promise<void> {
    const { exerciseId, state, store, client } = this.#lab;
    const { shell, editor } = this.#lab.views;
    const parsed = parseExport(await file.text(), exerciseId);
    if (!parsed.ok) {
      shell.notices.show({
        kind: 'import',
        tone: 'problem',
        text: `${file.name} was not imported: ${parsed.reason}. Nothing here has changed.`,
      });
      return;
    }
    const { work, attempts } = parsed.value;
    await runSafely(this.#lab, 'The import did not work; what was here is still in storage', async () => {
      const former = formerOf(state, await client.call('transcript'), editor.files);
      state.undo = { ...former, explanation: state.explanation };
      const { seed, transcript, files } = work;
      const result = await this.#lab.start(transcript ? { seed, transcript, files } : { seed, files }, true);
      editor.setTexts(files);
      this.#lab.takeWork(work);
      const known = new Set(state.attempts.map(({ id }) => id));
      const added = attempts.filter(({ id }) => !known.has(id));
      for (const attempt of added) await store.writeAttempt(attempt);
      state.attempts = [...state.attempts, ...added].sort((a, b) => a.at - b.at);
      this.#lab.save();
      this.#lab.draw();
      const note = result.problem
        ? ` The terminal session could not be replayed (${result.problem.message}), so the world is new.`
        : '';
      shell.notices.show({
        kind: 'import',
        tone: 'info',
        text: `${file.name} was imported.${note}`,
        actions: [{ label: 'Undo the import', run: () => void this.#undo() }],
      });
    });
  }

  fileName(): string {
    return `${this.#lab.exerciseId}-${this.#lab.state.seed}.virtbook.json`;
  }
}
