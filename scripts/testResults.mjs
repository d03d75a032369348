// What the test command says of tests that did not run: none is passed over in silence.

/** What the name of a test says that this machine cannot run, whatever is installed on it. */
export const LACKING = 'this machine does not have it';

/**
 * The skipped tests of a report of Jest. Those of which their name says that the machine lacks what they need are left
 * out; all others were forgotten, and count as failed.
 */
export function skippedIn({ testResults }) {
  const names = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending')
    .map(({ fullName }) => fullName);
  return {
    leftOut: names.filter(name => name.includes(LACKING)),
    forgotten: names.filter(name => !name.includes(LACKING)),
  };
}

/**
 * The names of what failed in a report of Jest, with their files below `root`. A suite that could not even load has no
 * tests, and still failed.
 */
export function failedOf({ testResults }, root) {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const file = name.startsWith(root) ? name.slice(root.length + 1) : name;
    if (!assertionResults.length)
      return status === 'failed' ? [`${file} could not be loaded`] : [];
    return assertionResults
      .filter(test => test.status === 'failed')
      .map(test => `${file}: ${test.fullName}`);
  });
}

/** The names of the cases of a JUnit report that failed or ended with an error. */
export function failedIn(xml) {
  return xml
    .split('<testcase ')
    .slice(1)
    .filter(text => /<(failure|error)\b/.test(text))
    .map(text => /\bname="([^"]*)"/.exec(text)?.[1] ?? 'without a name');
}

/**
 * The last lines of a run. Failures are named there, as a long output is often kept only in part. A run that left
 * something out names it, and does not look like one that did everything.
 */
export function summaryOf({ passed, failed, names, leftOut }) {
  const counts = `${passed} passed, ${failed} failed`;
  return [
    ...section('Failed:', names),
    ...section('Left out, because this machine cannot run it:', leftOut),
    leftOut.length ? `${counts}, ${leftOut.length} left out\n` : `${counts}\n`,
  ].join('');
}

function section(title, names) {
  if (!names.length) return [];
  return [`${title}\n`, ...names.map(name => `  ${name}\n`)];
}
