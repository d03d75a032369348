import type { GatewayClient } from './GatewayClient';

/** The gateway as services and reconcilers see it. */
export interface ServingGateway {
  /** The address that clients use; known before the gateway lives. */
  readonly publicUrl: string;
  readonly alive: boolean;
  /** Since when it is as `alive` says. */
  readonly since: string | undefined;
  /**
   * @throws ServiceUnavailableError while there is none
   */
  client(): GatewayClient;
}
