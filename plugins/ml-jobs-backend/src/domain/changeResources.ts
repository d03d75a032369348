import { InputError } from '@backstage/errors';
import {
  jobDefinitionSchema,
  type Job,
  type JobDefinition,
  type Resources,
} from '@downstage/plugin-ml-jobs-common';

/**
 * A definition with other resources: those that are named change, the others stay.
 *
 * @returns the same definition and no warning where nothing differs
 * @throws InputError where the result breaks a rule between keys
 */
export function changeResources(
  definition: JobDefinition,
  wanted: Resources = {},
): { definition: JobDefinition; warnings: Job['warnings'] } {
  const had: Record<string, unknown> = { ...definition.resources };
  const changes = Object.entries(wanted).filter(
    ([name, value]) => value !== undefined && value !== had[name],
  );
  if (!changes.length) return { definition, warnings: [] };
  const changed = jobDefinitionSchema.safeParse({
    ...definition,
    resources: { ...had, ...Object.fromEntries(changes) },
  });
  if (!changed.success)
    throw new InputError(
      `The job cannot have these resources: ${changed.error.issues
        .map(({ message }) => message)
        .join('; ')}`,
    );
  const words = changes.map(
    ([name, value]) => `${name} ${value} in place of ${had[name] ?? 'none'}`,
  );
  const message = `${words.join(
    ', ',
  )}. When it is run again it keeps this definition, whatever downstage.yaml says then`;
  return {
    definition: changed.data,
    warnings: [{ option: 'resources', message }],
  };
}
