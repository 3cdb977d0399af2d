/** The command line of the book: replay, and the tools of exercise authors. */
import { Command } from 'commander';
import { ReplayError } from '../exercise/index.ts';
import { newExercise } from './exerciseNew.ts';
import { playExercise } from './exercisePlay.ts';
import { CommandError, exerciseIds } from './exercises.ts';
import { testExercise } from './exerciseTest.ts';
import { replayFile } from './replayCommand.ts';
import { runElfCommand } from './runElfCommand.ts';

const program = new Command('virtbook').description('A course textbook that runs: its command line.');

program
  .command('replay')
  .description('replay a submission: score, each check, hash of the world')
  .argument('<file>', 'a .virtbook.json file')
  .option('--json', 'for programs')
  .action(replayFile);

program
  .command('run-elf')
  .description(
    'run a RISC-V executable (RV32, statically linked), or every file of a folder: a line each and a total',
  )
  .argument('<file>', 'its console and its exit code become this command’s; counters go to stderr')
  .option('--harts <count>', 'harts, 1 to 8', '1')
  .option('--max-instructions <count>', 'stop after so many; exit code 124', '1000000000')
  .option('--memory <size>', 'RAM, for example 128M', '128M')
  .option('--no-translate', 'interpret all instructions, instead of translating hot code to WebAssembly')
  .option('--trace', 'each instruction’s mode and address to stderr')
  .action(runElfCommand);

const exercise = program.command('exercise').description('tools for authors');

exercise
  .command('new')
  .description('a folder to start from, in content/exercises')
  .argument('<id>', 'lower-case words joined by hyphens')
  .action((id: string) => {
    newExercise(id);
    process.stdout.write(
      `content/exercises/${id} is made. Next: npm run -s virtbook -- exercise test ${id}\n`,
    );
  });

exercise
  .command('test')
  .description('the solution passes, the starter does not, each wrong solution fails its check')
  .argument('[id]', 'one exercise; all when absent')
  .action(async (id?: string) => {
    let failed = 0;
    for (const each of id === undefined ? exerciseIds() : [id]) failed += await testExercise(each);
    process.exitCode = failed === 0 ? 0 : 1;
  });

exercise
  .command('play')
  .description('the session of an exercise in this terminal')
  .argument('<id>')
  .option('--seed <seed>', 'which variant', 'play')
  .option('--folder <folder>', 'where the learner’s files are')
  .action(playExercise);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandError || error instanceof ReplayError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
