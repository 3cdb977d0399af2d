/**
 * The lab's life: it opens an exercise (from storage where there is something), draws it, keeps it, and brings it back when the world's worker
 * had to be stopped or another tab takes over. What the buttons do is in actions.ts.
 */
import { Actions } from './actions.ts';
import { afterPaint } from './dom.ts';
import * as messages from './messages.ts';
import { reasonOf } from './reason.ts';
import { defaultSettings, readSettings, type Settings } from './settings.ts';
import { forgetReached, initialState, reachedOf, takeSession } from './state.ts';
import { Ownership } from './storage/ownership.ts';
import { publishProgress } from './storage/progress.ts';
import { WORK_FORMAT, type Work } from './storage/records.ts';
import { WorkStore } from './storage/workStore.ts';
import { Views } from './views.ts';
import { LabClient, WorkerReplaced } from './worker/client.ts';
import type { TerminalInput } from './worker/laterCode.ts';
import type { OpenRequest, OpenResult, SessionState, TerminalState, Transcript } from './worker/protocol.ts';
import { newSeed, spawnWorker } from './worker/spawn.ts';

export class Lab {
  readonly state = initialState();
  readonly views: Views;
  readonly store: WorkStore;
  readonly client: LabClient;
  readonly exerciseId: string;
  #actions: Actions;
  #ownership: Ownership;
  #settings: Settings;
  #undo: (() => void)[] = [];
  #onClose: () => void;
  /** The learner's files are in the editor. */
  #shown = false;

