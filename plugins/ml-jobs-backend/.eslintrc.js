module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  rules: {
    // An expectation of supertest is an assertion too.
    'jest/expect-expect': [
      'error',
      { assertFunctionNames: ['expect', '**.expect'] },
    ],
  },
});
