import { createMockDirectory } from '@backstage/backend-test-utils';
import { locateSource } from '../locateSource';

export const directory = createMockDirectory();
export const roots = () => ({
  roots: [
    { path: directory.resolve('missing') },
    { path: directory.resolve('data') },
  ],
  own: [directory.resolve('data/state')],
});
export const locate = (uri: string) => locateSource(uri, { roots: roots() });