  constructor(container: HTMLElement, exerciseId: string, onClose: () => void) {
    this.exerciseId = exerciseId;
    this.#onClose = onClose;
    this.#settings = defaultSettings(matchMedia('(pointer: coarse)').matches);
    this.client = this.#makeClient();
    this.#actions = new Actions(this);
    this.store = new WorkStore({ exerciseId, onTrouble: (text) => this.#storageTrouble(text) });
    this.#ownership = new Ownership({ exerciseId, onTaken: () => this.#taken() });
    this.views = new Views(container, {
      exerciseId,
      actions: this.#actions,
      settings: this.#settings,
      onSettings: (change) => this.#change(change),
      onResize: (terminal, size) => void this.client.call('resize', terminal, size).catch(() => {}),
      onExplanation: (text) => {
        this.state.explanation = text;
        this.save();
      },
      onClose: () => void this.close(),
    });
  }

  /** Opens the exercise: the terminal first, then the editor. */
  async open(): Promise<void> {
    const owned = this.#ownership.acquire();
    await this.store.open();
    const stored = this.store.setting('lab');
    const begun = (await owned) ? this.#begin() : this.#readOnly();
    const settings = readSettings(await stored, this.#settings);
    this.views.shell.setSplitValues(settings.splits);
    this.#change(settings);
    this.#listen();
    await begun;
  }

  async close(): Promise<void> {
    this.client.close();
    await this.store.close();
    this.#ownership.close();
    for (const undo of this.#undo) undo();
    this.views.dispose();
    this.#onClose();
  }

  /** Draws everything that follows from the state. */
  draw(): void {
    this.views.draw(this.state);
  }

  /** Something of the learner's has changed: it is kept, and a report no longer speaks of it. */
  save(): void {
    const { exercise, seed, explanation, report } = this.state;
    if (!exercise || !this.#shown) return;
    const work: Work = {
      format: WORK_FORMAT,
      exerciseId: this.exerciseId,
      contentHash: exercise.contentHash,
      seed,
      files: this.views.editor.files,
      transcript: this.client.record,
      explanation,
      report,
      reached: reachedOf(this.state),
      savedAt: Date.now(),
    };
    this.store.save(work);
    publishProgress(this.exerciseId, report);
  }

  /** Takes over from stored work what the session itself does not know. */
  takeWork({ explanation, report, reached }: Pick<Work, 'explanation' | 'report' | 'reached'>): void {
    Object.assign(this.state, reached);
    this.state.explanation = explanation;
    this.views.explain.setText(explanation);
    this.state.report = report;
  }

  /** Opens a session and shows it. */
  async start(request: Omit<OpenRequest, 'exerciseId' | 'size'>, again: boolean): Promise<OpenResult> {
    const full = { ...request, exerciseId: this.exerciseId, size: this.views.terminals.size };
    this.#setState('loading');
    const result = await (again ? this.client.reopen(full) : this.client.open(full));
    this.state.seed = request.seed;
    this.show(result);
    return result;
  }

  /** Shows a session that was opened, restored or replaced. The editor keeps its texts. */
  show({ exercise, state, problem }: OpenResult, afresh = problem !== null): void {
    this.state.exercise = exercise;
    this.state.prediction = state.prediction;
    if (afresh) forgetReached(this.state);
    this.views.shell.title = exercise.title;
    this.views.predict.ask(exercise.predict);
    this.#setState('ready');
    this.views.shell.status('');
    this.showSession(state);
  }

  /** Draws a session that has just begun or begun again. */
  showSession(session: SessionState): void {
    takeSession(this.state, session);
    this.views.terminals.show(session.terminals, this.state.exercise?.hosts ?? []);
    this.views.goals.draw(session.goals, true);
    this.draw();
  }

  async #begin(): Promise<void> {
    try {
      const { work, damaged } = await this.store.load();
      const files = work?.files ?? damaged?.files ?? {};
      const seed = work?.seed ?? this.client.preparedSeed ?? newSeed();
      const transcript = work?.transcript ?? undefined;
      if (work) this.takeWork(work);
      const attempts = this.store.attempts().catch(() => []);
      const started = this.start(transcript ? { seed, transcript, files } : { seed, files }, false);
      void this.views.terminals.prepare();
      const result = await started;
      if (!result.problem) this.#typeAgain(work?.typed ?? [], result.state.terminals);
      this.state.attempts = await attempts;
      this.#showFiles(result, files);
      if (damaged)
        this.#tellSetAside(`What was stored for this exercise could not be read: ${damaged.reason}.`);
      if (result.problem) {
        await this.store.setAside(result.problem.message).catch(() => {});
        this.#tellSetAside(`Your earlier terminal session could not be continued. ${result.problem.message}`);
      }
      this.save();
    } catch (error) {
      if (!(error instanceof WorkerReplaced)) this.#failed(reasonOf(error));
    }
  }

  /** The page was left before these keys were in a record. */
  #typeAgain(typed: readonly TerminalInput[], terminals: readonly TerminalState[]): void {
    for (const { terminal, data } of typed)
      if (terminals.some(({ id }) => id === terminal)) this.#actions.type(terminal, data);
  }

  #showFiles({ exercise }: OpenResult, files: Readonly<Record<string, string>>): void {
    const shown = exercise.files.map(({ name, starter }) => ({ name, text: files[name] ?? starter }));
    this.views.editor.show(shown, exercise.api);
    this.#shown = true;
    this.draw();
    // The editor is more code than all the rest: the prompt is drawn before.
    afterPaint(() => void this.views.editor.load());
  }

  async #readOnly(): Promise<void> {
    const { work } = await this.store.load();
    this.state.attempts = await this.store.attempts().catch(() => []);
    this.store.suspend();
    this.#setState('read-only');
    const files = Object.entries(work?.files ?? {}).map(([name, text]) => ({ name, text }));
    this.views.editor.setReadOnly(true);
    this.views.editor.show(files, []);
    if (files.length > 0) void this.views.editor.load();
    this.#tellOtherTab(
      'This exercise is open in another tab. To keep one from overwriting the other, this tab only shows your code.',
    );
    this.draw();
  }

