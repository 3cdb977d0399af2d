/** One stage of a plan: its instructions in order, each with the variables that are known there. */

import { goQuote } from '../../base/index.ts';
import {
  type ArgInstruction,
  type CopyInstruction,
  cleanPath,
  DockerfileError,
  documentText,
  expandWord,
  type HereDocument,
  hereDocument,
  type Instruction,
  parseMount,
  parseTrigger,
  type RunInstruction,
  type Stage,
  suggestion,
  type Warning,
} from '../../oci/dockerfile/index.ts';
import type { RunConfig } from '../../oci/index.ts';
import { DEFAULT_PATH } from '../ociSpec.ts';
import { absolute, type Configuration, commandWords, configure, type Mutable } from './configure.ts';
import type {
  CopyStep,
  Draft,
  FromStep,
  MkdirStep,
  PlannedInstruction,
  PlannedMount,
  PlannedStage,
  RunStep,
  Source,
  Step,
} from './plan.ts';
import { requireDigest } from './remote.ts';
import { quietEnv, StageVariables } from './variables.ts';

/** What the history says of who made an image. */
const COMMENT = 'buildkit.dockerfile.v0';

interface StageOptions {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly created: string;
  readonly globals: ReadonlyMap<string, string>;
  readonly escapeToken: string;
  readonly warn: (warning: Warning) => void;
  /** The file has no other stage: its name is not shown. */
  readonly alone: boolean;
}

/** Arguments of stages, which a stage that begins with another goes on with. */
const argsOf = new WeakMap<PlannedStage, ReadonlyMap<string, string | null>>();
const envOf = new WeakMap<PlannedStage, readonly string[]>();
/** Stages with a WORKDIR. */
const placedStages = new WeakSet<PlannedStage>();

export class StagePlanner {
  readonly #stage: Stage;
  readonly #index: number;
  readonly #base: Source;
  readonly #options: StageOptions;
  readonly #state: Configuration;
  readonly #variables: StageVariables;
  #history: Draft['history'];
  readonly #instructions: PlannedInstruction[] = [];
  readonly #from: FromStep | null;
  /** Steps that progress numbers, and how many came already. */
  #total = 0;
  #numbered = 0;
  #triggers = 0;
  /** A WORKDIR of this file's came before. */
  #placed: boolean;

  constructor(stage: Stage, index: number, base: Source, options: StageOptions) {
    this.#stage = stage;
    this.#index = index;
    this.#base = base;
    this.#options = options;
    const draft = draftOf(base);
    const config: Mutable<RunConfig> = { ...draft.config };
    // What an image asks of those built on it is done by the first of them.
    delete config.OnBuild;
    if (!(config.Env ?? []).some((pair) => pair.startsWith('PATH=')))
      config.Env = [...(config.Env ?? []), `PATH=${DEFAULT_PATH}`];
    this.#state = { config, author: draft.author, commandSet: false };
    this.#history = draft.history;
    const inherited = base.kind === 'stage' ? argsOf.get(base.stage) : undefined;
    const env = (base.kind === 'stage' ? envOf.get(base.stage) : config.Env) ?? [];
    this.#variables = new StageVariables(env, inherited);
    this.#placed = base.kind === 'stage' && placedStages.has(base.stage);
    this.#from = null;
    if (base.kind === 'image') {
      const { line, endLine } = stage;
      this.#from = { kind: 'from', title: '', line, endLine };
    }
  }

  /** Triggers of the base, as instructions at FROM's place. */
  triggers(expressions: readonly string[]): Instruction[] {
    const { line, endLine } = this.#stage;
    this.#triggers = expressions.length;
    return expressions.map((expression) => parseTrigger(expression, line, endLine));
  }

  count(instructions: readonly Instruction[]): void {
    const steps = instructions.filter(({ kind }) => ['add', 'copy', 'run', 'workdir'].includes(kind));
    this.#total = steps.length + (this.#from === null ? 0 : 1);
    if (this.#from !== null && this.#base.kind === 'image')
      Object.assign(this.#from, { title: this.#title(`FROM ${fullName(this.#base.name)}`) });
  }

  add(instruction: Instruction, sources: readonly Source[]): void {
    const { text, line } = instruction;
    const { unknown, names } = this.#variables;
    unknown.clear();
    const step = this.#take(instruction, sources);
    for (const name of unknown)
      this.#options.warn({
        rule: 'UndefinedVar',
        message: `Usage of undefined variable '$${name}'${suggestion(name, names).replace('mean ', 'mean $')}`,
        line,
      });
    this.#triggers = Math.max(0, this.#triggers - 1);
    this.#instructions.push({ text, step, draft: this.#draft() });
  }

