/** What the buttons and keys of the lab do. Each action leaves the learner's files where they are and says what happened. */

import { h } from './dom.ts';
import type { Lab } from './lab.ts';
import { openDialog } from './layout/dialog.ts';
import type { AttemptsOptions } from './panels/attempts.ts';
import { primaryAction } from './panels/flow.ts';
import { isFull, spokenResult } from './panels/results.ts';
import { editedFiles, progressOf, takeReport, takeSession } from './state.ts';
import { download } from './storage/files.ts';
import { publishProgress } from './storage/progress.ts';
import { type Attempt, attemptName, type ExportFile, parseExport, reasonOf } from './storage/records.ts';
import { WorkerReplaced } from './worker/client.ts';
import type { Diagnostic } from './worker/protocol.ts';

export class Actions {
  #lab: Lab;
  /** Saves and checks follow one another. */
  #queue: Promise<void> = Promise.resolve();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Does what the primary button says now. */
  async primary(): Promise<void> {
    const { state, editor, shell } = this.#lab;
    if (shell.primary.disabled) return;
    const { action } = primaryAction(progressOf(state, editor.files));
    if (action === 'predict') await this.#predict();
    else if (action === 'submit') await this.submit();
    else if (action === 'answer') await this.openAnswer();
    else await this.check();
  }

  skipPrediction(): void {
    this.#lab.state.predicted = true;
    this.#lab.draw();
    this.#lab.shell.announce('Prediction passed over. Next: try it in the terminal.');
    this.#toTerminal();
  }

  /** A key or a paste in a terminal. */
  type(terminal: number, data: string): void {
    const { state, client } = this.#lab;
    this.#worldChanged();
    if (!state.usedTerminal) {
      state.usedTerminal = true;
      this.#lab.draw();
    }
    void client.call('input', terminal, data).catch(() => {});
  }

  /** The learner's text has changed. */
  edited(): void {
    this.#lab.state.stale = this.#lab.state.report !== null;
    this.#lab.save();
    this.#lab.draw();
  }

