/** What the buttons and keys of the lab do. Each action leaves the learner's files where they are and says what happened. */

import { watchReader } from './attention.ts';
import { count, h } from './dom.ts';
import type { Lab } from './lab.ts';
import { openDialog } from './layout/dialog.ts';
import { primaryAction } from './panels/flow.ts';
import { spokenResult } from './panels/results.ts';
import { reasonOf } from './reason.ts';
import { runSafely } from './runSafely.ts';
import { editedFiles, formerOf, progressOf, takeReport, takeSession } from './state.ts';
import { type Attempt, attemptName } from './storage/records.ts';
import { Transfer } from './transfer.ts';
import type { Diagnostics } from './worker/protocol.ts';

/** An attempt's id: 32 hexadecimal digits of chance (`randomUUID` is missing on addresses that are not secure). */
const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export class Actions {
  readonly transfer: Transfer;
  #lab: Lab;
  /** Something was typed in a terminal since the last check was asked for. */
  #typed = false;
  /** Saves and checks follow one another. */
  #queue: Promise<void> = Promise.resolve();

  constructor(lab: Lab) {
    this.#lab = lab;
    this.transfer = new Transfer(lab, () => this.undoReset());
  }

  /** Does what the primary button says now. */
  async primary(): Promise<void> {
    const { state } = this.#lab;
    const { editor, shell } = this.#lab.views;
    if (shell.primary.disabled) return;
    const { action } = primaryAction(progressOf(state, editor.files));
    if (action === 'predict') await this.#predict();
    else if (action === 'submit') await this.submit();
    else if (action === 'answer') await this.openAnswer();
    else await this.check();
  }

  skipPrediction(): void {
    this.#lab.state.predicted = true;
    this.#lab.save();
    this.#lab.draw();
    this.#lab.views.shell.announce('Prediction passed over. Next: try it in the terminal.');
    this.#toTerminal();
  }

  /** A key or a paste in a terminal. */
  type(terminal: number, data: string): void {
    const { state, client } = this.#lab;
    this.#typed = true;
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
    const stayed = watchReader(document);
    return this.#inTurn(() => this.#check(stayed));
  }

  async openTerminal(host: string): Promise<void> {
    await runSafely(this.#lab, 'The terminal could not be opened', async () => {
      const { client } = this.#lab;
      const { terminals } = this.#lab.views;
      terminals.add(await client.call('openTerminal', host, terminals.size));
    });
  }

  async closeTerminal(terminal: number): Promise<void> {
    await runSafely(this.#lab, 'The terminal could not be closed', async () => {
      await this.#lab.client.call('closeTerminal', terminal);
      this.#lab.views.terminals.remove(terminal);
    });
  }

  async openHint(): Promise<void> {
    const { state, client } = this.#lab;
    const { shell, hints } = this.#lab.views;
    await runSafely(this.#lab, 'The hint could not be opened', async () => {
      const text = await client.call('openHint', state.hints.length);
      state.hints = [...state.hints, text];
      this.#lab.draw();
      shell.show('guide');
      hints.focusLast();
    });
  }

  async openAnswer(): Promise<void> {
    const { state, client, exerciseId } = this.#lab;
    const { shell, explain } = this.#lab.views;
    await runSafely(this.#lab, 'The answer could not be opened', async () => {
      await client.call('openAnswer');
      state.answerOpened = true;
      this.#lab.draw();
      shell.show('guide');
      await explain.showAnswer(`${import.meta.env.BASE_URL.replace(/\/?$/, '/')}answers/${exerciseId}/`);
    });
  }

  /** Asks what is to be reset, keeps what there was, and resets it. */
  async reset(): Promise<void> {
    const { shell } = this.#lab.views;
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
    if (choice !== '') await this.resetWorld(choice === 'all');
  }

  /** Rebuilds the world, and puts the starter's code in the editor if asked; what there was can be brought back. */
  async resetWorld(codeToo: boolean): Promise<void> {
    const { client, state } = this.#lab;
    const { shell, editor, explain } = this.#lab.views;
    await this.#inTurn(() =>
      runSafely(this.#lab, 'The reset did not work', async () => {
        state.undo = formerOf(state, await client.call('transcript'), editor.files);
        shell.status('Rebuilding the world …');
        const session = await client.call('reset');
        takeSession(state, session);
        if (codeToo) {
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
    const { state } = this.#lab;
    const { editor, shell } = this.#lab.views;
    const { undo } = state;
    if (!undo) return;
    await runSafely(this.#lab, 'The reset could not be undone', async () => {
      shell.status('Replaying your session …');
      const { seed, transcript, explanation } = undo;
      const { problem } = await this.#lab.start({ seed, transcript }, true);
      editor.setTexts(undo.files);
      // The result is what it was: the same code in the same world.
      if (problem === null) this.#lab.takeWork({ ...undo, explanation: explanation ?? state.explanation });
      state.undo = null;
      // The button that was pressed goes away.
      if (document.activeElement === shell.undoReset) shell.reset.focus();
      this.#lab.save();
      this.#lab.draw();
      shell.announce('The reset is undone.');
    });
  }

  /** Hands in: a check if there is no fresh one, then a stored attempt and a file. */
  async submit(): Promise<void> {
    const stayed = watchReader(document);
    await this.#inTurn(() =>
      runSafely(this.#lab, 'The submission could not be made', async () => {
        const { state, client, store, exerciseId } = this.#lab;
        const { shell } = this.#lab.views;
        if (!state.report || state.stale) await this.#check(stayed);
        if (!state.report) return;
        if (state.stale) throw new Error('you changed something while it was checked');
        shell.status('Preparing the submission …');
        const submission = await client.call('submission');
        const attempt: Attempt = {
          id: newId(),
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
        this.#lab.save();
        const kept = await store.writeAttempt(attempt).then(
          () => 'It is also kept below, under Attempts.',
          (error: unknown) => `It could not be stored in this browser (${reasonOf(error)}): keep the file.`,
        );
        this.transfer.attempts.onDownload(attempt);
        shell.notices.show({
          kind: 'submitted',
          tone: 'info',
          text: `Your submission is in the file ${this.transfer.fileName()}, with ${attempt.points} of ${attempt.of} points. ${kept} Hand the file in where your course says so.`,
        });
        this.#lab.draw();
      }),
    );
  }

  async #predict(): Promise<void> {
    const { state, client } = this.#lab;
    const { predict, shell } = this.#lab.views;
    shell.show('guide');
    const answer = predict.read();
    if (answer === null) return;
    await runSafely(this.#lab, 'The prediction could not be recorded', async () => {
      await client.call('predict', answer);
      state.prediction = answer;
      state.predicted = true;
      this.#lab.draw();
      shell.announce('Prediction recorded. Next: try it in the terminal.');
      this.#toTerminal();
    });
  }

  /** `stayed` tells whether the reader waits for the result, or has gone on. */
  async #check(stayed: () => boolean): Promise<void> {
    const { state, client } = this.#lab;
    const { shell, results, editor } = this.#lab.views;
    state.checking = true;
    this.#lab.draw();
    shell.status('Checking your code …');
    const ok = await runSafely(this.#lab, 'The check could not be finished', async () => {
      await this.#saveEdited();
      const started = performance.now();
      this.#typed = false;
      const report = await client.call('check');
      takeReport(state, report);
      // What was written meanwhile was not checked.
      state.stale = this.#typed || editedFiles(state, editor.files).length > 0;
      this.#lab.save();
      performance.mark('virtbook:check', { detail: { latency: performance.now() - started } });
    });
    state.checking = false;
    this.#lab.draw();
    const waits = stayed();
    if (!ok || !state.report) return;
    const { points, of } = state.report.score;
    if (waits) {
      shell.show('guide');
      results.focus();
    } else shell.status(`Checked: ${points} of ${count(of, 'point')}.`);
    shell.announce(spokenResult(state.report));
  }

  /** Puts files that were edited into the world; whether there were any. */
  async #saveEdited(): Promise<boolean> {
    const { state, client } = this.#lab;
    const { editor } = this.#lab.views;
    const files = editor.files;
    const names = editedFiles(state, files);
    for (const name of names) {
      const text = files[name]!;
      const found: readonly Diagnostics[] = await client.call('saveFile', name, text);
      state.live = { ...state.live, [name]: text };
      state.diagnostics = [...state.diagnostics.filter(({ file }) => file !== name), ...found];
    }
    return names.length > 0;
  }

  #worldChanged(): void {
    const { state } = this.#lab;
    if (!state.report || state.stale) return;
    state.stale = true;
    this.#lab.save();
    this.#lab.draw();
  }

  #toTerminal(): void {
    this.#lab.views.shell.show('terminal');
    this.#lab.views.terminals.focus();
  }

  #inTurn(work: () => Promise<unknown>): Promise<void> {
    this.#queue = this.#queue.then(work).then(
      () => {},
      () => {},
    );
    return this.#queue;
  }
}
