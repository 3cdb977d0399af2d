/**
 * Word expansion in the order of POSIX "Word Expansions": braces, tilde, parameters and substitutions, field splitting, path
 * names, quote removal. `parameter.ts` has `${ }`, `substitution.ts` has `$( )`.
 */
import type { Sys } from '../../linux/index.ts';
import { AbortControl } from '../state/control.ts';
import type { Expander, Shell } from '../state/shell.ts';
import type { Word, WordPart } from '../syntax/ast.ts';
import { expandArithmetic } from './arithmeticValue.ts';
import { BraceError, expandBraces } from './braces.ts';
import {
  emit,
  type Field,
  FieldSink,
  fieldPattern,
  fieldText,
  type PartContext,
  type Sink,
  TextSink,
} from './fields.ts';
import { glob } from './glob.ts';
import { expandParameter } from './parameter.ts';
import { isPattern } from './pattern.ts';
import { commandSubstitution, processSubstitution } from './substitution.ts';
import { tildeDirectory } from './tilde.ts';

const plain: PartContext = { quoted: false, splitLiterals: false };

/** All fields of all words: what becomes a command's arguments. */
export function* expandWords(shell: Shell, words: readonly Word[]): Sys<string[]> {
  const fields: string[] = [];
  // Not spread: a call of JavaScript takes no more than some ten thousand arguments.
  for (const word of words) for (const field of yield* expandWord(shell, word)) fields.push(field);
  return fields;
}

const NOTHING_TO_EXPAND = /^[\w./:=+,%@-]*$/;

/** The one field of a word in which nothing is to be expanded; null for any other. */
export function fixedText(word: Word): string | null {
  if (word.parts.length !== 1) return null;
  const only = word.parts[0]!;
  if (only.type === 'quoted') return only.text;
  return only.type === 'literal' && NOTHING_TO_EXPAND.test(only.text) ? only.text : null;
}

/** The fields one word stands for. */
export function* expandWord(shell: Shell, word: Word): Sys<string[]> {
  const fixed = fixedText(word);
  if (fixed !== null) return [fixed];
  const texts: string[] = [];
  for (const alternative of yield* braces(shell, word)) {
    const sink = new FieldSink(shell.variables.get('IFS') ?? ' \t\n');
    yield* expandWordInto(shell, alternative, sink);
    for (const field of sink.finish()) for (const path of yield* expandPath(shell, field)) texts.push(path);
  }
  return texts;
}

function* braces(shell: Shell, word: Word): Sys<readonly Word[]> {
  if (!shell.options.has('braceexpand')) return [word];
  try {
    return expandBraces(word);
  } catch (error) {
    if (!(error instanceof BraceError)) throw error;
    yield* shell.complain(error.message);
    throw new AbortControl(1, false);
  }
}

function* expandPath(shell: Shell, field: Field): Sys<string[]> {
  const text = fieldText(field);
  if (shell.options.has('noglob')) return [text];
  const pattern = fieldPattern(field);
  const extglob = shell.options.shopt('extglob');
  if (!isPattern(pattern, extglob)) return [text];
  const paths = yield* glob(pattern, {
    extglob,
    dotglob: shell.options.shopt('dotglob'),
    globstar: shell.options.shopt('globstar'),
    ignoreCase: shell.options.shopt('nocaseglob'),
  });
  if (paths.length > 0) return paths;
  if (shell.options.shopt('nullglob')) return [];
  if (shell.options.shopt('failglob')) {
    yield* shell.complain(`no match: ${text}`);
    throw new AbortControl(1, false);
  }
  return [text];
}

/** One text, neither split nor matched against paths. */
export function* expandText(shell: Shell, word: Word): Sys<string> {
  return fieldText(yield* expandField(shell, word));
}

/** As `expandText`, with `~` after each colon too: the value of an assignment. */
export function* expandAssignment(shell: Shell, word: Word): Sys<string> {
  const sink = new TextSink();
  yield* expandWordInto(shell, word, sink, true);
  return fieldText(sink.field());
}

/** A pattern: quoted characters are escaped with backslashes. */
export function* expandPattern(shell: Shell, word: Word): Sys<string> {
  return fieldPattern(yield* expandField(shell, word));
}

export function* expandField(shell: Shell, word: Word): Sys<Field> {
  const sink = new TextSink();
  yield* expandWordInto(shell, word, sink);
  return sink.field();
}

function* expandWordInto(shell: Shell, word: Word, sink: Sink, colons = false): Sys<void> {
  const [first, ...rest] = word.parts;
  if (first === undefined) return;
  if (first.type !== 'literal' || !first.text.includes('~')) {
    yield* expandParts(shell, word.parts, sink, plain);
    return;
  }
  yield* expandTildes(shell, first.text, rest.length === 0, sink, colons);
  yield* expandParts(shell, rest, sink, plain);
}

/** `whole`: the text is the end of the word, so a tilde prefix may end with it. */
function* expandTildes(shell: Shell, text: string, whole: boolean, sink: Sink, colons: boolean): Sys<void> {
  const pieces = colons ? text.split(/(?<=:)/) : [text];
  for (const [i, piece] of pieces.entries()) {
    const prefix = /^~([^/:]*)(.?)/s.exec(piece);
    const complete = prefix !== null && (prefix[2] !== '' || whole || i < pieces.length - 1);
    const home = complete ? yield* tildeDirectory(shell, prefix[1]!) : null;
    if (home === null) sink.literal(piece);
    else {
      sink.quoted(home);
      sink.literal(piece.slice(prefix![1]!.length + 1));
    }
  }
}

/** Expands parts into `sink`. */
export function* expandParts(
  shell: Shell,
  parts: readonly WordPart[],
  sink: Sink,
  context: PartContext,
): Sys<void> {
  for (const part of parts) {
    switch (part.type) {
      case 'literal':
        if (context.quoted) sink.quoted(part.text);
        else if (context.splitLiterals) sink.split(part.text);
        else sink.literal(part.text);
        break;
      case 'quoted':
        sink.quoted(part.text);
        break;
      case 'double':
        yield* expandDouble(shell, part.parts, sink);
        break;
      case 'parameter':
        yield* expandParameter(shell, part, sink, context);
        break;
      case 'command':
        emit(sink, yield* commandSubstitution(shell, part.body), context);
        break;
      case 'arithmetic':
        emit(sink, String(yield* expandArithmetic(shell, part.expression)), context);
        break;
      case 'process':
        sink.quoted(yield* processSubstitution(shell, part.direction, part.body));
        break;
    }
  }
}

/** Double quotes make a field even when empty, except around `$@` without elements. */
function* expandDouble(shell: Shell, parts: readonly WordPart[], sink: Sink): Sys<void> {
  if (!parts.some(isList)) sink.quoted('');
  else if (parts.some((part) => !isList(part))) sink.quoted('');
  yield* expandParts(shell, parts, sink, { quoted: true, splitLiterals: false });
}

function isList(part: WordPart): boolean {
  if (part.type !== 'parameter' || part.operation?.type === 'length') return false;
  if (part.operation?.type === 'keys' || part.operation?.type === 'names') return !part.operation.star;
  return part.name === '@' || part.index === '@';
}

/** What expansions inside expansions need; the shell carries it, so that imports run one way. */
export const expander: Expander = { parts: expandParts, text: expandText, pattern: expandPattern };
