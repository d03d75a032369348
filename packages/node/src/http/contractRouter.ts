import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { Contract, ParsedOf, ResponseOf } from '@downstage/common';
import express from 'express';
import Router from 'express-promise-router';
import type { z } from 'zod';
import { refusalsAudited } from '../audit/audited';
import { callerOf, type Caller } from '../caller/caller';
import { describeIssues, pathOfZero } from './describeIssues';
import { goneSignal } from './goneSignal';
import { requestCredentials } from '../caller/onBehalfOf';
import { refuseInWords } from './refusals';

/** Who calls, as services take it, and the raw request for the few handlers that need it. */
export type HandlerContext = {
  caller: Caller;
  /** Ends when the client has gone before it got its answer. */
  signal: AbortSignal;
  request: express.Request;
};

/** One handler per operation of a contract. */
export type Handlers<C extends Contract> = {
  [K in keyof C]: (
    input: ParsedOf<C[K]>,
    context: HandlerContext,
  ) => Promise<ResponseOf<C[K]>>;
};

/**
 * The express router of a contract: authenticates, parses, calls the handler, parses its answer, sends it.
 *
 * @remarks
 * Callers are users or services. A request that does not fit the contract is an `InputError` that names the field.
 * Authorisation is not here: it is the first line of the service that the handler calls.
 */
export function createContractRouter<C extends Contract>(options: {
  contract: C;
  httpAuth: HttpAuthService;
  handlers: Handlers<C>;
  /** Is told of every change that was refused, where the service has not told it. */
  auditor?: AuditorService;
  /** Operations that change nothing although they are no GET: their refusals are no news for the auditor. */
  reads?: (keyof C)[];
  /** Largest body, in the notation of body-parser; `1mb` unless given. */
  bodyLimit?: string;
}): express.Router {
  const { contract, httpAuth, handlers, auditor, bodyLimit = '1mb' } = options;
  const router = Router();
  const json = express.json({ limit: bodyLimit });
  for (const [name, operation] of Object.entries(contract)) {
    const changes =
      operation.method !== 'get' && !options.reads?.includes(name);
    router[operation.method](
      operation.path,
      json,
      async (request, response) => {
        const credentials = await requestCredentials(httpAuth, request);
        if (operation.body) requireJson(request);
        const input = {
          params: parsed('path', operation.params, request.params),
          query: parsed('query', operation.query, request.query),
          body: parsed('body', operation.body, request.body),
        };
        const handler = handlers[name] as unknown as (
          input: unknown,
          context: HandlerContext,
        ) => Promise<unknown>;
        const caller = callerOf(credentials, request);
        const signal = goneSignal(response);
        const work = () => handler(input, { caller, signal, request });
        const { params } = request;
        const result = await (auditor && changes
          ? refusalsAudited(
              auditor,
              { caller, meta: { operation: name, ...params } },
              work,
            )
          : work());
        response
          .status(operation.status ?? 200)
          .json(operation.response.parse(result));
      },
    );
  }
  router.use(refuseInWords);
  return router;
}

/** A body of another type is not read. It would count as no body, and its content as left out. */
function requireJson(request: express.Request) {
  const { 'content-type': type, 'content-length': length } = request.headers;
  if (length === '0' || request.is('application/json') !== false) return;
  throw new InputError(
    `Invalid body: expected the Content-Type application/json, found ${
      type ?? 'none'
    }`,
  );
}

function parsed(
  where: 'path' | 'query' | 'body',
  schema: z.ZodType | undefined,
  value: unknown,
) {
  return schema && parseRequest(where, schema, value);
}

/**
 * A part of a request, as a contract would read it; for routes that stream, and the input of actions.
 *
 * @throws InputError that names each field that does not fit
 */
export function parseRequest<T extends z.ZodType>(
  where: 'path' | 'query' | 'body' | 'input',
  schema: T,
  value: unknown,
): z.output<T> {
  const zero = pathOfZero(value);
  if (zero !== undefined) {
    throw new InputError(
      `Invalid ${where}: a text must not hold a zero character\n  → at ${zero}`,
    );
  }
  const result = schema.safeParse(value ?? {});
  if (!result.success) {
    // Values of the address may be repeated; a body may hold secrets.
    const found = where === 'body' ? undefined : value;
    throw new InputError(
      `Invalid ${where}: ${describeIssues(result.error, found)}`,
    );
  }
  return result.data;
}
