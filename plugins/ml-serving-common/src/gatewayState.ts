import { z } from 'zod';

/** Kinds of value a column of a request may have; MLflow's signature types fold onto these. */
export const columnTypes = ['double', 'long', 'boolean', 'string'] as const;

export const columnSchema = z.object({
  name: z.string().min(1).max(200),
  type: z.enum(columnTypes),
});
export type Column = z.infer<typeof columnSchema>;

/**
 * Names in URLs of the Open Inference Protocol: clients do not encode slashes, so there are none. Underscores stand
 * around the namespace of models outside `default`.
 */
export const gatewayModelNameSchema = z
  .string()
  .regex(
    /^(?:__[a-z0-9]+(?:(?:-+|[_.])[a-z0-9]+)*__)?[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/,
    'Expected letters, digits, dots, dashes or underscores, without a slash',
  );

export const gatewayVersionSchema = z.object({
  version: z.number().int().min(1),
  /** The .onnx file, absolute, readable by the gateway. */
  path: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'Expected a SHA-256 in hex'),
  /** Columns in the order in which the model takes them. */
  features: z.array(columnSchema).max(5000),
});
export type GatewayVersion = z.infer<typeof gatewayVersionSchema>;

/** Variants are few: a champion, a challenger, and what is tried beside them. */
const mostVariants = 8;

/** How a version takes part behind an endpoint. `shadow`: asked beside the live ones, its answers go to nobody. */
export const variantModes = ['live', 'shadow'] as const;

/** A part of an endpoint: the version behind it, and its share of the requests. */
export const servedVariantSchema = z.object({
  /** `champion`, `challenger`: as the prediction log names it. */
  name: z.string().min(1).max(64),
  version: z.number().int().min(1),
  /** Share of the requests in percent; 0 for a shadow. */
  weight: z.number().min(0).max(100),
  mode: z.enum(variantModes),
});
export type ServedVariant = z.infer<typeof servedVariantSchema>;

const servedVariantsSchema = z.array(servedVariantSchema).max(mostVariants);

/** What the gateway was told before it knew variants, also in files that it left: one version answers. */
const beforeVariantsSchema = z.looseObject({
  variant: z.string().optional(),
  active: z.number(),
  variants: z.undefined().optional(),
});

function withVariants(value: unknown): unknown {
  const before = beforeVariantsSchema.safeParse(value);
  if (!before.success) return value;
  const { variant = 'champion', active, ...rest } = before.data;
  return {
    ...rest,
    variants: [{ name: variant, version: active, weight: 100, mode: 'live' }],
  };
}

const gatewayEndpointFields = z
  .object({
    endpoint: gatewayModelNameSchema,
    /** `Endpoint.ref`, by which the portal decides who may ask; the name unless given. */
    ref: z.string().min(1).max(400).optional(),
    /** Answers everybody without a token: asked for by its owner and granted by the configuration. */
    public: z.boolean().optional(),
    /** The model's entity ref; goes into the prediction log. */
    model: z.string().min(1),
    /** Who answers: at least one live variant with a share. */
    variants: servedVariantsSchema.min(1),
    /** Every version to keep loaded: those of the variants, and the one before for an instant rollback. */
    versions: z
      .array(gatewayVersionSchema)
      .min(1)
      .max(mostVariants + 1),
  })
  .refine(
    ({ variants, versions }) =>
      variants.every(variant =>
        versions.some(({ version }) => version === variant.version),
      ),
    { message: 'The version of each variant must be one of versions' },
  )
  .refine(
    ({ variants }) =>
      new Set(variants.map(({ name }) => name)).size === variants.length,
    { message: 'Two variants have the same name' },
  )
  .refine(({ variants }) => leadingVariant(variants) !== undefined, {
    message: 'No live variant has a share of the requests',
  });
export type GatewayEndpoint = z.infer<typeof gatewayEndpointFields>;

export const gatewayEndpointSchema = z.preprocess(
  withVariants,
  gatewayEndpointFields,
);

/** The live variant with the largest share, the first of equals: what an endpoint stands for in one word. */
export function leadingVariant<T extends Omit<ServedVariant, 'version'>>(
  variants: readonly T[],
): T | undefined {
  return variants
    .filter(({ mode, weight }) => mode === 'live' && weight > 0)
    .reduce<T | undefined>(
      (leading, one) =>
        leading && leading.weight >= one.weight ? leading : one,
      undefined,
    );
}

