/** `docker build --check`: what BuildKit's linter found, in the words in which buildx prints it, and no image. */
import { type Dockerfile, expandWord, type Warning } from '../../oci/dockerfile/index.ts';
import { InvalidReference, parseTagged } from '../../oci/index.ts';
import type { CheckResult } from '../builder.ts';
import { excerpt } from './plainProgress.ts';
import { globalArgs } from './variables.ts';

interface Source {
  readonly name: string;
  readonly text: string;
}

/** `JSONArgsRecommended` as `json-args-recommended`: the page about it. */
function pageOf(rule: string): string {
  const words = rule.match(/[A-Z]+(?![a-z])|[A-Z][a-z]+/g) ?? [];
  return `https://docs.docker.com/go/dockerfile/rule/${words.join('-').toLowerCase()}/`;
}

/** The last line of the instruction that begins at `line`; of none the line itself. */
function endOf({ globals, stages }: Dockerfile, line: number): number {
  const all = [...globals, ...stages, ...stages.flatMap(({ instructions }) => instructions)];
  return all.find((each) => each.line === line)?.endLine ?? line;
}

/** `file` null: it could not even be read. */
export function checkResult(
  file: Dockerfile | null,
  warnings: readonly Warning[],
  failure: { readonly message: string; readonly line: number; readonly endLine: number } | null,
  { name, text }: Source,
): CheckResult {
  const count = warnings.length;
  const found = count === 1 ? '1 warning has been found!' : `${count} warnings have been found!`;
  const blocks = warnings.map(({ rule, message, line }) => {
    const end = file === null ? line : endOf(file, line);
    return `\nWARNING: ${rule} - ${pageOf(rule)}\n${message}\n${excerpt(name, text, line, end)}`;
  });
  const shown = count === 0 ? '' : `Check complete, ${found}\n${blocks.join('')}`;
  if (failure === null)
    return {
      text: count === 0 ? 'Check complete, no warnings found.\n' : shown,
      status: count === 0 ? 0 : 1,
      error: null,
    };
  const { message, line, endLine } = failure;
  const where = line > 0 ? excerpt(name, text, line, endLine) : '';
  return { text: count === 0 ? '' : `${shown}\n`, status: 1, error: `${message}\n${where}` };
}

/** Bases that are none when every argument has its default. */
export function invalidDefaults({ globals, stages, escapeToken }: Dockerfile): Warning[] {
  const defaults = globalArgs(globals, new Map(), '', escapeToken);
  const expand = (word: string) => expandWord(word, (name) => defaults.get(name), { escape: escapeToken });
  return stages
    .filter(({ base }) => !isReference(expand(base)))
    .map(({ base, line }) => ({
      rule: 'InvalidDefaultArgInFrom',
      message: `Default value for ARG ${base} results in empty or invalid base image name`,
      line,
    }));
}

function isReference(text: string): boolean {
  try {
    parseTagged(text);
    return true;
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    return false;
  }
}
