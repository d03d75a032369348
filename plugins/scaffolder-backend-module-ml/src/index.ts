/**
 * Template actions of Downstage.
 *
 * @packageDocumentation
 */
export { scaffolderModuleMl as default } from './module';
export { createPublishProjectAction } from './actions/createPublishProjectAction';
export { createSubmitJobAction } from './actions/createSubmitJobAction';
