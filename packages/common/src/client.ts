import { InputError, ResponseError } from '@backstage/errors';
import type { Contract, RequestOf, ResponseOf } from './contract';

/** What a call may be given besides its request. */
export type CallOptions = {
  token?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** A typed client of a contract; the same code runs in the browser, in a backend and in a terminal. */
export type ContractClient<C extends Contract, O = CallOptions> = {
  [K in keyof C]: (
    request: RequestOf<C[K]>,
    options?: O,
  ) => Promise<ResponseOf<C[K]>>;
};

type AnyRequest = {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
};

/**
 * Creates a typed client for a contract.
 *
 * @remarks
 * Answers are parsed with the contract's response schema. An answer that is not a success is thrown as
 * a `ResponseError` from `@backstage/errors`, which keeps the server's name, message and code as its cause.
 */
export function createContractClient<C extends Contract>(options: {
  contract: C;
  pluginId: string;
  discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
  fetchApi: { fetch: typeof fetch };
}): ContractClient<C> {
  const { contract, pluginId, discoveryApi, fetchApi } = options;

  const call = async (
    name: string,
    request: AnyRequest,
    { token, headers, signal }: CallOptions = {},
  ) => {
    const operation = contract[name];
    const baseUrl = await discoveryApi.getBaseUrl(pluginId);
    const response = await fetchApi.fetch(
      `${baseUrl}${toPath(operation.path, request.params)}${toQuery(
        request.query,
      )}`,
      {
        method: operation.method.toUpperCase(),
        headers: {
          ...headers,
          ...(request.body !== undefined && {
            'content-type': 'application/json',
          }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        ...(request.body !== undefined && {
          body: JSON.stringify(request.body),
        }),
        ...(signal && { signal }),
      },
    );
    if (!response.ok) throw await ResponseError.fromResponse(response);
    return operation.response.parse(await response.json());
  };

  return Object.fromEntries(
    Object.keys(contract).map(name => [
      name,
      (request: AnyRequest = {}, callOptions?: CallOptions) =>
        call(name, request, callOptions),
    ]),
  ) as unknown as ContractClient<C>;
}

function toPath(path: string, params: Record<string, unknown> = {}) {
  return path.replace(/:(\w+)/g, (_, key) => {
    const text = String(params[key]);
    // No encoding keeps an address from reading them as a way up, to an operation that nobody named.
    if (/^\.\.?$/.test(text)) {
      throw new InputError(`'${text}' is no ${key}: addresses cannot hold it`);
    }
    return encodeURIComponent(text);
  });
}

function toQuery(query: Record<string, unknown> = {}) {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const item of [value].flat()) {
      if (item !== undefined) search.append(key, String(item));
    }
  }
  return search.size ? `?${search}` : '';
}
