/** What the lab says of code with a slip in it: the error, and no misconception, which it says nothing about. Solutions have no slips. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { EXERCISES, exerciseIds, loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { runCheck } from '../../src/exercise/index.ts';

const FUNCTION = /(export function \w+\([\s\S]*?\)[^{]*\{\n)/g;

describe.each(exerciseIds())('%s', (id) => {
  test('a value that is not there is told, and nothing is made of it', async () => {
    const { exercise, files } = await loadExercise(id);
    const texts = Object.fromEntries(
      exercise.files.map((name) => [
        name,
        files[`solution/${name}`]!.replace(FUNCTION, '$1  (undefined as any).x.y;\n'),
      ]),
    );
    const factory = await sandbox();
    let told = 0;
    for (const check of exercise.checks) {
      const { feedback } = await runCheck(exercise, check, texts, 'slips', factory);
      if (feedback === undefined) continue;
      told++;
      const { misconception, next = '', actual = feedback.summary } = feedback;
      expect({ check: check.id, misconception }).toEqual({ check: check.id, misconception: undefined });
      expect(actual).toContain("TypeError: cannot read property 'x' of undefined");
      expect(next).toMatch(/^(Mend this error first|Make the function answer)/);
    }
    expect(told).toBeGreaterThanOrEqual(exercise.checks.length - 1);
  });

  test('the solution has no type errors in the lab’s editor', () => {
    const folder = join(EXERCISES, id);
    const options: ts.CompilerOptions = {
      allowImportingTsExtensions: true,
      lib: ['lib.es2023.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      noEmit: true,
      strict: true,
      target: ts.ScriptTarget.ESNext,
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists } = host;
    // The editor shows the API beside the learner's file.
    const placed = (path: string) => (/\/solution\/api\.d\.ts$/.test(path) ? join(folder, 'api.d.ts') : path);
    host.readFile = (path) => readFile(placed(path));
    host.fileExists = (path) => fileExists(placed(path));
    host.getSourceFile = (path, version) =>
      ts.createSourceFile(path, readFileSync(placed(path), 'utf8'), version);
    const names = ts.sys.readDirectory(join(folder, 'solution'));
    const program = ts.createProgram(names, options, host);
    const told = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(told).toEqual([]);
  });
});
