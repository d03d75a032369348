import type {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { Contract, ParsedOf, ResponseOf } from '@downstage/common';
import express from 'express';
import Router from 'express-promise-router';
import type { z } from 'zod';
import { callerOf, type Caller } from './caller';
import { describeIssues, pathOfZero } from './describeIssues';
import { requestCredentials } from './onBehalfOf';
import { refuseInWords } from './refusals';

/** Who calls, as services take it, and the raw request for the few handlers that need it. */
export type HandlerContext = {
  caller: Caller;
  credentials: BackstageCredentials<
    BackstageUserPrincipal | BackstageServicePrincipal
  >;
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
 * Callers are users or services. What does not fit the contract is an `InputError` that names the field.
 * Authorisation is not here: it is the first line of the service that the handler calls.
 */
export function createContractRouter<C extends Contract>(options: {
  contract: C;
  httpAuth: HttpAuthService;
  handlers: Handlers<C>;
  /** Largest body, in the notation of body-parser; `1mb` unless given. */
  bodyLimit?: string;
}): express.Router {
  const { contract, httpAuth, handlers, bodyLimit = '1mb' } = options;
  const router = Router();
  const json = express.json({ limit: bodyLimit });
  for (const [name, operation] of Object.entries(contract)) {
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
        const result = await handler(input, {
          caller: callerOf(credentials, request),
          credentials,
          request,
        });
        response
          .status(operation.status ?? 200)
          .json(operation.response.parse(result));
      },
    );
  }
  router.use(refuseInWords);
  return router;
}

/** A body that is not read because of its type would count as none, and what it says as left out. */
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
    // What stands in the address may be repeated; a body may hold secrets.
    const found = where === 'body' ? undefined : value;
    throw new InputError(
      `Invalid ${where}: ${describeIssues(result.error, found)}`,
    );
  }
  return result.data;
}
