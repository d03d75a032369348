import { listed } from '@downstage/common';
import type { JobDefinition } from '../model/definition';

/**
 * The document of a file that a submission takes: the only one, or the one that it names.
 *
 * @returns the definition, or what is wrong with the choice
 */
export function chooseDefinition(
  definitions: readonly JobDefinition[],
  choice: {
    /** As the submission says. */
    name?: string;
    /** Of a job that is run again: its name, where the file still has it. */
    before?: string;
  },
): { definition: JobDefinition } | { problem: string } {
  const named = (name: string | undefined) =>
    definitions.find(definition => definition.name === name);
  const names = listed(
    definitions.map(({ name }) => name ?? 'one without a name'),
    { most: 20 },
  );
  if (choice.name !== undefined) {
    const definition = named(choice.name);
    return definition
      ? { definition }
      : {
          problem: `there is no job '${choice.name}'; there are: ${names}`,
        };
  }
  if (definitions.length === 1) return { definition: definitions[0] };
  const again = choice.before === undefined ? undefined : named(choice.before);
  return again
    ? { definition: again }
    : { problem: `there are several jobs, name one of them: ${names}` };
}
