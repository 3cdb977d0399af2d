/**
 * The lab's life: it opens an exercise (from storage where there is something), draws it, keeps it, and brings it back when the world's worker
 * had to be stopped or another tab takes over. What the buttons do is in actions.ts.
 */
import { Actions } from './actions.ts';
import { EditorPane } from './editor/pane.ts';
import { type PaneName, Shell } from './layout/shell.ts';
import { AttemptsPanel } from './panels/attempts.ts';
import { ExplainPanel } from './panels/explain.ts';
import { primaryAction, type Step } from './panels/flow.ts';
import { GoalsPanel } from './panels/goals.ts';
import { HintsPanel } from './panels/hints.ts';
import { PredictPanel } from './panels/predict.ts';
import { ResultsPanel } from './panels/results.ts';
import { showShortcuts } from './panels/shortcuts.ts';
import { StepBar } from './panels/stepBar.ts';
import { appearanceOf, clampFontSize, defaultSettings, readSettings, type Settings } from './settings.ts';
import { editedFiles, initialState, progressOf, repeatedFailures, takeSession } from './state.ts';
import { Ownership } from './storage/ownership.ts';
import { reasonOf, WORK_FORMAT, type Work } from './storage/records.ts';
import { WorkStore } from './storage/workStore.ts';
import { TerminalPane } from './terminal/pane.ts';
import { LabClient } from './worker/client.ts';
import type { OpenRequest, OpenResult, SessionState, Transcript } from './worker/protocol.ts';
import { spawnWorker } from './worker/spawn.ts';

export class Lab {
  readonly state = initialState();
  readonly shell: Shell;
  readonly store: WorkStore;
  readonly client: LabClient;
  readonly terminals: TerminalPane;
  readonly editor: EditorPane;
  readonly explain: ExplainPanel;
  readonly hints: HintsPanel;
  readonly predict: PredictPanel;
  readonly results: ResultsPanel;
  readonly exerciseId: string;
  #actions: Actions;
  #goals: GoalsPanel;
  #attempts: AttemptsPanel;
  #steps: StepBar;
  #ownership: Ownership;
  #settings: Settings;
  #undo: (() => void)[] = [];
  #onClose: () => void;

