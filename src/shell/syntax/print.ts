/** Writes a syntax tree back as bash does in function and job listings. */
import type {
  Assignment,
  CaseItem,
  Command,
  CompoundCommand,
  Conditional,
  FunctionDefinition,
  List,
  Pipeline,
  Redirection,
} from './ast.ts';

const STEP = '    ';

/** `name () \n{ \n    …\n}` */
export function printFunction(definition: FunctionDefinition): string {
  return functionText(definition, '');
}

function functionText({ name, body }: FunctionDefinition, indent: string): string {
  const text =
    body.type === 'group'
      ? `{ \n${listLines(body.body, indent + STEP, false)}${indent}}`
      : `{ \n${indent}${STEP}${commandText(body, indent + STEP)}\n${indent}}`;
  return `${name} () \n${indent}${text}${body.type === 'group' ? redirections(body.redirections) : ''}`;
}

/** One pipeline as a job list shows it. */
export function printPipeline(pipeline: Pipeline, indent = ''): string {
  const bang = pipeline.negated ? '! ' : '';
  const time = pipeline.time === null ? '' : pipeline.time === 'posix' ? 'time -p ' : 'time ';
  return time + bang + pipeline.commands.map((command) => commandText(command, indent)).join(' | ');
}

/** One command as a job list shows it. */
export function printCommand(command: Command): string {
  return commandText(command, '');
}

/** A whole list on one line, `a; b & c`. */
export function printList(list: List, indent = ''): string {
  const texts = list.items.map((item, i) => {
    const last = i === list.items.length - 1;
    return andOrText(item.andOr, indent) + (item.background ? ' &' : last ? '' : ';');
  });
  return texts.join(' ');
}

export function andOrText(andOr: List['items'][number]['andOr'], indent = ''): string {
  const rest = andOr.rest.map(({ op, pipeline }) => ` ${op} ${printPipeline(pipeline, indent)}`);
  return printPipeline(andOr.first, indent) + rest.join('');
}

/** One command a line. `closed`: the last one ends with a semicolon too. */
function listLines(list: List, indent: string, closed: boolean): string {
  return list.items
    .map((item, i) => {
      const last = i === list.items.length - 1;
      const end = item.background ? ' &' : last && !closed ? '' : ';';
      return `${indent}${andOrText(item.andOr, indent)}${end}\n`;
    })
    .join('');
}

function commandText(command: Command, indent: string): string {
  if (command.type === 'function') return functionText(command, indent);
  if (command.type === 'simple') {
    const words = [...command.assignments.map(assignmentText), ...command.words.map((word) => word.text)];
    const tail = command.redirections.map(redirectionText);
    return [...words, ...tail].join(' ');
  }
  return compoundText(command, indent) + redirections(command.redirections);
}

function redirections(list: readonly Redirection[]): string {
  return list.map((redirection) => ` ${redirectionText(redirection)}`).join('');
}

function assignmentText({ name, index, append, value }: Assignment): string {
  const target = index === null ? name : `${name}[${index.text}]`;
  if ('parts' in value) return `${target}${append ? '+=' : '='}${value.text}`;
  const elements = value.elements.map((element) =>
    element.index === null ? element.value.text : `[${element.index.text}]=${element.value.text}`,
  );
  return `${target}${append ? '+=' : '='}(${elements.join(' ')})`;
}

function redirectionText({ fd, variable, op, target, heredoc }: Redirection): string {
  const prefix = variable !== null ? `{${variable}}` : (fd ?? '');
  if (heredoc !== null) return `${prefix}${op}${target.text}\n${heredoc.text.replace(/\n$/, '')}\n`;
  if (op === '>&' || op === '<&')
    return `${prefix === '' ? (op === '>&' ? 1 : 0) : prefix}${op}${target.text}`;
  return `${prefix}${op} ${target.text}`;
}

function compoundText(command: CompoundCommand, indent: string): string {
  const inner = indent + STEP;
  switch (command.type) {
    case 'group':
      return `{ \n${listLines(command.body, inner, false)}${indent}}`;
    case 'subshell':
      return `( ${printList(command.body, indent)} )`;
    case 'if':
      return ifText(command.clauses, command.otherwise, indent);
    case 'for': {
      const words = command.words === null ? ['"$@"'] : command.words.map((word) => word.text);
      const head = `for ${command.name} in ${words.join(' ')};`;
      return `${head}\n${indent}do\n${listLines(command.body, inner, true)}${indent}done`;
    }
    case 'arithmeticFor': {
      const { init, condition, step } = command;
      const head = `for ((${init.text}; ${condition.text.trim()}; ${step.text.trim()}))`;
      return `${head}\n${indent}do\n${listLines(command.body, inner, true)}${indent}done`;
    }
    case 'while': {
      const word = command.until ? 'until' : 'while';
      const head = `${word} ${printList(command.condition, indent)}; do`;
      return `${head}\n${listLines(command.body, inner, true)}${indent}done`;
    }
    case 'case':
      return `case ${command.word.text} in \n${command.items.map((item) => caseText(item, inner)).join('')}${indent}esac`;
    case 'arithmetic':
      return `((${command.expression.text}))`;
    case 'conditional':
      return `[[ ${conditionalText(command.expression)} ]]`;
  }
}

function caseText({ patterns, body, terminator }: CaseItem, indent: string): string {
  const head = `${indent}${patterns.map((pattern) => pattern.text).join(' | ')})\n`;
  return `${head}${listLines(body, indent + STEP, false)}${indent}${terminator}\n`;
}

type Clauses = (CompoundCommand & { type: 'if' })['clauses'];

function ifText(clauses: Clauses, otherwise: List | null, indent: string): string {
  const inner = indent + STEP;
  const [first, ...rest] = clauses;
  const head = `if ${printList(first!.condition, indent)}; then\n${listLines(first!.body, inner, true)}`;
  if (rest.length > 0) {
    return `${head}${indent}else\n${inner}${ifText(rest, otherwise, inner)};\n${indent}fi`;
  }
  const tail = otherwise === null ? '' : `${indent}else\n${listLines(otherwise, inner, true)}`;
  return `${head}${tail}${indent}fi`;
}

function conditionalText(expression: Conditional): string {
  switch (expression.type) {
    case 'unary':
      return `${expression.op} ${expression.operand.text}`;
    case 'binary':
      return `${expression.left.text} ${expression.op} ${expression.right.text}`;
    case 'not':
      return `! ${conditionalText(expression.operand)}`;
    case 'and':
    case 'or': {
      const operator = expression.type === 'and' ? '&&' : '||';
      return `${conditionalText(expression.left)} ${operator} ${conditionalText(expression.right)}`;
    }
  }
}
