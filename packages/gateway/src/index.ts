/**
 * The inference gateway, for those who start it from their own code or as a process.
 *
 * @packageDocumentation
 */
export { checkConfig, readConfig, type GatewayConfig } from './config';
export { gatewayCommand } from './command';
export { startGateway, type Gateway } from './startGateway';
