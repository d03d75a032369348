module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  rules: {
    // What supertest expects of an answer is an assertion too.
    'jest/expect-expect': [
      'error',
      { assertFunctionNames: ['expect', '**.expect'] },
    ],
  },
});
