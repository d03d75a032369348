// Escapes of terminals: colours and cursor moves, titles, single ones.
const escapes =
  // eslint-disable-next-line no-control-regex
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_=>78])/g;

/**
 * A log as a terminal would show it at the end: of a line that was written over and over, the last state; no colours.
 * The local runtime stores logs like that; this is for those of other runtimes and of earlier portals.
 */
export function cleanLog(text: string): string {
  if (!text.includes('\r') && !text.includes('\u001b')) return text;
  return text
    .replace(escapes, '')
    .split('\n')
    .map(line => {
      const states = line.replace(/\r+$/, '').split('\r');
      return states[states.length - 1];
    })
    .join('\n');
}
