/** Tab: finds what the word at the cursor could become. */
import { isOsError } from '../../base/index.ts';
import { O_DIRECTORY, O_RDONLY, type Sys, signalNames, sys } from '../../linux/index.ts';
import type { CompletionSpec, CompletionSpecs } from '../completionSpec.ts';
import { isExecutable } from '../exec/find.ts';
import { compareNames } from '../expand/collate.ts';
import { passwordEntries, tildeDirectory } from '../expand/tilde.ts';
import type { Shell } from '../state/shell.ts';
import { type CompletionContext, completionContext } from './completionContext.ts';
import type { Completions } from './lineEditor.ts';

/** One possibility: the word it makes, and what ends it when it is the only one. */
interface Candidate {
  readonly word: string;
  readonly label: string;
  readonly final: string;
}

const directoryCommands = new Set(['cd', 'pushd', 'rmdir']);
const variableCommands = new Set(['export', 'unset', 'declare', 'readonly', 'local', 'typeset', 'read']);
const nameCommands = new Set(['type', 'which', 'man', 'hash', 'whatis']);
const jobCommands = new Set(['fg', 'bg', 'disown', 'jobs', 'wait', 'kill']);

export function* complete(
  shell: Shell,
  specs: CompletionSpecs,
  line: string,
  cursor: number,
): Sys<Completions> {
  const chars = [...line];
  const context = completionContext(chars.slice(0, cursor).join(''));
  const found = yield* candidates(shell, specs, context);
  const unique = new Map(found.map((candidate) => [candidate.word, candidate]));
  const sorted = [...unique.values()].sort((a, b) => compareNames(a.word, b.word));
  return {
    start: [...line.slice(0, context.start)].length,
    candidates: sorted.map(({ word, label, final }) => ({
      text: quote(word, context.quote),
      label,
      final: final === ' ' ? `${context.quote ?? ''} ` : final,
    })),
  };
}

/** Quotes as the word was begun; variables and a leading tilde stay as they are. */
function quote(word: string, open: '"' | "'" | null): string {
  if (open === "'") return `'${word}`;
  if (open === '"') return `"${word.replace(/["\\`]/g, '\\$&')}`;
  if (/^\$/.test(word)) return word;
  const [, tilde = '', rest = word] = /^(~[^/]*\/?)?(.*)$/s.exec(word)!;
  return (
    tilde + rest.replace(/[\s"'\\$`&|;<>()*?[\]!#{}]/g, '\\$&').replace(/^~/, tilde === '' ? '\\~' : '~')
  );
}

function plain(words: Iterable<string>, prefix: string, final = ' '): Candidate[] {
  return [...words].filter((word) => word.startsWith(prefix)).map((word) => ({ word, label: word, final }));
}

