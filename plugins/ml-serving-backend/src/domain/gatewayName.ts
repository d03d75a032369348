/**
 * The name of an endpoint in the gateway's URLs and in the prediction log's folders.
 * Clients of the Open Inference Protocol do not encode slashes, so other namespaces come with a dot.
 */
export function gatewayName(endpoint: {
  namespace: string;
  name: string;
}): string {
  return endpoint.namespace === 'default'
    ? endpoint.name
    : `${endpoint.namespace}.${endpoint.name}`;
}
