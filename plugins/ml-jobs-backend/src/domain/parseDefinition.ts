import { InputError } from '@backstage/errors';
import {
  chooseDefinition,
  formatMistake,
  readDefinitions,
  type JobDefinition,
} from '@downstage/plugin-ml-jobs-common';

/**
 * Reads `downstage.yaml`, and takes the job that was asked for. The whole file has to be right, not that job alone.
 *
 * @throws InputError that names file, line and column of every mistake, and what is allowed there
 */
export function parseDefinition(
  text: string,
  choice: { name?: string; before?: string } = {},
): JobDefinition {
  const file = 'downstage.yaml';
  const { definitions, mistakes, more } = readDefinitions(text);
  if (mistakes.length) {
    const lines = mistakes.map(mistake => formatMistake(mistake, file));
    throw new InputError(
      [
        'The job definition is wrong:',
        ...lines,
        ...(more ? [`and ${more} more`] : []),
      ].join('\n'),
    );
  }
  const chosen = chooseDefinition(definitions, choice);
  if ('problem' in chosen) throw new InputError(`${file}: ${chosen.problem}`);
  return chosen.definition;
}
