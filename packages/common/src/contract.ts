import { z } from 'zod';

/** HTTP verbs a contract may use. */
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One HTTP operation: the single place its path, input and output are written down. */
export type Operation = {
  method: Method;
  /** Express style, starting with the version: `/v1/models/:name`. */
  path: string;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  response: z.ZodType;
  /** The status of success; 200 unless given. */
  status?: number;
};

/** The operations of one domain, by operation id. */
export type Contract = Record<string, Operation>;

type In<T> = T extends z.ZodType ? z.input<T> : never;
type Out<T> = T extends z.ZodType ? z.output<T> : never;

type Parts = 'params' | 'query' | 'body';
type Present<O extends Operation> = {
  [K in Parts as O[K] extends z.ZodType ? K : never]: O[K];
};

/** What a caller passes. */
export type RequestOf<O extends Operation> = {
  [K in keyof Present<O>]: In<Present<O>[K]>;
};

/** What a handler receives, after parsing. */
export type ParsedOf<O extends Operation> = {
  [K in keyof Present<O>]: Out<Present<O>[K]>;
};

/** What a handler returns and a caller gets. */
export type ResponseOf<O extends Operation> = Out<O['response']>;

/**
 * Declares the HTTP API of one domain. The router, the typed client and `openapi.json` are all read from it.
 *
 * @example
 * ```ts
 * export const mlRegistryContract = defineContract({
 *   getModel: {
 *     method: 'get', path: '/v1/models/:namespace/:name', summary: 'One model',
 *     params: z.object({ namespace: z.string(), name: z.string() }), response: modelSchema,
 *   },
 * });
 * ```
 */
export function defineContract<const C extends Contract>(contract: C): C {
  return contract;
}