  /** Another tab takes over: everything is stored, and nothing more is written from here. */
  async #taken(): Promise<void> {
    this.save();
    await this.store.flush();
    this.store.suspend();
    this.client.close();
    this.#setState('read-only');
    this.views.editor.setReadOnly(true);
    this.#tellOtherTab(
      'You now work on this exercise in another tab. Everything was stored; this tab only shows your code.',
    );
    this.draw();
  }

  #tellOtherTab(text: string): void {
    const take = async () => {
      this.views.shell.status('Taking over from the other tab …');
      if (!(await this.#ownership.takeOver()))
        return this.#tellOtherTab('The other tab did not let go. Close it, then try again.');
      this.store.resume();
      this.views.editor.setReadOnly(false);
      await this.#begin();
    };
    this.views.shell.notices.show(messages.openElsewhere(text, () => void take()));
  }

  #tellSetAside(what: string): void {
    this.views.shell.notices.show(
      messages.setAside(what, () => void this.#actions.transfer.downloadAsides()),
    );
  }

  #failed(message: string): void {
    this.#setState('failed');
    this.views.shell.status('');
    const again = (withRecord: boolean) => () => void this.#restart(withRecord);
    this.views.shell.notices.show(messages.failed(message, again(true), again(false)));
    this.draw();
  }

  async #restart(withRecord: boolean): Promise<void> {
    const transcript = (withRecord && this.client.record) || undefined;
    const seed = this.state.seed || newSeed();
    try {
      const result = await this.start(transcript ? { seed, transcript } : { seed }, true);
      if (!this.#shown) this.#showFiles(result, this.store.latest?.files ?? {});
    } catch (error) {
      this.#failed(reasonOf(error));
    }
  }

  #makeClient(): LabClient {
    return new LabClient({
      spawn: () => spawnWorker(this.exerciseId),
      events: {
        frame: ({ outputs, goals }) => {
          for (const { terminal, bytes } of outputs) this.views.terminals.write(terminal, bytes);
          if (!goals) return;
          this.state.goals = goals;
          this.views.goals.draw(goals, false);
          this.draw();
        },
        resetAsked: () => void this.#actions.resetWorld(false),
        transcript: (_record: Transcript) => this.save(),
        progress: (text) => this.views.shell.status(`${text} …`),
        fetching: (what) => this.views.shell.status(what === null ? '' : `Fetching ${what} …`),
        failed: (message) => this.#failed(message),
        slow: (doing) => {
          if (this.views.shell.notices.has('slow')) return;
          this.views.shell.notices.show(messages.slow(doing, () => void this.client.replace()));
        },
        answering: () => {
          this.views.shell.notices.clear('slow');
        },
        stuck: (doing, afresh) => {
          this.#setState('stuck');
          if (afresh) void this.store.setAside('the world stops when it is replayed').catch(() => {});
          this.views.shell.notices.clear('slow');
          this.views.shell.status(messages.restarting(doing));
        },
        replaced: (result, doing, afresh) => {
          this.show(result, afresh);
          if (!this.#shown) this.#showFiles(result, this.store.latest?.files ?? {});
          if (afresh) this.#tellSetAside(messages.stoppedByItself(doing));
          else this.views.shell.notices.show(messages.rebuilt(doing));
        },
      },
    });
  }

  #listen(): void {
    const theme = new MutationObserver(() => this.views.apply(this.#settings));
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const visibility = () => {
      const hidden = document.visibilityState === 'hidden';
      void this.client.call('setPaused', hidden).catch(() => {});
      if (hidden) this.store.leave(this.client.unrecorded);
      this.#saveSettings();
    };
    const leave = () => this.store.leave(this.client.unrecorded);
    document.addEventListener('visibilitychange', visibility);
    globalThis.addEventListener('pagehide', leave);
    this.#undo.push(
      () => theme.disconnect(),
      () => document.removeEventListener('visibilitychange', visibility),
      () => globalThis.removeEventListener('pagehide', leave),
    );
  }

  #change(change: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...change };
    this.#saveSettings();
    this.views.apply(this.#settings);
  }

  #saveSettings(): void {
    this.store.saveSetting('lab', { ...this.#settings, splits: this.views.shell.splitValues });
  }

  #storageTrouble(text: string | null): void {
    if (text === null) {
      this.views.shell.notices.clear('storage');
      return;
    }
    this.views.shell.notices.show(messages.storage(text, () => void this.#actions.transfer.exportWork()));
  }

  #setState(state: 'loading' | 'ready' | 'stuck' | 'failed' | 'read-only'): void {
    this.views.shell.root.dataset.state = state;
  }
}
