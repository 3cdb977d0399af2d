/**
 * The command line of the book: replay, machines and VMs, and the tools of exercise authors. Each command loads its own code: with all of
 * it, `--help` would take seconds.
 */
import { Command } from 'commander';
import { CommandError } from './commandError.ts';

const program = new Command('virtbook').description('A course textbook that runs: its command line.');

program
  .command('replay')
  .description('replay a submission: score, each check, hash of the world')
  .argument('<file>', 'a .virtbook.json file')
  .option('--json', 'for programs')
  .action(async (...args: Parameters<typeof import('./replayCommand.ts').replayFile>) =>
    (await import('./replayCommand.ts')).replayFile(...args),
  );

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
  .action(async (...args: Parameters<typeof import('./runElfCommand.ts').runElfCommand>) =>
    (await import('./runElfCommand.ts')).runElfCommand(...args),
  );

program
  .command('hyper')
  .description('run a VM from libvirt’s domain XML: its console is standard input and output')
  .argument('[file]', 'the domain; its kernel, RAM disk and disks are files of this machine')
  .option(
    '--export <folder>',
    'write the book’s own guest and a domain that boots it there, and print its name',
  )
  .option('--max-instructions <count>', 'stop after so many; exit code 124', '10000000000')
  .action(async (...args: Parameters<typeof import('./hyperCommand.ts').hyperCommand>) =>
    (await import('./hyperCommand.ts')).hyperCommand(...args),
  );

program
  .command('registry')
  .description('serve a registry of images on loopback, for docker, podman, skopeo and others')
  .option('--port <port>', 'where it listens; 0 takes any that is free', '5000')
  .option('--data <folder>', 'keep the images there; in memory without it')
  .option(
    '--user <name:password>',
    'somebody who may do everything (repeatable); others may do nothing then',
    (user: string, before: readonly string[]) => [...before, user],
    [],
  )
  .option('--anonymous-pull', 'with --user: anybody may pull')
  .option('--quota <bytes>', 'how much each namespace may keep')
  .option('--pull-limit <count>', 'manifests that each user or address may pull in six hours')
  .option('--collect', 'instead of serving: delete from --data what no manifest leads to')
  .option('--untagged', 'with --collect: and manifests that no tag leads to')
  .option('--dry-run', 'with --collect: only say what would be deleted')
  .action(async (...args: Parameters<typeof import('./registryCommand.ts').registryCommand>) =>
    (await import('./registryCommand.ts')).registryCommand(...args),
  );

const image = program
  .command('image')
  .description('images of the book for skopeo, podman, docker; and theirs, checked and shown')
  .addHelpText(
    'after',
    `
A place is oci:FOLDER[:NAME], oci-archive:FILE or docker-archive:FILE, as skopeo
and podman have it:
  image export base:latest oci:/tmp/base
  image export notes:1 docker-archive:notes.tar --exercise container-disk-write
  image import docker-archive:notes.tar
  image import oci:/tmp/base:latest --registry /tmp/data --name base:latest
`,
  );

const imageSource = (command: Command): Command =>
  command
    .option('--exercise <id>', 'images of this exercise’s hosts; the base image without it')
    .option('--seed <seed>', 'which variant of the exercise', 'play');

imageSource(image.command('list').description('which images there are')).action(
  async (...args: Parameters<typeof import('./imageCommand.ts').listImages>) =>
    (await import('./imageCommand.ts')).listImages(...args),
);

imageSource(
  image
    .command('export')
    .description('write an image; the same image gives the same bytes')
    .argument('<reference>', 'as image list shows it')
    .argument('<place>', 'an OCI layout that is there gets the image added')
    .option('--docker', 'Docker’s media types in a layout, in place of OCI’s'),
).action(async (...args: Parameters<typeof import('./imageCommand.ts').exportImage>) =>
  (await import('./imageCommand.ts')).exportImage(...args),
);

image
  .command('import')
  .description('check an image, every digest of it, and show what is in it')
  .argument('<place>', 'or a folder or file, which is what it looks like')
  .option('--platform <os/arch>', 'which image of an index', 'linux/amd64')
  .option('--registry <folder>', 'keep it there, for registry --data')
  .option('--name <reference>', 'with --registry: as what')
  .action(async (...args: Parameters<typeof import('./imageCommand.ts').importImage>) =>
    (await import('./imageCommand.ts')).importImage(...args),
  );

program
  .command('engine')
  .description('answer the Docker Engine API for a simulated host on a socket, for docker, curl and others')
  .requiredOption('--socket <path>', 'where it listens, for its owner alone: docker -H unix://PATH')
  .option('--exercise <id>', 'a host of that exercise, in place of one with the base image alone')
  .option('--host <name>', 'which of its hosts, when several have an engine')
  .option('--seed <seed>', 'which variant', 'engine')
  .option(
    '--registry <port>',
    'what listens at this port of this machine is at localhost:PORT of the host, too',
  )
  .action(async (...args: Parameters<typeof import('./engineCommand.ts').engineCommand>) =>
    (await import('./engineCommand.ts')).engineCommand(...args),
  );

const exercise = program.command('exercise').description('tools for authors');

exercise
  .command('new')
  .description('a folder to start from, in content/exercises')
  .argument('<id>', 'lower-case words joined by hyphens')
  .action(async (id: string) => {
    const { newExercise } = await import('./exerciseNew.ts');
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
    const { exerciseIds } = await import('./exercises.ts');
    const { testExercise } = await import('./exerciseTest.ts');
    let failed = 0;
    for (const each of id === undefined ? exerciseIds() : [id]) failed += await testExercise(each);
    process.exitCode = failed === 0 ? 0 : 1;
  });

exercise
  .command('mutants')
  .description(
    'mutation testing: which small changes to the solution no check notices, or for some seeds only',
  )
  .argument('<id>')
  .option('--seeds <count>', 'how many variants each check is drawn for', '4')
  .action(async (...args: Parameters<typeof import('./exerciseMutants.ts').exerciseMutants>) =>
    (await import('./exerciseMutants.ts')).exerciseMutants(...args),
  );

exercise
  .command('play')
  .description('the session of an exercise in this terminal')
  .argument('<id>')
  .option('--seed <seed>', 'which variant', 'play')
  .option('--folder <folder>', 'where the learner’s files are')
  .action(async (...args: Parameters<typeof import('./exercisePlay.ts').playExercise>) =>
    (await import('./exercisePlay.ts')).playExercise(...args),
  );

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
