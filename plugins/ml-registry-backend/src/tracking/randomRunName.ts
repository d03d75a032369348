const HOW = [
  'able',
  'bold',
  'calm',
  'deft',
  'eager',
  'fair',
  'glad',
  'keen',
  'lucid',
  'merry',
  'nimble',
  'proud',
  'quiet',
  'rapid',
  'sunny',
  'warm',
];
const WHAT = [
  'actor',
  'baritone',
  'chorus',
  'curtain',
  'duet',
  'encore',
  'finale',
  'gaffer',
  'lantern',
  'maestro',
  'overture',
  'prompter',
  'quartet',
  'rehearsal',
  'soprano',
  'spotlight',
];

/** A name for a run without one, such as `calm-overture-417`; the same id gives the same name. */
export function randomRunName(runId: string): string {
  const number = Number.parseInt(runId.slice(0, 8), 16) || 0;
  return `${HOW[number % 16]}-${WHAT[(number >>> 4) % 16]}-${
    (number >>> 8) % 1000
  }`;
}
