import { entityRefSchema } from '@downstage/common';
import { z } from 'zod';

const environmentVariablePart = /^[a-zA-Z][a-zA-Z0-9_-]{0,62}$/;

/** A parameter's value as the training code gets it: text, number or truth. */
export const parameterValueSchema = z.union([
  z.string().max(10_000),
  z.number(),
  z.boolean(),
]);
export type ParameterValue = z.infer<typeof parameterValueSchema>;

export const parametersSchema = z
  .record(
    z
      .string()
      .regex(
        environmentVariablePart,
        'Parameter names are letters, digits, - and _, starting with a letter',
      ),
    parameterValueSchema,
  )
  .describe(
    'Given to the process as DOWNSTAGE_PARAM_<NAME>; a submission may override single ones',
  );
export type Parameters = z.infer<typeof parametersSchema>;

/** A declared input: a name for the code, and the data set it reads, pinned or not. */
export const inputDeclarationSchema = z.strictObject({
  name: z
    .string()
    .regex(
      environmentVariablePart,
      'Input names are letters, digits, - and _, starting with a letter',
    )
    .describe('The code finds it as DOWNSTAGE_INPUT_<NAME>'),
  dataset: z
    .string()
    .regex(
      /^(dataset:[a-z0-9._-]+\/[a-zA-Z0-9._-]+|[a-z0-9._-]+\/[a-zA-Z0-9._-]+@\d+)$/,
      'Expected dataset:default/breast-masses (newest version) or default/breast-masses@3 (that version)',
    )
    .describe('A data set (its newest version) or one version of it'),
});
export type InputDeclaration = z.infer<typeof inputDeclarationSchema>;

export const resourcesSchema = z.strictObject({
  cpu: z.number().positive().max(1024).optional().describe('Cores'),
  memory: z
    .string()
    .regex(
      /^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/,
      'Expected an amount such as 512Mi or 4Gi',
    )
    .optional(),
  gpus: z.number().int().min(0).max(1024).optional(),
  nodes: z.number().int().min(1).max(1024).optional(),
});
export type Resources = z.infer<typeof resourcesSchema>;

export const environmentSchema = z
  .strictObject({
    requirements: z
      .string()
      .regex(
        /^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/,
        'Expected a file inside the project, such as requirements.txt',
      )
      .optional()
      .describe(
        'A pip requirements file of the project; built once and shared',
      ),
    name: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe('An environment the platform has prepared'),
  })
  .refine(value => !(value.requirements && value.name), {
    message: 'Give either requirements or name, not both',
  });
export type JobEnvironment = z.infer<typeof environmentSchema>;

/**
 * What a project declares in `downstage.yaml`. The first three are all that is needed:
 *
 * @example
 * ```yaml
 * apiVersion: downstage.dev/v1
 * kind: Job
 * entryPoint: python src/train.py
 * ```
 */
export const jobDefinitionSchema = z.strictObject({
  apiVersion: z.literal('downstage.dev/v1'),
  kind: z.literal('Job'),
  name: z
    .string()
    .regex(
      /^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,62}$/,
      'Names are up to 63 letters, digits, spaces and . _ -',
    )
    .optional(),
  entryPoint: z
    .string()
    .min(1)
    .max(4_000)
    .describe('The command, run in the project folder with its environment'),
  parameters: parametersSchema.optional(),
  environment: environmentSchema.optional(),
  resources: resourcesSchema.optional(),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('How often to try again when the code fails'),
  timeout: z
    .string()
    .regex(
      /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/,
      'Expected an ISO 8601 duration such as PT30M or P1DT12H',
    )
    .optional()
    .describe('An attempt that takes longer is killed'),
  inputs: z.array(inputDeclarationSchema).max(100).optional(),
  model: entityRefSchema
    .optional()
    .describe(
      'The model this job trains, such as model:default/tumour-malignancy',
    ),
});
export type JobDefinition = z.infer<typeof jobDefinitionSchema>;

/** The JSON Schema of `downstage.yaml` for editors; committed as `downstage.schema.json`, a test keeps the two equal. */
export function jobDefinitionJsonSchema() {
  return {
    title: 'Downstage job definition',
    ...z.toJSONSchema(jobDefinitionSchema, { io: 'input', target: 'draft-7' }),
  };
}
