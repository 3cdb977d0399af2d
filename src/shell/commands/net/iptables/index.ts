/** iptables(8), iptables-save(8), iptables-restore(8): the packet filter in iptables' words, on the tables that nft(8) shows (iptables-nft). */
import { type Program, type Sys, writeAll } from '../../../../linux/index.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { type CommandSpec, UsageError } from '../../options.ts';
import { parseCommandLine } from './commandLine.ts';
import { errorText, versioned } from './errors.ts';
import { perform } from './perform.ts';
import { restore, save } from './saving.ts';

const HELP = `${versioned('iptables')}

Usage: iptables -[ACD] chain rule-specification [options]
       iptables -I chain [rulenum] rule-specification [options]
       iptables -R chain rulenum rule-specification [options]
       iptables -D chain rulenum [options]
       iptables -[LS] [chain [rulenum]] [options]
       iptables -[FZ] [chain] [options]
       iptables -[NX] chain
       iptables -E old-chain-name new-chain-name
       iptables -P chain target [options]
       iptables -h (print this help information)

Rules:   [!] -p PROTOCOL, [!] -s ADDRESS[/MASK][,...], [!] -d ADDRESS[/MASK][,...],
         [!] -i NAME[+], [!] -o NAME[+], -m MATCH, -j TARGET, -g CHAIN
Matches: tcp and udp (--sport, --dport, --syn, --tcp-flags), icmp (--icmp-type),
         conntrack (--ctstate), state (--state), multiport (--sports, --dports),
         addrtype (--src-type, --dst-type), limit (--limit, --limit-burst),
         mark (--mark), comment (--comment)
Targets: ACCEPT, DROP, RETURN, REJECT (--reject-with), LOG (--log-prefix),
         MARK (--set-mark, --set-xmark, --or-mark, --and-mark), NOTRACK,
         DNAT (--to-destination), SNAT (--to-source), MASQUERADE and REDIRECT
         (--to-ports), and chains
Options: -t TABLE (filter, nat, mangle, raw), -n, -v, -x, --line-numbers, -c, -w
`;

function* run(args: readonly string[]): Sys<number> {
  const command = parseCommandLine(args);
  if (command.verb === 'help' || command.verb === 'version') {
    yield* writeAll(1, command.verb === 'help' ? HELP : `${versioned('iptables')}\n`);
    return 0;
  }
  return yield* perform(command);
}

export const iptablesProgram: Program = function* ({ argv }) {
  try {
    return yield* run(argv.slice(1));
  } catch (error) {
    const said = errorText('iptables', error);
    if (said === null) throw error;
    yield* writeAll(2, said.text);
    return said.status;
  }
};

export const iptablesCompletion: CompletionSpec = {
  options: [
    { name: '--append', help: 'add a rule at a chain’s end' },
    { name: '--delete', help: 'delete a rule' },
    { name: '--insert', help: 'add a rule in front of another' },
    { name: '--list', help: 'show rules' },
    { name: '--list-rules', help: 'show rules as the commands that make them' },
    { name: '--flush', help: 'delete all rules' },
    { name: '--policy', help: 'what becomes of packets that no rule decides about' },
    { name: '--table', help: 'filter, nat, mangle or raw' },
  ],
};

export const iptablesSaveCommand: CommandSpec = {
  name: 'iptables-save',
  usage: '[OPTION]...',
  summary: 'Write the rules of all tables as iptables-restore reads them.',
  options: [
    { short: 'c', long: 'counters', help: 'with what the rules have counted' },
    { short: 't', long: 'table', argument: 'NAME', help: 'only this table' },
  ],
  *run(parsed) {
    if (parsed.operands.length > 0) throw new UsageError(`Unknown arguments found on commandline`);
    try {
      return yield* save(parsed.value('table'), parsed.has('counters'));
    } catch (error) {
      const said = errorText('iptables-save', error);
      if (said === null) throw error;
      yield* writeAll(2, said.text);
      return said.status;
    }
  },
};

export const iptablesRestoreCommand: CommandSpec = {
  name: 'iptables-restore',
  usage: '[OPTION]... [FILE]',
  summary: 'Replace the rules of tables by what iptables-save has written.',
  options: [
    { short: 'c', long: 'counters', help: 'with what the rules have counted' },
    { short: 'n', long: 'noflush', help: 'leave the rules that are there' },
    { short: 't', long: 'test', help: 'only see whether it can be read' },
  ],
  *run(parsed) {
    return yield* restore({
      keeps: parsed.has('noflush'),
      counted: parsed.has('counters'),
      test: parsed.has('test'),
      file: parsed.operands[0] ?? null,
    });
  },
};