  finish(): PlannedStage {
    const planned: PlannedStage = {
      index: this.#index,
      name: this.#stage.name ?? `stage-${this.#index}`,
      base: this.#base,
      from: this.#from,
      text: this.#stage.text,
      instructions: this.#instructions,
      draft: this.#draft(),
    };
    argsOf.set(planned, this.#variables.args);
    envOf.set(planned, this.#variables.env);
    if (this.#placed) placedStages.add(planned);
    return planned;
  }

  #draft(): Draft {
    return { config: { ...this.#state.config }, author: this.#state.author, history: this.#history };
  }

  #take(instruction: Instruction, sources: readonly Source[]): Step | null {
    const { escapeToken } = this.#options;
    switch (instruction.kind) {
      case 'arg':
        this.#arg(instruction);
        return null;
      case 'add':
      case 'copy':
        return this.#copy(instruction, sources[0]!);
      case 'run':
        return this.#run(instruction, sources);
      case 'workdir':
        return this.#workdir(this.#expand(instruction.word), instruction);
      default: {
        const said = configure(this.#state, this.#variables, instruction, escapeToken);
        if (said !== null) this.#remember(said, true);
        return null;
      }
    }
  }

  #expand(word: string): string {
    return expandWord(word, this.#variables.lookup, { escape: this.#options.escapeToken });
  }

  #remember(created_by: string, empty: boolean): void {
    const { created } = this.#options;
    const { author } = this.#state;
    this.#history = [
      ...this.#history,
      {
        created,
        created_by,
        comment: COMMENT,
        ...(author !== '' && created_by.startsWith('MAINTAINER') && { author }),
        ...(empty && { empty_layer: true }),
      },
    ];
  }

  /** `[name 2/4] …`; the number as wide as the total. */
  #title(text: string): string {
    this.#numbered++;
    const number = `${this.#numbered}`.padStart(`${this.#total}`.length);
    const name = this.#options.alone ? '' : `${this.#stage.name ?? `stage-${this.#index}`} `;
    return `[${name}${number}/${this.#total}] ${this.#triggers > 0 ? 'ONBUILD ' : ''}${text}`;
  }

  /** The instruction as progress shows it, with its keyword in capitals and its variables replaced. */
  #shown(text: string, keep: boolean): string {
    const loud = text.replace(/^\S+/, (word) => word.toUpperCase());
    try {
      const raw = keep ? { rawQuotes: true, keepUnset: true } : {};
      return expandWord(loud, this.#variables.shown, { escape: this.#options.escapeToken, ...raw });
    } catch (error) {
      if (error instanceof DockerfileError) return loud;
      throw error;
    }
  }

  #arg({ args }: ArgInstruction): void {
    const { buildArgs, globals } = this.#options;
    const said = args.map(({ name, value }) => {
      const own = value === null ? globals.get(name) : this.#expand(value);
      const known = buildArgs.get(name) ?? own;
      if (known !== undefined) this.#variables.set(name, known);
      this.#variables.args.set(name, known ?? null);
      return known === undefined ? name : `${name}=${known}`;
    });
    this.#remember(`ARG ${said.join(' ')}`, true);
  }

