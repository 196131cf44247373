import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The stages of the data's way, and `live`, which joins them for a trace of a living process. A folder imports from
 * itself and from the folders before it, never from later ones.
 */
const STAGES = ['native', 'bpf', 'php', 'trace', 'heap', 'leaks', 'log', 'report', 'live'];

/** Work on recorded data alone: they need no privileges and no PHP, so they know neither. */
const DATA_ONLY = ['leaks', 'log', 'report'];
const PROCESS_BOUND = ['native', 'bpf', 'php'];

const COMMAND = { regex: '/cli/', message: 'The library does not know the command.' };

export default tseslint.config(
  { ignores: ['build*/', '.cache/', 'node_modules/', 'test/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // An async function without await still turns what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // ava's test() returns a promise that ava itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'ava', name: ['default', 'serial', 'test'] }] },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['*.config.js'],
    languageOptions: { globals: { process: 'readonly' } },
  },
  ...STAGES.map((stage, place) => forbid(`src/${stage}/**`, forbiddenStages(stage, place))),
  {
    files: ['src/**'],
    ignores: [`src/{${STAGES.join(',')}}/**`],
    rules: restricted([COMMAND]),
  },
  {
    files: ['cli/**'],
    rules: restricted([
      { regex: '/src/(?!index\\.js$)', message: 'The command uses nothing but the public API, src/index.ts.' },
    ]),
  },
);

function forbiddenStages(stage, place) {
  const later = STAGES.slice(place + 1);
  return DATA_ONLY.includes(stage) ? [...PROCESS_BOUND, ...later] : later;
}

function forbid(files, stages) {
  const patterns = stages.map((stage) => ({
    regex: `^(\\.\\./)+${stage}/`,
    message: `A folder imports from those before it in ${STAGES.join(', ')}; this one reaches for ${stage}.`,
  }));
  return { files: [files], rules: restricted([...patterns, COMMAND]) };
}

function restricted(patterns) {
  return { 'no-restricted-imports': ['error', { patterns }] };
}
