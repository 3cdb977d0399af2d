/** Directives that choose the section, and `.option`. */
import type { Builder } from './builder.ts';
import { type Cursor, SyntaxProblem } from './expression.ts';
import type { Token } from './lexer.ts';
import type { Section } from './program.ts';

type Directive = (builder: Builder, head: Token, cursor: Cursor) => void;

const plain =
  (name: string): Directive =>
  (builder, head, cursor) => {
    if (!cursor.done)
      throw new SyntaxProblem(
        cursor.place,
        `\`${head.text}\` takes no subsection number`,
        'use `.section` with another name',
      );
    builder.switchTo(builder.sectionNamed(name));
  };

/** Reads `name, "flags", @type`. */
function readSection(builder: Builder, head: Token, cursor: Cursor): Section {
  const token = cursor.next();
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'string'))
    throw new SyntaxProblem(token?.place ?? cursor.place, `\`${head.text}\` takes the name of a section`);
  const name = token.kind === 'string' ? token.characters.join('') : token.text;
  if (!cursor.take(',')) {
    builder.finish(cursor);
    return builder.sectionNamed(name);
  }
  const flags = cursor.next();
  const letters = flags?.kind === 'string' ? flags.characters.join('') : null;
  if (letters === null || !/^[awx]*$/.test(letters))
    throw new SyntaxProblem(
      flags?.place ?? cursor.place,
      'the flags of a section are a string of `a` (in memory), `w` (writable) and `x` (executable)',
      'code is "ax", constants "a", variables "aw"',
    );
  if (!letters.includes('a'))
    throw new SyntaxProblem(
      flags!.place,
      'a section that is not in memory (without flag `a`) is not simulated',
    );
  let nobits = false;
  if (cursor.take(',')) {
    if (!cursor.take('@')) cursor.take('%');
    const type = cursor.next();
    if (type?.text !== 'progbits' && type?.text !== 'nobits')
      throw new SyntaxProblem(type?.place ?? cursor.place, 'the type of a section is @progbits or @nobits');
    nobits = type.text === 'nobits';
  }
  builder.finish(cursor);
  const wanted = { executable: letters.includes('x'), writable: letters.includes('w'), nobits };
  const section = builder.sectionNamed(name, wanted);
  const { executable, writable } = section;
  if (executable !== wanted.executable || writable !== wanted.writable || section.nobits !== nobits)
    throw new SyntaxProblem(flags!.place, `section \`${name}\` has other flags already`);
  return section;
}

const push: Directive = (builder, head, cursor) => {
  const section = readSection(builder, head, cursor);
  builder.sectionStack.push({ current: builder.section, previous: builder.previous });
  builder.switchTo(section);
};

const pop: Directive = (builder, head, cursor) => {
  builder.finish(cursor);
  const saved = builder.sectionStack.pop();
  if (saved === undefined) throw new SyntaxProblem(head.place, 'there is no `.pushsection` before it');
  builder.section = saved.current;
  builder.previous = saved.previous;
};

const previous: Directive = (builder, _, cursor) => {
  builder.finish(cursor);
  builder.switchTo(builder.previous);
};

/** What each `.option` does; a text is why it is refused. */
const options: Readonly<Record<string, ((builder: Builder, token: Token) => void) | string>> = {
  rvc: (builder) => {
    builder.compress = true;
  },
  norvc: (builder) => {
    builder.compress = false;
  },
  push: (builder) => {
    builder.optionStack.push(builder.compress);
  },
  pop: (builder, token) => {
    const saved = builder.optionStack.pop();
    if (saved === undefined) throw new SyntaxProblem(token.place, 'there is no `.option push` before it');
    builder.compress = saved;
  },
  // Both say what is always so here.
  norelax: () => {},
  nopic: () => {},
  relax: 'there is no linker that could relax; every instruction stays as it is assembled',
  pic: 'a program is placed when it is assembled; `la` is relative to the pc anyhow',
  arch: 'the architecture is always RV32IMAC with the hypervisor extension',
  'csr-check': 'CSRs are checked when the instruction runs',
};

const option: Directive = (builder, head, cursor) => {
  const token = cursor.next();
  const found = token !== undefined && Object.hasOwn(options, token.text) ? options[token.text] : undefined;
  if (token === undefined || found === undefined)
    throw new SyntaxProblem(
      token?.place ?? head.place,
      '`.option` takes rvc, norvc, push, pop, norelax or nopic',
    );
  if (typeof found === 'string')
    throw new SyntaxProblem(token.place, `\`.option ${token.text}\` is not simulated`, found);
  builder.finish(cursor);
  found(builder, token);
};

export const sectionDirectives: Readonly<Record<string, Directive>> = {
  '.text': plain('.text'),
  '.data': plain('.data'),
  '.bss': plain('.bss'),
  '.rodata': plain('.rodata'),
  '.section': (builder, head, cursor) => builder.switchTo(readSection(builder, head, cursor)),
  '.pushsection': push,
  '.popsection': pop,
  '.previous': previous,
  '.option': option,
};
