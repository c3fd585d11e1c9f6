/*
 * The folder rules of ARCHITECTURE.md as a machine checks them. The table below is the one
 * place they are written down; the rules are made from it. scripts/check-boundaries.ts runs it.
 */

/**
 * Which folder of src/ may import which. `types` may be imported as types only: they are ports,
 * and what fills them is picked in app/.
 */
export const FOLDERS = {
  core: { may: [] },
  expr: { may: ['core'] },
  flow: { may: ['core'] },
  spec: { may: ['core', 'expr', 'flow'] },
  'lua/machine': { may: ['core'] },
  'lua/lanes': { may: ['core', 'expr', 'flow', 'lua/machine'] },
  'lua/library': { may: ['core', 'flow', 'lua/lanes'] },
  engine: { may: ['core', 'expr', 'flow', 'spec'] },
  'flow-test': { may: ['core', 'flow', 'spec'], types: ['engine'] },
  secrets: { may: ['core'], types: ['engine'] },
  store: { may: ['core'], types: ['engine'] },
  connections: { may: ['core'] },
  actions: { may: ['core', 'expr', 'connections', 'work'], types: ['engine'] },
  calendar: { may: ['core'] },
  work: { may: ['core', 'calendar'] },
  fallback: { may: ['core'] },
  pipeline: { may: ['core'], types: ['control'] },
  control: { may: ['core'] },
  schedule: { may: ['core', 'flow'], types: ['engine'] },
  server: { may: ['core', 'flow', 'spec', 'expr', 'engine', 'fallback', 'pipeline'], types: ['control'] },
  app: { all: true, but: ['cli', 'library'] },
  library: { may: ['core', 'flow', 'spec', 'app'], types: ['engine'] },
  cli: { may: ['core', 'flow', 'spec', 'app'] },
};

/** Folders that do no I/O: no module of Node in them (core/hash.ts takes node:crypto, spec/schema-library.ts node:module). */
const PURE = ['core', 'expr', 'flow', 'spec', 'engine', 'calendar', 'lua/machine'];

/** npm packages and the only folders that may know them; a package that is not named here is refused. */
const PACKAGES = {
  ajv: ['spec'],
  commander: ['cli'],
  croner: ['schedule'],
  fastify: ['server'],
  'ical.js': ['calendar'],
  pino: ['app'],
  'prom-client': ['app'],
  undici: ['connections'],
  wasmoon: ['lua/lanes', 'lua/machine'],
  'windows-iana': ['calendar'],
  yaml: ['spec', 'control'],
};

const TEST = '\\.test\\.ts$';
const escape = (text) => text.replaceAll('.', '\\.');
const anyOf = (names) => `(?:${names.map(escape).join('|')})`;
const names = Object.keys(FOLDERS);

const folderRules = names.flatMap((name) => {
  const { may = [], types = [], all = false, but = [] } = FOLDERS[name];
  const banned = all ? but : names.filter((other) => other !== name && ![...may, ...types].includes(other));
  const from = { path: `^src/${name}/` };
  return [
    {
      name: `${name}-may-import`,
      comment: all
        ? `all but ${but.join(', ')}`
        : [...may, ...types.map((type) => `types of ${type}`)].join(', ') || 'nothing',
      severity: 'error',
      from,
      to: { path: `^src/${anyOf(banned)}/` },
    },
    ...(types.length === 0
      ? []
      : [
          {
            name: `${name}-only-types`,
            comment: `${types.join(', ')}: port types only`,
            severity: 'error',
            from: { ...from, pathNot: TEST },
            to: { path: `^src/${anyOf(types)}/`, dependencyTypesNot: ['type-only'] },
          },
        ]),
  ];
});

const packageRules = Object.entries(PACKAGES).map(([name, folders]) => ({
  name: `package-${name}`,
  comment: `${name} is known to ${folders.join(', ')} only`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/${anyOf(folders)}/`, TEST] },
  to: { path: `node_modules/${escape(name)}/` },
}));

export default {
  forbidden: [
    ...folderRules,
    ...packageRules,
    {
      name: 'through-the-index',
      comment: 'a folder is entered only through its index.ts',
      severity: 'error',
      from: { path: `^src/(${anyOf(names)})/` },
      to: { path: `^src/${anyOf(names)}/`, pathNot: ['^src/$1/', `^src/${anyOf(names)}/index\\.ts$`] },
    },
    {
      name: 'tests-through-the-index',
      comment: 'tests of more than one folder use the public doors; test/support may stand on core/clock.ts',
      severity: 'error',
      from: { path: '^(?:test|scripts|bench)/', pathNot: '^test/support/' },
      to: { path: `^src/${anyOf(names)}/`, pathNot: `^src/${anyOf(names)}/index\\.ts$` },
    },
    {
      name: 'known-folders',
      comment: 'every file of src/ lies in a folder of the table (src/index.ts apart)',
      severity: 'error',
      from: { path: '^src/', pathNot: [`^src/${anyOf(names)}/`, '^src/index\\.ts$'] },
      to: {},
    },
    {
      name: 'known-folders-alone',
      comment: 'the same for a file that imports nothing',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: [`^src/${anyOf(names)}/`, '^src/index\\.ts$'] },
      to: {},
    },
    {
      name: 'pure-folders',
      comment: `${PURE.join(', ')} do no I/O`,
      severity: 'error',
      from: { path: `^src/${anyOf(PURE)}/`, pathNot: [TEST, '^src/core/hash\\.ts$', '^src/spec/schema-library\\.ts$'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'hash-takes-crypto-only',
      severity: 'error',
      from: { path: '^src/core/hash\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?crypto$' },
    },
    {
      name: 'schema-library-takes-module-only',
      severity: 'error',
      from: { path: '^src/spec/schema-library\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?module$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    // The peers of the benchmarks are installed in bench/ only when benchmarks run.
    { name: 'no-unresolved', severity: 'error', from: { pathNot: '^bench/' }, to: { couldNotResolve: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: { path: '^bench/' },
      to: { couldNotResolve: true, path: '^\\.' },
    },
    {
      name: 'no-dev-packages',
      comment: 'the product imports only what it declares as a dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'known-packages',
      comment: 'every npm package has its folder in the table',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { dependencyTypes: ['npm'], pathNot: `node_modules/${anyOf(Object.keys(PACKAGES))}/` },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { path: [TEST, '^test/', '^scripts/', '^bench/'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|test/toolchain/fixtures)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