  #absolute(path: string): string {
    const { WorkingDir = '' } = this.#state.config;
    const given = path === '' || path === '.' ? './' : path;
    const full = given.startsWith('/') ? given : `${WorkingDir || '/'}/${given}`;
    const clean = cleanPath(full);
    return /\/\.?$/.test(given) && clean !== '/' ? `${clean}/` : clean;
  }

  #copy(instruction: CopyInstruction, source: Source): CopyStep {
    const { kind, line, endLine, link, parents, exclude, unpack } = instruction;
    const keyword = kind.toUpperCase();
    const paths = instruction.sources.map((word) => this.#expand(word));
    const urls = this.#urls(kind, paths);
    if (urls.length > 0 && /\s--unpack\b/.test(instruction.text))
      throw new DockerfileError('ADD --unpack of a URL is not simulated');
    const checksum = this.#expand(instruction.checksum);
    if (checksum !== '') {
      if (urls.length === 0) throw new DockerfileError('checksum requires HTTP(S) or Git sources');
      if (paths.length > 1) throw new DockerfileError('checksum can not be specified for multiple sources');
      requireDigest(checksum);
    }
    const target = this.#expand(instruction.target);
    const chown = this.#expand(instruction.chown);
    const chmod = this.#expand(instruction.chmod);
    if (chmod !== '' && !/^[0-7]{1,4}$/.test(chmod))
      throw new DockerfileError(
        `invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`,
      );
    const documents = instruction.documents.map((document) => ({
      ...document,
      content: this.#documentContent(document),
    }));
    const flags = [
      ...(parents ? ['--parents'] : []),
      ...(chown === '' ? [] : [`--chown=${chown}`]),
      ...(chmod === '' ? [] : [`--chmod=${chmod}`]),
      ...(checksum === '' ? [] : [`--checksum=${checksum}`]),
    ];
    const title = this.#title(this.#shown(instruction.text, false));
    const names = [...paths, ...documents.map(({ name }) => `<<${name}`)];
    this.#remember(`${[keyword, ...flags, ...names, target].join(' ')} # buildkit`, false);
    const to = this.#absolute(target);
    return {
      ...{ kind: 'copy', title, line, endLine, source, documents, urls, checksum },
      paths: paths.filter((path) => !urls.includes(path)),
      ...{ target: to, chown, chmod, link, parents, exclude, unpack },
    };
  }

  /** Those that are URLs, of ADD. Throws DockerfileError. */
  #urls(kind: 'copy' | 'add', paths: readonly string[]): string[] {
    const remote = paths.filter((path) => /^(https?:\/\/|git@|git:\/\/)/.test(path));
    const [first] = remote;
    if (first !== undefined && kind === 'copy') throw new DockerfileError("source can't be a URL for COPY");
    const git = remote.find((url) => !/^https?:/.test(url) || /\.git(#|$)/.test(url));
    if (git !== undefined) throw new DockerfileError(`ADD of the Git repository ${git} is not simulated`);
    return remote;
  }

  #documentContent(document: HereDocument): string {
    const text = documentText(document);
    return document.expand ? expandWord(text, this.#variables.lookup, { plainQuotes: true }) : text;
  }

  #workdir(path: string, { text, line, endLine }: Instruction): MkdirStep | null {
    const { config } = this.#state;
    // The base image's own directory does not count: it may be another one day.
    if (!this.#placed && !path.startsWith('/'))
      this.#options.warn({
        rule: 'WorkdirRelativePath',
        message: `Relative workdir ${goQuote(path)} can have unexpected results if the base image changes`,
        line,
      });
    this.#placed = true;
    const full = absolute(config.WorkingDir, path);
    config.WorkingDir = full;
    const title = this.#title(this.#shown(text, false));
    this.#remember(`WORKDIR ${full}`, full === '/');
    if (full === '/') return null;
    return { kind: 'mkdir', title, line, endLine, path: full, user: config.User ?? '' };
  }

  /** The words of the command, and the script when it is one with an interpreter. */
  #command(instruction: RunInstruction): { argv: readonly string[]; script: HereDocument | null } {
    const { config } = this.#state;
    const [first] = instruction.documents;
    const [word = ''] = instruction.argv;
    if (first === undefined) return { argv: commandWords(instruction, config), script: null };
    if (hereDocument(word) === null) {
      // The shell has here-documents of its own.
      const documents = instruction.documents.map(({ name, content }) => `\n${content}${name}`);
      return { argv: commandWords({ argv: [word + documents.join('')], shell: true }, config), script: null };
    }
    const text = documentText(first);
    if (!text.startsWith('#!'))
      return { argv: commandWords({ argv: [text], shell: true }, config), script: null };
    const script = { ...first, content: text };
    return { argv: commandWords({ argv: [`/dev/pipes/${first.name}`], shell: true }, config), script };
  }

  #run(instruction: RunInstruction, sources: readonly Source[]): RunStep {
    const { line, endLine, network, security, documents } = instruction;
    if (security === 'insecure' || network === 'host')
      throw new DockerfileError(
        `granting entitlement ${security === 'insecure' ? 'security.insecure' : 'network.host'} is not allowed by build daemon configuration`,
      );
    const { config } = this.#state;
    const mounts = instruction.mounts.map((text, i) => this.#mount(text, sources[i]!));
    const { argv, script } = this.#command(instruction);
    const [first] = documents;
    const alone = first !== undefined && hereDocument(instruction.argv[0] ?? '') !== null;
    const title = this.#title(
      this.#shown(`${instruction.text}${alone ? ` (${summary(first.content)})` : ''}`, true),
    );
    this.#remember(`RUN ${[...this.#variables.shownArgs, ...argv].join(' ')} # buildkit`, false);
    return {
      ...{ kind: 'run', title, line, endLine, argv, network, mounts, script },
      env: this.#variables.env,
      quietEnv: quietEnv(this.#options.buildArgs),
      user: config.User ?? '',
      workingDir: config.WorkingDir ?? '',
    };
  }

  #mount(text: string, where: Source): PlannedMount {
    const mount = parseMount(text, (word) => this.#expand(word));
    if (mount.type === 'ssh') throw new DockerfileError('RUN --mount=type=ssh is not simulated');
    if (mount.type === 'secret') return { ...mount, where };
    const target = this.#absolute(mount.target);
    if (target === '/') throw new DockerfileError(`invalid mount target "${target}"`);
    const scratch = mount.type !== 'bind' && mount.from === '';
    return { ...mount, target: target.replace(/\/$/, ''), where: scratch ? { kind: 'scratch' } : where };
  }
}

function draftOf(base: Source): Draft {
  if (base.kind === 'stage') return base.stage.draft;
  if (base.kind !== 'image') return { config: {}, author: '', history: [] };
  const { config, author = '', history } = base.image.config;
  return { config, author, history };
}

/** The first line of a here-document. */
function summary(content: string): string {
  const lines = content.trim().split(/\r?\n/);
  return `${lines[0]}${lines.length > 1 ? '...' : ''}`;
}

/** An image's name with registry and tag: `docker.io/library/base:latest`. */
export function fullName(name: string): string {
  const tagged = /(:[^/]+|@[^/]+)$/.test(name) ? name : `${name}:latest`;
  const [first = '', ...rest] = tagged.split('/');
  if (rest.length === 0) return `docker.io/library/${tagged}`;
  return /[.:]|^localhost$/.test(first) ? tagged : `docker.io/${tagged}`;
}
