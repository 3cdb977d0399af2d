/** CON-2: how does a container write to a disk? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { functionCheck, lowersCheck } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { HOST_FUNCTIONS, PRELUDE } from './prelude.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'container-disk-write',
  title: 'Where a container’s bytes go',
  slide: 19,
  minutes: 25,
  predict: {
    kind: 'choices',
    question:
      'The container “one” has written three files. Which of them are still there after docker rm -f one?',
    options: [
      { id: 'layer', text: '/srv/draft.txt, written to the container’s own file system' },
      { id: 'volume', text: '/data/journal.txt, on the volume “journal”' },
      { id: 'bind', text: '/shared/hello.txt, in the bind-mounted ~/shared' },
    ],
    answer: ['volume', 'bind'],
    explanation:
      'docker rm takes the container’s upper layer away, and with it /srv/draft.txt. A volume and a bind mount are directories of the host: mounted over the container’s tree, never part of its layers.',
  },
  scenario,
  files: ['overlay.ts'],
  entry: 'overlay.ts',
  binding: { prelude: PRELUDE, host: HOST_FUNCTIONS },
  live,
  goals,
  checks: [
    functionCheck({
      name: 'lookup',
      title: 'lookup finds what the topmost layer says',
      points: 10,
      misconception:
        'The layers are asked from the top down, and the first that says anything decides: a file, but also a whiteout or an opaque directory above.',
      next: 'Follow the path of the counterexample through the layers by hand: which is the first that says something about it, or about a directory above it?',
    }),
    functionCheck({
      name: 'openForWrite',
      title: 'openForWrite copies up before the first write',
      points: 15,
      misconception:
        'Copy-up makes the whole file in the upper layer, with its content and mode, inside directories that must be copied first.',
      next: 'After the call the same content must be seen as before it, now from the upper layer.',
    }),
    functionCheck({
      name: 'unlink',
      title: 'unlink leaves a whiteout where a lower layer has the name',
      points: 10,
      misconception: 'Taking a file from the upper layer alone uncovers the one below.',
      next: 'Ask what would be seen at the path if the upper layer had nothing there.',
    }),
    functionCheck({
      name: 'readdir',
      title: 'readdir merges the layers',
      points: 15,
      misconception:
        'A name is listed once, from the topmost layer that has it; a whiteout is no name but hides one, and an opaque directory ends the merge.',
      next: 'Go through the layers from the top and note for each name what was said first.',
    }),
    functionCheck({
      name: 'rename',
      title: 'rename copies up, moves, and hides the old name',
      points: 10,
      misconception:
        'A rename is two changes: the new name appears in the upper layer, and the old one must vanish although a lower layer still has it.',
      next: 'Look at both names after the call, and at directories of which a lower layer has a part (EXDEV).',
    }),
    functionCheck({
      name: 'mkdir',
      title: 'mkdir over a whiteout is opaque',
      points: 10,
      misconception:
        'A new directory in place of a removed one is empty: what the old one held below must not come back.',
      next: 'Which mark of a directory keeps the layers below from showing through?',
    }),
    lowersCheck,
  ],
  hints: [
    'For one path: in which order do you ask the layers, and which answers end the search? There are four: a file, a whiteout, a directory, an opaque directory.',
    'Write one helper that gives, for a directory, the layers that may say something about names in it: from the top down, ending after the first that is opaque or below which the name is no directory. lookup and readdir are short then.',
    'A second helper answers “would a lower layer show this name?”. unlink and rename put a whiteout exactly then; mkdir sets opaque exactly when it replaces a whiteout; openForWrite first copies the directories above, outermost first, then the file with content and mode.',
  ],
});
