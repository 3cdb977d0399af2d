/** Directives, one table from name to what it does; sections and `.option` are in sectionDirectives.ts. */
import { concatBytes, encodeUtf8 } from '../../base/index.ts';
import type { Builder } from './builder.ts';
import { didYouMean } from './diagnostics.ts';
import { type Cursor, type Expression, SyntaxProblem } from './expression.ts';
import type { Token } from './lexer.ts';
import { sectionDirectives } from './sectionDirectives.ts';

/** Runs one directive; throws a SyntaxProblem if it is written wrongly. */
export type Directive = (builder: Builder, head: Token, cursor: Cursor) => void;

const data =
  (width: 1 | 2 | 4 | 8): Directive =>
  (builder, head, cursor) => {
    if (cursor.done) throw new SyntaxProblem(cursor.place, `\`${head.text}\` needs a value`);
    do {
      const { place } = cursor;
      builder.add({ kind: 'data', width, value: cursor.expression(), place });
    } while (cursor.take(','));
    builder.finish(cursor);
  };

const text =
  (terminated: boolean): Directive =>
  (builder, head, cursor) => {
    do {
      const token = cursor.next();
      if (token?.kind !== 'string')
        throw new SyntaxProblem(
          token?.place ?? cursor.place,
          `\`${head.text}\` takes a string in quotation marks`,
        );
      const parts = token.characters.map((c) => (typeof c === 'number' ? Uint8Array.of(c) : encodeUtf8(c)));
      if (terminated) parts.push(Uint8Array.of(0));
      builder.add({ kind: 'bytes', bytes: concatBytes(parts), place: token.place });
    } while (cursor.take(','));
    builder.finish(cursor);
  };

/** `count` and perhaps `, fill`. */
const space: Directive = (builder, head, cursor) => {
  const count = cursor.expression();
  const fill = cursor.take(',') ? cursor.expression() : null;
  builder.finish(cursor);
  builder.add({ kind: 'space', count, width: 1, fill, place: head.place });
};

/** `.fill repeat, size, value`. */
const fill: Directive = (builder, head, cursor) => {
  const count = cursor.expression();
  const width = cursor.take(',') ? Number(known(builder, cursor)) : 1;
  const value = cursor.take(',') ? cursor.expression() : null;
  builder.finish(cursor);
  if (![1, 2, 4, 8].includes(width))
    throw new SyntaxProblem(head.place, `\`.fill\` fills with values of 1, 2, 4 or 8 bytes, not ${width}`);
  builder.add({ kind: 'space', count, width, fill: value, place: head.place });
};

/** A constant that must be known where it is written. */
function known(builder: Builder, cursor: Cursor): bigint {
  const tokens: Token[] = [];
  const { place } = cursor;
  for (let depth = 0; !cursor.done; ) {
    const token = cursor.peek()!;
    if (depth === 0 && token.kind === 'operator' && token.text === ',') break;
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    tokens.push(cursor.next()!);
  }
  return builder.constant(tokens, tokens.at(-1)?.place ?? place) ?? 1n;
}

/** `.align n` and `.p2align n` give a power of two, `.balign n` bytes; then perhaps `, fill` and `, most bytes to skip`. */
const align =
  (power: boolean): Directive =>
  (builder, head, cursor) => {
    const { place } = cursor;
    const given = known(builder, cursor);
    const valid = power
      ? given >= 0n && given <= 16n
      : given >= 1n && given <= 65536n && (given & (given - 1n)) === 0n;
    if (!valid)
      throw new SyntaxProblem(
        place,
        power
          ? `\`${head.text} ${given}\` would align to 2 to the power of ${given}; 0 to 16 are possible`
          : `\`${head.text}\` takes a power of two up to 65536, found ${given}`,
        power && (given & (given - 1n)) === 0n ? `\`.balign ${given}\` aligns to ${given} bytes` : undefined,
      );
    const boundary = power ? 2 ** Number(given) : Number(given);
    let value: Expression | null = null;
    let most: number | null = null;
    if (cursor.take(',')) {
      if (cursor.peek()?.text !== ',') value = cursor.expression();
      if (cursor.take(',')) most = Number(known(builder, cursor));
    }
    builder.finish(cursor);
    builder.section.align = Math.max(builder.section.align, boundary);
    builder.add({
      kind: 'align',
      boundary,
      fill: value,
      most,
      place: head.place,
    });
  };

function symbolName(cursor: Cursor, head: Token): Token {
  const token = cursor.next();
  if (token?.kind !== 'word' || token.text === '.')
    throw new SyntaxProblem(token?.place ?? cursor.place, `\`${head.text}\` takes the name of a symbol`);
  return token;
}

const globl: Directive = (builder, head, cursor) => {
  do {
    const token = symbolName(cursor, head);
    builder.draft.symbol(token.text, token.place).global = true;
  } while (cursor.take(','));
  builder.finish(cursor);
};

/** `.type name, @function` or `@object`. */
const type: Directive = (builder, head, cursor) => {
  const token = symbolName(cursor, head);
  cursor.expect(',', 'after the symbol');
  if (!cursor.take('@')) cursor.take('%');
  const kind = cursor.next();
  if (kind?.text !== 'function' && kind?.text !== 'object')
    throw new SyntaxProblem(kind?.place ?? cursor.place, '`.type` takes @function or @object');
  builder.finish(cursor);
  builder.draft.symbol(token.text, token.place).type = kind.text;
};

