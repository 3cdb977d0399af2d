/** All that is to be seen of a lab, made and put in its place; what it shows follows from the state. */
import type { Actions } from './actions.ts';
import { EditorPane } from './editor/pane.ts';
import { type PaneName, Shell } from './layout/shell.ts';
import * as messages from './messages.ts';
import { AttemptsPanel } from './panels/attempts.ts';
import { ExplainPanel } from './panels/explain.ts';
import { primaryAction, type Step } from './panels/flow.ts';
import { GoalsPanel } from './panels/goals.ts';
import { HintsPanel } from './panels/hints.ts';
import { PredictPanel } from './panels/predict.ts';
import { ResultsPanel } from './panels/results.ts';
import { showShortcuts } from './panels/shortcuts.ts';
import { StepBar } from './panels/stepBar.ts';
import { appearanceOf, clampFontSize, type Settings } from './settings.ts';
import { editedFiles, type LabState, progressOf, repeatedFailures } from './state.ts';
import { TerminalPane } from './terminal/pane.ts';
import type { TerminalSize } from './worker/protocol.ts';

export interface ViewsOptions {
  exerciseId: string;
  actions: Actions;
  settings: Settings;
  onSettings: (change: Partial<Settings>) => void;
  onResize: (terminal: number, size: TerminalSize) => void;
  onExplanation: (text: string) => void;
  onClose: () => void;
}

const PANE_OF_STEP: Readonly<Record<Step, PaneName>> = {
  predict: 'guide',
  terminal: 'terminal',
  code: 'code',
  check: 'guide',
  result: 'guide',
  explain: 'guide',
};

export class Views {
  readonly shell: Shell;
  readonly terminals: TerminalPane;
  readonly editor: EditorPane;
  readonly predict: PredictPanel;
  readonly goals: GoalsPanel;
  readonly results: ResultsPanel;
  readonly hints: HintsPanel;
  readonly explain: ExplainPanel;
  #attempts: AttemptsPanel;
  #steps: StepBar;
  #settings: Settings;

  constructor(container: HTMLElement, options: ViewsOptions) {
    const { actions } = options;
    this.#settings = options.settings;
    this.shell = this.#makeShell(options);
    container.append(this.shell.root);
    this.terminals = this.#makeTerminals(options);
    this.editor = this.#makeEditor(options);
    this.predict = new PredictPanel({ onSkip: () => actions.skipPrediction() });
    this.goals = new GoalsPanel((text) => this.shell.announce(text));
    this.results = new ResultsPanel({
      onShow: (file, line, column) => {
        this.shell.show('code');
        this.editor.reveal(file, line, column);
      },
      onHint: () => void actions.openHint(),
    });
    this.hints = new HintsPanel(() => void actions.openHint());
    this.explain = new ExplainPanel({
      onExplanation: options.onExplanation,
      onAnswer: () => void actions.openAnswer(),
    });
    this.#attempts = new AttemptsPanel(actions.transfer.attempts);
    this.#steps = new StepBar((step) => this.#go(step));
    this.#place();
  }

  /** Draws everything that follows from the state. */
  draw(state: LabState): void {
    const { shell, editor } = this;
    const files = editor.files;
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
    editor.setProblems(state.diagnostics);
    const edited = editedFiles(state, files).length > 0;
    editor.setState(edited ? 'Edited: goes live when you leave the editor' : 'Live in the world');
  }

  focusAttempts(): void {
    this.#attempts.focus();
  }

  /** Shows the reader's settings, and the page's theme, everywhere. */
  apply(settings: Settings): void {
    this.#settings = settings;
    const appearance = appearanceOf(settings);
    this.shell.root.dataset.theme = appearance.dark ? 'dark' : 'light';
    this.shell.screenReader.setAttribute('aria-pressed', String(settings.screenReader));
    this.terminals.setAppearance(appearance);
    this.editor.setAppearance(appearance);
    this.terminals.setPlain(settings.plainTerminal);
    this.editor.setPlain(settings.plainEditor);
  }

  dispose(): void {
    this.terminals.dispose();
    this.editor.dispose();
    this.shell.dispose();
  }

  #makeShell({ actions, exerciseId, onSettings, onClose }: ViewsOptions): Shell {
    return new Shell({
      exerciseId,
      onPrimary: () => void actions.primary(),
      onShortcuts: () => void showShortcuts(this.shell.root),
      onFontSize: (by) => onSettings({ fontSize: clampFontSize(this.#settings.fontSize + by) }),
      onScreenReader: () => onSettings({ screenReader: !this.#settings.screenReader }),
      onReset: () => void actions.reset(),
      onUndoReset: () => void actions.undoReset(),
      onSubmit: () => void actions.submit(),
      onClose,
    });
  }

  #makeTerminals({ actions, settings, onResize, onSettings }: ViewsOptions): TerminalPane {
    return new TerminalPane({
      appearance: appearanceOf(settings),
      plain: settings.plainTerminal,
      onOpen: (host) => void actions.openTerminal(host),
      onInput: (terminal, data) => actions.type(terminal, data),
      onResize,
      onClose: (terminal) => void actions.closeTerminal(terminal),
      onPlain: (plain) => onSettings({ plainTerminal: plain }),
    });
  }

  #makeEditor({ actions, settings, onSettings }: ViewsOptions): EditorPane {
    return new EditorPane({
      appearance: appearanceOf(settings),
      plain: settings.plainEditor,
      onChange: () => actions.edited(),
      onSettled: () => void actions.goLive(),
      onPlain: (plain) => onSettings({ plainEditor: plain }),
      onFallback: (reason) => {
        if (reason === null) this.shell.notices.clear('editor');
        else this.shell.notices.show(messages.editorFallback(reason));
      },
    });
  }

  #place(): void {
    const { guide, terminal, code } = this.shell.panes;
    const panels = [this.predict, this.goals, this.results, this.hints, this.explain, this.#attempts];
    guide.append(this.#steps.element, ...panels.map(({ element }) => element));
    terminal.append(this.terminals.element);
    code.append(this.editor.element);
    guide.addEventListener('vb-focus', () => guide.querySelector<HTMLElement>('button, input')?.focus());
    terminal.addEventListener('vb-focus', () => this.terminals.focus());
    code.addEventListener('vb-focus', () => this.editor.focus());
  }

  #go(step: Step): void {
    this.shell.show(PANE_OF_STEP[step]);
    if (step === 'predict') this.predict.focus();
    else if (step === 'terminal') this.terminals.focus();
    else if (step === 'code') this.editor.focus();
    else if (step === 'check') this.shell.primary.focus();
    else if (step === 'result') this.results.focus();
    else this.explain.focus();
  }
}
