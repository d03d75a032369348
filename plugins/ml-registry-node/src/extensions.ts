import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { Gate } from './gate';
import type { TokenVerifier } from './tokens';

/** Adds gates to every promotion. */
export interface MlRegistryGatesExtensionPoint {
  addGate(gate: Gate): void;
}

/** Where modules add gates: the registry asks whatever gates are installed. */
export const mlRegistryGatesExtensionPoint =
  createExtensionPoint<MlRegistryGatesExtensionPoint>({
    id: 'ml-registry.gates',
  });

/** Adds kinds of tokens the MLflow API accepts beside Backstage's own. */
export interface MlRegistryTokensExtensionPoint {
  addVerifier(verifier: TokenVerifier): void;
}

/** Where modules add token verifiers. */
export const mlRegistryTokensExtensionPoint =
  createExtensionPoint<MlRegistryTokensExtensionPoint>({
    id: 'ml-registry.tokens',
  });