  constructor(container: HTMLElement, exerciseId: string, onClose: () => void) {
    this.exerciseId = exerciseId;
    this.#onClose = onClose;
    this.#settings = defaultSettings(matchMedia('(pointer: coarse)').matches);
    this.client = this.#makeClient();
    this.#actions = new Actions(this);
    this.store = new WorkStore({ exerciseId, onTrouble: (text) => this.#storageTrouble(text) });
    this.#ownership = new Ownership({ exerciseId, onTaken: () => this.#taken() });
    this.shell = this.#makeShell();
    container.append(this.shell.root);
    this.terminals = this.#makeTerminals();
    this.editor = this.#makeEditor();
    this.predict = new PredictPanel({ onSkip: () => this.#actions.skipPrediction() });
    this.#goals = new GoalsPanel((text) => this.shell.announce(text));
    this.results = new ResultsPanel({
      onShow: (file, line, column) => this.#reveal(file, line, column),
      onHint: () => void this.#actions.openHint(),
    });
    this.hints = new HintsPanel(() => void this.#actions.openHint());
    this.explain = new ExplainPanel({
      onExplanation: (text) => {
        this.state.explanation = text;
        this.save();
      },
      onAnswer: () => void this.#actions.openAnswer(),
    });
    this.#attempts = new AttemptsPanel(this.#actions.attempts);
    this.#steps = new StepBar((step) => this.#go(step));
    this.#place();
  }

  /** Opens the exercise: the terminal first, then the editor. */
  async open(): Promise<void> {
    void this.terminals.prepare();
    await this.store.open();
    this.#applySettings(readSettings(await this.store.setting('lab'), this.#settings));
    this.#listen();
    if (await this.#ownership.acquire()) await this.#begin();
    else await this.#readOnly();
  }

  async close(): Promise<void> {
    this.client.close();
    await this.store.close();
    this.#ownership.close();
    for (const undo of this.#undo) undo();
    this.terminals.dispose();
    this.editor.dispose();
    this.shell.dispose();
    this.#onClose();
  }

  /** Draws everything that follows from the state. */
  draw(): void {
    const { state, shell } = this;
    const files = this.editor.files;
    const progress = progressOf(state, files);
    const primary = primaryAction(progress);
    shell.primary.textContent = primary.label;
    shell.primary.disabled = primary.disabled || shell.root.dataset.state !== 'ready';
    shell.primary.dataset.primary = primary.action;
    shell.submit.hidden = primary.action === 'submit' || !state.report;
    shell.undoReset.hidden = state.undo === null;
    this.#steps.draw(progress);
    this.results.draw({ report: state.report, stale: state.stale, repeated: repeatedFailures(state) });
    this.hints.draw(state.hints, state.exercise?.hintCount ?? 0);
    this.#attempts.draw(state.attempts);
    if (progress.predicted) this.predict.answered(state.prediction, state.report !== null);
    this.editor.setProblems(state.diagnostics);
    const edited = editedFiles(state, files).length > 0;
    this.editor.setState(edited ? 'Edited: goes live when you leave the editor' : 'Live in the world');
  }

  /** Something of the learner's has changed: it is kept, and a report no longer speaks of it. */
  save(): void {
    const { exercise, seed, explanation } = this.state;
    if (!exercise) return;
    const work: Work = {
      format: WORK_FORMAT,
      exerciseId: this.exerciseId,
      contentHash: exercise.contentHash,
      seed,
      files: this.editor.files,
      transcript: this.client.record,
      explanation,
      savedAt: Date.now(),
    };
    this.store.save(work);
  }

  /** Opens a session and shows it. */
  async start(request: Omit<OpenRequest, 'exerciseId' | 'size'>, again: boolean): Promise<OpenResult> {
    const full = { ...request, exerciseId: this.exerciseId, size: this.terminals.size };
    this.#setState('loading');
    const result = await (again ? this.client.reopen(full) : this.client.open(full));
    this.state.seed = request.seed;
    this.show(result);
    return result;
  }

  /** Shows a session that was opened, restored or replaced. The editor keeps its texts. */
  show({ exercise, state }: OpenResult): void {
    this.state.exercise = exercise;
    this.shell.title = exercise.title;
    this.predict.ask(exercise.predict);
    this.#setState('ready');
    this.shell.status('');
    this.showSession(state);
  }

  /** Draws a session that has just begun or begun again. */
  showSession(session: SessionState): void {
    takeSession(this.state, session);
    this.terminals.show(session.terminals, this.state.exercise?.hosts ?? []);
    this.#goals.draw(session.goals, true);
    this.draw();
  }

  async #begin(): Promise<void> {
    try {
      const { work, damaged } = await this.store.load();
      const files = work?.files ?? damaged?.files ?? {};
      const seed = work?.seed ?? newSeed();
      const transcript = work?.transcript ?? undefined;
      this.state.explanation = work?.explanation ?? '';
      this.explain.setText(this.state.explanation);
      this.state.attempts = await this.store.attempts().catch(() => []);
      const result = await this.start(transcript ? { seed, transcript, files } : { seed, files }, false);
      this.#showFiles(result, files);
      if (damaged)
        this.#tellSetAside(`What was stored for this exercise could not be read: ${damaged.reason}.`);
      if (result.problem) {
        await this.store.setAside(result.problem.message).catch(() => {});
        this.#tellSetAside(
          `Your earlier terminal session could not be continued: ${result.problem.message}.`,
        );
      }
      this.draw();
      this.save();
      void this.editor.load();
    } catch (error) {
      this.#failed(reasonOf(error));
    }
  }

  #showFiles({ exercise }: OpenResult, files: Readonly<Record<string, string>>): void {
    const shown = exercise.files.map(({ name, starter }) => ({ name, text: files[name] ?? starter }));
    this.editor.show(shown, exercise.api);
  }

  async #readOnly(): Promise<void> {
    const { work } = await this.store.load();
    this.store.suspend();
    this.#setState('read-only');
    const files = Object.entries(work?.files ?? {}).map(([name, text]) => ({ name, text }));
    this.editor.setReadOnly(true);
    this.editor.show(files, []);
    if (files.length > 0) void this.editor.load();
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
    this.editor.setReadOnly(true);
    this.#tellOtherTab(
      'You now work on this exercise in another tab. Everything was stored; this tab only shows your code.',
    );
    this.draw();
  }

  #tellOtherTab(text: string): void {
    const take = async () => {
      this.shell.status('Taking over from the other tab …');
      if (!(await this.#ownership.takeOver()))
        return this.#tellOtherTab('The other tab did not let go. Close it, then try again.');
      this.store.resume();
      this.editor.setReadOnly(false);
      await this.#begin();
    };
    const action = { label: 'Use it here', run: () => void take() };
    this.shell.notices.show({ kind: 'tab', tone: 'info', text, actions: [action], lasting: true });
  }

  #tellSetAside(text: string): void {
    this.shell.notices.show({
      kind: 'aside',
      tone: 'problem',
      text: `${text} Your code is in the editor, and the world starts anew. The old record is kept as it is.`,
      actions: [{ label: 'Download the old record', run: () => void this.#actions.downloadAsides() }],
    });
  }

  #failed(message: string): void {
    this.#setState('failed');
    this.shell.status('');
    this.shell.notices.show({
      kind: 'failed',
      tone: 'problem',
      text: `The world of this exercise stopped: ${message}. Your code is safe, here and in storage.`,
      actions: [
        { label: 'Start the world again', run: () => void this.#restart(true) },
        { label: 'Start it anew, keep my code', run: () => void this.#restart(false) },
      ],
    });
    this.draw();
  }

  async #restart(withRecord: boolean): Promise<void> {
    const transcript = (withRecord && this.client.record) || undefined;
    const seed = this.state.seed || newSeed();
    try {
      const result = await this.start(transcript ? { seed, transcript } : { seed }, true);
      if (Object.keys(this.editor.files).length === 0) {
        this.#showFiles(result, {});
        void this.editor.load();
      }
    } catch (error) {
      this.#failed(reasonOf(error));
    }
  }

  #makeClient(): LabClient {
    return new LabClient({
      spawn: spawnWorker,
      events: {
        frame: ({ outputs, goals }) => {
          for (const { terminal, bytes } of outputs) this.terminals.write(terminal, bytes);
          if (!goals) return;
          this.state.goals = goals;
          this.#goals.draw(goals, false);
        },
        transcript: (_record: Transcript) => this.save(),
        progress: (text) => this.shell.status(`${text} …`),
        failed: (message) => this.#failed(message),
        slow: (doing) => this.#slow(doing),
        answering: () => {
          this.shell.notices.clear('slow');
        },
        stuck: (doing) => {
          this.#setState('stuck');
          this.shell.notices.clear('slow');
          this.shell.status(`The world did not come back while ${doingText(doing)}; starting it again …`);
        },
        replaced: (result, doing) => {
          this.show(result);
          this.shell.notices.show({
            kind: 'replaced',
            tone: 'problem',
            text: `The world did not come back while ${doingText(doing)}, so it was stopped from outside and rebuilt. Your code is untouched; it is not live until you press Check or leave the editor. Look for a loop or an allocation that never ends.`,
          });
        },
      },
    });
  }

  /** Told once for each delay: a text that changes every second would be read aloud every second. */
  #slow(doing: string): void {
    if (this.shell.notices.has('slow')) return;
    this.shell.notices.show({
      kind: 'slow',
      tone: 'info',
      text: `The world has not answered for more than a second while ${doingText(doing)}. It may come back by itself; your code is safe either way.`,
      actions: [{ label: 'Stop it and rebuild the world', run: () => void this.client.replace() }],
      lasting: true,
    });
  }

  #makeShell(): Shell {
    return new Shell({
      exerciseId: this.exerciseId,
      onPrimary: () => void this.#actions.primary(),
      onShortcuts: () => void showShortcuts(this.shell.root),
      onFontSize: (by) => this.#change({ fontSize: clampFontSize(this.#settings.fontSize + by) }),
      onScreenReader: () => this.#change({ screenReader: !this.#settings.screenReader }),
      onReset: () => void this.#actions.reset(),
      onUndoReset: () => void this.#actions.undoReset(),
      onSubmit: () => void this.#actions.submit(),
      onClose: () => void this.close(),
      onPane: () => {},
    });
  }

  #makeTerminals(): TerminalPane {
    return new TerminalPane({
      appearance: appearanceOf(this.#settings),
      plain: this.#settings.plainTerminal,
      onOpen: (host) => void this.#actions.openTerminal(host),
      onInput: (terminal, data) => this.#actions.type(terminal, data),
      onResize: (terminal, size) => void this.client.call('resize', terminal, size).catch(() => {}),
      onClose: (terminal) => void this.#actions.closeTerminal(terminal),
      onPlain: (plain) => this.#change({ plainTerminal: plain }),
    });
  }

  #makeEditor(): EditorPane {
    return new EditorPane({
      appearance: appearanceOf(this.#settings),
      plain: this.#settings.plainEditor,
      onChange: () => this.#actions.edited(),
      onSettled: () => void this.#actions.goLive(),
      onPlain: (plain) => this.#change({ plainEditor: plain }),
      onFallback: (reason) =>
        this.shell.notices.show({
          kind: 'editor',
          tone: 'problem',
          text: `The editor could not be loaded (${reason}). A plain text box stands in for it, with your code; press “Plain text” to try the editor again.`,
        }),
    });
  }

  #place(): void {
    const { guide, terminal, code } = this.shell.panes;
    guide.append(
      this.#steps.element,
      this.predict.element,
      this.#goals.element,
      this.results.element,
      this.hints.element,
      this.explain.element,
      this.#attempts.element,
    );
    terminal.append(this.terminals.element);
    code.append(this.editor.element);
    guide.addEventListener('vb-focus', () => guide.querySelector<HTMLElement>('button, input')?.focus());
    terminal.addEventListener('vb-focus', () => this.terminals.focus());
    code.addEventListener('vb-focus', () => this.editor.focus());
  }

