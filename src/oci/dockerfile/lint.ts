/** What BuildKit warns of when a Dockerfile is built ("Build checks"), as far as the text alone shows it; its rules, in its words. */
import { goQuote } from '../../base/index.ts';
import type { Dockerfile, Instruction, Stage, Warning } from './types.ts';

const keywordOf = ({ text }: Stage | Instruction): string => /^\S*/.exec(text)![0];
const isLower = (word: string) => word === word.toLowerCase();
const isUpper = (word: string) => word === word.toUpperCase();

const secret = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i;

type Report = (rule: string, message: string, line: number) => void;

/** All keywords in capitals, or all in small letters: as most of them are. */
function casing(stages: readonly Stage[], report: Report): void {
  const all = stages.flatMap((stage) => [stage, ...stage.instructions]);
  const words = all.map(keywordOf);
  const lower = words.filter(isLower).length > words.filter((word) => isUpper(word) && !isLower(word)).length;
  for (const each of all) {
    const word = keywordOf(each);
    if (lower ? isLower(word) : isUpper(word)) continue;
    const wanted = lower ? 'lowercase' : 'uppercase';
    const message = `Command '${word}' should match the case of the command majority (${wanted})`;
    report('ConsistentInstructionCasing', message, each.line);
  }
}

function names(stages: readonly Stage[], report: Report): void {
  const known = new Set<string>();
  for (const { name, text, line } of stages) {
    if (name === null) continue;
    const [from = '', , as = '', written = ''] = text
      .split(/[\t\v\f\r ]+/)
      .filter((word) => !word.startsWith('--'));
    if (!isLower(written)) report('StageNameCasing', `Stage name '${written}' should be lowercase`, line);
    if ((isLower(from) && !isLower(as)) || (isUpper(from) && !isUpper(as)))
      report('FromAsCasing', `'${as}' and '${from}' keywords' casing do not match`, line);
    if (name === 'scratch' || name === 'context')
      report(
        'ReservedStageName',
        `Stage name should not use the same name as reserved stage ${goQuote(name)}`,
        line,
      );
    if (known.has(name))
      report(
        'DuplicateStageName',
        `Duplicate stage name ${goQuote(name)}, stage names should be unique`,
        line,
      );
    known.add(name);
  }
}

/** --platform of FROM: what is so anyhow, and what holds on one kind of machine only, unless the stage's name says so. */
function platforms(stages: readonly Stage[], report: Report): void {
  for (const { platform, name, line } of stages) {
    if (/^\$(TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform))
      report(
        'RedundantTargetPlatform',
        `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
        line,
      );
    if (platform === '' || platform.includes('$')) continue;
    const parts = platform.includes('/') ? platform.split('/', 2) : [platform];
    if (parts.some((part) => (name ?? '').includes(part))) continue;
    report(
      'FromPlatformFlagConstDisallowed',
      `FROM --platform flag should not use constant value ${goQuote(platform)}`,
      line,
    );
  }
}

/** ENV and ARG whose name says that they hold a secret. */
function secrets(instruction: Instruction, report: Report): void {
  const { kind, line } = instruction;
  const given =
    kind === 'env' ? instruction.pairs : kind === 'arg' ? instruction.args : ([] as { name: string }[]);
  for (const { name } of given)
    if (secret.test(name) && !harmless.test(name))
      report(
        'SecretsUsedInArgOrEnv',
        `Do not use ARG or ENV instructions for sensitive data (${kind.toUpperCase()} ${goQuote(name)})`,
        line,
      );
}

function instructions({ instructions: list }: Stage, report: Report): void {
  const last = new Map<string, number>();
  let shell = false;
  for (const instruction of list) {
    const { kind, line } = instruction;
    const word = kind.toUpperCase();
    secrets(instruction, report);
    if (kind === 'maintainer')
      report('MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label', line);
    if ((kind === 'env' || kind === 'label') && instruction.pairs.some(({ old }) => old))
      report(
        'LegacyKeyValueFormat',
        `"${word} key=value" should be used instead of legacy "${word} key value" format`,
        line,
      );
    if (kind === 'shell') shell = true;
    if ((kind === 'cmd' || kind === 'entrypoint') && instruction.shell && !shell)
      report(
        'JSONArgsRecommended',
        `JSON arguments recommended for ${word} to prevent unintended behavior related to OS signals`,
        line,
      );
    if (kind !== 'cmd' && kind !== 'entrypoint' && kind !== 'healthcheck') continue;
    const before = last.get(kind);
    if (before !== undefined)
      report(
        'MultipleInstructionsDisallowed',
        `Multiple ${word} instructions should not be used in the same stage because only the last one will be used`,
        before,
      );
    last.set(kind, line);
  }
}

/** Warnings about the text. Those about variables come with their values, and those of reading are in `found`. */
export function lint({ globals, stages }: Pick<Dockerfile, 'globals' | 'stages'>): Warning[] {
  const warnings: Warning[] = [];
  const report: Report = (rule, message, line) => warnings.push({ rule, message, line });
  names(stages, report);
  casing(stages, report);
  platforms(stages, report);
  for (const instruction of globals) secrets(instruction, report);
  for (const stage of stages) instructions(stage, report);
  return warnings;
}

/** What the directive `check` asks for: `skip=Rule1,Rule2` or `skip=all`, `error=true`. */
export interface Checks {
  readonly skips: (rule: string) => boolean;
  /** A warning is an error. */
  readonly strict: boolean;
}

export function checksOf(directive: string): Checks {
  const fields = new Map(
    directive.split(';').map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at).trim(), field.slice(at + 1).trim()] as const;
    }),
  );
  const skipped = (fields.get('skip') ?? '').split(',').map((name) => name.trim().toLowerCase());
  return {
    skips: (rule) => skipped.includes('all') || skipped.includes(rule.toLowerCase()),
    strict: fields.get('error') === 'true',
  };
}
