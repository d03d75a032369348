import { z } from 'zod';
import { toInt64 } from '../kernel/int64';

/** MLflow's answers, as far as an import reads them. Text is what no database refuses. */
const text = z.string().transform(value => value.replaceAll('\0', ''));
const optionalText = text.optional();
/** Ids become parts of paths. */
const id = z.string().regex(/^[a-zA-Z0-9][\w-]{0,63}$/, 'is not an id');
const integer = z.coerce.number().refine(Number.isSafeInteger);
const int64 = z
  .union([z.number().int(), z.bigint(), z.string().regex(/^-?\d{1,19}$/)])
  .default(0)
  .transform(toInt64);
const time = integer.default(0);
/** NaN and infinities are text in MLflow's JSON. */
const double = z.union([z.number(), z.string().transform(Number)]);
const pairs = z
  .array(z.object({ key: text, value: text.default('') }))
  .default([]);
const pageToken = z
  .string()
  .optional()
  .transform(token => token || undefined);

export const experimentSchema = z.object({
  experiment_id: id,
  name: text,
  lifecycle_stage: z.string().default('active'),
  artifact_location: optionalText,
  tags: pairs,
});
export const experimentsSchema = z.object({
  experiments: z.array(experimentSchema).default([]),
  next_page_token: pageToken,
});

const metricSchema = z.object({
  key: text,
  value: double.default(0),
  timestamp: int64,
  step: int64,
});
export type SourceMetric = z.output<typeof metricSchema>;
export const historySchema = z.object({
  metrics: z.array(metricSchema).default([]),
  next_page_token: pageToken,
});

const datasetInputSchema = z.object({
  tags: pairs,
  dataset: z.object({
    name: text,
    digest: text,
    source_type: text.default(''),
    source: text.default(''),
    schema: optionalText,
    profile: optionalText,
  }),
});
const runSchema = z.object({
  info: z.object({
    run_id: id,
    run_name: text.default(''),
    experiment_id: id,
    user_id: text.default(''),
    status: z.string().default('FINISHED'),
    start_time: time,
    end_time: integer.optional(),
    artifact_uri: text.default(''),
    lifecycle_stage: z.string().default('active'),
  }),
  data: z
    .object({
      metrics: z.array(metricSchema).default([]),
      params: pairs,
      tags: pairs,
    })
    .default({ metrics: [], params: [], tags: [] }),
  inputs: z
    .object({
      dataset_inputs: z.array(datasetInputSchema).default([]),
      model_inputs: z.array(z.object({ model_id: id })).default([]),
    })
    .default({ dataset_inputs: [], model_inputs: [] }),
  outputs: z
    .object({
      model_outputs: z
        .array(z.object({ model_id: id, step: int64 }))
        .default([]),
    })
    .default({ model_outputs: [] }),
});
export type SourceRun = z.output<typeof runSchema>;
export const runsSchema = z.object({
  runs: z.array(runSchema).default([]),
  next_page_token: pageToken,
});

const loggedModelSchema = z.object({
  info: z.object({
    model_id: id,
    experiment_id: id,
    name: text,
    creation_timestamp_ms: time,
    artifact_uri: text.default(''),
    status: z.union([z.string(), z.number()]).transform(String).default('2'),
    model_type: text.default(''),
    source_run_id: z.string().default(''),
    tags: pairs,
  }),
  data: z
    .object({
      params: pairs,
      metrics: z
        .array(
          metricSchema.extend({
            run_id: z.string().default(''),
            dataset_name: text.default(''),
            dataset_digest: text.default(''),
          }),
        )
        .default([]),
    })
    .default({ params: [], metrics: [] }),
});
export type SourceLoggedModel = z.output<typeof loggedModelSchema>;
export const loggedModelsSchema = z.object({
  models: z.array(loggedModelSchema).default([]),
  next_page_token: pageToken,
});

const modelSchema = z.object({
  name: text,
  description: optionalText,
  creation_timestamp: time,
  tags: pairs,
  aliases: z
    .array(
      z.object({ alias: text, version: z.union([z.string(), z.number()]) }),
    )
    .default([]),
});
export type SourceModel = z.output<typeof modelSchema>;
export const modelsSchema = z.object({
  registered_models: z.array(modelSchema).default([]),
  next_page_token: pageToken,
});

const versionSchema = z.object({
  name: text,
  version: z.coerce.number().int().min(1).max(1_000_000),
  creation_timestamp: time,
  current_stage: z.string().default('None'),
  description: optionalText,
  source: text.default(''),
  run_id: z.string().optional(),
  run_link: optionalText,
  model_id: z.string().optional(),
  status: z.string().default('READY'),
  user_id: optionalText,
  tags: pairs,
});
export type SourceVersion = z.output<typeof versionSchema>;
export const versionsSchema = z.object({
  model_versions: z.array(versionSchema).default([]),
  next_page_token: pageToken,
});

export const filesSchema = z.object({
  files: z
    .array(
      z.object({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: integer.optional(),
      }),
    )
    .default([]),
});
