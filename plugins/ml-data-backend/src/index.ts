/**
 * The backend of ml-data. Install it with `backend.add(import('@downstage/plugin-ml-data-backend'))`.
 *
 * @packageDocumentation
 */
export { mlDataPlugin as default } from './plugin';
