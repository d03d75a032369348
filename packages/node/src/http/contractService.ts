import {
  coreServices,
  createServiceFactory,
  createServiceRef,
  type BackstageCredentials,
  type ServiceRef,
} from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  createContractClient,
  type Contract,
  type ContractClient,
} from '@downstage/common';
import { onBehalfOfHeaders } from '../caller/onBehalfOf';

/** A contract as other backends call it: request first, credentials second. */
export type ContractService<C extends Contract> = {
  [K in keyof C]: (
    request: Parameters<ContractClient<C>[K]>[0],
    options: { credentials: BackstageCredentials; signal?: AbortSignal },
  ) => ReturnType<ContractClient<C>[K]>;
};

/**
 * The service ref by which other backends reach a plugin: its contract over HTTP, in the name of the given credentials.
 *
 * @example
 * ```ts
 * export const mlJobsServiceRef = contractServiceRef({ id: 'ml-jobs', pluginId: 'ml-jobs', contract: mlJobsContract });
 * await jobs.getJob({ params: { id } }, { credentials });
 * ```
 */
export function contractServiceRef<C extends Contract>(options: {
  id: string;
  pluginId: string;
  contract: C;
}): ServiceRef<ContractService<C>, 'plugin', 'singleton'> {
  const { id, pluginId, contract } = options;
  return createServiceRef<ContractService<C>>({
    id,
    scope: 'plugin',
    defaultFactory: async service =>
      createServiceFactory({
        service,
        deps: { discovery: coreServices.discovery, auth: coreServices.auth },
        factory({ discovery, auth }) {
          const client = createContractClient({
            contract,
            pluginId,
            discoveryApi: discovery,
            fetchApi: { fetch: (...args) => fetch(...args) },
          });
          const entries = Object.keys(contract).map(name => [
            name,
            async (
              request: never,
              call: { credentials: BackstageCredentials; signal?: AbortSignal },
            ) => {
              const { token } = await auth.getPluginRequestToken({
                onBehalfOf: call.credentials,
                targetPluginId: pluginId,
              });
              try {
                return await client[name](request, {
                  token,
                  headers: onBehalfOfHeaders(call.credentials),
                  signal: call.signal,
                });
              } catch (error) {
                throw asKnownError(error);
              }
            },
          ]);
          return Object.fromEntries(entries) as ContractService<C>;
        },
      }),
  });
}

const known = {
  AuthenticationError,
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ServiceUnavailableError,
};

/** The other plugin's error as if it had been thrown here: same class, message and code. */
export function asKnownError(error: unknown) {
  if (!(error instanceof ResponseError)) return error;
  const { name, message, code } = error.cause as Error & { code?: string };
  const ErrorClass = known[name as keyof typeof known];
  if (!ErrorClass) return error;
  // Without a cause: it would stand in the message, and the other plugin's whole answer in ours.
  return Object.assign(new ErrorClass(message), code ? { code } : {});
}
