/** From a Dockerfile to a plan: stages that the target needs, their bases, and the steps with all variables replaced. */
import type { Sys } from '../../linux/index.ts';
import {
  type CopyInstruction,
  type Dockerfile,
  DockerfileError,
  expandWord,
  type Instruction,
  located,
  type Stage,
  suggestion,
  type Warning,
} from '../../oci/dockerfile/index.ts';
import type { StoredImage } from '../model.ts';
import type { Plan, PlannedStage, Source } from './plan.ts';
import { StagePlanner } from './stagePlanner.ts';
import { globalArgs } from './variables.ts';

export interface PlannerOptions {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string;
  /** RFC 3339, of what the build makes. */
  readonly created: string;
  /** All stages up to the target, as the builder before BuildKit did. */
  readonly everyStage: boolean;
  readonly warn: (warning: Warning) => void;
  /** The image of a name. Throws DockerfileError. */
  readonly image: (name: string) => Sys<StoredImage>;
}

const SCRATCH = 'scratch';

export class Planner {
  readonly #file: Dockerfile;
  readonly #options: PlannerOptions;
  readonly #globals: ReadonlyMap<string, string>;
  readonly #planned = new Map<number, PlannedStage>();
  readonly #images = new Map<string, StoredImage>();

  constructor(file: Dockerfile, options: PlannerOptions) {
    this.#file = file;
    this.#options = options;
    this.#globals = globalArgs(file.globals, options.buildArgs, options.target, file.escapeToken);
  }

  *plan(): Sys<Plan> {
    const { globals } = this.#file;
    const target = this.#target();
    if (this.#options.everyStage) for (let i = 0; i < target; i++) yield* this.#stage(i);
    const last = yield* this.#stage(target);
    const labels = this.#options.labels;
    if (Object.keys(labels).length > 0) {
      const { config } = last.draft;
      last.draft = { ...last.draft, config: { ...config, Labels: { ...config.Labels, ...labels } } };
    }
    const found = [...this.#planned.values()].sort((a, b) => a.index - b.index);
    return {
      globals: globals.map(({ text }) => text),
      stages: [...found.filter((stage) => stage !== last), last],
    };
  }

  /** The number of the stage that is wanted: by name, by number, or the last. */
  #target(): number {
    const { target } = this.#options;
    const { stages } = this.#file;
    if (stages.length === 0) throw new DockerfileError('dockerfile contains no stages to build');
    if (target === '') return stages.length - 1;
    const at = stages.findLastIndex(({ name }) => name === target.toLowerCase());
    if (at >= 0) return at;
    if (/^\d+$/.test(target) && Number(target) < stages.length) return Number(target);
    const names = stages.flatMap(({ name }) => name ?? []);
    throw new DockerfileError(`target stage "${target}" could not be found${suggestion(target, names)}`);
  }

  *#stage(index: number): Sys<PlannedStage> {
    const known = this.#planned.get(index);
    if (known !== undefined) return known;
    const stage = this.#file.stages[index]!;
    const base = yield* this.#base(stage, index);
    const planner = new StagePlanner(stage, index, base, {
      ...this.#options,
      globals: this.#globals,
      escapeToken: this.#file.escapeToken,
      alone: this.#file.stages.length === 1,
    });
    const instructions = [...planner.triggers(this.#baseTriggers(base)), ...stage.instructions];
    planner.count(instructions);
    for (const instruction of instructions) {
      const { line, endLine } = instruction;
      const sources = yield* this.#sources(instruction, index);
      located(line, endLine, () => planner.add(instruction, sources));
    }
    const planned = planner.finish();
    this.#planned.set(index, planned);
    return planned;
  }

  *#base({ base, platform, line, endLine }: Stage, index: number): Sys<Source> {
    const expand = (word: string) => located(line, endLine, () => this.#expandGlobal(word, line));
    const name = expand(base);
    if (name === '') throw new DockerfileError(`base name (${base}) should not be blank`, line, endLine);
    const wanted = expand(platform);
    if (!['', 'linux', 'linux/amd64', 'amd64'].includes(wanted))
      throw new DockerfileError(
        `FROM --platform=${wanted} is not simulated: images are linux/amd64`,
        line,
        endLine,
      );
    const stage = this.#file.stages
      .slice(0, index)
      .findLastIndex((other) => other.name === name.toLowerCase());
    if (stage >= 0) return { kind: 'stage', stage: yield* this.#stage(stage) };
    return yield* this.#image(name, line, endLine);
  }

  #expandGlobal(word: string, line: number): string {
    const declared = this.#file.globals.flatMap(({ args }) => args.map(({ name }) => name));
    return expandWord(word, (name) => {
      const value = this.#globals.get(name);
      if (value === undefined && !declared.includes(name))
        this.#options.warn({
          rule: 'UndefinedArgInFrom',
          message: `FROM argument '${name}' is not declared${suggestion(name, [...declared, ...this.#globals.keys()])}`,
          line,
        });
      return value;
    });
  }

  *#image(name: string, line: number, endLine: number): Sys<Source> {
    if (name === SCRATCH) return { kind: 'scratch' };
    const known = this.#images.get(name);
    if (known !== undefined) return { kind: 'image', image: known, name };
    try {
      const image = yield* this.#options.image(name);
      this.#images.set(name, image);
      return { kind: 'image', image, name };
    } catch (error) {
      throw error instanceof DockerfileError ? error.at(line, endLine) : error;
    }
  }

  /** ONBUILD of the base, whether that is an image or a stage. */
  #baseTriggers(base: Source): readonly string[] {
    if (base.kind === 'image') return base.image.config.config.OnBuild ?? [];
    return base.kind === 'stage' ? (base.stage.draft.config.OnBuild ?? []) : [];
  }

  /** Where an instruction takes files from: one source for COPY, one for each mount of RUN. */
  *#sources(instruction: Instruction, index: number): Sys<Source[]> {
    if (instruction.kind === 'copy') return [yield* this.#copySource(instruction, index)];
    if (instruction.kind !== 'run') return [{ kind: 'context' }];
    const sources: Source[] = [];
    const { line, endLine } = instruction;
    for (const from of instruction.mountSources)
      sources.push(from === '' ? { kind: 'context' } : yield* this.#named(from, index, line, endLine));
    return sources;
  }

  *#copySource({ from, line, endLine }: CopyInstruction, index: number): Sys<Source> {
    if (from === '') return { kind: 'context' };
    if (/\$/.test(from))
      throw new DockerfileError(
        'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
        line,
        endLine,
      );
    if (!/^\d+$/.test(from)) return yield* this.#named(from, index, line, endLine);
    const number = Number(from);
    if (number >= this.#file.stages.length)
      throw new DockerfileError(`invalid stage index ${number}`, line, endLine);
    return yield* this.#earlier(number, index, from, line, endLine);
  }

  *#named(name: string, index: number, line: number, endLine: number): Sys<Source> {
    const at = this.#file.stages.findLastIndex((stage) => stage.name === name.toLowerCase());
    if (at < 0) return yield* this.#image(name, line, endLine);
    return yield* this.#earlier(at, index, name, line, endLine);
  }

  *#earlier(at: number, index: number, name: string, line: number, endLine: number): Sys<Source> {
    if (at === index)
      throw new DockerfileError(`circular dependency detected on stage: ${name}`, line, endLine);
    if (at > index) {
      const current = this.#file.stages[index]!.name ?? `stage-${index}`;
      throw new DockerfileError(
        `cannot copy from stage "${name}", it needs to be defined before current stage "${current}"`,
        line,
        endLine,
      );
    }
    return { kind: 'stage', stage: yield* this.#stage(at) };
  }
}
