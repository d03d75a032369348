/**
 * Tests for what others plug into the registry.
 *
 * @packageDocumentation
 */
export { describeArtifactStore } from './describeArtifactStore';
