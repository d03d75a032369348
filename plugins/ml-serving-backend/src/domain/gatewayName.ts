import { mlflowNameOf } from '@downstage/common';

/**
 * The name of an endpoint in the gateway's URLs and in the prediction log's folders. Clients of the Open Inference
 * Protocol do not encode slashes. So models of other namespaces than `default` are called as MLflow's clients call
 * them: `__credit__fraud`. No endpoint of `default` begins with underscores.
 */
export function gatewayName(endpoint: {
  namespace: string;
  name: string;
}): string {
  return mlflowNameOf(endpoint);
}
