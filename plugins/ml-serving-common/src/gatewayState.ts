import { z } from 'zod';

/** Kinds of value a column of a request may have; MLflow's signature types fold onto these. */
export const columnTypes = ['double', 'long', 'boolean', 'string'] as const;

export const columnSchema = z.object({
  name: z.string().min(1).max(200),
  type: z.enum(columnTypes),
});
export type Column = z.infer<typeof columnSchema>;

/** Names in URLs of the Open Inference Protocol: clients do not encode slashes, so there are none. */
export const gatewayModelNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/,
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

export const gatewayEndpointSchema = z
  .object({
    endpoint: gatewayModelNameSchema,
    /** `Endpoint.ref`, by which the portal decides who may ask; the name unless given. */
    ref: z.string().min(1).max(400).optional(),
    /** Answers everybody without a token: asked for by its owner and granted by the configuration. */
    public: z.boolean().optional(),
    /** The model's entity ref; goes into the prediction log. */
    model: z.string().min(1),
    variant: z.string().min(1).default('champion'),
    /** The version that answers. */
    active: z.number().int().min(1),
    /** Every version to keep loaded: the active one, and the one before for an instant rollback. */
    versions: z.array(gatewayVersionSchema).min(1).max(8),
  })
  .refine(
    endpoint =>
      endpoint.versions.some(version => version.version === endpoint.active),
    { message: 'The active version must be one of versions' },
  );
export type GatewayEndpoint = z.infer<typeof gatewayEndpointSchema>;

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

/** What `PUT /admin/v1/state` of the gateway takes: the whole wish, never a difference. */
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
      /** The version the wish names. */
      wanted: z.number().int(),
      /** The version that answers now; absent until the first one is loaded. */
      active: z.number().int().optional(),
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
