// How the end-to-end tests are walked, shown and counted.
import { unlessEnding } from '../scripts/processes.mjs';

/**
 * Walks [title, work] pairs that rest on each other: after a failure the rest counts as failed. A text that `work`
 * answers stands below its title; `explain` answers what helps to understand a failure.
 */
export async function walkSteps(steps, { explain = async () => '' } = {}) {
  const result = { passed: 0, failed: 0, names: [] };
  for (const [index, [title, work]] of steps.entries()) {
    const started = Date.now();
    try {
      const said = await work();
      result.passed += 1;
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      process.stdout.write(`  ✓ ${title} (${seconds} s)\n`);
      if (typeof said === 'string') process.stdout.write(`    ${said}\n`);
    } catch (error) {
      // A failure because all is ending is no result.
      await unlessEnding();
      result.failed += steps.length - index;
      // The last lines of a run are often all that is kept of it: they say why, not only where.
      const left = steps.length - index - 1;
      const rest = left ? ` (${left} steps after it were not walked)` : '';
      result.names.push(`${title}: ${firstLineOf(error)}${rest}`);
      process.stdout.write(`  ✗ ${title}\n${error.stack}\n`);
      process.stdout.write(`${await explain()}\n`);
      break;
    }
  }
  return result;
}

/** What an error says, without its stack; an assertion says its difference in the lines after. */
function firstLineOf(error) {
  const text = String(error?.message ?? error).trim();
  return text.split('\n', 1)[0].slice(0, 300);
}

/** Of a script that was started by itself: says how it went, and ends. */
export function endWith({ passed, failed }) {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exit(failed ? 1 : 0);
}
