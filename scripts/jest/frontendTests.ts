// What the tests of every frontend package share.
import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A machine that builds and tests at once is slow; a test still fails at once where nothing is awaited.
configure({
  asyncUtilTimeout: 15_000 * Number(process.env.DOWNSTAGE_TEST_PATIENCE ?? 1),
});

// A warning of React in a test's log is a fault of the test or of what it shows. Left in, a hundred of them hide the
// one that matters.
const faults = [
  /not wrapped in act/,
  /unmounted component/,
  /unique "key" prop/,
  /does not recognize the .* prop/,
  /validateDOMNesting|cannot be a descendant/,
  /(un)?controlled input/,
  /Cannot update a component .* while rendering/,
];
let seen: string[] = [];
const { error } = console;
console.error = (...given: unknown[]) => {
  const [format, ...values] = given.map(String);
  const text = values.reduce(
    (said, value) => said.replace('%s', value),
    format,
  );
  if (faults.some(fault => fault.test(text))) seen.push(text);
  error(...given);
};

beforeEach(() => {
  seen = [];
});
afterEach(() => {
  const warnings = seen.splice(0);
  if (warnings.length) {
    throw new Error(
      `React warned ${warnings.length} times during this test: ${warnings[0]}`,
    );
  }
});