function* candidates(shell: Shell, specs: CompletionSpecs, context: CompletionContext): Sys<Candidate[]> {
  const { word, before, redirection } = context;
  if (context.quote !== "'" && /^\$\{?\w*$/.test(word)) return variables(shell, word);
  if (/^~[^/]*$/.test(word) && context.quote === null) {
    const names = (yield* passwordEntries()).map((entry) => `~${entry.name}`);
    const users = plain(names, word, '/');
    if (users.length > 0) return users;
  }
  if (redirection) return yield* paths(shell, word, () => true);
  const [command] = before;
  if (command === undefined) {
    return word.includes('/') ? yield* executablePaths(shell, word) : yield* commands(shell, word);
  }
  return yield* operands(shell, specs, command, context);
}

function variables(shell: Shell, word: string): Candidate[] {
  const brace = word.startsWith('${');
  const head = brace ? '${' : '$';
  return plain(shell.variables.names(), word.slice(head.length)).map(({ word: name }) => ({
    word: head + name + (brace ? '}' : ''),
    label: name,
    final: ' ',
  }));
}

function* operands(
  shell: Shell,
  specs: CompletionSpecs,
  command: string,
  context: CompletionContext,
): Sys<Candidate[]> {
  const { word, before } = context;
  const name = command.slice(command.lastIndexOf('/') + 1);
  if (directoryCommands.has(name)) return yield* paths(shell, word, (isDirectory) => isDirectory);
  if (jobCommands.has(name) && word.startsWith('%')) {
    return plain(
      shell.jobs.all.map((job) => `%${job.id}`),
      word,
    );
  }
  if ((name === 'kill' || name === 'trap') && (word.startsWith('-') || name === 'trap')) {
    const lead = word.startsWith('-') ? '-' : '';
    return plain(
      signalNames
        .map((signal) => `${lead}SIG${signal}`)
        .concat(signalNames.map((signal) => `${lead}${signal}`)),
      word,
    );
  }
  if (variableCommands.has(name) && !word.includes('='))
    return plain(shell.variables.names(), word, name === 'export' ? '' : ' ');
  if (nameCommands.has(name)) return yield* commands(shell, word);
  if (name === 'help' || name === 'builtin') return plain(shell.evaluator.builtinNames(), word);
  if (name === 'alias' || name === 'unalias') return plain(shell.aliases.keys(), word);
  const spec = specs.get(name);
  return spec === undefined
    ? yield* paths(shell, word, () => true)
    : yield* specified(shell, spec, before.slice(1), word);
}

/** What a command's own table says: subcommands, options, operands. */
function* specified(
  shell: Shell,
  spec: CompletionSpec,
  before: readonly string[],
  word: string,
): Sys<Candidate[]> {
  let current = spec;
  const options = [...(spec.options ?? [])];
  let takesArgument = false;
  for (const one of before) {
    if (takesArgument) takesArgument = false;
    else if (one.startsWith('-'))
      takesArgument = options.some((option) => option.name === one && option.argument);
    else {
      const next = current.subcommands?.get(one);
      if (next === undefined) continue;
      current = next;
      options.splice(0, options.length, ...(next.options ?? []));
    }
  }
  if (takesArgument) return yield* paths(shell, word, () => true);
  if (word.startsWith('-')) {
    return plain(
      options.map((option) => option.name),
      word,
    );
  }
  if (current.subcommands !== undefined && current.subcommands.size > 0)
    return plain(current.subcommands.keys(), word);
  switch (current.operands ?? 'path') {
    case 'none':
      return [];
    case 'command':
      return yield* commands(shell, word);
    case 'user':
      return plain(
        (yield* passwordEntries()).map((entry) => entry.name),
        word,
      );
    case 'signal':
      return plain(signalNames, word);
    case 'directory':
      return yield* paths(shell, word, (isDirectory) => isDirectory);
    case 'path':
      return yield* paths(shell, word, () => true);
  }
}

const keywords = 'case do done elif else esac fi for function if in then time until while'.split(' ');

function* commands(shell: Shell, word: string): Sys<Candidate[]> {
  const names = new Set([
    ...shell.aliases.keys(),
    ...keywords,
    ...shell.functions.keys(),
    ...shell.evaluator.builtinNames(),
  ]);
  for (const directory of (shell.variables.get('PATH') ?? '').split(':')) {
    for (const { name } of yield* list(directory === '' ? '.' : directory)) {
      if (!name.startsWith(word) || names.has(name)) continue;
      if (yield* isExecutable(`${directory}/${name}`)) names.add(name);
    }
  }
  const found = plain(names, word);
  return found.length > 0 ? found : yield* paths(shell, word, (isDirectory) => isDirectory);
}

function* executablePaths(shell: Shell, word: string): Sys<Candidate[]> {
  const found: Candidate[] = [];
  for (const candidate of yield* paths(shell, word, () => true)) {
    if (candidate.final === '/' || (yield* isExecutable(yield* realPath(shell, candidate.word))))
      found.push(candidate);
  }
  return found;
}

function* realPath(shell: Shell, word: string): Sys<string> {
  const tilde = /^~([^/]*)(\/.*)$/s.exec(word);
  if (tilde === null) return word;
  return ((yield* tildeDirectory(shell, tilde[1]!)) ?? `~${tilde[1]}`) + tilde[2];
}

function* paths(shell: Shell, word: string, accept: (isDirectory: boolean) => boolean): Sys<Candidate[]> {
  const slash = word.lastIndexOf('/');
  const head = word.slice(0, slash + 1);
  const tail = word.slice(slash + 1);
  const directory = yield* realPath(shell, head);
  const found: Candidate[] = [];
  for (const { name, type } of yield* list(directory === '' ? '.' : directory)) {
    if (!name.startsWith(tail) || name === '.' || name === '..') continue;
    if (name.startsWith('.') && !tail.startsWith('.')) continue;
    const isDirectory =
      type === 'dir' || (type === 'symlink' && (yield* pointsToDirectory(directory + name)));
    if (!accept(isDirectory)) continue;
    const suffix = isDirectory ? '/' : ' ';
    found.push({ word: head + name, label: isDirectory ? `${name}/` : name, final: suffix });
  }
  return found;
}

function* pointsToDirectory(path: string): Sys<boolean> {
  try {
    return ((yield* sys.stat(path)).mode & 0o170000) === 0o040000;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

function* list(path: string): Sys<readonly { name: string; type: string }[]> {
  try {
    const fd = yield* sys.open(path, O_RDONLY | O_DIRECTORY);
    const entries: { name: string; type: string }[] = [];
    for (;;) {
      const part = yield* sys.getdents(fd);
      if (part.length === 0) break;
      for (const entry of part) entries.push(entry);
    }
    yield* sys.close(fd);
    return entries;
  } catch (error) {
    if (isOsError(error)) return [];
    throw error;
  }
}
