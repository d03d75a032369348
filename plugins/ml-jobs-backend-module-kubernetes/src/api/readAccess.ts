import type { ClusterAccess } from './KubeApi';

/**
 * The access to a cluster: of a kubeconfig, or of the pod that the portal runs in.
 *
 * @throws Error where the file is not there or no kubeconfig, or the portal runs in no cluster
 */
export async function readAccess(options: {
  kubeconfig?: string;
  context?: string;
}): Promise<ClusterAccess> {
  // It takes 75 MB and half a second; a portal without a cluster does not load it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.kubeconfig) config.loadFromFile(options.kubeconfig);
  else config.loadFromCluster();
  if (options.context) config.setCurrentContext(options.context);
  return config;
}