/** How much may be asked in a second and at a time; what is absent is not limited. */
export const gatewayLimitSchema = z.object({
  /** Requests a second, over time. */
  perSecond: z.number().positive().optional(),
  /** Requests at once after a pause; twice `perSecond` unless given. */
  burst: z.number().int().min(1).optional(),
  /** Requests under way at a time. */
  concurrent: z.number().int().min(1).optional(),
});
export type GatewayLimit = z.infer<typeof gatewayLimitSchema>;

/** Whom the gateway answers. */
export const gatewayAccessSchema = z.object({
  /** The portal, which says who a caller is and what they may ask. Without one only public endpoints answer. */
  portal: z
    .object({
      /** Base address of `ml-serving`, as the gateway reaches it. */
      servingUrl: z.url(),
      /** Base address of `auth`, where the keys are by which tokens of people are checked. */
      authUrl: z.url(),
    })
    .optional(),
  /** Names by which clients reach the gateway, besides localhost and addresses. */
  hosts: z.array(z.string().min(1)).default([]),
  /** Origins of web pages that may ask; none unless given. */
  origins: z.array(z.string().min(1)).default([]),
  limits: z
    .object({
      caller: gatewayLimitSchema.default({}),
      endpoint: gatewayLimitSchema.default({}),
    })
    .default({ caller: {}, endpoint: {} }),
  /** How long callers that the portal let in may go on while it does not answer. */
  graceSeconds: z.number().int().min(0).default(3600),
});
export type GatewayAccess = z.infer<typeof gatewayAccessSchema>;

/** What `PUT /admin/v1/state` of the gateway takes: the whole desired state, never a difference. */
export const gatewayDesiredStateSchema = z.object({
  access: gatewayAccessSchema.optional(),
  endpoints: z.array(gatewayEndpointSchema).max(10_000),
});
export type GatewayDesiredState = z.infer<typeof gatewayDesiredStateSchema>;

export const gatewayVersionStatusSchema = z.object({
  version: z.number().int(),
  state: z.enum(['loading', 'ready', 'failed']),
  message: z.string().optional(),
  /** Columns of the model's answers as they appear in the prediction log, known once loaded. */
  predictions: z.array(columnSchema),
});
export type GatewayVersionStatus = z.infer<typeof gatewayVersionStatusSchema>;

/** What `GET /admin/v1/state` answers. */
export const gatewayStatusSchema = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  endpoints: z.array(
    z.object({
      endpoint: z.string(),
      /** The version of the leading variant, as desired. */
      wanted: z.number().int(),
      /** The version that answers for it now; absent until the first one is loaded. */
      active: z.number().int().optional(),
      /** All variants, as desired; gateways of before say none. */
      variants: z
        .array(
          servedVariantSchema.extend({
            /** The version that answers for it now; another one while that of the variant is not loaded. */
            active: z.number().int().optional(),
          }),
        )
        .optional(),
      versions: z.array(gatewayVersionStatusSchema),
    }),
  ),
});
export type GatewayStatus = z.infer<typeof gatewayStatusSchema>;

export const trafficBucketSchema = z.object({
  /** Start of the minute. */
  at: z.string(),
  count: z.number().int(),
  errors: z.number().int(),
  /** Milliseconds; absent in a minute without an answer. */
  p50: z.number().optional(),
  p99: z.number().optional(),
});
export type TrafficBucket = z.infer<typeof trafficBucketSchema>;

/** What `GET /admin/v1/stats` answers. */
export const gatewayStatsSchema = z.object({
  endpoints: z.array(
    z.object({
      endpoint: z.string(),
      buckets: z.array(trafficBucketSchema),
      log: z.object({
        /** Rows taken into the log since the gateway started. */
        logged: z.number().int(),
        /** Rows given up since the gateway started: the queue was full or the disk refused. */
        dropped: z.number().int(),
        message: z.string().optional(),
      }),
    }),
  ),
});
export type GatewayStats = z.infer<typeof gatewayStatsSchema>;