  #listen(): void {
    const theme = new MutationObserver(() => this.#appearanceChanged());
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const visibility = () => {
      const hidden = document.visibilityState === 'hidden';
      void this.client.call('setPaused', hidden).catch(() => {});
      if (hidden) void this.store.flush();
      this.store.saveSetting('lab', { ...this.#settings, splits: this.shell.splitValues });
    };
    const leave = () => void this.store.flush();
    document.addEventListener('visibilitychange', visibility);
    globalThis.addEventListener('pagehide', leave);
    this.#undo.push(
      () => theme.disconnect(),
      () => document.removeEventListener('visibilitychange', visibility),
      () => globalThis.removeEventListener('pagehide', leave),
    );
  }

  #applySettings(settings: Settings): void {
    this.shell.setSplitValues(settings.splits);
    this.#change(settings);
  }

  #change(change: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...change };
    this.store.saveSetting('lab', { ...this.#settings, splits: this.shell.splitValues });
    this.shell.screenReader.setAttribute('aria-pressed', String(this.#settings.screenReader));
    this.#appearanceChanged();
    this.terminals.setPlain(this.#settings.plainTerminal);
    this.editor.setPlain(this.#settings.plainEditor);
  }

  #appearanceChanged(): void {
    const appearance = appearanceOf(this.#settings);
    this.shell.root.dataset.theme = appearance.dark ? 'dark' : 'light';
    this.terminals.setAppearance(appearance);
    this.editor.setAppearance(appearance);
  }

  #storageTrouble(text: string | null): void {
    if (text === null) {
      this.shell.notices.clear('storage');
      return;
    }
    const action = { label: 'Export all my work', run: () => void this.#actions.exportWork() };
    this.shell.notices.show({ kind: 'storage', tone: 'problem', text, actions: [action] });
  }

  #setState(state: 'loading' | 'ready' | 'stuck' | 'failed' | 'read-only'): void {
    this.shell.root.dataset.state = state;
  }

  #reveal(file: string, line: number, column: number): void {
    this.shell.show('code');
    this.editor.reveal(file, line, column);
  }

  #go(step: Step): void {
    const panes: Readonly<Record<Step, PaneName>> = {
      predict: 'guide',
      terminal: 'terminal',
      code: 'code',
      check: 'guide',
      result: 'guide',
      explain: 'guide',
    };
    this.shell.show(panes[step]);
    if (step === 'predict') this.predict.focus();
    else if (step === 'terminal') this.terminals.focus();
    else if (step === 'code') this.editor.focus();
    else if (step === 'check') this.shell.primary.focus();
    else if (step === 'result') this.results.focus();
    else this.explain.focus();
  }
}

/** Sixteen hexadecimal digits of chance: every learner's world differs in its details. */
function newSeed(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

function doingText(doing: string): string {
  const texts: Readonly<Record<string, string>> = {
    check: 'checking your code',
    saveFile: 'taking over your code',
    reset: 'resetting',
    submission: 'preparing the submission',
    open: 'opening',
  };
  return texts[doing] ?? 'running';
}
