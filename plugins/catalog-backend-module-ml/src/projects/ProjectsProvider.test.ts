import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProjectsProvider } from './ProjectsProvider';

describe('the provider of projects', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'projects-provider-'));
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  it('reads files, and no links to other files of the server (issue 7)', async () => {
    for (const name of ['real', 'link', 'empty']) {
      await mkdir(join(place, name));
    }
    await writeFile(join(place, 'real', 'catalog-info.yaml'), 'kind: Model');
    await symlink('/etc/passwd', join(place, 'link', 'catalog-info.yaml'));
    const applyMutation = jest.fn();
    await new ProjectsProvider({ folder: place }).connect({
      applyMutation,
      refresh: async () => {},
    });
    expect(applyMutation).toHaveBeenCalledWith({
      type: 'full',
      entities: [
        expect.objectContaining({
          locationKey: `file:${place}/real/catalog-info.yaml`,
        }),
      ],
    });
  });
});
