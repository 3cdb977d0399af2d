/** A line of virsh as commands of words: blanks part words, `;` parts commands, quotes and backslashes as in a shell. */
import { VirshError } from './commands.ts';

export function splitLine(line: string): string[][] {
  const commands: string[][] = [[]];
  let word: string | null = null;
  const finish = () => {
    if (word !== null) commands.at(-1)!.push(word);
    word = null;
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === "'" || character === '"') {
      const end = line.indexOf(character, at + 1);
      if (end < 0) throw new VirshError(`missing ${character}`);
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (character === '\\') {
      at++;
      if (at >= line.length) throw new VirshError('dangling \\');
      word = (word ?? '') + line[at]!;
    } else if (character === ' ' || character === '\t' || character === '\n') finish();
    else if (character === ';') {
      finish();
      commands.push([]);
    } else if (character === '#' && word === null) break;
    else word = (word ?? '') + character;
  }
  finish();
  return commands.filter((words) => words.length > 0);
}
