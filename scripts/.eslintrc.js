// The commands and what they walk run on the Node of the machine, which may be the oldest that package.json allows.
module.exports = {
  root: true,
  env: { es2024: true, node: true },
  plugins: ['n'],
  parserOptions: { ecmaVersion: 'latest', sourceType: 'module' },
  settings: { node: { version: require('../package.json').engines.node } },
  rules: {
    'n/no-unsupported-features/node-builtins': [
      'error',
      // Node 20 has both, and called them experimental only.
      { ignores: ['fetch', 'crypto'] },
    ],
    'n/no-unsupported-features/es-builtins': 'error',
    'n/no-unsupported-features/es-syntax': ['error', { ignores: ['modules'] }],
  },
};
