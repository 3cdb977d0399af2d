/**
 * From a Dockerfile's text to instructions whose words are apart: parser directives, comments, lines that go on, flags, here-documents.
 * What the words mean is for instructions.ts. The grammar is BuildKit's, whose own test files hold it.
 */
import { decodeUtf8 } from '../../base/index.ts';
import { type InstructionLine, readInstruction } from './arguments.ts';
import { DockerfileError, located } from './errors.ts';
import { type HereDocument, hereDocumentsIn } from './heredoc.ts';
import { trimStart } from './text.ts';

export interface RawInstruction extends InstructionLine {
  readonly heredocs: readonly HereDocument[];
  readonly line: number;
  readonly endLine: number;
}

export interface RawDockerfile {
  readonly instructions: readonly RawInstruction[];
  readonly escapeToken: string;
  /** Of the directive `check`; empty without one. */
  readonly check: string;
  /** Of the directive `syntax`: the front end that is to read the file; empty without one. */
  readonly syntax: string;
  readonly warnings: readonly { readonly message: string; readonly line: number }[];
}

/** bufio.Scanner's limit of a line. */
const LONGEST = 65_536;
const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;
const directives = ['syntax', 'escape', 'check'];

/** Throws DockerfileError for what cannot be read at all; unknown keywords are not its business. */
export function parseRaw(bytes: Uint8Array | string): RawDockerfile {
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes);
  return new Reader(text.replace(/^\uFEFF/, '')).read();
}

class Reader {
  /** With their line ends. */
  readonly #lines: readonly string[];
  #at = 0;
  #escape = '\\';
  #check = '';
  #syntax = '';
  /** Directives that were there; null when no more can come. */
  #directives: Set<string> | null = new Set();
  readonly #warnings: { message: string; line: number }[] = [];

  constructor(text: string) {
    this.#lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  }

  read(): RawDockerfile {
    const instructions: RawInstruction[] = [];
    while (this.#at < this.#lines.length) {
      const line = this.#at + 1;
      const original = this.#logicalLine();
      if (original === null) continue;
      const end = this.#at;
      const read = located(line, end, () => readInstruction(original, this.#escape));
      const heredocs = located(line, end, () => this.#heredocs(read, line));
      instructions.push({ ...read, heredocs, line, endLine: this.#at });
    }
    if (instructions.length === 0) throw new DockerfileError('file with no instructions', this.#at);
    return {
      ...{ instructions, escapeToken: this.#escape, check: this.#check, syntax: this.#syntax },
      warnings: this.#warnings,
    };
  }

  #next(): string {
    const line = this.#lines[this.#at++]!;
    if (line.length > LONGEST)
      throw new DockerfileError(`dockerfile line greater than max allowed size of ${LONGEST - 1}`, this.#at);
    return line.replace(/[\r\n]+$/, '');
  }

  /** A line with those that continue it; null when there is nothing on it. */
  #logicalLine(): string | null {
    const first = trimStart(this.#next());
    this.#directive(first);
    let [text, more] = this.#continued(first.startsWith('#') ? '' : first);
    if (!more && text === '') return null;
    let empty = false;
    while (more && this.#at < this.#lines.length) {
      const line = this.#next();
      if (trimStart(line).startsWith('#')) continue;
      if (trimStart(line) === '') {
        empty = true;
        continue;
      }
      let part: string;
      [part, more] = this.#continued(line);
      text += part;
    }
    if (empty) this.#warnings.push({ message: `Empty continuation line found in: ${text}`, line: this.#at });
    return text;
  }

  /** The line without the escape at its end, and whether there was one: alone, or after what is no escape. */
  #continued(line: string): [string, boolean] {
    const bare = line.replace(/[ \t]*$/, '');
    if (!bare.endsWith(this.#escape)) return [line, false];
    const rest = bare.slice(0, -1);
    return rest.endsWith(this.#escape) ? [line, false] : [rest, true];
  }

  #directive(line: string): void {
    if (this.#directives === null) return;
    const [, name = '', value = ''] = DIRECTIVE.exec(line) ?? [];
    const key = name.toLowerCase();
    if (!directives.includes(key)) {
      this.#directives = null;
      return;
    }
    if (this.#directives.has(key))
      throw new DockerfileError(`only one ${key} parser directive can be used`, this.#at);
    this.#directives.add(key);
    if (key === 'check') this.#check = value;
    if (key === 'syntax') this.#syntax = value;
    if (key !== 'escape') return;
    if (value !== '`' && value !== '\\')
      throw new DockerfileError(`invalid escape token '${value}' does not match \` or \\`, this.#at);
    this.#escape = value;
  }

  #heredocs(read: InstructionLine, line: number): HereDocument[] {
    const inner = read.inner ?? read;
    const keyword = inner.keyword.toLowerCase();
    if (!['add', 'copy', 'run'].includes(keyword) || inner.json || !read.original.includes('<<')) return [];
    return hereDocumentsIn(read.original).map((document) => {
      let content = '';
      for (;;) {
        if (this.#at >= this.#lines.length) throw new DockerfileError('unterminated heredoc', line, this.#at);
        const raw = this.#lines[this.#at]!;
        const bare = this.#next();
        if ((document.chomp ? bare.replace(/^\t+/, '') : bare) === document.name)
          return { ...document, content };
        content += raw;
      }
    });
  }
}
