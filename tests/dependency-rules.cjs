/**
 * Which room may import which (design.md: imports go up the list only), held by dependency-cruiser. `tests/rules` shows on
 * fixtures that each rule fails when broken.
 */
const kernelRooms = [
  'base',
  'machine',
  'disk',
  'network',
  'hypervisor',
  'linux',
  'oci',
  'container',
  'registry',
  'libvirt',
  'shell',
  'world',
  'sandbox',
  'exercise',
];
const upperRooms = ['lab', 'figures', 'cli', 'site'];
const order = [...kernelRooms, ...upperRooms];

/** A room may import itself and the rooms before it; the four upper rooms are peers but for what `allowed` names. */
const allowed = {
  lab: kernelRooms,
  figures: kernelRooms,
  cli: kernelRooms,
  site: [...kernelRooms, 'lab', 'figures'],
};

const roomRules = order.map((room, index) => {
  const mayImport = [room, ...(allowed[room] ?? order.slice(0, index))];
  return {
    name: `room-${room}`,
    comment: `src/${room} may import only: ${mayImport.join(', ')}. Move the code up, or pass it in.`,
    severity: 'error',
    from: { path: `(^|/)src/${room}/` },
    to: { path: '(^|/)src/[^/]+/', pathNot: `(^|/)src/(${mayImport.join('|')})/` },
  };
});

/** npm packages that kernel rooms may use: pure functions on bytes and text. */
const pureLibraries =
  '^(@noble/hashes|canonicalize|acorn|@sveltejs/acorn-typescript|quickjs-emscripten-core|@jitl/quickjs-wasmfile-release-sync|diff|fflate|saxes)($|/)';

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'no-circular',
      comment: 'Two files that import each other are one concept or need a third.',
      severity: 'error',
      from: { pathNot: 'node_modules' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'kernel-without-node',
      comment: 'The kernel runs in a browser worker: no Node built-in up to `exercise`. Pass data in.',
      severity: 'error',
      from: { path: `(^|/)src/(${kernelRooms.join('|')})/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'kernel-libraries',
      comment:
        'Kernel rooms use only pure libraries; name a new one in tests/dependency-rules.cjs with care.',
      severity: 'error',
      from: { path: `(^|/)src/(${kernelRooms.join('|')})/` },
      to: { dependencyTypes: ['npm', 'npm-dev'], pathNot: `node_modules/${pureLibraries.slice(1)}` },
    },
    {
      name: 'sandbox-owns-quickjs',
      comment: 'Learner code meets an engine in src/sandbox alone.',
      severity: 'error',
      from: { path: '(^|/)src/', pathNot: '(^|/)src/sandbox/' },
      to: { path: 'node_modules/(quickjs-emscripten-core|@jitl)' },
    },
    {
      name: 'content-imports-exercise-alone',
      comment: 'An exercise is written against src/exercise; what it lacks belongs there.',
      severity: 'error',
      from: { path: '(^|/)content/exercises/' },
      to: { path: '(^|/)src/[^/]+/', pathNot: '(^|/)src/exercise/' },
    },
    {
      name: 'through-the-door',
      comment: 'Other rooms go through a room’s index.ts.',
      severity: 'error',
      from: { path: '(^|/)src/([^/]+)/' },
      to: {
        path: '(^|/)src/(base|machine|disk|network|hypervisor|oci|container|registry|libvirt|world|sandbox|exercise|lab)/',
        pathNot: [
          '(^|/)src/$2/',
          '(^|/)src/[^/]+/index\\.ts$',
          '(^|/)src/(base/trace|lab/(offline|prepare|reason)|libvirt/client|world/virtualization|container/(build|distribution|libpod|network|runtime)/index|oci/dockerfile/index|sandbox/stripTypes)\\.ts$',
        ],
      },
    },
    {
      name: 'only-dev-tools-in-tests',
      comment: 'What ships depends on `dependencies` alone.',
      severity: 'error',
      from: { path: '(^|/)src/', pathNot: '(^|/)src/cli/project/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'resolvable',
      comment: 'This import leads nowhere.',
      severity: 'error',
      from: {},
      to: {
        couldNotResolve: true,
        pathNot: '\\?(raw|inline|url|worker)|^(astro|virtual):|^@astrojs/starlight',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'content/exercises/[^/]+/(starter|solution|wrong)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.astro'],
    },
  },
};
