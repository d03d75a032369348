import { entityRefSchema } from '@downstage/common';
import { z } from 'zod';
import { brokenRules } from './definitionRules';

const environmentVariablePart = /^[a-zA-Z][a-zA-Z0-9_-]{0,62}$/;

/** A parameter's value as the training code gets it: text, number or truth. */
export const parameterValueSchema = z.union(
  [z.string().max(10_000), z.number(), z.boolean()],
  {
    error: 'expected text of at most 10000 characters, a number, true or false',
  },
);
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

const outputName = z
  .string()
  .regex(
    environmentVariablePart,
    'Output names are letters, digits, - and _, starting with a letter',
  )
  .describe('What the page of the job calls it');

/** A declared output: what a job leaves behind, and where it is found. */
export const outputDeclarationSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      name: outputName,
      kind: z.literal('model').describe('A version of a model'),
      model: z
        .string()
        .regex(
          /^model:[a-z0-9._-]+\/[a-zA-Z0-9._-]+$/,
          'Expected a model such as model:default/tumour-malignancy',
        )
        .optional()
        .describe(
          'Of which the job registers a version; the model of the job unless given',
        ),
    }),
    z.strictObject({
      name: outputName,
      kind: z.literal('dataset').describe('A version of a data set'),
      dataset: z
        .string()
        .regex(
          /^dataset:[a-z0-9._-]+\/[a-zA-Z0-9._-]+$/,
          'Expected a data set such as dataset:default/breast-masses',
        )
        .describe('Of which a version is registered while the job runs'),
    }),
    z.strictObject({
      name: outputName,
      kind: z.literal('artifact').describe('A file or a folder of a run'),
      path: z
        .string()
        .max(1_000)
        .regex(
          /^(?!\/)(?!.*(^|\/)\.\.?(\/|$)).+$/,
          'Expected a path below the artifacts of a run, such as evaluation/roc.png',
        )
        .describe('A file or a folder below the artifacts of a run of the job'),
    }),
  ],
  { error: 'expected model, dataset or artifact' },
);
export type OutputDeclaration = z.infer<typeof outputDeclarationSchema>;

/** A name out of the configuration of a portal: of a queue, an environment, an accelerator. */
const configuredName = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/,
    'Expected up to 63 letters, digits and . _ -, starting with a letter or digit',
  );

export const resourcesSchema = z
  .strictObject({
    cpu: z
      .number()
      .positive()
      .max(1024)
      .optional()
      .describe('Cores of each node'),
    memory: z
      .string()
      .regex(
        /^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/,
        'Expected an amount such as 512Mi or 4Gi',
      )
      .optional()
      .describe('Main memory of each node, such as 4Gi'),
    gpus: z
      .number()
      .int()
      .min(0)
      .max(1024)
      .optional()
      .describe('GPUs or other accelerators of each node'),
    accelerator: configuredName
      .optional()
      .describe('Which kind of accelerator, such as nvidia-h200; needs gpus'),
    nodes: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .optional()
      .describe('How many machines, each with these resources'),
  })
  .describe('What each node of the job gets');
export type Resources = z.infer<typeof resourcesSchema>;

export const environmentSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe(
        'An environment that the platform has prepared; requirements extend it',
      ),
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
    image: z
      .string()
      .max(500)
      .regex(
        /^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$/,
        'Expected a container image such as ghcr.io/team/train:1.2',
      )
      .optional()
      .describe('A container image of your own, in place of a prepared one'),
  })
  .describe('Which packages the code finds');
export type JobEnvironment = z.infer<typeof environmentSchema>;

/** How the processes of a job find each other. */
const distributions = [
  'ddp',
  'fsdp',
  'deepspeed',
  'horovod',
  'jax',
  'ray',
  'mpi',
  'none',
] as const;

/**
 * The keys of a document of the kind Job, each by itself. Stored jobs are read with it: a rule between keys that comes later
 * must not make one unreadable.
 */
export const jobDocumentSchema = z.strictObject({
  apiVersion: z
    .literal('downstage.dev/v1')
    .describe('The version of this format'),
  kind: z.literal('Job').describe('What the document declares'),
  name: z
    .string()
    .regex(
      /^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,62}$/,
      'Names are up to 63 letters, digits, spaces and . _ -',
    )
    .optional()
    .describe('Of the job; a file with several documents needs one in each'),
  entryPoint: z
    .string()
    .min(1)
    .max(4_000)
    .describe('The command, run in the project folder with its environment'),
  parameters: parametersSchema.optional(),
  environment: environmentSchema.optional(),
  resources: resourcesSchema.optional(),
  distributed: z
    .enum(distributions)
    .optional()
    .describe(
      'How several processes train together; chosen by the platform unless given',
    ),
  processesPerNode: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('Processes of each node; one for each GPU unless given, else 1'),
  queue: configuredName
    .optional()
    .describe('Where the job waits; the queue of its owner unless given'),
  priority: configuredName
    .optional()
    .describe(
      'A priority class of the platform, such as production, standard or background',
    ),
  spot: z
    .boolean()
    .optional()
    .describe('It may be interrupted and goes on later; needs checkpoint'),
  checkpoint: z
    .strictObject({
      keep: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe('How many checkpoints are kept'),
    })
    .optional()
    .describe(
      'The folder DOWNSTAGE_CHECKPOINT_DIR outlives an attempt; the next one goes on from it',
    ),
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
  inputs: z
    .array(inputDeclarationSchema)
    .max(100)
    .optional()
    .describe('The data sets that the code reads'),
  outputs: z
    .array(outputDeclarationSchema)
    .max(100)
    .refine(
      outputs =>
        new Set(outputs.map(({ name }) => name)).size === outputs.length,
      { message: 'Two outputs have the same name; give each its own' },
    )
    .optional()
    .describe('What the job leaves behind; its page says whether it came'),
  model: entityRefSchema
    .optional()
    .describe(
      'The model this job trains, such as model:default/tumour-malignancy',
    ),
});

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
export const jobDefinitionSchema = jobDocumentSchema.superRefine(
  (document, context) => {
    for (const { path, message } of brokenRules(document))
      context.addIssue({ code: 'custom', path, message });
  },
);
export type JobDefinition = z.infer<typeof jobDefinitionSchema>;

/** The JSON Schema of `downstage.yaml` for editors; committed as `downstage.schema.json`, a test keeps the two equal. */
export function jobDefinitionJsonSchema() {
  return {
    title: 'Downstage job definition',
    ...z.toJSONSchema(jobDefinitionSchema, { io: 'input', target: 'draft-7' }),
  };
}
