/** Writes a syntax tree back as bash does in function and job listings. */
import type {
  AndOr,
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

/** Where text stands: in a function every command has its own line, in a job list they share one. */
interface Layout {
  readonly indent: string;
  readonly inFunction: boolean;
}

const jobLayout: Layout = { indent: '', inFunction: false };

function deeper({ indent, inFunction }: Layout): Layout {
  return { indent: indent + STEP, inFunction };
}

/** `name () \n{ \n    …\n}` */
export function printFunction(definition: FunctionDefinition): string {
  return functionText(definition, { indent: '', inFunction: true });
}

function functionText({ name, body }: FunctionDefinition, { indent }: Layout): string {
  const layout = deeper({ indent, inFunction: true });
  const inner =
    body.type === 'group'
      ? listLines(body.body, layout, false)
      : `${layout.indent}${commandText(body, layout)}\n`;
  const tail = body.type === 'group' ? redirections(body.redirections) : '';
  return `${name} () \n${indent}{ \n${inner}${indent}}${tail}`;
}

/** One pipeline as a job list shows it. */
export function printPipeline(pipeline: Pipeline): string {
  return pipelineText(pipeline, jobLayout);
}

/** One command as a job list shows it. */
export function printCommand(command: Command): string {
  return commandText(command, jobLayout);
}

/** One `&&` and `||` list as a job list shows it. */
export function printAndOr(andOr: AndOr): string {
  return andOrText(andOr, jobLayout);
}

function pipelineText(pipeline: Pipeline, layout: Layout): string {
  const bang = pipeline.negated ? '! ' : '';
  const time = pipeline.time === null ? '' : pipeline.time === 'posix' ? 'time -p ' : 'time ';
  return time + bang + pipeline.commands.map((command) => commandText(command, layout)).join(' | ');
}

function andOrText(andOr: AndOr, layout: Layout): string {
  const rest = andOr.rest.map(({ op, pipeline }) => ` ${op} ${pipelineText(pipeline, layout)}`);
  return pipelineText(andOr.first, layout) + rest.join('');
}

/** What stands between two commands; a here-document has ended its line already. */
function separator(text: string, layout: Layout): string {
  const semicolon = text.endsWith('\n') ? '' : ';';
  return layout.inFunction ? `${semicolon}\n${layout.indent}` : `${semicolon} `;
}

/** Commands without the end of the last one. */
function listText(list: List, layout: Layout): string {
  let out = '';
  for (const [i, { andOr, background }] of list.items.entries()) {
    const text = andOrText(andOr, layout);
    const last = i === list.items.length - 1;
    if (background) out += `${text} &${last ? '' : ' '}`;
    else out += text + (last ? '' : separator(text, layout));
  }
  return out;
}

/** The body of a compound command on its own lines. `closed`: the last command ends with a semicolon too. */
function listLines(list: List, layout: Layout, closed: boolean): string {
  const text = listText(list, layout);
  const open = list.items.at(-1)?.background === true || text.endsWith('\n');
  return `${layout.indent}${text}${closed && !open ? ';' : ''}\n`;
}

function commandText(command: Command, layout: Layout): string {
  if (command.type === 'function') return `function ${functionText(command, layout)}`;
  if (command.type === 'simple') {
    const texts = command.assignments.map(assignmentText);
    for (const { text } of command.words) texts.push(text);
    for (const redirection of command.redirections) texts.push(redirectionText(redirection));
    return texts.join(' ');
  }
  return compoundText(command, layout) + redirections(command.redirections);
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

function compoundText(command: CompoundCommand, layout: Layout): string {
  const { indent } = layout;
  const inner = deeper(layout);
  switch (command.type) {
    case 'group':
      if (!layout.inFunction) return `{ ${listText(command.body, layout)}; }`;
      return `{ \n${listLines(command.body, inner, false)}${indent}}`;
    case 'subshell':
      return `( ${listText(command.body, layout)} )`;
    case 'if':
      return ifText(command.clauses, command.otherwise, layout);
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
      const head = `${word} ${listText(command.condition, layout)}; do`;
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

function caseText({ patterns, body, terminator }: CaseItem, layout: Layout): string {
  const head = `${layout.indent}${patterns.map((pattern) => pattern.text).join(' | ')})\n`;
  const lines = body.items.length === 0 ? '\n' : listLines(body, deeper(layout), false);
  return `${head}${lines}${layout.indent}${terminator}\n`;
}

type Clauses = (CompoundCommand & { type: 'if' })['clauses'];

function ifText(clauses: Clauses, otherwise: List | null, layout: Layout): string {
  const { indent } = layout;
  const inner = deeper(layout);
  const [first, ...rest] = clauses;
  const head = `if ${listText(first!.condition, layout)}; then\n${listLines(first!.body, inner, true)}`;
  if (rest.length > 0) {
    return `${head}${indent}else\n${inner.indent}${ifText(rest, otherwise, inner)};\n${indent}fi`;
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
