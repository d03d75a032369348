import { z } from 'zod';

const name = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})';

/**
 * A ref to an entity of one of the given kinds. The kind may be left out, and is then the first.
 *
 * The catalog drops a ref to a kind that is not allowed without a word; this makes it an error instead.
 */
export function refTo(...kinds: string[]) {
  const spellings = kinds
    .map(kind =>
      [...kind].map(c => `[${c.toUpperCase()}${c.toLowerCase()}]`).join(''),
    )
    .join('|');
  const [first] = kinds;
  return z
    .string()
    .regex(
      new RegExp(`^(?:(?:${spellings}):)?(?:${name}/)?${name}$`),
      `Expected a ref such as ${first.toLowerCase()}:default/name (allowed kinds: ${kinds.join(
        ', ',
      )})`,
    );
}

/** A name that can be a column of a table and a key in JSON. */
export const fieldNameSchema = z.string().min(1).max(200);

/** An ISO 8601 duration: `P30D`, `PT6H`. */
export const durationSchema = z
  .string()
  .regex(
    /^P(?!$)(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/,
    'Expected a duration such as P30D or PT6H',
  );

export const freshnessSchema = z.strictObject({ maxAge: durationSchema });

/** A column of a dataset, or one feature of a view. */
export const fieldSchema = z.strictObject({
  name: fieldNameSchema,
  type: z.string().min(1),
  description: z.string().optional(),
  unit: z.string().optional(),
});
export type Field = z.infer<typeof fieldSchema>;

/** What the specs of all three kinds have in common. */
export const baseSpec = {
  type: z.string().min(1),
  lifecycle: z.string().min(1),
  owner: refTo('Group', 'User'),
  system: refTo('System').optional(),
  dependsOn: z.array(z.string().min(1)).optional(),
};