  /** Lets the code as it stands run in the world. */
  goLive(): Promise<void> {
    return this.#inTurn(async () => {
      const changed = await this.#saveEdited();
      if (changed) this.#worldChanged();
      this.#lab.draw();
    });
  }

  check(): Promise<void> {
    return this.#inTurn(() => this.#check());
  }

  async openTerminal(host: string): Promise<void> {
    await this.#try('The terminal could not be opened', async () => {
      const { client, terminals } = this.#lab;
      terminals.add(await client.call('openTerminal', host, terminals.size));
    });
  }

  async closeTerminal(terminal: number): Promise<void> {
    await this.#try('The terminal could not be closed', async () => {
      await this.#lab.client.call('closeTerminal', terminal);
      this.#lab.terminals.remove(terminal);
    });
  }

  async openHint(): Promise<void> {
    const { state, client, shell, hints } = this.#lab;
    await this.#try('The hint could not be opened', async () => {
      const text = await client.call('openHint', state.hints.length);
      state.hints = [...state.hints, text];
      this.#lab.draw();
      shell.show('guide');
      hints.focusLast();
    });
  }

  async openAnswer(): Promise<void> {
    const { state, client, shell, explain, exerciseId } = this.#lab;
    await this.#try('The answer could not be opened', async () => {
      await client.call('openAnswer');
      state.answerOpened = true;
      this.#lab.draw();
      shell.show('guide');
      await explain.showAnswer(`${import.meta.env.BASE_URL.replace(/\/?$/, '/')}answers/${exerciseId}/`);
    });
  }

  /** Asks what is to be reset, keeps what there was, and resets it. */
  async reset(): Promise<void> {
    const { shell, client, editor, state, explain } = this.#lab;
    const choice = await openDialog(
      shell.root,
      'Reset',
      [
        h(
          'p',
          {},
          'The world is rebuilt exactly as it was in the beginning: its files, processes and containers. You can undo this.',
        ),
      ],
      [
        { value: 'world', label: 'Reset the world, keep my code' },
        { value: 'all', label: 'Reset the world and my code' },
        { value: '', label: 'Cancel' },
      ],
    );
    if (choice === '') return;
    await this.#inTurn(() =>
      this.#try('The reset did not work', async () => {
        const files = editor.files;
        state.undo = { transcript: await client.call('transcript'), files };
        shell.status('Rebuilding the world …');
        const session = await client.call('reset');
        takeSession(state, session);
        if (choice === 'all') {
          editor.setTexts(
            Object.fromEntries(state.exercise!.files.map(({ name, starter }) => [name, starter])),
          );
          state.report = null;
          explain.closeAnswer();
        }
        await this.#saveEdited();
        this.#worldChanged();
        this.#lab.showSession(session);
        this.#lab.save();
        shell.announce('The world is as it was in the beginning. “Undo reset” brings the former one back.');
      }),
    );
  }

  async undoReset(): Promise<void> {
    const { state, editor, shell } = this.#lab;
    const { undo } = state;
    if (!undo) return;
    await this.#try('The reset could not be undone', async () => {
      shell.status('Replaying your session …');
      await this.#lab.start({ seed: state.seed, transcript: undo.transcript }, true);
      editor.setTexts(undo.files);
      state.undo = null;
      this.#worldChanged();
      this.#lab.save();
      this.#lab.draw();
      shell.announce('The reset is undone.');
    });
  }

  /** Hands in: a check if there is no fresh one, then a stored attempt and a file. */
  async submit(): Promise<void> {
    await this.#inTurn(() =>
      this.#try('The submission could not be made', async () => {
        const { state, client, shell, store, exerciseId } = this.#lab;
        if (!state.report || state.stale) await this.#check();
        if (!state.report || state.stale) return;
        shell.status('Preparing the submission …');
        const submission = await client.call('submission');
        const attempt: Attempt = {
          id: crypto.randomUUID(),
          exerciseId,
          name: attemptName(state.attempts.length, state.report),
          at: Date.now(),
          points: state.report.score.points,
          of: state.report.score.of,
          explanation: state.explanation,
          submission,
        };
        state.attempts = [...state.attempts, attempt];
        state.submitted = true;
        const kept = await store.writeAttempt(attempt).then(
          () => 'It is also kept below, under Attempts.',
          (error: unknown) => `It could not be stored in this browser (${reasonOf(error)}): keep the file.`,
        );
        this.attempts.onDownload(attempt);
        shell.notices.show({
          kind: 'submitted',
          tone: 'info',
          text: `Your submission is in the file ${this.#fileName()}, with ${attempt.points} of ${attempt.of} points. ${kept} Hand the file in where your course says so.`,
        });
        this.#lab.draw();
      }),
    );
  }

  readonly attempts: AttemptsOptions = {
    onDownload: (attempt) => download(this.#fileName(), attempt.submission),
    onRename: (attempt) => void this.#rename(attempt),
    onDelete: (attempt) => void this.#delete(attempt),
    onExport: () => void this.exportWork(),
    onImport: (file) => void this.#import(file),
  };

  /** Everything of this exercise in one file. */
  async exportWork(): Promise<void> {
    this.#lab.save();
    const { store, state, exerciseId, shell } = this.#lab;
    if (!store.latest) return;
    const value: ExportFile = { format: 'virtbook-work/1', work: store.latest, attempts: state.attempts };
    download(`${exerciseId}.virtbook-work.json`, value);
    shell.announce('Your work was exported to a file.');
  }

  async downloadAsides(): Promise<void> {
    download(`${this.#lab.exerciseId}.set-aside.json`, await this.#lab.store.asides());
  }

  async #predict(): Promise<void> {
    const { state, predict, client, shell } = this.#lab;
    shell.show('guide');
    const answer = predict.read();
    if (answer === null) return;
    await this.#try('The prediction could not be recorded', async () => {
      await client.call('predict', answer);
      state.prediction = answer;
      state.predicted = true;
      this.#lab.draw();
      shell.announce('Prediction recorded. Next: try it in the terminal.');
      this.#toTerminal();
    });
  }

  async #check(): Promise<void> {
    const { state, client, shell, results, exerciseId } = this.#lab;
    state.checking = true;
    this.#lab.draw();
    shell.status('Checking your code …');
    const ok = await this.#try('The check could not be finished', async () => {
      await this.#saveEdited();
      const started = performance.now();
      const report = await client.call('check');
      takeReport(state, report);
      const { points, of } = report.score;
      publishProgress(exerciseId, { state: isFull(report) ? 'passed' : 'started', points, of });
      performance.mark('virtbook:check', { detail: { latency: performance.now() - started } });
    });
    state.checking = false;
    this.#lab.draw();
    if (!ok || !state.report) return;
    shell.show('guide');
    results.focus();
    shell.announce(spokenResult(state.report));
  }

  /** Puts files that were edited into the world; whether there were any. */
  async #saveEdited(): Promise<boolean> {
    const { state, editor, client } = this.#lab;
    const files = editor.files;
    const names = editedFiles(state, files);
    for (const name of names) {
      const text = files[name]!;
      const found: readonly Diagnostic[] = await client.call('saveFile', name, text);
      state.live = { ...state.live, [name]: text };
      state.diagnostics = [...state.diagnostics.filter(({ file }) => file !== name), ...found];
    }
    return names.length > 0;
  }

  #worldChanged(): void {
    const { state } = this.#lab;
    if (!state.report || state.stale) return;
    state.stale = true;
    this.#lab.draw();
  }

  #toTerminal(): void {
    this.#lab.shell.show('terminal');
    this.#lab.terminals.focus();
  }

  async #rename(attempt: Attempt): Promise<void> {
    const { shell, state, store } = this.#lab;
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
    await this.#try('The new name could not be stored', async () => {
      await store.writeAttempt(renamed);
      state.attempts = state.attempts.map((each) => (each.id === attempt.id ? renamed : each));
      this.#lab.draw();
    });
  }

  async #delete(attempt: Attempt): Promise<void> {
    const { shell, state, store } = this.#lab;
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
    await this.#try('The attempt could not be deleted', async () => {
      await store.deleteAttempt(attempt.id);
      state.attempts = state.attempts.filter(({ id }) => id !== attempt.id);
      this.#lab.draw();
    });
  }

  async #import(file: File): Promise<void> {
    const { exerciseId, shell, state, editor, explain, store, client } = this.#lab;
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
    await this.#try('The import did not work; what was here is still in storage', async () => {
      state.undo = { transcript: await client.call('transcript'), files: editor.files };
      const { seed, transcript, files } = work;
      const result = await this.#lab.start(transcript ? { seed, transcript, files } : { seed, files }, true);
      editor.setTexts(files);
      state.explanation = work.explanation;
      explain.setText(work.explanation);
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
        actions: [{ label: 'Undo the import', run: () => void this.undoReset() }],
      });
    });
  }

  #fileName(): string {
    return `${this.#lab.exerciseId}-${this.#lab.state.seed}.virtbook.json`;
  }

  #inTurn(work: () => Promise<unknown>): Promise<void> {
    this.#queue = this.#queue.then(work).then(
      () => {},
      () => {},
    );
    return this.#queue;
  }

  /** Runs `work`; when it fails, says what failed and that the work is safe. A replaced worker has its own notice. */
  async #try(what: string, work: () => Promise<void>): Promise<boolean> {
    const { shell } = this.#lab;
    try {
      await work();
      shell.status('');
      return true;
    } catch (error) {
      shell.status('');
      if (!(error instanceof WorkerReplaced))
        shell.notices.show({
          kind: 'action',
          tone: 'problem',
          text: `${what}: ${reasonOf(error)}. Your code is safe; try it again.`,
        });
      return false;
    }
  }
}
