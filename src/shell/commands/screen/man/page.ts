/** A manual page made of a command's own specification, so that it says neither more nor less than is there. */
import type { CommandSpec, OptionSpec } from '../../options.ts';
import { textWidth } from '../cells.ts';

/** Commands for administrators are in section 8. */
const administrative = new Set(['chroot', 'mount', 'umount', 'findmnt', 'lsns']);
const INDENT = 7;
const DEEP = 14;

export function sectionOf(name: string): string {
  return administrative.has(name) ? '8' : '1';
}

/** The summary as the NAME line has it: no capital, no full stop. */
export function shortSummary({ summary }: CommandSpec): string {
  const first = /^[A-Z][a-z]/.test(summary) ? summary[0]!.toLowerCase() + summary.slice(1) : summary;
  return first.replace(/\.$/, '');
}

/** Bold and underlined by overstriking, as pagers understand it. */
const bold = (text: string) => text.replace(/[^\s]/gu, '$&\b$&');
const underlined = (text: string) => text.replace(/[^\s]/gu, '_\b$&');

function plainWidth(text: string): number {
  return textWidth(text.replace(/.\x08/gu, ''));
}

/** Words in lines of at most `width` columns, `indent` of them blank. */
function filled(text: string, indent: number, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && plainWidth(line) + 1 + plainWidth(word) > width - indent) {
      lines.push(line);
      line = '';
    }
    line += (line === '' ? '' : ' ') + word;
  }
  if (line !== '') lines.push(line);
  return lines.map((one) => `${' '.repeat(indent)}${one}\n`).join('');
}

function heading(text: string): string {
  return `\n${bold(text)}\n`;
}

function optionNames({ short, long, argument, optional }: OptionSpec): string {
  const name = (text: string, separator: string) => {
    if (argument === undefined) return bold(text);
    const value = underlined(argument);
    return bold(text) + (optional ? `[${separator}${value}]` : (separator || ' ') + value);
  };
  return [
    ...(short === undefined ? [] : [long === undefined ? name(`-${short}`, '') : bold(`-${short}`)]),
    ...(long === undefined ? [] : [name(`--${long}`, '=')]),
  ].join(', ');
}

function across(left: string, middle: string, right: string, width: number): string {
  const start = Math.max(left.length + 1, Math.floor((width - middle.length) / 2));
  const head = left.padEnd(start) + middle;
  return `${head.padEnd(Math.max(head.length + 1, width - right.length))}${right}\n`;
}

/** The page of a command, `width` columns wide. */
export function manualPage(spec: CommandSpec, width: number): string {
  const section = sectionOf(spec.name);
  const title = `${spec.name.toUpperCase()}(${section})`;
  const kind = section === '8' ? 'System Administration' : 'User Commands';
  const usages = spec.usage.split(/\s+or\s{2,}/);
  const synopsis = usages.map((usage, i) =>
    filled(i === 0 || !usage.startsWith(spec.name) ? `${bold(spec.name)} ${usage}` : usage, INDENT, width),
  );
  const options = [...spec.options, { long: 'help', help: 'show a short help and leave' }];
  const order = spec.operandsEndOptions
    ? 'The first word that is no option ends the options; so does --.'
    : 'Options may stand before and after other arguments; -- ends them.';
  return [
    across(title, kind, title, width),
    heading('NAME'),
    filled(`${spec.name} - ${shortSummary(spec)}`, INDENT, width),
    heading('SYNOPSIS'),
    ...synopsis,
    heading('DESCRIPTION'),
    filled(spec.summary, INDENT, width),
    '\n',
    filled(`${order} An option that is not listed here is refused.`, INDENT, width),
    heading('OPTIONS'),
    options
      .map((option) => filled(optionNames(option), INDENT, width) + filled(option.help, DEEP, width))
      .join('\n'),
    heading('EXIT STATUS'),
    filled(`${spec.usageStatus ?? 1} after wrong usage.`, INDENT, width),
    '\n',
    across('virtbook', '', title, width),
  ].join('');
}

/** A page without its overstriking, for where no pager is. */
export function plainPage(page: string): string {
  return page.replace(/.\x08/gu, '');
}