const size: Directive = (builder, head, cursor) => {
  const token = symbolName(cursor, head);
  cursor.expect(',', 'after the symbol');
  builder.draft.symbol(token.text, token.place).size = cursor.expression();
  builder.finish(cursor);
};

/** `.comm` and `.lcomm name, size, alignment`: zeros in .bss under a name. */
const common =
  (global: boolean): Directive =>
  (builder, head, cursor) => {
    const token = symbolName(cursor, head);
    cursor.expect(',', 'after the symbol');
    const count = cursor.expression();
    const boundary = cursor.take(',') ? Number(known(builder, cursor)) : 4;
    builder.finish(cursor);
    if (!(boundary >= 1 && boundary <= 65536 && Number.isInteger(Math.log2(boundary))))
      throw new SyntaxProblem(
        head.place,
        `\`${head.text}\` aligns to a power of two up to 65536, not ${boundary}`,
      );
    const { section, previous } = builder;
    builder.section = builder.sectionNamed('.bss');
    builder.section.align = Math.max(builder.section.align, boundary);
    builder.add({
      kind: 'align',
      boundary,
      fill: null,
      most: null,
      place: head.place,
    });
    builder.define(token, (entry) => {
      entry.mark = builder.here();
      if (global) entry.global = true;
    });
    builder.add({ kind: 'space', count, width: 1, fill: null, place: head.place });
    builder.section = section;
    builder.previous = previous;
  };

const assign: Directive = (builder, head, cursor) => {
  const token = symbolName(cursor, head);
  cursor.expect(',', 'after the symbol');
  builder.assign(token, cursor);
};

const org: Directive = (builder, head, cursor) => {
  const target = cursor.expression();
  const value = cursor.take(',') ? cursor.expression() : null;
  builder.finish(cursor);
  builder.add({ kind: 'org', target, fill: value, place: head.place });
};

const error: Directive = (_, head, cursor) => {
  const token = cursor.next();
  const message =
    token?.kind === 'string'
      ? token.characters.map((c) => (typeof c === 'number' ? String.fromCharCode(c) : c)).join('')
      : '';
  throw new SyntaxProblem(head.place, `the source says: ${message}`);
};

const directives: Readonly<Record<string, Directive>> = {
  ...sectionDirectives,
  '.byte': data(1),
  '.half': data(2),
  '.short': data(2),
  '.hword': data(2),
  '.2byte': data(2),
  '.word': data(4),
  '.long': data(4),
  '.int': data(4),
  '.4byte': data(4),
  '.dword': data(8),
  '.quad': data(8),
  '.8byte': data(8),
  '.ascii': text(false),
  '.asciz': text(true),
  '.string': text(true),
  '.zero': space,
  '.space': space,
  '.skip': space,
  '.fill': fill,
  '.align': align(true),
  '.p2align': align(true),
  '.balign': align(false),
  '.globl': globl,
  '.global': globl,
  '.type': type,
  '.size': size,
  '.comm': common(true),
  '.lcomm': common(false),
  '.equ': assign,
  '.set': assign,
  '.org': org,
  '.error': error,
};

/** Directives of GNU as that are not simulated, and why or what to do instead. */
const refused: Readonly<Record<string, string>> = {
  '.include': 'a program is one source here: put the text in',
  '.incbin': 'a program is one source here: write the bytes with `.byte`',
  '.extern': 'a program is one source here: every symbol is defined in it',
  '.weak': 'nothing is linked in: a symbol is defined here or not at all',
  '.insn': 'write the encoding with `.word` or `.half`',
  '.equiv': '`.equ` gives a name a value',
  '.eqv': '`.equ` gives a name a value',
  '.float': 'this machine has no floating point',
  '.double': 'this machine has no floating point',
  '.endm': 'there is no `.macro` before it',
  '.endr': 'there is no `.rept` before it',
  '.irpc': '`.irp` repeats over values separated by commas',
  '.exitm': 'use `.if` in the macro',
  '.purgem': 'a macro defined again replaces the first',
  '.subsection': 'use a section of another name',
  '.attribute': 'the architecture is always RV32IMAC with the hypervisor extension',
};
/** More of them, whose names say enough. */
const refusedToo = new Set(
  [
    '.file .loc .ident .version .line .ln .list .nolist .title .print .warning .abort .end',
    '.local .hidden .protected .internal .weakref .symver .reloc .dtprelword .struct',
    '.uleb128 .sleb128 .octa .float16 .single .string16 .string32',
    '.cfi_startproc .cfi_endproc .cfi_def_cfa_offset .cfi_offset .altmacro .noaltmacro',
    '.ifb .ifnb .ifc .ifnc .ifeq .ifne .ifge .ifgt .ifle .iflt .ifeqs .ifnes .ifnotdef',
  ].flatMap((names) => names.split(' ')),
);

/** Those that the reader understands. */
const blockDirectives = '.macro .endm .rept .irp .endr .if .ifdef .ifndef .elseif .else .endif'.split(' ');

/** Runs the directive that `head` names. */
export function runDirective(builder: Builder, head: Token, cursor: Cursor): void {
  const name = head.text;
  if (Object.hasOwn(directives, name)) {
    directives[name]!(builder, head, cursor);
    return;
  }
  if (Object.hasOwn(refused, name) || refusedToo.has(name))
    throw new SyntaxProblem(head.place, `\`${name}\` is not simulated`, refused[name]);
  throw new SyntaxProblem(head.place, `\`${name}\` is no directive`, () =>
    didYouMean(name, [...Object.keys(directives), ...blockDirectives]),
  );
}
